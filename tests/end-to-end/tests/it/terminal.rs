//! The program as a person at a terminal has it, against a running host.

use std::process::{Output, Stdio};

use end_to_end::{Server, eventually, program};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Runs the program against a server's broker.
pub(crate) struct Terminal {
    pub(crate) broker: String,
}

impl Terminal {
    pub(crate) fn of(server: &Server) -> Self {
        Self {
            broker: server.kafka.unwrap().to_string(),
        }
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments.split(' '))
            .env("SIDESPIN_BOOTSTRAP_SERVERS", &self.broker)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs to the end, with `input` as the standard input.
    pub(crate) async fn run(&self, arguments: &str, input: &[u8]) -> Output {
        let mut child = self.command(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).await.unwrap();
        drop(stdin);
        child.wait_with_output().await.unwrap()
    }

    /// Runs and succeeds.
    pub(crate) async fn say(&self, arguments: &str) -> String {
        let output = self.run(arguments, b"").await;
        assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    pub(crate) async fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.say(&format!("{arguments} --output json")).await).unwrap()
    }

    /// Runs and fails with this exit code; answers with what is said about it.
    pub(crate) async fn fail(&self, arguments: &str, code: i32) -> String {
        let output = self.run(arguments, b"").await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        said
    }

    /// Once there are so many open dead letters.
    pub(crate) async fn letters(&self, count: usize) -> Vec<Value> {
        eventually("dead letters", || async {
            let letters = self.json("dlq list").await;
            let letters = letters.as_array().unwrap();
            Ok((letters.len() == count).then(|| letters.clone()))
        })
        .await
        .unwrap()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn tail(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
