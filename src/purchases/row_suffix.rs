//! What every row of a customer's purchases ends with, from the delimiter behind the purchase to the line feed: the
//! customer's fields but the key, the full name, the age group.

use super::row_buffer::{RowBuffer, STEP};
use crate::customers::entry::{Entry, READ_SLACK, Shape};
use crate::model::age_group::AgeGroups;
use crate::model::dialect::Dialect;

/// Makes tails from the customers' entries.
#[derive(Debug)]
pub(crate) struct RowSuffixes {
    delimiter: u8,
    groups: Vec<GroupField>,
}

/// Delimiter, group and line feed.
#[derive(Debug)]
struct GroupField {
    len: usize,
    /// The text, zeros behind it.
    bytes: [u8; GROUP],
}

/// More than the longest group takes, 64 bytes of name in quotes.
const GROUP: usize = 128;

/// A short piece: a purchase, a customer's fields, the full name.
const SHORT: usize = 64;
/// More than a row of short pieces takes, with what is too much of them.
const SHORT_ROW: usize = 512;
// Proof that the copies of short pieces stay inside both: a length or a place is at most 2 * SHORT - 1, and a copy ends
// less than three steps behind where it begins.
const _: () = assert!(3 * (2 * SHORT - 1) + 1 + 3 * STEP <= SHORT_ROW);
const _: () = assert!(2 * (2 * SHORT - 1) + 3 * STEP <= READ_SLACK);

impl RowSuffixes {
    pub(crate) fn new(dialect: Dialect, groups: &AgeGroups) -> Self {
        let group = |name: &str| {
            let mut field = vec![dialect.delimiter];
            dialect.write_field(name.as_bytes(), &mut field);
            field.push(b'\n');
            let mut bytes = [0; GROUP];
            bytes[..field.len()].copy_from_slice(&field);
            GroupField { len: field.len(), bytes }
        };
        Self { delimiter: dialect.delimiter, groups: groups.names().map(group).collect() }
    }

    /// Bytes of a tail.
    #[inline(always)]
    pub(crate) fn len(&self, entry: &Entry<'_>, group: usize) -> usize {
        entry.shape.fields_len as usize + 1 + entry.shape.name_len as usize + self.groups[group].len
    }

    /// Adds a row of short pieces, all of which are copied whole, with what is too much of them; `false` where one is
    /// longer, or there is no room. The purchase is the first `len` of its bytes.
    #[inline(always)]
    pub(crate) fn put_short(
        &self,
        purchase: &[u8],
        len: usize,
        entry: &Entry<'_>,
        group: usize,
        rows: &mut RowBuffer,
    ) -> bool {
        let group = &self.groups[group];
        let Shape { key_len, fields_len, name_start, name_len, blank_at } = entry.shape;
        let (Some(purchase), Some(bytes)) = (purchase.first_chunk::<SHORT>(), entry.bytes.first_chunk::<READ_SLACK>())
        else {
            return false;
        };
        let most = (len as u32).max(fields_len).max(name_len).max(key_len);
        if most as usize > SHORT || name_start as usize >= 2 * SHORT || group.len > STEP {
            return false;
        }
        let Some(row) = rows.room::<SHORT_ROW>() else { return false };
        // The masks change nothing, and spare checks: no piece is longer than 64 bytes, and no name begins behind 127.
        let short = |number: u32| number as usize & (2 * SHORT - 1);
        let fields = short(entry.fields() as u32);
        *row.first_chunk_mut().expect("long enough") = *purchase;
        let mut at = short(len as u32);
        copy(bytes, fields, short(fields_len), row, at);
        at += short(fields_len);
        row[at] = self.delimiter;
        at += 1;
        copy(bytes, fields + short(name_start), short(name_len), row, at);
        // Where no blank goes into the name the delimiter before it is written once more.
        row[at + short(blank_at) - usize::from(blank_at == 0)] = if blank_at == 0 { self.delimiter } else { b' ' };
        at += short(name_len);
        step(&group.bytes, 0, row, at);
        rows.advance(at + group.len);
        true
    }

    /// Adds any tail, for which there must be room.
    #[inline(never)]
    pub(crate) fn put(&self, entry: &Entry<'_>, group: usize, rows: &mut RowBuffer) {
        let Shape { fields_len, name_start, name_len, blank_at, .. } = entry.shape;
        let (fields, group) = (entry.fields(), &self.groups[group]);
        rows.put(entry.bytes, fields, fields_len as usize);
        rows.put_byte(self.delimiter);
        rows.put(entry.bytes, fields + name_start as usize, name_len as usize);
        if blank_at > 0 {
            rows.set_back((name_len - blank_at) as usize, b' ');
        }
        rows.put(&group.bytes, 0, group.len);
    }

    /// Adds any tail to a buffer that grows.
    pub(crate) fn write(&self, entry: &Entry<'_>, group: usize, tail: &mut Vec<u8>) {
        let Shape { fields_len, name_start, name_len, blank_at, .. } = entry.shape;
        let (fields, group) = (entry.fields(), &self.groups[group]);
        tail.extend_from_slice(&entry.bytes[fields..][..fields_len as usize]);
        tail.push(self.delimiter);
        let name = tail.len();
        tail.extend_from_slice(&entry.bytes[fields + name_start as usize..][..name_len as usize]);
        if blank_at > 0 {
            tail[name + blank_at as usize] = b' ';
        }
        tail.extend_from_slice(&group.bytes[..group.len]);
    }
}

/// Copies a short piece into a row: what stands behind a long one is not read, as it may have to come from memory.
#[inline(always)]
fn copy(from: &[u8; READ_SLACK], start: usize, len: usize, row: &mut [u8; SHORT_ROW], at: usize) {
    step(from, start, row, at);
    if len > STEP {
        // The last bytes, some of which may be copied twice.
        let rest = (len - STEP) & (2 * STEP - 1);
        step(from, start + rest, row, at + rest);
    }
}

/// Both ranges lie inside: see the proof at the constants.
#[inline(always)]
fn step(from: &[u8], start: usize, row: &mut [u8; SHORT_ROW], at: usize) {
    let piece: &[u8; STEP] = from[start..start + STEP].first_chunk().expect("long enough");
    *row[at..at + STEP].first_chunk_mut().expect("long enough") = *piece;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An entry with these pieces; its full name stands in its fields where there are any, or behind them.
    fn entry(key: &str, fields: &str, name: Option<(usize, usize, usize)>, written: &str, slack: usize) -> Vec<u8> {
        let (start, len, blank_at) = name.unwrap_or((fields.len(), written.len(), 0));
        let [key_len, fields_len, name_start, name_len, blank_at] =
            [key.len(), fields.len(), start, len, blank_at].map(|number| number as u32);
        let mut bytes = Vec::new();
        Shape { key_len, fields_len, name_start, name_len, blank_at }.write(1, false, &mut bytes);
        for piece in [key, fields, written] {
            bytes.extend_from_slice(piece.as_bytes());
        }
        bytes.resize(bytes.len() + slack, b'#');
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn the_three_ways_agree(
            purchase in "[a-z,]{0,90}",
            key in "[0-9]{1,12}|[0-9]{60,70}",
            fields in prop_oneof![8 => "(,[a-z]{0,12}){2,6}", 1 => "(,[a-z]{0,90}){1,4}"],
            name in prop_oneof![3 => any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>().prop_map(Some), 1 => Just(None)],
            written in "[a-z ]{0,70}",
            group in 0usize..5,
            slack in prop_oneof![Just(0usize), Just(READ_SLACK)],
            most in prop_oneof![4 => Just(1usize << 20), 1 => 0usize..900],
        ) {
            let name = name.map(|(start, len, blank)| {
                let start = start.index(fields.len());
                let len = len.index(fields.len() - start + 1);
                (start, len, if len > 2 { blank.index(len - 1) } else { 0 })
            });
            let written = if name.is_some() { String::new() } else { written };
            let bytes = entry(&key, &fields, name, &written, slack);
            let entry = Entry::read(&bytes);
            let tails = RowSuffixes::new(Dialect::default(), &AgeGroups::default());
            let (mut expected, purchase) = (purchase.clone().into_bytes(), [purchase.as_bytes(), &[b'#'; 64]].concat());
            let len = expected.len();
            tails.write(&entry, group, &mut expected);
            prop_assert_eq!(expected.len() - len, tails.len(&entry, group));
            let mut rows = RowBuffer::new(1 << 20);
            prop_assert!(rows.reserve(expected.len()));
            rows.put(&purchase, 0, len);
            tails.put(&entry, group, &mut rows);
            prop_assert_eq!(rows.bytes(), &expected);
            let mut rows = RowBuffer::new(most);
            if tails.put_short(&purchase, len, &entry, group, &mut rows) {
                prop_assert_eq!(rows.bytes(), &expected);
            } else {
                let Shape { name_start, name_len, .. } = entry.shape;
                let long = len.max(fields.len()).max(key.len()).max(name_len as usize) > SHORT || name_start >= 128;
                prop_assert!(rows.bytes().is_empty() && (long || slack == 0 || most < SHORT_ROW));
            }
        }
    }
}
