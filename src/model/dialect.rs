//! How fields are told apart, and how a value is written as a field and read from one.

use std::borrow::Cow;

/// How fields are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between two fields.
    pub delimiter: u8,
    /// The byte that encloses a field, or none where nothing is quoted.
    pub quote: Option<u8>,
}

impl Dialect {
    /// Writes a value as a field, quoted only when it must be: with a delimiter, quote, CR or LF inside.
    pub(crate) fn write_field(self, value: &[u8], out: &mut Vec<u8>) {
        let Some(quote) = self.quote else {
            out.extend_from_slice(value);
            return;
        };
        let must = |&byte: &u8| byte == self.delimiter || byte == quote || byte == b'\r' || byte == b'\n';
        if value.iter().any(must) {
            self.write_quoted(value, quote, out);
        } else {
            out.extend_from_slice(value);
        }
    }

    /// Writes a value enclosed in quotes, quotes inside doubled.
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

    /// The value of a field's exact bytes, which must be well formed.
    pub(crate) fn value(self, raw: &[u8]) -> Cow<'_, [u8]> {
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
        Self { delimiter: b',', quote: Some(b'"') }
    }
}

/// Makes doubled quotes single.
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

/// A value without the blanks (space and tab, nothing else) around it.
pub(crate) fn trim_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
