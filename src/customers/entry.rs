//! The layout of a customer's entry in the arena: a header, the key's raw bytes, and the data of the other fields that
//! rows need.
//!
//! | bytes | content of the header |
//! |--:|---|
//! | 4 | low 32 bits of the record's line |
//! | 2 | length of the fields without the key, or [`LONG`] |
//! | 1 | length of the key |
//! | 1 | start of the full name, from the first byte of the fields |
//! | 1 | length of the full name |
//! | 1 | position in the full name of the byte that a space replaces; 0 if none |
//!
//! The key follows, then the other fields as raw bytes, each preceded by the delimiter. First and last name are usually
//! adjacent, so the full name is read from the fields with a space in place of the delimiter; otherwise it is appended.
//!
//! A long entry has the five lengths and positions after the header, in 4 bytes each. It is used if a number does not
//! fit in the header or the key contains doubled quotes or escapes. So the value of a short entry's key is always a
//! slice of it: its raw bytes without enclosing quotes.

/// Bytes that wide copies may read past the end of an entry.
pub(crate) const READ_SLACK: usize = 384;

/// Bytes of a header.
pub(super) const HEADER: usize = 10;
/// Bytes of the header of a long entry.
const LONG_HEADER: usize = HEADER + 5 * 4;
/// Marks a long entry. It is stored in place of the length of the fields.
const LONG: u16 = u16::MAX;

/// Lengths and positions in an entry. Positions count from the first byte of the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) key_len: u32,
    pub(crate) fields_len: u32,
    pub(crate) name_start: u32,
    pub(crate) name_len: u32,
    /// Position in the full name of the byte that a space replaces; 0 if none.
    pub(crate) space_at: u32,
}

impl Shape {
    /// Appends the header of an entry of this shape. `escaped`: the value of the key is not a slice of its raw
    /// bytes, so the entry is long.
    #[inline(always)]
    pub(crate) fn write(&self, line: u32, escaped: bool, entries: &mut Vec<u8>) {
        let Self { key_len, fields_len, name_start, name_len, space_at } = *self;
        let short = !escaped && (key_len | name_start | name_len | space_at) < 256 && fields_len < u32::from(LONG);
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&line.to_le_bytes());
        if short {
            header[4..6].copy_from_slice(&(fields_len as u16).to_le_bytes());
            header[6..].copy_from_slice(&[key_len as u8, name_start as u8, name_len as u8, space_at as u8]);
            entries.extend_from_slice(&header);
        } else {
            header[4..6].copy_from_slice(&LONG.to_le_bytes());
            entries.extend_from_slice(&header);
            for number in [key_len, fields_len, name_start, name_len, space_at] {
                entries.extend_from_slice(&number.to_le_bytes());
            }
        }
    }
}

/// A view of one customer in the arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'c> {
    /// The bytes from the entry to the end of its block; wide copies may read past the entry.
    pub(crate) bytes: &'c [u8],
    /// Where the key begins; the fields follow it.
    pub(crate) key: usize,
    pub(crate) shape: Shape,
}

impl<'c> Entry<'c> {
    /// Reads the entry at the start of `bytes`.
    pub(crate) fn read(bytes: &'c [u8]) -> Self {
        Self::read_short(bytes).unwrap_or_else(|| Self::read_long(bytes))
    }

    /// Reads the entry at the start of `bytes`; `None` if it is long.
    #[inline(always)]
    pub(crate) fn read_short(bytes: &'c [u8]) -> Option<Self> {
        let header: &[u8; HEADER] = bytes.first_chunk()?;
        let fields_len = u16::from_le_bytes([header[4], header[5]]);
        if fields_len == LONG {
            return None;
        }
        let [key_len, name_start, name_len, space_at] = [6, 7, 8, 9].map(|at: usize| u32::from(header[at]));
        let shape = Shape { key_len, fields_len: fields_len.into(), name_start, name_len, space_at };
        Some(Self { bytes, key: HEADER, shape })
    }

    #[cold]
    fn read_long(bytes: &'c [u8]) -> Self {
        let number = |index: usize| {
            let from = HEADER + 4 * index;
            // Proof: the range has four bytes.
            u32::from_le_bytes(bytes[from..from + 4].try_into().expect("four bytes"))
        };
        let [key_len, fields_len, name_start, name_len, space_at] = [0, 1, 2, 3, 4].map(number);
        Self { bytes, key: LONG_HEADER, shape: Shape { key_len, fields_len, name_start, name_len, space_at } }
    }

    /// Where the fields begin, with the delimiter before the first of them.
    #[inline(always)]
    pub(crate) fn fields(&self) -> usize {
        self.key + self.shape.key_len as usize
    }

    /// The key's raw bytes.
    pub(crate) fn key(&self) -> &'c [u8] {
        &self.bytes[self.key..self.fields()]
    }

    /// Start and length of the key's value. Only for short entries, whose keys have no doubled quotes or escapes.
    #[inline(always)]
    pub(crate) fn key_value(&self, quote: Option<u8>) -> (usize, usize) {
        let len = self.shape.key_len as usize;
        let quoted = usize::from(quote.is_some() && self.bytes.get(self.key).copied() == quote && len >= 2);
        (self.key + quoted, len - 2 * quoted)
    }

    /// The low 32 bits of the record's line.
    pub(crate) fn line(&self) -> u32 {
        // Proof: an entry begins with a header of ten bytes.
        u32::from_le_bytes(*self.bytes.first_chunk().expect("a header"))
    }
}

/// Adds `lines` to the line of the entry at offset `at`. Workers count lines from the start of their chunk; the line of
/// the chunk is known only once all chunks before it have been parsed.
pub(crate) fn add_to_line(entries: &mut [u8], at: usize, lines: u32) {
    let field = &mut entries[at..at + 4];
    // Proof: the range has four bytes.
    let line = u32::from_le_bytes((&*field).try_into().expect("four bytes"));
    field.copy_from_slice(&line.wrapping_add(lines).to_le_bytes());
}
