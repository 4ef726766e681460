//! Everything is delivered a second time: the services have seen it, and nothing changes.

use std::time::Duration;

use end_to_end::{Server, User, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::in_future;
use crate::terminal::Terminal;

/// The groups of the application, each with its topic.
const GROUPS: [(&str, &str); 3] = [
    ("audit", "task-events"),
    ("recurring-task", "task-events"),
    ("notification", "reminders"),
];

/// What users see of what the services have done.
async fn state(user: &User) -> [Vec<Value>; 3] {
    [
        user.list("/api/v1/tasks").await.unwrap(),
        user.list("/api/v1/audit").await.unwrap(),
        user.list("/api/v1/notifications").await.unwrap(),
    ]
}

async fn caught_up(terminal: &Terminal) {
    eventually("every group to have read everything", || async {
        let mut left = 0;
        for (group, _topic) in GROUPS {
            let lag = terminal.json(&format!("topics lag --group {group}")).await;
            left += lag[0]["lag"].as_i64().unwrap_or(1);
        }
        Ok((left == 0).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn everything_delivered_twice_changes_nothing() {
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    for number in 0..20 {
        let task = user
            .create(&json!({
                "title": format!("Task {number}"), "due_date": "2030-01-31T08:00:00Z", "recurrence_rule": "daily",
                "reminders": [{ "at": in_future(Duration::from_millis(200)) }],
            }))
            .await
            .unwrap();
        let path = format!("/api/v1/tasks/{}/complete", task["id"].as_str().unwrap());
        if number % 2 == 0 {
            user.send(Method::POST, &path, &[], None).await.unwrap();
        }
    }
    // Ten next occurrences, and a reminder of each task that is still open.
    let before = eventually("the reminders and the next occurrences", || async {
        let [tasks, audit, notifications] = state(&user).await;
        let is_complete = tasks.len() == 20 && notifications.len() >= 10;
        let entries = user.get("/api/v1/audit?verify=true").await?.body["entries"].as_u64();
        Ok((is_complete && entries >= Some(40)).then_some([tasks, audit, notifications]))
    });
    before.await.unwrap();
    caught_up(&Terminal::of(&server)).await;
    let before = state(&user).await;

    server.stop().await.unwrap();
    // The broker and those that read nothing.
    let arguments = ["web", "chat-api"].map(|id| ["--component-id".to_owned(), id.to_owned()]);
    server.restart_with(&arguments.concat()).await.unwrap();
    let terminal = Terminal::of(&server);
    for (group, topic) in GROUPS {
        terminal
            .say(&format!(
                "topics replay {topic} --group {group} --from beginning --yes"
            ))
            .await;
    }
    server.stop().await.unwrap();
    server.restart().await.unwrap();
    caught_up(&Terminal::of(&server)).await;

    let user = user.at(&server);
    assert_eq!(state(&user).await, before);
    let verified = user.get("/api/v1/audit?verify=true").await.unwrap().body;
    assert_eq!(verified["verified"], true, "{verified}");
    let put_aside = Terminal::of(&server).json("dlq list").await;
    assert_eq!(put_aside, json!([]));
}
