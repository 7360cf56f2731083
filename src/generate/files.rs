//! The files of a generated set and their names in the output directory.

use super::options::GenerateOptions;
use crate::fs::directory::Dir;
use crate::output::publish::Moves;
use rustix::fs::FileType;
use std::borrow::Cow;

/// The customers file.
pub(crate) const CUSTOMERS: &str = "customers.csv";
/// The answer key. It is the commit marker of the set.
pub(crate) const EXPECTED: &str = "expected.json";
/// The purchases file of a set without parts.
const PURCHASES: &str = "purchases.csv";

/// The name of a part of the purchases, numbered from 1.
fn part_name(part: u32) -> String {
    format!("purchases-{part}.csv")
}

/// The names of the purchases files, in order.
pub(crate) fn purchases_names(options: &GenerateOptions) -> Vec<String> {
    match options.parts {
        None => vec![PURCHASES.to_owned()],
        Some(parts) => (1..=parts).map(part_name).collect(),
    }
}

/// The names of all files; the commit marker is the last.
pub(crate) fn names(options: &GenerateOptions) -> Vec<Cow<'static, str>> {
    let purchases = purchases_names(options).into_iter().map(Cow::Owned);
    std::iter::once(Cow::Borrowed(CUSTOMERS)).chain(purchases).chain([Cow::Borrowed(EXPECTED)]).collect()
}

/// The moves of the publication: it installs the new set and removes purchases files that only an older set has, so
/// that a pattern such as `purchases-*.csv` never matches parts of two sets. Without an answer key beside them, such
/// files may belong to somebody else and stay.
///
/// `had_moved_marker`: a run that was killed during publication had already removed the answer key.
pub(crate) fn moves(out: &Dir, options: &GenerateOptions, had_moved_marker: bool) -> Moves {
    let names = names(options);
    let is_file =
        |name: &str| out.entry(name).is_ok_and(|entry| entry.is_some_and(|entry| entry.kind == FileType::RegularFile));
    let mut stale = Vec::new();
    if had_moved_marker || is_file(EXPECTED) {
        let parts = (1..).map(part_name).take_while(|name| is_file(name));
        let old = std::iter::once(PURCHASES.to_owned()).filter(|name| is_file(name)).chain(parts);
        stale = old.filter(|name| !names.iter().any(|new| new == name)).collect();
    }
    Moves { names, stale }
}
