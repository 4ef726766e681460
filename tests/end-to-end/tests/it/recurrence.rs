//! Recurring tasks: exactly one next occurrence, on the right day.

use end_to_end::{PATIENCE, Server, User, eventually};
use reqwest::Method;
use serde_json::{Value, json};

async fn complete(user: &User, task: &Value) {
    let path = format!("/api/v1/tasks/{}/complete", task["id"].as_str().unwrap());
    assert!(
        user.send(Method::POST, &path, &[], None)
            .await
            .unwrap()
            .status
            .is_success()
    );
}

async fn next_of(user: &User, task: &Value) -> Value {
    let occurrence = task["occurrence"].as_u64().unwrap() + 1;
    user.wait_for("the next occurrence", "/api/v1/tasks", |next| {
        next["series_id"] == task["series_id"] && next["occurrence"] == json!(occurrence)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_31st_falls_on_the_last_day_of_a_short_month_and_comes_back() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let mut task = user
        .create(&json!({
            "title": "Pay rent", "due_date": "2030-01-31T08:00:00Z", "timezone": "Europe/Berlin",
            "recurrence_rule": "monthly", "tags": ["home"], "priority": "high",
        }))
        .await
        .unwrap();
    // 09:00 in Berlin, in winter and, from 31 March, in summer.
    for due in [
        "2030-02-28T08:00:00",
        "2030-03-31T07:00:00",
        "2030-04-30T07:00:00",
    ] {
        complete(&user, &task).await;
        task = next_of(&user, &task).await;
        assert!(task["due_date"].as_str().unwrap().starts_with(due), "{task}");
        assert_eq!(
            (task["status"].as_str(), &task["tags"]),
            (Some("pending"), &json!(["home"]))
        );
    }
}

#[tokio::test]
async fn completing_twice_and_toggling_makes_one_next_occurrence() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let rule = "FREQ=DAILY;COUNT=2";
    let task = user
        .create(&json!({ "title": "Water", "due_date": "2030-05-01", "recurrence_rule": rule }))
        .await
        .unwrap();
    complete(&user, &task).await;
    complete(&user, &task).await;
    let next = next_of(&user, &task).await;
    assert_eq!(next["due_date"], "2030-05-02");
    let toggle = format!("/api/tasks/{}/complete", task["id"].as_str().unwrap());
    for _ in 0..2 {
        user.send(Method::PATCH, &toggle, &[], None).await.unwrap();
    }
    // The last event has been handled by both consumers once audit has it: then nothing more can come of the others.
    complete(&user, &next).await;
    let completions = eventually("all completions in the audit history", || async {
        let entries = user.list("/api/v1/audit?type=task.completed").await?;
        Ok((entries.len() >= 3).then_some(entries.len()))
    })
    .await
    .unwrap();
    assert!(completions >= 3);
    let marker = user
        .create(&json!({ "title": "Marker", "due_date": "2030-05-01", "recurrence_rule": "daily" }))
        .await
        .unwrap();
    complete(&user, &marker).await;
    tokio::time::timeout(PATIENCE, next_of(&user, &marker))
        .await
        .unwrap();
    let series = user.list("/api/v1/tasks").await.unwrap();
    let series: Vec<_> = series
        .iter()
        .filter(|other| other["series_id"] == task["series_id"])
        .collect();
    assert_eq!(
        series.len(),
        2,
        "COUNT=2 ends the series, and nothing is there twice"
    );
}
