//! `sidespin topics`: looking at topics, reading and writing them, and letting groups read again.

use end_to_end::{Server, User, eventually, program};
use serde_json::{Value, json};
use servers::{Kafka, KafkaIdentity, KafkaListener};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::terminal::{Terminal, tail, text};

#[tokio::test]
async fn lag_is_shown_and_a_fresh_group_can_be_put_anywhere() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    for number in 0..5 {
        user.create(&json!({ "title": format!("Task {number}") }))
            .await
            .unwrap();
    }
    let terminal = Terminal::of(&server);
    let audit = eventually("audit to have caught up", || async {
        let groups = terminal.json("topics lag --group audit").await;
        let committed: i64 = groups[0]["partitions"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|partition| partition["committed"].as_i64())
            .sum();
        Ok((committed == 5).then(|| groups[0].clone()))
    })
    .await
    .unwrap();
    assert_eq!(
        (audit["lag"].as_i64(), audit["members"].as_i64()),
        (Some(0), Some(1))
    );
    let listed = terminal.json("topics list").await;
    let topics = listed.as_array().unwrap();
    let events = topics
        .iter()
        .find(|topic| topic["name"] == "task-events")
        .unwrap();
    let expected = json!({
        "name": "task-events", "partitions": 3, "messages": 5, "groups": ["audit", "recurring-task"],
    });
    assert_eq!(*events, expected);
    let list = terminal.say("topics list").await;
    assert!(list.starts_with("TOPIC ") && !list.contains('\x1b'), "{list}");

    let replay = "topics replay task-events --from beginning";
    let dry = terminal.say(&format!("{replay} --group audit --dry-run")).await;
    assert!(
        dry.contains("would read 5 messages") && dry.ends_with("nothing was changed\n"),
        "{dry}"
    );
    let said = terminal.fail(&format!("{replay} --group audit --yes"), 1).await;
    assert!(
        said.contains("at work") && said.contains("--component-id"),
        "{said}"
    );
    let said = terminal.fail(&format!("{replay} --group audit-2"), 2).await;
    assert!(said.contains("--yes"), "{said}");
    terminal.fail("topics lag --group audit-2", 1).await;
    terminal.say(&format!("{replay} --group audit-2 --yes")).await;
    assert_eq!(terminal.json("topics lag --group audit-2").await[0]["lag"], 5);
    terminal
        .say("topics replay task-events --from 0s --group audit-2 --yes")
        .await;
    assert_eq!(terminal.json("topics lag --group audit-2").await[0]["lag"], 0);
    assert_eq!(
        terminal.json("topics lag --group audit").await[0],
        audit,
        "nobody else noticed"
    );
}

#[tokio::test]
async fn a_stopped_consumer_reads_again_and_its_state_is_rebuilt() {
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Seen again" })).await.unwrap();
    eventually("the audit entry", || async {
        Ok((!user.list("/api/v1/audit").await?.is_empty()).then_some(()))
    })
    .await
    .unwrap();
    // The embedded broker goes on without the consumer.
    server.stop().await.unwrap();
    let without = ["web", "chat-api", "recurring-task", "notification"];
    let without: Vec<_> = without
        .iter()
        .flat_map(|id| ["--component-id".to_owned(), (*id).to_owned()])
        .collect();
    server.restart_with(&without).await.unwrap();
    let terminal = Terminal::of(&server);
    terminal
        .say("topics replay task-events --group audit --from beginning --yes")
        .await;
    assert_eq!(terminal.json("topics lag --group audit").await[0]["lag"], 1);
    server.stop().await.unwrap();
    server.restart().await.unwrap();
    let terminal = Terminal::of(&server);
    eventually("audit to have read it again", || async {
        let lag = terminal.json("topics lag --group audit").await[0]["lag"].clone();
        Ok((lag == 0).then_some(()))
    })
    .await
    .unwrap();
    // It is idempotent: there is one entry, as before.
    assert_eq!(user.at(&server).list("/api/v1/audit").await.unwrap().len(), 1);
}

#[tokio::test]
async fn messages_of_every_kind_are_published_and_shown() {
    let server = Server::start().await.unwrap();
    let terminal = Terminal::of(&server);
    let publish = "topics publish task-updates --key user-1";
    let output = terminal
        .run(&format!("{publish} --lines"), b"one\n{ \"n\":  1 }\nlast\x1b[2J")
        .await;
    assert_eq!(text(&output.stdout).lines().count(), 3);
    let output = terminal.run(&format!("{publish} --file -"), &[0, 255, 10]).await;
    assert!(output.status.success());
    terminal.say(&format!("{publish} --null")).await;
    terminal
        .say("topics publish task-updates --key other other")
        .await;

    let tail_of = "topics tail task-updates --no-follow --key user-1";
    let lines = terminal.say(tail_of).await;
    let values: Vec<_> = lines
        .lines()
        .map(|line| line.split("  user-1  ").nth(1).unwrap())
        .collect();
    assert_eq!(
        values,
        ["one", "{\"n\":1}", "last\\u{1b}[2J", "base64:AP8K", "(tombstone)"]
    );
    let messages = tail(&terminal.say(&format!("{tail_of} --output json --from 1h")).await);
    assert_eq!(messages.len(), 5);
    assert_eq!(
        (&messages[1]["value"], &messages[3]["value_base64"]),
        (&json!("{ \"n\":  1 }"), &json!("AP8K"))
    );
    assert_eq!(terminal.say(&format!("{tail_of} --from end")).await, "");
    assert_eq!(
        terminal
            .say(&format!("{tail_of} --count 2 --from 1"))
            .await
            .lines()
            .count(),
        2
    );
}

#[tokio::test]
async fn tail_follows_until_it_is_interrupted_or_nobody_reads_any_more() {
    let server = Server::start().await.unwrap();
    let terminal = Terminal::of(&server);
    let mut child = terminal
        .command("topics tail task-updates --from beginning")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for value in ["first", "second"] {
        terminal
            .say(&format!("topics publish task-updates {value}"))
            .await;
        let line = tokio::time::timeout(end_to_end::PATIENCE, lines.next_line())
            .await
            .unwrap();
        assert!(line.unwrap().unwrap().ends_with(value));
    }
    let id = child.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .await
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().await.unwrap().code(), Some(0));

    // More than a pipe holds.
    let many = "x".repeat(1000) + "\n";
    terminal
        .run("topics publish task-updates --lines", many.repeat(500).as_bytes())
        .await;
    let mut child: Child = terminal
        .command("topics tail task-updates --from beginning")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().is_some());
    drop(lines);
    let output = tokio::time::timeout(end_to_end::PATIENCE, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stderr).as_str()),
        (Some(0), "")
    );
}

#[tokio::test]
async fn what_cannot_work_says_what_would() {
    let server = Server::start().await.unwrap();
    let terminal = Terminal::of(&server);
    let said = terminal.fail("topics publish task-event x", 1).await;
    assert!(
        said.contains("there is no topic `task-event`") && said.contains("`task-events`"),
        "{said}"
    );
    let said = terminal.fail("topics tail nowhere", 1).await;
    assert!(said.contains("sidespin up"), "{said}");
    let topics = terminal.json("topics list --all").await;
    let is_made = |topic: &Value| topic["name"] == "task-event" || topic["name"] == "nowhere";
    assert!(
        !topics.as_array().unwrap().iter().any(is_made),
        "nothing was made"
    );
    terminal.fail("topics tail task-events --from yesterday", 2).await;
    terminal
        .fail("topics publish task-events --file /nowhere/at/all", 2)
        .await;
    let nobody = Terminal {
        broker: "127.0.0.1:1".to_owned(),
    };
    let said = nobody.fail("dlq list", 1).await;
    assert!(
        said.contains("127.0.0.1:1") && said.contains("--bootstrap-servers"),
        "{said}"
    );
}

#[tokio::test]
async fn a_cluster_that_asks_who_comes_is_operated_too() {
    let (identity, authority) = KafkaIdentity::generate("operator", "open-sesame").unwrap();
    let Some(kafka) = Kafka::start_secured(&identity).unwrap() else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let authorities = directory.path().join("ca.pem");
    std::fs::write(&authorities, authority).unwrap();
    let run = async |listener: KafkaListener, password: &str, further: &[&str]| {
        let mut command = Command::new(program());
        command
            .args([
                "topics",
                "list",
                "--all",
                "--output",
                "json",
                "--bootstrap-servers",
            ])
            .arg(kafka.at(listener).unwrap())
            .args(["--security-protocol", listener.protocol()])
            .args(["--sasl-mechanism", "SCRAM-SHA-512", "--sasl-username", "operator"])
            .args(further)
            .env("SIDESPIN_SASL_PASSWORD", password);
        let output = command.output().await.unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let authorities = ["--tls-ca", authorities.to_str().unwrap()];
    for (listener, further) in [
        (KafkaListener::Plaintext, &[][..]),
        (KafkaListener::SaslPlaintext, &[]),
        (KafkaListener::Ssl, &authorities),
        (KafkaListener::SaslSsl, &authorities),
    ] {
        let (code, listed, said) = run(listener, "open-sesame", further).await;
        assert!(code == Some(0) && listed.starts_with('['), "{listener:?}: {said}");
    }
    let (code, _, said) = run(
        KafkaListener::SaslSsl,
        "open-sesame",
        &["--tls-key", authorities[1]],
    )
    .await;
    assert!(code == Some(2) && said.contains("--tls-key"), "{said}");
    let (code, _, said) = run(KafkaListener::SaslPlaintext, "shut-sesame", &[]).await;
    assert!(code == Some(1) && !said.contains("sesame"), "{said}");
}
