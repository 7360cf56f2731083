//! Walks over the records of a chunk.

use super::fatal_record::{FatalRecord, fatal};
use super::plain_record::PlainRecord;
use super::record::{Field, Record, parse_indexed};
use super::structural_index::{IndexView, SLOW_PATH, StructuralIndex};
use crate::model::dialect::Dialect;

/// A position before a record of a chunk, or at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecordCursor {
    /// Records and blank lines before the position.
    record: usize,
    /// The entry of [`StructuralIndex::at`] right before the position.
    before: usize,
    /// Line feeds inside quotes that [`line`](Self::line) has passed.
    quoted_lfs: usize,
}

/// What follows the position of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A record, and the number of line feeds before it in the chunk.
    Record(Record, u32),
    BlankLine,
    /// A record after which nothing can be read. The cursor does not advance.
    Fatal(FatalRecord),
}

impl RecordCursor {
    /// The next record if it has `count` fields and the index alone tells where they are. Does not advance.
    #[inline(always)]
    pub(crate) fn plain<'m>(&self, bytes: &'m [u8], index: IndexView<'m>, count: usize) -> Option<PlainRecord<'m>> {
        let end = *index.lines.get(self.record)?;
        // With SLOW_PATH set the difference is huge.
        let plain = end.wrapping_sub(self.before as u32) == count as u32;
        plain.then(|| PlainRecord::new(bytes, index, self.before, count))
    }

    /// Line feeds of the chunk before the next record, which begins at `start`.
    #[inline(always)]
    pub(crate) fn line(&mut self, index: IndexView<'_>, start: u32) -> u32 {
        while index.quoted_lfs.get(self.quoted_lfs).is_some_and(|&lf| lf < start) {
            self.quoted_lfs += 1;
        }
        (self.record + self.quoted_lfs) as u32
    }

    /// Passes the next record.
    #[inline(always)]
    pub(crate) fn advance(&mut self, index: IndexView<'_>) {
        self.before = (index.lines[self.record] & !SLOW_PATH) as usize;
        self.record += 1;
    }

    /// Parses the next record or blank line into `fields`, without judging it, and passes it. `None` at the end.
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

    /// Parses what follows into `fields`, and passes it unless it is fatal. `None` at the end.
    pub(crate) fn next(
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
        let line = at.line(index.view(), record.start);
        self.quoted_lfs = at.quoted_lfs;
        Some(Next::Record(record, line))
    }
}
