//! Where things are in the repository, and its packages as `cargo metadata` tells them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Where native builds go: `CARGO_TARGET_DIR`, or `target` at the root.
    pub(crate) target: PathBuf,
}

/// One package of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, relative to the root, with `/` between parts.
    pub(crate) folder: String,
    /// Whether it is a component: built for WebAssembly.
    pub(crate) cdylib: bool,
    /// The workspace packages that it needs when it is built or run, development aside.
    pub(crate) needs: Vec<String>,
    /// All workspace packages that it names, development included.
    pub(crate) mentions: Vec<String>,
}

impl Workspace {
    /// Found from where this program was compiled: `cargo xtask` works from any folder of the checkout.
    pub(crate) fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
        let root = Path::new(&manifest)
            .parent()
            .context("xtask lies in the root folder")?
            .to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            // Cargo reads a relative path from the folder it was called in.
            Some(folder) => std::path::absolute(folder)?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Cargo at the root, building into the native target folder.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = process::cargo();
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Cargo at the root, building into the guests' own target folder: the two never wait for each other's lock.
    pub(crate) fn guest_cargo(&self) -> Command {
        let mut command = self.cargo();
        command.env("CARGO_TARGET_DIR", self.guest_target());
        command
    }

    pub(crate) fn guest_target(&self) -> PathBuf {
        self.target.join("guests")
    }

    /// The `sidespin` binary of a profile's folder (`debug`, `release`).
    pub(crate) fn binary(&self, profile: &str) -> PathBuf {
        self.target
            .join(profile)
            .join(format!("sidespin{}", std::env::consts::EXE_SUFFIX))
    }

    /// A file in the checkout's own `target` folder, where `spin.toml` and the stamps expect it whatever the target
    /// folder of cargo is.
    pub(crate) fn output(&self, path: &str) -> PathBuf {
        self.root.join("target").join(path)
    }

    pub(crate) fn packages(&self) -> Result<Vec<Package>> {
        let text = process::capture(
            self.cargo()
                .args(["metadata", "--format-version", "1", "--no-deps"]),
        )?;
        let metadata = serde_json::from_str(&text).context("reading what `cargo metadata` printed")?;
        packages(&self.root, &metadata)
    }
}

fn packages(root: &Path, metadata: &Value) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    for package in array(metadata, "packages") {
        let name = text(package, "name")?;
        let manifest = PathBuf::from(text(package, "manifest_path")?);
        let folder = manifest
            .parent()
            .and_then(|folder| folder.strip_prefix(root).ok());
        let folder = folder.with_context(|| format!("{} lies outside the repository", manifest.display()))?;
        let of_workspace =
            array(package, "dependencies").filter(|edge| edge.get("path").is_some_and(Value::is_string));
        let (mut needs, mut mentions) = (Vec::new(), Vec::new());
        for edge in of_workspace {
            let other = text(edge, "name")?;
            if edge.get("kind").and_then(Value::as_str) != Some("dev") {
                needs.push(other.clone());
            }
            mentions.push(other);
        }
        let cdylib = array(package, "targets")
            .flat_map(|target| array(target, "crate_types"))
            .any(|crate_type| crate_type.as_str() == Some("cdylib"));
        let folder = folder.to_string_lossy().replace('\\', "/");
        packages.push(Package {
            name,
            folder,
            cdylib,
            needs,
            mentions,
        });
    }
    packages.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(packages)
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, key: &str) -> Result<String> {
    let found = value.get(key).and_then(Value::as_str);
    Ok(found
        .with_context(|| format!("`cargo metadata` gave no `{key}`"))?
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_becomes_packages() {
        let metadata = serde_json::json!({"packages": [{
            "name": "audit",
            "manifest_path": "/r/components/audit/Cargo.toml",
            "targets": [{"crate_types": ["cdylib", "rlib"]}],
            "dependencies": [
                {"name": "todo-domain", "kind": null, "path": "/r/crates/todo-domain"},
                {"name": "sidespin-broker", "kind": "dev", "path": "/r/crates/sidespin-broker"},
                {"name": "serde", "kind": null},
            ],
        }]});
        let packages = packages(Path::new("/r"), &metadata).unwrap();
        let audit = packages.first().unwrap();
        assert_eq!(
            (audit.name.as_str(), audit.folder.as_str(), audit.cdylib),
            ("audit", "components/audit", true)
        );
        assert_eq!(audit.needs, ["todo-domain"]);
        assert_eq!(audit.mentions, ["todo-domain", "sidespin-broker"]);
    }
}
