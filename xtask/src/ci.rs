//! `cargo xtask ci`: every check and every test, one summary. Continuous integration calls only this.

use std::process::ExitCode;

use anyhow::Result;

use crate::test::{self, Summary};
use crate::workspace::Workspace;
use crate::{lint, no_arguments};

pub(crate) fn run(workspace: &Workspace, arguments: lexopt::Parser) -> Result<ExitCode> {
    no_arguments(arguments)?;
    let mut summary = Summary::default();
    for check in lint::checks(workspace)? {
        summary.add_check(check);
    }
    test::run_all(workspace, summary)
}
