//! How one customer stands in memory: a header, the key's exact bytes, and what rows need beside them.
//!
//! | bytes | what |
//! |--:|---|
//! | 4 | the line of the record, its low 32 bits |
//! | 2 | bytes of the fields but the key, or [`LONG`] |
//! | 1 | bytes of the key |
//! | 1 | where the full name begins, from the fields' first byte |
//! | 1 | bytes of the full name |
//! | 1 | where in it a blank takes the place of what stands there; 0 where none does |
//!
//! Then come the key and the fields but the key, each with the delimiter before it, as they stand in the file. The full
//! name nearly always stands there already, with a delimiter where its blank goes; where it does not it follows. In a
//! long entry the five lengths and places follow the header, in 4 bytes each. It is for what does not fit, and for keys
//! with doubled quotes, so that the value of a short entry's key is what stands between its quotes.

/// Bytes after an entry that copies in whole steps may read.
pub(crate) const READ_SLACK: usize = 384;

/// Bytes of a header.
pub(super) const HEADER: usize = 10;
/// Bytes of the header of a long entry.
const LONG_HEADER: usize = HEADER + 5 * 4;
/// Stands for the bytes of the fields in the header of a long entry.
const LONG: u16 = u16::MAX;

/// The pieces of an entry that is to be written. Places count from the fields' first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) key_len: u32,
    pub(crate) fields_len: u32,
    pub(crate) name_start: u32,
    pub(crate) name_len: u32,
    pub(crate) blank_at: u32,
}

impl Shape {
    /// Adds the header of an entry of this shape; a long one in any case where quotes are doubled in the key.
    #[inline(always)]
    pub(crate) fn write(&self, line: u32, doubled: bool, entries: &mut Vec<u8>) {
        let Self { key_len, fields_len, name_start, name_len, blank_at } = *self;
        let short = !doubled && (key_len | name_start | name_len | blank_at) < 256 && fields_len < u32::from(LONG);
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&line.to_le_bytes());
        if short {
            header[4..6].copy_from_slice(&(fields_len as u16).to_le_bytes());
            header[6..].copy_from_slice(&[key_len as u8, name_start as u8, name_len as u8, blank_at as u8]);
            entries.extend_from_slice(&header);
        } else {
            header[4..6].copy_from_slice(&LONG.to_le_bytes());
            entries.extend_from_slice(&header);
            for number in [key_len, fields_len, name_start, name_len, blank_at] {
                entries.extend_from_slice(&number.to_le_bytes());
            }
        }
    }
}

/// One customer as it stands in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'c> {
    /// The block from the entry on: the fast copies may read on behind it.
    pub(crate) bytes: &'c [u8],
    /// Where the key begins; the fields follow.
    pub(crate) key: usize,
    pub(crate) shape: Shape,
}

impl<'c> Entry<'c> {
    /// The entry that these bytes begin with.
    pub(crate) fn read(bytes: &'c [u8]) -> Self {
        Self::read_short(bytes).unwrap_or_else(|| Self::read_long(bytes))
    }

    /// The entry that these bytes begin with, unless it is a long one.
    #[inline(always)]
    pub(crate) fn read_short(bytes: &'c [u8]) -> Option<Self> {
        let header: &[u8; HEADER] = bytes.first_chunk()?;
        let fields_len = u16::from_le_bytes([header[4], header[5]]);
        if fields_len == LONG {
            return None;
        }
        let [key_len, name_start, name_len, blank_at] = [6, 7, 8, 9].map(|at: usize| u32::from(header[at]));
        let shape = Shape { key_len, fields_len: fields_len.into(), name_start, name_len, blank_at };
        Some(Self { bytes, key: HEADER, shape })
    }

    #[cold]
    fn read_long(bytes: &'c [u8]) -> Self {
        let number = |place: usize| {
            let from = HEADER + 4 * place;
            // Proof: four bytes of a range of four.
            u32::from_le_bytes(bytes[from..from + 4].try_into().expect("four bytes"))
        };
        let [key_len, fields_len, name_start, name_len, blank_at] = [0, 1, 2, 3, 4].map(number);
        Self { bytes, key: LONG_HEADER, shape: Shape { key_len, fields_len, name_start, name_len, blank_at } }
    }

    /// Where the fields begin, the delimiter before the first of them.
    #[inline(always)]
    pub(crate) fn fields(&self) -> usize {
        self.key + self.shape.key_len as usize
    }

    /// The key's exact bytes.
    pub(crate) fn key(&self) -> &'c [u8] {
        &self.bytes[self.key..self.fields()]
    }

    /// Where the value of the key of a short entry stands.
    #[inline(always)]
    pub(crate) fn key_value(&self, quote: Option<u8>) -> (usize, usize) {
        let len = self.shape.key_len as usize;
        let quoted = usize::from(quote.is_some() && self.bytes.get(self.key).copied() == quote && len >= 2);
        (self.key + quoted, len - 2 * quoted)
    }

    /// The low bits of the line of the customer's record.
    pub(crate) fn line(&self) -> u32 {
        // Proof: as above.
        u32::from_le_bytes(*self.bytes.first_chunk().expect("a header"))
    }
}

/// Adds to the line of the entry that begins at `at`, which is known only when the chunks are put in order.
pub(crate) fn add_to_line(entries: &mut [u8], at: usize, lines: u32) {
    let place = &mut entries[at..at + 4];
    // Proof: four bytes of a range of four.
    let line = u32::from_le_bytes((&*place).try_into().expect("four bytes"));
    place.copy_from_slice(&line.wrapping_add(lines).to_le_bytes());
}
