//! Links between pages, and citations of pages in the source.

use crate::pages::{read, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// All pages of the project.
fn all_pages() -> Vec<String> {
    let mut pages: Vec<String> = fs::read_dir(root().join("docs"))
        .expect("a folder")
        .map(|entry| format!("docs/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    assert!(pages.len() >= 5);
    let others = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let samples = ["data/README.md", "data/dirty/README.md", "scripts/bench/README.md"];
    pages.extend(others.into_iter().chain(samples).map(str::to_owned));
    pages
}

/// A page without its code blocks.
fn prose(page: &str) -> String {
    let mut inside = false;
    let lines = page.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The targets of links in a page: `<a id="...">`, and the anchors that GitHub makes of headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let prose = prose(page);
    let ids = prose.match_indices("<a id=\"").map(|(at, start)| {
        let rest = &prose[at + start.len()..];
        rest[..rest.find('"').expect("an id ends")].to_owned()
    });
    let heading = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(heading);
    ids.chain(headings).collect()
}

/// Whether a file, or an anchor in a page, exists.
fn has_target(path: &Path, anchor: Option<&str>) -> bool {
    match anchor {
        None => path.exists(),
        Some(anchor) => fs::read_to_string(path).is_ok_and(|page| anchors(&page).contains(anchor)),
    }
}

#[test]
fn every_link_has_a_target() {
    let mut links = 0;
    for name in all_pages() {
        let page = prose(&read(&name));
        let folder = root().join(&name).parent().expect("a folder").to_owned();
        for (at, _) in page.match_indices("](") {
            let target = &page[at + 2..];
            let target = &target[..target.find(')').expect("a link ends")];
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
            let path = if path.is_empty() { root().join(&name) } else { folder.join(path) };
            assert!(has_target(&path, anchor), "{name} links to {target}");
            links += 1;
        }
    }
    assert!(links > 50, "only {links} links were found");
}

/// Files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.is_dir() {
            true if matches!(name.as_str(), "target" | "seeds" | "corpus" | "artifacts" | "__pycache__") => {}
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn every_citation_of_a_page_has_a_target() {
    let mut found = vec![];
    for folder in ["src", "tests", "fuzz", "scripts", "benches", "examples"] {
        files(&root().join(folder), &mut found);
    }
    let mut citations = 0;
    for file in found {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (at, start) in text.match_indices("docs/") {
            let rest = &text[at + start.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.#".contains(c)).unwrap_or(rest.len());
            let Some((page, anchor)) = rest[..end].split_once(".md") else { continue };
            let anchor = anchor.strip_prefix('#').map(|anchor| anchor.trim_end_matches('.'));
            let path = root().join(format!("docs/{page}.md"));
            assert!(has_target(&path, anchor), "{} cites docs/{}", file.display(), &rest[..end]);
            citations += 1;
        }
    }
    assert!(citations > 20, "only {citations} citations were found");
}
