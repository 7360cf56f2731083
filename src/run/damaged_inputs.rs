//! Looks for damage in compressed or encoded inputs after a run on them has failed.
//!
//! Some decoders pass on text before they have checked it: bzip2 up to 900 kB, gzip the whole member. Damage then shows
//! first as an unknown column or a malformed header, and the message would send the user to the wrong place.

use crate::config::Config;
use crate::error::{Error, ErrorKind, escape_path};
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::model::inputs::Inputs;
use crate::monitor::Monitor;

/// How much text of each input is looked at, in bytes. Enough for a block of bzip2, and read in a fraction of a second.
const MAX_EXAMINED: u64 = 8 << 20;
/// Bytes that are read at once.
const BLOCK: usize = 64 * 1024;

/// The error that explains `error`, if the decoded input that it is about is damaged near its beginning; otherwise
/// `error`.
pub(super) fn explain(error: Error, config: &Config, files: &Inputs<InputFile>, monitor: &Monitor) -> Error {
    if !matches!(error.kind(), ErrorKind::Header | ErrorKind::Malformed | ErrorKind::Strict) {
        return error;
    }
    // The failure has stopped the monitor of the run.
    let monitor = &Monitor::with_cancel_token(&monitor.cancel_token());
    let inputs = files.as_ref().zip(config.input_encodings());
    let place = error.place().map(|place| place.path.clone());
    let is_meant = |file: &InputFile| place.as_ref().is_some_and(|path| *path == escape_path(&file.path));
    let inputs = inputs.into_iter().map(|(_, input)| input);
    let mut again = inputs.filter(|(file, _)| file.is_regular() && is_meant(file));
    let damage = again.find_map(|(file, option)| {
        let reader = InputReader::decode(file, option, None, monitor).ok()?;
        damage(reader)
    });
    damage.unwrap_or(error)
}

/// The error of the decoder in the first bytes of a decoded input.
fn damage(mut reader: InputReader<'_>) -> Option<Error> {
    reader.decoding()?;
    while reader.offset() < MAX_EXAMINED {
        match reader.peek(BLOCK) {
            Ok(([], _)) => return None,
            Ok((bytes, _)) => {
                let len = bytes.len();
                reader.take(len);
            }
            Err(error) => return (error.kind() == ErrorKind::Malformed).then_some(error),
        }
    }
    None
}
