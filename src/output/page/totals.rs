//! The table of the age groups.

use super::content::{Content, number};
use crate::error::escape_line;
use crate::model::readable_numbers::{count, counted, percent};
use maud::{Markup, html};
use std::iter::repeat_with;

/// Maximum number of groups shown.
const MAX_ROWS: usize = 100;

pub(super) fn section(content: &Content<'_>) -> Markup {
    let (report, totals) = (content.report, content.totals);
    // Negative totals have no shares.
    let sum = totals.iter().all(|&total| total >= 0).then(|| totals.iter().map(|total| total.unsigned_abs()).sum());
    let share = |total: i128| sum.map(|sum: u128| percent(total.unsigned_abs(), sum));
    let bounds = content.config.age_groups.bounds().chain(repeat_with(|| None));
    let rows = report.age_groups.iter().zip(totals).zip(bounds).take(MAX_ROWS);
    html! {
        section aria-labelledby="totals" {
            h2 id="totals" { "Spending by age group" }
            div.scroll tabindex="0" role="region" aria-label="Table of age groups" {
                table id="totals-table" {
                    thead {
                        tr {
                            th scope="col" { "Age group" }
                            th scope="col" { "Ages" }
                            th.n scope="col" {
                                "Total spending"
                                @if let Some(currency) = &content.config.currency { " (" (escape_line(currency)) ")" }
                            }
                            @if sum.is_some() { th.n scope="col" { "Share" } }
                            th.n scope="col" { "Purchases" }
                            th.n scope="col" { "Customers" }
                        }
                    }
                    tbody {
                        @for ((group, &total), bounds) in rows {
                            tr {
                                th scope="row" { (escape_line(&group.name)) }
                                td.ages { (bounds.unwrap_or_default()) }
                                td.n { (number(&group.total_spending)) }
                                @if let Some(share) = share(total) { td.n { (share) } }
                                td.n { (count(group.purchases)) }
                                td.n { (count(group.customers)) }
                            }
                        }
                    }
                    tfoot {
                        tr {
                            th scope="row" { "Total" }
                            td {}
                            td.n { (number(&report.total_spending)) }
                            @if sum.is_some() { td.n {} }
                            td.n { (count(report.age_groups.iter().map(|group| group.purchases).sum())) }
                            td.n { (count(report.age_groups.iter().map(|group| group.customers).sum())) }
                        }
                    }
                }
            }
            @if let Some(more) = report.age_groups.len().checked_sub(MAX_ROWS).filter(|&more| more > 0) {
                p.muted { (counted(more as u64, "more group")) " in age_group_spending.csv; the last row is the sum of all." }
            }
        }
    }
}
