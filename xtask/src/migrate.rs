//! `cargo xtask migrate`: builds the command that changes the tables, and becomes it.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::build::{self, Profile};
use crate::workspace::Workspace;
use crate::{process, up};

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let (mut url, mut further) = (None, Vec::<OsString>::new());
    // What is not ours is the command's.
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("database-url") => url = Some(arguments.value()?.string()?),
            Long(name) => {
                further.push(format!("--{name}").into());
                further.extend(arguments.optional_value());
            }
            Value(value) => further.push(value),
            other => bail!(
                "{}; `cargo xtask migrate status` is a beginning",
                other.unexpected()
            ),
        }
    }
    build::build(workspace, Profile::Development)?;
    let mut sidespin = Command::new(workspace.binary(Profile::Development.folder()));
    sidespin.current_dir(&workspace.root).args([
        "up",
        "-f",
        "spin.toml",
        "--quiet",
        "--component-id",
        "migrate",
    ]);
    if let Some(url) = url {
        // In the environment, for arguments are shown to everybody on the machine.
        let host = host(&url).with_context(
            || "`--database-url` is no Postgres address; write it as postgres://user:password@host:5432/name",
        )?;
        sidespin
            .env("SPIN_VARIABLE_DATABASE_HOST", host)
            .env("SPIN_VARIABLE_DATABASE_URL", url);
    }
    sidespin.arg("--").args(further);
    println!("running `{}`", process::describe(&sidespin));
    up::become_program(sidespin)
}

/// What the manifest grants: the address without user, password and database.
fn host(url: &str) -> Option<String> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))?;
    let authority = rest.split(['/', '?']).next()?;
    let host = authority.rsplit('@').next()?;
    let port = if host.rsplit(']').next()?.contains(':') {
        ""
    } else {
        ":5432"
    };
    (!host.is_empty()).then(|| format!("postgres://{host}{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_granted_address_has_no_user_and_no_password() {
        for (url, expected) in [
            (
                "postgres://u:p@db.example.com/name",
                Some("postgres://db.example.com:5432"),
            ),
            (
                "postgresql://u@10.0.0.1:6000/name?sslmode=require",
                Some("postgres://10.0.0.1:6000"),
            ),
            ("postgres://u:a%40b@[::1]/name", Some("postgres://[::1]:5432")),
            ("postgres://localhost", Some("postgres://localhost:5432")),
            ("postgres:///name", None),
            ("mysql://host/name", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }
}
