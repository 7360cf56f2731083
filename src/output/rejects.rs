//! Writes `rejects.csv`: every rejected record with its position and the reason, in input order.

use super::file_names::REJECTS;
use super::staged_file::{FinishedFile, StagedFile};
use super::staging::Staging;
use crate::error::{Error, ErrorKind, Result, Setting, escape, words};
use crate::input::chunks::Chunk;
use crate::model::dialect::Dialect;
use crate::model::reject::{DetailedReason, Reject};
use crate::model::reject_reason::RejectCounts;
use std::io::Write as _;
use std::path::Path;

/// The dialect of the file, whatever the dialect of the inputs.
const CSV: Dialect = Dialect { delimiter: b',', quote: Some(b'"') };

/// Writes the rejects and counts them by reason.
#[derive(Debug)]
pub(crate) struct RejectsFile {
    file: StagedFile,
    pub(crate) counts: RejectCounts,
    /// The name of the customers' key column.
    key: Vec<u8>,
    /// Under `--strict`, the dialect of the inputs, in which the error reads the value of the faulty field.
    strict: Option<Dialect>,
    /// Reused buffer: lines that have not been written to the file.
    lines: Vec<u8>,
    /// Reused buffer: the path as a field.
    path: Vec<u8>,
    /// Reused buffer: the text of a reason.
    text: Vec<u8>,
}

/// Lines are written to the file once they have this many bytes, and at the end of each chunk.
const BLOCK: usize = 64 * 1024;

impl RejectsFile {
    /// Creates the file and writes its header; `key` is the name of the customers' key column.
    pub(crate) fn create(staging: &mut Staging, key: &[u8], strict: Option<Dialect>) -> Result<Self> {
        let mut file = staging.create(REJECTS)?;
        file.write(b"file,line,byte,reason,record\n")?;
        Ok(Self {
            file,
            counts: RejectCounts::default(),
            key: key.to_vec(),
            strict,
            lines: vec![],
            path: vec![],
            text: vec![],
        })
    }

    /// Adds the rejects of a chunk that begins at line `line` of its file.
    ///
    /// # Errors
    /// [`ErrorKind::Strict`] for the first reject under `--strict`, [`ErrorKind::Output`] when writing fails.
    pub(crate) fn add(&mut self, path: &Path, chunk: &Chunk<'_>, line: u64, rejects: &[Reject]) -> Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        self.path.clear();
        CSV.write_field(path.as_os_str().as_encoded_bytes(), &mut self.path);
        for reject in rejects {
            if let Some(dialect) = self.strict {
                return Err(self.strict_error(path, chunk, line, reject, dialect));
            }
            self.counts.add(reject.reason.kind());
            let lines = &mut self.lines;
            lines.extend_from_slice(&self.path);
            // Writing to memory cannot fail.
            let _ = write!(lines, ",{},{},", line + u64::from(reject.line), chunk.offset + u64::from(reject.start));
            self.text.clear();
            reject.reason.write(&self.key, &mut self.text);
            CSV.write_field(&self.text, lines);
            lines.push(b',');
            CSV.write_quoted(&chunk.bytes[reject.start as usize..reject.end as usize], b'"', lines);
            lines.push(b'\n');
            if lines.len() >= BLOCK {
                self.file.write(lines)?;
                lines.clear();
            }
        }
        self.file.write(&self.lines)?;
        self.lines.clear();
        Ok(())
    }

    /// Finishes the file, with a sync if `sync` is set.
    pub(crate) fn finish(self, sync: bool) -> Result<FinishedFile> {
        self.file.finish(sync)
    }

    fn strict_error(&self, path: &Path, chunk: &Chunk<'_>, line: u64, reject: &Reject, dialect: Dialect) -> Error {
        let mut text = Vec::new();
        reject.reason.write(&self.key, &mut text);
        let record = &chunk.bytes[reject.start as usize..reject.end as usize];
        let value = match reject.reason {
            DetailedReason::AmountNotDecimal
            | DetailedReason::AmountFractionTooLong
            | DetailedReason::AmountIntegerTooLong
            | DetailedReason::DuplicateCustomer { .. } => {
                dialect.value(first_field(&chunk.bytes[reject.fault as usize..reject.end as usize], dialect))
            }
            _ => record.into(),
        };
        let place = chunk.place(path, line + u64::from(reject.line), reject.start, reject.fault);
        Error::new(ErrorKind::Strict, format!("{}: {}", escape(&text), escape(&value))).at(place).hint_words(words![
            Setting::Strict,
            " stops at the first rejected record; without it the record goes to rejects.csv"
        ])
    }
}

/// The first field of `rest`, the rest of a well-formed record from the start of a field.
fn first_field(rest: &[u8], dialect: Dialect) -> &[u8] {
    let mut inside = false;
    // Quote parity: a doubled quote closes and opens again. In an unquoted field a quote is an ordinary byte.
    let quoted = rest.first().copied() == dialect.quote && dialect.quote.is_some();
    let ends = |&byte: &u8| {
        inside ^= quoted && Some(byte) == dialect.quote;
        byte == dialect.delimiter && !inside
    };
    &rest[..rest.iter().position(ends).unwrap_or(rest.len())]
}
