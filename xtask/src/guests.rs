//! Builds the WebAssembly components, the application's and the tests' own, and leaves each as
//! `target/components/<package>.wasm` in the checkout: `spin.toml` names them there, wherever cargo built them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::process;
use crate::target::{self, TARGET};
use crate::workspace::{Package, Workspace};

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<()> {
    let mut names = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) => names.push(name.to_string_lossy().into_owned()),
            other => bail!("{}; `guests` takes names of components only", other.unexpected()),
        }
    }
    println!("{}", target::ensure(workspace)?);
    println!("{}", build(workspace, &names)?);
    Ok(())
}

/// Builds the named components, or all. Returns how many there are and how many changed.
pub(crate) fn build(workspace: &Workspace, names: &[String]) -> Result<String> {
    let guests = select(workspace.packages()?, names)?;
    let mut cargo = workspace.guest_cargo();
    cargo.args(["build", "--lib", "--profile", "wasm", "--target", TARGET]);
    for guest in &guests {
        cargo.args(["--package", &guest.name]);
    }
    process::run(&mut cargo)?;
    let built = workspace.guest_target().join(TARGET).join("wasm");
    let mut changed = 0;
    for guest in &guests {
        let from = built.join(format!("{}.wasm", guest.name.replace('-', "_")));
        let to = workspace.output(&format!("components/{}.wasm", guest.name));
        if place(&from, &to)? {
            changed += 1;
        }
    }
    Ok(format!("{} components, {changed} of them changed", guests.len()))
}

/// All components among the packages.
pub(crate) fn all(packages: Vec<Package>) -> Vec<Package> {
    let is_guest = |folder: &str| folder.starts_with("components/") || folder.starts_with("tests/guests/");
    packages
        .into_iter()
        .filter(|package| package.cdylib && is_guest(&package.folder))
        .collect()
}

fn select(packages: Vec<Package>, names: &[String]) -> Result<Vec<Package>> {
    let guests = all(packages);
    for name in names {
        if !guests.iter().any(|guest| guest.name == *name) {
            let known: Vec<_> = guests.iter().map(|guest| guest.name.as_str()).collect();
            bail!("there is no component `{name}`; there are {}", known.join(", "));
        }
    }
    if guests.is_empty() {
        bail!("there is no cdylib crate in components/ or tests/guests/");
    }
    Ok(guests
        .into_iter()
        .filter(|guest| names.is_empty() || names.contains(&guest.name))
        .collect())
}

/// Puts a file where it belongs unless it is there already: a running host that watches or has mapped it
/// sees a new file, whole, and only when something changed.
fn place(from: &Path, to: &Path) -> Result<bool> {
    let content = fs::read(from).with_context(|| format!("reading the component {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    let pending = to.with_extension("wasm.new");
    fs::write(&pending, content).with_context(|| format!("writing {}", pending.display()))?;
    fs::rename(&pending, to).with_context(|| format!("writing {}", to.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, cdylib: bool) -> Package {
        Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            cdylib,
            needs: Vec::new(),
            mentions: Vec::new(),
        }
    }

    fn packages() -> Vec<Package> {
        vec![
            package("audit", "components/audit", true),
            package("fixture", "tests/guests/fixture", true),
            package("sidespin", "crates/sidespin", false),
            package("shared", "components/shared", false),
        ]
    }

    #[test]
    fn only_cdylibs_in_the_guests_folders_are_components() {
        let names: Vec<_> = select(packages(), &[])
            .unwrap()
            .into_iter()
            .map(|guest| guest.name)
            .collect();
        assert_eq!(names, ["audit", "fixture"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = select(packages(), &["adit".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "there is no component `adit`; there are audit, fixture");
    }

    #[test]
    fn a_component_is_placed_only_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (
            folder.path().join("a.wasm"),
            folder.path().join("components/a.wasm"),
        );
        fs::write(&from, "one").unwrap();
        assert!(place(&from, &to).unwrap());
        assert!(!place(&from, &to).unwrap());
        fs::write(&from, "two").unwrap();
        assert!(place(&from, &to).unwrap());
        assert_eq!(fs::read_to_string(&to).unwrap(), "two");
    }
}
