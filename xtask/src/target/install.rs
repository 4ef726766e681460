//! Builds the standard library for the target and puts it into the toolchain. Everything is made in a work folder, then
//! beside its place, and takes its place by one rename: an interrupted run leaves nothing that looks installed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::debian::Packages;
use super::{TARGET, Toolchain, remove};
use crate::process;

/// The crate whose build makes cargo build the standard library.
const EMPTY_CRATE: &str = "nothing";

pub(super) fn install(work: &Path, packages: &Packages, toolchain: &Toolchain) -> Result<()> {
    println!("building the standard library for {TARGET} (a minute or two)");
    let libraries = build(work, packages, toolchain)?;
    let staged = toolchain.rustlib.join(format!(".{TARGET}.new"));
    remove(&staged)?;
    copy_folder(&packages.c_library, &staged.join("lib").join("self-contained"))?;
    for library in libraries {
        let name = library.file_name().context("a library has a file name")?;
        copy(&library, &staged.join("lib").join(name))?;
    }
    // A download by rustup that was given up may have left parts behind; two standard libraries would exclude each other.
    if toolchain.is_present()? {
        return remove(&staged);
    }
    let place = toolchain.folder();
    remove(&place)?;
    fs::rename(&staged, &place).with_context(|| format!("moving the finished target to {}", place.display()))
}

/// Lets cargo build the standard library from source and returns its rlib files.
fn build(work: &Path, packages: &Packages, toolchain: &Toolchain) -> Result<Vec<PathBuf>> {
    let folder = work.join(EMPTY_CRATE);
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    // Its own workspace: the work folder may lie inside another one.
    let manifest = format!(
        "[package]\nname = \"{EMPTY_CRATE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let target = work.join("build");
    let mut cargo = process::cargo();
    cargo.current_dir(&folder).env("CARGO_TARGET_DIR", &target);
    cargo.env("RUSTC", compiler_with_source(work, packages, toolchain)?);
    // Only this lets a stable compiler build its own library, and only for this one command.
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.args(["build", "--release", "--target", TARGET]);
    cargo.arg("-Zbuild-std=std,panic_abort,panic_unwind,proc_macro");
    process::run(&mut cargo)?;
    libraries(&target.join(TARGET).join("release/deps"))
}

/// Cargo looks for the standard library's source in the compiler's sysroot. This makes a sysroot of links that has the source
/// too, and a compiler that uses it, so that the real one need not change.
fn compiler_with_source(work: &Path, packages: &Packages, toolchain: &Toolchain) -> Result<PathBuf> {
    let sysroot = work.join("sysroot");
    let rustlib = sysroot.join("lib/rustlib");
    fs::create_dir_all(rustlib.join("src"))?;
    link(&packages.source, &rustlib.join("src/rust"))?;
    let real = toolchain.own_sysroot.join("lib/rustlib");
    for entry in real
        .read_dir()
        .with_context(|| format!("reading {}", real.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        if name != "src" && name != TARGET {
            link(&entry.path(), &rustlib.join(name))?;
        }
    }
    let compiler = work.join("rustc");
    let real = process::rustc();
    let real = real.get_program().to_string_lossy();
    let quote = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let script = format!(
        "#!/bin/sh\nexec {} --sysroot {} \"$@\"\n",
        quote(&real),
        quote(&sysroot.to_string_lossy())
    );
    fs::write(&compiler, script).with_context(|| format!("writing {}", compiler.display()))?;
    process::run(std::process::Command::new("chmod").arg("+x").arg(&compiler))?;
    Ok(compiler)
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> Result<()> {
    std::os::unix::fs::symlink(to, at)
        .with_context(|| format!("linking {} to {}", at.display(), to.display()))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<()> {
    bail!("building the target from packages needs a Debian system")
}

fn libraries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut libraries = Vec::new();
    for entry in folder
        .read_dir()
        .with_context(|| format!("reading {}", folder.display()))?
    {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".rlib") && !name.starts_with(&format!("lib{EMPTY_CRATE}-")) {
            libraries.push(path);
        }
    }
    if !libraries
        .iter()
        .any(|path| path.to_string_lossy().contains("libstd-"))
    {
        bail!("the build left no standard library in {}", folder.display());
    }
    Ok(libraries)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in from
        .read_dir()
        .with_context(|| format!("reading {}", from.display()))?
    {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    fs::copy(from, to).with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_crate_is_not_part_of_the_standard_library() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "libnothing-1.rlib",
            "libcore-1.rlib",
            "libstd-1.rlib",
            "libstd-1.rmeta",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let mut found: Vec<_> = libraries(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_owned())
            .collect();
        found.sort();
        assert_eq!(found, ["libcore-1.rlib", "libstd-1.rlib"]);
    }

    #[test]
    fn a_build_without_a_standard_library_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("libcore-1.rlib"), "").unwrap();
        assert!(libraries(folder.path()).is_err());
    }

    #[test]
    fn a_folder_is_copied_whole() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("from/deep")).unwrap();
        fs::write(folder.path().join("from/deep/file"), "x").unwrap();
        copy_folder(&folder.path().join("from"), &folder.path().join("to")).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("to/deep/file")).unwrap(),
            "x"
        );
    }
}
