//! The process is killed at any moment: what was acknowledged is there, once.

use std::collections::BTreeSet;
use std::time::Duration;

use end_to_end::{Server, User, eventually};
use serde_json::{Value, json};

/// Times that the process is killed.
const KILLS: u64 = 8;

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills_at_random_moments() {
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    let mut completed: BTreeSet<String> = BTreeSet::new();
    for round in 0..KILLS {
        let worker = tokio::spawn(work(user.at(&server), round));
        // Another moment of the work each time, and each time another distance from the last commit.
        let moment =
            Duration::from_micros(400_000 + (round * 7919 + u64::from(std::process::id())) % 97 * 1_700);
        tokio::time::sleep(moment).await;
        server.kill().await.unwrap();
        let done = worker.await.unwrap();
        acknowledged.extend(done.created);
        completed.extend(done.completed);
        server.restart().await.unwrap();
    }
    let user = user.at(&server);
    assert!(
        acknowledged.len() > 20,
        "too little was done between the kills: {}",
        acknowledged.len()
    );

    let tasks = user.list("/api/v1/tasks").await.unwrap();
    let present: BTreeSet<String> = tasks
        .iter()
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        acknowledged.is_subset(&present),
        "lost: {:?}",
        acknowledged.difference(&present).collect::<Vec<_>>()
    );
    for task in tasks
        .iter()
        .filter(|task| completed.contains(task["id"].as_str().unwrap()))
    {
        assert_eq!(task["status"], "completed", "{task}");
    }
    // Every task that exists, acknowledged or not, has one event of its creation in the audit history, and one only.
    let created = |entries: &[Value]| -> Vec<String> {
        let created = entries.iter().filter(|entry| entry["type"] == "task.created");
        created
            .map(|entry| entry["task_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let entries = eventually("an audit entry of every task", || async {
        let entries = user.list("/api/v1/audit").await?;
        let audited: BTreeSet<String> = created(&entries).into_iter().collect();
        Ok(present.is_subset(&audited).then_some(entries))
    })
    .await
    .unwrap();
    let created = created(&entries);
    assert_eq!(
        created.len(),
        created.iter().collect::<BTreeSet<_>>().len(),
        "an event is in the history twice"
    );
    let verified = user.get("/api/v1/audit?verify=true&limit=1").await.unwrap().body;
    assert_eq!(verified["verified"], true);

    // Each completed task of the series has exactly one successor.
    let recurring: Vec<_> = tasks.iter().filter(|task| task["is_recurring"] == true).collect();
    for task in recurring.iter().filter(|task| task["status"] == "completed") {
        let occurrence = json!(task["occurrence"].as_u64().unwrap() + 1);
        let series = task["series_id"].clone();
        user.wait_for("the next occurrence", "/api/v1/tasks", |next| {
            next["series_id"] == series && next["occurrence"] == occurrence
        })
        .await
        .unwrap();
    }
    let tasks = user.list("/api/v1/tasks").await.unwrap();
    let occurrences: Vec<_> = tasks
        .iter()
        .filter(|task| task["is_recurring"] == true)
        .map(|task| (task["series_id"].to_string(), task["occurrence"].to_string()))
        .collect();
    assert_eq!(
        occurrences.len(),
        occurrences.iter().collect::<BTreeSet<_>>().len(),
        "an occurrence is there twice"
    );
}

#[tokio::test]
async fn a_pending_reminder_survives_a_kill_and_fires_once() {
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    // Due while the process is away.
    let task = user
        .create(&json!({ "title": "Survivor", "due_date": "2020-01-01T00:00:00Z", "reminders": [{ "at": "2020-01-01T00:00:00Z" }] }))
        .await
        .unwrap();
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    let user = user.at(&server);
    user.wait_for("the notification", "/api/v1/notifications", |item| {
        item["task_id"] == task["id"]
    })
    .await
    .unwrap();
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    let user = user.at(&server);
    let marker = user
        .create(&json!({ "title": "Marker", "due_date": "2020-01-01T00:00:00Z", "reminders": [{ "at": "2020-01-01T00:00:00Z" }] }))
        .await
        .unwrap();
    user.wait_for("the second notification", "/api/v1/notifications", |item| {
        item["task_id"] == marker["id"]
    })
    .await
    .unwrap();
    assert_eq!(user.list("/api/v1/notifications").await.unwrap().len(), 2);
}

#[derive(Debug, Default)]
struct Done {
    created: Vec<String>,
    completed: Vec<String>,
}

/// Creates and completes until the server is gone.
async fn work(user: User, round: u64) -> Done {
    let mut done = Done::default();
    for n in 0.. {
        let mut body = json!({ "title": format!("Round {round}, task {n}") });
        if n % 4 == 0 {
            body["due_date"] = json!("2030-06-01");
            body["recurrence_rule"] = json!("daily");
        }
        let Ok(task) = user.create(&body).await else { break };
        let id = task["id"].as_str().unwrap().to_owned();
        done.created.push(id.clone());
        let path = format!("/api/v1/tasks/{id}/complete");
        match user.send(reqwest::Method::POST, &path, &[], None).await {
            Ok(answer) if answer.status.is_success() => done.completed.push(id),
            Ok(answer) => panic!("completing answered {}: {}", answer.status, answer.body),
            Err(_gone) => break,
        }
    }
    done
}
