//! The CSV dialect: delimiter and quote, and the conversion between values and raw fields.

use std::borrow::Cow;

/// The rules by which records and fields are separated. The default is `,` and `"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between two fields.
    pub delimiter: u8,
    /// The byte that encloses quoted fields; `None` if no field is quoted.
    pub quote: Option<u8>,
    /// The byte with which a comment begins, at the start of a record.
    pub comment: Option<u8>,
    /// Whether blanks at the start of a field do not belong to its value.
    pub skip_initial_space: bool,
}

impl Dialect {
    /// The dialect of RFC 4180.
    pub const RFC_4180: Self = Self { delimiter: b',', quote: Some(b'"'), comment: None, skip_initial_space: false };

    /// Whether the SIMD scan knows all rules of the dialect: it has only a delimiter and a quote.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.comment.is_none() && !self.skip_initial_space
    }

    /// The dialect of combined data: rows may begin with any byte, so there are no comments.
    pub(crate) fn without_comments(self) -> Self {
        Self { comment: None, ..self }
    }

    /// Whether fields mean the same in both dialects, so that their bytes can be copied.
    pub(crate) fn writes_like(self, other: Self) -> bool {
        self.without_comments() == other.without_comments()
    }

    /// Whether a byte at the start of a field does not belong to its value.
    #[inline]
    pub(crate) fn skips(self, byte: u8) -> bool {
        self.skip_initial_space && byte != self.delimiter && matches!(byte, b' ' | b'\t')
    }

    /// The number of bytes at the start of a field that do not belong to its value.
    #[inline]
    pub(crate) fn initial_blanks(self, field: &[u8]) -> usize {
        match self.skip_initial_space {
            true => field.iter().take_while(|&&byte| self.skips(byte)).count(),
            false => 0,
        }
    }

    /// Whether a value must be quoted: it contains a delimiter, CR or LF, or begins with a blank that would be skipped.
    fn needs_quotes(self, value: &[u8]) -> bool {
        memchr::memchr3(self.delimiter, b'\r', b'\n', value).is_some() || value.first().is_some_and(|&b| self.skips(b))
    }

    /// Whether a value can be written as a field, which without quoting may be impossible.
    pub(crate) fn can_write(self, value: &[u8]) -> bool {
        self.quote.is_some() || !self.needs_quotes(value)
    }

    /// Whether [`write_field`](Self::write_field) writes this value as it is, enclosed in quotes or not.
    pub(crate) fn is_slice(self, value: &[u8]) -> bool {
        self.quote.is_none_or(|quote| memchr::memchr(quote, value).is_none())
    }

    /// Appends a value as a raw field. Quotes it only if it contains a delimiter, quote, CR or LF, or begins with a
    /// blank that would be skipped.
    #[doc(hidden)]
    pub fn write_field(self, value: &[u8], out: &mut Vec<u8>) {
        let Some(quote) = self.quote else {
            out.extend_from_slice(value);
            return;
        };
        if memchr::memchr(quote, value).is_some() || self.needs_quotes(value) {
            self.write_quoted(value, quote, out);
        } else {
            out.extend_from_slice(value);
        }
    }

    /// Appends a value enclosed in quotes, with the quotes inside doubled.
    pub(crate) fn write_quoted(self, value: &[u8], quote: u8, out: &mut Vec<u8>) {
        out.push(quote);
        let mut rest = value;
        while let Some(at) = memchr::memchr(quote, rest) {
            out.extend_from_slice(&rest[..=at]);
            out.push(quote);
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
        out.push(quote);
    }

    /// The first raw field of `rest`, which is the rest of a well-formed record from the start of a field.
    pub(crate) fn first_field(self, rest: &[u8]) -> &[u8] {
        let mut inside = false;
        // Quote parity: a doubled quote closes and opens again. In an unquoted field a quote is an ordinary byte.
        let first = rest.get(self.initial_blanks(rest)).copied();
        let quoted = first == self.quote && self.quote.is_some();
        let ends = |&byte: &u8| {
            inside ^= quoted && Some(byte) == self.quote;
            byte == self.delimiter && !inside
        };
        &rest[..rest.iter().position(ends).unwrap_or(rest.len())]
    }

    /// The raw field with this index, from 0, of a well-formed record. Empty if there are fewer fields.
    pub(crate) fn field(self, record: &[u8], index: usize) -> &[u8] {
        let mut rest = record;
        for _ in 0..index {
            rest = rest.get(self.first_field(rest).len() + 1..).unwrap_or_default();
        }
        self.first_field(rest)
    }

    /// The value of a raw field, which must be well formed.
    #[doc(hidden)]
    pub fn value(self, raw: &[u8]) -> Cow<'_, [u8]> {
        let raw = &raw[self.initial_blanks(raw)..];
        match self.quote {
            Some(quote) if raw.first() == Some(&quote) && raw.len() >= 2 => {
                let inside = &raw[1..raw.len() - 1];
                match memchr::memchr(quote, inside) {
                    None => inside.into(),
                    Some(_) => undouble(inside, quote).into(),
                }
            }
            _ => raw.into(),
        }
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::RFC_4180
    }
}

/// Whether a byte can be a delimiter: not a quote, a line ending, or a byte of a number.
pub(crate) fn is_delimiter(byte: u8) -> bool {
    byte != b'"' && !is_reserved(byte)
}

/// Whether a byte can be a quote: not a blank, a line ending, or a byte of a number.
pub(crate) fn is_quote(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\t') && !is_reserved(byte)
}

fn is_reserved(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'0'..=b'9' | b'.' | b'+' | b'-')
}

/// Replaces doubled quotes by single ones.
pub(crate) fn undouble(inside: &[u8], quote: u8) -> Vec<u8> {
    let mut value = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = memchr::memchr(quote, rest) {
        value.extend_from_slice(&rest[..=at]);
        rest = &rest[(at + 2).min(rest.len())..];
    }
    value.extend_from_slice(rest);
    value
}

/// Removes leading and trailing blanks: spaces and tabs, nothing else.
pub(crate) fn trim_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_index() {
        let dialect = Dialect::default();
        let record = b"a,\"b,\"\"c\",,5\" nails";
        let fields: Vec<&[u8]> = (0..5).map(|index| dialect.field(record, index)).collect();
        assert_eq!(fields, [&b"a"[..], b"\"b,\"\"c\"", b"", b"5\" nails", b""]);
        assert_eq!(Dialect { quote: None, ..dialect }.field(record, 2), b"\"\"c\"");
        let skipping = Dialect { skip_initial_space: true, ..dialect };
        let record = b" a, \"b,c\",\t,d";
        let fields: Vec<&[u8]> = (0..4).map(|index| skipping.field(record, index)).collect();
        assert_eq!(fields, [&b" a"[..], b" \"b,c\"", b"\t", b"d"]);
        let values: Vec<_> = fields.iter().map(|field| skipping.value(field)).collect();
        assert_eq!(values, [&b"a"[..], b"b,c", b"", b"d"]);
        let mut written = vec![];
        [&b" a"[..], b"a b", b"\t"].iter().for_each(|value| skipping.write_field(value, &mut written));
        assert_eq!(written, b"\" a\"a b\"\t\"");
    }
}
