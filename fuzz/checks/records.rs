//! The records of a text in one pass, one byte at a time, straight from the contract (docs/contract.md#records), against
//! the program's, cut at arbitrary places.

use super::choices::Choices;
use spendfold::fuzz_support::{self, Dialect, Field, Reading, Record, Stop};

/// Choices: delimiter, quote, limit on a record's length (0 is none), four sizes of chunks, a window's size.
const CHOICES: usize = 8;
const DELIMITERS: [u8; 8] = *b",;\t| \0\xffx";
const QUOTES: [Option<u8>; 4] = [Some(b'"'), None, Some(b'\''), Some(b'q')];
const NO_LIMIT: usize = 1 << 20;

/// Reads the text in chunks, as one chunk, and in windows that end anywhere.
pub fn check(data: &[u8]) {
    let (mut choices, text) = Choices::split(data, CHOICES);
    let dialect = Dialect { delimiter: choices.one_of(&DELIMITERS), quote: choices.one_of(&QUOTES) };
    let max_record = match choices.number() {
        0 => NO_LIMIT,
        limit => limit,
    };
    let sizes = [(); 4].map(|()| choices.number() + 1);
    let window = choices.number() + 1;

    let (whole, ends) = one_pass(text, dialect);
    let expected = limited(whole, text, dialect, max_record);
    for sizes in [&sizes[..], &sizes[..1], &[text.len() + 1]] {
        let found = fuzz_support::read(text, dialect, max_record, sizes).expect("memory can be read");
        assert_eq!(found, expected, "chunks of {sizes:?}");
    }
    cuts(text, dialect, sizes[0], window, &ends);
    for field in expected.records.iter().filter(|record| record.after_quote.is_none()).flat_map(|r| &r.fields) {
        round_trip(field, dialect);
    }
}

/// Every cut of a window that begins with a record and ends anywhere is the first record end not before the
/// size wanted, or none where the window does not hold one.
fn cuts(text: &[u8], dialect: Dialect, want: usize, window: usize, ends: &[usize]) {
    let first_end = |least: usize| ends.get(ends.partition_point(|&end| end < least)).copied();
    let mut start = 0;
    loop {
        let stop = text.len().min(start + window);
        let end = first_end(start + want).filter(|&end| end <= stop);
        let found = fuzz_support::cut(&text[start..stop], want, dialect).map(|len| start + len);
        assert_eq!(found, end, "the cut of {start}..{stop} at {want}");
        match first_end(start + 1) {
            Some(next) => start = next,
            None => break,
        }
    }
}

/// A value is the same read from the field, read again from its bytes, and written and read once more.
fn round_trip(field: &Field, dialect: Dialect) {
    let value = fuzz_support::value(&field.raw, dialect);
    assert_eq!(value, field.value);
    // A quote that begins an unquoted field cannot be: such a field is quoted. So every value can be written.
    if dialect.quote.is_some() {
        let written = fuzz_support::written(&value, dialect);
        assert_eq!(fuzz_support::value(&written, dialect), value);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// Behind a quote in a quoted field: it closed the field, or is the first of two.
    AfterQuote,
}

/// All records, whatever their length, and where each line that ends a record or is blank ends, if it does.
fn one_pass(text: &[u8], dialect: Dialect) -> (Reading, Vec<usize>) {
    let mut reading = Reading::default();
    let mut ends = vec![];
    let (mut at, mut lines) = (0, 0);
    while at < text.len() {
        let mut record = Record { start: at, line: lines, ..Record::default() };
        let (mut field, mut malformed) = (Field::default(), false);
        let mut state = State::FieldStart;
        let mut opened = 0;
        loop {
            let rest = &text[at..];
            let ending = match rest {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => 0,
            };
            let ended = rest.is_empty() || (ending > 0 && state != State::Quoted);
            if rest.is_empty() && state == State::Quoted {
                reading.stop = Some(Stop::OpenQuote(opened));
            }
            if ended || (rest[0] == dialect.delimiter && state != State::Quoted) {
                if malformed {
                    field.value.clone_from(&field.raw);
                }
                field.empty = field.value.is_empty();
                record.fields.push(std::mem::take(&mut field));
                malformed = false;
                state = State::FieldStart;
                if ended {
                    at += ending;
                    lines += usize::from(ending > 0);
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
            state = match state {
                State::FieldStart if quote => {
                    opened = at;
                    State::Quoted
                }
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
        if text[..at].last() == Some(&b'\n') && reading.stop.is_none() {
            ends.push(at);
        }
        match record.raw.is_empty() {
            true => reading.blank_lines += 1,
            false => reading.records.push(record),
        }
    }
    (reading, ends)
}

/// The same reading, up to the first record over the limit. The record in which a quote stays open is none.
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

/// Whether a quote is open behind the first byte that is too many, and where it opened. Where that byte is a
/// quote it may be the first of two: the byte behind it tells.
fn too_long(record: &[u8], start: usize, dialect: Dialect, max_record: usize) -> Stop {
    let open_behind = |len: usize| match one_pass(&record[..len], dialect).0.stop {
        Some(Stop::OpenQuote(at)) if at <= max_record => Some(at),
        _ => None,
    };
    let len = max_record + 1;
    let doubled = record.get(len).is_some_and(|byte| Some(*byte) == dialect.quote);
    match open_behind(len).or_else(|| open_behind(len + usize::from(doubled))) {
        Some(at) => Stop::TooLongInQuote(start + at),
        None => Stop::TooLong(start),
    }
}
