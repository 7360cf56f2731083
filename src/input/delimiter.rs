//! Which delimiter a header was likely written with, for a message to whoever named another.

use super::record::{Field, Form, parse_record};
use crate::model::dialect::Dialect;

/// A delimiter as a byte, and as the option takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) byte: u8,
    pub(crate) name: &'static str,
}

/// Those in use, the likelier first.
const CANDIDATES: [Candidate; 4] = [
    Candidate { byte: b';', name: ";" },
    Candidate { byte: b'\t', name: "tab" },
    Candidate { byte: b'|', name: "|" },
    Candidate { byte: b',', name: "," },
];

/// Bytes of a header that are looked at; more tell nothing more.
const LOOK: usize = 64 * 1024;

/// The delimiter other than that of `dialect` with which a header record makes sense: two fields or more, well
/// formed, so that one inside quotes does not count. One that brings up the `wanted` name comes first, then one that
/// leaves no quote inside a field, then the one with the most fields.
pub(crate) fn likely(header: &[u8], dialect: Dialect, wanted: Option<&[u8]>) -> Option<Candidate> {
    let header = &header[..header.len().min(LOOK)];
    if header.is_empty() {
        return None;
    }
    let others = CANDIDATES.into_iter().filter(|one| one.byte != dialect.delimiter && Some(one.byte) != dialect.quote);
    let mut best = None;
    for candidate in others {
        let dialect = Dialect { delimiter: candidate.byte, ..dialect };
        let mut fields = Vec::new();
        let record = parse_record(header, 0, dialect, &mut fields);
        let whole = record.open_quote.is_none() && record.end as usize == header.len();
        let well_formed = whole && record.flaws.after_quote.is_none();
        if !well_formed || fields.len() < 2 {
            continue;
        }
        let has_it = wanted.is_some_and(|name| fields.iter().any(|field| &*field.value(header, dialect) == name));
        // A quote inside an unquoted field is allowed, and a sign that fields begin elsewhere.
        let stray = |field: &Field| {
            field.form == Form::Plain && field.raw(header).iter().any(|&byte| Some(byte) == dialect.quote)
        };
        let rank = (has_it, !fields.iter().any(stray), fields.len());
        // Only a better one takes the place, so that of equals the likelier stays.
        if best.is_none_or(|(found, _)| rank > found) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_inside_quotes_do_not_count() {
        let comma = Dialect::default();
        let with = |delimiter| Dialect { delimiter, ..comma };
        for (header, dialect, wanted) in [
            ("a;b;c", comma, Some(";")),
            ("a\tb", comma, Some("tab")),
            ("a|b", comma, Some("|")),
            ("a,b", with(b';'), Some(",")),
            // Quoted names that hold the others.
            (r#""a;b","c""#, with(b'\t'), Some(",")),
            (r#""a;b","c""#, with(b';'), Some(",")),
            (r#""a;b;c"|"d,e""#, with(b'\t'), Some("|")),
            (r#"x|"a;b;c"|d"#, comma, Some("|")),
            (r#""a;b""#, comma, None),
            ("\"a\tb;c|d\"", comma, None),
            // More fields, more likely.
            ("a b;c\td\te", comma, Some("tab")),
            ("a", comma, None),
            ("", comma, None),
            // Nothing is quoted: all of them count.
            (r#""a;b"|"c""#, Dialect { delimiter: b',', quote: None }, Some(";")),
        ] {
            assert_eq!(likely(header.as_bytes(), dialect, None).map(|one| one.name), wanted, "{header}");
        }
    }

    #[test]
    fn the_name_looked_for_decides() {
        let header = b"key|a;b;c;d";
        assert_eq!(likely(header, Dialect::default(), Some(b"key")).map(|one| one.name), Some("|"));
        assert_eq!(likely(header, Dialect::default(), Some(b"c")).map(|one| one.name), Some(";"));
    }
}
