//! Stores the inputs of a case: compressed, in several pieces, and in other encodings.

use super::super::oracle::{Options, Stored};
use super::dice::Dice;
use std::io::Write;

const COMPRESSIONS: [&str; 5] = ["gzip", "zstd", "bzip2", "xz", "zip"];
/// The encoding in the report, and the option that the input needs.
const ENCODINGS: [(&str, &str); 4] =
    [("utf-16le", "auto"), ("utf-16be", "auto"), ("utf-16le", "utf-16le"), ("windows-1252", "latin1")];

/// Stores some of the inputs of a case in other ways.
pub(super) fn store(dice: &mut Dice, options: &mut Options) {
    let Options { customers, purchases, customers_encoding, purchases_encoding, .. } = options;
    for (inputs, option) in
        [(customers.as_mut_slice(), customers_encoding), (purchases.as_mut_slice(), purchases_encoding)]
    {
        let encoding = dice.chance(25).then(|| *dice.pick(&ENCODINGS));
        let encoded = encoding.and_then(|encoding| {
            let texts = inputs.iter().map(|input| encode(encoding, &input.bytes)).collect::<Option<Vec<_>>>()?;
            *option = encoding.1;
            Some((encoding.0, texts))
        });
        for (index, input) in inputs.iter_mut().enumerate() {
            let compression = dice.chance(40).then(|| *dice.pick(&COMPRESSIONS));
            let (encoding, bytes) = match &encoded {
                Some((encoding, texts)) => (Some(*encoding), texts[index].clone()),
                None => (None, input.bytes.clone()),
            };
            if compression.is_none() && encoding.is_none() {
                continue;
            }
            let bytes = compression.map_or(bytes.clone(), |compression| compress(dice, compression, &bytes));
            input.stored = Some(Stored { bytes, compression, encoding, malformed: false });
            // No mark was added, so one in the text is that of the encoding.
            if *option == "utf-16le" && input.bytes.starts_with(b"\xEF\xBB\xBF") {
                input.bytes.drain(..3);
            }
        }
    }
}

/// The text in another encoding, in UTF-16 with a byte order mark unless the option names the encoding; `None` if it
/// cannot be encoded.
fn encode((name, option): (&str, &str), text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mark = (option == "auto").then_some('\u{feff}');
    let units =
        || mark.into_iter().chain(text.chars()).flat_map(|character| character.encode_utf16(&mut [0; 2]).to_vec());
    match name {
        "utf-16le" => Some(units().flat_map(u16::to_le_bytes).collect()),
        "utf-16be" => Some(units().flat_map(u16::to_be_bytes).collect()),
        _ => {
            let (bytes, _, unmappable) = encoding_rs::WINDOWS_1252.encode(text);
            (!unmappable).then(|| bytes.into_owned())
        }
    }
}

/// The bytes compressed in one to three pieces, which the tools join; a zip archive has one.
fn compress(dice: &mut Dice, compression: &str, bytes: &[u8]) -> Vec<u8> {
    let mut cuts = vec![0, bytes.len()];
    if compression != "zip" {
        cuts.extend((0..dice.below(3)).map(|_| dice.below(bytes.len() + 1)));
    }
    cuts.sort_unstable();
    cuts.windows(2).flat_map(|cut| piece(compression, &bytes[cut[0]..cut[1]])).collect()
}

fn piece(compression: &str, bytes: &[u8]) -> Vec<u8> {
    let written = match compression {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
            encoder.write_all(bytes).and_then(|()| encoder.finish())
        }
        "zstd" => zstd::encode_all(bytes, 3),
        "bzip2" => {
            let mut encoder = bzip2::write::BzEncoder::new(vec![], bzip2::Compression::default());
            encoder.write_all(bytes).and_then(|()| encoder.finish())
        }
        "xz" => {
            let mut encoder = liblzma::write::XzEncoder::new(vec![], 1);
            encoder.write_all(bytes).and_then(|()| encoder.finish())
        }
        _ => {
            let mut archive = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
            let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::STORE);
            archive.start_file("data.csv", stored).expect("a member");
            archive.write_all(bytes).expect("written");
            Ok(archive.finish().expect("an archive").into_inner())
        }
    };
    written.expect("memory can be written")
}
