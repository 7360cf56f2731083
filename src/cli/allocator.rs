//! A global allocator over the system's. If an allocation fails, the program ends with a message and status 1 instead
//! of an abort.
#![expect(
    unsafe_code,
    reason = "a global allocator is unsafe to implement; the SAFETY comments say why this one is sound"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;

#[global_allocator]
static ALLOCATOR: ExitOnOutOfMemory = ExitOnOutOfMemory;

struct ExitOnOutOfMemory;

/// The end of the out-of-memory message: the consequence and a hint.
static OUT_OF_MEMORY_HINT: OnceLock<&str> = OnceLock::new();

/// Sets the end of the out-of-memory message; the first call wins.
pub(crate) fn set_out_of_memory_hint(text: &'static str) {
    let _ = OUT_OF_MEMORY_HINT.set(text);
}

// SAFETY: every call is forwarded to `System` with its arguments unchanged, so the guarantees of `System` apply. A
// failed allocation never returns to the caller.
unsafe impl GlobalAlloc for ExitOnOutOfMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees that `layout` is valid for this call.
        or_exit(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        or_exit(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above; `memory` came from `System`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; `memory` came from `System`.
        or_exit(unsafe { System.realloc(memory, layout, size) }, size)
    }
}

/// Returns the memory, or ends the program if the allocation failed.
#[inline]
fn or_exit(memory: *mut u8, size: usize) -> *mut u8 {
    #[cfg(feature = "fault-injection")]
    let memory = if spendfold::process::allocations_must_fail() { std::ptr::null_mut() } else { memory };
    if memory.is_null() {
        spendfold::process::end_out_of_memory(size, OUT_OF_MEMORY_HINT.get().copied().unwrap_or_default());
    }
    memory
}
