//! Content hashes of files and folders, and the stamps that say what was built from which content.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn file(path: &Path) -> Result<String> {
    let content = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(hexadecimal(&Sha256::digest(content)))
}

/// One hash of the names and contents of all files below a folder, without the entries named in `skip`.
pub(crate) fn folder(root: &Path, skip: &[&str]) -> Result<String> {
    let mut hash = Sha256::new();
    for path in files_below(root, skip)? {
        hash.update(path.to_string_lossy().as_bytes());
        hash.update([0]);
        hash.update(file(&root.join(&path))?.as_bytes());
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// Every file below a folder, relative to it and sorted, without the entries named in `skip`.
pub(crate) fn files_below(root: &Path, skip: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let here = root.join(&folder);
        for entry in fs::read_dir(&here).with_context(|| format!("reading the folder {}", here.display()))? {
            let entry = entry?;
            let name = entry.file_name();
            if skip.iter().any(|skipped| name == *skipped) {
                continue;
            }
            let path = folder.join(&name);
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A small file that remembers the fingerprint of the last successful run of something.
#[derive(Debug)]
pub(crate) struct Stamp(PathBuf);

impl Stamp {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Whether the last successful run had this fingerprint.
    pub(crate) fn is(&self, fingerprint: &str) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|text| text == fingerprint)
    }

    pub(crate) fn set(&self, fingerprint: &str) -> Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        fs::write(&self.0, fingerprint).with_context(|| format!("writing {}", self.0.display()))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_changes_with_names_and_contents_but_not_with_what_is_skipped() {
        let folder_ = tempfile::tempdir().unwrap();
        let root = folder_.path();
        fs::create_dir_all(root.join("node_modules")).unwrap();
        fs::write(root.join("a"), "1").unwrap();
        let hash = |root: &Path| folder(root, &["node_modules"]).unwrap();
        let first = hash(root);
        fs::write(root.join("node_modules/x"), "x").unwrap();
        assert_eq!(hash(root), first);
        fs::write(root.join("a"), "2").unwrap();
        let second = hash(root);
        assert_ne!(second, first);
        fs::rename(root.join("a"), root.join("b")).unwrap();
        assert_ne!(hash(root), second);
    }

    #[test]
    fn a_stamp_remembers() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = Stamp::new(folder.path().join("deep/stamp"));
        assert!(!stamp.is("x"));
        stamp.set("x").unwrap();
        assert!(stamp.is("x") && !stamp.is("y"));
    }

    #[test]
    fn a_file_has_its_well_known_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty");
        fs::write(&path, "").unwrap();
        assert!(file(&path).unwrap().starts_with("e3b0c44298fc1c14"));
    }
}
