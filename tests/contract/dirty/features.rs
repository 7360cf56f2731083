//! The features of a case: they show that the generator reaches every rule.

use std::collections::BTreeSet;

use super::super::oracle::{LedgerInput, Options, Outcome, RejectSample};

/// The features that a case and its outcome contain.
pub(crate) fn features(options: &Options, outcome: &Outcome) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut note = |holds: bool, name: &str| {
        if holds {
            seen.insert(name.to_string());
        }
    };
    note(true, &format!("status {}", outcome.status));
    let (customers, purchases) = (&options.customers_format, &options.purchases_format);
    note(true, &format!("delimiter {:?}", purchases.delimiter.map(char::from)));
    note(true, &format!("quote {:?}", purchases.quote.map(char::from)));
    note(customers != purchases, "formats differ");
    note(true, &format!("purchases files: {}", options.purchases.len()));
    note(true, &format!("customers files: {}", options.customers.len()));
    for input in options.inputs() {
        let bytes = &input.bytes;
        note(bytes.starts_with(b"\xEF\xBB\xBF"), "byte order mark");
        note(!bytes.ends_with(b"\n"), "no final newline");
        note(bytes.ends_with(b"\r"), "carriage return at end of input");
        note(contains(bytes, b"\r\r\n"), "two carriage returns");
        note(contains(bytes, b"\r\n"), "CRLF");
        note(bytes.starts_with(b"\n") || bytes.starts_with(b"\r\n"), "blank line before the header");
    }
    if let Some(error) = outcome.error {
        note(true, &format!("fatal {:?}", error.kind));
        note(error.file.is_some_and(|file| file < options.customers.len()), "fatal in customers");
        note(error.file.is_some_and(|file| file >= options.customers.len()), "fatal in purchases");
        note(error.place.is_some_and(|place| place.column > 1), "fatal place inside a line");
    }
    let Some(ledger) = &outcome.ledger else {
        return seen;
    };
    note(true, &format!("join {:?}", options.join));
    for dialect in &ledger.dialects {
        note(true, &format!("delimiter {:?} from {}", char::from(dialect.delimiter), dialect.source));
    }
    let [read, written] = &ledger.dialects;
    note(!read.writes_like(written), "customers written anew");
    note(read.writes_like(written) && read.skip_initial_space, "initial blanks copied");
    note(customers.escape.is_some() && read.writes_like(written), "escapes copied");
    note(customers.escape.is_some() && written.escape.is_none(), "escapes removed");
    note(written.escape.is_some() && !read.writes_like(written), "escapes written");
    note(written.escape.is_some() && written.quote.is_none(), "escapes without quotes");
    note(customers.skip_initial_space || purchases.skip_initial_space, "initial blanks");
    note(customers.columns.is_some() || purchases.columns.is_some(), "no header");
    let arranged = |count: fn(&LedgerInput) -> u64| ledger.inputs.iter().map(count);
    note(arranged(|input| input.padded).next() > Some(0), "padded customers");
    note(arranged(|input| input.trimmed).next() > Some(0), "trimmed customers");
    note(arranged(|input| input.padded).skip(1).sum::<u64>() > 0, "padded purchases");
    note(arranged(|input| input.trimmed).skip(1).sum::<u64>() > 0, "trimmed purchases");
    note(options.match_columns && options.purchases.len() > 1, "columns matched");
    note(ledger.customers.comments + ledger.purchases.comments > 0, "comments");
    note(ledger.customers.skipped_lines + ledger.purchases.skipped_lines > 0, "skipped lines");
    note(options.no_combined, "no combined data");
    note(options.compress.is_some(), "compressed combined data");
    let of_other = |sample: &RejectSample| sample.text.windows(4).any(|part| part == b" of ");
    note(ledger.reject_samples.iter().any(of_other), "duplicate of several files");
    for (notice, _, _) in &ledger.notices {
        note(true, &format!("notice {notice}"));
    }
    for (reason, _) in &ledger.rejects {
        note(true, &format!("reject {reason}"));
    }
    let rejects = outcome.files.get("rejects.csv").map_or(&b""[..], Vec::as_slice);
    note(contains(rejects, b",repeated header,\"\xEF\xBB\xBF"), "repeated header after a byte order mark");
    let (c, p) = (&ledger.customers, &ledger.purchases);
    let counts = [
        ("customers without key", c.key_missing),
        ("customers with purchases", c.with_purchases),
        ("customers without purchases", c.without_purchases),
        ("ages missing", c.age_missing),
        ("ages invalid", c.age_invalid),
        ("blank lines", c.blank_lines + p.blank_lines),
        ("matched", p.matched),
        ("unmatched", p.unmatched),
        ("purchases without key", p.key_missing),
        ("amounts missing", p.amount_missing),
    ];
    for (name, count) in counts {
        note(count > 0, name);
    }
    note(c.records == 0, "no customers");
    note(p.records == 0, "no purchases");
    note(ledger.total_spending.starts_with('-'), "negative total");
    let fraction = ledger.total_spending.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    note(true, &format!("fraction digits {fraction}"));
    for line in &ledger.age_groups {
        note(["Other", "Unknown"].contains(&line.age_group.as_str()), &format!("group {}", line.age_group));
    }
    if let Some(combined) = outcome.files.get("combined_data.csv") {
        let lines = combined.iter().filter(|&&byte| byte == b'\n').count() as u64;
        note(lines > ledger.combined_rows + 1, "quoted newline");
        note(contains(combined, b"\r\n"), "quoted CRLF");
        note(combined.contains(&0), "NUL");
        note(std::str::from_utf8(combined).is_err(), "not UTF-8");
        note(purchases.quote.is_some_and(|quote| contains(combined, &[quote; 2])), "doubled quotes");
        for name in ["full_name", "age_group", "note", "first_name", "age", "price"] {
            note(contains(combined, format!("customer_{name}").as_bytes()), &format!("prefixed {name}"));
        }
        note(contains(combined, b"\"customer_we"), "prefixed and quoted");
    }
    seen
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::super::oracle::run;
    use super::super::case;
    use super::*;

    /// Over 2,000 seeds each feature occurs at least this often.
    const OFTEN: [(&str, usize); 2] = [("status 0", 500), ("status 3", 500)];

    /// Over 2,000 seeds each of these occurs at least five times.
    const EVERY: [&str; 113] = [
        "status 1",
        "status 2",
        "status 4",
        "delimiter None",
        "delimiter Some(',')",
        "delimiter Some(';')",
        "delimiter Some('\\t')",
        "delimiter Some('|')",
        "delimiter ',' from header",
        "delimiter ';' from header",
        "delimiter '\\t' from header",
        "delimiter '|' from header",
        "delimiter ',' from option",
        "delimiter ';' from sep_line",
        "formats differ",
        "customers written anew",
        "escapes copied",
        "escapes removed",
        "escapes written",
        "escapes without quotes",
        "reject escape at end of input",
        "initial blanks copied",
        "initial blanks",
        "no header",
        "padded customers",
        "trimmed customers",
        "padded purchases",
        "trimmed purchases",
        "columns matched",
        "comments",
        "skipped lines",
        "delimiter ',' from default",
        "reject cannot be written without quotes",
        "quote None",
        "quote Some('\"')",
        "quote Some('\\'')",
        "purchases files: 1",
        "purchases files: 2",
        "purchases files: 3",
        "customers files: 1",
        "customers files: 2",
        "customers files: 3",
        "duplicate of several files",
        "notice compressed_copy",
        "notice empty_input",
        "byte order mark",
        "no final newline",
        "carriage return at end of input",
        "two carriage returns",
        "CRLF",
        "blank line before the header",
        "fatal Configuration",
        "fatal Encoding",
        "fatal NoHeader",
        "fatal HeaderTextAfterQuote",
        "fatal HeaderCarriageReturn",
        "fatal UnclosedQuote",
        "fatal RecordTooLong",
        "fatal MissingColumn",
        "fatal DoubledColumn",
        "fatal HeadersDiffer",
        "fatal NameTaken",
        "fatal Rejected",
        "fatal in customers",
        "fatal in purchases",
        "fatal place inside a line",
        "join Full",
        "join Left",
        "join Inner",
        "no combined data",
        "reject text after closing quote",
        "reject bare carriage return",
        "reject wrong number of fields",
        "reject empty record",
        "reject repeated header",
        "repeated header after a byte order mark",
        "reject amount is not a decimal number",
        "reject amount has more than 9 fraction digits",
        "reject amount has more than 18 integer digits",
        "reject duplicate customer",
        "customers without key",
        "customers with purchases",
        "customers without purchases",
        "ages missing",
        "ages invalid",
        "blank lines",
        "matched",
        "unmatched",
        "purchases without key",
        "amounts missing",
        "no customers",
        "no purchases",
        "negative total",
        "fraction digits 0",
        "fraction digits 1",
        "fraction digits 2",
        "fraction digits 5",
        "fraction digits 9",
        "group Other",
        "group Unknown",
        "quoted newline",
        "quoted CRLF",
        "NUL",
        "not UTF-8",
        "doubled quotes",
        "prefixed full_name",
        "prefixed age_group",
        "prefixed note",
        "prefixed first_name",
        "prefixed age",
        "prefixed price",
        "prefixed and quoted",
        "status 0",
    ];

    #[test]
    fn two_thousand_seeds_reach_every_rule() {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for seed in 0..2000 {
            let options = case(seed);
            for feature in features(&options, &run(&options)) {
                *counts.entry(feature).or_default() += 1;
            }
        }
        for (feature, count) in &counts {
            println!("{count:5} {feature}");
        }
        let count = |feature: &str| counts.get(feature).copied().unwrap_or(0);
        for (feature, least) in EVERY.map(|feature| (feature, 5)).into_iter().chain(OFTEN) {
            assert!(count(feature) >= least, "{feature}: {}", count(feature));
        }
        assert!(count("status 0") + count("status 3") >= 1650);
    }

    #[test]
    fn the_same_seed_gives_the_same_case() {
        assert_eq!(format!("{:?}", case(7)), format!("{:?}", case(7)));
    }
}
