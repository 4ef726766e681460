//! Tasks that are searched, made parts of others, changed together, and put back as the history names the change.

use end_to_end::{Server, User};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn titles(tasks: &[Value]) -> Vec<&str> {
    tasks.iter().filter_map(|task| task["title"].as_str()).collect()
}

#[tokio::test]
async fn what_was_changed_together_is_found_in_the_history_and_undone_together() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let project = json!({"title": "Move house", "description": "Ask Zoë about the van"});
    user.create(&project).await.unwrap();
    for title in ["Rent a van", "Pack boxes"] {
        user.create(&json!({"title": title, "parent_id": 1}))
            .await
            .unwrap();
    }
    let list = async |query: &str| user.list(&format!("/api/v1/tasks?{query}")).await.unwrap();
    assert_eq!(titles(&list("search=van").await), ["Rent a van", "Move house"]);
    assert_eq!(titles(&list("search=zoe+va").await), ["Move house"]);
    assert!(list("search=%22+OR+NEAR(a*").await.is_empty());
    assert_eq!(
        titles(&list("parent=1&sort=title").await),
        ["Pack boxes", "Rent a van"]
    );

    let bulk = async |body: Value| user.post("/api/v1/tasks/bulk", &body).await.unwrap();
    let refused = bulk(json!({"action": "complete", "ids": [2, 99]})).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(refused.body["errors"][0]["field"], "ids[1]");
    let done = bulk(json!({"action": "complete", "ids": [2, 3]})).await;
    assert_eq!((done.status, &done.body["count"]), (StatusCode::OK, &json!(2)));
    let parent = user.get("/api/v1/tasks/1").await.unwrap().body;
    assert_eq!(parent["subtasks"], json!({"total": 2, "completed": 2}));

    let completed = user.wait_for(
        "the completion of the boxes",
        "/api/v1/audit?type=task.completed",
        |entry| entry["data"]["title"] == "Pack boxes",
    );
    let event_id = completed.await.unwrap()["event_id"].clone();
    let undone = user
        .post("/api/v1/undo", &json!({ "event_id": event_id }))
        .await
        .unwrap();
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
    assert_eq!(
        titles(&list("status=pending&parent=1&sort=title").await),
        ["Pack boxes", "Rent a van"]
    );
    user.wait_for(
        "the undoing in the history",
        "/api/v1/audit?type=task.reopened",
        |entry| entry["data"]["title"] == "Pack boxes",
    )
    .await
    .unwrap();

    let delete = async |path: &str| user.send(Method::DELETE, path, &[], None).await.unwrap().status;
    assert_eq!(delete("/api/v1/tasks/1").await, StatusCode::NO_CONTENT);
    assert_eq!(list("deleted=true").await.len(), 3);
    assert_eq!(
        delete("/api/v1/tasks/3?permanent=true").await,
        StatusCode::NO_CONTENT
    );
    let restored = user
        .post("/api/v1/tasks/1/restore", &json!({}))
        .await
        .unwrap()
        .body;
    assert_eq!(restored["subtasks"], json!({"total": 1, "completed": 0}));
    assert_eq!(titles(&list("search=van").await), ["Rent a van", "Move house"]);
}
