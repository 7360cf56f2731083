//! Comparing 64 bytes at once: AVX2 where the processor has it, SSE2 on every other x86-64, one byte at a
//! time elsewhere. The last is the oracle of the others.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "calling code for features that were detected"))]

use crate::model::dialect::Dialect;

/// For each byte of a 64-byte block, one bit: is it this one? Lowest bit first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteMasks {
    pub(super) delimiter: u64,
    pub(super) lf: u64,
    pub(super) quote: u64,
    pub(super) cr: u64,
}

impl ByteMasks {
    /// From a way to find one byte.
    #[inline(always)]
    fn with(dialect: Dialect, mask: impl Fn(u8) -> u64) -> Self {
        let quote = match dialect.quote {
            Some(quote) => mask(quote),
            None => 0,
        };
        Self { delimiter: mask(dialect.delimiter), lf: mask(b'\n'), quote, cr: mask(b'\r') }
    }

    /// One byte at a time.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    pub(super) fn bytewise(block: &[u8; 64], dialect: Dialect) -> Self {
        Self::with(dialect, |wanted| block.iter().rev().fold(0, |mask, &byte| mask << 1 | u64::from(byte == wanted)))
    }
}

/// The last bytes, fewer than 64, as a block: filled up with a byte that is no mark in any dialect.
#[inline(always)]
pub(super) fn filled_up(rest: &[u8]) -> [u8; 64] {
    let mut block = [b'0'; 64];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Work on a whole chunk, written once for every way to compare 64 bytes. It must be inlined wherever it is
/// run, so that it is compiled for the features of that way.
pub(super) trait WithMasks {
    /// What comes of it.
    type Output;

    /// Does the work with one way.
    fn run(self, masks: impl Fn(&[u8; 64], Dialect) -> ByteMasks) -> Self::Output;
}

/// Does the work in the fastest way this machine has.
#[cfg(target_arch = "x86_64")]
pub(super) fn fastest<W: WithMasks>(work: W) -> W::Output {
    if crate::exec::cpu::has_avx2() {
        // SAFETY: all of these features were detected just now.
        unsafe { run_avx2(work) }
    } else {
        // SAFETY: SSE2 belongs to every x86-64.
        unsafe { run_sse2(work) }
    }
}

/// Does the work in the portable way.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn fastest<W: WithMasks>(work: W) -> W::Output {
    work.run(ByteMasks::bytewise)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2<W: WithMasks>(work: W) -> W::Output {
    use std::arch::x86_64::{_mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8};
    work.run(|block, dialect| {
        let (halves, _) = block.as_chunks::<32>();
        // SAFETY: each half is 32 bytes that a live reference points to, and the load asks for no alignment.
        let [low, high] = [0, 1].map(|half: usize| unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) });
        ByteMasks::with(dialect, |wanted| {
            let wanted = _mm256_set1_epi8(wanted as i8);
            let part = |data| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(data, wanted)) as u32);
            part(low) | part(high) << 32
        })
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
fn run_sse2<W: WithMasks>(work: W) -> W::Output {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
    work.run(|block, dialect| {
        let (parts, _) = block.as_chunks::<16>();
        // SAFETY: each part is 16 bytes that a live reference points to, and the load asks for no alignment.
        let data = [0, 1, 2, 3].map(|part: usize| unsafe { _mm_loadu_si128(parts[part].as_ptr().cast()) });
        ByteMasks::with(dialect, |wanted| {
            let wanted = _mm_set1_epi8(wanted as i8);
            let part = |data| u64::from(_mm_movemask_epi8(_mm_cmpeq_epi8(data, wanted)) as u32);
            part(data[0]) | part(data[1]) << 16 | part(data[2]) << 32 | part(data[3]) << 48
        })
    })
}

/// The way of a machine without AVX2, whatever this one has.
#[cfg(all(test, target_arch = "x86_64"))]
pub(super) fn sse2<W: WithMasks>(work: W) -> W::Output {
    // SAFETY: SSE2 belongs to every x86-64.
    unsafe { run_sse2(work) }
}
