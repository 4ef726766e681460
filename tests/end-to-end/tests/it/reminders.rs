//! Reminders: at their time, once, and not after the task is done.

use std::time::{Duration, SystemTime};

use end_to_end::{Server, TopicReader, User};
use reqwest::Method;
use serde_json::{Value, json};

/// A time so far from now, as RFC 3339.
fn in_future(duration: Duration) -> String {
    let since_epoch = (SystemTime::now() + duration)
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let (seconds, millis) = (since_epoch.as_secs(), since_epoch.subsec_millis());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // The civil date of a day number (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

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
    let mut topic = TopicReader::open(server.kafka.unwrap(), "reminders")
        .await
        .unwrap();
    let records = topic
        .until(|records| {
            records
                .iter()
                .any(|record| record.event["type"] == "reminder.triggered")
        })
        .await
        .unwrap();
    let triggered = records
        .iter()
        .filter(|record| record.event["type"] == "reminder.triggered")
        .count();
    assert_eq!(triggered, 1);
}

#[tokio::test]
async fn a_reminder_in_the_past_fires_once_and_one_of_a_finished_task_never() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let soon = in_future(Duration::from_millis(1200));
    let done = user
        .create(&json!({ "title": "Done before", "due_date": soon, "reminders": [{ "at": soon }] }))
        .await
        .unwrap();
    let cleared = user
        .create(&json!({ "title": "Cleared", "due_date": soon, "reminders": [{ "before": "1s" }] }))
        .await
        .unwrap();
    let complete = format!("/api/v1/tasks/{}/complete", done["id"].as_str().unwrap());
    user.send(Method::POST, &complete, &[], None).await.unwrap();
    let past = user
        .create(&json!({ "title": "Late", "due_date": "2020-01-01T00:00:00Z", "reminders": [{ "at": "2020-01-01T00:00:00Z" }] }))
        .await
        .unwrap();
    notification(&user, &past).await;
    // One that is due after all of the others: when it has come, the others would have.
    let last = in_future(Duration::from_millis(2500));
    let marker = user
        .create(&json!({ "title": "Marker", "due_date": last, "reminders": [{ "at": last }] }))
        .await
        .unwrap();
    notification(&user, &marker).await;
    let items = user.list("/api/v1/notifications").await.unwrap();
    let count = |task: &Value| items.iter().filter(|item| item["task_id"] == task["id"]).count();
    assert_eq!((count(&past), count(&done), count(&marker)), (1, 0, 1));
    assert!(count(&cleared) <= 1);
}

#[tokio::test]
async fn clearing_the_due_date_cancels_the_relative_reminder() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let task = user
        .create(&json!({
            "title": "Never mind", "due_date": in_future(Duration::from_secs(62)), "reminders": [{ "before": "1m" }],
        }))
        .await
        .unwrap();
    let path = format!("/api/v1/tasks/{}", task["id"].as_str().unwrap());
    let merge = [("x-content-type", "application/merge-patch+json")];
    let change = json!({ "due_date": null, "reminders": [] });
    assert!(
        user.send(Method::PATCH, &path, &merge, Some(&change))
            .await
            .unwrap()
            .status
            .is_success()
    );
    let last = in_future(Duration::from_millis(3000));
    let marker = user
        .create(&json!({ "title": "Marker", "due_date": last, "reminders": [{ "at": last }] }))
        .await
        .unwrap();
    notification(&user, &marker).await;
    assert_eq!(user.list("/api/v1/notifications").await.unwrap().len(), 1);
}
