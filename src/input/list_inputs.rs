//! The files that the inputs of a side name: files, directories and patterns (docs/contract.md#parts).

use super::natural_order::natural_order;
use crate::error::{Error, ErrorKind, Result, words};
use crate::model::inputs::is_stdin;
use crate::model::sides::Side;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// The endings of the files that are read from a directory, in any case.
const TEXT_ENDINGS: [&str; 5] = ["csv", "tsv", "tab", "psv", "txt"];
/// The endings of compressed files, which follow the ones above.
const COMPRESSED_ENDINGS: [&str; 5] = ["gz", "zst", "bz2", "xz", "zip"];

/// The files that `given` names, in its order. For a directory, the list has the files in it that end in one of
/// [`TEXT_ENDINGS`], compressed or not. A path with `*`, `?` or `[` that does not exist is a pattern for paths. The
/// files of both are in natural order.
///
/// # Errors
/// [`ErrorKind::Config`] for a directory without such a file and a pattern that no path matches; [`ErrorKind::Input`]
/// for a directory that cannot be read. A path that does not exist and is no pattern stays in the list; opening it
/// fails.
pub(crate) fn list_inputs(side: Side, given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut list = vec![];
    for path in given {
        let exists = is_stdin(path) || path.symlink_metadata().is_ok();
        if exists || !is_pattern(path) {
            add(side, path, &mut list)?;
            continue;
        }
        let matching = matching(path)?;
        if matching.is_empty() {
            return Err(nothing(side, path, "no file matches the pattern"));
        }
        for path in matching {
            add(side, &path, &mut list)?;
        }
    }
    Ok(list)
}

/// Adds a path, or the files in it if it is a directory.
fn add(side: Side, path: &Path, list: &mut Vec<PathBuf>) -> Result<()> {
    if is_stdin(path) || !path.is_dir() {
        list.push(path.to_owned());
        return Ok(());
    }
    let mut files = names(path)?;
    files.retain(|name| has_known_ending(name.as_bytes()) && !path.join(name).is_dir());
    if files.is_empty() {
        let endings = TEXT_ENDINGS.map(|ending| format!(".{ending}")).join(", ");
        let what = format!("the directory has no file that ends in one of {endings}, compressed or not");
        return Err(nothing(side, path, &what));
    }
    list.extend(files.iter().map(|name| path.join(name)));
    Ok(())
}

/// The error for an input that names no file.
fn nothing(side: Side, path: &Path, what: &str) -> Error {
    Error::config(side.inputs(), what, Some(path.as_os_str().as_bytes())).hint_words(words![
        "name the files with ",
        side.inputs(),
        " FILE..."
    ])
}

/// Whether a file name, which is not hidden, ends like text or like compressed text.
fn has_known_ending(name: &[u8]) -> bool {
    let (_, plain) = split_compression(name);
    !name.starts_with(b".") && has_ending(plain, &TEXT_ENDINGS).is_some()
}

/// The ending of a compressed file, and the name without it.
pub(crate) fn split_compression(name: &[u8]) -> (Option<&'static str>, &[u8]) {
    match has_ending(name, &COMPRESSED_ENDINGS) {
        Some(ending) => (Some(ending), &name[..name.len() - ending.len() - 1]),
        None => (None, name),
    }
}

/// The ending of a name among `endings`, in any case.
fn has_ending(name: &[u8], endings: &[&'static str]) -> Option<&'static str> {
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    endings.iter().copied().find(|ending| name[dot + 1..].eq_ignore_ascii_case(ending.as_bytes()))
}

/// The names in a directory that are not hidden, in natural order.
fn names(dir: &Path) -> Result<Vec<OsString>> {
    let cannot = |error: io::Error| Error::io(ErrorKind::Input, dir, "cannot read the directory", error);
    // An empty path is the current directory.
    let path = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let mut names = vec![];
    for entry in fs::read_dir(path).map_err(cannot)? {
        names.push(entry.map_err(cannot)?.file_name());
    }
    names.sort_by(|one, other| natural_order(one.as_bytes(), other.as_bytes()));
    Ok(names)
}

/// Whether a path contains a wildcard.
fn is_pattern(path: &Path) -> bool {
    memchr::memchr3(b'*', b'?', b'[', path.as_os_str().as_bytes()).is_some()
}

/// The paths that match a pattern, in natural order. As in a shell, a `*` at the start of a name does not match a hidden
/// file. A component `**` matches any number of directories.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let mut next = vec![];
        for base in found {
            match component {
                Component::Normal(part) if part == "**" => add_directories(base, &mut next)?,
                Component::Normal(part) if is_pattern(Path::new(part)) => add_matching(&base, part, &mut next)?,
                // A part without a pattern only has to exist.
                part => next.extend(Some(base.join(part)).filter(|path| path.symlink_metadata().is_ok())),
            }
        }
        found = next;
    }
    found.sort_by(|one, other| natural_order(one.as_os_str().as_bytes(), other.as_os_str().as_bytes()));
    found.dedup();
    Ok(found)
}

/// Adds the paths in the directory `base` whose names match a pattern. There are none if it is no directory.
fn add_matching(base: &Path, pattern: &OsStr, next: &mut Vec<PathBuf>) -> Result<()> {
    if !base.as_os_str().is_empty() && !base.is_dir() {
        return Ok(());
    }
    let hidden = pattern.as_bytes().starts_with(b".");
    let names = names(base)?;
    let matches = |name: &&OsString| {
        (hidden || !name.as_bytes().starts_with(b".")) && fast_glob::glob_match(pattern.as_bytes(), name.as_bytes())
    };
    next.extend(names.iter().filter(matches).map(|name| base.join(name)));
    Ok(())
}

/// Adds the directory `base` and the directories in it, at any depth. Hidden directories and symbolic links are left
/// out.
fn add_directories(base: PathBuf, next: &mut Vec<PathBuf>) -> Result<()> {
    let mut pending = vec![base];
    while let Some(dir) = pending.pop() {
        for name in names(&dir)? {
            let path = dir.join(&name);
            let is_dir = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            if is_dir && !name.as_bytes().starts_with(b".") {
                pending.push(path);
            }
        }
        next.push(dir);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(dir: &Path, names: &[&str]) {
        for name in names {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().expect("in a directory")).expect("created");
            fs::write(path, "").expect("written");
        }
    }

    fn listed(dir: &Path, given: &[&str]) -> Result<Vec<String>> {
        let given: Vec<PathBuf> = given.iter().map(|path| dir.join(path)).collect();
        let list = list_inputs(Side::Purchases, &given)?;
        let prefix = format!("{}/", dir.display());
        let name = |path: &PathBuf| path.to_string_lossy().strip_prefix(&prefix).expect("in the directory").to_owned();
        Ok(list.iter().map(name).collect())
    }

    #[test]
    fn a_directory_stands_for_its_text_files() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        let names = ["p-10.csv", "p-2.CSV", "p-1.tsv.gz", "a.txt", ".hidden.csv", "README.md", "b.gz", "sub.csv/c.csv"];
        make(dir, &names.map(|name| format!("d/{name}")).each_ref().map(String::as_str));
        assert_eq!(listed(dir, &["d"]).expect("listed"), ["d/a.txt", "d/p-1.tsv.gz", "d/p-2.CSV", "d/p-10.csv"]);
        // In the given order, and as often as given.
        assert_eq!(listed(dir, &["d/p-2.CSV", "d/sub.csv", "d/b.gz"]).expect("listed").len(), 3);
        make(dir, &["e/README.md"]);
        assert_eq!(listed(dir, &["e"]).expect_err("no file").kind(), ErrorKind::Config);
    }

    #[test]
    fn patterns_are_expanded_as_in_a_shell() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        make(dir, &["p-10.csv", "p-9.csv", "p-9.txt", ".p-8.csv", "q[1].csv", "s/x/p.csv", "s/p.csv", "s/.h/p.csv"]);
        let list = |pattern| listed(dir, &[pattern]).expect("listed");
        assert_eq!(list("p-*.csv"), ["p-9.csv", "p-10.csv"]);
        assert_eq!(list("p-?.*"), ["p-9.csv", "p-9.txt"]);
        assert_eq!(list("[pq]-[0-9].{csv,txt}"), ["p-9.csv", "p-9.txt"]);
        assert_eq!(list(".*.csv"), [".p-8.csv"]);
        assert_eq!(list("*/p.csv"), ["s/p.csv"]);
        assert_eq!(list("**/p.csv"), ["s/p.csv", "s/x/p.csv"]);
        // A path that exists is no pattern.
        assert_eq!(list("q[1].csv"), ["q[1].csv"]);
        // A path without a pattern may be missing: opening it says so.
        assert_eq!(list("none.csv"), ["none.csv"]);
        assert_eq!(listed(dir, &["none-*.csv"]).expect_err("no match").kind(), ErrorKind::Config);
        // Of a directory that matches, the files are listed.
        assert_eq!(list("?"), ["s/p.csv"]);
    }

    #[test]
    fn names_need_not_be_utf_8() {
        let dir = tempfile::tempdir().expect("a directory");
        let name = OsStr::from_bytes(b"p-\xff.csv");
        fs::write(dir.path().join(name), "").expect("written");
        for given in [dir.path().to_owned(), dir.path().join("p-*.csv"), dir.path().join("p-?.csv")] {
            assert_eq!(list_inputs(Side::Purchases, &[given]).expect("listed"), [dir.path().join(name)]);
        }
    }
}
