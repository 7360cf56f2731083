//! Looks up the configured columns in the headers, and collects all faults, so that one run shows every one of them.

use super::delimiter;
use super::header::Header;
use crate::error::{Error, Setting, Words, escape, escape_path, words};
use crate::model::dialect::trim_blanks;
use crate::model::sides::Side;

/// Maximum number of columns that a message lists.
const MAX_LISTED: usize = 30;

/// The other files of the side of a header, to which the same options apply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtherFiles<'h> {
    /// The header of the first file; `None` for that file itself.
    pub(crate) first: Option<&'h Header>,
    /// Whether the headers of all files look the same.
    pub(crate) look_alike: bool,
}

/// Looks up columns in the headers of a run.
#[derive(Debug, Default)]
pub(crate) struct ColumnLookup {
    /// The faults found so far, in reading order.
    pub(crate) faults: Vec<Error>,
}

impl ColumnLookup {
    /// The indexes (from 0) of the wanted columns of a header, each of which must occur exactly once. A column that is
    /// missing or occurs twice is `None`, and adds a fault with a hint. Only the first missing column of a header lists
    /// the names found. A header of one field adds a single fault: its delimiter is likely wrong.
    pub(crate) fn columns<const N: usize>(
        &mut self,
        side: Side,
        header: &Header,
        others: OtherFiles<'_>,
        wanted: [(&[u8], Setting); N],
    ) -> [Option<usize>; N] {
        let mut is_listed = false;
        wanted.map(|(name, setting)| {
            let mut indexes = header.names.iter().enumerate().filter(|(_, found)| found.as_slice() == name);
            match (indexes.next(), indexes.next()) {
                (Some((index, _)), None) => return Some(index),
                (Some(_), Some(_)) => {
                    // Every column of the customers must be unique, whether it is named or not.
                    let hint = match setting {
                        Setting::PurchasesKey | Setting::Amount => {
                            words!["rename one of the two, or name another column with ", setting]
                        }
                        _ => "rename one of the two".into(),
                    };
                    self.faults.push(header.occurs_twice(name).hint_words(hint));
                }
                (None, _) if is_listed && header.names.len() == 1 => {}
                (None, _) => {
                    let found = if is_listed { String::new() } else { format!("; found: {}", list(header)) };
                    is_listed = true;
                    let text = format!("no such column: {}{found}", escape(name));
                    self.faults.push(header.error(text).hint_words(hint(side, header, others, name, setting)));
                }
            }
            None
        })
    }
}

/// What to do about a missing column.
fn hint(side: Side, header: &Header, others: OtherFiles<'_>, name: &[u8], setting: Setting) -> Words {
    if let Some(look) = header.look {
        return if others.look_alike { look.hint(side) } else { look.hint_for_one_file() };
    }
    if let [only] = header.raw.as_slice() {
        if let Some(earlier) = others.first.filter(|earlier| earlier.is_separated()) {
            let delimiter = escape(&[header.dialect.delimiter]);
            let path = escape_path(earlier.path());
            return format!("give each run only files with the delimiter of {path}: '{delimiter}'").into();
        }
        let delimiter = side.setting(Setting::Delimiter);
        return match delimiter::likely(only, header.dialect, Some(name)) {
            Some(likely) => words![
                "the header has one field: the delimiter is likely wrong; try ",
                delimiter,
                format!(" '{}'", likely.name)
            ],
            None => words![
                "the header has one field; skip lines before the header with ",
                side.setting(Setting::SkipLines),
                ", give another delimiter with ",
                delimiter,
                ", or name the column with ",
                setting
            ],
        };
    }
    let is_similar = |found: &&Vec<u8>| trim_blanks(found).eq_ignore_ascii_case(name);
    match header.names.iter().find(is_similar) {
        Some(found) => {
            words!["names are compared byte for byte; if this one is meant: ", setting, format!(" '{}'", escape(found))]
        }
        None => words!["name the column with ", setting],
    }
}

/// The names of a header for a message.
fn list(header: &Header) -> String {
    let shown: Vec<String> = header.names.iter().take(MAX_LISTED).map(|name| escape(name)).collect();
    let more = header.names.len().saturating_sub(MAX_LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
