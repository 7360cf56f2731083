//! Notices on the inputs themselves.

use super::input_tally::InputTally;
use super::tally::Tally;
use crate::error::escape;
use crate::input::list_inputs::split_compression;
use crate::model::readable_numbers::count;
use crate::output::report_notices::{Notice, NoticeName};
use std::collections::HashMap;
use std::path::Path;

/// The text after the path of an input if the notice also concerns `more` inputs.
fn and_more(more: usize) -> String {
    if more > 0 { format!(" (and {more} more)") } else { String::new() }
}

pub(super) fn same_input(tally: &Tally, same: &[&Path]) -> Option<Notice> {
    let first = same.first()?;
    let more = and_more(same.len() - 1);
    Some(Notice {
        notice: NoticeName::SameInput,
        message: format!("{}{more} is the same file as an earlier input", escape(first.as_os_str().as_encoded_bytes())),
        fix: "if its records should count once, give each file once".into(),
        found: same.len() as u64,
        of: tally.inputs.iter().count() as u64,
    })
}

/// Inputs of a side whose paths differ only in the ending of a compressed file: `a.csv` and `a.csv.gz`.
pub(super) fn compressed_copy(tally: &Tally) -> Option<Notice> {
    let mut pairs = vec![];
    for side in [&tally.inputs.customers, &tally.inputs.purchases] {
        let mut plain: HashMap<&[u8], &InputTally> = HashMap::new();
        for input in side {
            let (compression, name) = split_compression(input.path.as_os_str().as_encoded_bytes());
            match plain.get(name) {
                Some(other) if split_compression(other.path.as_os_str().as_encoded_bytes()).0 != compression => {
                    pairs.push((*other, input));
                }
                Some(_) => {}
                None => _ = plain.insert(name, input),
            }
        }
    }
    let (one, other) = pairs.first()?;
    let name = |input: &InputTally| escape(input.path.as_os_str().as_encoded_bytes());
    Some(Notice {
        notice: NoticeName::CompressedCopy,
        message: format!(
            "{} and {} were both read{}, and one may be a copy of the other",
            name(one),
            name(other),
            and_more_pairs(pairs.len() - 1)
        ),
        fix: "if their records should count once, name only one of them, for example with the pattern '*.csv'".into(),
        found: pairs.len() as u64,
        of: tally.inputs.iter().count() as u64,
    })
}

fn and_more_pairs(more: usize) -> String {
    if more > 0 { format!(" (and {more} more such pairs)") } else { String::new() }
}

/// Inputs without a record, of a side that has several inputs.
pub(super) fn empty_input(tally: &Tally) -> Option<Notice> {
    let several = [&tally.inputs.customers, &tally.inputs.purchases].into_iter().filter(|side| side.len() > 1);
    let mut empty = several.flatten().filter(|input| input.records == 0);
    let first = empty.next()?;
    let more = empty.count();
    Some(Notice {
        notice: NoticeName::EmptyInput,
        message: format!("{}{} has no record", escape(first.path.as_os_str().as_encoded_bytes()), and_more(more)),
        fix: "if it should have some, export it again; this run has read all that is there".into(),
        found: 1 + more as u64,
        of: tally.inputs.iter().count() as u64,
    })
}

pub(super) fn doubled_byte_order_mark(tally: &Tally) -> Option<Notice> {
    let mut doubled = tally.inputs.iter().filter(|input| input.byte_order_marks > 1);
    let first = doubled.next()?;
    let more = doubled.count();
    let others = and_more(more);
    Some(Notice {
        notice: NoticeName::DoubledByteOrderMark,
        message: format!(
            "{}{others} begins with {} byte order marks; all were dropped",
            escape(first.path.as_os_str().as_encoded_bytes()),
            first.byte_order_marks
        ),
        fix: "export the file with one byte order mark; this run is not affected".into(),
        found: 1 + more as u64,
        of: tally.inputs.iter().count() as u64,
    })
}

pub(super) fn no_final_line_ending(tally: &Tally) -> Option<Notice> {
    let mut open = tally.inputs.iter().filter(|input| input.records > 0 && !input.ends_in_line_feed);
    let first = open.next()?;
    let more = open.count();
    let others = and_more(more);
    Some(Notice {
        notice: NoticeName::NoFinalLineEnding,
        message: format!(
            "the last line of {}{others} has no line ending (line {}): the file may be truncated",
            escape(first.path.as_os_str().as_encoded_bytes()),
            count(first.next_line)
        ),
        fix: "compare its size with that of the original; if it is complete, end its last line".into(),
        found: 1 + more as u64,
        of: tally.inputs.iter().count() as u64,
    })
}
