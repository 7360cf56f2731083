//! Compares the program's records, read in chunks of any size, with a byte-by-byte implementation of the contract
//! (docs/contract.md#records).

use super::choices::Choices;
use super::reading::{Field, Reading, Record, Stop, read};
use spendfold::internals;
use spendfold::internals::Dialect;

/// Choices: delimiter, quote, limit on the length of a record (0: none), four chunk sizes, window size.
const CHOICES: usize = 8;
const DELIMITERS: [u8; 8] = *b",;\t| \0\xffx";
const QUOTES: [Option<u8>; 4] = [Some(b'"'), None, Some(b'\''), Some(b'q')];
const NO_LIMIT: usize = 1 << 20;

/// Reads the text in chunks of several sizes, as one chunk, and in windows that end anywhere.
pub fn check(data: &[u8]) {
    let (mut choices, text) = Choices::split(data, CHOICES);
    let (delimiter, quote) = (choices.one_of(&DELIMITERS), choices.number());
    let dialect = Dialect {
        delimiter,
        quote: QUOTES[quote % QUOTES.len()],
        // The quotient chooses the rules that the fast path lacks.
        escape: ((quote / QUOTES.len()) & 4 > 0).then_some(b'\\'),
        comment: ((quote / QUOTES.len()) & 1 > 0).then_some(b'#'),
        skip_initial_space: (quote / QUOTES.len()) & 2 > 0,
    };
    let max_record = match choices.number() {
        0 => NO_LIMIT,
        limit => limit,
    };
    let sizes = [(); 4].map(|()| choices.number() + 1);
    let window = choices.number() + 1;

    let (whole, ends) = one_pass(text, dialect);
    let mut expected = limited(whole, text, dialect, max_record);
    let all = expected.records.len();
    expected.records.retain(|record| !record.is_comment);
    expected.comments = all - expected.records.len();
    for sizes in [&sizes[..], &sizes[..1], &[text.len() + 1]] {
        let found = read(text, dialect, max_record, sizes);
        assert_eq!(found, expected, "chunks of {sizes:?}");
    }
    check_cuts(text, dialect, sizes[0], window, &ends);
    for field in expected.records.iter().filter(|record| record.after_quote.is_none()).flat_map(|r| &r.fields) {
        check_round_trip(field, dialect);
    }
}

/// The cut of a window that begins with a record is the first record end at or after the target size, or `None` if the
/// window does not contain it.
fn check_cuts(text: &[u8], dialect: Dialect, want: usize, window: usize, ends: &[usize]) {
    let first_end = |least: usize| ends.get(ends.partition_point(|&end| end < least)).copied();
    let mut start = 0;
    loop {
        let stop = text.len().min(start + window);
        let end = first_end(start + want).filter(|&end| end <= stop);
        let found = internals::cut(&text[start..stop], want, dialect).map(|len| start + len);
        assert_eq!(found, end, "the cut of {start}..{stop} at {want}");
        match first_end(start + 1) {
            Some(next) => start = next,
            None => break,
        }
    }
}

/// A value read from the raw field equals that of the record, and survives writing and reading.
fn check_round_trip(field: &Field, dialect: Dialect) {
    let value = dialect.value(&field.raw).into_owned();
    assert_eq!(value, field.value);
    // Without a quote and an escape byte, raw fields and values are the same.
    if dialect.quote.is_some() || dialect.escape.is_some() {
        let mut written = Vec::new();
        dialect.write_field(&value, &mut written);
        assert_eq!(*dialect.value(&written), *value);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote in a quoted field: it closes the field or is the first of two.
    AfterQuote,
}

/// Whether a byte at the start of a field is a blank that does not belong to the value.
fn skips(byte: u8, dialect: Dialect) -> bool {
    dialect.skip_initial_space && byte != dialect.delimiter && (byte == b' ' || byte == b'\t')
}

/// All records of any length, and the end of each record or blank line that ends with a line feed.
fn one_pass(text: &[u8], dialect: Dialect) -> (Reading, Vec<usize>) {
    let mut reading = Reading::default();
    let mut ends = vec![];
    let (mut at, mut lines) = (0, 0);
    while at < text.len() {
        let mut record = Record { start: at, line: lines, ..Record::default() };
        if Some(text[at]) == dialect.comment {
            let line = &text[at..at + text[at..].iter().position(|&byte| byte == b'\n').unwrap_or(text.len() - at)];
            record.raw.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            record.is_comment = true;
            at += line.len();
            if at < text.len() {
                at += 1;
                lines += 1;
                ends.push(at);
            }
            reading.records.push(record);
            continue;
        }
        let (mut field, mut malformed) = (Field::default(), false);
        let mut state = State::FieldStart;
        let mut opened = 0;
        let mut escaped = false;
        let has_ending;
        loop {
            let rest = &text[at..];
            let ending = match rest {
                _ if escaped => 0,
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => 0,
            };
            let ended = rest.is_empty() || (ending > 0 && state != State::Quoted);
            if rest.is_empty() && state == State::Quoted {
                reading.stop = Some(Stop::OpenQuote(opened));
            }
            if ended || (rest[0] == dialect.delimiter && state != State::Quoted && !escaped) {
                let blanks = field.raw.iter().take_while(|&&byte| skips(byte, dialect)).count();
                let is_null = dialect.escape.is_some_and(|escape| field.raw[blanks..] == [escape, b'N']);
                if malformed || is_null {
                    field.value = field.raw[blanks..].to_vec();
                }
                field.empty = field.value.is_empty();
                record.fields.push(std::mem::take(&mut field));
                malformed = false;
                state = State::FieldStart;
                if ended {
                    at += ending;
                    has_ending = ending > 0;
                    lines += usize::from(has_ending);
                    break;
                }
                record.raw.push(rest[0]);
                at += 1;
                continue;
            }
            let byte = rest[0];
            let quote = Some(byte) == dialect.quote;
            record.raw.push(byte);
            field.raw.push(byte);
            if escaped || Some(byte) == dialect.escape {
                // The byte after an escape byte is data. The escape byte is not, except at the end.
                let is_last = !escaped && rest.len() == 1;
                if escaped || is_last {
                    field.value.push(byte);
                }
                if state == State::AfterQuote {
                    malformed = true;
                    record.after_quote.get_or_insert(at);
                }
                if is_last && state != State::Quoted {
                    record.last_escape = Some(at);
                }
                if state != State::Quoted {
                    state = State::Unquoted;
                }
                lines += usize::from(escaped && byte == b'\n');
                escaped = !escaped && !is_last;
                at += 1;
                continue;
            }
            state = match state {
                State::FieldStart if quote => {
                    opened = at;
                    State::Quoted
                }
                State::FieldStart if skips(byte, dialect) => State::FieldStart,
                State::Quoted if quote => State::AfterQuote,
                State::AfterQuote if quote => {
                    field.value.push(byte);
                    State::Quoted
                }
                State::Quoted => {
                    lines += usize::from(byte == b'\n');
                    field.value.push(byte);
                    State::Quoted
                }
                _ => {
                    if state == State::AfterQuote {
                        malformed = true;
                        record.after_quote.get_or_insert(at);
                    }
                    if byte == b'\r' {
                        record.bare_cr.get_or_insert(at);
                    }
                    field.value.push(byte);
                    State::Unquoted
                }
            };
            at += 1;
        }
        if has_ending {
            ends.push(at);
        }
        match record.raw.is_empty() {
            true => reading.blank_lines += 1,
            false => reading.records.push(record),
        }
    }
    (reading, ends)
}

/// The reading up to the first record over the limit. A record with an open quote is not part of it.
fn limited(mut reading: Reading, text: &[u8], dialect: Dialect, max_record: usize) -> Reading {
    let over = reading.records.iter().position(|record| record.raw.len() > max_record);
    if let Some(over) = over {
        let start = reading.records[over].start;
        reading.stop = Some(too_long(&text[start..], start, dialect, max_record));
        reading.records.truncate(over);
        reading.blank_lines = one_pass(&text[..start], dialect).0.blank_lines;
    } else if reading.stop.is_some() {
        reading.records.pop();
    }
    reading
}

/// Whether a quote is open after the first byte over the limit, and where it opened. If that byte is a quote, it may be
/// the first of two, so the next byte decides.
fn too_long(record: &[u8], start: usize, dialect: Dialect, max_record: usize) -> Stop {
    let open_after = |len: usize| match one_pass(&record[..len], dialect).0.stop {
        Some(Stop::OpenQuote(at)) if at <= max_record => Some(at),
        _ => None,
    };
    let len = max_record + 1;
    let doubled = record.get(len).is_some_and(|byte| Some(*byte) == dialect.quote);
    match open_after(len).or_else(|| open_after(len + usize::from(doubled))) {
        Some(at) => Stop::TooLongInQuote(start + at),
        None => Stop::TooLong(start),
    }
}
