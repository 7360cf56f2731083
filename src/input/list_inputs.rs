//! The files that the inputs of a side name: files, directories and patterns (docs/contract.md#parts).

use super::path_pattern::{invalid, is_pattern, matching, names};
use crate::error::{Error, Result, words};
use crate::fs::directory::kind_name;
use crate::model::inputs::is_stdin;
use crate::model::sides::Side;
use rustix::fs::FileType;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The endings of the files that are read from a directory, in any case.
const TEXT_ENDINGS: [&str; 5] = ["csv", "tsv", "tab", "psv", "txt"];
/// The endings of compressed files, which follow the ones above.
const COMPRESSED_ENDINGS: [&str; 5] = ["gz", "zst", "bz2", "xz", "zip"];

/// The files that `given` names, in its order. For a directory, the list has the files in it that end in one of
/// [`TEXT_ENDINGS`], compressed or not. A path with wildcards or alternatives that does not exist is a pattern for paths.
/// The files of both are in natural order.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) for a directory without such a file, for a pattern that is invalid or
/// that no file matches, and for a FIFO, device or socket among the files of either;
/// [`ErrorKind::Input`](crate::ErrorKind::Input) for a directory that cannot be read. A path that does not exist and is
/// no pattern stays in the list, as does a dangling symbolic link; opening it fails.
pub(crate) fn list_inputs(side: Side, given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut list = vec![];
    for path in given {
        let exists = is_stdin(path) || path.symlink_metadata().is_ok();
        if !exists && is_pattern(path) {
            add_of_pattern(side, path, &mut list)?;
        } else if is_stdin(path) || !path.is_dir() {
            list.push(path.clone());
        } else {
            let files = files_in(side, path)?;
            if files.is_empty() {
                return Err(no_file_error(side, path, &format!("the directory has {}", no_text_file())));
            }
            list.extend(files);
        }
    }
    Ok(list)
}

/// Adds the files that match a pattern, and those in the directories that match it.
fn add_of_pattern(side: Side, pattern: &Path, list: &mut Vec<PathBuf>) -> Result<()> {
    if let Some(fault) = invalid(pattern) {
        let error = no_file_error(side, pattern, &format!("no such file, and not a valid pattern: {fault}"));
        return Err(error.hint("in a pattern, put \\ before a byte to match it literally"));
    }
    let matching = matching(pattern)?;
    let mut files = vec![];
    for path in &matching {
        match path.is_dir() {
            true => files.extend(files_in(side, path)?),
            false => files.push(found_file(side, path.clone())?),
        }
    }
    if files.is_empty() {
        let only_directories = format!("the directories that match the pattern have {}", no_text_file());
        let nothing = "no file matches the pattern";
        return Err(no_file_error(side, pattern, if matching.is_empty() { nothing } else { &only_directories }));
    }
    list.append(&mut files);
    Ok(())
}

/// The files in a directory whose names have a known ending, in natural order.
fn files_in(side: Side, dir: &Path) -> Result<Vec<PathBuf>> {
    let mut names = names(dir)?;
    names.retain(|name| has_known_ending(name.as_bytes()) && !dir.join(name).is_dir());
    names.iter().map(|name| found_file(side, dir.join(name))).collect()
}

/// A file that was found in a directory or by a pattern. A file called `-` must not be taken for standard input.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) for a FIFO, device or socket: reading it may never end, and
/// skipping it silently could lose data.
fn found_file(side: Side, path: PathBuf) -> Result<PathBuf> {
    if let Ok(metadata) = fs::metadata(&path)
        && !metadata.is_file()
    {
        let kind = kind_name(FileType::from_raw_mode(metadata.mode()));
        let what = format!("only regular files are read from directories and patterns, and this is {kind}");
        let error = Error::config(side.inputs(), &what, Some(path.as_os_str().as_bytes()));
        return Err(error.hint_words(words!["to read it, give its path with ", side.inputs(), "; else move it away"]));
    }
    Ok(if is_stdin(&path) { Path::new(".").join(path) } else { path })
}

fn no_text_file() -> String {
    let endings = TEXT_ENDINGS.map(|ending| format!(".{ending}")).join(", ");
    format!("no file that ends in one of {endings}, compressed or not")
}

/// The error for an input that names no file.
fn no_file_error(side: Side, path: &Path, what: &str) -> Error {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use std::ffi::OsStr;
    use std::os::unix::fs::symlink;

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
        // Alternatives alone are a pattern too. A `!` is an ordinary byte.
        make(dir, &["!p-1.csv"]);
        assert_eq!(list("{q,p-10,p-9}.{csv,txt}"), ["p-9.csv", "p-9.txt", "p-10.csv"]);
        assert_eq!(list("!p*"), ["!p-1.csv"]);
        assert_eq!(listed(dir, &["p-[9.csv"]).expect_err("invalid").kind(), ErrorKind::Config);
    }

    #[test]
    fn a_pattern_may_match_directories_without_text_files() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        make(dir, &["p-1.csv", "p-old/README.md", "p-none/README.md", "p-new/a.csv"]);
        assert_eq!(listed(dir, &["p-*"]).expect("listed"), ["p-1.csv", "p-new/a.csv"]);
        let error = listed(dir, &["p-[on][lo]*"]).expect_err("no file");
        assert!(
            error.to_string().contains("the directories that match the pattern have no file that ends in"),
            "{error}"
        );
        assert_eq!(listed(dir, &["p-*", "p-old"]).expect_err("no file").kind(), ErrorKind::Config);
    }

    #[test]
    fn only_regular_files_are_found() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        make(dir, &["d/a.csv", "d/-", "elsewhere"]);
        symlink("../elsewhere", dir.join("d/b.csv")).expect("linked");
        symlink("gone", dir.join("d/c.csv")).expect("linked");
        // The dangling link is reported when it is opened.
        assert_eq!(listed(dir, &["d"]).expect("listed"), ["d/a.csv", "d/b.csv", "d/c.csv"]);
        assert_eq!(listed(dir, &["d/?.csv"]).expect("listed"), ["d/a.csv", "d/b.csv", "d/c.csv"]);
        let _socket = std::os::unix::net::UnixListener::bind(dir.join("d/s.csv")).expect("bound");
        for given in ["d", "d/s*"] {
            let error = listed(dir, &[given]).expect_err("a socket");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("this is a device or socket: "), "{error}");
        }
        // If its own path is given, it is listed; opening it reports what is wrong.
        assert_eq!(listed(dir, &["d/s.csv"]).expect("listed"), ["d/s.csv"]);
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
