//! What the set was made from: the inputs, the options, and the command that makes it again.

use super::command::command;
use super::content::Content;
use crate::error::escape_line;
use crate::model::delimiter_source::DelimiterSource;
use crate::model::digest::Digest;
use crate::model::join::Join;
use crate::model::limit::OverLimit;
use crate::model::ragged::Ragged;
use crate::model::readable_numbers::{count, counted};
use crate::model::sides::Sides;
use crate::output::report_dialects::InputDialect;
use crate::output::report_parts::DecodedSummary;
use maud::{Markup, html};

/// Maximum number of inputs shown.
const MAX_INPUTS: usize = 50;
/// Maximum number of characters shown of a path.
const MAX_PATH_CHARS: usize = 300;
/// Maximum number of characters shown of the value of an option.
const MAX_OPTION_CHARS: usize = 1000;

pub(super) fn inputs(content: &Content<'_>) -> Markup {
    let inputs = &content.report.inputs;
    html! {
        section aria-labelledby="inputs" {
            h2 id="inputs" { "Inputs" }
            div.scroll tabindex="0" role="region" aria-label="Table of inputs" {
                table id="inputs-table" {
                    thead {
                        tr {
                            th scope="col" { "File" }
                            th scope="col" { "Side" }
                            th.n scope="col" { "Records" }
                            th.n scope="col" { "Bytes" }
                            th scope="col" { "Fingerprint" }
                        }
                    }
                    tbody {
                        @for input in inputs.iter().take(MAX_INPUTS) {
                            tr {
                                th scope="row" { code { (path(&input.path)) } }
                                td { (input.side.name()) }
                                td.n {
                                    (count(input.records))
                                    @for (number, how) in [(input.padded, "padded"), (input.trimmed, "trimmed")] {
                                        @if number > 0 { br; span.muted { (count(number)) " " (how) } }
                                    }
                                }
                                td.n {
                                    (count(input.bytes))
                                    @if let Some(decoded) = &input.decoded {
                                        br; span.muted { (count(decoded.bytes)) " after " (decoding(decoded)) }
                                    }
                                }
                                td {
                                    span.muted { "CRC-32 " } code { (input.crc32) }
                                    @if let Some(sha256) = &input.sha256 {
                                        br; span.muted { "SHA-256 " } code { (sha256) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(more) = inputs.len().checked_sub(MAX_INPUTS).filter(|&more| more > 0) {
                p.muted { "and " (counted(more as u64, "more input")) " in report.json" }
            }
        }
    }
}

/// How an input was decoded, in words.
fn decoding(decoded: &DecodedSummary) -> String {
    let DecodedSummary { compression, encoding, .. } = decoded;
    let steps = [compression, encoding].into_iter().flatten();
    steps.map(|step| format!("decoding {step}")).collect::<Vec<_>>().join(" and ")
}

pub(super) fn again(content: &Content<'_>) -> Markup {
    let command = command(content.config);
    html! {
        section aria-labelledby="again" {
            h2 id="again" { "How to make it again" }
            p { "With the same inputs, this command writes the same bytes:" }
            pre id="command" { code { (command.text) } }
            @for note in &command.notes { p.muted { (note) } }
            h3 { "Options in force" }
            dl.options id="options" {
                @for (name, value) in options(content) {
                    dt { (name) }
                    dd { (value) }
                }
            }
        }
    }
}

/// The names and values of the options.
fn options(content: &Content<'_>) -> Vec<(&'static str, Markup)> {
    let options = &content.report.options;
    let join = match content.config.join {
        Join::Full => "full: every purchase and every customer",
        Join::Left => "left: every purchase",
        Join::Inner => "inner: only purchases with a customer",
    };
    let over_limit = match options.over_limit {
        OverLimit::Hold => "held",
        OverLimit::Publish => "published",
        OverLimit::Discard => "discarded",
    };
    let code = |text: &str| html! { code { (cut(&escape_line(text), MAX_OPTION_CHARS)) } };
    let byte = |byte: char| match byte {
        '\t' => html! { "tab" },
        byte => code(&byte.to_string()),
    };
    let delimiter = |side: &InputDialect| {
        let source = match side.delimiter_source {
            DelimiterSource::Option => "",
            DelimiterSource::Header => ", found in the header",
            DelimiterSource::SepLine => ", named by the line sep=",
            DelimiterSource::Default => ", since there is no header",
        };
        html! { (byte(side.delimiter)) (source) }
    };
    let dialects = content.report.dialects();
    let columns = |columns: &[(&str, &String)]| {
        html! {
            @for (index, (role, name)) in columns.iter().enumerate() {
                @if index > 0 { ", " }
                (role) " " (code(name))
            }
        }
    };
    let customers = [
        ("key", &options.customers_key),
        ("first name", &options.first_name),
        ("last name", &options.last_name),
        ("age", &options.age),
    ];
    let purchases = [("key", &options.purchases_key), ("amount", &options.amount)];
    let mut list = vec![
        ("Join", html! { (join) }),
        ("Age groups", code(&options.age_groups)),
        ("Customers columns", columns(&customers)),
        ("Purchases columns", columns(&purchases)),
        ("Delimiter", of_sides(dialects.as_ref().map(delimiter))),
        ("Quote", of_sides(dialects.as_ref().map(|side| side.quote.map_or_else(|| html! { "none" }, byte)))),
        (
            "Encoding",
            of_sides(Sides {
                customers: code(&options.customers_encoding),
                purchases: code(&options.purchases_encoding),
            }),
        ),
        ("Rejected records allowed", html! { (options.max_rejects) }),
        ("Unmatched purchases allowed", html! { (options.max_unmatched.as_deref().unwrap_or("no limit")) }),
        ("A set beyond a limit", html! { (over_limit) }),
        ("Longest record", html! { (count(options.max_record_bytes as u64)) " bytes" }),
        ("Combined data", combined(content)),
    ];
    // These have no value unless set.
    let escapes = dialects.as_ref().map(|side| side.escape.map_or_else(|| html! { "none" }, byte));
    if dialects.customers.escape.is_some() || dialects.purchases.escape.is_some() {
        list.push(("Escape", of_sides(escapes)));
    }
    let comments = dialects.as_ref().map(|side| side.comment.map_or_else(|| html! { "none" }, byte));
    if dialects.customers.comment.is_some() || dialects.purchases.comment.is_some() {
        list.push(("Comments begin with", of_sides(comments)));
    }
    if dialects.customers.skip_lines > 0 || dialects.purchases.skip_lines > 0 {
        list.push(("Lines skipped at the start", of_sides(dialects.as_ref().map(|side| html! { (side.skip_lines) }))));
    }
    let blanks = dialects.as_ref().map(|side| html! { @if side.skip_initial_space { "skipped" } @else { "kept" } });
    if dialects.customers.skip_initial_space || dialects.purchases.skip_initial_space {
        list.push(("Blanks at the start of a field", of_sides(blanks)));
    }
    let ragged = dialects.as_ref().map(|side| match side.ragged {
        Ragged::Reject => html! { "rejected" },
        Ragged::Pad => html! { "filled with empty fields, without surplus empty ones" },
    });
    if [&dialects.customers, &dialects.purchases].iter().any(|side| side.ragged == Ragged::Pad) {
        list.push(("Records with another number of fields", of_sides(ragged)));
    }
    if options.match_columns {
        list.push(("Columns of further files", html! { "in any order" }));
    }
    let names = |side: &InputDialect| match &side.columns {
        Some(names) => code(&names.join(",")),
        None => html! { "in the header" },
    };
    if dialects.customers.columns.is_some() || dialects.purchases.columns.is_some() {
        list.push(("Column names", of_sides(dialects.as_ref().map(names))));
    }
    if options.digest == Some(Digest::Sha256) {
        list.push(("Digest", html! { "SHA-256" }));
    }
    let texts = [("Chart title", &options.chart_title), ("Currency", &options.currency)];
    list.extend(texts.into_iter().filter_map(|(name, text)| Some((name, code(text.as_deref()?)))));
    list
}

/// Whether and how the combined data is written.
fn combined(content: &Content<'_>) -> Markup {
    let options = &content.report.options;
    let sizes = content.combined.and_then(|file| Some((file.plain.as_ref()?.bytes, file.bytes)));
    html! {
        @if options.combined { "written" } @else { "not written" }
        @if let Some(compression) = options.compress {
            ", compressed with " (compression.to_string())
            @if let Some((plain, bytes)) = sizes { " from " (count(plain)) " to " (counted(bytes, "byte")) }
        }
    }
}

/// The values of both sides: one if they are the same.
fn of_sides(values: Sides<Markup>) -> Markup {
    let Sides { customers, purchases } = values;
    match customers.0 == purchases.0 {
        true => customers,
        false => html! { "customers " (customers) "; purchases " (purchases) },
    }
}

/// A path for display. The start of a long path is cut, because its end says more.
fn path(path: &str) -> String {
    let escaped = escape_line(path);
    match escaped.chars().count().checked_sub(MAX_PATH_CHARS) {
        None | Some(0) => escaped,
        Some(excess) => format!("…{}", escaped.chars().skip(excess).collect::<String>()),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… (the rest is in report.json)", &text[..end]),
    }
}
