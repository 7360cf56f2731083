//! The slow twin of the SIMD scan: finds record ends one byte at a time, for dialects with rules that the SIMD scan
//! lacks (escapes, comments, initial blanks).

use crate::model::dialect::Dialect;

/// The automaton of docs/contract.md#records. It can stop and resume at any byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordScanner {
    dialect: Dialect,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    RecordStart,
    FieldStart,
    Unquoted,
    /// After an escape byte outside quotes.
    Escape,
    Quoted,
    /// After an escape byte inside quotes.
    QuotedEscape,
    /// After a quote in a quoted field: it closes the field, or is the first of two.
    AfterQuote,
    Comment,
}

impl RecordScanner {
    /// A scanner at the start of a record.
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, state: State::RecordStart }
    }

    /// Advances over a byte. Returns whether it ends a record, a comment or a blank line.
    pub(super) fn step(&mut self, byte: u8) -> bool {
        let (quote, escape) = (Some(byte) == self.dialect.quote, Some(byte) == self.dialect.escape);
        self.state = match self.state {
            State::RecordStart if Some(byte) == self.dialect.comment => State::Comment,
            State::Quoted if quote => State::AfterQuote,
            State::Quoted if escape => State::QuotedEscape,
            State::Quoted | State::QuotedEscape => State::Quoted,
            State::AfterQuote if quote => State::Quoted,
            State::Escape => State::Unquoted,
            _ if byte == b'\n' => State::RecordStart,
            State::Comment => State::Comment,
            _ if escape => State::Escape,
            _ if byte == self.dialect.delimiter => State::FieldStart,
            State::RecordStart | State::FieldStart if quote => State::Quoted,
            State::RecordStart | State::FieldStart if self.dialect.skips(byte) => State::FieldStart,
            _ => State::Unquoted,
        };
        self.state == State::RecordStart
    }

    /// Whether the position is inside quotes. After a quote, `next` decides: it may double the quote.
    pub(super) fn is_inside_quotes(&self, next: Option<u8>) -> bool {
        match self.state {
            State::Quoted | State::QuotedEscape => true,
            State::AfterQuote => next.is_some() && next == self.dialect.quote,
            _ => false,
        }
    }
}
