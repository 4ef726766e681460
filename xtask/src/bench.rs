//! `cargo xtask bench`: measures a release build. The measuring itself is a program of the end-to-end tests; its
//! arguments are passed on.

use anyhow::Result;

use crate::build::{self, Profile};
use crate::process;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<()> {
    let passed_on: Vec<_> = arguments.raw_args()?.collect();
    build::build(workspace, Profile::Release)?;
    let mut cargo = workspace.cargo();
    cargo.env("SIDESPIN_ROOT", &workspace.root);
    cargo.env("SIDESPIN_BIN", workspace.binary(Profile::Release.folder()));
    cargo
        .args([
            "run",
            "--release",
            "--package",
            "end-to-end",
            "--bin",
            "bench",
            "--",
        ])
        .args(passed_on);
    process::run(&mut cargo)
}
