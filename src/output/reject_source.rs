//! The chunk in which records were rejected, and what must be known of its file to describe them.

use super::report_patterns::RejectPattern;
use super::report_samples::SamplePlace;
use crate::error::{Place, escape};
use crate::input::chunks::Chunk;
use crate::model::columns::NeededColumns;
use crate::model::dialect::Dialect;
use crate::model::reject::{DetailedReason, Reject};
use crate::model::reject_look::look_of_reject;
use crate::model::reject_pattern::RejectLook;
use crate::model::sides::Side;
use std::borrow::Cow;
use std::path::Path;

/// A chunk with rejected records.
#[derive(Debug)]
pub(crate) struct RejectSource<'a> {
    pub(crate) path: &'a Path,
    pub(crate) chunk: &'a Chunk<'a>,
    /// The line of the file on which the chunk begins, from 1.
    pub(crate) line: u64,
    pub(crate) dialect: Dialect,
    /// The columns of the file.
    pub(crate) columns: NeededColumns,
    /// Whether the file has a header.
    pub(crate) has_header: bool,
}

impl RejectSource<'_> {
    pub(crate) fn side(&self) -> Side {
        match self.columns {
            NeededColumns::Customers(_) => Side::Customers,
            NeededColumns::Purchases(_) => Side::Purchases,
        }
    }

    /// The line of the file on which a record begins, from 1.
    pub(crate) fn line_of(&self, reject: &Reject) -> u64 {
        self.line + u64::from(reject.line)
    }

    /// The byte of the file at which a record begins, from 0.
    pub(crate) fn byte_of(&self, reject: &Reject) -> u64 {
        self.chunk.offset + u64::from(reject.start)
    }

    /// The place of the fault.
    pub(crate) fn place(&self, reject: &Reject) -> Place {
        self.chunk.place(self.path, self.line_of(reject), reject.start, reject.fault)
    }

    /// The bytes of a record.
    pub(crate) fn record(&self, reject: &Reject) -> &[u8] {
        &self.chunk.bytes[reject.start as usize..reject.end as usize]
    }

    /// The value of the key of a record; empty if the record is too short.
    pub(crate) fn key(&self, reject: &Reject) -> Cow<'_, [u8]> {
        let column = match self.columns {
            NeededColumns::Customers(columns) => columns.key,
            NeededColumns::Purchases(columns) => columns.key,
        };
        self.dialect.value(self.dialect.field(self.record(reject), column))
    }

    /// The value of the faulty field, or the record if the fault is not in one field.
    pub(crate) fn faulty_value(&self, reject: &Reject) -> Cow<'_, [u8]> {
        match reject.reason {
            DetailedReason::AmountNotDecimal
            | DetailedReason::AmountFractionTooLong
            | DetailedReason::AmountIntegerTooLong
            | DetailedReason::CannotBeWritten
            | DetailedReason::DuplicateCustomer { .. } => {
                let rest = &self.chunk.bytes[reject.fault as usize..reject.end as usize];
                self.dialect.value(self.dialect.first_field(rest))
            }
            _ => self.record(reject).into(),
        }
    }

    /// What a record looks like.
    pub(crate) fn look(&self, reject: &Reject) -> Option<RejectLook> {
        let value = || self.faulty_value(reject);
        look_of_reject(reject.reason, value, self.record(reject), self.dialect, self.columns)
    }

    /// The pattern of which this record is the first.
    pub(crate) fn pattern(&self, reject: &Reject, look: RejectLook) -> RejectPattern {
        RejectPattern {
            side: self.side(),
            reason: reject.reason.kind().name().to_owned(),
            pattern: look.pattern,
            records: 1,
            place: SamplePlace::of(&self.place(reject)),
            value: escape(&self.faulty_value(reject)),
            option: look.option(self.side(), self.has_header),
        }
    }
}
