//! Decimal digits of integers.
//!
//! Eight digits are computed at once by SWAR (SIMD within a register): a number of eight digits is split into two of
//! four, these into two of two and these into single digits, each in a lane of a 64-bit word; divisions by constants
//! are multiplications by reciprocals. See Khuong, "How to print integers really fast" (2017).

/// One more than the largest number of eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// The ASCII digits of a number below 10⁸ and how many there are. With `padded`, all eight, with leading zeros.
#[inline]
pub(crate) fn digits(number: u32, padded: bool) -> ([u8; 8], usize) {
    debug_assert!(u64::from(number) < EIGHT_DIGITS);
    let fours = u64::from(number / 10_000) | (u64::from(number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = ((fours - 100 * hundreds) << 16) | hundreds;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = ((twos - 10 * tens) << 8) | tens;
    let zeros = if padded { 0 } else { (ones.trailing_zeros() / 8).min(7) };
    (((ones | 0x3030_3030_3030_3030) >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize)
}

/// Writes a number to the start of `out`, which has at least 24 bytes, and returns the number of digits. Bytes behind
/// the digits may be overwritten.
#[inline]
pub(crate) fn put_number(number: u64, out: &mut [u8]) -> usize {
    if number < EIGHT_DIGITS {
        let (bytes, count) = digits(number as u32, false);
        out[..8].copy_from_slice(&bytes);
        return count;
    }
    put_long_number(number, out)
}

/// A number of more than eight digits, in groups of eight.
#[cold]
fn put_long_number(number: u64, out: &mut [u8]) -> usize {
    let count = put_number(number / EIGHT_DIGITS, out);
    out[count..count + 8].copy_from_slice(&digits((number % EIGHT_DIGITS) as u32, true).0);
    count + 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let edges = (0..=19).flat_map(|power| [10u64.pow(power) - 1, 10u64.pow(power), 10u64.pow(power) + 7]);
        let spread = (0..200_000u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (number % 60));
        for number in edges.chain(spread).chain(0..20_000) {
            let mut out = [0; 24];
            let count = put_number(number, &mut out);
            assert_eq!(&out[..count], number.to_string().as_bytes());
        }
    }

    #[test]
    fn padded_numbers_have_eight_digits() {
        assert_eq!(digits(70, true), (*b"00000070", 8));
        assert_eq!(digits(99_999_999, true), (*b"99999999", 8));
    }
}
