//! Reminders: at their time, once, and not after the task is done.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use end_to_end::{Record, Server, TopicReader, User};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{in_future, rfc3339};

async fn notification(user: &User, task: &Value) -> Value {
    user.wait_for("the notification", "/api/v1/notifications", |item| {
        item["task_id"] == task["id"]
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_reminder_becomes_a_notification_that_the_user_reads() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let remind_at = in_future(Duration::from_millis(1500));
    let task = user
        .create(&json!({ "title": "Call mom", "due_date": in_future(Duration::from_secs(3600)), "reminders": [{ "at": remind_at }] }))
        .await
        .unwrap();
    let item = notification(&user, &task).await;
    assert!(
        item["message"].as_str().unwrap_or_default().contains("Call mom")
            || item["title"].as_str().unwrap_or_default().contains("Call mom")
    );
    assert!(
        item["created_at"].as_str().unwrap() >= &remind_at[..19],
        "{item} before {remind_at}"
    );
    assert!(item["read_at"].is_null());
    let path = format!("/api/v1/notifications/{}", item["id"].as_str().unwrap());
    let read = user
        .send(Method::PATCH, &path, &[], Some(&json!({ "read": true })))
        .await
        .unwrap();
    assert!(read.status.is_success());
    assert!(user.list("/api/v1/notifications").await.unwrap()[0]["read_at"].is_string());
    let records = reminders_of(&server, &user, &[&task]).await;
    assert_eq!(
        types(&records, &task),
        ["reminder.scheduled", "reminder.triggered"]
    );
    assert_eq!(triggered(&records, &task)["data"]["late"], false);
}

#[tokio::test]
async fn a_reminder_in_the_past_fires_once_and_is_said_to_be_late() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let past = user
        .create(&json!({ "title": "Late", "due_date": "2020-01-01T00:00:00Z", "reminders": [{ "at": "2020-01-01T00:00:00Z" }] }))
        .await
        .unwrap();
    let item = notification(&user, &past).await;
    let message = item["message"].as_str().unwrap();
    assert!(message.ends_with("This reminder comes late."), "{message}");
    let records = reminders_of(&server, &user, &[&past]).await;
    assert_eq!(
        types(&records, &past),
        ["reminder.scheduled", "reminder.triggered"]
    );
    assert_eq!(triggered(&records, &past)["data"]["late"], true);
    assert_eq!(notifications_of(&user, &past).await, 1);
}

#[tokio::test]
async fn a_reminder_that_is_taken_back_never_fires() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    // Far enough away that what takes it back comes first on any machine.
    let soon = SystemTime::now() + Duration::from_secs(5);
    let create = async |title: &str| {
        let body =
            json!({ "title": title, "due_date": rfc3339(soon), "reminders": [{ "at": rfc3339(soon) }] });
        user.create(&body).await.unwrap()
    };
    let done = create("Done before").await;
    let deleted = create("Deleted before").await;
    let moved = create("Moved").await;
    let merge = [("x-content-type", "application/merge-patch+json")];
    let later = json!({ "reminders": [{ "at": "2040-01-01T00:00:00Z" }] });
    for (method, path, headers, body) in [
        (Method::POST, path(&done, "/complete"), &[][..], None),
        (Method::DELETE, path(&deleted, ""), &[], None),
        (Method::PATCH, path(&moved, ""), &merge, Some(&later)),
    ] {
        let answer = user.send(method, &path, headers, body).await.unwrap();
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
    }
    // Due at the same time, and nobody takes it back: when it has come, the others would have.
    let stays = create("Stays").await;
    assert!(SystemTime::now() < soon, "taken back too late to test anything");
    notification(&user, &stays).await;
    let records = reminders_of(&server, &user, &[&done, &deleted, &moved, &stays]).await;
    for task in [&done, &deleted] {
        assert_eq!(
            types(&records, task),
            ["reminder.scheduled", "reminder.cancelled"]
        );
    }
    assert!(
        !types(&records, &moved).contains(&"reminder.triggered"),
        "{records:?}"
    );
    assert_eq!(
        types(&records, &stays),
        ["reminder.scheduled", "reminder.triggered"]
    );
    for (task, count) in [(&done, 0), (&deleted, 0), (&moved, 0), (&stays, 1)] {
        assert_eq!(notifications_of(&user, task).await, count, "{task}");
    }
}

#[tokio::test]
async fn clearing_the_due_date_cancels_the_relative_reminder() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    // A minute before it is in five seconds.
    let remind_at = SystemTime::now() + Duration::from_secs(5);
    let due = rfc3339(remind_at + Duration::from_secs(60));
    let create = async |title: &str| {
        let body = json!({ "title": title, "due_date": due, "reminders": [{ "before": "1m" }] });
        user.create(&body).await.unwrap()
    };
    let cleared = create("Never mind").await;
    let merge = [("x-content-type", "application/merge-patch+json")];
    let change = json!({ "due_date": null, "reminders": [] });
    let answer = user
        .send(Method::PATCH, &path(&cleared, ""), &merge, Some(&change))
        .await
        .unwrap();
    assert!(answer.status.is_success(), "{}", answer.body);
    let stays = create("Stays").await;
    assert!(SystemTime::now() < remind_at, "cleared too late to test anything");
    notification(&user, &stays).await;
    let records = reminders_of(&server, &user, &[&cleared, &stays]).await;
    assert_eq!(
        types(&records, &cleared),
        ["reminder.scheduled", "reminder.cancelled"]
    );
    assert_eq!(
        types(&records, &stays),
        ["reminder.scheduled", "reminder.triggered"]
    );
    assert_eq!(notifications_of(&user, &cleared).await, 0);
}

fn path(task: &Value, rest: &str) -> String {
    format!("/api/v1/tasks/{}{rest}", task["id"].as_str().unwrap())
}

async fn notifications_of(user: &User, task: &Value) -> usize {
    let items = user.list("/api/v1/notifications").await.unwrap();
    items.iter().filter(|item| item["task_id"] == task["id"]).count()
}

/// The types of a task's events, in their order.
fn types<'a>(records: &'a [Record], task: &Value) -> Vec<&'a str> {
    let own = records.iter().filter(|record| task["id"] == *record.key);
    own.map(|record| record.event["type"].as_str().unwrap()).collect()
}

/// The event that says that a task's reminder came.
fn triggered<'a>(records: &'a [Record], task: &Value) -> &'a Value {
    let record = records
        .iter()
        .find(|record| task["id"] == *record.key && record.event["type"] == "reminder.triggered");
    &record.unwrap().event
}

/// Everything that topic `reminders` has of these tasks by now. That a partition was read to its end is known by a reminder
/// that is asked for now; as its task's id decides which partition it gets into, there may have to be several.
async fn reminders_of(server: &Server, user: &User, tasks: &[&Value]) -> Vec<Record> {
    let mut topic = TopicReader::open(server.kafka.unwrap(), "reminders")
        .await
        .unwrap();
    let mut records = Vec::new();
    let mut ended = BTreeSet::new();
    loop {
        let marker = user
            .create(&json!({ "title": "Marker", "reminders": [{ "at": in_future(Duration::ZERO) }] }))
            .await
            .unwrap();
        let is_end =
            |record: &Record| marker["id"] == *record.key && record.event["type"] == "reminder.triggered";
        records.extend(topic.until(|new| new.iter().any(is_end)).await.unwrap());
        let end = records.iter().find(|record| is_end(record)).unwrap();
        ended.insert(end.partition);
        let is_read = |task: &&Value| {
            let mut of_task = records.iter().filter(|record| task["id"] == *record.key);
            of_task.any(|record| ended.contains(&record.partition))
        };
        if tasks.iter().all(is_read) {
            return records;
        }
    }
}
