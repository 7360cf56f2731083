//! What became of every record, for purchases and for customers.

use super::content::Content;
use super::flow::{Flow, Outcome, Shade, draw};
use super::scrolled;
use crate::model::join::Join;
use crate::model::readable_numbers::{count, counted};
use maud::{Markup, html};

pub(super) fn section(content: &Content<'_>) -> Markup {
    let odd = oddities(content);
    html! {
        section aria-labelledby="journey" {
            h2 id="journey" { "Where every record went" }
            (scrolled("Where the purchases went", &draw("purchases-flow", &purchases(content))))
            (scrolled("Where the customers went", &draw("customers-flow", &customers(content))))
            p id="rows" { (rows(content)) }
            @if !odd.is_empty() { p { "Kept as they are: " (odd.join(", ")) "." } }
        }
    }
}

fn purchases(content: &Content<'_>) -> Flow {
    let purchases = &content.report.purchases;
    let spending = content.money(&purchases.unmatched_spending);
    let unmatched = match content.config.join {
        Join::Full | Join::Left => (format!("kept in the group Unknown: {spending}"), Shade::Neutral),
        Join::Inner => (format!("left out by the inner join: {spending}"), Shade::LeftOut),
    };
    Flow {
        read: purchases.records,
        what: "purchases read",
        outcomes: vec![
            outcome(
                purchases.matched,
                "with a customer",
                "counted in the age group of the customer".to_owned(),
                Shade::Kept,
            ),
            outcome(purchases.unmatched, "without a customer", unmatched.0, unmatched.1),
            rejected(purchases.rejected),
        ],
    }
}

fn customers(content: &Content<'_>) -> Flow {
    let customers = &content.report.customers;
    let without = match content.config.join {
        Join::Full => ("kept: one row each, without a purchase", Shade::Neutral),
        Join::Left => ("left out by the left join", Shade::LeftOut),
        Join::Inner => ("left out by the inner join", Shade::LeftOut),
    };
    Flow {
        read: customers.records,
        what: "customers read",
        outcomes: vec![
            outcome(
                customers.with_purchases,
                "with purchases",
                "in the rows of their purchases".to_owned(),
                Shade::Kept,
            ),
            outcome(customers.without_purchases, "without purchases", without.0.to_owned(), without.1),
            rejected(customers.rejected),
        ],
    }
}

fn outcome(records: u64, name: &'static str, meaning: String, shade: Shade) -> Outcome {
    Outcome { records, name, meaning, shade }
}

fn rejected(records: u64) -> Outcome {
    let meaning = if records == 0 { String::new() } else { "left out; listed in rejects.csv".to_owned() };
    outcome(records, "rejected", meaning, Shade::Rejected)
}

/// The number of rows of the combined data, as a sum of its parts.
fn rows(content: &Content<'_>) -> Markup {
    let (report, join) = (content.report, content.config.join);
    let parts = [
        (count(report.purchases.matched), "with a customer", true),
        (count(report.purchases.unmatched), "without a customer", join != Join::Inner),
        (counted(report.customers.without_purchases, "customer"), "without purchases", join == Join::Full),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|part| part.2).map(|(number, what, _)| format!("{number} {what}")).collect();
    html! {
        (parts.join(" + ")) " = "
        strong { (counted(report.combined.rows, "row")) }
        @if content.config.combined { " of combined data." } @else { " of combined data, which was not written." }
    }
}

/// The numbers of accepted records with a missing or unreadable value.
fn oddities(content: &Content<'_>) -> Vec<String> {
    let (customers, purchases) = (&content.report.customers, &content.report.purchases);
    let odd = [
        (purchases.key_missing, "purchase", "without a key"),
        (purchases.amount_missing, "purchase", "without an amount"),
        (customers.key_missing, "customer", "without a key"),
        (customers.age_missing, "customer", "without an age"),
        (customers.age_invalid, "customer", "with an age that cannot be read"),
    ];
    odd.iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, who, what)| format!("{} {what}", counted(*number, who)))
        .collect()
}
