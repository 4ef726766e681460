//! The process is killed at any moment: what was acknowledged is there, once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use end_to_end::{Record, Server, TopicReader, User, eventually};
use serde_json::{Value, json};

use crate::support::{in_future, past, rfc3339};

/// Times that the process is killed.
const KILLS: u64 = 8;

/// Chooses the moments of the kills: what a failed run printed, to have the same ones again.
const SEED: &str = "SIDESPIN_TEST_SEED";

/// Another moment of the work in each round, and each time another distance from the last commit.
fn moments(seed: u64) -> Vec<Duration> {
    (0..KILLS)
        .map(|round| Duration::from_micros(400_000 + (round * 7919 + seed) % 97 * 1_700))
        .collect()
}

fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(given) => given.parse().unwrap(),
        Err(_not_given) => std::process::id().into(),
    }
}

/// The ids of the tasks that have an event of this type, as often as they have one.
fn audited(entries: &[Value], kind: &str) -> Vec<String> {
    let entries = entries.iter().filter(|entry| entry["type"] == kind);
    entries
        .map(|entry| entry["task_id"].as_str().unwrap().to_owned())
        .collect()
}

/// The ids of the tasks of which `holds` is true.
fn ids(tasks: &[Value], holds: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let tasks = tasks.iter().filter(|task| holds(task));
    tasks
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn assert_unique(what: &str, items: Vec<String>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts.retain(|_item, count| *count > 1);
    assert!(counts.is_empty(), "{what} more than once: {counts:?}");
}

#[track_caller]
fn assert_none_missing(what: &str, wanted: &BTreeSet<String>, present: &BTreeSet<String>) {
    let missing: Vec<_> = wanted.difference(present).collect();
    assert!(missing.is_empty(), "{what}: {missing:?}");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills_at_random_moments() {
    let seed = seed();
    let moments = moments(seed);
    println!("killed after {moments:?} of work; {SEED}={seed} repeats it");
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let mut done = Done::default();
    for (round, moment) in moments.into_iter().enumerate() {
        let worker = tokio::spawn(work(user.at(&server), round));
        // The kill is to come in the middle of the work, wherever that is.
        tokio::time::sleep(moment).await;
        server.kill().await.unwrap();
        done.append(worker.await.unwrap());
        server.restart().await.unwrap();
    }
    let user = user.at(&server);
    let (created, reminded) = (done.created.len(), done.reminded.len());
    assert!(
        created > 20 && reminded > 4,
        "too little was done between the kills: {created} tasks, {reminded} of them with a reminder"
    );

    let tasks = tasks_with_successors(&user).await;
    let present = ids(&tasks, |_any| true);
    let completed = ids(&tasks, |task| task["status"] == "completed");
    assert_none_missing("lost tasks", &done.created, &present);
    assert_none_missing("lost completions", &done.completed, &completed);
    // Every task that exists, acknowledged or not, has one event of its creation in the history, and one only; so has
    // every completion.
    let entries = audit_of(&user, &present, &completed).await;
    assert_unique("created", audited(&entries, "task.created"));
    assert_unique("completed", audited(&entries, "task.completed"));
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    assert_unique(
        "an event is in the history",
        entries.iter().map(|entry| text(entry, "event_id")).collect(),
    );
    let verified = user.get("/api/v1/audit?verify=true&limit=1").await.unwrap().body;
    assert_eq!(verified["verified"], true);

    // What any other program reads is the same: no event of a task is missing from the topic.
    let has_all = |records: &[Record], kind: &str, ids: &BTreeSet<String>| {
        let read = records.iter().filter(|record| record.event["type"] == kind);
        ids.is_subset(&read.map(|record| record.key.clone()).collect())
    };
    let mut topic = TopicReader::open(server.kafka.unwrap(), "task-events")
        .await
        .unwrap();
    topic
        .until(|records| {
            has_all(records, "task.created", &present) && has_all(records, "task.completed", &completed)
        })
        .await
        .unwrap();

    // Each reminder came once, whichever life of the process it was due in.
    let to_remind = ids(&tasks, |task| {
        task["reminders"].as_array().is_some_and(|all| !all.is_empty())
    });
    assert_none_missing("lost reminders", &done.reminded, &to_remind);
    notified_once(&user, &to_remind).await;
}

/// All tasks, once each completed one of a series has its successor; none has two.
async fn tasks_with_successors(user: &User) -> Vec<Value> {
    let place = |task: &Value, further: u64| {
        let occurrence = task["occurrence"].as_u64().unwrap() + further;
        format!("{} {occurrence}", task["series_id"])
    };
    let tasks = eventually(
        "the next occurrence of every completed recurring task",
        || async {
            let tasks = user.list("/api/v1/tasks").await?;
            let mut recurring = tasks.iter().filter(|task| task["is_recurring"] == true);
            let places: BTreeSet<_> = recurring.clone().map(|task| place(task, 0)).collect();
            let is_complete =
                recurring.all(|task| task["status"] != "completed" || places.contains(&place(task, 1)));
            Ok(is_complete.then_some(tasks))
        },
    )
    .await
    .unwrap();
    let recurring = tasks.iter().filter(|task| task["is_recurring"] == true);
    assert_unique(
        "an occurrence is there",
        recurring.map(|task| place(task, 0)).collect(),
    );
    tasks
}

/// The history, once it has the creation of all `present` and the completion of all `completed`.
async fn audit_of(user: &User, present: &BTreeSet<String>, completed: &BTreeSet<String>) -> Vec<Value> {
    let has_all = |entries: &[Value], kind: &str, ids: &BTreeSet<String>| {
        ids.is_subset(&audited(entries, kind).into_iter().collect())
    };
    eventually("an audit entry of every creation and completion", || async {
        let entries = user.list("/api/v1/audit").await?;
        let is_complete =
            has_all(&entries, "task.created", present) && has_all(&entries, "task.completed", completed);
        Ok(is_complete.then_some(entries))
    })
    .await
    .unwrap()
}

/// Waits for one notification of each task, and then for one that was asked for after them all: nothing else came.
async fn notified_once(user: &User, tasks: &BTreeSet<String>) {
    let list = async || -> anyhow::Result<Vec<String>> {
        let items = user.list("/api/v1/notifications").await?;
        Ok(items
            .iter()
            .map(|item| item["task_id"].as_str().unwrap().to_owned())
            .collect())
    };
    eventually("a notification of every reminder", || async {
        let notified: BTreeSet<_> = list().await?.into_iter().collect();
        Ok(tasks.is_subset(&notified).then_some(()))
    })
    .await
    .unwrap();
    let now = in_future(Duration::ZERO);
    let marker = user
        .create(&json!({ "title": "Marker", "reminders": [{ "at": now }] }))
        .await
        .unwrap();
    user.wait_for("the marker", "/api/v1/notifications", |item| {
        item["task_id"] == marker["id"]
    })
    .await
    .unwrap();
    let notified = list().await.unwrap();
    assert_eq!(notified.len(), tasks.len() + 1, "{notified:?}");
    assert_unique("a notification came", notified);
}

#[tokio::test]
async fn a_pending_reminder_survives_a_kill_and_fires_once() {
    let mut server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let due = SystemTime::now() + Duration::from_secs(4);
    let remind = json!([{ "at": rfc3339(due) }]);
    let scheduled = user
        .create(&json!({ "title": "Scheduled", "reminders": remind }))
        .await
        .unwrap();
    let mut topic = TopicReader::open(server.kafka.unwrap(), "reminders")
        .await
        .unwrap();
    topic
        .until(|records| {
            records
                .iter()
                .any(|record| record.event["type"] == "reminder.scheduled")
        })
        .await
        .unwrap();
    // This one is only acknowledged: whether anybody was told of it before the kill is left to chance.
    let acknowledged = user
        .create(&json!({ "title": "Acknowledged", "reminders": remind }))
        .await
        .unwrap();
    server.kill().await.unwrap();
    assert!(SystemTime::now() < due, "the kill came too late to test anything");
    // They become due while nobody is there.
    past(due).await;
    server.restart().await.unwrap();
    let user = user.at(&server);
    let tasks: BTreeSet<_> = [scheduled, acknowledged]
        .iter()
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect();
    notified_once(&user, &tasks).await;

    server.kill().await.unwrap();
    server.restart().await.unwrap();
    let user = user.at(&server);
    let before = user.list("/api/v1/notifications").await.unwrap();
    assert_eq!(before.len(), 3, "{before:?}");
    let marker = user
        .create(&json!({ "title": "Later", "reminders": [{ "at": "2020-01-01T00:00:00Z" }] }))
        .await
        .unwrap();
    user.wait_for("the last notification", "/api/v1/notifications", |item| {
        item["task_id"] == marker["id"]
    })
    .await
    .unwrap();
    let after = user.list("/api/v1/notifications").await.unwrap();
    assert_eq!(after.len(), 4, "{after:?}");
}

/// What was acknowledged.
#[derive(Debug, Default)]
struct Done {
    created: BTreeSet<String>,
    completed: BTreeSet<String>,
    reminded: BTreeSet<String>,
}

impl Done {
    fn append(&mut self, other: Self) {
        self.created.extend(other.created);
        self.completed.extend(other.completed);
        self.reminded.extend(other.reminded);
    }
}

/// Creates and completes until the server is gone.
async fn work(user: User, round: usize) -> Done {
    let mut done = Done::default();
    for n in 0.. {
        let mut body = json!({ "title": format!("Round {round}, task {n}") });
        let is_reminded = n % 4 == 1;
        if n % 4 == 0 {
            body["due_date"] = json!("2030-06-01");
            body["recurrence_rule"] = json!("daily");
        }
        if is_reminded {
            // Due before the kill, at it, or while nobody is there.
            body["reminders"] = json!([{ "at": in_future(Duration::from_millis(300)) }]);
        }
        let Ok(answer) = user.post("/api/v1/tasks", &body).await else {
            break;
        };
        assert_eq!(answer.status, 201, "creating answered {}", answer.body);
        let id = answer.body["id"].as_str().unwrap().to_owned();
        done.created.insert(id.clone());
        if is_reminded {
            // Left open, since completing would take the reminder back.
            done.reminded.insert(id);
            continue;
        }
        let path = format!("/api/v1/tasks/{id}/complete");
        match user.send(reqwest::Method::POST, &path, &[], None).await {
            Ok(answer) if answer.status.is_success() => {
                done.completed.insert(id);
            }
            Ok(answer) => panic!("completing answered {}: {}", answer.status, answer.body),
            Err(_gone) => break,
        }
    }
    done
}
