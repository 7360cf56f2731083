//! Decides how an input is decoded, and sets its decoders up: stored bytes → decompression → UTF-8.

use super::decoder::Decoder;
use super::file::InputFile;
use super::file_kind::{FileKind, InputCompression, StoredForm, recognise};
use super::foreign::{compressed_twice, foreign, other_mark, unmarked_utf16};
use super::stored_bytes::{StoredBytes, StoredTally};
use super::stream::Stream;
use super::transcoder::Transcoder;
use crate::error::Result;
use crate::model::encoding::EncodingOption;
use crate::monitor::Monitor;
use std::path::Path;
use std::sync::Arc;

/// An input that is decoded while it is read.
#[derive(Debug)]
pub(super) struct DecodedInput<'m> {
    pub(super) text: Stream<'m>,
    pub(super) form: StoredForm,
    /// What has been consumed of the file.
    pub(super) stored: Arc<StoredTally>,
}

/// Recognises what an input is. `peek` returns the kind as far as the bytes at hand show it, and their number; its
/// argument is the number of bytes to wait for.
pub(super) fn kind_of(mut peek: impl FnMut(usize) -> Result<(Option<FileKind>, usize)>) -> Result<FileKind> {
    let mut want = 1;
    loop {
        match peek(want)? {
            (Some(kind), _) => return Ok(kind),
            (None, len) => want = len + 1,
        }
    }
}

/// Whether an input of this kind has to be decoded.
///
/// # Errors
/// As for [`decode`].
pub(super) fn needs_decoding(kind: FileKind, option: EncodingOption, path: &Path) -> Result<bool> {
    Ok(matches!(kind, FileKind::Compressed(_)) || text_encoding(kind, None, option, path)?.is_some())
}

/// Decodes an input of a kind that needs it; `stream` is at its start. The stored bytes are counted in
/// `count`.
///
/// # Errors
/// [`ErrorKind::Format`](crate::ErrorKind::Format) if the input, or what is compressed in it, is not text but a file of
/// a known kind; [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) if it is damaged, or in an encoding that is not
/// read.
pub(super) fn decode<'m>(
    kind: FileKind,
    option: EncodingOption,
    count: Arc<StoredTally>,
    file: &'m InputFile,
    stream: Stream<'m>,
    monitor: &'m Monitor,
) -> Result<DecodedInput<'m>> {
    let compression = match kind {
        FileKind::Compressed(compression) => Some(compression),
        _ => None,
    };
    let stored = StoredBytes::new(stream, Arc::clone(&count));
    let mut text = Stream::new(Decoder::new(compression, stored, file, monitor)?);
    let kind = match compression {
        Some(_) => kind_of(|want| text.peek(want).map(|(bytes, ended)| (recognise(bytes, ended), bytes.len())))?,
        None => kind,
    };
    let encoding = text_encoding(kind, compression, option, &file.path)?;
    if let Some(encoding) = encoding {
        text = Stream::new(Transcoder::new(text, encoding, file));
    }
    Ok(DecodedInput { text, form: StoredForm { compression, encoding }, stored: count })
}

/// The encoding from which text is converted; `None` if it keeps its bytes. `compression` is that of the file.
fn text_encoding(
    kind: FileKind,
    compression: Option<InputCompression>,
    option: EncodingOption,
    path: &Path,
) -> Result<Option<&'static encoding_rs::Encoding>> {
    match (kind, option.encoding.standard()) {
        (FileKind::Foreign(kind), _) => Err(foreign(kind, StoredForm { compression, encoding: None }, path)),
        (FileKind::Compressed(_), _) => Err(compressed_twice(path)),
        (FileKind::MarkedUtf8, Some(_)) => Err(other_mark(encoding_rs::UTF_8, option.setting, path)),
        (FileKind::Utf16 { encoding, marked: true }, Some(other)) if encoding != other => {
            Err(other_mark(encoding, option.setting, path))
        }
        (FileKind::Utf16 { encoding, marked: true }, _) => Ok(Some(encoding)),
        (FileKind::Utf16 { encoding, marked: false }, None) => Err(unmarked_utf16(encoding, option.setting, path)),
        (FileKind::Text | FileKind::MarkedUtf8 | FileKind::Utf16 { .. }, encoding) => Ok(encoding),
    }
}
