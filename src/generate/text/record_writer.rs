//! One CSV record, field by field, well-formed or with a flaw.

use super::record_buffer::RecordBuffer;
use crate::generate::random::index;
use crate::model::reject_reason::RejectReason;

/// The form of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordForm {
    /// Every field is quoted; otherwise only fields that need quotes.
    quoted: bool,
    /// The flaw, and the index of the field that it affects.
    flaw: Option<(RejectReason, usize)>,
    /// A draw that selects a variant of the flaw.
    variant: u32,
}

impl RecordForm {
    /// A well-formed record.
    pub(crate) fn well_formed(quoted: bool) -> Self {
        Self { quoted, flaw: None, variant: 0 }
    }

    /// A record of `fields` fields with a flaw. Flaws of values, such as an invalid amount, leave the form intact.
    pub(crate) fn flawed(quoted: bool, flaw: RejectReason, fields: usize, (place, variant): (u32, u32)) -> Self {
        Self { quoted, flaw: Some((flaw, index(place, fields))), variant }
    }

    /// Whether the variant is one of the first `n` of four.
    fn variant_below(&self, n: usize) -> bool {
        index(self.variant, 4) < n
    }
}

/// Writes the fields of one record.
#[derive(Debug)]
pub(crate) struct RecordWriter<'r> {
    buffer: &'r mut RecordBuffer,
    form: RecordForm,
    /// The index of the next field.
    next: usize,
    /// Fields written; differs from `next` once a field has been left out.
    written: usize,
}

impl<'r> RecordWriter<'r> {
    pub(crate) fn new(buffer: &'r mut RecordBuffer, form: RecordForm) -> Self {
        Self { buffer, form, next: 0, written: 0 }
    }

    /// Writes the next field, whose value is the concatenation of `parts`.
    pub(crate) fn field(&mut self, parts: &[&[u8]]) {
        let here = self.form.flaw.filter(|(_, place)| *place == self.next).map(|(flaw, _)| flaw);
        let empty = matches!(self.form.flaw, Some((RejectReason::EmptyRecord, _)));
        self.next += 1;
        if here == Some(RejectReason::WrongFieldCount) && self.form.variant_below(2) {
            // One field too few.
            return;
        }
        self.separate();
        match here {
            Some(RejectReason::BareCarriageReturn) => self.buffer.push(b"torn\rapart"),
            Some(RejectReason::TextAfterClosingQuote) => {
                self.quoted(parts);
                self.buffer.push(if self.form.variant_below(2) { b" " } else { b"x" });
                if self.form.variant_below(1) {
                    // Two flaws: text after the closing quote takes precedence over the number of fields.
                    self.buffer.push(b",one field more");
                }
            }
            // A field of an empty record may be a pair of quotes.
            _ if empty => self.buffer.push(if here.is_some() && self.form.variant_below(2) { b"\"\"" } else { b"" }),
            _ if self.form.quoted || needs_quotes(parts) => self.quoted(parts),
            _ => parts.iter().for_each(|part| self.buffer.push(part)),
        }
    }

    /// Ends the record.
    pub(crate) fn end(mut self, line_end: &[u8]) {
        if matches!(self.form.flaw, Some((RejectReason::WrongFieldCount, _))) && !self.form.variant_below(2) {
            // One field too many.
            self.separate();
            self.buffer.push(if self.form.variant_below(3) { b"one field more" } else { b"" });
        }
        self.buffer.push(line_end);
    }

    fn separate(&mut self) {
        if self.written > 0 {
            self.buffer.push(b",");
        }
        self.written += 1;
    }

    fn quoted(&mut self, parts: &[&[u8]]) {
        self.buffer.push(b"\"");
        for part in parts {
            let mut rest = *part;
            while let Some(quote) = memchr::memchr(b'"', rest) {
                self.buffer.push(&rest[..=quote]);
                self.buffer.push(b"\"");
                rest = &rest[quote + 1..];
            }
            self.buffer.push(rest);
        }
        self.buffer.push(b"\"");
    }
}

/// Whether a value has a comma, a quote or a line break. A CR occurs only before an LF. Branch-free per byte, because
/// values are short.
fn needs_quotes(parts: &[&[u8]]) -> bool {
    let needs = |needs, byte: &u8| needs | (*byte == b',') | (*byte == b'"') | (*byte == b'\n');
    parts.iter().any(|part| part.iter().fold(false, needs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: RecordForm, fields: &[&[u8]]) -> String {
        let mut buffer = RecordBuffer::default();
        let mut record = RecordWriter::new(&mut buffer, form);
        for field in fields {
            record.field(&[field]);
        }
        record.end(b"\n");
        String::from_utf8(buffer.as_bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn fields_are_quoted_where_necessary_or_everywhere() {
        let fields: [&[u8]; 4] = [b"1", b"a \"b\", c", b"", b"x\r\ny"];
        assert_eq!(written(RecordForm::well_formed(false), &fields), "1,\"a \"\"b\"\", c\",,\"x\r\ny\"\n");
        assert_eq!(written(RecordForm::well_formed(true), &fields), "\"1\",\"a \"\"b\"\", c\",\"\",\"x\r\ny\"\n");
    }

    #[test]
    fn each_flaw_has_its_variants() {
        let fields: [&[u8]; 3] = [b"1", b"Lamp", b"2.50"];
        let text = |flaw, quarter: u32| written(RecordForm::flawed(false, flaw, 3, (1 << 31, quarter << 30)), &fields);
        assert_eq!(text(RejectReason::TextAfterClosingQuote, 0), "1,\"Lamp\" ,one field more,2.50\n");
        assert_eq!(text(RejectReason::TextAfterClosingQuote, 1), "1,\"Lamp\" ,2.50\n");
        assert_eq!(text(RejectReason::TextAfterClosingQuote, 3), "1,\"Lamp\"x,2.50\n");
        assert_eq!(text(RejectReason::BareCarriageReturn, 0), "1,torn\rapart,2.50\n");
        assert_eq!(text(RejectReason::WrongFieldCount, 0), "1,2.50\n");
        assert_eq!(text(RejectReason::WrongFieldCount, 2), "1,Lamp,2.50,one field more\n");
        assert_eq!(text(RejectReason::WrongFieldCount, 3), "1,Lamp,2.50,\n");
        assert_eq!(text(RejectReason::EmptyRecord, 0), ",\"\",\n");
        assert_eq!(text(RejectReason::EmptyRecord, 3), ",,\n");
    }
}
