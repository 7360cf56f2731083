//! What a file is, and text in UTF-16 (docs/contract.md#stored).

use super::{Input, Kind, Options, Problem};

/// How an input is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The bytes of the file.
    pub(crate) bytes: Vec<u8>,
    /// The compression, as in the report.
    pub(crate) compression: Option<&'static str>,
    /// The encoding, as in the report.
    pub(crate) encoding: Option<&'static str>,
    /// Whether it cannot be decoded to its end.
    pub(crate) malformed: bool,
}

const COMPRESSED: [&[u8]; 7] =
    [b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"PK\x03\x04", b"PK\x05\x06", BZIP2_DATA, BZIP2_END];
/// The rest of a bzip2 file after `BZh` and a digit.
const BZIP2_DATA: &[u8] = b"\x31\x41\x59\x26\x53\x59";
const BZIP2_END: &[u8] = b"\x17\x72\x45\x38\x50\x90";
const FOREIGN: [&[u8]; 9] = [
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x04\x22\x4d\x18",
    b"\x1f\x9d",
    b"\x5d\0\0",
    b"PAR1",
    b"SQLite format 3\0",
    b"%PDF-",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
];
const MARKUP: [&str; 5] = ["<!doctype html", "<html", "<head", "<table", "<?xml"];

/// Replaces the bytes of inputs in UTF-16 by their text, up to an input that cannot be decoded. Inputs whose text is
/// given stay as they are.
pub(super) fn decode(options: &Options) -> (Options, Option<Problem>) {
    let mut decoded = options.clone();
    let mut undecodable = None;
    let inputs = decoded.customers.iter_mut().chain(&mut decoded.purchases);
    for (file, input) in inputs.enumerate() {
        if input.stored.is_none()
            && let Err(kind) = decode_input(input)
        {
            undecodable = Some(Problem { kind, file: Some(file), place: None });
            break;
        }
    }
    (decoded, undecodable)
}

fn decode_input(input: &mut Input) -> Result<(), Kind> {
    let bytes = &input.bytes;
    let begins = |start: &[u8]| bytes.starts_with(start);
    if begins(b"\xff\xfe\0\0") || begins(b"\0\0\xfe\xff") {
        return Err(Kind::Encoding);
    }
    let utf16 = |encoding, unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes[2..].as_chunks();
        let (mut text, mut malformed) = (String::new(), !rest.is_empty());
        for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
            match character {
                Ok(character) => text.push(character),
                Err(_) => malformed = true,
            }
        }
        let stored = Stored { bytes: bytes.clone(), compression: None, encoding: Some(encoding), malformed };
        (text.into_bytes(), stored)
    };
    let (text, stored) = if begins(b"\xff\xfe") {
        utf16("utf-16le", u16::from_le_bytes)
    } else if begins(b"\xfe\xff") {
        utf16("utf-16be", u16::from_be_bytes)
    } else {
        return recognise(bytes);
    };
    (input.bytes, input.stored) = (text, Some(stored));
    Ok(())
}

/// Fails unless the bytes are taken for CSV.
fn recognise(bytes: &[u8]) -> Result<(), Kind> {
    let is_bzip2 = |magic: &[u8]| match bytes {
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] => rest.starts_with(magic),
        _ => false,
    };
    let is_skippable_zstd = matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
    if is_skippable_zstd
        || COMPRESSED[..5].iter().any(|magic| bytes.starts_with(magic))
        || COMPRESSED[5..].iter().any(|magic| is_bzip2(magic))
    {
        return Err(Kind::Compressed);
    }
    if FOREIGN.iter().any(|magic| bytes.starts_with(magic)) {
        return Err(Kind::Format);
    }
    let is_text = |byte: u8| (b' '..=b'~').contains(&byte) || b"\t\r\n".contains(&byte);
    if let [a, b, c, d, ..] = *bytes
        && ((b == 0 && d == 0 && is_text(a) && is_text(c)) || (a == 0 && c == 0 && is_text(b) && is_text(d)))
    {
        return Err(Kind::Encoding);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text[..text.len().min(1024)].trim_ascii_start();
    let lower = text.to_ascii_lowercase();
    let second = text.get(1..).unwrap_or_default().trim_ascii_start().first();
    let is_json = matches!((text.first(), second), (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b'[')));
    if is_json || MARKUP.iter().any(|markup| lower.starts_with(markup.as_bytes())) {
        return Err(Kind::Format);
    }
    Ok(())
}
