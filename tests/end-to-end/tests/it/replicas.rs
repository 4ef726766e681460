//! Two processes side by side on one Postgres: what happens at one is seen at the other.

use std::sync::Arc;

use end_to_end::{EventStream, Server, ServerOptions, User};
use serde_json::json;
use servers::Postgres;

use crate::postgres::{database, on};

/// The sequence numbers and the titles of the next so many changes of tasks.
async fn read(stream: &mut EventStream, count: usize) -> Vec<(u64, String)> {
    let mut read = Vec::new();
    for _one in 0..count {
        let event = stream.next("task.sync").await.unwrap();
        let title = event.data["data"]["task"]["title"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        read.push((event.id.unwrap().parse().unwrap(), title));
    }
    read
}

fn numbered(from: u64, titles: &[String]) -> Vec<(u64, String)> {
    (from..).zip(titles.iter().cloned()).collect()
}

/// The server goes when nobody has it any more.
async fn pair() -> Option<(Arc<Postgres>, Server, Server)> {
    let (postgres, url) = database()?;
    let first = Server::start_with(on(&postgres, &url, &[])).await.unwrap();
    let broker = first.kafka.unwrap().to_string();
    let second: ServerOptions = on(&postgres, &url, &[("kafka_bootstrap_servers", &broker)]);
    let second = Server::start_with(second).await.unwrap();
    Some((postgres, first, second))
}

#[tokio::test]
async fn a_change_at_one_process_arrives_at_the_other_once_in_order_and_survives_its_end() {
    let Some((_postgres, first, mut second)) = pair().await else {
        return;
    };
    let user = User::sign_up(&first).await.unwrap();
    let other = user.at(&second);
    let mut here = user.updates(None).await.unwrap();
    let mut there = other.updates(None).await.unwrap();
    let mut titles = Vec::new();
    for number in 0..20 {
        let title = format!("Task {number}");
        // In turn at one and at the other.
        let at = if number % 2 == 0 { &user } else { &other };
        at.create(&json!({ "title": title })).await.unwrap();
        titles.push(title);
    }
    let seen = read(&mut there, titles.len()).await;
    assert_eq!(seen, numbered(seen[0].0, &titles));
    assert_eq!(read(&mut here, titles.len()).await, seen);

    let (last, _title) = seen.last().unwrap();
    second.kill().await.unwrap();
    there.next("task.sync").await.unwrap_err();
    let mut missed = Vec::new();
    for number in 0..10 {
        let title = format!("Missed {number}");
        user.create(&json!({ "title": title })).await.unwrap();
        missed.push(title);
    }
    let mut resumed = user.updates(Some(&last.to_string())).await.unwrap();
    assert_eq!(
        read(&mut resumed, missed.len()).await,
        numbered(last + 1, &missed)
    );
    // And what comes now, no earlier one again.
    let task = user.create(&json!({ "title": "Now" })).await.unwrap();
    assert_eq!(
        read(&mut resumed, 1).await,
        [(last + 11, task["title"].as_str().unwrap().to_owned())]
    );
    assert_eq!(read(&mut here, 11).await.last().unwrap().0, last + 11);
}

#[tokio::test]
async fn what_one_process_has_given_or_taken_the_other_knows() {
    let Some((_postgres, first, second)) = pair().await else {
        return;
    };
    let user = User::sign_up(&first).await.unwrap();
    let other = user.at(&second);
    // A page that begins here goes on there.
    for number in 0..5 {
        user.create(&json!({ "title": format!("Task {number}") }))
            .await
            .unwrap();
    }
    let page = user.get("/api/v1/tasks?limit=2").await.unwrap();
    let cursor = page.body["next_cursor"].as_str().unwrap();
    let page = other
        .get(&format!("/api/v1/tasks?limit=2&cursor={cursor}"))
        .await
        .unwrap();
    assert_eq!(
        (page.status.as_u16(), page.body["items"].as_array().unwrap().len()),
        (200, 2)
    );
    // One key, one effect.
    let key = [("idempotency-key", "once")];
    let body = json!({ "title": "Once" });
    let send = |user: User| {
        let body = body.clone();
        async move {
            user.send(reqwest::Method::POST, "/api/v1/tasks", &key, Some(&body))
                .await
                .unwrap()
        }
    };
    let (mine, theirs) = (send(user.clone()).await, send(other.clone()).await);
    assert_eq!(
        (mine.status.as_u16(), &mine.body["id"]),
        (201, &theirs.body["id"])
    );
    // A refresh token is used once, whoever is asked.
    let refresh = json!({ "refresh_token": user.refresh_token });
    let fresh = other.post("/api/v1/auth/refresh", &refresh).await.unwrap();
    assert_eq!(fresh.status, 200, "{:?}", fresh.body);
    let again = user.post("/api/v1/auth/refresh", &refresh).await.unwrap();
    assert_eq!(again.status, 401, "{:?}", again.body);
}
