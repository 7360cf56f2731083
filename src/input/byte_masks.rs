//! Bit masks of the special bytes of CSV in a block of 64 bytes, as in simdjson (Langdale & Lemire 2019).

use crate::exec::cpu::Cpu;
use crate::model::dialect::Dialect;

/// One bit per byte of a 64-byte block; the lowest bit is the first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteMasks {
    pub(super) delimiter: u64,
    pub(super) lf: u64,
    /// 0 if the dialect has no quoting.
    pub(super) quote: u64,
    pub(super) cr: u64,
}

impl ByteMasks {
    #[inline(always)]
    pub(super) fn of(block: &[u8; 64], dialect: Dialect, cpu: impl Cpu) -> Self {
        let block = cpu.load(block);
        Self {
            delimiter: cpu.equal(block, dialect.delimiter),
            lf: cpu.equal(block, b'\n'),
            quote: dialect.quote.map_or(0, |quote| cpu.equal(block, quote)),
            cr: cpu.equal(block, b'\r'),
        }
    }
}

/// The last, partial block, padded with a byte that is not special in any dialect.
#[inline(always)]
pub(super) fn padded(rest: &[u8]) -> [u8; 64] {
    let mut block = [b'0'; 64];
    block[..rest.len()].copy_from_slice(rest);
    block
}
