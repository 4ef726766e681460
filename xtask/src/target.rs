//! Makes sure that the compiler can build for wasm32-wasip2: through rustup where it can download the target, and
//! otherwise from distribution packages. Does nothing when the target is there.

mod debian;
mod install;
mod rustup;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::process::{self, Ended};
use crate::workspace::Workspace;

pub(crate) const TARGET: &str = "wasm32-wasip2";

/// A compiler and where the target belongs in it.
#[derive(Debug)]
struct Toolchain {
    /// The compiler's version, such as `1.95.0`.
    version: String,
    /// The sysroot that the compiler uses by itself.
    own_sysroot: PathBuf,
    /// `lib/rustlib` in the sysroot that gets the target.
    rustlib: PathBuf,
}

/// What there is of the target in a toolchain.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
    /// The rlib files of several standard libraries: the compiler refuses to choose.
    Doubled,
}

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<()> {
    let mut sysroot = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("sysroot") => sysroot = Some(std::path::absolute(PathBuf::from(arguments.value()?))?),
            other => bail!("{}; the only option of `target` is --sysroot", other.unexpected()),
        }
    }
    println!("{}", ensure_in(workspace, Toolchain::find(sysroot)?)?);
    Ok(())
}

/// Returns what was found or done, in a few words.
pub(crate) fn ensure(workspace: &Workspace) -> Result<String> {
    ensure_in(workspace, Toolchain::find(None)?)
}

fn ensure_in(workspace: &Workspace, toolchain: Toolchain) -> Result<String> {
    if toolchain.is_present()? {
        return Ok(format!("{TARGET} is installed"));
    }
    let unwritable = || {
        format!(
            "{} is not writable: install the target as the owner of the toolchain (with rustup: `rustup target add {TARGET}`)",
            toolchain.rustlib.display()
        )
    };
    fs::create_dir_all(&toolchain.rustlib).with_context(unwritable)?;
    let lock =
        fs::File::create(toolchain.rustlib.join(format!(".{TARGET}.lock"))).with_context(unwritable)?;
    lock.lock()
        .context("waiting for another `cargo xtask` that installs the target")?;
    // Another process may have installed it while this one waited.
    if toolchain.is_present()? {
        return Ok(format!("{TARGET} is installed"));
    }
    println!("the compiler has no {TARGET} target yet");
    let rustup = if toolchain.is_own() {
        rustup::add(&toolchain.folder())?
    } else {
        Ended::Badly("not asked for this sysroot".to_owned())
    };
    let problem = match rustup {
        Ended::Well if toolchain.is_present()? => return Ok(format!("{TARGET} was installed by rustup")),
        Ended::Well => format!("rustup added {TARGET} to another toolchain than the one of `rustc` on PATH"),
        Ended::Badly(reason) | Ended::Killed(reason) => reason,
    };
    println!("rustup did not install it ({problem}); building it from distribution packages instead");
    from_packages(workspace, &toolchain).with_context(|| {
        format!(
            "cannot install the {TARGET} target: rustup could not ({problem}), nor was it possible from Debian's packages. \
             Either run `rustup target add {TARGET}` where rustup can reach its server (or set RUSTUP_DIST_SERVER to a \
             mirror), or let apt reach a Debian mirror that has trixie-backports, and run the command again"
        )
    })?;
    Ok(format!("{TARGET} was built from distribution packages"))
}

fn from_packages(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let work = workspace.target.join(format!("{TARGET}-installation"));
    remove(&work)?;
    fs::create_dir_all(&work).with_context(|| format!("creating {}", work.display()))?;
    let packages = debian::fetch(&work, &toolchain.version)?;
    install::install(&work, &packages, toolchain)?;
    remove(&work)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

impl Toolchain {
    fn find(sysroot: Option<PathBuf>) -> Result<Self> {
        let version = process::capture(process::rustc().arg("-vV"))?;
        let version = version.lines().find_map(|line| line.strip_prefix("release: "));
        let version = version.context("`rustc -vV` names no release")?.to_owned();
        let own_sysroot =
            PathBuf::from(process::capture(process::rustc().args(["--print", "sysroot"]))?.trim());
        let rustlib = sysroot
            .as_ref()
            .unwrap_or(&own_sysroot)
            .join("lib")
            .join("rustlib");
        Ok(Self {
            version,
            own_sysroot,
            rustlib,
        })
    }

    /// Whether the sysroot is the compiler's own, which rustup may manage, and not one named by hand.
    fn is_own(&self) -> bool {
        self.rustlib.starts_with(&self.own_sysroot)
    }

    /// The target's folder; an installation appears in it as a whole.
    fn folder(&self) -> PathBuf {
        self.rustlib.join(TARGET)
    }

    fn is_present(&self) -> Result<bool> {
        match state(&self.folder().join("lib"))? {
            State::Present => Ok(true),
            State::Absent => Ok(false),
            State::Doubled => bail!(
                "{} holds two standard libraries, so nothing compiles: two installations ran at once or one over the other. \
                 Run `rustup target remove {TARGET}` (where rustup is used), delete that folder, and run the command again",
                self.folder().display()
            ),
        }
    }
}

fn state(libraries: &Path) -> Result<State> {
    let mut standard_libraries = 0;
    match fs::read_dir(libraries) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::Absent),
        entries => {
            for entry in entries.with_context(|| format!("reading {}", libraries.display()))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name.starts_with("libstd-") && name.ends_with(".rlib") {
                    standard_libraries += 1;
                }
            }
        }
    }
    Ok(match standard_libraries {
        0 => State::Absent,
        1 => State::Present,
        _ => State::Doubled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exactly_one_standard_library_counts_as_installed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(state(&folder.path().join("absent")).unwrap(), State::Absent);
        fs::write(folder.path().join("libcore-1.rlib"), "").unwrap();
        assert_eq!(state(folder.path()).unwrap(), State::Absent);
        fs::write(folder.path().join("libstd-1.rlib"), "").unwrap();
        fs::write(folder.path().join("libstd-1.rmeta"), "").unwrap();
        assert_eq!(state(folder.path()).unwrap(), State::Present);
        fs::write(folder.path().join("libstd-2.rlib"), "").unwrap();
        assert_eq!(state(folder.path()).unwrap(), State::Doubled);
    }
}
