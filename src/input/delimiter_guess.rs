//! Guesses the delimiter of a header, for an error message about a wrong `--delimiter` or about inputs whose delimiters
//! differ.

use super::record::{Field, Form, parse_record};
use crate::error::{escape, escape_path, shell_word};
use crate::model::dialect::Dialect;
use crate::model::inputs::is_stdin;
use std::path::Path;

/// A delimiter as a byte, and as a value of the option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) byte: u8,
    pub(crate) name: &'static str,
}

/// The common delimiters, the likeliest first.
const CANDIDATES: [Candidate; 4] = [
    Candidate { byte: b';', name: ";" },
    Candidate { byte: b'\t', name: "tab" },
    Candidate { byte: b'|', name: "|" },
    Candidate { byte: b',', name: "," },
];

/// Maximum number of bytes of a header that are examined.
const MAX_EXAMINED: usize = 64 * 1024;

/// The likeliest delimiter of a header record, other than that of `dialect`: one with which the header is well-formed
/// and has at least two fields. Prefers a delimiter with which a column is called `name`, then one with which no
/// unquoted field contains a quote, then the one with the most fields.
pub(crate) fn likely(header: &[u8], dialect: Dialect, name: Option<&[u8]>) -> Option<Candidate> {
    let header = &header[..header.len().min(MAX_EXAMINED)];
    if header.is_empty() {
        return None;
    }
    let candidates = CANDIDATES
        .into_iter()
        .filter(|candidate| candidate.byte != dialect.delimiter && Some(candidate.byte) != dialect.quote);
    let mut best = None;
    for candidate in candidates {
        let dialect = Dialect { delimiter: candidate.byte, ..dialect };
        let mut fields = Vec::new();
        let record = parse_record(header, 0, dialect, &mut fields);
        let complete = record.open_quote.is_none() && record.end as usize == header.len();
        let well_formed = complete && record.flaws.after_quote.is_none();
        if !well_formed || fields.len() < 2 {
            continue;
        }
        let has_name = name.is_some_and(|name| fields.iter().any(|field| &*field.value(header, dialect) == name));
        // A quote in an unquoted field is valid, but suggests that the field begins elsewhere.
        let has_stray_quote = |field: &Field| {
            field.form == Form::Plain && field.raw(header).iter().any(|&byte| Some(byte) == dialect.quote)
        };
        let rank = (has_name, !fields.iter().any(has_stray_quote), fields.len());
        // Of candidates with equal rank, the first is kept: it is the likelier one.
        if best.is_none_or(|(best_rank, _)| rank > best_rank) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The hint for an input with the delimiter `likely`, if the delimiter of `dialect` is that of another input. Another
/// `--delimiter` would only move the error to that input, so the hint is a command that converts the file.
pub(crate) fn different_delimiters(path: &Path, likely: Candidate, dialect: Dialect) -> String {
    let wanted = match dialect.delimiter {
        b'\t' => "a tab".to_owned(),
        byte => format!("'{}'", escape(&[byte])),
    };
    let text = format!(
        "the inputs have different delimiters, and a run reads one: convert {} to {wanted} first",
        escape_path(path)
    );
    if is_stdin(path) || dialect.quote != Some(b'"') || !dialect.delimiter.is_ascii() {
        return text;
    }
    let python = |byte: u8| match byte {
        b'\t' => r"\t".to_owned(),
        // The program is in single quotes in the shell, and the delimiter in double quotes in Python.
        b'\'' | b'"' | b'\\' => format!(r"\x{byte:02x}"),
        _ => char::from(byte).escape_default().to_string(),
    };
    let (from, to) = (python(likely.byte), python(dialect.delimiter));
    format!(
        "{text}: python3 -c 'import csv, sys; \
         csv.writer(sys.stdout, delimiter=\"{to}\").writerows(\
         csv.reader(open(sys.argv[1], newline=\"\"), delimiter=\"{from}\"))' {} > converted.csv",
        shell_word(path)
    )
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
            // Quoted names that contain other delimiters.
            (r#""a;b","c""#, with(b'\t'), Some(",")),
            (r#""a;b","c""#, with(b';'), Some(",")),
            (r#""a;b;c"|"d,e""#, with(b'\t'), Some("|")),
            (r#"x|"a;b;c"|d"#, comma, Some("|")),
            (r#""a;b""#, comma, None),
            ("\"a\tb;c|d\"", comma, None),
            // The candidate with more fields wins.
            ("a b;c\td\te", comma, Some("tab")),
            ("a", comma, None),
            ("", comma, None),
            // Without quoting, delimiters between quotes count.
            (r#""a;b"|"c""#, Dialect { delimiter: b',', quote: None }, Some(";")),
        ] {
            assert_eq!(likely(header.as_bytes(), dialect, None).map(|found| found.name), wanted, "{header}");
        }
    }

    #[test]
    fn a_known_column_name_decides() {
        let header = b"key|a;b;c;d";
        assert_eq!(likely(header, Dialect::default(), Some(b"key")).map(|found| found.name), Some("|"));
        assert_eq!(likely(header, Dialect::default(), Some(b"c")).map(|found| found.name), Some(";"));
    }

    #[test]
    fn a_file_is_converted_by_a_command_unless_its_name_or_quote_prevents_it() {
        let likely = Candidate { byte: b'\t', name: "tab" };
        let hint =
            |path: &str, delimiter, quote| different_delimiters(Path::new(path), likely, Dialect { delimiter, quote });
        let text = hint("my file.csv", b'\'', Some(b'"'));
        assert!(text.ends_with("delimiter=\"\\t\"))' 'my file.csv' > converted.csv"), "{text}");
        assert!(text.contains("delimiter=\"\\x27\""), "{text}");
        for text in [hint("-", b',', Some(b'"')), hint("a", b',', None), hint("a", 0xb6, Some(b'"'))] {
            assert!(text.ends_with(" first"), "{text}");
        }
    }
}
