//! The report page, `report.html`: for a reader who asks where a total comes from.
//!
//! The page is one file. It needs no scripts, images or fonts from elsewhere, and a content security policy forbids
//! them. Data reaches the page only through maud, which escapes it, after [`escape_line`](crate::error::escape_line)
//! has made control characters and bidirectional controls visible.
//!
//! ```text
//! Content ─► summary    headline, exceeded limits, notices
//!            chart      the plot of the PNG as SVG
//!            totals     the table of the age groups
//!            journey    what became of every record, drawn by flow
//!            rejected   rejects by reason, with examples
//!            origin     inputs, options, and the command that makes the set again (command, quoted by shell)
//! ```

mod command;
pub(crate) mod content;
mod flow;
mod journey;
mod origin;
mod rejected;
mod shell;
mod summary;
mod totals;

use super::file_names::combined_name;
use crate::error::escape_line;
use content::Content;
use maud::{DOCTYPE, Markup, PreEscaped, html};

static STYLE: &str = include_str!("style.css");

/// The content security policy: the page loads nothing and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// Up to this many groups, the description of the chart lists all totals.
const MAX_DESCRIBED: usize = 20;

/// The page as HTML.
pub(crate) fn render(content: &Content<'_>) -> String {
    let title = escape_line(content.title());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                // Without this, browsers request an icon from the server.
                link rel="icon" href="data:,";
                // Needs no escaping: the style sheet is part of the program.
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (summary::headline(content, &title)) }
                main {
                    (summary::exceeded(content))
                    (summary::notices(content))
                    (chart(content))
                    (totals::section(content))
                    (journey::section(content))
                    (rejected::section(content))
                    (origin::inputs(content))
                    (origin::again(content))
                }
                footer { (footer(content)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// A part that scrolls sideways on a narrow screen, which must then be possible with the keyboard alone.
fn scrolled(label: &str, part: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(label) { (part) } }
}

fn chart(content: &Content<'_>) -> Markup {
    let groups = &content.report.age_groups;
    let list = || {
        let texts: Vec<String> = groups
            .iter()
            .map(|group| format!("{}: {}", escape_line(&group.name), content.money(&group.total_spending)))
            .collect();
        format!("{}.", texts.join("; "))
    };
    let text = if groups.len() <= MAX_DESCRIBED { list() } else { "The table below has the same totals.".to_owned() };
    let title = format!("Bar chart: {}", escape_line(content.title()));
    let plot = content.chart.and_then(|chart| chart.svg(&title, &text));
    html! {
        @match plot {
            Some(plot) => figure.chart { (scrolled("Chart", &html! { (plot) })) },
            None => p.muted { "The chart has too many bars for this page; it is in total_spending_by_age_group.png." },
        }
    }
}

fn footer(content: &Content<'_>) -> Markup {
    let combined = content.config.combined;
    let name = combined_name(content.config.compress);
    html! {
        p {
            "Made by spendfold. This page is the same for the same inputs and options; time, duration and version are in "
            code { "report.json" } ". "
            @if combined { "The rows behind the totals are in " code { (name) } ", the " } @else { "The " }
            "rejected records in " code { "rejects.csv" } ". "
            "To check all files of this set against the report, run " code { "spendfold verify" } " with their directory."
        }
    }
}

#[cfg(test)]
mod tests;
