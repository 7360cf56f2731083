//! Rejected records: the reasons, and the rejects file (docs/contract.md#rejects and docs/contract.md#rejects-file).

use std::collections::BTreeMap;

use super::reader::{CR, LF, Record};
use super::{Dialect, Kind, Options, Place, Problem, RejectSample, problem};

/// Why a record is rejected.
pub(super) enum Reason {
    TextAfterQuote,
    BareCarriageReturn,
    FieldCount {
        expected: usize,
        found: usize,
    },
    Empty,
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
    },
}

/// The short forms, in the contract's order.
pub(super) const REASONS: [&str; 9] = [
    "text after closing quote",
    "bare carriage return",
    "wrong number of fields",
    "empty record",
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
            Reason::FieldCount { .. } => 2,
            Reason::Empty => 3,
            Reason::AmountNotDecimal => 4,
            Reason::AmountFraction => 5,
            Reason::AmountInteger => 6,
            Reason::CannotBeWritten { .. } => 7,
            Reason::Duplicate { .. } => 8,
        }]
    }

    fn text(&self) -> String {
        match self {
            // Reading: the word stays `fields` when one is expected.
            Reason::FieldCount { expected, found } => {
                format!("expected {expected} fields, found {found}")
            }
            Reason::Duplicate { key_name, first_line } => {
                format!("duplicate {key_name}, first at line {first_line}")
            }
            _ => self.short().to_string(),
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
                Reason::FieldCount { .. } | Reason::Empty => None,
                Reason::CannotBeWritten { column } => Some(record.places[*column]),
                _ => Some(record.places[column]),
            };
            let place = place.unwrap_or(record.place);
            self.samples.push(RejectSample { reason: reason.short(), text: reason.text(), file, place });
        }
        self.csv.extend(minimally_quoted(&self.options.input(file).path, b',', Some(b'"'), false));
        self.csv.extend(format!(",{},{},", record.line, record.byte).bytes());
        self.csv.extend(minimally_quoted(reason.text().as_bytes(), b',', Some(b'"'), false));
        self.csv.push(b',');
        self.csv.extend(quoted(&record.raw, b'"'));
        self.csv.push(LF);
        Ok(())
    }
}

fn quoted(value: &[u8], quote: u8) -> Vec<u8> {
    let mut out = vec![quote];
    for &byte in value {
        out.push(byte);
        if byte == quote {
            out.push(byte);
        }
    }
    out.push(quote);
    out
}

/// Quoted only when a delimiter, a quote, CR or LF is inside, or a blank that would be `skipped` begins the value; never
/// without a quote byte.
pub(super) fn minimally_quoted(value: &[u8], delimiter: u8, quote: Option<u8>, skipped: bool) -> Vec<u8> {
    let blank = skipped && begins_with_blank(value, delimiter);
    match quote {
        Some(quote) if blank || value.iter().any(|b| [delimiter, quote, CR, LF].contains(b)) => quoted(value, quote),
        _ => value.to_vec(),
    }
}

fn begins_with_blank(value: &[u8], delimiter: u8) -> bool {
    value.first().is_some_and(|&byte| b" \t".contains(&byte) && byte != delimiter)
}

/// Whether a value can be written as a field: without a quote byte, it has no delimiter, no line break and no blank that
/// would be skipped.
pub(super) fn can_be_written(value: &[u8], dialect: &Dialect) -> bool {
    let blank = dialect.skip_initial_space && begins_with_blank(value, dialect.delimiter);
    dialect.quote.is_some() || !(blank || value.iter().any(|b| [dialect.delimiter, CR, LF].contains(b)))
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
