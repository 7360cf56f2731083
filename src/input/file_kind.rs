//! What a file is, recognised from its first bytes.

/// How the first bytes say that a file is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Anything not listed below: taken for CSV.
    Text,
    /// Text with a UTF-8 byte order mark.
    MarkedUtf8,
    /// Compressed data, which is decompressed while it is read.
    Compressed(InputCompression),
    /// Text in UTF-16 that begins with a byte order mark, or without one seems to be UTF-16.
    Utf16 { encoding: &'static encoding_rs::Encoding, marked: bool },
    /// A file that has no records to read.
    Foreign(ForeignKind),
}

/// The compressions that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputCompression {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Zip,
}

impl InputCompression {
    /// The name in reports and messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zip => "zip",
        }
    }
}

/// How an input is stored; the default is text that keeps its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StoredForm {
    pub(crate) compression: Option<InputCompression>,
    /// The encoding from which the text is converted.
    pub(crate) encoding: Option<&'static encoding_rs::Encoding>,
}

/// The kinds of files that are refused by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForeignKind {
    Excel,
    Parquet,
    Sqlite,
    Pdf,
    Html,
    Xml,
    Json,
    Utf32,
    /// Compressed in a way that is not read.
    Compressed(&'static str),
}

/// The first bytes of the binary formats, and of PDF. A zstd file may also begin with one of the 16 skippable frames,
/// and a bzip2 file with the end of an empty stream: see [`recognise`].
const MAGIC: [(&[u8], FileKind); 17] = [
    (b"7z\xbc\xaf\x27\x1c", FileKind::Foreign(ForeignKind::Compressed("7z"))),
    (b"Rar!\x1a\x07", FileKind::Foreign(ForeignKind::Compressed("RAR"))),
    (b"\x04\x22\x4d\x18", FileKind::Foreign(ForeignKind::Compressed("lz4"))),
    (b"\x1f\x9d", FileKind::Foreign(ForeignKind::Compressed("compress"))),
    // The first bytes of a file in the format of `xz --format=lzma` with the usual settings.
    (b"\x5d\0\0", FileKind::Foreign(ForeignKind::Compressed("lzma"))),
    (b"\x1f\x8b\x08", FileKind::Compressed(InputCompression::Gzip)),
    (b"\x28\xb5\x2f\xfd", FileKind::Compressed(InputCompression::Zstd)),
    (b"\xfd7zXZ\0", FileKind::Compressed(InputCompression::Xz)),
    (b"PK\x03\x04", FileKind::Compressed(InputCompression::Zip)),
    // An archive without members.
    (b"PK\x05\x06", FileKind::Compressed(InputCompression::Zip)),
    (b"PAR1", FileKind::Foreign(ForeignKind::Parquet)),
    (b"SQLite format 3\0", FileKind::Foreign(ForeignKind::Sqlite)),
    (b"%PDF-", FileKind::Foreign(ForeignKind::Pdf)),
    // An OLE container: the workbooks of Excel before 2007.
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::Foreign(ForeignKind::Excel)),
    (b"\xff\xfe\0\0", FileKind::Foreign(ForeignKind::Utf32)),
    (b"\0\0\xfe\xff", FileKind::Foreign(ForeignKind::Utf32)),
    (b"\xfe\xff", FileKind::Utf16 { encoding: encoding_rs::UTF_16BE, marked: true }),
];

/// The starts of markup, in lower case.
const MARKUP: [(&[u8], ForeignKind); 5] = [
    (b"<!doctype html", ForeignKind::Html),
    (b"<html", ForeignKind::Html),
    (b"<head", ForeignKind::Html),
    (b"<table", ForeignKind::Html),
    (b"<?xml", ForeignKind::Xml),
];

/// The number of bytes from which each kind is recognised, unless many blanks precede them.
pub(crate) const RECOGNISED_BYTES: usize = 64;

/// Blanks before markup or JSON, in bytes, after which the rest is no longer looked at.
const MAX_BLANKS: usize = 1024;

/// Recognises a file by its first bytes. `None` if more bytes are needed; never if the input `ended` after them.
///
/// It asks for more bytes only while those at hand are the beginning of a known format, so a header that a slow writer
/// has just sent is recognised as text at once.
pub(crate) fn recognise(start: &[u8], ended: bool) -> Option<FileKind> {
    let undecided = |known: &[u8]| !ended && start.len() < known.len() && known.starts_with(start);
    for (magic, kind) in MAGIC {
        if start.starts_with(magic) {
            return Some(kind);
        }
        if undecided(magic) {
            return None;
        }
    }
    // The little-endian mark is the beginning of the one of UTF-32, which has just been ruled out.
    if start.starts_with(b"\xff\xfe") {
        return Some(FileKind::Utf16 { encoding: encoding_rs::UTF_16LE, marked: true });
    }
    match start {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Some(FileKind::Compressed(InputCompression::Zstd)),
        // Four bytes decide, also about UTF-16 below.
        _ if start.len() < 4 && !ended => return unless_line(start),
        [b'B', b'Z', b'h', b'1'..=b'9', block @ ..] => {
            let (data, end) = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90");
            if [data, end].iter().any(|magic| block.starts_with(*magic)) {
                return Some(FileKind::Compressed(InputCompression::Bzip2));
            }
            if !ended && [data, end].iter().any(|magic| magic.starts_with(block)) {
                return None;
            }
        }
        [first, 0, second, 0, ..] if is_text(*first) && is_text(*second) => {
            return Some(FileKind::Utf16 { encoding: encoding_rs::UTF_16LE, marked: false });
        }
        [0, first, 0, second, ..] if is_text(*first) && is_text(*second) => {
            return Some(FileKind::Utf16 { encoding: encoding_rs::UTF_16BE, marked: false });
        }
        _ => {}
    }
    recognise_text(start, ended)
}

/// Text, once a line that is not blank has ended.
fn unless_line(start: &[u8]) -> Option<FileKind> {
    start.trim_ascii_start().contains(&b'\n').then_some(FileKind::Text)
}

/// Recognises JSON and markup, which may follow a byte order mark and blanks.
fn recognise_text(start: &[u8], ended: bool) -> Option<FileKind> {
    let unmarked = start.strip_prefix(b"\xef\xbb\xbf");
    let text = unmarked.unwrap_or(start);
    let text = &text[..text.len().min(MAX_BLANKS)];
    let foreign = |kind| Some(FileKind::Foreign(kind));
    let trimmed = text.trim_ascii_start();
    let more_may_follow = !ended && text.len() < MAX_BLANKS;
    match trimmed {
        [] if more_may_follow => return None,
        [bracket @ (b'{' | b'['), rest @ ..] => match (bracket, rest.trim_ascii_start()) {
            (_, []) if more_may_follow => return None,
            (b'{', [b'"' | b'}', ..]) | (b'[', [b'{' | b'[', ..]) => return foreign(ForeignKind::Json),
            _ => {}
        },
        [b'<', ..] => {
            for (markup, kind) in MARKUP {
                let shared = trimmed.len().min(markup.len());
                if trimmed[..shared].eq_ignore_ascii_case(&markup[..shared]) {
                    if shared == markup.len() {
                        return foreign(kind);
                    }
                    if more_may_follow {
                        return None;
                    }
                }
            }
        }
        _ => {}
    }
    Some(if unmarked.is_some() { FileKind::MarkedUtf8 } else { FileKind::Text })
}

/// Whether a byte is one of text in ASCII.
fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_recognised_at_its_shortest_prefix() {
        let utf16 = |encoding, marked| FileKind::Utf16 { encoding, marked };
        for (start, kind) in [
            (&b"\x1f\x8b\x08"[..], FileKind::Compressed(InputCompression::Gzip)),
            (b"\x28\xb5\x2f\xfd", FileKind::Compressed(InputCompression::Zstd)),
            (b"\x53\x2a\x4d\x18", FileKind::Compressed(InputCompression::Zstd)),
            (b"BZh91AY&SY", FileKind::Compressed(InputCompression::Bzip2)),
            (b"BZh1\x17\x72\x45\x38\x50\x90", FileKind::Compressed(InputCompression::Bzip2)),
            (b"\xfd7zXZ\0", FileKind::Compressed(InputCompression::Xz)),
            (b"PK\x03\x04", FileKind::Compressed(InputCompression::Zip)),
            (b"7z\xbc\xaf\x27\x1c", FileKind::Foreign(ForeignKind::Compressed("7z"))),
            (b"\x1f\x9d", FileKind::Foreign(ForeignKind::Compressed("compress"))),
            (b"PAR1", FileKind::Foreign(ForeignKind::Parquet)),
            (b"SQLite format 3\0", FileKind::Foreign(ForeignKind::Sqlite)),
            (b"%PDF-", FileKind::Foreign(ForeignKind::Pdf)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::Foreign(ForeignKind::Excel)),
            (b"\xff\xfe\0\0", FileKind::Foreign(ForeignKind::Utf32)),
            (b"\0\0\xfe\xff", FileKind::Foreign(ForeignKind::Utf32)),
            (b"\xff\xfea\0", utf16(encoding_rs::UTF_16LE, true)),
            (b"\xfe\xff", utf16(encoding_rs::UTF_16BE, true)),
            (b"i\0d\0", utf16(encoding_rs::UTF_16LE, false)),
            (b"\0i\0d", utf16(encoding_rs::UTF_16BE, false)),
            (b"{ \"a", FileKind::Foreign(ForeignKind::Json)),
            (b"\xef\xbb\xbf[\n{", FileKind::Foreign(ForeignKind::Json)),
            (b"\r\n<!DOCTYPE html", FileKind::Foreign(ForeignKind::Html)),
            (b"<table", FileKind::Foreign(ForeignKind::Html)),
            (b"<?xml", FileKind::Foreign(ForeignKind::Xml)),
        ] {
            assert_eq!(recognise(start, false), Some(kind), "{}", start.escape_ascii());
            for len in 0..start.len() {
                let prefix = &start[..len];
                assert!(recognise(prefix, false).is_none_or(|other| other == kind), "{}", prefix.escape_ascii());
                assert!(recognise(prefix, true).is_some(), "{}", prefix.escape_ascii());
            }
        }
    }

    #[test]
    fn csv_is_recognised_as_soon_as_its_header_has_arrived() {
        for header in [
            "a\n",
            "id\n",
            "PK,PAR\n",
            "BZh,amount\n",
            "BZh91,amount\n",
            "[id],[name]\n",
            "{id},name\n",
            "<id>,name\n",
            "<h\n",
            "SQLite,x\n",
            "%PDF,x\n",
            "\u{feff}customer_id,price\n",
            "\u{e9}t\u{e9},x\n",
            "\n\nid,price\n",
        ] {
            let marked = header.starts_with('\u{feff}');
            let kind = if marked { FileKind::MarkedUtf8 } else { FileKind::Text };
            assert_eq!(recognise(header.as_bytes(), false), Some(kind), "{header:?}");
        }
        assert_eq!(recognise(b"", true), Some(FileKind::Text));
        let blank = [b' '; MAX_BLANKS];
        assert_eq!(recognise(&blank, false), Some(FileKind::Text));
    }
}
