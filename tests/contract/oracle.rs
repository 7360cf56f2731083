//! The oracle: a second implementation of the contract (docs/contract.md), as simple as possible.
//!
//! It holds whole files in memory, reads one byte at a time and uses one thread. It shares no code with the program, so
//! a mistake would have to be made twice to go unnoticed.
//!
//! Comments that begin with `Reading:` mark choices where the contract is silent.

mod header;
mod join;
mod notices;
mod reader;
mod rejects;
mod report;
mod stored;
mod values;

pub(crate) use stored::Stored;

use std::collections::BTreeMap;

/// One input file: its path as the user gave it, and its content.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The path, byte for byte as given.
    pub(crate) path: Vec<u8>,
    /// The whole content, or the text if `stored` says how it is stored.
    pub(crate) bytes: Vec<u8>,
    /// How the content is stored, if it is compressed or in another encoding. Inputs in UTF-16 with a byte order mark
    /// may also be given as they are stored.
    pub(crate) stored: Option<Stored>,
}

impl Input {
    /// The bytes of the file.
    pub(crate) fn file(&self) -> &[u8] {
        self.stored.as_ref().map_or(&self.bytes, |stored| &stored.bytes)
    }
}

/// The kind of join (docs/contract.md#join).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// Every purchase and every customer.
    Full,
    /// Every purchase.
    Left,
    /// Matched purchases only.
    Inner,
}

/// What happens to a set that exceeds a limit (docs/contract.md#limits-of-a-run).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverLimit {
    Hold,
    Publish,
    Discard,
}

/// How the files of one side are written, as the options say (docs/contract.md#dialect).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// `None` is `--delimiter auto`.
    pub(crate) delimiter: Option<u8>,
    /// The quote byte; `None` is `--no-quoting`.
    pub(crate) quote: Option<u8>,
    /// `--escape`.
    pub(crate) escape: Option<u8>,
    /// `--comment`.
    pub(crate) comment: Option<u8>,
    /// `--skip-lines`.
    pub(crate) skip_lines: u64,
    /// The names of the columns of files without a header.
    pub(crate) columns: Option<Vec<Vec<u8>>>,
    /// `--skip-initial-space`.
    pub(crate) skip_initial_space: bool,
    /// `--ragged pad`.
    pub(crate) pad: bool,
}

impl Default for Format {
    fn default() -> Self {
        Format {
            delimiter: None,
            quote: Some(b'"'),
            escape: None,
            comment: None,
            skip_lines: 0,
            columns: None,
            skip_initial_space: false,
            pad: false,
        }
    }
}

/// How the files of one side were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) escape: Option<u8>,
    pub(crate) skip_initial_space: bool,
    /// Where the delimiter comes from: `option`, `header`, `sep_line` or `default`.
    pub(crate) source: &'static str,
}

impl Dialect {
    /// Whether fields are written in the same way.
    pub(crate) fn writes_like(&self, other: &Dialect) -> bool {
        let rules = |dialect: &Dialect| (dialect.delimiter, dialect.quote, dialect.escape, dialect.skip_initial_space);
        rules(self) == rules(other)
    }
}

/// The options of `spendfold run`.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The customers exports, in the order given.
    pub(crate) customers: Vec<Input>,
    /// The purchases exports, in the order given.
    pub(crate) purchases: Vec<Input>,
    /// The kind of join.
    pub(crate) join: Join,
    /// `--age-groups`, as written.
    pub(crate) age_groups: String,
    /// Name of the customers' key column.
    pub(crate) customers_key: String,
    /// Name of the purchases' key column.
    pub(crate) purchases_key: String,
    /// Name of the first name column (customers).
    pub(crate) first_name: String,
    /// Name of the last name column (customers).
    pub(crate) last_name: String,
    /// Name of the age column (customers).
    pub(crate) age: String,
    /// Name of the amount column (purchases).
    pub(crate) amount: String,
    /// How the customers are written.
    pub(crate) customers_format: Format,
    /// How the purchases are written.
    pub(crate) purchases_format: Format,
    /// `--match-columns`.
    pub(crate) match_columns: bool,
    /// `--customers-encoding` and `--purchases-encoding`. The oracle gets the text of encoded inputs.
    pub(crate) customers_encoding: &'static str,
    pub(crate) purchases_encoding: &'static str,
    /// `--max-rejects`, as written: `N` or `P%`.
    pub(crate) max_rejects: String,
    /// `--max-unmatched`, likewise.
    pub(crate) max_unmatched: Option<String>,
    /// `--over-limit`.
    pub(crate) over_limit: OverLimit,
    /// `--strict`.
    pub(crate) strict: bool,
    /// `--no-combined`.
    pub(crate) no_combined: bool,
    /// `--compress`, as written.
    pub(crate) compress: Option<&'static str>,
    /// `--max-record-bytes`.
    pub(crate) max_record_bytes: u64,
}

impl Options {
    /// The contract's defaults for the given inputs.
    pub(crate) fn new(customers: Input, purchases: Vec<Input>) -> Self {
        Options {
            customers: vec![customers],
            purchases,
            join: Join::Full,
            age_groups: "Young=18-30,Middle-aged=30-45,Senior=45+".to_string(),
            customers_key: "customer_id".to_string(),
            purchases_key: "customer_id".to_string(),
            first_name: "first_name".to_string(),
            last_name: "last_name".to_string(),
            age: "age".to_string(),
            amount: "price".to_string(),
            customers_format: Format::default(),
            purchases_format: Format::default(),
            match_columns: false,
            customers_encoding: "auto",
            purchases_encoding: "auto",
            max_rejects: "0".to_string(),
            max_unmatched: None,
            over_limit: OverLimit::Hold,
            strict: false,
            no_combined: false,
            compress: None,
            max_record_bytes: 16 * 1024 * 1024,
        }
    }

    /// The name of the combined data (docs/contract.md#compression).
    pub(crate) fn combined_name(&self) -> &'static str {
        match self.compress {
            None => "combined_data.csv",
            Some(compress) if compress.starts_with("gz") => "combined_data.csv.gz",
            Some(_) => "combined_data.csv.zst",
        }
    }

    /// Files are numbered in reading order, from 0: the customers exports, then the purchases exports.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.customers.iter().chain(&self.purchases)
    }

    fn input(&self, file: usize) -> &Input {
        self.inputs().nth(file).expect("an input")
    }

    fn is_of_customers(&self, file: usize) -> bool {
        file < self.customers.len()
    }

    /// The format of a file.
    fn format(&self, file: usize) -> &Format {
        if self.is_of_customers(file) { &self.customers_format } else { &self.purchases_format }
    }

    /// The names of the columns that the join needs in a file.
    fn needed(&self, file: usize) -> Vec<&[u8]> {
        let names = match self.is_of_customers(file) {
            true => vec![&self.customers_key, &self.first_name, &self.last_name, &self.age],
            false => vec![&self.purchases_key, &self.amount],
        };
        names.into_iter().map(|name| name.as_bytes()).collect()
    }
}

/// Why a run ended without publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// An option's value is not valid (2).
    Configuration,
    /// UTF-32, UTF-16 without a mark, or text that is not valid in its encoding (1).
    Encoding,
    /// A file of another kind (2).
    Format,
    /// A compressed file whose text is not given: the oracle does not decompress.
    Compressed,
    /// Empty input, or blank lines alone (1).
    NoHeader,
    /// Text after a closing quote in the header, or an escape byte at its end; the place is the offending byte (1).
    HeaderTextAfterQuote,
    /// A bare carriage return in the header; the place is that byte (1).
    HeaderCarriageReturn,
    /// A quote that never closes; the place is the opening quote (1).
    UnclosedQuote,
    /// A record over the limit; the place is the open quote, else the record's first byte (1).
    RecordTooLong,
    /// A needed column is missing (2).
    MissingColumn,
    /// A needed column occurs twice (2).
    DoubledColumn,
    /// A further file of a side has other column names than the first, or, with `--match-columns`, names that cannot be
    /// matched (2).
    HeadersDiffer,
    /// A column name of the combined data cannot be claimed (2).
    NameTaken,
    /// A sum beyond 128 bits (1).
    Overflow,
    /// `--strict` met a rejected record; the place is its first byte (4).
    Rejected,
}

impl Kind {
    fn status(self) -> u8 {
        match self {
            Kind::Configuration
            | Kind::Format
            | Kind::MissingColumn
            | Kind::DoubledColumn
            | Kind::HeadersDiffer
            | Kind::NameTaken => 2,
            Kind::Rejected => 4,
            _ => 1,
        }
    }
}

/// A position in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// LF bytes before it, plus 1.
    pub(crate) line: u64,
    /// Bytes from the start of its line, plus 1; a byte order mark counts.
    pub(crate) column: u64,
}

/// A fault that ended the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What is wrong.
    pub(crate) kind: Kind,
    /// In which file, in reading order from 0; `None` for an option.
    pub(crate) file: Option<usize>,
    /// The place, for the kinds that have one.
    pub(crate) place: Option<Place>,
}

fn problem<T>(kind: Kind, file: usize, place: Option<Place>) -> Result<T, Problem> {
    Err(Problem { kind, file: Some(file), place })
}

/// Counts about the customers (docs/contract.md#report).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the contract's own
pub(crate) struct CustomerCounts {
    pub(crate) records: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
    pub(crate) with_purchases: u64,
    pub(crate) without_purchases: u64,
    pub(crate) key_missing: u64,
    pub(crate) age_missing: u64,
    pub(crate) age_invalid: u64,
    pub(crate) blank_lines: u64,
    pub(crate) comments: u64,
    pub(crate) skipped_lines: u64,
}

/// Counts about the purchases (docs/contract.md#report).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the contract's own
pub(crate) struct PurchaseCounts {
    pub(crate) records: u64,
    pub(crate) matched: u64,
    pub(crate) unmatched: u64,
    pub(crate) rejected: u64,
    pub(crate) key_missing: u64,
    pub(crate) amount_missing: u64,
    pub(crate) unmatched_spending: String,
    pub(crate) blank_lines: u64,
    pub(crate) comments: u64,
    pub(crate) skipped_lines: u64,
}

/// One row of the age groups.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the contract's own
pub(crate) struct GroupLine {
    pub(crate) age_group: String,
    pub(crate) total_spending: String,
    pub(crate) purchases: u64,
    pub(crate) customers: u64,
}

/// One of the first records rejected for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RejectSample {
    /// The short form of the reason.
    pub(crate) reason: &'static str,
    /// The reason as in `rejects.csv`.
    pub(crate) text: Vec<u8>,
    /// The input, in reading order from 0.
    pub(crate) file: usize,
    /// Where the fault is.
    pub(crate) place: Place,
}

/// An input in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerInput {
    /// `customers` or `purchases`.
    pub(crate) side: &'static str,
    pub(crate) path: Vec<u8>,
    pub(crate) stored: Option<Stored>,
    /// Bytes of its text.
    pub(crate) text: u64,
    pub(crate) records: u64,
    /// Records whose missing fields were filled, and records whose surplus fields were dropped.
    pub(crate) padded: u64,
    pub(crate) trimmed: u64,
    /// CRC-32 of the file.
    pub(crate) crc: u32,
}

/// The ledger: `report.json` without `run`, `options` and the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// The customers' counts.
    pub(crate) customers: CustomerCounts,
    /// The purchases' counts.
    pub(crate) purchases: PurchaseCounts,
    /// `combined.rows`.
    pub(crate) combined_rows: u64,
    /// The age groups, as in `age_group_spending.csv`.
    pub(crate) age_groups: Vec<GroupLine>,
    /// The sum of the groups' totals.
    pub(crate) total_spending: String,
    /// Reason (its short form) and count, in the contract's order.
    pub(crate) rejects: Vec<(&'static str, u64)>,
    /// The first rejects, in reading order.
    pub(crate) reject_samples: Vec<RejectSample>,
    /// The input and the beginning of the first unmatched purchases.
    pub(crate) unmatched_samples: Vec<(usize, Place)>,
    /// The name, the limit as written, the number found and the number it refers to, of each exceeded limit.
    pub(crate) exceeded: Vec<(&'static str, String, u64, u64)>,
    /// The name, the number found and the number looked at, of each notice.
    pub(crate) notices: Vec<(&'static str, u64, u64)>,
    /// `published`, `held` or `discarded`.
    pub(crate) outcome: &'static str,
    /// How the customers and the purchases were read.
    pub(crate) dialects: [Dialect; 2],
    /// Their formats.
    pub(crate) formats: [Format; 2],
    /// Each input.
    pub(crate) inputs: Vec<LedgerInput>,
    /// Path, bytes, CRC-32 of each CSV output; bytes and CRC-32 are those of the rows, also of compressed ones.
    pub(crate) outputs: Vec<(&'static str, u64, u32)>,
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// The exit status: 0, 1, 2, 3 or 4.
    pub(crate) status: u8,
    /// The CSV files of the set, by name, without compression; empty if the run failed.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The ledger, unless the run failed.
    pub(crate) ledger: Option<Ledger>,
    /// The fault, when nothing is published.
    pub(crate) error: Option<Problem>,
}

/// Runs the oracle.
pub(crate) fn run(options: &Options) -> Outcome {
    let complete = || {
        header::checked_options(options)?;
        let (options, undecodable) = stored::decode(options);
        join::Run::new(header::Plan::new(&options, undecodable)?).complete()
    };
    match complete() {
        Ok(outcome) => outcome,
        Err(error) => Outcome { status: error.kind.status(), files: BTreeMap::new(), ledger: None, error: Some(error) },
    }
}

/// CRC-32 (zip, gzip), bit by bit.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc >>= 1;
            if carry == 1 {
                crc ^= 0xEDB8_8320;
            }
        }
    }
    !crc
}
