//! Notices on the inputs themselves.

use super::input_tally::InputTally;
use super::tally::Tally;
use crate::error::escape;
use crate::input::list_inputs::split_compression;
use crate::model::readable_numbers::{count, counted};
use crate::output::report_notices::{Notice, NoticeName};
use std::collections::HashMap;
use std::path::Path;

/// A notice on several of the inputs. `message` makes it from the first of them, from its path, escaped, and the number
/// of the others.
fn on_inputs<T>(
    tally: &Tally,
    notice: NoticeName,
    inputs: impl IntoIterator<Item = T>,
    path: impl Fn(&T) -> &Path,
    message: impl FnOnce(&T, String) -> String,
    fix: &str,
) -> Option<Notice> {
    let mut inputs = inputs.into_iter();
    let first = inputs.next()?;
    let more = inputs.count() as u64;
    let others = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let name = escape(path(&first).as_os_str().as_encoded_bytes()) + &others;
    Some(Notice {
        notice,
        message: message(&first, name),
        fix: fix.into(),
        found: 1 + more,
        of: tally.inputs.iter().count() as u64,
    })
}

pub(super) fn same_input(tally: &Tally, same: &[&Path]) -> Option<Notice> {
    let message = |_: &&Path, name| format!("{name} is the same file as an earlier input");
    let fix = "if its records should count once, give each file once";
    on_inputs(tally, NoticeName::SameInput, same.iter().copied(), |path| path, message, fix)
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
        fix: format!(
            "if their records should count once, leave out one of {}: move it to another directory, or name the files \
             to read",
            if pairs.len() > 1 { "each pair" } else { "the two" }
        ),
        found: pairs.len() as u64,
        of: tally.inputs.iter().count() as u64,
    })
}

fn and_more_pairs(more: usize) -> String {
    if more > 0 { format!(" (and {})", counted(more as u64, "more such pair")) } else { String::new() }
}

/// Inputs without a record, of a side that has several inputs.
pub(super) fn empty_input(tally: &Tally) -> Option<Notice> {
    let several = [&tally.inputs.customers, &tally.inputs.purchases].into_iter().filter(|side| side.len() > 1);
    let empty = several.flatten().filter(|input| input.records == 0);
    let message = |_: &&InputTally, name| format!("{name} has no record");
    let fix = "if it should have some, export it again: a failed export may leave an empty file; an export that found \
               no records may leave only a header";
    on_inputs(tally, NoticeName::EmptyInput, empty, |input| &input.path, message, fix)
}

pub(super) fn doubled_byte_order_mark(tally: &Tally) -> Option<Notice> {
    let doubled = tally.inputs.iter().filter(|input| input.byte_order_marks > 1);
    let message = |first: &&InputTally, name| {
        format!("{name} begins with {} byte order marks; all were dropped", first.byte_order_marks)
    };
    let fix = "export the file with one byte order mark; this run is not affected";
    on_inputs(tally, NoticeName::DoubledByteOrderMark, doubled, |input| &input.path, message, fix)
}

pub(super) fn no_final_line_ending(tally: &Tally) -> Option<Notice> {
    let open = tally.inputs.iter().filter(|input| input.records > 0 && !input.ends_in_line_feed);
    let message = |first: &&InputTally, name| {
        let line = count(first.next_line);
        format!("the last line of {name} has no line ending (line {line}): the file may be truncated")
    };
    let fix = "compare its size with that of the original; if it is complete, end its last line";
    on_inputs(tally, NoticeName::NoFinalLineEnding, open, |input| &input.path, message, fix)
}
