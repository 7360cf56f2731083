//! Makes the bytes of a case: fields, records, headers and files, clean and faulty.

use super::dice::Dice;
use super::values::{age, amount, text};
use crate::oracle::{Format, Options};
use std::collections::BTreeSet;
use std::ops::Range;

/// The content of a column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role {
    Key,
    FirstName,
    LastName,
    Age,
    Amount,
    Extra,
}

/// A column: its content and its name.
pub(super) type Column = (Role, Vec<u8>);

/// Makes bytes in one dialect at a time.
pub(super) struct Maker {
    pub(super) dice: Dice,
    pub(super) delimiter: u8,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    /// Whether fields may begin with blanks that are skipped.
    pub(super) blanks: bool,
    /// Whether records may have fewer fields, and more that are empty.
    pub(super) ragged: bool,
    /// The keys.
    pub(super) pool: Vec<Vec<u8>>,
    /// Maximum number of fraction digits of an ordinary amount of this case.
    pub(super) fractions: usize,
}

impl Maker {
    /// Writes a value as a field, sometimes after blanks.
    fn field(&mut self, value: &[u8]) -> Vec<u8> {
        let field = self.field_without_blanks(value);
        match self.blanks && self.dice.chance(30) {
            true => [*self.dice.pick(&[b" ".as_slice(), b"\t ", b"  "]), &field].concat(),
            false => field,
        }
    }

    /// Writes a value as a field: quoted if needed, and sometimes otherwise.
    fn field_without_blanks(&mut self, value: &[u8]) -> Vec<u8> {
        let in_need = |b: &u8| [self.delimiter, b'\r', b'\n'].contains(b);
        if let Some(escape) = self.escape
            && (self.quote.is_none() || self.dice.chance(40))
        {
            return self.escaped(value, escape);
        }
        let Some(quote) = self.quote else {
            return value.iter().map(|b| if in_need(b) { b'_' } else { *b }).collect();
        };
        if value.iter().any(in_need) || value.first() == Some(&quote) || self.dice.chance(12) {
            enclosed(value, quote)
        } else {
            value.to_vec()
        }
    }

    /// Writes a value as an unquoted field, with escape bytes where they are needed and sometimes elsewhere.
    fn escaped(&mut self, value: &[u8], escape: u8) -> Vec<u8> {
        let mut out = Vec::new();
        if *value == [escape, b'N'] && self.dice.chance(50) {
            return value.to_vec();
        }
        for (index, &byte) in value.iter().enumerate() {
            let is_special = [self.delimiter, escape, b'\r', b'\n'].contains(&byte)
                || index == 0 && (Some(byte) == self.quote || byte == b'#');
            if is_special && !self.dice.chance(1) || self.dice.chance(2) {
                out.push(escape);
            }
            out.push(byte);
        }
        out
    }

    fn joined(&self, fields: &[Vec<u8>]) -> Vec<u8> {
        fields.join(&self.delimiter)
    }

    /// Changes the dialect.
    pub(super) fn write_in(&mut self, (delimiter, quote): (u8, Option<u8>), format: &Format) {
        (self.delimiter, self.quote, self.blanks) = (delimiter, quote, format.skip_initial_space);
        self.escape = format.escape;
        self.ragged = format.pad;
    }

    /// A header, one field of which `spoil` may change.
    pub(super) fn header(&mut self, columns: &[Column], spoil: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut fields: Vec<Vec<u8>> = columns.iter().map(|(_, name)| self.field(name)).collect();
        let victim = self.dice.below(fields.len());
        spoil(&mut fields[victim]);
        self.joined(&fields)
    }

    /// The columns of a further file, in any order if that is `allowed`.
    pub(super) fn reordered(&mut self, columns: &[Column], allowed: bool, format: &Format) -> Vec<Column> {
        let mut columns = columns.to_vec();
        // A doubled name makes another order ambiguous, which ends the run.
        let names: BTreeSet<&Vec<u8>> = columns.iter().map(|(_, name)| name).collect();
        let is_certain = names.len() == columns.len() || self.dice.chance(10);
        if allowed && format.columns.is_none() && is_certain {
            self.dice.shuffle(&mut columns);
        }
        columns
    }

    /// Records with these numbers, which choose the keys of customers.
    pub(super) fn records(&mut self, columns: &[Column], numbers: Range<usize>) -> Vec<Vec<u8>> {
        let of_customers = columns.iter().any(|(role, _)| *role == Role::FirstName);
        numbers.map(|index| self.record(columns, of_customers.then_some(index))).collect()
    }

    /// A record. Customers take the keys of the pool in order, by `index`.
    fn record(&mut self, columns: &[Column], index: Option<usize>) -> Vec<u8> {
        let mut fields = Vec::new();
        for (role, _) in columns {
            let value = match role {
                Role::Key => match index.and_then(|index| self.pool.get(index)) {
                    _ if self.dice.chance(3) => Vec::new(),
                    Some(key) if self.dice.chance(94) => key.clone(),
                    _ => self.dice.pick(&self.pool).clone(),
                },
                Role::Age => age(&mut self.dice),
                Role::Amount => amount(&mut self.dice, self.fractions),
                _ => text(&mut self.dice, self.delimiter),
            };
            fields.push(self.field(&value));
        }
        if self.ragged && self.dice.chance(30) {
            if self.dice.chance(60) {
                fields.truncate(1 + self.dice.below(fields.len()));
            } else {
                let surplus = 1 + self.dice.below(3);
                fields.extend((0..surplus).map(|_| Vec::new()));
                let last = fields.last_mut().unwrap(); // not empty
                last.extend(self.quote.filter(|_| self.dice.chance(30)).into_iter().flat_map(|quote| [quote; 2]));
            }
        }
        if self.dice.chance(7) { self.spoiled(fields) } else { self.joined(&fields) }
    }

    /// A faulty record; in some dialects it is valid.
    fn spoiled(&mut self, mut fields: Vec<Vec<u8>>) -> Vec<u8> {
        let at = self.dice.below(fields.len());
        let quote = self.quote.unwrap_or(b'"');
        match self.dice.below(14) {
            0 | 1 => {
                let tails: [&[u8]; 5] = [b"x", b" ", b"b\"c", b" \"d\"", b"\rx"];
                fields[at] = [&enclosed(&fields[at], quote), *self.dice.pick(&tails)].concat();
            }
            2 => fields[at].extend(b"\rz"),
            3 => fields[at].insert(0, b'\r'),
            4 => fields.last_mut().unwrap().extend(*self.dice.pick(&[b"\r".as_slice(), b"\r\r"])), // never empty
            5 => drop(fields.remove(at)),
            6 => fields.insert(at, b"more".to_vec()),
            7 => fields.push(Vec::new()),
            8 | 9 => fields.fill(if self.dice.chance(50) { Vec::new() } else { vec![quote, quote] }),
            10 => fields = vec![b"\r".to_vec()],
            11 => fields[at].push(self.escape.unwrap_or(b'\\')),
            12 => fields[at] = enclosed(&[&[self.escape.unwrap_or(b'\\')], &*fields[at]].concat(), quote),
            _ => fields = vec![b"\0".to_vec()],
        }
        self.joined(&fields)
    }

    /// Sets a record limit that the headers meet, and adds a record of about that size.
    pub(super) fn long_record(
        &mut self,
        options: &mut Options,
        all: &mut [(Vec<Column>, Vec<Vec<u8>>)],
        victim: usize,
    ) {
        let names = all.iter().map(|(columns, _)| columns.iter().map(|(_, name)| name.len() + 12).sum::<usize>());
        let limit = names.max().unwrap_or(0) + self.dice.below(200);
        options.max_record_bytes = limit as u64;
        let mut record = match self.dice.below(4) {
            0 => vec![b'7', self.delimiter, b'"', b'\n', b'x'],
            1 => vec![b'"', b'\n', b'"', self.delimiter, b'"', b'x'],
            _ => vec![b'7', self.delimiter],
        };
        record.resize(limit - 1 + self.dice.below(4), b'8');
        if self.dice.chance(50) {
            record.push(b'"');
        }
        let records = &mut all[victim].1;
        records.insert(self.dice.below(records.len() + 1), record);
    }

    /// A whole file: byte order mark, lines to skip, `sep=` line, blank lines, comments, line endings.
    pub(super) fn file(&mut self, header: &[u8], records: &[Vec<u8>], sep: Option<u8>, format: &Format) -> Vec<u8> {
        let mut out = if self.dice.chance(12) { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        for _ in 0..format.skip_lines {
            let line = *self.dice.pick(&[b"\n".as_slice(), b"Report \"of\r\n", b"\"\n", b"sep=!\n", b"a;b,c\n"]);
            out.extend_from_slice(line);
        }
        if let Some(sep) = sep {
            out.extend_from_slice(*self.dice.pick(&[b"sep=", b"sep=", b"SEP="]));
            out.push(sep);
            out.extend(self.dice.pick(&["\n", "\r\n"]).bytes());
        }
        let endings = *self.dice.pick(&[["\n", "\n"], ["\r\n", "\r\n"], ["\n", "\r\n"]]);
        let blanks = *self.dice.pick(&[0, 0, 5, 20]);
        let last_ending = !self.dice.chance(30);
        for index in usize::from(format.columns.is_some())..=records.len() {
            while self.dice.chance(blanks) {
                out.extend(self.dice.pick(&endings).bytes());
            }
            while format.comment.is_some() && self.dice.chance(15) {
                out.extend(format.comment);
                let comment = *self.dice.pick(&[b"".as_slice(), b" it's \"so\r", b"\",1\r\r", b"7,8,9,10,11"]);
                out.extend_from_slice(comment);
                out.extend(self.dice.pick(&endings).bytes());
            }
            out.extend(if index == 0 { header } else { &records[index - 1] });
            if last_ending || index < records.len() {
                out.extend(self.dice.pick(&endings).bytes());
            }
        }
        // After the last record, or as a record of its own.
        if !records.is_empty() && self.dice.chance(3) {
            out.push(b'\r');
        }
        if !records.is_empty() && self.dice.chance(8) {
            out.extend(format.escape);
        }
        while last_ending && self.dice.chance(blanks) {
            out.extend(self.dice.pick(&endings).bytes());
        }
        out
    }
}

/// The value in quotes, with its quotes doubled.
fn enclosed(value: &[u8], quote: u8) -> Vec<u8> {
    let mut out = vec![quote];
    for &byte in value {
        out.push(byte);
        if byte == quote {
            out.push(byte);
        }
    }
    out.push(quote);
    out
}
