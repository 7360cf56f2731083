//! Comparing 64 bytes at once: AVX2 where the processor has it, SSE2 on every other x86-64, one byte at a
//! time elsewhere. The last is the oracle of the others.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "calling code for features that were detected"))]

use crate::dialect::Dialect;

/// For each byte of a 64-byte block, one bit: is it this one? Lowest bit first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Masks {
    pub(super) delimiter: u64,
    pub(super) lf: u64,
    pub(super) quote: u64,
    pub(super) cr: u64,
}

impl Masks {
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
    fn run(self, masks: impl Fn(&[u8; 64], Dialect) -> Masks) -> Self::Output;
}

/// Does the work in the fastest way this machine has.
#[cfg(target_arch = "x86_64")]
pub(super) fn fastest<W: WithMasks>(work: W) -> W::Output {
    if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("bmi1") {
        // SAFETY: both features were detected just now.
        unsafe { run_avx2(work) }
    } else {
        // SAFETY: SSE2 belongs to every x86-64.
        unsafe { run_sse2(work) }
    }
}

/// Does the work in the portable way.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn fastest<W: WithMasks>(work: W) -> W::Output {
    work.run(Masks::bytewise)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn run_avx2<W: WithMasks>(work: W) -> W::Output {
    use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_set_epi64x, _mm256_set1_epi8};
    work.run(|block, dialect| {
        let (words, _) = block.as_chunks::<8>();
        let word = |number: usize| i64::from_le_bytes(words[number]);
        // Four words behind one another: the compiler makes one load of it.
        let low: __m256i = _mm256_set_epi64x(word(3), word(2), word(1), word(0));
        let high: __m256i = _mm256_set_epi64x(word(7), word(6), word(5), word(4));
        Masks::with(dialect, |wanted| {
            let wanted = _mm256_set1_epi8(wanted as i8);
            let part = |data| u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(data, wanted)) as u32);
            part(low) | part(high) << 32
        })
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
fn run_sse2<W: WithMasks>(work: W) -> W::Output {
    use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    work.run(|block, dialect| {
        let (words, _) = block.as_chunks::<8>();
        let word = |number: usize| i64::from_le_bytes(words[number]);
        let load = |first: usize| -> __m128i { _mm_set_epi64x(word(first + 1), word(first)) };
        let data = [load(0), load(2), load(4), load(6)];
        Masks::with(dialect, |wanted| {
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
