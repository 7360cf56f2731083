//! The rejected records by reason, with examples.

use super::content::Content;
use crate::error::escape_line;
use crate::model::readable_numbers::count;
use crate::model::reject_reason::RejectReason;
use maud::{Markup, html};

/// Maximum number of examples shown for each reason.
const MAX_SAMPLES: usize = 3;

pub(super) fn section(content: &Content<'_>) -> Markup {
    let report = content.report;
    let reasons: Vec<(RejectReason, u64)> = RejectReason::ALL
        .into_iter()
        .map(|reason| (reason, report.rejected_for(reason)))
        .filter(|(_, number)| *number > 0)
        .collect();
    let samples = |reason: RejectReason| {
        report.reject_samples.iter().filter(move |sample| sample.reason == reason.name()).take(MAX_SAMPLES)
    };
    html! {
        section aria-labelledby="rejected" {
            h2 id="rejected" { "Rejected records" }
            @if reasons.is_empty() {
                p { "No record was rejected." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Table of rejected records" {
                    table id="rejected-table" {
                        thead {
                            tr {
                                th scope="col" { "Reason" }
                                th.n scope="col" { "Records" }
                                @if !report.reject_samples.is_empty() { th scope="col" { "Examples" } }
                            }
                        }
                        tbody {
                            @for (reason, number) in reasons {
                                tr {
                                    th scope="row" { (reason.name()) }
                                    td.n { (count(number)) }
                                    @if !report.reject_samples.is_empty() {
                                        td {
                                            @for pattern in report.main_patterns().filter(|found| found.reason == reason.name()) {
                                                div.looks { (pattern.sentence()) }
                                            }
                                            @for sample in samples(reason) {
                                                div.sample {
                                                    code { (escape_line(&sample.value)) } " "
                                                    span.muted { (sample.place.to_string()) }
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                p.muted { "All rejected records are in rejects.csv, with their lines." }
            }
        }
    }
}
