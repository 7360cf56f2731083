//! Draws how the records of one side divide, as a Sankey diagram: one block on the left, and a ribbon to each outcome
//! on the right.
//!
//! Heights are proportional to the numbers of records, but at least a hairline, so that a single rejected record among
//! millions is visible. The labels give the numbers.

use crate::model::readable_numbers::{count, percent};
use maud::{Markup, html};

/// One side of the join.
pub(super) struct Flow {
    /// The sum of the outcomes.
    pub(super) read: u64,
    pub(super) what: &'static str,
    pub(super) outcomes: Vec<Outcome>,
}

pub(super) struct Outcome {
    pub(super) records: u64,
    pub(super) name: &'static str,
    /// What the outcome means for the result; may be empty.
    pub(super) meaning: String,
    pub(super) shade: Shade,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Shade {
    Kept,
    Neutral,
    /// Left out by the kind of join.
    LeftOut,
    Rejected,
}

impl Shade {
    fn class(self) -> &'static str {
        match self {
            Self::Kept => "bar",
            Self::Neutral => "neutral",
            Self::LeftOut => "left-out",
            Self::Rejected => "negative",
        }
    }
}

const WIDTH: f64 = 1000.0;
/// Height of all records together.
const TOTAL: f64 = 96.0;
/// Smallest height of an outcome that has a record.
const HAIRLINE: f64 = 1.5;
/// Smallest distance between the middles of two outcomes, so that their labels do not touch.
const PITCH: f64 = 54.0;
const PADDING: f64 = 8.0;
/// Left edges of the blocks, and their width.
const FROM: f64 = 160.0;
const TO: f64 = 440.0;
const BLOCK: f64 = 10.0;
const LABEL_GAP: f64 = 16.0;

/// The diagram of one side; `id` makes the ids in it unique.
pub(super) fn draw(id: &str, flow: &Flow) -> Markup {
    let height = |records: u64| match records {
        0 => 0.0,
        records => (records as f64 / flow.read.max(1) as f64 * TOTAL).max(HAIRLINE),
    };
    // Stack the outcomes: each is as high as its ribbon or its label.
    let mut top = PADDING;
    let rows: Vec<(&Outcome, f64, f64)> = (flow.outcomes.iter())
        .map(|outcome| {
            let own = height(outcome.records).max(PITCH);
            let middle = top + own / 2.0;
            top += own;
            (outcome, middle, height(outcome.records))
        })
        .collect();
    let bottom = top + PADDING;
    let heights: f64 = rows.iter().map(|row| row.2).sum();
    let source = (bottom - heights) / 2.0;
    let mut from = source;
    let ribbons: Vec<(Shade, String)> = (rows.iter().filter(|row| row.2 > 0.0))
        .map(|&(outcome, middle, height)| {
            let ribbon = ribbon(from, middle - height / 2.0, height);
            from += height;
            (outcome.shade, ribbon)
        })
        .collect();
    let read = count(flow.read);
    let (title, text) = (format!("{id}-title"), format!("{id}-text"));
    let share = |records: u64| percent(records.into(), flow.read.into());
    let described = flow.outcomes.iter().map(|outcome| {
        let colon = if outcome.meaning.is_empty() { "" } else { ": " };
        format!("{} {}{colon}{}", count(outcome.records), outcome.name, outcome.meaning)
    });
    let described = described.collect::<Vec<_>>().join("; ");
    let middle = bottom / 2.0;
    html! {
        svg.flow id=(id) role="img" aria-labelledby={ (title) " " (text) } viewBox={ "0 0 " (WIDTH) " " (number(bottom)) } {
            title id=(title) { (read) " " (flow.what) }
            desc id=(text) { (described) "." }
            @for (shade, path) in &ribbons { path class={ "ribbon " (shade.class()) } d=(path) {} }
            @if heights > 0.0 {
                rect class="ink" x=(FROM) y=(number(source)) width=(BLOCK) height=(number(heights)) {}
            }
            text class="ink" x=(FROM - LABEL_GAP) y=(number(middle - 2.0)) text-anchor="end" font-size="21" font-weight="600" { (read) }
            text class="muted" x=(FROM - LABEL_GAP) y=(number(middle + 19.0)) text-anchor="end" font-size="17" { (flow.what) }
            @for (outcome, middle, height) in &rows {
                @if *height > 0.0 {
                    rect class=(outcome.shade.class()) x=(TO) y=(number(middle - height / 2.0)) width=(BLOCK) height=(number(*height)) {}
                }
                @let x = TO + BLOCK + LABEL_GAP;
                @let y = if outcome.meaning.is_empty() { middle + 7.0 } else { middle - 3.0 };
                text class="ink" x=(x) y=(number(y)) font-size="21" {
                    tspan font-weight="600" { (count(outcome.records)) } " " (outcome.name)
                    @if outcome.records > 0 { tspan class="muted" font-size="17" { " · " (share(outcome.records)) } }
                }
                @if !outcome.meaning.is_empty() {
                    text class="muted" x=(x) y=(number(middle + 19.0)) font-size="17" { (outcome.meaning) }
                }
            }
        }
    }
}

/// A ribbon of the given height between two blocks, from their upper edges `from` and `to`.
fn ribbon(from: f64, to: f64, height: f64) -> String {
    let (left, middle) = (FROM + BLOCK, (FROM + BLOCK + TO) / 2.0);
    let [from, to, from_end, to_end] = [from, to, from + height, to + height].map(number);
    format!(
        "M{left} {from}C{middle} {from} {middle} {to} {TO} {to}V{to_end}C{middle} {to_end} {middle} {from_end} {left} {from_end}Z"
    )
}

/// Formats a number with at most one decimal.
fn number(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(numbers: [u64; 3]) -> String {
        let shades = [Shade::Kept, Shade::LeftOut, Shade::Rejected];
        let outcomes = numbers.into_iter().zip(shades);
        let outcomes = outcomes.map(|(records, shade)| Outcome {
            records,
            name: "went there",
            meaning: "for a reason".to_owned(),
            shade,
        });
        draw("id", &Flow { read: numbers.iter().sum(), what: "records read", outcomes: outcomes.collect() })
            .into_string()
    }

    #[test]
    fn every_outcome_has_its_number_and_every_record_a_ribbon() {
        let some = picture([4_999_999, 0, 1]);
        assert_eq!(some.matches("<path").count(), 2);
        for text in ["5,000,000", "4,999,999", "over 99.9 %", "under 0.1 %", "0</tspan>"] {
            assert!(some.contains(text), "{text} in {some}");
        }
        // A hairline for the single record.
        assert!(some.contains("height=\"1.5\""));
        let none = picture([0, 0, 0]);
        assert!(!none.contains("<path") && !none.contains("NaN") && none.contains("records read"));
    }
}
