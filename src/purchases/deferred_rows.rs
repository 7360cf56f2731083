//! Assembles deferred rows: those for which the buffer of a chunk had no room.

use super::chunk_output::DeferredRow;
use super::join_kernel::JoinKernel;
use crate::input::arranged_fields::ArrangedFields;
use crate::input::record::{Field, parse_record};
use crate::model::column_order::ColumnOrder;
use crate::model::ragged::Ragged;

/// Assembles deferred rows, one at a time, so that their memory is bounded by the longest one.
#[derive(Debug)]
pub(crate) struct DeferredRows<'a> {
    kernel: &'a JoinKernel<'a>,
    /// Reused buffers.
    fields: Vec<Field>,
    rewritten: Vec<u8>,
    suffix: Vec<u8>,
}

impl<'a> DeferredRows<'a> {
    pub(crate) fn new(kernel: &'a JoinKernel<'a>) -> Self {
        Self { kernel, fields: vec![], rewritten: vec![], suffix: vec![] }
    }

    /// The two parts of a row, up to the end of the purchase and after it. `bytes` are those of the chunk, and `order` is
    /// the order of its file.
    pub(crate) fn parts<'b>(
        &'b mut self,
        bytes: &'b [u8],
        row: &DeferredRow,
        order: Option<&ColumnOrder>,
    ) -> [&'b [u8]; 2] {
        let Self { kernel, fields, rewritten, suffix } = self;
        suffix.clear();
        match row.customer {
            Some(slot) => {
                kernel.lookup.suffixes.write(&kernel.lookup.arena.entry(slot.address()), slot.group(), suffix);
            }
            None => suffix.extend_from_slice(&kernel.policy.unmatched_suffix),
        }
        let (start, end) = (row.start as usize, row.end as usize);
        if order.is_none() && kernel.ragged == Ragged::Reject {
            return [&bytes[start..end], suffix];
        }
        let record = parse_record(&bytes[..end], start, kernel.dialect, fields);
        let fields = ArrangedFields::new(&record, fields, kernel.columns.count, order);
        if let Some(end) = fields.contiguous_end() {
            return [&bytes[start..end as usize], suffix];
        }
        rewritten.clear();
        fields.write(bytes, kernel.dialect.delimiter, rewritten);
        [rewritten, suffix]
    }
}
