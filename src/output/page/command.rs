//! The command that makes a set again: the options that change the output, and no others.

use super::shell::quote;
use crate::config::Config;
use crate::model::csv_format::CsvFormat;
use crate::model::digest::Digest;
use crate::model::encoding::Encoding;
use crate::model::limit::OverLimit;
use crate::model::sides::Sides;
use std::os::unix::ffi::OsStrExt as _;

/// Maximum number of inputs of each side that the command names.
const MAX_INPUTS: usize = 50;
/// The longest value that the command shows, in bytes.
const MAX_VALUE_BYTES: usize = 1000;

pub(super) struct Command {
    /// One option on each line.
    pub(super) text: String,
    /// What the command lacks, and where to find it.
    pub(super) notes: Vec<String>,
}

/// The command for a configuration. Options with their default value are left out, except for the inputs.
pub(super) fn command(config: &Config) -> Command {
    let default = Config::new("", "", "");
    let mut lines = Lines { lines: vec!["spendfold run".to_owned()], notes: vec![] };
    for (side, paths) in [("customers", &config.customers), ("purchases", &config.purchases)] {
        for path in paths.iter().take(MAX_INPUTS) {
            lines.add(side, path.as_os_str().as_bytes());
        }
        if let Some(more) = paths.len().checked_sub(MAX_INPUTS).filter(|&more| more > 0) {
            lines.notes.push(format!("The command lacks {more} more {side} inputs; inputs in report.json lists all."));
        }
    }
    if config.join != default.join {
        lines.add("join", config.join.name().as_bytes());
    }
    if config.age_groups.spec() != default.age_groups.spec() {
        lines.add("age-groups", config.age_groups.spec().as_bytes());
    }
    for (option, written) in [("no-combined", config.combined), ("no-html", config.html)] {
        if !written {
            lines.flag(option);
        }
    }
    if let Some(compression) = config.compress {
        lines.add("compress", compression.to_string().as_bytes());
    }
    let (columns, usual) = (&config.columns, &default.columns);
    for (option, value, default) in [
        ("customers-key", &columns.customers_key, &usual.customers_key),
        ("purchases-key", &columns.purchases_key, &usual.purchases_key),
        ("first-name", &columns.first_name, &usual.first_name),
        ("last-name", &columns.last_name, &usual.last_name),
        ("age", &columns.age, &usual.age),
        ("amount", &columns.amount, &usual.amount),
    ] {
        if value != default {
            lines.add(option, value);
        }
    }
    formats(&config.formats, &mut lines);
    if config.match_columns {
        lines.flag("match-columns");
    }
    for_each_side(&config.encodings, |prefix, encoding| {
        if *encoding != Encoding::default() {
            lines.add(&format!("{prefix}encoding"), encoding.name().as_bytes());
        }
    });
    if config.max_record_bytes != default.max_record_bytes {
        lines.add("max-record-bytes", config.max_record_bytes.to_string().as_bytes());
    }
    if config.max_rejects.text() != default.max_rejects.text() {
        lines.add("max-rejects", config.max_rejects.text().as_bytes());
    }
    if let Some(limit) = &config.max_unmatched {
        lines.add("max-unmatched", limit.text().as_bytes());
    }
    if config.over_limit != default.over_limit {
        let name = match config.over_limit {
            OverLimit::Hold => "hold",
            OverLimit::Publish => "publish",
            OverLimit::Discard => "discard",
        };
        lines.add("over-limit", name.as_bytes());
    }
    if config.digest == Some(Digest::Sha256) {
        lines.add("digest", b"sha256");
    }
    if let Some(title) = &config.chart_title {
        lines.add("chart-title", title.as_bytes());
    }
    if let Some(currency) = &config.currency {
        lines.add("currency", currency.as_bytes());
    }
    Command { text: lines.lines.join(" \\\n    "), notes: lines.notes }
}

/// Calls `add` with the prefix of the options and their values: once for both sides if they are the same, else for each
/// side.
fn for_each_side<T: PartialEq>(values: &Sides<T>, mut add: impl FnMut(&str, &T)) {
    if values.customers == values.purchases {
        return add("", &values.customers);
    }
    add("customers-", &values.customers);
    add("purchases-", &values.purchases);
}

/// Adds the options about the formats: those for both sides if both have the same format, else those of each side.
fn formats(formats: &Sides<CsvFormat>, lines: &mut Lines) {
    for_each_side(formats, |prefix, values| format(prefix, values, lines));
    for (option, format) in [("customers-columns", &formats.customers), ("purchases-columns", &formats.purchases)] {
        if let Some(names) = &format.columns {
            lines.add(option, &names.join(&b','));
        }
    }
}

/// Adds the options about a format, with a prefix.
fn format(prefix: &str, format: &CsvFormat, lines: &mut Lines) {
    let CsvFormat { delimiter, quote, escape, comment, skip_lines, columns, skip_initial_space, ragged } = format;
    let default = CsvFormat::default();
    if let Some(delimiter) = delimiter {
        let value = if *delimiter == b'\t' { b"tab" } else { std::slice::from_ref(delimiter) };
        lines.add(&format!("{prefix}delimiter"), value);
    }
    match quote {
        None => lines.flag(&format!("{prefix}no-quoting")),
        Some(byte) if *quote != default.quote => lines.add(&format!("{prefix}quote"), &[*byte]),
        Some(_) => {}
    }
    for (option, byte) in [("escape", escape), ("comment", comment)] {
        if let Some(byte) = byte {
            lines.add(&format!("{prefix}{option}"), &[*byte]);
        }
    }
    if *skip_lines != 0 {
        lines.add(&format!("{prefix}skip-lines"), skip_lines.to_string().as_bytes());
    }
    if columns.is_some() {
        lines.flag(&format!("{prefix}no-header"));
    }
    if *skip_initial_space {
        lines.flag(&format!("{prefix}skip-initial-space"));
    }
    if *ragged != default.ragged {
        lines.add(&format!("{prefix}ragged"), ragged.name().as_bytes());
    }
}

struct Lines {
    lines: Vec<String>,
    notes: Vec<String>,
}

impl Lines {
    fn flag(&mut self, option: &str) {
        self.lines.push(format!("--{option}"));
    }

    fn add(&mut self, option: &str, value: &[u8]) {
        if value.len() > MAX_VALUE_BYTES {
            self.lines.push(format!("--{option} …"));
            self.notes.push(format!("The value of --{option} is too long for this page; report.json has it."));
            return;
        }
        let quoted = quote(value);
        // A value that begins with a hyphen, other than standard input, would be taken for an option.
        let between = if value.starts_with(b"-") && value != b"-" { '=' } else { ' ' };
        self.lines.push(format!("--{option}{between}{quoted}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Setting;
    use crate::model::age_group::AgeGroups;
    use crate::model::compression::Compression;
    use crate::model::join::Join;
    use crate::model::limit::Limit;
    use crate::model::ragged::Ragged;

    #[test]
    fn defaults_are_left_out_except_for_the_inputs() {
        let config = Config::new("data/customers.csv", "data/purchases.csv", "anywhere");
        let expected = "spendfold run \\\n    --customers data/customers.csv \\\n    --purchases data/purchases.csv";
        assert_eq!(command(&config).text, expected);
    }

    #[test]
    fn every_option_that_changes_the_output_is_named_and_quoted() {
        let mut config = Config::new("-", "-my file.csv", "o");
        config.purchases.push("$HOME/p.csv".into());
        config.join = Join::Inner;
        config.age_groups = AgeGroups::parse("All ages=0+").expect("groups");
        config.combined = false;
        config.compress = Some(Compression::parse("gz:9").expect("valid"));
        config.columns.amount = b"pr\xe9is".to_vec();
        config.formats = Sides::both(CsvFormat::new().delimiter(b'\t').no_quoting());
        config.encodings.purchases = Encoding::Latin1;
        config.max_record_bytes = 5;
        config.max_rejects = Limit::parse(Setting::MaxRejects, "0.5%").expect("a limit");
        config.max_unmatched = Some(Limit::Count(7));
        config.over_limit = OverLimit::Publish;
        config.digest = Some(Digest::Sha256);
        config.html = false;
        config.chart_title = Some("It's spending".to_owned());
        config.currency = Some("€".to_owned());
        (config.threads, config.chunk_bytes, config.sync, config.mmap) = (3, 7, true, false);
        let lines = [
            "spendfold run",
            "--customers -",
            "--purchases='-my file.csv'",
            "--purchases '$HOME/p.csv'",
            "--join inner",
            "--age-groups 'All ages=0+'",
            "--no-combined",
            "--no-html",
            "--compress gz:9",
            r"--amount $'pr\351is'",
            "--delimiter tab",
            "--no-quoting",
            "--purchases-encoding latin1",
            "--max-record-bytes 5",
            "--max-rejects 0.5%",
            "--max-unmatched 7",
            "--over-limit publish",
            "--digest sha256",
            r"--chart-title 'It'\''s spending'",
            "--currency '€'",
        ];
        assert_eq!(command(&config).text, lines.join(" \\\n    "));
    }

    #[test]
    fn formats_that_differ_are_named_for_each_side() {
        let mut config = Config::new("c", "p", "o");
        config.formats.purchases = CsvFormat::new()
            .delimiter(b',')
            .quote(b'|')
            .comment(b'#')
            .columns(["a", "b c"])
            .skip_lines(2)
            .ragged(Ragged::Pad);
        config.match_columns = true;
        let text = command(&config).text;
        let lines: Vec<&str> = text.lines().rev().take(8).map(|line| line.trim_end_matches(" \\").trim()).collect();
        let expected = [
            "--match-columns",
            "--purchases-columns 'a,b c'",
            "--purchases-ragged pad",
            "--purchases-no-header",
            "--purchases-skip-lines 2",
            "--purchases-comment '#'",
            "--purchases-quote '|'",
            "--purchases-delimiter ,",
        ];
        assert_eq!(lines, expected);
        assert!(!text.contains("customers-delimiter"), "{text}");
    }

    #[test]
    fn a_long_command_is_shortened_and_says_so() {
        let mut config = Config::new("c", "p", "o");
        config.purchases = (0..5000).map(|number| format!("{number}.csv").into()).collect();
        let groups: Vec<String> = (0..150).map(|age| format!("From {age}={age}-{}", age + 1)).collect();
        config.age_groups = AgeGroups::parse(&groups.join(",")).expect("groups");
        let Command { text, notes } = command(&config);
        assert!(text.len() < 3000 && text.contains("--age-groups …"));
        assert_eq!(notes.len(), 2);
    }
}
