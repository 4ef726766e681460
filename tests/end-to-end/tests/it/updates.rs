//! Live updates: what changes elsewhere arrives, only one's own, and nothing is missed over a break.

use end_to_end::{Server, User};
use serde_json::json;

#[tokio::test]
async fn a_change_elsewhere_arrives_and_a_strangers_does_not() {
    let server = Server::start().await.unwrap();
    let (user, stranger) = (
        User::sign_up(&server).await.unwrap(),
        User::sign_up(&server).await.unwrap(),
    );
    let mut updates = user.updates(None).await.unwrap();
    stranger.create(&json!({ "title": "Not for you" })).await.unwrap();
    let task = user.create(&json!({ "title": "For you" })).await.unwrap();
    let event = updates.next("task.sync").await.unwrap();
    assert!(
        event.data.to_string().contains(task["id"].as_str().unwrap()),
        "{event:?}"
    );
    assert!(!event.data.to_string().contains("Not for you"));
}

#[tokio::test]
async fn a_broken_stream_resumes_where_it_was() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let mut updates = user.updates(None).await.unwrap();
    user.create(&json!({ "title": "Seen" })).await.unwrap();
    let last = updates.next("task.sync").await.unwrap().id.unwrap();
    drop(updates);
    let mut missed = Vec::new();
    for n in 0..5 {
        missed.push(
            user.create(&json!({ "title": format!("Missed {n}") }))
                .await
                .unwrap(),
        );
    }
    let mut updates = user.updates(Some(&last)).await.unwrap();
    let mut previous: u64 = last.parse().unwrap();
    for task in missed {
        let event = updates.next("task.sync").await.unwrap();
        assert!(
            event.data.to_string().contains(task["id"].as_str().unwrap()),
            "{event:?} is not about {task}"
        );
        let id = event.id.unwrap().parse().unwrap();
        assert!(id > previous, "sequence numbers grow");
        previous = id;
    }
}
