//! For tests: the parts of an entry that rows contain, whatever the layout of the entry.

use super::entry::{Entry, Shape};

/// The fields without the key, and the full name, as rows contain them.
pub(super) fn fields_and_name(entry: &Entry<'_>) -> (Vec<u8>, Vec<u8>) {
    let Shape { fields_len, name_start, name_len, space_at, .. } = entry.shape;
    let fields = entry.fields();
    let mut name = entry.bytes[fields + name_start as usize..][..name_len as usize].to_vec();
    if space_at > 0 {
        name[space_at as usize] = b' ';
    }
    (entry.bytes[fields..][..fields_len as usize].to_vec(), name)
}
