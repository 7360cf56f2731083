//! One record of CSV, field by field, in the right form or in a wrong one.

use super::dirt::Flaw;
use super::random::index;
use super::rows::Rows;

/// How a record is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Every field in quotes; otherwise only those that need them.
    pub(crate) quoted: bool,
    /// The fault of form it has, and in which field.
    flaw: Option<(Flaw, usize)>,
    /// A draw that decides between variants of the fault.
    variant: u32,
}

impl Form {
    /// The right form.
    pub(crate) fn sound(quoted: bool) -> Self {
        Self { quoted, flaw: None, variant: 0 }
    }

    /// A form with this flaw, where it is one of form, in one of so many fields.
    pub(crate) fn flawed(quoted: bool, flaw: Flaw, fields: usize, (place, variant): (u32, u32)) -> Self {
        Self { quoted, flaw: Some((flaw, index(place, fields))), variant }
    }

    /// Whether the variant is one of the first `n` of four.
    fn variant(&self, n: usize) -> bool {
        index(self.variant, 4) < n
    }
}

/// Writes the fields of one record.
#[derive(Debug)]
pub(crate) struct RecordWriter<'r> {
    rows: &'r mut Rows,
    form: Form,
    /// The field that is next, and how many were written.
    next: usize,
    written: usize,
}

impl<'r> RecordWriter<'r> {
    pub(crate) fn new(rows: &'r mut Rows, form: Form) -> Self {
        Self { rows, form, next: 0, written: 0 }
    }

    /// Writes the next field; its value is these pieces, one after the other.
    pub(crate) fn field(&mut self, value: &[&[u8]]) {
        let here = self.form.flaw.filter(|(_, place)| *place == self.next).map(|(flaw, _)| flaw);
        let empty = matches!(self.form.flaw, Some((Flaw::EmptyRecord, _)));
        self.next += 1;
        if here == Some(Flaw::FieldCount) && self.form.variant(2) {
            // One field fewer.
            return;
        }
        self.separate();
        match here {
            Some(Flaw::BareCr) => self.rows.put(b"torn\rapart"),
            Some(Flaw::TextAfterQuote) => {
                self.quoted(value);
                self.rows.put(if self.form.variant(2) { b" " } else { b"x" });
                if self.form.variant(1) {
                    // Two faults: the text after the quote is the one that counts.
                    self.rows.put(b",one field more");
                }
            }
            // Nothing in quotes is nothing too.
            _ if empty => self.rows.put(if here.is_some() && self.form.variant(2) { b"\"\"" } else { b"" }),
            _ if self.form.quoted || needs_quotes(value) => self.quoted(value),
            _ => value.iter().for_each(|piece| self.rows.put(piece)),
        }
    }

    /// Ends the record.
    pub(crate) fn end(mut self, line_end: &[u8]) {
        if matches!(self.form.flaw, Some((Flaw::FieldCount, _))) && !self.form.variant(2) {
            self.separate();
            self.rows.put(if self.form.variant(3) { b"one field more" } else { b"" });
        }
        self.rows.put(line_end);
    }

    fn separate(&mut self) {
        if self.written > 0 {
            self.rows.put(b",");
        }
        self.written += 1;
    }

    fn quoted(&mut self, value: &[&[u8]]) {
        self.rows.put(b"\"");
        for piece in value {
            let mut rest = *piece;
            while let Some(quote) = memchr::memchr(b'"', rest) {
                self.rows.put(&rest[..=quote]);
                self.rows.put(b"\"");
                rest = &rest[quote + 1..];
            }
            self.rows.put(rest);
        }
        self.rows.put(b"\"");
    }
}

/// A CR stands only before an LF in the values made here. Without a branch for each byte: values are short.
fn needs_quotes(value: &[&[u8]]) -> bool {
    let needs = |needs, byte: &u8| needs | (*byte == b',') | (*byte == b'"') | (*byte == b'\n');
    value.iter().any(|piece| piece.iter().fold(false, needs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: Form, fields: &[&[u8]]) -> String {
        let mut rows = Rows::default();
        let mut record = RecordWriter::new(&mut rows, form);
        for field in fields {
            record.field(&[field]);
        }
        record.end(b"\n");
        String::from_utf8(rows.written().to_vec()).expect("UTF-8")
    }

    #[test]
    fn fields_are_quoted_when_they_must_be() {
        let fields: [&[u8]; 4] = [b"1", b"a \"b\", c", b"", b"x\r\ny"];
        assert_eq!(written(Form::sound(false), &fields), "1,\"a \"\"b\"\", c\",,\"x\r\ny\"\n");
        assert_eq!(written(Form::sound(true), &fields), "\"1\",\"a \"\"b\"\", c\",\"\",\"x\r\ny\"\n");
    }

    #[test]
    fn each_flaw_has_its_forms() {
        let fields: [&[u8]; 3] = [b"1", b"Lamp", b"2.50"];
        let text = |flaw, quarter: u32| written(Form::flawed(false, flaw, 3, (1 << 31, quarter << 30)), &fields);
        assert_eq!(text(Flaw::TextAfterQuote, 0), "1,\"Lamp\" ,one field more,2.50\n");
        assert_eq!(text(Flaw::TextAfterQuote, 1), "1,\"Lamp\" ,2.50\n");
        assert_eq!(text(Flaw::TextAfterQuote, 3), "1,\"Lamp\"x,2.50\n");
        assert_eq!(text(Flaw::BareCr, 0), "1,torn\rapart,2.50\n");
        assert_eq!(text(Flaw::FieldCount, 0), "1,2.50\n");
        assert_eq!(text(Flaw::FieldCount, 2), "1,Lamp,2.50,one field more\n");
        assert_eq!(text(Flaw::FieldCount, 3), "1,Lamp,2.50,\n");
        assert_eq!(text(Flaw::EmptyRecord, 0), ",\"\",\n");
        assert_eq!(text(Flaw::EmptyRecord, 3), ",,\n");
    }
}
