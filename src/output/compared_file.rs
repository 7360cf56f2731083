//! A file of a published set, compared with the bytes that a run would write to it. Comparing needs no disk space for a
//! second copy of the rows.

use crate::error::{Error, ErrorKind, Result};
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Size of the read buffer, in bytes.
const BUFFER: usize = 64 * 1024;

/// Bytes of the expected content that are kept after the first difference, for a message.
const KEPT: usize = 256;

/// A published file and how far it has been compared.
pub(crate) struct ComparedFile {
    /// The rest of its content, decompressed if the file is compressed.
    content: Box<dyn Read + Send>,
    path: PathBuf,
    /// The number of bytes that are equal so far.
    equal: u64,
    mismatch: Option<Mismatch>,
    buffer: Vec<u8>,
}

/// The first byte at which a file is not what the run would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The offset of the byte, from 0. It may be the end of the file.
    pub(crate) offset: u64,
    /// What the run would write there, at most 256 bytes; empty if the file should end.
    pub(crate) expected: Vec<u8>,
}

impl ComparedFile {
    /// Compares the content of a file; `path` is for messages.
    pub(crate) fn new(content: Box<dyn Read + Send>, path: &Path) -> Self {
        Self { content, path: path.to_owned(), equal: 0, mismatch: None, buffer: vec![0; BUFFER] }
    }

    /// Compares the next bytes that the run would write.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the file cannot be read.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while self.mismatch.is_none() && !rest.is_empty() {
            let piece = &rest[..rest.len().min(BUFFER)];
            let found = self.read(piece.len())?;
            let equal = match self.buffer[..found] == piece[..found] {
                true => found,
                false => self.buffer.iter().zip(piece).take_while(|(found, expected)| found == expected).count(),
            };
            self.equal += equal as u64;
            if equal < piece.len() {
                self.mismatch = Some(Mismatch { offset: self.equal, expected: vec![] });
            }
            rest = &rest[equal..];
        }
        if let Some(Mismatch { expected, .. }) = &mut self.mismatch {
            let room = KEPT.saturating_sub(expected.len());
            expected.extend_from_slice(&rest[..rest.len().min(room)]);
        }
        Ok(())
    }

    /// The first difference, after everything that the run would write; `None` if the file has exactly these bytes.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub(crate) fn finish(mut self) -> Result<Option<Mismatch>> {
        if self.mismatch.is_none() && self.read(1)? > 0 {
            self.mismatch = Some(Mismatch { offset: self.equal, expected: vec![] });
        }
        Ok(self.mismatch)
    }

    /// Reads up to `len` of the next bytes into the buffer; fewer only at the end of the file.
    fn read(&mut self, len: usize) -> Result<usize> {
        let mut filled = 0;
        while filled < len {
            match self.content.read(&mut self.buffer[filled..len]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(ErrorKind::Input, &self.path, "cannot read", error)),
            }
        }
        Ok(filled)
    }
}

impl fmt::Debug for ComparedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComparedFile").field("path", &self.path).field("equal", &self.equal).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares a file with pieces that a run would write.
    fn compare(content: &[u8], expected: &[u8], piece: usize) -> Option<Mismatch> {
        let mut compared = ComparedFile::new(Box::new(io::Cursor::new(content.to_vec())), Path::new("f"));
        for piece in expected.chunks(piece) {
            compared.write(piece).expect("readable");
        }
        compared.finish().expect("readable")
    }

    #[test]
    fn the_first_difference_is_found_for_any_pieces() {
        let content: Vec<u8> = (0..3 * BUFFER as u32).map(|number| (number >> 3) as u8).collect();
        for piece in [1000, BUFFER, 2 * BUFFER, content.len()] {
            assert_eq!(compare(&content, &content, piece), None);
            for at in [0, 999, BUFFER, content.len() - 1] {
                let mut expected = content.clone();
                expected[at] ^= 1;
                let kept = expected[at..].iter().take(KEPT).copied().collect();
                let mismatch = Mismatch { offset: at as u64, expected: kept };
                assert_eq!(compare(&content, &expected, piece), Some(mismatch), "{at} {piece}");
            }
            let longer = [&content[..], b"more"].concat();
            let offset = content.len() as u64;
            assert_eq!(compare(&content, &longer, piece), Some(Mismatch { offset, expected: b"more".to_vec() }));
            assert_eq!(compare(&longer, &content, piece), Some(Mismatch { offset, expected: vec![] }));
        }
        assert_eq!(compare(b"", b"", 1), None);
    }
}
