//! Lays out the progress line: chooses the fields that fit into the width of the terminal.

use super::snapshot::Snapshot;
use spendfold::text::{grouped, readable_bytes};
use std::time::Duration;

/// The narrowest and the widest bar, in characters.
const BAR: (usize, usize) = (8, 30);
/// The narrowest terminal, in columns, that shows the long names of the activities.
const LONG_NAMES: usize = 75;
/// Spaces between two fields.
const GAP: usize = 2;

/// A line for a terminal. The bar, if there is one, follows `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) before: String,
    /// Width of the bar in characters, without brackets; 0 if there is none.
    pub(super) bar: usize,
    pub(super) after: String,
}

/// A field of the line. The fields have the order in which they are shown.
struct Field {
    text: String,
    /// The width in columns that is reserved, so that the line does not jump when a number grows.
    width: usize,
    /// Whether the text is right-aligned in the reserved width.
    right: bool,
    /// The field with the highest rank is dropped first.
    rank: usize,
}

impl Field {
    fn new(rank: usize, width: usize, text: String) -> Self {
        let width = width.max(text.chars().count());
        Self { text, width, right: false, rank }
    }

    fn right(self) -> Self {
        Self { right: true, ..self }
    }

    fn padded(&self) -> String {
        let Self { text, width, .. } = self;
        if self.right { format!("{text:>width$}") } else { format!("{text:<width$}") }
    }
}

/// The line for a terminal of `width` columns. The last column stays empty, because some terminals wrap a line that
/// reaches it. `bracket_width` is the width of the brackets around the bar.
pub(super) fn line(snapshot: &Snapshot, width: usize, bracket_width: usize) -> Line {
    let room = width.saturating_sub(1);
    let elapsed = Field::new(4, 4, clock(snapshot.elapsed));
    let activity = if width >= LONG_NAMES { snapshot.activity() } else { snapshot.short_activity() };
    // A longer name, as some short phases have, widens the field.
    let activity = Field::new(2, if width >= LONG_NAMES { 17 } else { 9 }, activity.to_owned());
    let rate = snapshot.reads().then(|| Field::new(3, 10, format!("{}/s", readable_bytes(snapshot.rate))));
    // The width is reserved before the first row is joined, so that the bar does not shrink then.
    let rows = match snapshot.rows {
        0 => String::new(),
        rows => format!("{} rows", grouped(&rows.to_string())),
    };
    let rows = snapshot.joins().then(|| Field::new(5, 15, rows));
    let (done, percent) = (readable_bytes(snapshot.bytes), snapshot.percent());
    let with_bar = percent.is_some();
    let mut fields = vec![elapsed];
    if let Some(percent) = percent {
        let left = snapshot.left.map_or(String::new(), |left| format!("{} left", clock_up(left)));
        let total = readable_bytes(snapshot.total_bytes.unwrap_or(0));
        fields.extend([Field::new(0, 4, format!("{percent} %")).right(), Field::new(1, 9, left).right(), activity]);
        fields.extend(rate);
        fields.extend(rows);
        fields.push(Field::new(6, 20, format!("{done} of {total}")));
    } else {
        fields.push(Field::new(0, 8, done).right());
        fields.extend(rate.map(|rate| Field { rank: 1, ..rate }));
        fields.push(activity);
        fields.extend(rows);
    }
    fit(fields, room, with_bar.then_some(bracket_width))
}

/// Drops fields by rank until the rest fits. A bar of the smallest width is kept longer than any field except the
/// percentage and the time left.
fn fit(mut fields: Vec<Field>, room: usize, brackets: Option<usize>) -> Line {
    let total =
        |fields: &[Field]| fields.iter().map(|field| field.width).sum::<usize>() + GAP * fields.len().saturating_sub(1);
    let bar_and_gap = brackets.map_or(0, |brackets| BAR.0 + brackets + GAP);
    while total(&fields) + bar_and_gap > room
        && let Some(last) = fields.iter().map(|field| field.rank).max().filter(|&rank| rank > 1)
    {
        fields.retain(|field| field.rank != last);
    }
    let free = room.saturating_sub(total(&fields));
    let bar = brackets.map_or(0, |brackets| free.saturating_sub(brackets + GAP).min(BAR.1));
    let bar = if bar >= BAR.0 { bar } else { 0 };
    if bar == 0 {
        // Even without the bar, there may be no room for the time left.
        while total(&fields) > room && fields.pop().is_some() {}
    }
    let join = |fields: &[Field]| fields.iter().map(Field::padded).collect::<Vec<_>>().join("  ");
    let starts_with_time = brackets.is_some() && fields.first().is_some_and(|field| field.rank == 4);
    let (before, after) = fields.split_at(usize::from(starts_with_time));
    Line { before: join(before), bar, after: join(after).trim_end().to_owned() }
}

/// A duration as `0:07`, `12:34` or `1:02:03`, rounded down.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Like [`clock`], but rounded up to at least `0:01`, because some time is left until the end.
fn clock_up(duration: Duration) -> String {
    clock(Duration::from_secs(duration.as_secs_f64().ceil().max(1.0) as u64))
}

/// The line of text for a log.
pub(super) fn plain(snapshot: &Snapshot) -> String {
    let bytes = readable_bytes(snapshot.bytes);
    let share = match (snapshot.percent(), snapshot.total_bytes) {
        (Some(percent), Some(total)) => format!("{percent} %, {bytes} of {}", readable_bytes(total)),
        _ => bytes,
    };
    let mut line = format!("{}: {share}", snapshot.activity());
    if snapshot.reads() {
        line += &format!(", {}/s", readable_bytes(snapshot.rate));
    }
    if snapshot.rows > 0 {
        line += &format!(", {} rows", grouped(&snapshot.rows.to_string()));
    }
    line += &format!(", {} s elapsed", snapshot.elapsed.as_secs());
    if let Some(left) = snapshot.left {
        line += &format!(", {:.0} s left", left.as_secs_f64().ceil());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use spendfold::Phase;

    const JOINING: Snapshot = Snapshot {
        phase: Phase::Purchases,
        bytes: 1_234_567_890,
        total_bytes: Some(2_876_543_210),
        rows: 12_345_678,
        elapsed: Duration::from_secs(5),
        rate: 412_000_000,
        fraction: Some(0.435),
        left: Some(Duration::from_millis(6400)),
    };

    /// The line as text, with `#` for the bar.
    fn text(snapshot: &Snapshot, width: usize, brackets: usize) -> String {
        let Line { before, bar, after } = line(snapshot, width, brackets);
        let bar = if bar == 0 { String::new() } else { format!("{}  ", "#".repeat(bar + brackets)) };
        let before = if before.is_empty() { before } else { before + "  " };
        before + &bar + &after
    }

    #[test]
    fn less_important_fields_are_dropped_first() {
        for (width, expected) in [
            (
                120,
                "0:05  ##########################  43 %  0:07 left  joining purchases  412.0 MB/s  12,345,678 rows  1.2 GB of 2.9 GB",
            ),
            (80, "0:05  ########  43 %  0:07 left  joining purchases  412.0 MB/s  12,345,678 rows"),
            (60, "0:05  #########  43 %  0:07 left  purchases  412.0 MB/s"),
            (40, "###########  43 %  0:07 left  purchases"),
            (28, "##########  43 %  0:07 left"),
            (20, "43 %  0:07 left"),
            (12, "43 %"),
            (4, ""),
            (0, ""),
        ] {
            // Numbers are right-aligned in the width reserved for them.
            let squeezed =
                |text: &str| text.split_whitespace().filter(|word| !word.contains('#')).collect::<Vec<_>>().join(" ");
            let found = text(&JOINING, width, 0);
            assert_eq!(squeezed(&found), squeezed(expected), "{width}: {found}");
            assert_eq!(found.contains('#'), expected.contains('#'), "{width}: {found}");
        }
    }

    #[test]
    fn no_line_reaches_the_last_column() {
        let phases = [
            Phase::Opening,
            Phase::Customers,
            Phase::Purchases,
            Phase::UnmatchedCustomers,
            Phase::Finishing,
            Phase::Syncing,
            Phase::Publishing,
            Phase::Verifying,
            Phase::Generating,
        ];
        for phase in phases {
            for (rows, seconds) in [(0, 0), (7, 59), (123_456_789_012, 400_000)] {
                for fraction in [None, Some(0.0), Some(0.005), Some(1.0)] {
                    let (elapsed, left) = (Duration::from_secs(seconds), Some(Duration::from_secs(seconds)));
                    let snapshot = Snapshot { phase, rows, elapsed, fraction, left, rate: 999_949_999, ..JOINING };
                    for width in 0..200 {
                        for brackets in [0, 2] {
                            let text = text(&snapshot, width, brackets);
                            assert!(text.chars().count() < width.max(1), "{width}: {text}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_bar_keeps_its_width_while_numbers_grow() {
        let width = |snapshot: Snapshot| line(&snapshot, 100, 0).bar;
        let start = Snapshot { rows: 0, bytes: 10, rate: 1000, fraction: Some(0.01), left: None, ..JOINING };
        assert_eq!(width(start), width(JOINING));
        assert_eq!(width(Snapshot { phase: Phase::Customers, ..start }), width(JOINING));
    }

    #[test]
    fn an_unknown_size_has_no_percentage() {
        let snapshot = Snapshot { total_bytes: None, fraction: None, left: None, ..JOINING };
        let line = line(&snapshot, 80, 0);
        assert_eq!((line.bar, line.before.as_str()), (0, ""));
        assert_eq!(line.after.trim_start(), "0:05    1.2 GB  412.0 MB/s  joining purchases  12,345,678 rows");
        assert_eq!(plain(&snapshot), "joining purchases: 1.2 GB, 412.0 MB/s, 12,345,678 rows, 5 s elapsed");
    }

    #[test]
    fn a_line_for_a_log_has_every_field() {
        assert_eq!(
            plain(&JOINING),
            "joining purchases: 43 %, 1.2 GB of 2.9 GB, 412.0 MB/s, 12,345,678 rows, 5 s elapsed, 7 s left"
        );
        let last = Snapshot { phase: Phase::Publishing, fraction: Some(1.0), ..JOINING };
        assert!(plain(&last).starts_with("publishing: 99 %, 1.2 GB of 2.9 GB, 12,345,678 rows, "), "{}", plain(&last));
    }

    #[test]
    fn durations_as_on_a_clock() {
        for (milliseconds, down, up) in [
            (0, "0:00", "0:01"),
            (1200, "0:01", "0:02"),
            (59_999, "0:59", "1:00"),
            (754_000, "12:34", "12:34"),
            (3_723_000, "1:02:03", "1:02:03"),
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!((clock(duration).as_str(), clock_up(duration).as_str()), (down, up));
        }
    }
}
