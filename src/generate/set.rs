//! The files of a generated set, in the directory they are published in.

use super::options::GenerateOptions;
use crate::fs::directory::Dir;
use crate::output::publish::Moves;
use rustix::fs::FileType;
use std::borrow::Cow;

/// The customers export.
pub(crate) const CUSTOMERS: &str = "customers.csv";
/// The answer key; its presence is the commit marker of the set.
pub(crate) const EXPECTED: &str = "expected.json";
/// The purchases export, where it is one file.
const PURCHASES: &str = "purchases.csv";

/// The name of a part of the purchases, from 1.
fn part_name(part: u32) -> String {
    format!("purchases-{part}.csv")
}

/// The names of the purchases files in their order.
pub(crate) fn purchases_names(options: &GenerateOptions) -> Vec<String> {
    match options.parts {
        None => vec![PURCHASES.to_owned()],
        Some(parts) => (1..=parts).map(part_name).collect(),
    }
}

/// All names, the commit marker last.
pub(crate) fn names(options: &GenerateOptions) -> Vec<Cow<'static, str>> {
    let purchases = purchases_names(options).into_iter().map(Cow::Owned);
    std::iter::once(Cow::Borrowed(CUSTOMERS)).chain(purchases).chain([Cow::Borrowed(EXPECTED)]).collect()
}

/// What publication changes: besides putting the set there, purchases of an older set go away, so that no pattern
/// such as `purchases-*.csv` finds parts of two pairs. Without its answer key nothing says that such a file is
/// this program's, and it stays.
/// `had_mark`: a run killed between its moves had taken the key away.
pub(crate) fn moves(out: &Dir, options: &GenerateOptions, had_mark: bool) -> Moves {
    let names = names(options);
    let is_file =
        |name: &str| out.entry(name).is_ok_and(|entry| entry.is_some_and(|entry| entry.kind == FileType::RegularFile));
    let mut stale = Vec::new();
    if had_mark || is_file(EXPECTED) {
        let parts = (1..).map(part_name).take_while(|name| is_file(name));
        let old = std::iter::once(PURCHASES.to_owned()).filter(|name| is_file(name)).chain(parts);
        stale = old.filter(|name| !names.iter().any(|new| new == name)).collect();
    }
    Moves { names, stale }
}
