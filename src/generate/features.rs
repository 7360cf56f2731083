//! Work compiled twice: for what every processor of the target has, and for AVX2 where it is found. The source is the
//! same, so there is one answer; what the compiler does four or eight at a time needs products of 32 bits in lanes,
//! shifts by different counts and the like.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "calling code for features that were detected"))]

/// Work that is compiled for whatever runs it: `run` and all it calls on the way of every record must be inlined.
pub(crate) trait Work {
    /// Does it.
    fn run(self);
}

/// Does the work in the fastest way this machine has.
#[cfg(target_arch = "x86_64")]
pub(crate) fn fastest<W: Work>(work: W) {
    if std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("bmi1")
        && std::is_x86_feature_detected!("bmi2")
    {
        // SAFETY: the features were detected just now.
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
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn run_avx2<W: Work>(work: W) {
    work.run();
}
