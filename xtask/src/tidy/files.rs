//! Rules about files: each Rust file opens by saying what it is for, none is too long, interfaces live in one place, and each
//! fixture guest is used by a test.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::fingerprint;
use crate::workspace::Package;

/// Where our sources are.
const FOLDERS: [&str; 6] = ["components", "crates", "docs", "tests", "wit", "xtask"];
/// What is installed or built, never written.
const SKIP: [&str; 4] = ["node_modules", "dist", "target", ".svelte-kit"];
/// The endings of files that people read; generated and golden files have others.
const READ_BY_PEOPLE: [&str; 9] = ["css", "html", "js", "md", "mjs", "rs", "svelte", "ts", "wit"];
const MOST_LINES: usize = 800;
const GUESTS: &str = "tests/guests/";

/// One file of ours.
#[derive(Debug)]
pub(super) struct Source {
    /// Relative to the root, with `/` between parts.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Reads all files of ours that are read by people.
pub(super) fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in FOLDERS.iter().filter(|folder| root.join(folder).is_dir()) {
        for path in fingerprint::files_below(&root.join(folder), &SKIP)? {
            let path = format!("{folder}/{}", path.to_string_lossy().replace('\\', "/"));
            let ending = path.rsplit_once('.').map(|(_, ending)| ending);
            if ending.is_some_and(|ending| READ_BY_PEOPLE.contains(&ending)) {
                let text = fs::read_to_string(root.join(&path))
                    .with_context(|| format!("reading {path} as text"))?;
                sources.push(Source { path, text });
            }
        }
    }
    Ok(sources)
}

pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            problems.push(format!(
                "{}: {lines} lines; split it, {MOST_LINES} are the most",
                source.path
            ));
        }
        if source.is_rust() && !source.text.starts_with("//!") {
            problems.push(format!(
                "{}: begin with `//!` and a sentence on what the file is for",
                source.path
            ));
        }
        if !source.path.starts_with("wit/") && source.path.contains("/wit/") {
            problems.push(format!(
                "{}: interfaces live in the root's wit/ folder only",
                source.path
            ));
        }
    }
    problems
}

/// A guest that no test names, as a string or as a file, is dead weight.
pub(super) fn untested_guests(packages: &[Package], sources: &[Source]) -> Vec<String> {
    let has_tests =
        |path: &str| (path.starts_with("tests/") && !path.starts_with(GUESTS)) || path.starts_with("crates/");
    let tests: Vec<_> = sources
        .iter()
        .filter(|source| source.is_rust() && has_tests(&source.path))
        .collect();
    let guests = packages
        .iter()
        .filter(|package| package.folder.starts_with(GUESTS));
    let untested = guests.filter(|guest| {
        let names = [format!("\"{}\"", guest.name), format!("{}.wasm", guest.name)];
        !tests
            .iter()
            .any(|source| names.iter().any(|name| source.text.contains(name)))
    });
    untested
        .map(|guest| format!("{}: no test names the guest `{}`", guest.folder, guest.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_rust_file_opens_with_its_purpose() {
        assert_eq!(check(&[source("crates/a/src/lib.rs", "use std::fs;\n")]).len(), 1);
        assert!(
            check(&[
                source("crates/a/src/lib.rs", "//! What it is for.\n"),
                source("docs/a.md", "# A\n")
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_long_file_is_found() {
        let long = format!("//! Long.\n{}", "\n".repeat(MOST_LINES));
        let problems = check(&[source("crates/a/src/lib.rs", &long)]);
        assert!(problems[0].contains("801 lines"), "{problems:?}");
    }

    #[test]
    fn interfaces_live_in_one_place() {
        assert_eq!(check(&[source("components/a/wit/a.wit", "")]).len(), 1);
        assert!(check(&[source("wit/deps/a/a.wit", "")]).is_empty());
    }

    #[test]
    fn a_guest_without_a_test_is_found() {
        let guest = Package {
            name: "http-hello".to_owned(),
            folder: "tests/guests/http-hello".to_owned(),
            cdylib: true,
            needs: Vec::new(),
            mentions: Vec::new(),
        };
        let own = source("tests/guests/http-hello/src/lib.rs", "//! http-hello");
        let test = source("crates/a/tests/it/main.rs", "guest(\"http-hello\")");
        assert_eq!(
            untested_guests(std::slice::from_ref(&guest), std::slice::from_ref(&own)).len(),
            1
        );
        assert!(untested_guests(&[guest], &[own, test]).is_empty());
    }
}
