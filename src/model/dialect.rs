//! The CSV dialect: delimiter, quote and escape, and the conversion between values and raw fields.

use std::borrow::Cow;

/// The rules by which records and fields are separated. The default is `,` and `"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between two fields.
    pub delimiter: u8,
    /// The byte that encloses quoted fields; `None` if no field is quoted.
    pub quote: Option<u8>,
    /// The byte after which the next byte is data; `None` if there is none.
    pub escape: Option<u8>,
    /// The byte with which a comment begins, at the start of a record.
    pub comment: Option<u8>,
    /// Whether blanks at the start of a field do not belong to its value.
    pub skip_initial_space: bool,
}

impl Dialect {
    /// The dialect of RFC 4180.
    pub const RFC_4180: Self =
        Self { delimiter: b',', quote: Some(b'"'), escape: None, comment: None, skip_initial_space: false };

    /// Whether the SIMD scan knows all rules of the dialect: it has only a delimiter and a quote.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.escape.is_none() && self.comment.is_none() && !self.skip_initial_space
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

    /// Whether a value must be quoted or escaped: it contains a delimiter, CR or LF, or begins with a blank that would
    /// be skipped.
    fn needs_quotes(self, value: &[u8]) -> bool {
        memchr::memchr3(self.delimiter, b'\r', b'\n', value).is_some() || value.first().is_some_and(|&b| self.skips(b))
    }

    /// Whether a value can be written as a field, which without quote and escape may be impossible.
    pub(crate) fn can_write(self, value: &[u8]) -> bool {
        self.quote.is_some() || self.escape.is_some() || !self.needs_quotes(value)
    }

    /// Whether [`write_field`](Self::write_field) writes this value as it is, enclosed in quotes or not.
    pub(crate) fn is_slice(self, value: &[u8]) -> bool {
        let lacks = |byte: Option<u8>| byte.is_none_or(|byte| memchr::memchr(byte, value).is_none());
        let unescaped =
            lacks(self.escape) && (self.quote.is_some() || self.escape.is_none() || !self.needs_quotes(value));
        lacks(self.quote) && (unescaped || self.is_null_marker(value))
    }

    /// Whether an unquoted field or a value is exactly the escape byte and `N`. Databases write NULL this way, so it is
    /// neither decoded nor escaped.
    pub(crate) fn is_null_marker(self, bytes: &[u8]) -> bool {
        self.escape.is_some_and(|escape| *bytes == [escape, b'N'])
    }

    /// Appends a value as a raw field. Quotes it only if it contains a delimiter, quote, CR or LF, or begins with a
    /// blank that would be skipped. An escape byte in it is doubled. Without a quote, the bytes that would require
    /// quotes are escaped.
    #[doc(hidden)]
    pub fn write_field(self, value: &[u8], out: &mut Vec<u8>) {
        match self.quote {
            Some(quote) if memchr::memchr(quote, value).is_some() || self.needs_quotes(value) => {
                self.write_quoted(value, quote, out);
            }
            _ if self.is_null_marker(value) => out.extend_from_slice(value),
            Some(_) => push_prefixed(value, self.escape, |byte| Some(byte) == self.escape, out),
            None => {
                let (blank, rest) = value.split_at(usize::from(value.first().is_some_and(|&byte| self.skips(byte))));
                push_prefixed(blank, self.escape, |_| true, out);
                let special = |byte| [self.delimiter, b'\r', b'\n'].contains(&byte) || Some(byte) == self.escape;
                push_prefixed(rest, self.escape, special, out);
            }
        }
    }

    /// Appends a value enclosed in quotes, with the quotes and escape bytes inside doubled.
    pub(crate) fn write_quoted(self, value: &[u8], quote: u8, out: &mut Vec<u8>) {
        out.push(quote);
        let mut rest = value;
        while let Some(at) = find_special(rest, Some(quote), self.escape) {
            out.extend_from_slice(&rest[..=at]);
            out.push(rest[at]);
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
        out.push(quote);
    }

    /// The first raw field of `rest`, which is the rest of a well-formed record from the start of a field.
    pub(crate) fn first_field(self, rest: &[u8]) -> &[u8] {
        let (mut inside, mut escaped) = (false, false);
        // Quote parity: a doubled quote closes and opens again. In an unquoted field a quote is an ordinary byte.
        let first = rest.get(self.initial_blanks(rest)).copied();
        let quoted = first == self.quote && self.quote.is_some();
        let ends = |&byte: &u8| {
            if escaped || Some(byte) == self.escape {
                escaped = !escaped;
                return false;
            }
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
                decode(&raw[1..raw.len() - 1], Some(quote), self.escape)
            }
            _ if self.is_null_marker(raw) => raw.into(),
            _ => decode(raw, None, self.escape),
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

/// Whether a byte can be an escape: it can be a quote, and is not the `N` of the null marker.
pub(crate) fn is_escape(byte: u8) -> bool {
    byte != b'N' && is_quote(byte)
}

/// The value of the bytes of a field, without enclosing quotes: the first byte of doubled quotes is dropped if there is
/// a `quote`, and each escape byte that another byte follows.
pub(crate) fn decode(bytes: &[u8], quote: Option<u8>, escape: Option<u8>) -> Cow<'_, [u8]> {
    let Some(first) = find_special(bytes, quote, escape) else { return bytes.into() };
    let mut value = Vec::with_capacity(bytes.len());
    let (mut rest, mut next) = (bytes, Some(first));
    while let Some(at) = next {
        value.extend_from_slice(&rest[..at]);
        let data = (at + 1).min(rest.len() - 1);
        value.push(rest[data]);
        rest = &rest[data + 1..];
        next = find_special(rest, quote, escape);
    }
    value.extend_from_slice(rest);
    value.into()
}

/// The position of the first quote or escape byte.
pub(crate) fn find_special(bytes: &[u8], quote: Option<u8>, escape: Option<u8>) -> Option<usize> {
    match (quote, escape) {
        (None, None) => None,
        (Some(byte), None) | (None, Some(byte)) => memchr::memchr(byte, bytes),
        (Some(quote), Some(escape)) => memchr::memchr2(quote, escape, bytes),
    }
}

/// Appends bytes, with the escape byte, if there is one, before each that is `special`.
fn push_prefixed(bytes: &[u8], escape: Option<u8>, special: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
    let Some(escape) = escape else { return out.extend_from_slice(bytes) };
    for &byte in bytes {
        if special(byte) {
            out.push(escape);
        }
        out.push(byte);
    }
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
    use proptest::prelude::*;

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

    /// With an escape byte, a delimiter, a quote and the escape byte itself may be data anywhere.
    #[test]
    fn an_escaped_byte_is_data() {
        let dialect = Dialect { escape: Some(b'\\'), ..Dialect::default() };
        let record = br#"a\,b,"c\"d""e,\\",\"x,\N,"\N",\n\"#;
        let fields: Vec<&[u8]> = (0..7).map(|index| dialect.field(record, index)).collect();
        let expected: [&[u8]; 7] = [br"a\,b", br#""c\"d""e,\\""#, br#"\"x"#, br"\N", br#""\N""#, br"\n\", b""];
        assert_eq!(fields, expected);
        let values: Vec<_> = fields.iter().map(|field| dialect.value(field)).collect();
        let expected: [&[u8]; 7] = [b"a,b", br#"c"d"e,\"#, b"\"x", br"\N", b"N", br"n\", b""];
        assert_eq!(values, expected);
        // Without quoting, a quote is an ordinary byte.
        let unquoted = Dialect { quote: None, ..dialect };
        assert_eq!(unquoted.field(record, 1), br#""c\"d""e"#);
        assert_eq!(*unquoted.value(br#""c\"d""e"#), *br#""c"d""e"#);
    }

    #[test]
    fn escapes_are_written_only_where_they_are_needed() {
        let written = |dialect: Dialect, value: &[u8]| {
            let mut field = vec![];
            dialect.write_field(value, &mut field);
            String::from_utf8(field).expect("UTF-8")
        };
        let quoted = Dialect { escape: Some(b'\\'), ..Dialect::default() };
        let unquoted = Dialect { quote: None, skip_initial_space: true, ..quoted };
        for (value, in_quotes, without) in [
            ("a b", "a b", "a b"),
            ("a,b", r#""a,b""#, r"a\,b"),
            (r"a\b", r"a\\b", r"a\\b"),
            (r#"\"a"#, r#""\\""a""#, r#"\\"a"#),
            ("a\r\nb", "\"a\r\nb\"", "a\\\r\\\nb"),
            (" a", " a", r"\ a"),
            (r"\N", r"\N", r"\N"),
            (r"\N ", r"\\N ", r"\\N "),
            ("", "", ""),
        ] {
            assert_eq!(
                (&*written(quoted, value.as_bytes()), &*written(unquoted, value.as_bytes())),
                (in_quotes, without)
            );
        }
    }

    proptest! {
        /// A value that can be written is read again from its field, which is found in a record.
        #[test]
        fn written_values_are_read_again(
            values in prop::collection::vec("[ab,\"\\\\N \t\r\n]{0,8}", 1..4),
            quoting in any::<bool>(),
            escape in prop::sample::select(&[None, Some(b'\\'), Some(b'a')][..]),
            skip_initial_space in any::<bool>(),
        ) {
            let quote = quoting.then_some(b'"');
            let dialect = Dialect { quote, escape, skip_initial_space, ..Dialect::default() };
            let mut record = vec![];
            for (index, value) in values.iter().enumerate() {
                prop_assume!(dialect.can_write(value.as_bytes()));
                if index > 0 {
                    record.push(b',');
                }
                let start = record.len();
                dialect.write_field(value.as_bytes(), &mut record);
                let field = &record[start..];
                let enclosed = quoting && field.first() == Some(&b'"') && field.len() > 1;
                let inside = if enclosed { &field[1..field.len() - 1] } else { field };
                prop_assert_eq!(dialect.is_slice(value.as_bytes()), inside == value.as_bytes());
            }
            for (index, value) in values.iter().enumerate() {
                prop_assert_eq!(&*dialect.value(dialect.field(&record, index)), value.as_bytes());
            }
        }
    }
}
