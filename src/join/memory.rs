//! Large blocks of zeroed memory in huge pages, where the system has them: random look-ups into hundreds of
//! megabytes spend much of their time finding 4 KiB pages.

use crate::error::{Error, ErrorKind, Result};
use memmap2::MmapMut;

/// Below this size huge pages are not worth asking for.
const HUGE: usize = 4 << 20;

/// Zeroed memory; pages are only taken when they are written.
pub(crate) fn zeroed(len: usize) -> Result<MmapMut> {
    let map = MmapMut::map_anon(len).map_err(|_| {
        Error::new(ErrorKind::Resources, format!("out of memory: {len} bytes more are needed to hold the customers"))
            .hint("the customers must fit in memory, at about 1.5 times the size of their file and 75 bytes for each; raise the memory limit")
    })?;
    #[cfg(target_os = "linux")]
    if len >= HUGE {
        // Without huge pages everything works, a little slower.
        let _ = map.advise(memmap2::Advice::HugePage);
    }
    Ok(map)
}
