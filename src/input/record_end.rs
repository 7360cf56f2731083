//! Finds the record end at which a chunk is cut, never inside quotes.
//!
//! This is the sequential part of parsing, so it tracks only the quoted regions ([`super::quote_state`]). Up to the
//! target size, bytes before the first quote cost one `memchr`. The search is resumable: when a pipe delivers a long
//! record piece by piece, only the last partial block is scanned again.

use super::byte_masks::{ByteMasks, padded};
use super::quote_state::QuoteState;
use super::record_scanner::RecordScanner;
use crate::exec::cpu::{Cpu, CpuWork, dispatch};
use crate::model::dialect::Dialect;

/// The first record end at or after `want` bytes (at least 1) of `bytes`, which must begin at the start of a record.
/// `None` if `bytes` ends before that.
#[cfg(any(test, feature = "internals"))]
pub fn cut(bytes: &[u8], want: usize, dialect: Dialect) -> Option<usize> {
    RecordEnd::new(want, dialect).find(bytes)
}

/// A resumable search for the first record end at or after a number of bytes.
#[derive(Debug)]
pub(crate) struct RecordEnd {
    dialect: Dialect,
    /// An LF outside quotes at or after this offset ends the search.
    target: usize,
    /// Where the next call resumes; every byte before it has been scanned.
    scanned: usize,
    /// The state of the automaton at `scanned`; `None` before the first quote and the target, where all bytes are
    /// outside quotes.
    quoting: Option<QuoteState>,
    /// Scans byte by byte if the dialect is not plain; it has read the bytes before `scanned`.
    scanner: Option<RecordScanner>,
}

impl RecordEnd {
    /// A search for the first record end at or after `want` bytes (at least 1).
    pub(crate) fn new(want: usize, dialect: Dialect) -> Self {
        let scanner = (!dialect.is_plain()).then(|| RecordScanner::new(dialect));
        Self { dialect, target: want - 1, scanned: 0, quoting: None, scanner }
    }

    /// Searches `bytes`, which must begin at the start of a record; each call must pass the bytes of the previous call
    /// and may add more. Returns the length of the complete records, or `None` if `bytes` ends before that.
    pub(crate) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        #[cfg(test)]
        let from = self.scanned;
        let end = self.resume(bytes);
        #[cfg(test)]
        scanned::add(end.unwrap_or(bytes.len()) - from);
        end
    }

    fn resume(&mut self, bytes: &[u8]) -> Option<usize> {
        let (dialect, target) = (self.dialect, self.target);
        if let Some(scanner) = &mut self.scanner {
            let from = std::mem::replace(&mut self.scanned, bytes.len());
            let ends = |at: &usize| scanner.step(bytes[*at]) && *at >= target;
            return (from..bytes.len()).find(ends).map(|at| at + 1);
        }
        let Some(quote) = dialect.quote else {
            let from = self.scanned.max(target).min(bytes.len());
            self.scanned = bytes.len();
            return memchr::memchr(b'\n', &bytes[from..]).map(|lf| from + lf + 1);
        };
        let quoting = match self.quoting {
            Some(quoting) => quoting,
            None => {
                let before_target = &bytes[self.scanned..bytes.len().min(target)];
                match memchr::memchr(quote, before_target) {
                    Some(first) => self.scanned += first,
                    None => self.scanned += before_target.len(),
                }
                if self.scanned == bytes.len() {
                    return None;
                }
                QuoteState::outside(bytes, self.scanned, dialect)
            }
        };
        let scan = Scan { bytes, from: self.scanned, target, quoting, dialect };
        let (end, scanned, quoting) = dispatch(scan);
        (self.scanned, self.quoting) = (scanned, Some(quoting));
        end
    }
}

/// The search for a record end, 64 bytes at a time.
struct Scan<'a> {
    bytes: &'a [u8],
    /// The offset at which to begin.
    from: usize,
    target: usize,
    /// The state of the automaton at `from`.
    quoting: QuoteState,
    dialect: Dialect,
}

impl CpuWork for Scan<'_> {
    /// The end if there is one, and the offset and state from which to resume.
    type Output = (Option<usize>, usize, QuoteState);

    #[inline(always)]
    fn run(self, cpu: impl Cpu) -> Self::Output {
        let Self { bytes, from, target, mut quoting, dialect } = self;
        let (blocks, rest) = bytes[from..].as_chunks::<64>();
        // In the blocks before the target, record ends are of no interest.
        let (before, after) = blocks.split_at(blocks.len().min(target.saturating_sub(from) / 64));
        for block in before {
            quoting.step(&ByteMasks::of(block, dialect, cpu));
        }
        let mut base = from + before.len() * 64;
        let mut resume = (base, quoting);
        let last = (!rest.is_empty()).then(|| padded(rest));
        for block in after.iter().chain(&last) {
            resume = (base, quoting);
            let masks = ByteMasks::of(block, dialect, cpu);
            let ends = masks.lf & !quoting.step(&masks).inside;
            let wanted = ends & (u64::MAX << target.saturating_sub(base).min(63));
            if wanted != 0 {
                return (Some(base + wanted.trailing_zeros() as usize + 1), base, quoting);
            }
            base += 64;
        }
        // A partial block is scanned again once more bytes have arrived.
        if last.is_none() {
            resume = (base, quoting);
        }
        (None, resume.0, resume.1)
    }
}

/// Counts scanned bytes, so that tests can assert that the search takes linear time.
#[cfg(test)]
pub(super) mod scanned {
    use std::cell::Cell;

    thread_local!(static BYTES: Cell<usize> = const { Cell::new(0) });

    pub(super) fn add(bytes: usize) {
        BYTES.set(BYTES.get() + bytes);
    }

    /// The bytes scanned by this thread since the last call.
    pub(crate) fn take() -> usize {
        BYTES.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::{Portable, run_baseline};
    use proptest::prelude::*;

    /// The contract's automaton, one byte at a time: the ends of all records and blank lines.
    fn record_ends(bytes: &[u8], dialect: Dialect) -> Vec<usize> {
        #[derive(PartialEq)]
        enum State {
            FieldStart,
            Unquoted,
            Escape,
            Quoted,
            QuoteInQuoted,
            EscapeInQuoted,
            Comment,
            RecordStart,
        }
        let mut state = State::RecordStart;
        let mut ends = vec![];
        for (at, &byte) in bytes.iter().enumerate() {
            let (quote, escape) = (Some(byte) == dialect.quote, Some(byte) == dialect.escape);
            state = match state {
                State::RecordStart if Some(byte) == dialect.comment => State::Comment,
                State::Comment if byte != b'\n' => State::Comment,
                State::Quoted if quote => State::QuoteInQuoted,
                State::Quoted if escape => State::EscapeInQuoted,
                State::Quoted | State::EscapeInQuoted => State::Quoted,
                State::Escape => State::Unquoted,
                State::QuoteInQuoted if quote => State::Quoted,
                _ if byte == b'\n' => {
                    ends.push(at + 1);
                    State::RecordStart
                }
                _ if byte == dialect.delimiter => State::FieldStart,
                _ if escape => State::Escape,
                State::FieldStart | State::RecordStart if quote => State::Quoted,
                State::FieldStart | State::RecordStart if dialect.skip_initial_space && byte == b' ' => {
                    State::FieldStart
                }
                _ => State::Unquoted,
            };
        }
        ends
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn a_cut_is_the_first_record_end_at_or_after_the_target(
            text in "[a,\"\\\\\r\n# ]{0,60}",
            quoting in any::<bool>(),
            escapes in any::<bool>(),
            comments in any::<bool>(),
            skip_initial_space in any::<bool>(),
            want in 1usize..70,
        ) {
            let (quote, escape) = (quoting.then_some(b'"'), escapes.then_some(b'\\'));
            let comment = comments.then_some(b'#');
            let dialect = Dialect { delimiter: b',', quote, escape, comment, skip_initial_space };
            let expected = record_ends(text.as_bytes(), dialect).into_iter().find(|&end| end >= want);
            prop_assert_eq!(cut(text.as_bytes(), want, dialect), expected);
        }

        #[test]
        fn a_resumed_search_agrees_with_the_automaton_in_one_pass(
            fields in prop::collection::vec("[ab]{0,9}|\"[ab]{0,70}\"|\"([ab,\n]|\"\"){0,90}\"|a\"b|\"a\"b\"|a\"{1,70}|\"|\"(\\\\[ab\",\n]|a){0,50}\"|(\\\\[\\\\\",\r\n]){0,50}", 1..20),
            ends in prop::collection::vec("[,\n]|,|\r\n", 20),
            quoting in any::<bool>(),
            escapes in any::<bool>(),
            comments in any::<bool>(),
            want in prop_oneof![Just(1), 1usize..900],
            steps in prop::collection::vec(prop_oneof![Just(1), 1usize..5, 1usize..300], 1..40),
        ) {
            let text: String = fields.iter().zip(&ends).map(|(field, end)| format!("{field}{end}")).collect();
            let (quote, escape) = (quoting.then_some(b'"'), escapes.then_some(b'\\'));
            let comment = comments.then_some(b'a');
            let dialect = Dialect { delimiter: b',', quote, escape, comment, skip_initial_space: comments };
            let bytes = text.as_bytes();
            let expected = record_ends(bytes, dialect).into_iter().find(|&end| end >= want);
            let mut search = RecordEnd::new(want, dialect);
            let mut seen = 0;
            for step in steps.iter().cycle() {
                let found = search.find(&bytes[..seen]);
                prop_assert_eq!(found, expected.filter(|&end| end <= seen), "{} bytes of {:?}", seen, text);
                if found.is_some() || seen == bytes.len() {
                    break;
                }
                seen = bytes.len().min(seen + step);
            }
        }

        #[test]
        fn every_cpu_variant_agrees_with_the_automaton(
            fields in prop::collection::vec("[ab]{0,9}|\"[ab]{0,30}\"|\"([ab,\n]|\"\"){0,90}\"|a\"b|\"a\"b\"|a\"{1,70}", 1..40),
            ends in prop::collection::vec("[,\n]|,|\r\n", 40),
            want in 1usize..900,
        ) {
            let text: String = fields.iter().zip(&ends).map(|(field, end)| format!("{field}{end}")).collect();
            let (bytes, dialect) = (text.as_bytes(), Dialect::default());
            let expected = record_ends(bytes, dialect).into_iter().find(|&end| end >= want);
            prop_assert_eq!(cut(bytes, want, dialect), expected);
            let quoting = QuoteState::outside(bytes, 0, dialect);
            let scan = || Scan { bytes, from: 0, target: want - 1, quoting, dialect };
            prop_assert_eq!(dispatch(scan()).0, expected);
            prop_assert_eq!(scan().run(Portable).0, expected);
            #[cfg(target_arch = "x86_64")]
            prop_assert_eq!(run_baseline(scan()).0, expected);
        }
    }
}
