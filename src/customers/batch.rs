//! What a chunk of customers gives: entries, what the table needs to know of them, rejects.

use crate::input::fatal_record::FatalRecord;
use crate::model::age_group::GroupId;
use crate::model::key::Key;
use crate::model::reject::{Reject, RejectReason};

/// What the age of a new customer counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AgeStatus {
    Valid,
    Missing,
    Invalid,
}

/// A customer without a fault of its own; whether its key is taken is seen when it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewCustomer {
    pub(crate) key: Key,
    /// Where its entry begins in [`CustomerBatch::entries`].
    pub(crate) entry: u32,
    /// The record in the chunk, its line ending not counted, and where its key begins.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) key_start: u32,
    /// Lines of the chunk before the record.
    pub(crate) line: u32,
    pub(crate) group: GroupId,
    pub(crate) age: AgeStatus,
}

impl NewCustomer {
    /// Whether its key is not empty.
    pub(crate) fn has_key(&self) -> bool {
        self.key.tag > 0
    }

    /// What it is rejected as.
    pub(crate) fn reject(&self, reason: RejectReason) -> Reject {
        Reject { start: self.start, end: self.end, line: self.line, fault: self.key_start, reason }
    }
}

/// What one chunk of customers gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CustomerBatch {
    pub(crate) entries: Vec<u8>,
    pub(crate) customers: Vec<NewCustomer>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) fatal: Option<FatalRecord>,
    pub(crate) records: u64,
    pub(crate) blank_lines: u64,
    /// LFs in the chunk.
    pub(crate) lines: u64,
}

impl CustomerBatch {
    pub(crate) fn clear(&mut self) {
        self.customers.clear();
        self.rejects.clear();
        self.entries.clear();
        self.fatal = None;
        (self.records, self.blank_lines, self.lines) = (0, 0, 0);
    }
}
