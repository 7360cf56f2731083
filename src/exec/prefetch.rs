//! Software prefetching: requesting the cache lines of several independent lookups in advance, so that their cache
//! misses overlap. Without it, the branches of each lookup wait for its own misses.
#![cfg_attr(not(feature = "internals"), allow(unreachable_pub, reason = "items for `internals` are `pub`"))]
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "the intrinsic takes a raw pointer"))]

/// Requests the cache line of `slice[index]`. This is only a hint; an index out of bounds is ignored.
#[inline(always)]
pub fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(element) = slice.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the pointer comes from a live reference, and a prefetch has no effect that a program can observe.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(element).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
