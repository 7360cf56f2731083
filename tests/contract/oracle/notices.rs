//! The notices, without their texts (docs/contract.md#notices).

use super::reader::LF;
use super::values::{Group, Money};
use super::{Ledger, Options};
use std::collections::BTreeMap;

/// What the notices need beyond the ledger.
#[derive(Default)]
pub(super) struct Seen {
    /// The number of fraction digits of each accepted amount, and the amount.
    pub(super) amounts: Vec<(usize, Money)>,
    /// Matched purchases by key.
    pub(super) matched: BTreeMap<Vec<u8>, u64>,
    /// Accepted customers with a valid age in no group.
    pub(super) in_other: u64,
}

const PLACEHOLDERS: [&str; 16] = [
    "NULL",
    "null",
    "Null",
    "\\N",
    "N/A",
    "n/a",
    "#N/A",
    "NaN",
    "nan",
    "None",
    "none",
    "(null)",
    "undefined",
    "unknown",
    "-",
    "--",
];

/// The name, the number found and the number looked at, of each notice.
pub(super) fn notices(
    options: &Options,
    groups: &[Group],
    seen: &Seen,
    ledger: &Ledger,
) -> Vec<(&'static str, u64, u64)> {
    let (customers, purchases) = (&ledger.customers, &ledger.purchases);
    let mut notices = Vec::new();
    let paths: Vec<&[u8]> = ledger.inputs.iter().map(|input| &input.path[..]).collect();
    let same = (0..paths.len()).filter(|&index| paths[..index].contains(&paths[index])).count() as u64;
    if same > 0 {
        notices.push(("same_input", same, paths.len() as u64));
    }
    let of_side = |side: &'static str| ledger.inputs.iter().filter(move |input| input.side == side);
    let mut copies = 0;
    for side in ["customers", "purchases"] {
        let names: Vec<(&[u8], &[u8])> = of_side(side).map(|input| without_compression(&input.path)).collect();
        for (index, (name, ending)) in names.iter().enumerate() {
            // Reading: each file is compared with the first of that name.
            let first = names[..index].iter().find(|(other, _)| other == name);
            copies += u64::from(first.is_some_and(|(_, other)| !other.eq_ignore_ascii_case(ending)));
        }
    }
    if copies > 0 {
        notices.push(("compressed_copy", copies, paths.len() as u64));
    }
    let several = ["customers", "purchases"].into_iter().filter(|side| of_side(side).count() > 1);
    let empty = several.flat_map(of_side).filter(|input| input.records == 0).count() as u64;
    if empty > 0 {
        notices.push(("empty_input", empty, paths.len() as u64));
    }
    let marks = |index: usize| {
        let input = options.input(index);
        let left = input.bytes.chunks(3).take_while(|three| *three == b"\xEF\xBB\xBF").count();
        // The conversion from UTF-16 has dropped one.
        let dropped = input.stored.as_ref().is_some_and(|stored| stored.encoding.is_some());
        left + usize::from(dropped && left > 0)
    };
    let doubled = (0..paths.len()).filter(|&index| marks(index) > 1).count() as u64;
    if doubled > 0 {
        notices.push(("doubled_byte_order_mark", doubled, paths.len() as u64));
    }
    if groups.iter().any(|group| leaves_out_one_year(group, groups)) {
        notices.push(("group_gaps", seen.in_other, customers.accepted));
    }
    let accepted = purchases.matched + purchases.unmatched;
    if 2 * purchases.matched < accepted {
        notices.push(("few_matched", purchases.matched, accepted));
    }
    for key in PLACEHOLDERS {
        if let Some(&count) = seen.matched.get(key.as_bytes()) {
            notices.push(("placeholder_key", count, purchases.matched));
        }
    }
    let without_age = customers.age_missing + customers.age_invalid;
    if customers.accepted > 0 && without_age == customers.accepted {
        notices.push(("no_readable_age", without_age, customers.accepted));
    }
    // Digits beyond the ninth are zeros and do not count.
    let three: Vec<u128> =
        seen.amounts.iter().filter(|(digits, _)| *digits == 3).map(|(_, amount)| amount.unsigned_abs()).collect();
    let billion = 1_000_000_000;
    let like_thousands = three.iter().all(|amount| *amount >= billion && *amount < 1000 * billion);
    let longest = seen.amounts.iter().map(|(digits, _)| *digits).max();
    let with_two = seen.amounts.iter().any(|(digits, _)| *digits == 2);
    if !three.is_empty() && like_thousands && longest == Some(3) && with_two {
        notices.push(("thousands_separators", three.len() as u64, seen.amounts.len() as u64));
    }
    let open = |index: &usize| ledger.inputs[*index].records > 0 && options.input(*index).bytes.last() != Some(&LF);
    let open = (0..ledger.inputs.len()).filter(open).count() as u64;
    if open > 0 {
        notices.push(("no_final_line_ending", open, ledger.inputs.len() as u64));
    }
    notices
}

/// A path without the ending of a compressed file, and the ending.
fn without_compression(path: &[u8]) -> (&[u8], &[u8]) {
    let dot = path.iter().rposition(|&byte| byte == b'.').unwrap_or(0);
    let (name, ending) = path.split_at(dot);
    let endings = [".gz", ".zst", ".bz2", ".xz", ".zip"];
    match endings.iter().any(|known| ending.eq_ignore_ascii_case(known.as_bytes())) {
        true => (name, ending),
        false => (path, b""),
    }
}

/// Whether the next group begins exactly one year after the end of this one; both bounds are whole.
fn leaves_out_one_year(group: &Group, groups: &[Group]) -> bool {
    let Some(end) = group.upper.as_ref().and_then(|upper| upper.whole_number()) else { return false };
    // Reading: a gap above the highest valid age leaves nobody out.
    let next = groups.iter().map(|other| &other.lower).filter(|lower| Some(*lower) >= group.upper.as_ref()).min();
    end < 150 && next.and_then(|next| next.whole_number()) == Some(end + 1)
}
