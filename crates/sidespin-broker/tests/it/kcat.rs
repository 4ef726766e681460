//! kcat, the command-line client, where there is one.

use std::io::{ErrorKind, Write};
use std::process::{Command, Output, Stdio};

use crate::support::TestBroker;

fn kcat(broker: &TestBroker, arguments: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new("kcat");
    command
        .arg("-b")
        .arg(broker.address().to_string())
        .args(arguments);
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound && std::env::var_os("CI").is_none() => return None,
        Err(error) => panic!("kcat cannot be run: {error}"),
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "kcat {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(output)
}

fn lines(output: &Output) -> Vec<String> {
    let mut lines: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn kcat_produces_consumes_and_lists() {
    let broker = TestBroker::start().await;
    let input = "a:1\nb:2\nc:3\n";
    if kcat(&broker, &["-P", "-t", "cat", "-K:", "-H", "kind=test"], input).is_none() {
        println!("skipped: there is no kcat on this machine");
        return;
    }
    let format = "%k=%s %h\n";
    let output = kcat(&broker, &["-C", "-t", "cat", "-e", "-q", "-f", format], "").unwrap();
    assert_eq!(
        lines(&output),
        ["a=1 kind=test", "b=2 kind=test", "c=3 kind=test"]
    );
    let output = kcat(
        &broker,
        &[
            "-G",
            "cats",
            "-X",
            "auto.offset.reset=earliest",
            "-c",
            "3",
            "-q",
            "-K:",
            "cat",
        ],
        "",
    )
    .unwrap();
    assert_eq!(lines(&output), ["a:1", "b:2", "c:3"]);
    let output = kcat(&broker, &["-L"], "").unwrap();
    let listing = String::from_utf8_lossy(&output.stdout);
    assert!(listing.contains("topic \"cat\" with 3 partitions"), "{listing}");
    let output = kcat(&broker, &["-Q", "-t", "cat:0:-1"], "").unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("offset"));
}
