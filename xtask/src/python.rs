//! The packages of Python that tests use: in a virtual environment below `target/`, installed only when their list changed.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::fingerprint::{self, Stamp};
use crate::process;
use crate::workspace::Workspace;

/// Installs what `requirements.txt` in a folder of tests names into `target/python/<the folder's name>`. Where there is no
/// Python that can, the tests say that they were skipped; in continuous integration that is an error.
pub(crate) fn install(workspace: &Workspace, folder: &str) -> Result<()> {
    let list = workspace.root.join(folder).join("requirements.txt");
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let environment = workspace.output(&format!("python/{name}"));
    let stamp = Stamp::new(workspace.output(&format!("stamps/python-{name}")));
    let wanted = fingerprint::file(&list)?;
    let python = environment.join("bin/python");
    if stamp.is(&wanted) && python.exists() {
        return Ok(());
    }
    if !can_make_environments() {
        let remedy = "install Python 3.10 or newer with venv (packages `python3` and `python3-venv`)";
        if std::env::var_os("CI").is_some() {
            bail!("there is no `python3` that makes virtual environments: {remedy}");
        }
        println!("{folder} is left out: {remedy}");
        return Ok(());
    }
    process::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    process::run(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&list),
    )?;
    stamp.set(&wanted)
}

fn can_make_environments() -> bool {
    let run = Command::new("python3")
        .args([
            "-c",
            "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    run.is_ok_and(|status| status.success())
}
