//! The top of the page: the total, where it comes from in one line, exceeded limits and notices.

use super::content::Content;
use crate::error::escape_line;
use crate::model::age_group::UNKNOWN;
use crate::model::readable_numbers::{count, counted};
use maud::{Markup, html};

/// Maximum number of notices shown.
const MAX_SHOWN: usize = 50;

/// The title and the key figures.
pub(super) fn headline(content: &Content<'_>, title: &str) -> Markup {
    let report = content.report;
    let purchases: u64 = report.age_groups.iter().map(|group| group.purchases).sum();
    let unknown = report.age_groups.iter().find(|group| group.name == UNKNOWN);
    html! {
        h1 { (title) }
        dl.figures {
            div.total { dt { "Total spending" } dd { (content.money(&report.total_spending)) } }
            div {
                dt { "Purchases counted" }
                dd { (count(purchases)) " " span.muted { "of " (count(report.purchases.records)) } }
            }
            div {
                dt { "Customers accepted" }
                dd { (count(report.customers.accepted)) " " span.muted { "of " (count(report.customers.records)) } }
            }
            div {
                dt { "Records rejected" }
                dd {
                    (count(report.rejected())) " " span.muted { "of " (count(report.records())) }
                }
            }
            @if let Some(unknown) = unknown {
                div {
                    dt { "Without a known age" }
                    dd { (content.money(&unknown.total_spending)) }
                }
            }
        }
    }
}

/// The limits that the set exceeds, whether or not it was accepted later.
pub(super) fn exceeded(content: &Content<'_>) -> Markup {
    let limits = &content.report.exceeded;
    html! {
        @if !limits.is_empty() {
            section.alert aria-labelledby="exceeded" {
                h2 id="exceeded" { @if limits.len() == 1 { "A limit is exceeded" } @else { "Limits are exceeded" } }
                @for limit in limits { p { (limit.to_string()) "." } }
            }
        }
    }
}

/// What a reader should know before using the figures.
pub(super) fn notices(content: &Content<'_>) -> Markup {
    let notices = &content.report.notices;
    html! {
        @if !notices.is_empty() {
            section.notices aria-labelledby="notices" {
                h2 id="notices" { "Before you use these figures" }
                ul {
                    @for notice in notices.iter().take(MAX_SHOWN) {
                        li { (escape_line(&notice.message)) br; span.muted { (escape_line(&notice.fix)) } }
                    }
                    @if let Some(more) = notices.len().checked_sub(MAX_SHOWN).filter(|&more| more > 0) {
                        li.muted { "and " (counted(more as u64, "more notice")) " in report.json" }
                    }
                }
            }
        }
    }
}
