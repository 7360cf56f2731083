//! Blocks of 64 bytes against one byte at a time.

use super::*;
use crate::exec::cpu::{Portable, run_baseline};
use crate::input::cursor::RecordCursor;
use proptest::prelude::*;

/// One byte at a time, straight from the contract.
fn naive(bytes: &[u8], dialect: Dialect) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        FieldStart,
        Unquoted,
        Quoted,
        AfterQuote,
    }
    let (mut at, mut lines, mut quoted_lfs, mut special) = (vec![u32::MAX], vec![], vec![], 0);
    let mut state = State::FieldStart;
    for (place, &byte) in bytes.iter().enumerate() {
        let quote = Some(byte) == dialect.quote;
        let before_lf = byte == b'\r' && bytes.get(place + 1) == Some(&b'\n');
        state = match state {
            State::Quoted if quote => State::AfterQuote,
            State::Quoted => {
                if byte == b'\n' {
                    quoted_lfs.push(place as u32);
                }
                State::Quoted
            }
            State::AfterQuote if quote => {
                special = SLOW_PATH;
                State::Quoted
            }
            State::FieldStart if quote => State::Quoted,
            _ if byte == b'\n' || byte == dialect.delimiter => {
                if byte == b'\n' {
                    lines.push(at.len() as u32 | special);
                    special = 0;
                }
                at.push(place as u32);
                State::FieldStart
            }
            _ => {
                if (state == State::AfterQuote || byte == b'\r') && !before_lf {
                    special = SLOW_PATH;
                }
                State::Unquoted
            }
        };
    }
    if state == State::Quoted || bytes.last().is_some_and(|&byte| byte != b'\n') {
        lines.push(at.len() as u32 | SLOW_PATH);
        at.push(bytes.len() as u32);
    }
    (at, lines, quoted_lfs)
}

/// All marks of a text are those of the naive way, found in this way.
fn agree(marks: &StructuralIndex, bytes: &[u8], dialect: Dialect) -> Result<(), TestCaseError> {
    let (at, lines, quoted_lfs) = naive(bytes, dialect);
    let found = marks.view();
    prop_assert_eq!((found.at, found.lines, &marks.quoted_lfs), (&at[..], &lines[..], &quoted_lfs));
    prop_assert_eq!(found.cr, bytes.contains(&b'\r'));
    prop_assert_eq!(marks.line_feeds(), bytes.iter().filter(|&&byte| byte == b'\n').count() as u64);
    prop_assert!(marks.quote == dialect.quote.filter(|quote| bytes.contains(quote)));
    Ok(())
}

fn texts() -> impl Strategy<Value = String> {
    let field = "[ab]{0,9}|\"[ab]{0,30}\"|\"([ab,\n\r]|\"\"){0,90}\"|a\"b|5\" n|\"x\"y|a\"{1,70}|\"\"|\r";
    let regular = prop::collection::vec((field, ",|,|\n|\r\n"), 0..60);
    prop_oneof![
        "[a,\"\r\n]{0,300}",
        "[ab,\n]{0,300}",
        // Blocks of nothing but marks.
        "[,\n]{0,300}|(\n{60,200}|,{60,200}|a){0,4}",
        "([a-f]{0,9},[a-z]{3},\"?[0-9]{2}\"?\r?\n){0,30}",
        regular.prop_map(|fields| fields.iter().map(|(field, end)| format!("{field}{end}")).collect::<String>()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn blocks_agree_with_bytes(text in texts(), chopped in 0usize..4, quoting in any::<bool>()) {
        let dialect = Dialect { delimiter: b',', quote: quoting.then_some(b'"') };
        let bytes = &text.as_bytes()[..text.len() - chopped.min(text.len())];
        let mut marks = StructuralIndex::default();
        marks.find(bytes, dialect);
        agree(&marks, bytes, dialect)?;
        Find { marks: &mut marks, bytes, dialect }.run(Portable);
        agree(&marks, bytes, dialect)?;
        #[cfg(target_arch = "x86_64")]
        {
            run_baseline(Find { marks: &mut marks, bytes, dialect });
            agree(&marks, bytes, dialect)?;
        }
    }

    #[test]
    fn lines_before_a_record_are_the_line_feeds_before_it(text in texts()) {
        let mut marks = StructuralIndex::default();
        marks.find(text.as_bytes(), Dialect::default());
        let mut cursor = RecordCursor::default();
        for line in 0..marks.lines.len() {
            let start = marks.at[line.checked_sub(1).map_or(0, |line| (marks.lines[line] & !SLOW_PATH) as usize)].wrapping_add(1);
            let expected = text.as_bytes()[..start as usize].iter().filter(|&&byte| byte == b'\n').count();
            prop_assert_eq!(cursor.line(marks.view(), start) as usize, expected);
            cursor.advance(marks.view());
        }
    }
}
