//! Run-time CPU dispatch (function multiversioning): the same generic code is compiled for the baseline of the target
//! and for AVX2, and the best variant for this processor runs.
//!
//! All variants share their source, so they give the same results. With AVX2 the compiler vectorises more loops and
//! uses BMI and LZCNT; only loading and comparing 64 bytes is written with intrinsics. A value of type `Avx2` proves
//! that the features were detected; the memchr crate does the same.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "SIMD intrinsics; each block has a SAFETY comment"))]

/// Work that is compiled once per variant. `run` and the hot functions that it calls must be inlined: otherwise they
/// are compiled without the CPU features of the variant.
pub(crate) trait CpuWork {
    type Output;

    fn run(self, cpu: impl Cpu) -> Self::Output;
}

/// A variant: how to compare 64 bytes on a kind of processor.
pub(crate) trait Cpu: Copy {
    /// 64 bytes in registers.
    type Block: Copy;

    fn load(self, bytes: &[u8; 64]) -> Self::Block;

    /// A mask of the bytes that equal `byte`: one bit per byte of the block, the lowest bit for the first byte.
    fn equal(self, block: Self::Block, byte: u8) -> u64;
}

/// Runs work in the best variant for this processor.
#[cfg(target_arch = "x86_64")]
pub(crate) fn dispatch<W: CpuWork>(work: W) -> W::Output {
    use std::is_x86_feature_detected as has;
    // The standard library caches the detection.
    if has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt") {
        // SAFETY: all features of the function were detected.
        unsafe { run_avx2(work) }
    } else {
        run_baseline(work)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2<W: CpuWork>(work: W) -> W::Output {
    work.run(x86::Avx2(()))
}

/// Runs work in the baseline variant, for any x86-64 processor.
#[cfg(target_arch = "x86_64")]
pub(crate) fn run_baseline<W: CpuWork>(work: W) -> W::Output {
    work.run(x86::Sse2(()))
}

/// Runs work in the portable variant, the only one for processors other than x86-64.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn dispatch<W: CpuWork>(work: W) -> W::Output {
    work.run(Portable)
}

/// Compares one byte at a time. On x86-64, only tests use it, as the oracle.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[derive(Clone, Copy)]
pub(crate) struct Portable;

#[cfg(any(test, not(target_arch = "x86_64")))]
impl Cpu for Portable {
    type Block = [u8; 64];

    fn load(self, bytes: &[u8; 64]) -> [u8; 64] {
        *bytes
    }

    fn equal(self, block: [u8; 64], byte: u8) -> u64 {
        block.iter().rev().fold(0, |mask, &found| mask << 1 | u64::from(found == byte))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Cpu;
    use std::arch::x86_64::*;

    /// Proves that AVX2 was detected: only `dispatch` creates it.
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(pub(super) ());

    impl Cpu for Avx2 {
        type Block = [__m256i; 2];

        #[inline(always)]
        fn load(self, bytes: &[u8; 64]) -> Self::Block {
            let (halves, _) = bytes.as_chunks::<32>();
            // SAFETY: AVX2 is available (see the type). Each half is a live reference to 32 bytes, and the load needs
            // no alignment.
            [0, 1].map(|half: usize| unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) })
        }

        #[inline(always)]
        fn equal(self, [low, high]: Self::Block, byte: u8) -> u64 {
            // SAFETY: AVX2 is available (see the type); the intrinsics access no memory.
            let mask = |half| unsafe {
                u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(half, _mm256_set1_epi8(byte as i8))) as u32)
            };
            mask(low) | mask(high) << 32
        }
    }

    /// SSE2 is part of x86-64.
    #[derive(Clone, Copy)]
    pub(super) struct Sse2(pub(super) ());

    impl Cpu for Sse2 {
        type Block = [__m128i; 4];

        #[inline(always)]
        fn load(self, bytes: &[u8; 64]) -> Self::Block {
            let (parts, _) = bytes.as_chunks::<16>();
            // SAFETY: each part is a live reference to 16 bytes, and the load needs no alignment.
            [0, 1, 2, 3].map(|part: usize| unsafe { _mm_loadu_si128(parts[part].as_ptr().cast()) })
        }

        #[inline(always)]
        fn equal(self, block: Self::Block, byte: u8) -> u64 {
            // SAFETY: SSE2 is available on every x86-64; the intrinsics access no memory.
            let mask =
                |part| unsafe { u64::from(_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8(byte as i8))) as u32) };
            let masks = block.map(mask);
            masks[0] | masks[1] << 16 | masks[2] << 32 | masks[3] << 48
        }
    }
}
