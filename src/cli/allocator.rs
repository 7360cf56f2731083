//! The system's allocator, except that memory that has run out ends the program with a message and status 1
//! instead of an abort.
#![expect(unsafe_code, reason = "an allocator; the argument stands at each block")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;

#[global_allocator]
static ALLOCATOR: EndsInWords = EndsInWords;

struct EndsInWords;

/// What follows when memory runs out, and what to do about it.
static THEN: OnceLock<&str> = OnceLock::new();

/// Says what follows of memory that runs out from here on; the first word on it stays.
pub(crate) fn say_then(text: &'static str) {
    let _ = THEN.set(text);
}

// SAFETY: every call goes to `System` with the arguments it came with, so `System`'s own argument holds; what
// never returns need not keep a promise about what it returns.
unsafe impl GlobalAlloc for EndsInWords {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about `layout`, passed on.
        had(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        had(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above; `memory` came from `System`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; `memory` came from `System`.
        had(unsafe { System.realloc(memory, layout, size) }, size)
    }
}

#[inline]
fn had(memory: *mut u8, size: usize) -> *mut u8 {
    #[cfg(feature = "fault-injection")]
    let memory = if spendfold::process::memory_is_out() { std::ptr::null_mut() } else { memory };
    if memory.is_null() {
        spendfold::process::end_out_of_memory(size, THEN.get().copied().unwrap_or_default());
    }
    memory
}
