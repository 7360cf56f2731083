//! Where a chunk may end: at a true record end, whatever stands in quotes.
//!
//! The automaton of the contract runs ahead of the workers, but only its quote states matter for finding
//! record ends, so it hops from quote to quote. A file without quotes costs one `memchr` a chunk.

use crate::dialect::Dialect;

/// The first record end at or after `want` bytes: how many bytes of `bytes`, which must begin where a
/// record begins, make whole records. `want` must be at least 1. `None`: `bytes` ends before that.
pub(crate) fn cut(bytes: &[u8], want: usize, dialect: Dialect) -> Option<usize> {
    // An LF outside quotes at or after this place ends the chunk.
    let target = want - 1;
    let Some(quote) = dialect.quote else {
        return memchr::memchr(b'\n', bytes.get(target..)?).map(|lf| target + lf + 1);
    };
    let mut place = 0;
    loop {
        // Outside quotes at `place`: only a quote that opens a field matters before the target.
        let found = if place < target {
            memchr::memchr(quote, &bytes[place..target.min(bytes.len())]).map(|hop| place + hop)
        } else {
            None
        };
        let at = match found {
            Some(at) => at,
            None => {
                place = place.max(target);
                let at = place + memchr::memchr2(quote, b'\n', bytes.get(place..)?)?;
                if bytes[at] == b'\n' {
                    return Some(at + 1);
                }
                at
            }
        };
        place = at + 1;
        // Outside quotes, an LF always ends a record and a delimiter always ends a field.
        let opens = at == 0 || bytes[at - 1] == b'\n' || bytes[at - 1] == dialect.delimiter;
        if opens {
            place = after_closing_quote(bytes, place, quote)?;
        }
    }
}

/// Inside quotes at `place`: the place after the quote that closes them.
fn after_closing_quote(bytes: &[u8], mut place: usize, quote: u8) -> Option<usize> {
    loop {
        let at = place + memchr::memchr(quote, bytes.get(place..)?)?;
        match bytes.get(at + 1) {
            Some(&next) if next == quote => place = at + 2,
            // At the very end the next byte could still double it; whoever calls has more bytes or the end.
            Some(_) => return Some(at + 1),
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The contract's automaton, one byte at a time: the ends of all records and blank lines.
    fn record_ends(bytes: &[u8], dialect: Dialect) -> Vec<usize> {
        #[derive(PartialEq)]
        enum State {
            FieldStart,
            Unquoted,
            Quoted,
            QuoteInQuoted,
        }
        let mut state = State::FieldStart;
        let mut ends = vec![];
        for (place, &byte) in bytes.iter().enumerate() {
            let quote = Some(byte) == dialect.quote;
            state = match state {
                State::Quoted if quote => State::QuoteInQuoted,
                State::Quoted => State::Quoted,
                State::QuoteInQuoted if quote => State::Quoted,
                _ if byte == b'\n' => {
                    ends.push(place + 1);
                    State::FieldStart
                }
                _ if byte == dialect.delimiter => State::FieldStart,
                State::FieldStart if quote => State::Quoted,
                _ => State::Unquoted,
            };
        }
        ends
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn every_cut_is_the_first_record_end_not_before_it(text in "[a,\"\r\n]{0,60}", quoting in any::<bool>(), want in 1usize..70) {
            let dialect = Dialect { delimiter: b',', quote: quoting.then_some(b'"') };
            let expected = record_ends(text.as_bytes(), dialect).into_iter().find(|&end| end >= want);
            prop_assert_eq!(cut(text.as_bytes(), want, dialect), expected);
        }
    }
}
