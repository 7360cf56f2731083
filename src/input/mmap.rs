//! Memory-mapped input files. The only place that maps files.
#![expect(unsafe_code, reason = "mapping a file; each block has a SAFETY comment")]

use crate::crash::{LastWords, Watch, watch};
use memmap2::{Advice, Mmap, UncheckedAdvice};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Consumed pages are released in steps of this many bytes, to keep madvise(2) calls rare.
const RELEASE_STEP: usize = 8 << 20;

/// A read-only map of a whole file.
///
/// # Concurrent changes
/// Another process can change a mapped file at any time. The bytes are untrusted data: no code relies on reading the
/// same value twice (every index is bounds-checked at its use), and the file is checked for changes before anything is
/// published. A truncated file, or a page that the disk cannot read, raises SIGBUS, which [`crate::crash`] turns into
/// an error message.
#[derive(Debug)]
pub(crate) struct MappedFile {
    /// Declared before the map, so that it is dropped first.
    _watch: Watch,
    map: Mmap,
    /// The file, which stays open as long as its map.
    _file: Arc<File>,
    /// Bytes released so far, from the start of the file.
    released: AtomicUsize,
}

impl MappedFile {
    /// Maps a regular, non-empty file. `words` is the error message if an access to the map raises SIGBUS.
    pub(crate) fn new(file: Arc<File>, words: LastWords) -> io::Result<Self> {
        // SAFETY: the map is read-only and private to this type. Memory safety does not depend on the bytes staying the
        // same (see above); only the results do, and those are discarded if the file changed.
        let map = unsafe { Mmap::map(&*file)? };
        let too_many = || io::Error::other("too many maps");
        let watch = watch(&map, file.as_fd(), words).ok_or_else(too_many)?;
        // A hint for readahead; failure is harmless.
        let _ = map.advise(Advice::Sequential);
        Ok(Self { _watch: watch, map, _file: file, released: AtomicUsize::new(0) })
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Releases the pages before offset `consumed`, so that resident memory stays bounded. They can still be read,
    /// which loads them from the file again.
    pub(crate) fn release(&self, consumed: usize) {
        let from = self.released.load(Ordering::Relaxed);
        // The last step may be shorter.
        let to = if consumed < self.map.len() { consumed / RELEASE_STEP * RELEASE_STEP } else { self.map.len() };
        if to <= from || self.released.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        // SAFETY: the range lies within the map. MADV_DONTNEED on a shared map of a file loses nothing: a later read
        // faults the same pages in from the page cache.
        let _ = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, from, to - from) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};
    use std::io::Write;

    #[test]
    fn released_pages_can_be_read_again() {
        let mut file = tempfile::tempfile().expect("a temporary file");
        let bytes: Vec<u8> = (0..20 << 20).map(|n: u32| ((n * 31) >> 8) as u8).collect();
        file.write_all(&bytes).expect("written");
        let error = Error::new(ErrorKind::Input, "is never written");
        let words = LastWords::new(&error, &error);
        let mapped = MappedFile::new(Arc::new(file), words).expect("mapped");
        assert_eq!(mapped.bytes(), bytes);
        let all = resident_kib(&mapped);
        assert!(all >= 20 << 10, "{all} KiB");
        mapped.release(17 << 20);
        let rest = resident_kib(&mapped);
        assert!(rest <= 4 << 10, "{rest} KiB are not released");
        mapped.release(20 << 20);
        assert_eq!(resident_kib(&mapped), 0);
        assert_eq!(mapped.bytes(), bytes);
    }

    /// The resident size of a map, in KiB.
    fn resident_kib(mapped: &MappedFile) -> u64 {
        let maps = std::fs::read_to_string("/proc/self/smaps").expect("Linux");
        let head = format!("{:x}-", mapped.bytes().as_ptr() as usize);
        let mut of_map = maps.lines().skip_while(|line| !line.starts_with(&head));
        let text = of_map.find_map(|line| line.strip_prefix("Rss:")).expect("the map");
        text.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}
