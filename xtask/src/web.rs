//! The packages of npm and the browser app: installed and built only when something changed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::fingerprint::{self, Stamp};
use crate::process;
use crate::workspace::Workspace;

/// The browser app's folder.
const APP: &str = "components/web/app";
/// What the build makes or npm installs: no source of the browser app.
const NOT_SOURCE: [&str; 3] = ["node_modules", "dist", ".svelte-kit"];
const OLDEST_NODE: u32 = 20;

/// Builds the browser app into `dist/`. Returns what was done, in a few words.
pub(crate) fn build(workspace: &Workspace) -> Result<String> {
    install(workspace, APP)?;
    let app = workspace.root.join(APP);
    let stamp = Stamp::new(workspace.output("stamps/web-app"));
    let sources = fingerprint::folder(&app, &NOT_SOURCE)?;
    if stamp.is(&sources) && app.join("dist").is_dir() {
        return Ok("the browser app is up to date".to_owned());
    }
    process::run(npm(&app).args(["run", "build"]))?;
    // Taken again: the build may write into its own folder.
    stamp.set(&fingerprint::folder(&app, &NOT_SOURCE)?)?;
    Ok("the browser app was built".to_owned())
}

/// Type checks and lints the browser app.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    install(workspace, APP)?;
    process::run(npm(&workspace.root.join(APP)).args(["run", "check"]))
}

/// Runs `npm ci` in a folder where its lock file changed since, or its packages are missing.
pub(crate) fn install(workspace: &Workspace, folder: &str) -> Result<()> {
    let here = workspace.root.join(folder);
    let stamp = Stamp::new(workspace.output(&format!("stamps/npm-{}", folder.replace('/', "-"))));
    let lock = fingerprint::file(&here.join("package-lock.json"))?;
    if stamp.is(&lock) && here.join("node_modules").is_dir() {
        return Ok(());
    }
    require_node()?;
    process::run(npm(&here).args(["ci", "--no-audit", "--no-fund"]))?;
    stamp.set(&lock)
}

fn npm(folder: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder);
    command
}

fn require_node() -> Result<()> {
    let remedy = format!("install Node.js {OLDEST_NODE} or newer, with npm");
    let version = process::capture(Command::new("node").arg("--version")).with_context(|| remedy.clone())?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("Node.js {} is too old: {remedy}", version.trim()),
    }
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("nonsense"), None);
    }
}
