//! The structure of the source: which part may use which, and no files that use each other. The order of the parts is that
//! of CONTRIBUTING.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All modules of the library: path → source without comments and unit tests.
fn modules() -> BTreeMap<String, String> {
    fn visit(dir: &Path, src: &Path, modules: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                visit(&path, src, modules);
                continue;
            }
            let name =
                path.strip_prefix(src).expect("below src").with_extension("").to_string_lossy().replace('/', "::");
            let name = name.strip_suffix("::mod").unwrap_or(&name).to_owned();
            // The command is another crate; the root of the library uses everything.
            if name == "main" || name == "lib" || name.starts_with("cli") || name.ends_with("tests") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source file");
            let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
            let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            modules.insert(name, lines.collect::<Vec<_>>().join("\n"));
        }
    }
    let (src, mut modules) = (root().join("src"), BTreeMap::new());
    visit(&src, &src, &mut modules);
    modules
}

/// The paths that a source text names from `crate` or `super`, as absolute paths; each name in braces on its own.
fn named_paths(module: &str, text: &str) -> Vec<String> {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut paths = vec![];
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            if text[..at].ends_with(|before| is_name(before) || before == ':') {
                continue;
            }
            let mut rest = &text[at..];
            let mut place: Vec<&str> = module.split("::").collect();
            if let Some(after) = rest.strip_prefix("crate::") {
                place.clear();
                rest = after;
            }
            while let Some(after) = rest.strip_prefix("super::") {
                place.pop();
                rest = after;
            }
            let end = rest.find(|character| !is_name(character) && character != ':').unwrap_or(rest.len());
            let base = [&place[..], &[rest[..end].trim_end_matches(':')]].concat().join("::");
            match rest[end..].strip_prefix('{').and_then(|list| list.split('}').next()) {
                Some(list) => {
                    let names = list.split(',').map(|name| name.trim().split([' ', ':']).next().unwrap_or_default());
                    paths.extend(names.map(|name| format!("{base}::{name}")));
                }
                None => paths.push(base),
            }
        }
    }
    paths
}

/// For each module, the modules that it uses.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    let longest = |path: &str| {
        let ends = path.match_indices("::").map(|(at, _)| at).chain([path.len()]);
        ends.map(|end| &path[..end]).filter(|prefix| modules.contains_key(*prefix)).last().map(str::to_owned)
    };
    let of = |(module, text): (&String, &String)| {
        let used =
            named_paths(module, text).iter().filter_map(|path| longest(path)).filter(|used| used != module).collect();
        (module.clone(), used)
    };
    modules.iter().map(of).collect()
}

fn part(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// The parts in the order of CONTRIBUTING.md: each may use those before it.
fn order() -> Vec<String> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let block = text.split("```text\n").find(|block| block.starts_with("error ← ")).expect("the order of the parts");
    let block = block.split("```").next().unwrap_or_default();
    block.split(['←', '\n']).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn each_part_uses_only_those_before_it() {
    let (order, uses) = (order(), uses());
    let rank = |part: &str| {
        order
            .iter()
            .position(|name| name == part)
            .unwrap_or_else(|| panic!("{part} is not in the order of CONTRIBUTING.md"))
    };
    assert!(uses.len() > 80 && uses.values().map(BTreeSet::len).sum::<usize>() > 300, "uses were not found");
    for (module, used) in &uses {
        for used in used.iter().filter(|used| part(used) != part(module)) {
            assert!(
                rank(part(used)) < rank(part(module)),
                "{module} uses {used}, which comes later in CONTRIBUTING.md"
            );
        }
    }
    for name in &order {
        assert!(uses.keys().any(|module| part(module) == name), "{name} is in the order and not in src/");
    }
}

#[test]
fn no_modules_use_each_other() {
    let uses = uses();
    // Removes modules that use none of the remaining ones, until only those on cycles, or above them, are left.
    let mut rest: BTreeSet<&String> = uses.keys().collect();
    loop {
        let free: Vec<&String> =
            rest.iter().copied().filter(|module| !uses[*module].iter().any(|used| rest.contains(used))).collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|module| _ = rest.remove(module));
    }
    assert!(rest.is_empty(), "modules that use each other, or use such modules: {rest:?}");
}

#[test]
fn paths_are_resolved() {
    let paths = |text| named_paths("input::record", text);
    assert_eq!(paths("use super::file::{A, self};"), ["input::file::A", "input::file::self"]);
    assert_eq!(paths("use crate::model::dialect::Dialect;"), ["model::dialect::Dialect"]);
    assert_eq!(paths("let x = super::super::error::new();"), ["error::new"]);
    assert!(paths("pub(crate) fn f() {}").is_empty());
}
