//! The order of the columns of a file, compared with that of the first file of its side.

use std::collections::HashMap;

/// Where the columns of the first file of a side are in another file that has them in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnOrder {
    /// For each column of the first file, its index in the other file.
    sources: Vec<u32>,
}

/// Why the columns of a file cannot be brought into the order of the first file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderFault<'n> {
    /// The first file has this column, and this file lacks it.
    Missing(&'n [u8]),
    /// This file has this column, and the first file lacks it.
    Additional(&'n [u8]),
    /// Both have several columns of this name, so it is not known which one is which.
    Ambiguous(&'n [u8]),
}

impl ColumnOrder {
    /// The order of a file with the columns `names`, after a `first` file. `None` if it is the same.
    ///
    /// # Errors
    /// The first missing and the first additional column, or a name that is ambiguous.
    pub(crate) fn find<'n>(first: &'n [Vec<u8>], names: &'n [Vec<u8>]) -> Result<Option<Self>, Vec<OrderFault<'n>>> {
        if first == names {
            return Ok(None);
        }
        let (in_first, in_names) = (places(first), places(names));
        let lacks = |of: &HashMap<&[u8], (u32, usize)>, name: &'n [u8], count: usize| {
            of.get(name).is_none_or(|&(_, other)| other < count)
        };
        let unmatched = |names: &'n [Vec<u8>], own: &HashMap<&[u8], (u32, usize)>, other: &HashMap<_, _>| {
            names.iter().map(Vec::as_slice).find(|&name| lacks(other, name, own[name].1))
        };
        let missing = unmatched(first, &in_first, &in_names).map(OrderFault::Missing);
        let additional = unmatched(names, &in_names, &in_first).map(OrderFault::Additional);
        let mut faults: Vec<OrderFault<'n>> = missing.into_iter().chain(additional).collect();
        if faults.is_empty() {
            let doubled = first.iter().find(|name| in_first[name.as_slice()].1 > 1);
            faults.extend(doubled.map(|name| OrderFault::Ambiguous(name)));
        }
        match faults.is_empty() {
            true => Ok(Some(Self { sources: first.iter().map(|name| in_names[name.as_slice()].0).collect() })),
            false => Err(faults),
        }
    }

    /// The index, in the other file, of a column of the first file.
    #[inline]
    pub(crate) fn index_in_file(&self, column: usize) -> usize {
        self.sources[column] as usize
    }

    /// The index of a column of the first file in a file with this order, which is that of the first file if `None`.
    #[inline]
    pub(crate) fn index_with(order: Option<&Self>, column: usize) -> usize {
        order.map_or(column, |order| order.index_in_file(column))
    }
}

/// For each name, the index of its last column and the number of its columns.
fn places(names: &[Vec<u8>]) -> HashMap<&[u8], (u32, usize)> {
    let mut places = HashMap::with_capacity(names.len());
    for (index, name) in (0..).zip(names) {
        let place = places.entry(name.as_slice()).or_insert((0, 0));
        *place = (index, place.1 + 1);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<Vec<u8>> {
        text.split(',').map(|name| name.as_bytes().to_vec()).collect()
    }

    #[test]
    fn each_difference_is_named() {
        use OrderFault::*;
        let faults = |first: &str, other: &str| {
            let (first, other) = (names(first), names(other));
            let show = |fault: &OrderFault<'_>| match fault {
                Missing(name) => format!("missing {}", String::from_utf8_lossy(name)),
                Additional(name) => format!("additional {}", String::from_utf8_lossy(name)),
                Ambiguous(name) => format!("ambiguous {}", String::from_utf8_lossy(name)),
            };
            ColumnOrder::find(&first, &other).err().unwrap_or_default().iter().map(show).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(faults("a,b,b", "a,b,b"), "");
        assert_eq!(faults("a,b", "b,a"), "");
        assert_eq!(faults("a,b,c", "c,a"), "missing b");
        assert_eq!(faults("a,b", "c,b,a"), "additional c");
        assert_eq!(faults("a,b", "A,b"), "missing a, additional A");
        assert_eq!(faults("a,b,b", "b,a"), "missing b");
        assert_eq!(faults("a,b", "b,a,b"), "additional b");
        assert_eq!(faults("a,b,b", "b,b,a"), "ambiguous b");
        assert_eq!(faults("a,,", ",,a"), "ambiguous ");
    }

    proptest! {
        #[test]
        fn each_column_is_found_where_its_name_is(
            (first, other) in prop::collection::hash_set("[a-z]{0,3}", 1..20).prop_flat_map(|names| {
                let names: Vec<Vec<u8>> = names.into_iter().map(String::into_bytes).collect();
                (Just(names.clone()), Just(names).prop_shuffle())
            }),
        ) {
            match ColumnOrder::find(&first, &other) {
                Ok(None) => prop_assert_eq!(first, other),
                Ok(Some(order)) => {
                    prop_assert!(first != other);
                    for (column, name) in first.iter().enumerate() {
                        prop_assert_eq!(&other[order.index_in_file(column)], name);
                    }
                }
                Err(faults) => prop_assert!(false, "{:?}", faults),
            }
        }
    }
}
