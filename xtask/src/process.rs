//! Runs other programs: with their output on the terminal, captured, read line by line, or within a time limit.
//! An error names the whole command line, so that it can be repeated by hand.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The cargo that started this program, so that the toolchain stays the same.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` describes this package in the environment; build scripts of others must not see it.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// The compiler that cargo uses.
pub(crate) fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// The command line as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let quoted = |text: &OsStr| {
        let text = text.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@~*".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            text.into_owned()
        } else {
            format!("'{text}'")
        }
    };
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let mut line = quoted(program);
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    match command.get_current_dir() {
        Some(directory) => format!("{line} (in {})", directory.display()),
        None => line,
    }
}

/// Runs to the end with output where ours goes; an unsuccessful end is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    check(command, status)
}

/// Runs to the end and returns what it printed; its errors still go to the terminal.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(command))?;
    check(command, output.status)?;
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something else than text", describe(command)))
}

/// Runs to the end, passes its standard output through and shows each line to `on_line`.
pub(crate) fn stream(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            on_line(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    Ok(child.wait()?)
}

/// How long a program that may hang is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// In all.
    pub(crate) total: Duration,
    /// Without its progress figure changing.
    pub(crate) idle: Duration,
}

/// How a program with limits ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with success.
    Well,
    /// By itself, without success.
    Badly(String),
    /// It was killed, because of the limit described.
    Killed(String),
}

/// Runs with output where ours goes and kills it when it passes a limit. `progress` is any figure that changes
/// while the program gets on.
pub(crate) fn run_within(command: &mut Command, limits: Limits, progress: impl Fn() -> u64) -> Result<Ended> {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    let started = Instant::now();
    let (mut figure, mut moved) = (progress(), started);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() {
                Ended::Well
            } else {
                Ended::Badly(status.to_string())
            });
        }
        let now = progress();
        if now != figure {
            (figure, moved) = (now, Instant::now());
        }
        let limit = if started.elapsed() >= limits.total {
            Some(format!("not done after {} s", limits.total.as_secs()))
        } else if moved.elapsed() >= limits.idle {
            Some(format!("no progress for {} s", limits.idle.as_secs()))
        } else {
            None
        };
        if let Some(limit) = limit {
            child.kill()?;
            child.wait()?;
            return Ok(Ended::Killed(limit));
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!(
            "`{}` failed ({status}); its own messages are above",
            describe(command)
        );
    }
    Ok(())
}

fn cannot_start(command: &Command) -> String {
    format!(
        "cannot start `{}`; is it installed and on PATH?",
        describe(command)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_command_line_is_described_as_one_would_type_it() {
        assert_eq!(describe(&shell("echo $HOME")), "sh -c 'echo $HOME'");
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(&mut shell("exit 3")).unwrap_err().to_string();
        assert!(error.contains("`sh -c 'exit 3'` failed"), "{error}");
    }

    #[test]
    fn every_line_is_seen_and_the_status_kept() {
        let mut lines = Vec::new();
        let status = stream(&mut shell("echo one; echo two; exit 4"), |line| {
            lines.push(line.to_owned())
        })
        .unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(status.code(), Some(4));
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let limits = Limits {
            total: Duration::from_secs(60),
            idle: Duration::from_millis(200),
        };
        let started = Instant::now();
        let ended = run_within(&mut shell("exec sleep 60"), limits, || 0).unwrap();
        assert!(matches!(ended, Ended::Killed(_)), "{ended:?}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_that_gets_on_is_left_alone() {
        let limits = Limits {
            total: Duration::from_secs(60),
            idle: Duration::from_secs(30),
        };
        assert_eq!(
            run_within(&mut shell("exit 0"), limits, || 0).unwrap(),
            Ended::Well
        );
        assert!(matches!(
            run_within(&mut shell("exit 1"), limits, || 0).unwrap(),
            Ended::Badly(_)
        ));
    }
}
