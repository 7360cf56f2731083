//! Reading CSV: the automaton of docs/contract.md#records, byte by byte.

use super::rejects::written;
use super::{Dialect, Kind, Options, Place, Problem, problem};

pub(super) const LF: u8 = b'\n';
pub(super) const CR: u8 = b'\r';

/// A field: its exact bytes and its value.
#[derive(Clone, Default)]
pub(super) struct Field {
    pub(super) raw: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// A record and its CSV faults.
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) byte: usize,
    /// The exact bytes without the line ending.
    pub(super) raw: Vec<u8>,
    /// Where it begins.
    pub(super) place: Place,
    pub(super) fields: Vec<Field>,
    /// Where each field begins; for an added field, where the record begins.
    pub(super) places: Vec<Place>,
    /// The first byte of text after a closing quote.
    pub(super) text_after_quote: Option<Place>,
    /// The first CR that is not part of a line ending.
    pub(super) bare_cr: Option<Place>,
    /// An escape byte at the end of the input.
    pub(super) last_escape: Option<Place>,
    /// The first byte that makes the record malformed, and its place.
    pub(super) offence: Option<(u8, Place)>,
}

enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote in a quoted field: it closes the field, or is the first of a doubled quote.
    AfterQuote,
}

/// A file being read.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    pub(super) file: usize,
    bytes: &'a [u8],
    at: usize,
    line: u64,
    line_start: usize,
    pub(super) blank_lines: u64,
    pub(super) comments: u64,
    pub(super) skipped_lines: u64,
    pub(super) padded: u64,
    pub(super) trimmed: u64,
    /// Whether missing fields are filled and surplus empty fields dropped.
    pub(super) pad: bool,
    /// For each column of the first file, its index in this file; `None` if the order is the same.
    pub(super) order: Option<Vec<usize>>,
    comment: Option<u8>,
    columns: Option<Vec<Vec<u8>>>,
    pub(super) dialect: Dialect,
    limit: u64,
}

impl<'a> Reader<'a> {
    /// Opens a file. The delimiter of an earlier file of the same side is `known`.
    pub(super) fn open(options: &'a Options, file: usize, known: Option<Dialect>) -> Result<Self, Problem> {
        let input = options.input(file);
        if input.stored.as_ref().is_some_and(|stored| stored.malformed) {
            return problem(Kind::Encoding, file, None);
        }
        let bytes = &input.bytes;
        let mut at = 0;
        while bytes[at..].starts_with(b"\xEF\xBB\xBF") {
            at += 3;
        }
        let format = options.format(file);
        let mut reader = Reader {
            file,
            bytes,
            at,
            line: 1,
            line_start: 0,
            blank_lines: 0,
            comments: 0,
            skipped_lines: 0,
            padded: 0,
            trimmed: 0,
            pad: format.pad,
            order: None,
            comment: format.comment,
            columns: format.columns.clone(),
            dialect: Dialect {
                delimiter: b',',
                quote: format.quote,
                escape: format.escape,
                skip_initial_space: format.skip_initial_space,
                source: "header",
            },
            limit: options.max_record_bytes,
        };
        for _ in 0..format.skip_lines {
            let rest = &bytes[reader.at..];
            if rest.is_empty() {
                break;
            }
            reader.skipped_lines += 1;
            match rest.iter().position(|&byte| byte == LF) {
                Some(lf) => {
                    reader.at += lf;
                    reader.take_line_ending(1);
                }
                None => reader.at = bytes.len(),
            }
        }
        let sep = reader.take_sep_line();
        reader.skipped_lines += u64::from(sep.is_some());
        if let Some(known) = known {
            reader.dialect = known;
        } else if let Some(delimiter) = format.delimiter {
            reader.dialect = Dialect { delimiter, source: "option", ..reader.dialect };
        } else if let Some(delimiter) = sep {
            reader.dialect = Dialect { delimiter, source: "sep_line", ..reader.dialect };
        } else if format.columns.is_some() {
            reader.dialect.source = "default";
        } else {
            reader.dialect.delimiter = reader.best_delimiter(&options.needed(file));
        }
        Ok(reader)
    }

    /// Consumes a first line `sep=X`, whose X can be a delimiter.
    fn take_sep_line(&mut self) -> Option<u8> {
        let rest = &self.bytes[self.at..];
        let line = &rest[..rest.iter().position(|&byte| byte == LF)?];
        let line = line.strip_suffix(&[CR]).unwrap_or(line);
        let (&delimiter, word) = line.split_last()?;
        let fits = word.eq_ignore_ascii_case(b"sep=")
            && !b"\"\r\n.+-0123456789".contains(&delimiter)
            && !self.has_another_meaning(delimiter);
        if !fits {
            return None;
        }
        self.at += line.len();
        self.take_line_ending(self.line_ending());
        Some(delimiter)
    }

    /// The delimiter with which the header has the most needed names, then two fields at least, then the first.
    fn best_delimiter(&self, needed: &[&[u8]]) -> u8 {
        let mut best: Option<((usize, bool), u8)> = None;
        for delimiter in *b",;\t|" {
            if self.has_another_meaning(delimiter) {
                continue;
            }
            let mut trial = self.clone();
            trial.dialect.delimiter = delimiter;
            let fields = trial.header().unwrap_or_default();
            let found = needed.iter().filter(|name| fields.iter().any(|field| field.value == **name)).count();
            let rank = (found, fields.len() > 1);
            if best.is_none_or(|(best, _)| rank > best) {
                best = Some((rank, delimiter));
            }
        }
        best.unwrap().1 // at least one was tried
    }

    /// Whether a byte cannot be found as the delimiter. With an escape byte, `N` may follow it.
    fn has_another_meaning(&self, byte: u8) -> bool {
        let Dialect { quote, escape, .. } = self.dialect;
        [quote, self.comment, escape].contains(&Some(byte)) || escape.is_some() && byte == b'N'
    }

    fn here(&self) -> Place {
        Place { line: self.line, column: (self.at - self.line_start) as u64 + 1 }
    }

    /// The length of the line ending at this position: LF 1, CRLF 2, none 0.
    fn line_ending(&self) -> usize {
        match self.bytes[self.at..] {
            [LF, ..] => 1,
            [CR, LF, ..] => 2,
            _ => 0,
        }
    }

    fn take_line_ending(&mut self, length: usize) {
        self.at += length;
        self.line += 1;
        self.line_start = self.at;
    }

    /// A comment ends at LF or CRLF, whatever it contains. The limit holds for it too.
    fn take_comment(&mut self) -> Result<(), Problem> {
        let place = self.here();
        let begin = self.at;
        while self.at < self.bytes.len() && self.line_ending() == 0 {
            self.at += 1;
            if (self.at - begin) as u64 > self.limit {
                return problem(Kind::RecordTooLong, self.file, Some(place));
            }
        }
        if self.line_ending() > 0 {
            self.take_line_ending(self.line_ending());
        }
        self.comments += 1;
        Ok(())
    }

    /// The next record, or `None` at the end of input.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Problem> {
        loop {
            if self.line_ending() > 0 {
                self.take_line_ending(self.line_ending());
                self.blank_lines += 1;
            } else if self.comment.is_some() && self.bytes.get(self.at) == self.comment.as_ref() {
                self.take_comment()?;
            } else {
                break;
            }
        }
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let begin = self.at;
        let record_place = self.here();
        let mut quote_place = record_place;
        let mut state = State::FieldStart;
        // The place of an escape byte whose next byte is due.
        let mut escape: Option<Place> = None;
        let mut field = Field::default();
        let mut record = Record {
            line: self.line,
            byte: begin,
            raw: Vec::new(),
            place: record_place,
            fields: Vec::new(),
            places: vec![record_place],
            text_after_quote: None,
            bare_cr: None,
            last_escape: None,
            offence: None,
        };
        loop {
            if self.at == self.bytes.len() {
                if matches!(state, State::Quoted) {
                    return problem(Kind::UnclosedQuote, self.file, Some(quote_place));
                }
                if let Some(place) = escape {
                    record.last_escape = Some(place);
                    record.offence.get_or_insert((self.bytes[self.at - 1], place));
                }
                break;
            }
            let ending = if escape.is_some() { 0 } else { self.line_ending() };
            if ending > 0 && !matches!(state, State::Quoted) {
                self.take_line_ending(ending);
                break;
            }
            let byte = self.bytes[self.at];
            let is_quote = self.dialect.quote == Some(byte);
            record.raw.push(byte);
            let due = escape.take();
            if due.is_none() && self.dialect.escape == Some(byte) {
                escape = Some(self.here());
            }
            state = match state {
                // The byte after an escape byte is data, whatever it is. The escape byte is not.
                _ if due.is_some() || escape.is_some() => {
                    if matches!(state, State::AfterQuote) {
                        record.text_after_quote.get_or_insert(self.here());
                        record.offence.get_or_insert((byte, self.here()));
                    }
                    field.raw.push(byte);
                    if due.is_some() {
                        field.value.push(byte);
                    }
                    if matches!(state, State::Quoted) { State::Quoted } else { State::Unquoted }
                }
                State::Quoted => {
                    field.raw.push(byte);
                    if is_quote {
                        State::AfterQuote
                    } else {
                        field.value.push(byte);
                        State::Quoted
                    }
                }
                State::FieldStart if is_quote => {
                    field.raw.push(byte);
                    quote_place = self.here();
                    State::Quoted
                }
                State::FieldStart
                    if self.dialect.skip_initial_space && b" \t".contains(&byte) && byte != self.dialect.delimiter =>
                {
                    field.raw.push(byte);
                    State::FieldStart
                }
                State::AfterQuote if is_quote => {
                    field.raw.push(byte);
                    field.value.push(byte);
                    State::Quoted
                }
                _ if byte == self.dialect.delimiter => {
                    record.fields.push(self.finished(std::mem::take(&mut field)));
                    let here = self.here();
                    record.places.push(Place { column: here.column + 1, ..here });
                    State::FieldStart
                }
                _ => {
                    // Reading: `"a"<CR>` without LF is both faults; the contract's order of reasons decides.
                    let after_quote = matches!(state, State::AfterQuote);
                    if after_quote {
                        record.text_after_quote.get_or_insert(self.here());
                    }
                    if byte == CR {
                        record.bare_cr.get_or_insert(self.here());
                    }
                    if (after_quote || byte == CR) && record.offence.is_none() {
                        record.offence = Some((byte, self.here()));
                    }
                    field.raw.push(byte);
                    field.value.push(byte);
                    State::Unquoted
                }
            };
            self.at += 1;
            if byte == LF {
                self.line += 1;
                self.line_start = self.at;
            }
            // Reading: the first byte beyond the limit exceeds it, and the quote state after that byte counts; if the
            // byte is the first of a doubled quote, the quote is still open. So exceeding the limit is found before
            // a quote that is open at the end.
            if record.raw.len() as u64 > self.limit {
                let next = self.bytes.get(self.at).copied();
                let doubled = matches!(state, State::AfterQuote) && next.is_some() && next == self.dialect.quote;
                let open = doubled || matches!(state, State::Quoted);
                let place = if open { quote_place } else { record_place };
                return problem(Kind::RecordTooLong, self.file, Some(place));
            }
        }
        record.fields.push(self.finished(field));
        Ok(Some(record))
    }

    /// An unquoted field that is exactly the escape byte and `N` keeps both bytes.
    fn finished(&self, mut field: Field) -> Field {
        let Dialect { delimiter, escape, skip_initial_space, .. } = self.dialect;
        let is_skipped = |byte: &u8| skip_initial_space && b" \t".contains(byte) && *byte != delimiter;
        let start = field.raw.iter().take_while(|byte| is_skipped(byte)).count();
        if let (Some(escape), [first, b'N']) = (escape, &field.raw[start..])
            && *first == escape
        {
            field.value = vec![escape, b'N'];
        }
        field
    }

    /// Whether a record without a fault repeats the header: its values are the `names` of the columns, in the order of
    /// the first file or of this one. Byte order marks may precede the first.
    pub(super) fn repeats_header(&self, record: &Record, names: &[Vec<u8>]) -> bool {
        let mut own = names.to_vec();
        for (column, &source) in self.order.iter().flatten().enumerate() {
            own[source].clone_from(&names[column]);
        }
        let mut fields = record.fields.clone();
        fields.resize(names.len(), Field::default());
        [names, &own].into_iter().any(|names| {
            self.is_marked(&fields[0], &names[0])
                && fields[1..].iter().zip(&names[1..]).all(|(field, name)| field.value == *name)
        })
    }

    /// Whether a field is this name, after any number of byte order marks.
    fn is_marked(&self, field: &Field, name: &[u8]) -> bool {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        if field.value == name {
            return true;
        }
        let (mut value, mut raw) = (&field.value[..], &field.raw[..]);
        while let Some(rest) = value.strip_prefix(MARK) {
            value = rest;
        }
        let mut marks = 0;
        while let Some(rest) = raw.strip_prefix(MARK) {
            raw = rest;
            marks += 1;
        }
        // What follows the marks is read as a field, as at the start of a file. The record is within the limit.
        let mut rest =
            Reader { bytes: raw, at: 0, line: 1, line_start: 0, comment: None, limit: u64::MAX, ..self.clone() };
        let after_marks = match rest.next() {
            Ok(Some(mut record)) if record.offence.is_none() && record.fields.len() == 1 => record.fields.pop(),
            Ok(None) => Some(Field::default()),
            _ => None,
        };
        value == name || marks > 0 && after_marks.is_some_and(|field| field.value == name)
    }

    /// A record without a fault, with `width` fields in the order of the first file.
    pub(super) fn arranged(&mut self, mut record: Record, width: usize) -> Record {
        self.padded += u64::from(record.fields.len() < width);
        self.trimmed += u64::from(record.fields.len() > width);
        record.fields.resize(width, Field::default());
        record.places.resize(width, record.place);
        if let Some(order) = &self.order {
            record.fields = order.iter().map(|&source| record.fields[source].clone()).collect();
            record.places = order.iter().map(|&source| record.places[source]).collect();
        }
        record
    }

    /// The header: the first record, refused when malformed.
    pub(super) fn header(&mut self) -> Result<Vec<Field>, Problem> {
        if let Some(names) = &self.columns {
            let field = |name: &Vec<u8>| Field { raw: written(name, &self.dialect), value: name.clone() };
            return Ok(names.iter().map(field).collect());
        }
        let Some(record) = self.next()? else {
            return problem(Kind::NoHeader, self.file, None);
        };
        // Reading: the earliest offending byte decides, whatever the order of the reasons. A quote that never closes
        // and a header over the limit were found before, as there is no complete header then.
        match record.offence {
            Some((CR, place)) => problem(Kind::HeaderCarriageReturn, self.file, Some(place)),
            Some((_, place)) => problem(Kind::HeaderTextAfterQuote, self.file, Some(place)),
            None => Ok(record.fields),
        }
    }
}
