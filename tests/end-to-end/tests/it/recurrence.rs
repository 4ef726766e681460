//! Recurring tasks: exactly one next occurrence, on the right day.

use std::time::Duration;

use end_to_end::{PATIENCE, Server, User, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::in_future;
use crate::terminal::Terminal;

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

async fn post(user: &User, task: &Value, action: &str) -> Value {
    let path = format!("/api/v1/tasks/{}/{action}", task["id"].as_str().unwrap());
    let answer = user.send(Method::POST, &path, &[], None).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The tasks of a series, by their numbers in it.
async fn series(user: &User, task: &Value) -> Vec<u64> {
    let all = user.list("/api/v1/tasks").await.unwrap();
    let mut numbers: Vec<u64> = all
        .iter()
        .filter(|other| other["series_id"] == task["series_id"])
        .map(|other| other["occurrence"].as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers
}

/// Waits until `recurring-task` has handled every event.
async fn caught_up(server: &Server) {
    let terminal = Terminal::of(server);
    eventually("recurring-task to have read everything", || async {
        let lag = terminal.json("topics lag --group recurring-task").await;
        Ok((lag[0]["lag"] == 0).then_some(()))
    })
    .await
    .unwrap();
}

async fn daily(user: &User, title: &str) -> Value {
    user.create(&json!({ "title": title, "due_date": "2030-05-01", "recurrence_rule": "daily" }))
        .await
        .unwrap()
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
    // Reopening took back the one that nobody had touched, and completing again makes one again.
    let next = next_of(&user, &task).await;
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

#[tokio::test]
async fn after_completion_it_comes_so_long_after_the_day_on_which_it_was_done() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let answer = user
        .post(
            "/api/v1/tasks/quick",
            &json!({ "text": "Water plants every! 3 days" }),
        )
        .await
        .unwrap();
    let task = answer.body["task"].clone();
    assert_eq!(task["recurrence_anchor"], "completion", "{}", answer.body);
    let in_three_days = || in_future(Duration::from_secs(3 * 86_400))[..10].to_owned();
    let earliest = in_three_days();
    complete(&user, &task).await;
    let next = next_of(&user, &task).await;
    let due = next["due_date"].as_str().unwrap();
    assert!(
        (earliest.as_str()..=in_three_days().as_str()).contains(&due),
        "{next}"
    );
    assert_eq!(next["recurrence_anchor"], "completion");
}

#[tokio::test]
async fn a_skipped_occurrence_counts_and_is_told() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let task = user
        .create(
            &json!({ "title": "Water", "due_date": "2030-05-01", "recurrence_rule": "FREQ=DAILY;COUNT=3" }),
        )
        .await
        .unwrap();
    let skipped = post(&user, &task, "skip").await["task"].clone();
    assert_eq!(
        (&skipped["id"], &skipped["due_date"]),
        (&task["id"], &json!("2030-05-02"))
    );
    complete(&user, &skipped).await;
    let last = next_of(&user, &skipped).await;
    assert_eq!(last["due_date"], "2030-05-03");
    let path = format!("/api/v1/tasks/{}/skip", last["id"].as_str().unwrap());
    let refused = user.send(Method::POST, &path, &[], None).await.unwrap();
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("conflict"))
    );
    let told = eventually("the change in the audit history", || async {
        let entries = user.list("/api/v1/audit?type=task.updated").await?;
        Ok(entries.into_iter().next())
    })
    .await
    .unwrap();
    assert_eq!(told["data"]["changed"], json!(["due_date", "occurrence"]));
}

/// The events wait while nobody hears them; meanwhile some of what they tell has been taken back.
#[tokio::test]
async fn what_is_heard_late_makes_only_what_is_still_to_come() {
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    server.stop().await.unwrap();
    let without_consumers = ["web", "chat-api"].map(|id| ["--component-id".to_owned(), id.to_owned()]);
    server.restart_with(&without_consumers.concat()).await.unwrap();
    let user = user.at(&server);
    let [reopened, undone, ended, again, done] = [
        daily(&user, "reopened").await,
        daily(&user, "undone").await,
        daily(&user, "ended").await,
        daily(&user, "completed again").await,
        daily(&user, "completed").await,
    ];
    complete(&user, &reopened).await;
    post(&user, &reopened, "reopen").await;
    complete(&user, &undone).await;
    let answer = user.send(Method::POST, "/api/v1/undo", &[], None).await.unwrap();
    assert_eq!(answer.status, 200);
    complete(&user, &ended).await;
    post(&user, &ended, "end-series").await;
    complete(&user, &again).await;
    post(&user, &again, "reopen").await;
    complete(&user, &again).await;
    complete(&user, &done).await;
    server.stop().await.unwrap();
    server.restart().await.unwrap();
    let user = user.at(&server);
    next_of(&user, &done).await;
    next_of(&user, &again).await;
    caught_up(&server).await;
    for (task, expected) in [
        (&reopened, vec![1]),
        (&undone, vec![1]),
        (&ended, vec![1]),
        (&again, vec![1, 2]),
        (&done, vec![1, 2]),
    ] {
        assert_eq!(series(&user, task).await, expected, "{}", task["title"]);
    }
    assert_eq!(Terminal::of(&server).json("dlq list").await, json!([]));
}

/// Everything is delivered a second time, after reopening, completing again, skipping and ending.
#[tokio::test]
async fn what_is_heard_twice_makes_nothing_more() {
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let [again, open, ended] = [
        daily(&user, "completed again").await,
        daily(&user, "reopened and skipped").await,
        daily(&user, "ended").await,
    ];
    for task in [&again, &open, &ended] {
        complete(&user, task).await;
        next_of(&user, task).await;
    }
    let answer = post(&user, &again, "reopen").await;
    assert!(answer["removed_task_id"].is_string(), "{answer}");
    assert_eq!(series(&user, &again).await, [1]);
    complete(&user, &again).await;
    next_of(&user, &again).await;
    post(&user, &open, "reopen").await;
    post(&user, &open, "skip").await;
    let answer = post(&user, &ended, "end-series").await;
    assert_eq!(answer["next_task"]["is_recurring"], false);
    let last = next_of(&user, &ended).await;
    complete(&user, &last).await;
    caught_up(&server).await;
    let before = user.list("/api/v1/tasks").await.unwrap();
    assert_eq!(before.len(), 5, "{before:?}");

    server.stop().await.unwrap();
    let arguments = ["web", "chat-api"].map(|id| ["--component-id".to_owned(), id.to_owned()]);
    server.restart_with(&arguments.concat()).await.unwrap();
    let terminal = Terminal::of(&server);
    terminal
        .say("topics replay task-events --group recurring-task --from beginning --yes")
        .await;
    server.stop().await.unwrap();
    server.restart().await.unwrap();
    caught_up(&server).await;
    assert_eq!(user.at(&server).list("/api/v1/tasks").await.unwrap(), before);
    assert_eq!(Terminal::of(&server).json("dlq list").await, json!([]));
}
