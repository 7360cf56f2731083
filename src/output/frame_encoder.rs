//! Compresses a block of rows into a frame: a zstd frame or a gzip member. A file of frames, one after the other, is
//! read by every decompressor of the format as one stream.
//!
//! A frame depends on its block and on the level alone, not on the frames before it, so any worker can make it. It has
//! no time, no file name and no name of a system, so the same rows give the same bytes.

use crate::model::compression::{Compression, CompressionFormat};
use flate2::{Compress, FlushCompress, Status};
use std::io;
use zstd::zstd_safe::compress_bound;

/// The header of a gzip member (RFC 1952): magic number, deflate, no flags, no time, no extra flags, unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The reusable memory of a compressor.
pub(super) enum FrameEncoder {
    Zstd(zstd::bulk::Compressor<'static>),
    Gzip(Compress),
}

impl FrameEncoder {
    /// # Errors
    /// Those of the library, such as a lack of memory.
    pub(super) fn new(compression: Compression) -> io::Result<Self> {
        let level = compression.level();
        match compression.format() {
            CompressionFormat::Zstd => {
                // Levels have at most two digits.
                let mut encoder = zstd::bulk::Compressor::new(level as i32)?;
                encoder.include_checksum(true)?;
                Ok(Self::Zstd(encoder))
            }
            CompressionFormat::Gzip => Ok(Self::Gzip(Compress::new(flate2::Compression::new(level), false))),
        }
    }

    /// Replaces the content of `frame` with the frame of `block`, whose CRC-32 is `crc32`.
    ///
    /// # Errors
    /// Those of the library, such as a lack of memory.
    pub(super) fn encode(&mut self, block: &[u8], crc32: u32, frame: &mut Vec<u8>) -> io::Result<()> {
        frame.clear();
        match self {
            Self::Zstd(encoder) => {
                frame.reserve(compress_bound(block.len()));
                encoder.compress_to_buffer(block, frame)?;
            }
            Self::Gzip(deflate) => {
                frame.extend_from_slice(&GZIP_HEADER);
                deflate.reset();
                loop {
                    // Deflate stores what it cannot compress, with five bytes for each 16 KiB at most.
                    frame.reserve(block.len() + block.len() / 1024 + 64);
                    let consumed = deflate.total_in() as usize;
                    if deflate.compress_vec(&block[consumed..], frame, FlushCompress::Finish)? == Status::StreamEnd {
                        break;
                    }
                }
                frame.extend_from_slice(&crc32.to_le_bytes());
                // The size modulo 2³², as the format has it.
                frame.extend_from_slice(&(block.len() as u32).to_le_bytes());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::fingerprint::crc32;
    use std::io::Read;

    /// Rows, random bytes, and runs of one byte.
    fn blocks() -> Vec<Vec<u8>> {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32
        };
        let rows: String = (0..9000)
            .map(|n| format!("{},Product {},{}.99,Ada Byron,Young\n", random(), random() % 90, n % 80))
            .collect();
        let noise: Vec<u8> = (0..300_000).map(|_| random() as u8).collect();
        vec![rows.into_bytes(), noise, vec![b'a'; 1 << 20], b"a,b\n".to_vec(), vec![0; 1]]
    }

    fn decoded(format: CompressionFormat, frames: &[u8]) -> Vec<u8> {
        let mut plain = vec![];
        match format {
            CompressionFormat::Zstd => zstd::Decoder::new(frames).expect("a frame").read_to_end(&mut plain),
            CompressionFormat::Gzip => flate2::read::MultiGzDecoder::new(frames).read_to_end(&mut plain),
        }
        .expect("decodable");
        plain
    }

    /// An encoder that has made other frames gives the same bytes as a new one.
    #[test]
    fn a_frame_depends_only_on_its_block() {
        let blocks = blocks();
        for level in ["zst:1", "zst:3", "zst:7", "zst:12", "zst:22", "gz:1", "gz:4", "gz:6", "gz:9"] {
            let compression = Compression::parse(level).expect("valid");
            let mut used = FrameEncoder::new(compression).expect("made");
            let (mut frame, mut frames) = (vec![1, 2, 3], vec![]);
            for block in blocks.iter().chain(blocks.iter().rev()) {
                used.encode(block, crc32(block), &mut frame).expect("compressed");
                let mut fresh = vec![];
                FrameEncoder::new(compression)
                    .expect("made")
                    .encode(block, crc32(block), &mut fresh)
                    .expect("compressed");
                assert!(frame == fresh, "{level}: {} bytes", block.len());
                frames.extend_from_slice(&frame);
            }
            let all: Vec<u8> = blocks.iter().chain(blocks.iter().rev()).flatten().copied().collect();
            assert!(decoded(compression.format(), &frames) == all, "{level}");
        }
    }

    #[test]
    fn a_gzip_member_has_no_time_name_or_system() {
        let mut frame = vec![];
        let mut encoder = FrameEncoder::new(Compression::new(CompressionFormat::Gzip)).expect("made");
        encoder.encode(b"123456789", 0xcbf4_3926, &mut frame).expect("compressed");
        assert_eq!(frame[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        assert_eq!(frame[frame.len() - 8..], [0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0]);
    }
}
