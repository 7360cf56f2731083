//! Compares the columns of a file with those of the first file of its side.

use super::header::Header;
use crate::error::{Error, Setting, escape, escape_path, words};
use crate::model::column_order::{ColumnOrder, OrderFault};
use crate::model::sides::Side;

/// The order of the columns of a file, or `None` if it is that of the `first` file. Another order is a fault unless
/// `in_any_order`.
///
/// # Errors
/// [`ErrorKind::Header`](crate::ErrorKind::Header) for columns that differ.
pub(crate) fn match_columns(
    side: Side,
    first: &Header,
    other: &Header,
    in_any_order: bool,
) -> Result<Option<ColumnOrder>, Vec<Error>> {
    let found = ColumnOrder::find(&first.names, &other.names);
    match found {
        Ok(Some(_)) if !in_any_order => Err(vec![differs(first, other).hint_words(words![
            "the columns are the same in another order: to allow that, use ",
            Setting::MatchColumns
        ])]),
        Err(_) if !in_any_order => Err(vec![differs(first, other).hint(same_files_hint(side, "header"))]),
        Err(faults) => Err(faults.into_iter().map(|fault| fault_error(fault, side, first, other)).collect()),
        Ok(order) => Ok(order),
    }
}

/// The hint to leave files out that differ from the first one.
fn same_files_hint(side: Side, what: &str) -> String {
    format!("give each run only {} files with the same {what}", side.name())
}

/// The error for a header that differs from the first one, with the first column that differs.
fn differs(first: &Header, other: &Header) -> Error {
    let column = (0..).find(|&column| first.names.get(column) != other.names.get(column)).unwrap_or(0);
    let name_at = |header: &Header| header.names.get(column).map_or("nothing".into(), |name| escape(name));
    other.error(format!(
        "the header differs from that of {}: column {} is {} instead of {}",
        escape_path(first.path()),
        column + 1,
        name_at(other),
        name_at(first)
    ))
}

fn fault_error(fault: OrderFault<'_>, side: Side, first: &Header, other: &Header) -> Error {
    let path = escape_path(first.path());
    let shown = |name: &[u8]| if name.is_empty() { "''".to_owned() } else { escape(name) };
    match fault {
        OrderFault::Missing(name) => {
            other.error(format!("lacks a column of {path}: {}", shown(name))).hint(same_files_hint(side, "columns"))
        }
        OrderFault::Additional(name) => other
            .error(format!("has a column that {path} lacks: {}", shown(name)))
            .hint(same_files_hint(side, "columns")),
        OrderFault::Ambiguous(name) => {
            let name = shown(name);
            other
                .error(format!("the columns are in another order than in {path}, and this name occurs twice: {name}"))
                .hint("columns are matched by their names: rename one of the two")
        }
    }
}
