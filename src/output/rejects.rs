//! Writes `rejects.csv`: every rejected record with its position and the reason, in input order.

use super::compared_file::Mismatch;
use super::report_patterns::RejectPatterns;
use super::report_samples::{RejectSample, SamplePlace};
use super::staged_file::FinishedFile;
use super::target_file::TargetFile;
use crate::error::{Error, ErrorKind, Place, Result, Setting, escape, words};
use crate::input::chunks::Chunk;
use crate::model::dialect::Dialect;
use crate::model::reject::{DetailedReason, MAX_SAMPLES, ReasonNames, Reject};
use crate::model::reject_pattern::PatternName;
use crate::model::reject_reason::RejectCounts;
use crate::model::sides::Side;
use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;

/// The dialect of the file, whatever the dialect of the inputs.
const CSV: Dialect = Dialect::RFC_4180;

/// Writes the rejects and counts them by reason.
#[derive(Debug)]
pub(crate) struct RejectsFile {
    file: TargetFile,
    pub(crate) counts: RejectCounts,
    /// The first rejects of each reason, in reading order.
    pub(crate) samples: Vec<RejectSample>,
    /// What the rejects look like.
    pub(crate) patterns: RejectPatterns,
    names: ReasonNames,
    /// Whether the first reject fails the run.
    strict: bool,
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
    /// Writes the header.
    pub(crate) fn new(mut file: TargetFile, names: ReasonNames, strict: bool) -> Result<Self> {
        file.write(b"file,line,byte,reason,record\n")?;
        Ok(Self {
            file,
            counts: RejectCounts::default(),
            samples: vec![],
            patterns: RejectPatterns::default(),
            names,
            strict,
            lines: vec![],
            path: vec![],
            text: vec![],
        })
    }

    /// Adds the rejects of a chunk that begins at line `line` of a file of `side`, which has this dialect.
    ///
    /// # Errors
    /// [`ErrorKind::Strict`] for the first reject under `--strict`, [`ErrorKind::Output`] when writing fails.
    pub(crate) fn add(
        &mut self,
        side: Side,
        path: &Path,
        chunk: &Chunk<'_>,
        line: u64,
        dialect: Dialect,
        rejects: &[Reject],
    ) -> Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        self.path.clear();
        CSV.write_field(path.as_os_str().as_encoded_bytes(), &mut self.path);
        for reject in rejects {
            if self.strict {
                return Err(self.strict_error(path, chunk, line, dialect, reject));
            }
            let reason = reject.reason.kind();
            if self.counts.of(reason) < MAX_SAMPLES as u64 {
                let sample = self.sample(path, chunk, line, dialect, reject);
                self.samples.push(sample);
            }
            self.counts.add(reason);
            let value = || faulty_value(chunk, dialect, reject);
            if let Some(pattern) = PatternName::of(reject.reason, value, record_of(chunk, reject), dialect) {
                let first = || (SamplePlace::of(&place(path, chunk, line, reject)), escape(&value()));
                self.patterns.add(side, reason.name(), pattern, first);
            }
            let lines = &mut self.lines;
            lines.extend_from_slice(&self.path);
            // Writing to memory cannot fail.
            let _ = write!(lines, ",{},{},", line + u64::from(reject.line), chunk.offset + u64::from(reject.start));
            self.text.clear();
            reject.reason.write(&self.names, &mut self.text);
            CSV.write_field(&self.text, lines);
            lines.push(b',');
            CSV.write_quoted(record_of(chunk, reject), b'"', lines);
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

    /// Finishes the file, with a sync if `sync` is set; `None` if it is not a staged file.
    pub(crate) fn finish(self, sync: bool) -> Result<Option<FinishedFile>> {
        self.file.finish(sync)
    }

    /// The first difference from the rejects, if they were compared with a published file.
    pub(crate) fn mismatch(self) -> Result<Option<Mismatch>> {
        self.file.mismatch()
    }

    /// The error for the first reject under `--strict`.
    fn strict_error(&self, path: &Path, chunk: &Chunk<'_>, line: u64, dialect: Dialect, reject: &Reject) -> Error {
        let (reason, value) = self.shown(chunk, dialect, reject);
        let place = place(path, chunk, line, reject);
        Error::new(ErrorKind::Strict, format!("{reason}: {value}")).at(place).hint_words(words![
            Setting::Strict,
            " stops at the first rejected record; without it the record goes to rejects.csv"
        ])
    }

    fn sample(&self, path: &Path, chunk: &Chunk<'_>, line: u64, dialect: Dialect, reject: &Reject) -> RejectSample {
        let (text, value) = self.shown(chunk, dialect, reject);
        let place = SamplePlace::of(&place(path, chunk, line, reject));
        RejectSample { reason: reject.reason.kind().name().to_owned(), text, place, value }
    }

    /// The reason with its details, and the value of the faulty field or the record, both escaped for a terminal.
    fn shown(&self, chunk: &Chunk<'_>, dialect: Dialect, reject: &Reject) -> (String, String) {
        let mut text = Vec::new();
        reject.reason.write(&self.names, &mut text);
        (escape(&text), escape(&faulty_value(chunk, dialect, reject)))
    }
}

/// The bytes of a rejected record.
fn record_of<'c>(chunk: &'c Chunk<'_>, reject: &Reject) -> &'c [u8] {
    &chunk.bytes[reject.start as usize..reject.end as usize]
}

/// The value of the faulty field of a reject, or the record.
fn faulty_value<'c>(chunk: &'c Chunk<'_>, dialect: Dialect, reject: &Reject) -> Cow<'c, [u8]> {
    match reject.reason {
        DetailedReason::AmountNotDecimal
        | DetailedReason::AmountFractionTooLong
        | DetailedReason::AmountIntegerTooLong
        | DetailedReason::CannotBeWritten
        | DetailedReason::DuplicateCustomer { .. } => {
            let rest = &chunk.bytes[reject.fault as usize..reject.end as usize];
            dialect.value(dialect.first_field(rest))
        }
        _ => record_of(chunk, reject).into(),
    }
}

/// The place of the fault of a reject, in a chunk that begins at line `line` of its file.
fn place(path: &Path, chunk: &Chunk<'_>, line: u64, reject: &Reject) -> Place {
    chunk.place(path, line + u64::from(reject.line), reject.start, reject.fault)
}
