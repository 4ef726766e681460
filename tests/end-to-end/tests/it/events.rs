//! What other programs see: valid events on the topics, for any Kafka client, and the audit history made of them.

use std::collections::{BTreeMap, BTreeSet};

use end_to_end::{Server, TopicReader, User};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn every_change_is_an_event_that_any_kafka_client_can_read() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let task = user.create(&json!({ "title": "Seen by all" })).await.unwrap();
    let id = task["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/tasks/{id}");
    user.send(
        Method::PUT,
        &path,
        &[],
        Some(&json!({ "title": "Seen by everybody" })),
    )
    .await
    .unwrap();
    user.send(Method::POST, &format!("{path}/complete"), &[], None)
        .await
        .unwrap();
    user.send(Method::POST, &format!("{path}/reopen"), &[], None)
        .await
        .unwrap();
    user.send(Method::DELETE, &path, &[], None).await.unwrap();

    let mut topic = TopicReader::open(server.kafka.unwrap(), "task-events")
        .await
        .unwrap();
    let records = topic.until(|records| records.len() >= 5).await.unwrap();
    let types: Vec<_> = records
        .iter()
        .map(|record| record.event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "task.created",
            "task.updated",
            "task.completed",
            "task.reopened",
            "task.deleted"
        ]
    );
    for record in &records {
        let event = &record.event;
        assert_eq!(record.key, id);
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], "/todo/chat-api");
        assert_eq!(event["subject"], json!(id));
        assert_eq!(event["userid"], json!(user.id));
        assert_eq!(event["datacontenttype"], "application/json");
        assert!(event["time"].as_str().unwrap().ends_with('Z'));
        assert!(uuid::Uuid::parse_str(event["id"].as_str().unwrap()).is_ok());
        assert_eq!(
            event["data"]["id"],
            json!(id),
            "the whole task is in the event: {event}"
        );
    }
}

#[tokio::test]
async fn kcat_reads_the_topic_as_the_readme_says() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "For kcat" })).await.unwrap();
    let broker = server.kafka.unwrap().to_string();
    let kcat = tokio::process::Command::new("kcat")
        .args(["-b", &broker, "-t", "task-events", "-C", "-e", "-q", "-c", "1"])
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(end_to_end::PATIENCE, kcat).await.unwrap() {
        Ok(output) => {
            let event: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(event["data"]["title"], "For kcat");
        }
        // CI installs it.
        Err(error) if std::env::var_os("CI").is_some() => panic!("kcat cannot be run: {error}"),
        Err(error) => println!("skipped: kcat cannot be run: {error}"),
    }
}

#[tokio::test]
async fn audit_and_recurring_task_both_receive_every_event_and_the_chain_holds() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let mut completed = BTreeSet::new();
    for n in 0..20 {
        let task = user
            .create(&json!({
                "title": format!("Task {n}"), "due_date": "2030-05-01", "recurrence_rule": "FREQ=DAILY;COUNT=2",
            }))
            .await
            .unwrap();
        let path = format!("/api/v1/tasks/{}/complete", task["id"].as_str().unwrap());
        let answer = user.send(Method::POST, &path, &[], None).await.unwrap();
        assert_eq!(answer.status, 200);
        completed.insert(task["id"].as_str().unwrap().to_owned());
    }
    // Of each of the twenty: created and completed by the user, and the next occurrence's creation by recurring-task.
    let entries = end_to_end::eventually("sixty audit entries", || async {
        let entries = user.list("/api/v1/audit").await?;
        Ok((entries.len() >= 60).then_some(entries))
    })
    .await
    .unwrap();
    assert_eq!(entries.len(), 60);

    let tasks = user.list("/api/v1/tasks").await.unwrap();
    let mut series: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for task in &tasks {
        let occurrences = series.entry(task["series_id"].to_string()).or_default();
        occurrences.push(task["occurrence"].as_u64().unwrap());
        occurrences.sort_unstable();
    }
    assert_eq!(series.len(), 20);
    assert!(
        series.values().all(|occurrences| occurrences == &[1, 2]),
        "recurring-task made each next occurrence once: {series:?}"
    );

    let audited = |kind: &str| -> Vec<String> {
        let entries = entries.iter().filter(|entry| entry["type"] == kind);
        let mut ids: Vec<_> = entries
            .map(|entry| entry["task_id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort_unstable();
        ids
    };
    let mut ids: Vec<_> = tasks
        .iter()
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    assert_eq!(audited("task.created"), ids);
    assert_eq!(
        audited("task.completed"),
        completed.into_iter().collect::<Vec<_>>()
    );
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(entry["seq"], json!(index + 1));
        assert_eq!(
            index > 0,
            entry["prev_hash"].as_str()
                == index
                    .checked_sub(1)
                    .and_then(|before| entries[before]["hash"].as_str())
        );
    }
    let verified = user.get("/api/v1/audit?verify=true&limit=1").await.unwrap().body;
    assert_eq!(
        (verified["verified"].as_bool(), verified["entries"].as_u64()),
        (Some(true), Some(60))
    );
}
