//! Rejected records: the reasons, and the rejects file (docs/contract.md#rejects and docs/contract.md#rejects-file).

use std::collections::BTreeMap;

use super::reader::{CR, LF, Record};
use super::{Dialect, Kind, Options, Place, Problem, RejectSample, problem};

/// Why a record is rejected.
pub(super) enum Reason {
    TextAfterQuote,
    BareCarriageReturn,
    LastEscape,
    FieldCount {
        expected: usize,
        found: usize,
    },
    Empty,
    RepeatedHeader,
    AmountNotDecimal,
    AmountFraction,
    AmountInteger,
    /// A value of this column.
    CannotBeWritten {
        column: usize,
    },
    Duplicate {
        key_name: String,
        first_line: u64,
        /// The path of the file, if there are several customers files.
        first_file: Option<Vec<u8>>,
    },
}

/// The short forms, in the contract's order.
pub(super) const REASONS: [&str; 11] = [
    "text after closing quote",
    "bare carriage return",
    "escape at end of input",
    "wrong number of fields",
    "empty record",
    "repeated header",
    "amount is not a decimal number",
    "amount has more than 9 fraction digits",
    "amount has more than 18 integer digits",
    "cannot be written without quotes",
    "duplicate customer",
];

impl Reason {
    fn short(&self) -> &'static str {
        REASONS[match self {
            Reason::TextAfterQuote => 0,
            Reason::BareCarriageReturn => 1,
            Reason::LastEscape => 2,
            Reason::FieldCount { .. } => 3,
            Reason::Empty => 4,
            Reason::RepeatedHeader => 5,
            Reason::AmountNotDecimal => 6,
            Reason::AmountFraction => 7,
            Reason::AmountInteger => 8,
            Reason::CannotBeWritten { .. } => 9,
            Reason::Duplicate { .. } => 10,
        }]
    }

    fn text(&self) -> Vec<u8> {
        match self {
            // Reading: the word stays `fields` when one is expected.
            Reason::FieldCount { expected, found } => format!("expected {expected} fields, found {found}").into_bytes(),
            Reason::Duplicate { key_name, first_line, first_file } => {
                let line = format!("duplicate {key_name}, first at line {first_line}").into_bytes();
                let file = first_file.iter().map(|file| [b" of ", &file[..]].concat());
                [line].into_iter().chain(file).flatten().collect()
            }
            _ => self.short().into(),
        }
    }
}

/// The reasons that hold for both kinds of file.
pub(super) fn faulty_record(record: &Record, expected: usize, pad: bool) -> Option<Reason> {
    let found = record.fields.len();
    let surplus_data = record.fields.iter().skip(expected).any(|field| !field.value.is_empty());
    if record.text_after_quote.is_some() {
        Some(Reason::TextAfterQuote)
    } else if record.bare_cr.is_some() {
        Some(Reason::BareCarriageReturn)
    } else if record.last_escape.is_some() {
        Some(Reason::LastEscape)
    } else if found != expected && (!pad || surplus_data) {
        Some(Reason::FieldCount { expected, found })
    } else if record.fields.iter().all(|field| field.value.is_empty()) {
        Some(Reason::Empty)
    } else {
        None
    }
}

/// The content of `rejects.csv`, and the count of each reason.
pub(super) struct Rejects<'a> {
    options: &'a Options,
    pub(super) csv: Vec<u8>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    /// The first three rejects of each reason, in reading order.
    pub(super) samples: Vec<RejectSample>,
}

impl<'a> Rejects<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Rejects {
            options,
            csv: b"file,line,byte,reason,record\n".to_vec(),
            counts: BTreeMap::new(),
            samples: Vec::new(),
        }
    }

    /// Adds a record; `column` is the index of the key or the amount.
    pub(super) fn add(&mut self, file: usize, record: &Record, reason: &Reason, column: usize) -> Result<(), Problem> {
        if self.options.strict {
            // Reading: the place is where the record begins, as in `rejects.csv`; records after the header begin a
            // line.
            return problem(Kind::Rejected, file, Some(Place { line: record.line, column: 1 }));
        }
        let count = self.counts.entry(reason.short()).or_default();
        *count += 1;
        if *count <= 3 {
            let place = match reason {
                Reason::TextAfterQuote => record.text_after_quote,
                Reason::BareCarriageReturn => record.bare_cr,
                Reason::LastEscape => record.last_escape,
                Reason::FieldCount { .. } | Reason::Empty | Reason::RepeatedHeader => None,
                Reason::CannotBeWritten { column } => Some(record.places[*column]),
                _ => Some(record.places[column]),
            };
            let place = place.unwrap_or(record.place);
            self.samples.push(RejectSample { reason: reason.short(), text: reason.text(), file, place });
        }
        self.csv.extend(written(&self.options.input(file).path, &CSV));
        self.csv.extend(format!(",{},{},", record.line, record.byte).bytes());
        self.csv.extend(written(&reason.text(), &CSV));
        self.csv.push(b',');
        self.csv.extend(quoted(&record.raw, b'"', None));
        self.csv.push(LF);
        Ok(())
    }
}

/// The dialect of the rejects file.
const CSV: Dialect =
    Dialect { delimiter: b',', quote: Some(b'"'), escape: None, skip_initial_space: false, source: "option" };

/// In quotes, with quotes and escape bytes doubled.
fn quoted(value: &[u8], quote: u8, escape: Option<u8>) -> Vec<u8> {
    let mut out = vec![quote];
    for &byte in value {
        out.push(byte);
        if byte == quote || Some(byte) == escape {
            out.push(byte);
        }
    }
    out.push(quote);
    out
}

/// A value as a field: quoted only when a delimiter, a quote, CR or LF is inside, or a blank that would be skipped begins
/// the value; never without a quote byte. An escape byte precedes each escape byte and, without a quote byte, each byte
/// that needs a quote, but not in the value that is exactly the escape byte and `N`.
pub(super) fn written(value: &[u8], dialect: &Dialect) -> Vec<u8> {
    let Dialect { delimiter, quote, escape, .. } = *dialect;
    let blank = dialect.skip_initial_space && begins_with_blank(value, delimiter);
    let in_need = |index: usize, byte: u8| [delimiter, CR, LF].contains(&byte) || blank && index == 0;
    let any_in_need = value.iter().enumerate().any(|(index, &byte)| in_need(index, byte));
    match (quote, escape) {
        (Some(quote), _) if any_in_need || value.contains(&quote) => quoted(value, quote, escape),
        (_, Some(escape)) if *value != [escape, b'N'] => {
            let mut out = Vec::new();
            for (index, &byte) in value.iter().enumerate() {
                if byte == escape || in_need(index, byte) {
                    out.push(escape);
                }
                out.push(byte);
            }
            out
        }
        _ => value.to_vec(),
    }
}

fn begins_with_blank(value: &[u8], delimiter: u8) -> bool {
    value.first().is_some_and(|&byte| b" \t".contains(&byte) && byte != delimiter)
}

/// Whether a value can be written as a field: without a quote byte and an escape byte, it has no delimiter, no line break and no blank that
/// would be skipped.
pub(super) fn can_be_written(value: &[u8], dialect: &Dialect) -> bool {
    let blank = dialect.skip_initial_space && begins_with_blank(value, dialect.delimiter);
    dialect.quote.is_some()
        || dialect.escape.is_some()
        || !(blank || value.iter().any(|b| [dialect.delimiter, CR, LF].contains(b)))
}

/// Whether `rejected` of `records` are more than a limit allows; `None` if the limit is invalid.
pub(super) fn too_many(limit: &str, rejected: u64, records: u64) -> Option<bool> {
    let number = |digits: &str| -> Option<u128> {
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if plain { digits.parse().ok() } else { None }
    };
    let Some(percent) = limit.strip_suffix('%') else {
        return Some(u128::from(rejected) > number(limit)?);
    };
    // Reading: a percentage is digits with an optional fraction, 100 at most, and is compared exactly.
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, "0"));
    let scale = 10u128.pow(fraction.len() as u32);
    let scaled = number(whole)? * scale + number(fraction)?;
    if scaled > 100 * scale {
        return None;
    }
    Some(u128::from(rejected) * 100 * scale > scaled * u128::from(records))
}
