//! Finds the texts of messages in the source: each of them is in the golden file, or in the list [`NOT_PROVOKED`].

use super::here;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Why the golden file has no message with these texts: `(reason, texts)`. Each text is a part of one literal in the
/// source, or of several with the same reason.
const NOT_PROVOKED: &[(&str, &[&str])] = &[
    (
        "a system call fails: tests/faults",
        &[
            "cannot check",
            "cannot clear a leftover",
            "cannot create",
            "cannot draw the chart",
            "cannot handle signals",
            "cannot link",
            "cannot lock the output directory",
            "cannot move",
            "cannot read the directory",
            "cannot read the old report",
            "cannot read the old set",
            "to give up the old set instead",
            "cannot remove the held set",
            "cannot replace the older held set",
            "cannot restore the file of the old set",
            "cannot sync",
            "cannot write",
            "check the kernel log",
            "fewer threads than requested could be started",
            "raise the limit on open files",
            "standard output",
            "too many maps",
            "bytes were written but",
        ],
    ),
    (
        "a file is replaced by a directory while the inputs are opened, or before `verify --inputs`: tests/cli/inputs.rs",
        &["is a directory, not a file"],
    ),
    (
        "memory runs out: tests/faults",
        &[
            "aborted, probably because memory ran out",
            "bytes more are needed",
            "cannot compress",
            "fewer --threads",
            "make fewer customers",
            "cannot decompress",
            "out of memory",
            "the customers must fit in memory",
        ],
    ),
    ("inputs of at least 32 GiB", &["the customers take more than", "join them in parts", "does not fit 128 bits"]),
    (
        "another program changes a file during the run: tests/faults",
        &[
            "an input can no longer be read",
            "became {} during the run",
            "changed after the set was held",
            "changed while it was read",
            "keeps being replaced",
            "move it away and run again",
            "run again when nothing",
            "the held set is out of date and was left",
            "the old set could not be restored",
            "verify again when nothing writes to it",
            "was created during the run",
            "was moved or replaced during the run",
            "was replaced by another program",
            "was replaced or removed by another program",
            " is given; nothing was held",
        ],
    ),
    (
        "a run on another host, on a network file system: tests/faults",
        &["is writing into this directory, or was killed", "wait for it to end; if it was killed"],
    ),
    (
        "the process ends abnormally: tests/faults",
        &["while the set was moved", "checks what is there", " after the set was"],
    ),
    (
        "a bug",
        &[
            "a worker ended without its result",
            "a worker was stopped without a reason",
            "internal error",
            "no message",
            "stopped without a reason",
            "this is a bug",
            "was not staged",
        ],
    ),
    (
        "only the library: the command refuses these values itself, or does not have them",
        &[
            "no column is named",
            "no file is given",
            "there is no combined data to compress",
            "not a decimal with at most nine",
            "not a number of rejects",
            "unknown join",
            "unknown reject reason",
        ],
    ),
    (
        "archives that only other programs make, or in a pipe: tests/cli/stored.rs",
        &[
            "is a zip archive in a pipe",
            "is a zip archive with a compression",
            "is an encrypted zip archive",
            "its size or its checksum is not that in the list",
            "save it as a file first",
            "unpack it first",
        ],
    ),
    ("a report that was changed so that it still is a report", &["an encoding in the report is unknown"]),
    ("a part of a text that is replaced or cut off", &["value was "]),
    ("a text in the chart", &[" to under "]),
    ("a device as an output: tests/faults", &["a device or socket"]),
];

/// Folders and files whose texts are not messages, or are tested elsewhere as a whole.
const NO_MESSAGES: &[(&str, &str)] = &[
    ("cli/progress/snapshot.rs", "the names of phases, which tests/cli/progress.rs sees on a terminal"),
    ("cli/format_args.rs", "help texts, which tests/docs compares with docs/options.md"),
    ("fault_injection.rs", "never in a release"),
    ("generate/customers", "data"),
    ("generate/purchases/catalogue.rs", "data"),
    ("generate/purchases/file.rs", "data"),
    ("generate/text", "data"),
    ("input/record.rs", "an assertion"),
    ("ledger/invariants.rs", "each invariant is violated in ledger/invariants_tests.rs; golden.txt has some"),
    ("output/chart", "texts in the chart"),
    ("output/page", "texts on the report page"),
    ("run/draw_chart.rs", "texts in the chart"),
];

/// A text in the source.
#[derive(Debug)]
struct Literal {
    place: String,
    text: String,
}

impl Literal {
    /// The parts between placeholders and line ends that are phrases: at least two words.
    fn phrases(&self) -> impl Iterator<Item = &str> {
        let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || ",;:'-".contains(c));
        let parts = self.text.split('\n').flat_map(|line| line.split(['{', '}']).step_by(2)).map(str::trim);
        parts.filter(move |part| part.split(' ').filter(is_word).count() >= 2)
    }
}

/// The source without unit tests, comments, attributes and calls that only bugs reach.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
    let mut in_attribute = false;
    let kept = text.lines().map(|line| {
        let trimmed = line.trim();
        in_attribute |= trimmed.starts_with("#[") || trimmed.starts_with("#![");
        let is_skipped = in_attribute || trimmed.starts_with("//");
        in_attribute &= !trimmed.ends_with(']');
        let is_for_bugs = [".expect(\"", "assert", "panic!(", "unreachable!("].iter().any(|call| line.contains(call));
        // The lines stay, so that places are right.
        if is_skipped || is_for_bugs { "" } else { line }
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// The string literals of a source text, and the numbers of their lines.
fn strings(code: &str) -> Vec<(usize, String)> {
    let mut found = vec![];
    let (mut rest, mut line) = (code, 1);
    while let Some(start) = rest.find(['"', '\'', '\n', '/']) {
        let (before, from) = rest.split_at(start);
        if let Some(after) = from.strip_prefix('\n') {
            line += 1;
            rest = after;
        } else if let Some(after) = from.strip_prefix('\'') {
            // A character literal, or a lifetime.
            let len = match after.strip_prefix('\\') {
                Some(escaped) => escaped.get(1..).and_then(|rest| rest.find('\'')).map(|end| end + 3),
                None => after.chars().next().map(char::len_utf8).filter(|len| after[*len..].starts_with('\'')),
            };
            rest = &after[len.map_or(0, |len| len + usize::from(!after.starts_with('\\')))..];
        } else if let Some(after) = from.strip_prefix("//") {
            rest = &after[after.find('\n').unwrap_or(after.len())..];
        } else if let Some(after) = from.strip_prefix('/') {
            rest = after;
        } else {
            let hashes = before.len() - before.trim_end_matches('#').len();
            let is_raw = before[..before.len() - hashes].ends_with('r');
            let is_bytes = before.ends_with('b') || before.trim_end_matches('#').ends_with("br");
            let after = &from[1..];
            let end = match is_raw {
                true => after.find(&format!("\"{}", "#".repeat(hashes))),
                false => {
                    let mut escaped = false;
                    after.find(|c| {
                        let ends = c == '"' && !escaped;
                        escaped = c == '\\' && !escaped;
                        ends
                    })
                }
            };
            let end = end.expect("a complete literal");
            if !is_bytes {
                found.push((line, if is_raw { after[..end].to_owned() } else { unescaped(&after[..end]) }));
            }
            line += after[..end].matches('\n').count();
            rest = &after[end + 1..];
        }
    }
    found
}

/// The text of a literal that is not raw.
fn unescaped(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escaped = &rest[at + 1..];
        rest = escaped.get(1..).unwrap_or_default();
        match escaped.chars().next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            // The next line continues the literal.
            Some('\n') => rest = rest.trim_start(),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text + rest
}

fn literals() -> Vec<Literal> {
    fn visit(dir: &Path, src: &Path, found: &mut Vec<Literal>) {
        let mut paths: Vec<_> =
            fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(src).expect("below src").to_string_lossy().into_owned();
            if NO_MESSAGES.iter().any(|(start, _)| name.starts_with(start)) || name.ends_with("tests.rs") {
                continue;
            }
            if path.is_dir() {
                visit(&path, src, found);
                continue;
            }
            let strings = strings(&code(&path)).into_iter();
            found.extend(strings.map(|(line, text)| Literal { place: format!("src/{name}:{line}"), text }));
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![];
    visit(&src, &src, &mut found);
    found.retain(|literal| literal.phrases().next().is_some());
    found
}

#[test]
fn every_message_in_the_source_is_provoked_or_has_a_reason() {
    let golden = fs::read_to_string(here("golden.txt")).expect("golden.txt");
    let literals = literals();
    assert!(literals.len() > 250, "literals were not found");
    let mut used = BTreeSet::new();
    let mut missing = vec![];
    for literal in &literals {
        let listed = NOT_PROVOKED.iter().flat_map(|(_, texts)| *texts).find(|text| literal.text.contains(**text));
        match (literal.phrases().all(|phrase| golden.contains(phrase)), listed) {
            (true, None) => {}
            (false, Some(text)) => _ = used.insert(*text),
            (false, None) => missing.push(format!("{}: {:?}", literal.place, literal.text)),
            (true, Some(text)) => panic!("{}: {text:?} is in golden.txt: remove it from the list", literal.place),
        }
    }
    assert!(missing.is_empty(), "neither in golden.txt nor in NOT_PROVOKED:\n{}", missing.join("\n"));
    let stale: Vec<_> =
        NOT_PROVOKED.iter().flat_map(|(_, texts)| *texts).filter(|text| !used.contains(*text)).collect();
    assert!(stale.is_empty(), "not in the source any more: {stale:?}");
}

#[test]
fn literals_are_found() {
    let source = "let a = 'x'; f('\"', '\\'', \"one two\\\n   three \\\"{}\\\"\"); // \"no\"\nb(b\"bytes\", r#\"raw \"text\"#);\nfn g<'a>() {} \"z\"";
    let found: Vec<String> = strings(source).into_iter().map(|(line, text)| format!("{line} {text}")).collect();
    assert_eq!(found, ["1 one twothree \"{}\"", "3 raw \"text", "4 z"]);
}
