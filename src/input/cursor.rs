//! Iterates over the records of a chunk.

use super::fatal_record::{FatalRecord, fatal};
use super::plain_record::PlainRecord;
use super::record::{Field, Record, parse_indexed};
use super::structural_index::{IndexView, SLOW_PATH, StructuralIndex};
use crate::model::dialect::Dialect;

/// A position in a chunk: before a record or blank line, or at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCursor {
    /// Number of records and blank lines before the position.
    record: usize,
    /// The index in [`StructuralIndex::positions`] of the end of the previous record.
    before: usize,
    /// Number of line feeds inside quotes before the record of the last call of [`line`](Self::line).
    quoted_lfs: usize,
}

/// The item at the position of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A record, and the number of line feeds of the chunk before it.
    Record(Record, u32),
    /// A blank line, which is not a record.
    BlankLine,
    /// A comment, which is not a record.
    Comment,
    /// A record that ends the run. The cursor does not advance.
    Fatal(FatalRecord),
}

impl RecordCursor {
    /// The fast path: the next record, if it has `count` fields and does not need the slow path. Does not advance.
    #[inline(always)]
    pub(crate) fn plain<'m>(&self, bytes: &'m [u8], index: IndexView<'m>, count: usize) -> Option<PlainRecord<'m>> {
        let end = *index.lines.get(self.record)?;
        // If SLOW_PATH is set in `end`, the difference is far above any number of fields.
        let plain = end.wrapping_sub(self.before as u32) == count as u32;
        plain.then(|| PlainRecord::new(bytes, index, self.before, count))
    }

    /// The number of line feeds of the chunk before the next record, which begins at `start`.
    #[inline(always)]
    pub(crate) fn line(&mut self, index: IndexView<'_>, start: u32) -> u32 {
        while index.quoted_lfs.get(self.quoted_lfs).is_some_and(|&lf| lf < start) {
            self.quoted_lfs += 1;
        }
        (self.record + self.quoted_lfs) as u32
    }

    /// Advances past the next record, whatever its form.
    #[inline(always)]
    pub(crate) fn advance(&mut self, index: IndexView<'_>) {
        self.before = (index.lines[self.record] & !SLOW_PATH) as usize;
        self.record += 1;
    }

    /// Advances past the record that [`plain`](Self::plain) has returned for `count` fields.
    #[inline(always)]
    pub(crate) fn advance_plain(&mut self, count: usize) {
        self.before += count;
        self.record += 1;
    }

    /// Parses the next record or blank line into `fields`, even if it is malformed, and advances. `None` at the end.
    pub(crate) fn parse_next(
        &mut self,
        bytes: &[u8],
        index: &StructuralIndex,
        dialect: Dialect,
        fields: &mut Vec<Field>,
    ) -> Option<Record> {
        index.lines.get(self.record)?;
        let record = parse_indexed(bytes, index, self.before, self.record, dialect, fields);
        self.advance(index.view());
        Some(record)
    }

    /// Parses the next record or blank line into `fields`, and advances unless it is fatal. `None` at the end.
    pub fn next(
        &mut self,
        bytes: &[u8],
        index: &StructuralIndex,
        dialect: Dialect,
        max_record: usize,
        fields: &mut Vec<Field>,
    ) -> Option<Next> {
        let mut at = *self;
        let record = self.parse_next(bytes, index, dialect, fields)?;
        if record.is_blank() {
            return Some(Next::BlankLine);
        }
        if let Some(fatal) = fatal(bytes, &record, max_record, dialect) {
            *self = at;
            return Some(Next::Fatal(fatal));
        }
        if record.is_comment(bytes, dialect) {
            return Some(Next::Comment);
        }
        let line = at.line(index.view(), record.start);
        self.quoted_lfs = at.quoted_lfs;
        Some(Next::Record(record, line))
    }
}
