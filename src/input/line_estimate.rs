//! Estimates how many lines the files of a side have, from samples.

use super::file::InputFile;
use std::os::unix::fs::FileExt;

/// Bytes of a sample.
const WINDOW: usize = 4096;
/// The most samples.
const WINDOWS: u64 = 64;

/// Estimates the number of non-blank lines of the files from windows spread evenly over all of them; exact for small
/// files. `None` unless all are mapped.
///
/// Lines inside quotes count too, so the estimate tends to be too large. The windows are read with pread(2), because a
/// page fault in the map would also load the pages around it.
pub(crate) fn estimate_lines(files: &[InputFile]) -> Option<u64> {
    let sizes = files.iter().map(|file| file.size().filter(|_| file.is_mapped()));
    let sizes = sizes.collect::<Option<Vec<u64>>>()?;
    let size: u64 = sizes.iter().sum();
    let windows = size.div_ceil(WINDOW as u64).clamp(1, WINDOWS);
    let (mut buffer, mut sampled, mut lines) = ([0; WINDOW], 0, 0);
    // The file of the current window, and the sizes of the files before it.
    let (mut index, mut before) = (0, 0);
    let mut open = None;
    for number in 0..windows {
        let offset = (u128::from(size) * u128::from(number) / u128::from(windows)) as u64;
        while index + 1 < files.len() && offset - before >= sizes[index] {
            before += sizes[index];
            index += 1;
            open = None;
        }
        // A window that cannot be read is skipped; reading the whole file reports the error later.
        if open.is_none() {
            open = files.get(index).and_then(|file| file.descriptor().ok());
        }
        let read = open.as_ref().and_then(|file| file.read_at(&mut buffer, offset - before).ok()).unwrap_or(0);
        let window = &buffer[..read];
        let ends = memchr::memchr_iter(b'\n', window);
        lines += ends.filter(|&lf| !matches!(window.get(lf + 1), Some(b'\n' | b'\r'))).count() as u64;
        sampled += read as u64;
    }
    // Plus one for each file, as its last line may lack its LF.
    let all = |sampled| (u128::from(lines) * u128::from(size) / u128::from(sampled)) as u64 + files.len() as u64;
    (sampled > 0).then(|| all(sampled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_estimated_over_all_files() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            InputFile::open(&path, true).expect("opened")
        };
        let few = [file("a", "a\n1\n2\n"), file("b", "a\n\n3\n")];
        assert_eq!(estimate_lines(&few), Some(5 + 2));
        let many: Vec<InputFile> = (0..300).map(|n| file(&n.to_string(), &"1,Pen,0.25\n".repeat(1000))).collect();
        let found = estimate_lines(&many).expect("mapped");
        assert!((290_000..310_000).contains(&found), "{found}");
        assert_eq!(estimate_lines(&[InputFile::open("/dev/null".as_ref(), true).expect("opened")]), None);
    }
}
