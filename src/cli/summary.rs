//! The summary on standard error after a run: age groups with bars, ledger and rejects. Columns are aligned by the
//! width of text on a terminal: a CJK character or an emoji takes two cells, a combining mark none.

use spendfold::generate::{GenerateOptions, Generated};
use spendfold::report::{AgeGroupTotal, DelimiterSource, InputDialect, InputSummary, Side, Sides};
use spendfold::text::{escape, escape_path, grouped, readable_bytes};
use spendfold::{Job, Join, Money, Outcome, Report};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Width of the longest bar, in characters.
const BAR_WIDTH: usize = 24;

/// The summary of a run.
pub(crate) fn summary(job: &Job, report: &Report) -> String {
    let mut text = table(&report.age_groups, report.total_spending);
    let (customers, purchases) = (&report.customers, &report.purchases);
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\npurchases  {} = {} matched + {} unmatched + {} rejected",
        count(purchases.records),
        count(purchases.matched),
        count(purchases.unmatched),
        count(purchases.rejected)
    );
    let _ = writeln!(
        text,
        "customers  {} = {} with purchases + {} without + {} rejected",
        count(customers.records),
        count(customers.with_purchases),
        count(customers.without_purchases),
        count(customers.rejected)
    );
    let kept = if report.options.join == Join::Inner { "left out" } else { "in Unknown" };
    let _ =
        writeln!(text, "spending without a customer  {} ({kept})", grouped(&purchases.unmatched_spending.to_string()));
    let odd = [
        (purchases.key_missing, "purchase", "without a key"),
        (purchases.amount_missing, "purchase", "without an amount"),
        (customers.key_missing, "customer", "without a key"),
        (customers.age_missing, "customer", "without an age"),
        (customers.age_invalid, "customer", "with an age that cannot be read"),
    ];
    let odd: Vec<String> = odd
        .iter()
        .filter(|(number, _, _)| *number > 0)
        .map(|(number, who, what)| format!("{} {who}{} {what}", count(*number), if *number == 1 { "" } else { "s" }))
        .collect();
    if !odd.is_empty() {
        let _ = writeln!(text, "kept as they are  {}", odd.join(", "));
    }
    let Sides { customers, purchases } = &report.dialects;
    if [customers, purchases].iter().any(|side| side.delimiter_source != DelimiterSource::Option) {
        let _ = writeln!(text, "delimiters  customers {}, purchases {}", delimiter(customers), delimiter(purchases));
    }
    for side in [Side::Customers, Side::Purchases] {
        text.push_str(&files(side, report));
    }
    text.push_str(&decoded(report));
    text.push_str(&ragged(report));
    let rows = if report.options.combined { "combined rows" } else { "combined rows (not written)" };
    let dir = match report.outcome {
        Outcome::Published => format!(" → {}", escape_path(job.out_dir_path())),
        Outcome::Held => format!(" → {}/held", escape_path(job.out_dir_path())),
        Outcome::Discarded => String::new(),
    };
    let _ = writeln!(text, "{rows}  {} in {:.2} s{dir}", count(report.combined.rows), report.run.seconds);
    for output in &report.outputs {
        if let Some(plain) = &output.plain {
            let (plain, stored) = (readable_bytes(plain.bytes), readable_bytes(output.bytes));
            let _ = writeln!(text, "compressed  {plain} to {stored} in {}", output.path);
        }
    }
    if report.rejected() > 0 {
        let file = if dir.is_empty() { dir } else { dir + "/rejects.csv" };
        let _ = writeln!(text, "\nrejected  {}{file}", count(report.rejected()));
        for (reason, number) in &report.rejects {
            let _ = writeln!(text, "  {:>12}  {reason}", count(*number));
            for sample in report.reject_samples.iter().filter(|sample| sample.reason == reason.name()) {
                let _ = writeln!(text, "                {}: {}", sample.place, sample.value);
            }
            for pattern in report.main_patterns().filter(|pattern| pattern.reason == reason.name()) {
                let _ = writeln!(text, "                {pattern}");
            }
        }
    }
    text
}

/// The numbers of ragged records that were padded or trimmed.
fn ragged(report: &Report) -> String {
    lines_of_inputs("ragged records", report, |input| {
        let counts = [(input.padded, "padded"), (input.trimmed, "trimmed")];
        let counts = counts.iter().filter(|(number, _)| *number > 0);
        let counts: Vec<String> = counts.map(|(number, how)| format!("{} {how}", count(*number))).collect();
        (!counts.is_empty()).then(|| counts.join(", "))
    })
}

/// How inputs were decoded.
fn decoded(report: &Report) -> String {
    lines_of_inputs("decoded", report, |input| {
        let decoded = input.decoded.as_ref()?;
        let how = [&decoded.compression, &decoded.encoding].into_iter().flatten();
        let how: Vec<&str> = how.map(String::as_str).collect();
        Some(format!("{}: {} bytes → {}", how.join(", "), count(input.bytes), count(decoded.bytes)))
    })
}

/// A line for each input of which something is said, up to a limit.
fn lines_of_inputs(title: &str, report: &Report, say: impl Fn(&InputSummary) -> Option<String>) -> String {
    /// Inputs that are listed.
    const LISTED: usize = 12;
    let mut text = String::new();
    let mut inputs = report.inputs.iter().filter_map(|input| Some((input, say(input)?)));
    for (input, said) in inputs.by_ref().take(LISTED) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{title}  {}  {said}", escape(input.path.as_bytes()));
    }
    let more = inputs.count() as u64;
    if more > 0 {
        let _ = writeln!(text, "{title}  {} more inputs, listed in report.json", count(more));
    }
    text
}

/// The files of a side and their records, if it has several files.
fn files(side: Side, report: &Report) -> String {
    /// Files that are listed at the start and at the end of the list.
    const FIRST: usize = 10;
    const LAST: usize = 2;
    let files: Vec<_> = report.inputs.iter().filter(|input| input.side == side).collect();
    let mut text = String::new();
    if files.len() < 2 {
        return text;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} files  {}", side.name(), count(files.len() as u64));
    let line = |file: &&InputSummary| format!("  {:>12}  {}\n", count(file.records), escape(file.path.as_bytes()));
    if files.len() <= FIRST + LAST {
        text.extend(files.iter().map(line));
    } else {
        let left_out = count((files.len() - FIRST - LAST) as u64);
        text.extend(files[..FIRST].iter().map(line));
        let _ = writeln!(text, "  {:>12}  {left_out} more files, listed in report.json", "...");
        text.extend(files[files.len() - LAST..].iter().map(line));
    }
    text
}

/// The delimiter of a side, as a value of the option `--delimiter`, and where it comes from.
fn delimiter(side: &InputDialect) -> String {
    let name = match side.delimiter {
        '\t' => "tab".to_owned(),
        ' ' => "space".to_owned(),
        // Bytes above 127 are characters of two bytes in UTF-8.
        byte if byte.is_ascii_graphic() => format!("'{byte}'"),
        byte => format!("\\x{:02x}", u32::from(byte)),
    };
    let source = match side.delimiter_source {
        DelimiterSource::SepLine => " (from its sep= line)",
        _ => "",
    };
    name + source
}

/// The last JSON progress line of a run, with its totals.
pub(crate) fn json(report: &Report) -> String {
    format!(
        r#"{{"phase":"done","seconds":{:.3},"records":{},"rejected":{},"combined_rows":{}}}"#,
        report.run.seconds,
        report.records(),
        report.rejected(),
        report.combined.rows
    )
}

/// The last JSON progress line of `generate`, with its totals.
pub(crate) fn generated_json(result: &Generated, elapsed: std::time::Duration) -> String {
    let answer = &result.answer;
    format!(
        r#"{{"phase":"done","seconds":{:.3},"bytes":{},"customers":{},"purchases":{},"rejected":{},"total_spending":"{}"}}"#,
        elapsed.as_secs_f64(),
        result.files.iter().map(|file| file.bytes).sum::<u64>(),
        answer.customers.records,
        answer.purchases.records,
        answer.customers.rejected + answer.purchases.rejected,
        answer.total_spending
    )
}

/// The summary of `generate`: its files and the expected results of a run on them.
pub(crate) fn generated(options: &GenerateOptions, result: &Generated, elapsed: std::time::Duration) -> String {
    let answer = &result.answer;
    let mut text = String::new();
    for file in &result.files {
        let path = escape_path(&options.out_dir.join(&file.path));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{path}  {} bytes, CRC-32 {}", count(file.bytes), file.crc32);
    }
    let bytes: u64 = result.files.iter().map(|file| file.bytes).sum();
    let seconds = elapsed.as_secs_f64();
    let _ = writeln!(
        text,
        "{} customers and {} purchases, seed {}: {} in {seconds:.2} s ({}/s)",
        count(answer.customers.records),
        count(answer.purchases.records),
        options.seed,
        readable_bytes(bytes),
        readable_bytes((bytes as f64 / seconds.max(1e-9)) as u64)
    );
    let _ = writeln!(text, "a run must find a total spending of {}", grouped(&answer.total_spending));
    let rejected = answer.customers.rejected + answer.purchases.rejected;
    if rejected > 0 {
        let _ = writeln!(text, "and reject {} records: give it --max-rejects 100%", count(rejected));
    }
    text
}

/// A count with thousands separators.
fn count(number: u64) -> String {
    grouped(&number.to_string())
}

fn table(groups: &[AgeGroupTotal], total: Money) -> String {
    let rows: Vec<[String; 4]> = groups
        .iter()
        .map(|group| {
            // `escape` never shortens a name, since names have at most 64 bytes.
            [
                escape(group.name.as_bytes()),
                grouped(&group.total_spending.to_string()),
                count(group.purchases),
                count(group.customers),
            ]
        })
        .collect();
    let head = ["age group", "total spending", "purchases", "customers"].map(str::to_owned);
    let total_row = ["total".to_owned(), grouped(&total.to_string()), String::new(), String::new()];
    let width = |column: usize| {
        let all = rows.iter().chain([&head, &total_row]);
        all.map(|row| row[column].width()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), width(3)];
    // Floats decide only the lengths of the bars; the numbers beside them are exact.
    let spending: Vec<f64> = groups.iter().map(|group| group.total_spending.to_f64()).collect();
    let largest = spending.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let mut text = String::new();
    let mut line = |row: &[String; 4], bar: &str| {
        // `{:<width$}` pads by characters, so only the numbers are left to it.
        let name_padding = " ".repeat(widths[0] - row[0].width());
        let line = format!(
            "{}{name_padding}  {:>b$}  {:>c$}  {:>d$}  {bar}",
            row[0],
            row[1],
            row[2],
            row[3],
            b = widths[1],
            c = widths[2],
            d = widths[3]
        );
        let _ = writeln!(text, "{}", line.trim_end());
    };
    line(&head, "");
    for (row, spending) in rows.iter().zip(&spending) {
        let length = if largest > 0.0 { (spending.abs() / largest * BAR_WIDTH as f64).round() as usize } else { 0 };
        let bar = if *spending < 0.0 { "▒" } else { "█" }.repeat(length);
        line(row, &bar);
    }
    line(&total_row, "");
    text
}
