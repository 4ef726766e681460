//! `sidespin dlq`: messages that no component could handle, and what people do about them.

use std::collections::BTreeSet;
use std::process::Stdio;

use end_to_end::Server;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::terminal::{Terminal, tail, text};

#[tokio::test]
async fn a_broken_event_becomes_a_dead_letter_that_can_be_retried_and_dropped() {
    let server = Server::start().await.unwrap();
    let terminal = Terminal::of(&server);
    let written = terminal
        .say("topics publish task-events --key task-1 --header by=hand broken")
        .await;
    let place = written.trim().strip_prefix("task-events  ").unwrap().to_owned();

    // Both consumers of the topic put it aside.
    let letters = terminal.letters(2).await;
    let components: BTreeSet<_> = letters
        .iter()
        .map(|letter| letter["component"].as_str().unwrap())
        .collect();
    assert_eq!(components, BTreeSet::from(["audit", "recurring-task"]));
    let letter = &letters[0];
    let origin = format!("{}/{}", letter["partition"], letter["offset"]);
    assert_eq!((letter["topic"].as_str(), origin), (Some("task-events"), place));
    assert_eq!(
        (letter["key"].as_str(), letter["attempts"].as_u64()),
        (Some("task-1"), Some(1))
    );
    assert!(!letter["reason"].as_str().unwrap().is_empty());
    let list = terminal.say("dlq list").await;
    assert!(list.starts_with("TOPIC") && list.contains("task-1"), "{list}");

    let id = letter["id"].as_str().unwrap();
    let shown = terminal.say(&format!("dlq show task-events.dlq {id}")).await;
    assert!(
        shown.contains("by: hand") && shown.contains("\n  broken\n"),
        "{shown}"
    );
    let shown = terminal.json(&format!("dlq show task-events.dlq {id}")).await;
    assert_eq!(
        (shown["value"].as_str(), &shown["settled"]),
        (Some("broken"), &Value::Null)
    );

    // Retried, it is handled again, by both, and put aside again.
    assert_eq!(
        terminal.say(&format!("dlq retry task-events.dlq {id}")).await,
        format!("{id}  retried\n")
    );
    let again = terminal.letters(3).await;
    assert!(again.iter().all(|other| other["id"] != letter["id"]), "{again:?}");
    let topic = terminal
        .say("topics tail task-events --no-follow --output json")
        .await;
    let topic = tail(&topic);
    assert_eq!(topic.len(), 2);
    for message in &topic {
        assert_eq!(
            (message["key"].as_str(), message["value"].as_str()),
            (Some("task-1"), Some("broken"))
        );
        assert_eq!(message["headers"], json!([{ "name": "by", "value": "hand" }]));
        assert_eq!(message["partition"], topic[0]["partition"]);
    }
    let said = terminal.fail(&format!("dlq retry task-events.dlq {id}"), 1).await;
    assert!(
        said.contains("no open dead letter") && said.contains("hint: "),
        "{said}"
    );

    let said = terminal.fail("dlq drop task-events.dlq --all", 2).await;
    assert!(said.contains("--yes"), "{said}");
    let dropped = terminal
        .say("dlq drop task-events.dlq --all --component audit --yes")
        .await;
    assert!(
        dropped.lines().all(|line| line.ends_with("  dropped")),
        "{dropped}"
    );
    let left = terminal.json("dlq list").await;
    let left = left.as_array().unwrap();
    assert!(
        left.iter().all(|letter| letter["component"] == "recurring-task"),
        "{left:?}"
    );
    terminal.say("dlq drop task-events.dlq --all --yes").await;
    assert_eq!(terminal.json("dlq list").await, json!([]));
    assert_eq!(terminal.say("dlq drop task-events.dlq --all --yes").await, "");
}

/// Times that a retry is killed in the middle of its work.
const KILLS: usize = 10;

#[tokio::test]
async fn a_retry_that_is_killed_again_and_again_loses_nothing() {
    let total = 10_000;
    let server = Server::start().await.unwrap();
    let terminal = Terminal::of(&server);
    // They go back to a topic that no component handles.
    let publish =
        "topics publish task-events.dlq --lines --header dlq-reason=test --header dlq-topic=task-updates";
    let lines: String = (0..total).map(|number| format!("{number}\n")).collect();
    let output = terminal.run(publish, lines.as_bytes()).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    terminal.letters(total).await;

    let mut watcher = terminal
        .command("topics tail task-updates --from beginning")
        .spawn()
        .unwrap();
    let mut written = BufReader::new(watcher.stdout.take().unwrap()).lines();
    let mut seen = 0;
    for kill in 0..KILLS {
        let mut retry = terminal.command("dlq retry task-events.dlq --all --yes");
        let mut retry = retry.stdout(Stdio::null()).spawn().unwrap();
        // Each time at another distance from what was settled last.
        let enough = seen + 1 + kill * 149 % 700;
        while seen < enough {
            tokio::select! {
                line = written.next_line() => {
                    assert!(line.unwrap().is_some());
                    seen += 1;
                }
                status = retry.wait() => panic!("it ended by itself: {status:?}"),
            }
        }
        retry.kill().await.unwrap();
        let topics = terminal.json("topics list").await;
        let topics = topics.as_array().unwrap();
        let topic = topics
            .iter()
            .find(|topic| topic["name"] == "task-updates")
            .unwrap();
        while seen < usize::try_from(topic["messages"].as_u64().unwrap()).unwrap() {
            assert!(written.next_line().await.unwrap().is_some());
            seen += 1;
        }
    }
    let open = terminal.json("dlq list").await.as_array().unwrap().len();
    terminal.say("dlq retry task-events.dlq --all --yes").await;
    assert_eq!(terminal.json("dlq list").await, json!([]));
    let written = tail(
        &terminal
            .say("topics tail task-updates --no-follow --output json")
            .await,
    );
    let values: BTreeSet<usize> = written
        .iter()
        .map(|message| message["value"].as_str().unwrap().parse().unwrap())
        .collect();
    println!(
        "{KILLS} kills left {open} of {total} dead letters open; in the end {} were written back",
        written.len()
    );
    assert!(values.into_iter().eq(0..total), "some were lost");
    assert!(open > 0 && open < total, "the kills came too early or too late");
}
