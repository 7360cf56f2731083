//! The fingerprint of a file: checksums of its bytes, from the first to the last.

use super::sha256::Sha256Stream;
use crate::model::digest::Digest;

/// The fingerprint of the bytes of a file so far.
#[derive(Debug)]
pub(crate) struct Fingerprint {
    crc: crc32fast::Hasher,
    /// Present if `--digest` was given.
    sha256: Option<Sha256Stream>,
}

/// The fingerprint of a whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FinishedFingerprint {
    /// CRC-32 as in zip and gzip, as 8 lower-case hexadecimal digits.
    pub(crate) crc32: String,
    /// SHA-256 as 64 lower-case hexadecimal digits, if `--digest` was given.
    pub(crate) sha256: Option<String>,
}

impl Fingerprint {
    /// The fingerprint of an empty file, with a digest if `digest` names one.
    pub(crate) fn new(digest: Option<Digest>) -> Self {
        let sha256 = digest.map(|Digest::Sha256| Sha256Stream::new());
        Self { crc: crc32fast::Hasher::new(), sha256 }
    }

    /// Adds the next bytes of the file.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.update_digest(bytes);
    }

    /// Adds the next bytes of the file, whose CRC-32 is known.
    pub(crate) fn update_with_crc32(&mut self, bytes: &[u8], crc32: u32) {
        self.crc.combine(&crc32fast::Hasher::new_with_initial_len(crc32, bytes.len() as u64));
        self.update_digest(bytes);
    }

    fn update_digest(&mut self, bytes: &[u8]) {
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }

    /// Frees the thread and the buffers of the digest. Useful for a file of which no more bytes are expected soon.
    pub(crate) fn settle(&mut self) {
        if let Some(sha256) = &mut self.sha256 {
            sha256.settle();
        }
    }

    /// The fingerprint of the whole file.
    pub(crate) fn finish(self) -> FinishedFingerprint {
        FinishedFingerprint { crc32: hexadecimal(self.crc.finalize()), sha256: self.sha256.map(Sha256Stream::finish) }
    }
}

/// The CRC-32 of a piece of a file. Workers compute it while the piece is in their cache; the fingerprint of the file
/// combines the pieces in order.
pub(crate) fn crc32(piece: &[u8]) -> u32 {
    crc32fast::hash(piece)
}

/// The CRC-32 of a whole file as the report gives it: 8 lower-case hexadecimal digits.
pub(crate) fn crc32_text(file: &[u8]) -> String {
    hexadecimal(crc32(file))
}

fn hexadecimal(crc32: u32) -> String {
    format!("{crc32:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_split_gives_the_fingerprint_of_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..300), cuts in prop::collection::vec((0usize..300, any::<bool>()), 0..6)) {
            let mut whole = Fingerprint::new(Some(Digest::Sha256));
            whole.update(&bytes);
            let mut cuts: Vec<(usize, bool)> = cuts.into_iter().map(|(at, known)| (at.min(bytes.len()), known)).collect();
            cuts.push((bytes.len(), true));
            cuts.sort_unstable();
            let (mut parts, mut from) = (Fingerprint::new(Some(Digest::Sha256)), 0);
            for (to, known) in cuts {
                let piece = &bytes[std::mem::replace(&mut from, to)..to];
                match known {
                    true => parts.update_with_crc32(piece, crc32(piece)),
                    false => parts.update(piece),
                }
            }
            prop_assert_eq!(parts.finish(), whole.finish());
        }
    }

    #[test]
    fn the_checksum_is_that_of_zip() {
        let mut fingerprint = Fingerprint::new(None);
        fingerprint.update(b"123456789");
        assert_eq!(fingerprint.finish(), FinishedFingerprint { crc32: "cbf43926".into(), sha256: None });
    }
}
