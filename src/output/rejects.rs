//! Writes `rejects.csv`: every rejected record with its position and the reason, in input order.

use super::compared_file::Mismatch;
use super::reject_source::RejectSource;
use super::report_patterns::RejectPatterns;
use super::report_samples::{RejectSample, SamplePlace};
use super::short_records::ShortRecords;
use super::staged_file::FinishedFile;
use super::target_file::TargetFile;
use crate::error::{Error, ErrorKind, Result, Setting, escape, words};
use crate::model::dialect::Dialect;
use crate::model::reject::{MAX_SAMPLES, ReasonNames, Reject};
use crate::model::reject_reason::RejectCounts;
use std::io::Write as _;

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
    short_records: ShortRecords,
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
            short_records: ShortRecords::default(),
            names,
            strict,
            lines: vec![],
            path: vec![],
            text: vec![],
        })
    }

    /// Adds the rejects of a chunk.
    ///
    /// # Errors
    /// [`ErrorKind::Strict`] for the first reject under `--strict`, [`ErrorKind::Output`] when writing fails.
    pub(crate) fn add(&mut self, source: &RejectSource<'_>, rejects: &[Reject]) -> Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        self.path.clear();
        CSV.write_field(source.path.as_os_str().as_encoded_bytes(), &mut self.path);
        for reject in rejects {
            if self.strict {
                return Err(self.strict_error(source, reject));
            }
            let reason = reject.reason.kind();
            if self.counts.of(reason) < MAX_SAMPLES as u64 {
                let sample = self.sample(source, reject);
                self.samples.push(sample);
            }
            self.counts.add(reason);
            if let Some(look) = source.look(reject) {
                let look = self.short_records.check(source, reject, look);
                self.patterns.add(source.side(), reason.name(), look, || source.pattern(reject, look));
            }
            let lines = &mut self.lines;
            lines.extend_from_slice(&self.path);
            // Writing to memory cannot fail.
            let _ = write!(lines, ",{},{},", source.line_of(reject), source.byte_of(reject));
            self.text.clear();
            reject.reason.write(&self.names, &mut self.text);
            CSV.write_field(&self.text, lines);
            lines.push(b',');
            CSV.write_quoted(source.record(reject), b'"', lines);
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
    fn strict_error(&self, source: &RejectSource<'_>, reject: &Reject) -> Error {
        let text = format!("{}: {}", self.text_of(reject), escape(&source.faulty_value(reject)));
        Error::new(ErrorKind::Strict, text).at(source.place(reject)).hint_words(words![
            Setting::Strict,
            " stops at the first rejected record; without it the record goes to rejects.csv"
        ])
    }

    fn sample(&self, source: &RejectSource<'_>, reject: &Reject) -> RejectSample {
        RejectSample {
            reason: reject.reason.kind().name().to_owned(),
            text: self.text_of(reject),
            place: SamplePlace::of(&source.place(reject)),
            value: escape(&source.faulty_value(reject)),
        }
    }

    /// The reason with its details, escaped for a terminal.
    fn text_of(&self, reject: &Reject) -> String {
        let mut text = Vec::new();
        reject.reason.write(&self.names, &mut text);
        escape(&text)
    }
}
