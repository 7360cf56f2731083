//! One value per input of a join, named instead of indexed.

use super::sides::Side;
use std::ffi::OsStr;
use std::path::Path;

/// One value for each customers input and one for each purchases input, in reading order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inputs<T> {
    /// At least one.
    pub(crate) customers: Vec<T>,
    /// At least one.
    pub(crate) purchases: Vec<T>,
}

impl<T> Inputs<T> {
    /// All values in reading order: customers first, then purchases.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.customers.iter().chain(&self.purchases)
    }

    /// All values in reading order, each with its side.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (Side, T)> {
        let of = |side: Side, values: Vec<T>| values.into_iter().map(move |value| (side, value));
        of(Side::Customers, self.customers).chain(of(Side::Purchases, self.purchases))
    }

    /// Maps all values in reading order, up to the first error.
    pub(crate) fn try_map<U, E>(self, mut map: impl FnMut(T) -> Result<U, E>) -> Result<Inputs<U>, E> {
        let customers = self.customers.into_iter().map(&mut map).collect::<Result<_, E>>()?;
        Ok(Inputs { customers, purchases: self.purchases.into_iter().map(map).collect::<Result<_, E>>()? })
    }

    /// Pairs of the values of the same input; both have the same numbers of inputs.
    pub(crate) fn zip<U>(self, other: Inputs<U>) -> Inputs<(T, U)> {
        Inputs {
            customers: self.customers.into_iter().zip(other.customers).collect(),
            purchases: self.purchases.into_iter().zip(other.purchases).collect(),
        }
    }

    /// References to all values.
    pub(crate) fn as_ref(&self) -> Inputs<&T> {
        Inputs { customers: self.customers.iter().collect(), purchases: self.purchases.iter().collect() }
    }
}

/// Whether the path of an input means standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}
