//! Glob patterns for paths, as in a shell (docs/contract.md#path-patterns). The names of one directory are matched by
//! `fast_glob`, in which a `!` at the start negates a pattern and `\n` is a line feed. In a shell, `!` there and `n`
//! after `\` are literal, so patterns are translated first.

use super::natural_order::natural_order;
use crate::error::{Error, ErrorKind, Result};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// Whether a path contains a wildcard or alternatives.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.components().any(|component| has_wildcard(component.as_os_str().as_bytes()))
}

/// Whether a name contains `*`, `?`, `[`, or alternatives such as `{x,y}`.
fn has_wildcard(name: &[u8]) -> bool {
    let after = |byte, part: &'_ [u8]| memchr::memchr(byte, part).map(|at| at + 1);
    let has_alternatives = || {
        let open = after(b'{', name)?;
        let comma = open + after(b',', &name[open..])?;
        after(b'}', &name[comma..])
    };
    memchr::memchr3(b'*', b'?', b'[', name).is_some() || has_alternatives().is_some()
}

/// What makes a pattern invalid, if anything.
pub(super) fn invalid(pattern: &Path) -> Option<&'static str> {
    use fast_glob::ErrorKind::*;
    let names = pattern.components().map(|component| component.as_os_str().as_bytes());
    let fault = names.filter(|name| has_wildcard(name)).find_map(|name| fast_glob::validate(glob(name)).err())?;
    Some(match fault.kind {
        UnclosedBrace => "unclosed {",
        UnclosedBracket => "unclosed [",
        TrailingBackslash => "a name ends with \\",
        _ => "a name has more than 10 pairs of braces",
    })
}

/// The paths that match a valid pattern, in natural order. As in a shell, a `*` at the start of a name does not match a
/// hidden file. A component `**` matches any number of directories.
///
/// # Errors
/// [`ErrorKind::Input`] for a directory that cannot be read.
pub(super) fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let mut next = vec![];
        for base in found {
            match component {
                Component::Normal(part) if part == "**" => add_directories(base, &mut next)?,
                Component::Normal(part) if has_wildcard(part.as_bytes()) => add_matching(&base, part, &mut next)?,
                // A part without a wildcard only has to exist.
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
    let (glob, hidden) = (glob(pattern.as_bytes()), pattern.as_bytes().starts_with(b"."));
    let names = names(base)?;
    let matches = |name: &&OsString| {
        (hidden || !name.as_bytes().starts_with(b".")) && fast_glob::glob_match(&glob, name.as_bytes())
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

/// The names in a directory, in natural order.
///
/// # Errors
/// [`ErrorKind::Input`] if it cannot be read.
pub(super) fn names(dir: &Path) -> Result<Vec<OsString>> {
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

/// Translates the pattern of a name for `fast_glob`: a `!` at the start and a letter after `\` are literal.
fn glob(pattern: &[u8]) -> Vec<u8> {
    let mut glob = vec![];
    if pattern.starts_with(b"!") {
        glob.push(b'\\');
    }
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match (byte, bytes.as_slice().first()) {
            (b'\\', Some(next)) => {
                if !next.is_ascii_alphabetic() {
                    glob.push(b'\\');
                }
                glob.push(*next);
                bytes.next();
            }
            _ => glob.push(byte),
        }
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_make_a_pattern_if_they_have_alternatives() {
        for path in ["*.csv", "a?", "[ab]", "x{1,2}.csv", "{a,}/x", "d/{a,b}"] {
            assert!(is_pattern(Path::new(path)), "{path}");
        }
        for path in ["", "a.csv", "{a}", "a,b}", "}a,b{", "{a/b,c}", "!a", "a\\b"] {
            assert!(!is_pattern(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn names_are_matched_as_in_a_shell() {
        let matches = |pattern: &str, name: &str| fast_glob::glob_match(glob(pattern.as_bytes()), name.as_bytes());
        for (pattern, name, other) in [
            ("!a*", "!ab", "b"),
            ("!!a*", "!!ab", "ab"),
            ("[!a]", "b", "a"),
            ("[^a]", "b", "a"),
            ("\\**", "*a", "a"),
            ("\\n*", "nb", "\nb"),
            ("[\\t]", "t", "\t"),
            ("a\\\\*", "a\\b", "ab"),
            ("x{1,2?}", "x23", "x2"),
            ("{a,b{c,d}}", "bd", "b"),
            ("{!a,b}", "!a", "c"),
        ] {
            assert!(matches(pattern, name) && !matches(pattern, other), "{pattern}");
        }
    }

    #[test]
    fn invalid_patterns_are_explained() {
        let fault = |pattern: &str| invalid(Path::new(pattern));
        assert_eq!(fault("d/[ab]*/{c,d}"), None);
        assert_eq!(fault("d{/*"), None);
        assert_eq!(fault("d/a[b"), Some("unclosed ["));
        assert_eq!(fault("{a*/x"), Some("unclosed {"));
        assert_eq!(fault("a*\\"), Some("a name ends with \\"));
        assert_eq!(fault(&"{a,b}".repeat(11)), Some("a name has more than 10 pairs of braces"));
    }
}
