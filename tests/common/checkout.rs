//! A temporary copy of the samples.

use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A temporary directory with a copy of `data/`.
pub(crate) fn checkout() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), &dir.path().join("data"));
    dir
}

/// Copies a folder recursively.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).expect("copied")),
        }
    }
}
