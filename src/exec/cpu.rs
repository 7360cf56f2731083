//! Work compiled twice: for what every processor of the target has, and for AVX2 and what came with it, where they are
//! found. The source is the same, so there is one answer; what the compiler does four or eight at a time needs products
//! of 32 bits in lanes, shifts by different counts and the like.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "calling code for features that were detected"))]

/// Work that is compiled for whatever runs it: `run` and all it calls on the way of every record must be inlined.
pub(crate) trait Work {
    /// Does it.
    fn run(self);
}

/// Whether this machine has AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx2() -> bool {
    use std::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt")
}

/// Does the work in the fastest way this machine has.
#[cfg(target_arch = "x86_64")]
pub(crate) fn fastest<W: Work>(work: W) {
    if has_avx2() {
        // SAFETY: all of the features were detected just now.
        unsafe { run_avx2(work) }
    } else {
        work.run();
    }
}

/// Does the work in the portable way.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn fastest<W: Work>(work: W) {
    work.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2<W: Work>(work: W) {
    work.run();
}
