//! `cargo xtask wit`: keeps `wit/deps.lock`, the hashes of the interfaces that others defined. They are contracts with programs
//! outside of this repository, so a change to one of them has to be meant.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::fingerprint;
use crate::workspace::Workspace;

const FOLDER: &str = "wit/deps";
const LOCK: &str = "wit/deps.lock";
const HEAD: &str =
    "# SHA-256 of the files in wit/deps. `cargo xtask wit` writes it, `cargo xtask wit --check` compares.\n";

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<()> {
    match arguments.next()? {
        None => {
            let lock = workspace.root.join(LOCK);
            let hashes = hashes(&workspace.root.join(FOLDER))?;
            fs::write(&lock, write(&hashes)).with_context(|| format!("writing {}", lock.display()))?;
            println!("{LOCK} holds {} files", hashes.len());
            Ok(())
        }
        Some(Long("check")) => check(workspace),
        Some(other) => bail!("{}; the only option of `wit` is --check", other.unexpected()),
    }
}

/// Fails when a file in wit/deps was changed, added or removed since the lock file was written.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let lock = workspace.root.join(LOCK);
    let locked =
        fs::read_to_string(&lock).with_context(|| format!("reading {LOCK}; `cargo xtask wit` writes it"))?;
    let differences = differences(&read(&locked), &hashes(&workspace.root.join(FOLDER))?);
    if !differences.is_empty() {
        bail!(
            "{FOLDER} differs from {LOCK}: {}; if that is meant, run `cargo xtask wit`",
            differences.join(", ")
        );
    }
    Ok(())
}

fn hashes(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    for path in fingerprint::files_below(folder, &[])? {
        let hash = fingerprint::file(&folder.join(&path))?;
        hashes.insert(path.to_string_lossy().replace('\\', "/"), hash);
    }
    Ok(hashes)
}

fn write(hashes: &BTreeMap<String, String>) -> String {
    let lines: String = hashes
        .iter()
        .map(|(path, hash)| format!("{hash}  {path}\n"))
        .collect();
    format!("{HEAD}{lines}")
}

fn read(text: &str) -> BTreeMap<String, String> {
    let entries = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("  "));
    entries
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect()
}

fn differences(locked: &BTreeMap<String, String>, present: &BTreeMap<String, String>) -> Vec<String> {
    let mut differences = Vec::new();
    for (path, hash) in present {
        match locked.get(path) {
            None => differences.push(format!("{path} is new")),
            Some(locked) if locked != hash => differences.push(format!("{path} was changed")),
            Some(_) => {}
        }
    }
    let removed = locked.keys().filter(|path| !present.contains_key(*path));
    differences.extend(removed.map(|path| format!("{path} was removed")));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries
            .iter()
            .map(|(path, hash)| ((*path).to_owned(), (*hash).to_owned()))
            .collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let hashes = map(&[("a@1.0.0/a.wit", "aa"), ("b@1.0.0/b.wit", "bb")]);
        assert_eq!(read(&write(&hashes)), hashes);
    }

    #[test]
    fn every_kind_of_difference_is_named() {
        let found = differences(&map(&[("a", "1"), ("b", "1")]), &map(&[("b", "2"), ("c", "1")]));
        assert_eq!(found, ["b was changed", "c is new", "a was removed"]);
        assert!(differences(&map(&[("a", "1")]), &map(&[("a", "1")])).is_empty());
    }
}
