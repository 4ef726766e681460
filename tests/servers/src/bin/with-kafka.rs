//! Runs a command with `KAFKA_BOOTSTRAP_SERVERS` naming an Apache Kafka that lives as long as the command:
//! `cargo run -p servers --bin with-kafka -- cargo test -p sidespin-kafka-client`. One that is named already is left as it is.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use servers::{BOOTSTRAP_SERVERS, Kafka};

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments
        .next()
        .context("usage: with-kafka <command> [<argument>...]")?;
    let mut command = Command::new(&program);
    command.args(arguments);
    let kafka = if std::env::var_os(BOOTSTRAP_SERVERS).is_some() {
        None
    } else {
        let Some(kafka) = Kafka::start()? else {
            return Ok(ExitCode::SUCCESS);
        };
        command.env(BOOTSTRAP_SERVERS, kafka.bootstrap_servers());
        Some(kafka)
    };
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    drop(kafka);
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
