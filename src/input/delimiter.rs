//! Finds the delimiter of an input in its header: for an input whose delimiter is not given, and for a hint about a
//! delimiter that is likely wrong.

use super::fatal_record::fatal;
use super::reader::InputReader;
use super::record::{Field, Form, parse_record};
use crate::error::Result;
use crate::model::csv_format::CsvFormat;
use crate::model::delimiters::{CANDIDATES, Candidate};
use crate::model::dialect::Dialect;

/// Maximum number of bytes of a header that are examined for a hint.
const MAX_EXAMINED: usize = 64 * 1024;

/// The delimiter with which the header that begins at the position of `input` is well-formed and has the most of the
/// `wanted` names. If it has none of them with any delimiter, the first one that separates it into at least two fields:
/// the error about the missing columns then shows the names. In doubt the first.
pub(crate) fn find(input: &mut InputReader<'_>, format: &CsvFormat, wanted: &[&[u8]], max_record: usize) -> Result<u8> {
    let mut fields = Vec::new();
    let is_free = |candidate: &Candidate| format.leaves_free(candidate.byte);
    let mut candidates = CANDIDATES.into_iter().filter(is_free).peekable();
    let mut best = candidates.peek().map_or(b',', |first| first.byte);
    let mut best_rank = (0, false);
    for Candidate { byte, .. } in candidates {
        let dialect = format.dialect(byte);
        let len = input.whole_records(1, max_record, dialect)?;
        let header = &input.peek(len)?.0[..len];
        let record = parse_record(header, 0, dialect, &mut fields);
        if !record.is_well_formed() || fatal(header, &record, max_record, dialect).is_some() {
            continue;
        }
        let is_found = |name: &&&[u8]| fields.iter().any(|field| *field.value(header, dialect) == ***name);
        let rank = (wanted.iter().filter(is_found).count(), fields.len() > 1);
        if rank > best_rank {
            (best, best_rank) = (byte, rank);
        }
        if rank.0 == wanted.len() {
            break;
        }
    }
    Ok(best)
}

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
        .filter(|candidate| ![Some(dialect.delimiter), dialect.quote, dialect.escape].contains(&Some(candidate.byte)));
    let mut best = None;
    for candidate in candidates {
        let dialect = Dialect { delimiter: candidate.byte, ..dialect };
        let mut fields = Vec::new();
        let record = parse_record(header, 0, dialect, &mut fields);
        let complete = record.open_quote.is_none() && record.end as usize == header.len();
        let well_formed = complete && record.flaws.after_quote.is_none() && record.flaws.last_escape.is_none();
        if !well_formed || fields.len() < 2 {
            continue;
        }
        let has_name = name.is_some_and(|name| fields.iter().any(|field| &*field.value(header, dialect) == name));
        // A quote in an unquoted field is valid, but suggests that the field begins elsewhere.
        let has_stray_quote = |field: &Field| {
            matches!(field.form, Form::Plain | Form::Escaped)
                && field.raw(header).iter().any(|&byte| Some(byte) == dialect.quote)
        };
        let rank = (has_name, !fields.iter().any(has_stray_quote), fields.len());
        if best.is_none_or(|(best_rank, _)| rank > best_rank) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::file::InputFile;
    use std::path::Path;

    #[test]
    fn the_delimiter_is_that_with_which_the_most_names_are_found() {
        let file = InputFile::open(Path::new("/dev/null"), true).expect("/dev/null can be opened");
        let found = |header: &str, quote: Option<u8>| {
            let format = CsvFormat { quote, ..CsvFormat::default() };
            let mut input = InputReader::of_memory(&file, header.as_bytes());
            char::from(find(&mut input, &format, &[b"a", b"b"], 100).expect("memory can be read"))
        };
        for (header, wanted) in [
            ("a,b\n", ','),
            ("a;b\n1,2,3,4\n", ';'),
            ("a\tb", '\t'),
            ("b|a\r\n", '|'),
            // All names with the comma: nothing else is tried.
            ("a,b,x;a;b\n", ','),
            ("a,x;b;a\n", ';'),
            ("a,x;a;b;c\n", ';'),
            ("\"a\";\"b\"\n", ';'),
            ("x;\"a;b\"|a|b", '|'),
            // One of them.
            ("a;x\n", ';'),
            // None of them.
            ("x,y\n", ','),
            ("x;y\n", ';'),
            ("x", ','),
            ("", ','),
            // With the semicolon, a quote never closes.
            ("a,b;\"\n", ','),
        ] {
            assert_eq!(found(header, Some(b'"')), wanted, "{header}");
        }
        assert_eq!(found("\"a;b\"\n", None), ';');
        assert_eq!(found("a,b\n", Some(b',')), ';', "the quote is no delimiter");
    }

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
            (r#""a;b"|"c""#, Dialect { quote: None, ..comma }, Some(";")),
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
}
