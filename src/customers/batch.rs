//! The result of parsing a chunk of customers: arena entries, the data to insert each into the map, and rejects.

use crate::input::cursor::RecordCursor;
use crate::input::fatal_record::FatalRecord;
use crate::model::age_group::GroupId;
use crate::model::key::Key;
use crate::model::reject::{DetailedReason, Reject};

/// Whether the age of a customer is valid. The report counts missing and invalid ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AgeStatus {
    Valid,
    Missing,
    Invalid,
}

/// A well-formed customer. A duplicate key is detected later, when the customer is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedCustomer {
    pub(crate) key: Key,
    /// Where its entry begins in [`CustomerBatch::entries`].
    pub(crate) entry: u32,
    /// First byte of the record in the chunk.
    pub(crate) start: u32,
    /// One past the last byte, without the line ending.
    pub(crate) end: u32,
    /// First byte of the key field.
    pub(crate) key_start: u32,
    /// Lines of the chunk before the record.
    pub(crate) line: u32,
    pub(crate) group: GroupId,
    pub(crate) age: AgeStatus,
}

impl ParsedCustomer {
    /// Whether the key is not empty.
    pub(crate) fn has_key(&self) -> bool {
        self.key.tag > 0
    }

    /// The reject that replaces the customer.
    pub(crate) fn reject(&self, reason: DetailedReason) -> Reject {
        Reject { start: self.start, end: self.end, line: self.line, fault: self.key_start, reason }
    }
}

/// The result of parsing a chunk of customers. Reused from chunk to chunk.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CustomerBatch {
    /// The entries, one after the other. Their lines are relative to the chunk.
    pub(crate) entries: Vec<u8>,
    pub customers: Vec<ParsedCustomer>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) fatal: Option<FatalRecord>,
    /// Where the chunk continues, if its entries became too large for one batch.
    pub(crate) rest: Option<RecordCursor>,
    pub(crate) records: u64,
    pub(crate) blank_lines: u64,
    pub(crate) comments: u64,
    /// Records whose missing fields were filled, and records whose surplus fields were dropped.
    pub(crate) padded: u64,
    pub(crate) trimmed: u64,
    /// Line feeds in the chunk.
    pub(crate) lines: u64,
    /// The CRC-32 of the chunk. Computed by the stage, not by the parser.
    pub(crate) chunk_crc32: u32,
}

impl CustomerBatch {
    pub(crate) fn clear(&mut self) {
        self.clear_customers();
        self.rejects.clear();
        (self.fatal, self.rest) = (None, None);
        (self.records, self.blank_lines, self.comments, self.lines) = (0, 0, 0, 0);
        (self.padded, self.trimmed) = (0, 0);
    }

    /// Removes the customers that have been stored, and keeps the rejects and counts.
    pub(crate) fn clear_customers(&mut self) {
        self.customers.clear();
        self.entries.clear();
    }
}
