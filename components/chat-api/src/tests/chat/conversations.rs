//! Conversations: kept, listed, found, renamed, deleted.

use serde_json::json;

use crate::tests::service::{Service, User};

#[test]
fn conversations_are_kept_and_listed() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let first = ann.say("Add a task to buy milk")["conversation_id"]
        .as_str()
        .unwrap()
        .to_owned();
    service.world.pass(1);
    let second = ann.say("hello")["conversation_id"].as_str().unwrap().to_owned();
    service.world.pass(1);
    ann.post(
        "/api/v1/chat",
        &json!({"message": "what's pending?", "conversation_id": first}),
    )
    .expect(200);
    let list = ann.get("/api/v1/conversations?count=true").expect(200).body;
    assert_eq!(
        (&list["items"][0]["id"], &list["items"][1]["id"], &list["total"]),
        (&json!(first), &json!(second), &json!(2))
    );
    assert_eq!(
        (&list["items"][0]["title"], &list["items"][0]["message_count"]),
        (&json!("Add a task to buy milk"), &json!(4))
    );
    let page = ann.get("/api/v1/conversations?limit=1").expect(200).body;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(
        ann.get(&format!("/api/v1/conversations?cursor={cursor}"))
            .expect(200)
            .body["items"][0]["id"],
        second
    );
    bob.get(&format!("/api/v1/conversations?cursor={cursor}"))
        .problem(400, "invalid_cursor");

    let messages = ann
        .get(&format!("/api/v1/conversations/{first}/messages?limit=3"))
        .expect(200)
        .body;
    let roles: Vec<&str> = messages["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(messages["items"][1]["tool_calls"][0]["tool"], "add_task");
    let cursor = messages["next_cursor"].as_str().unwrap();
    let rest = ann
        .get(&format!("/api/v1/conversations/{first}/messages?cursor={cursor}"))
        .expect(200)
        .body;
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), &rest["has_more"]),
        (1, &json!(false))
    );
}

#[test]
fn a_conversation_is_its_users_to_read_rename_and_delete() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let first = ann.say("hello")["conversation_id"].as_str().unwrap().to_owned();
    ann.say("what's pending?");
    for (method, path) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/messages")] {
        let target = format!("/api/v1/conversations/{first}{path}");
        bob.send(
            method,
            &target,
            &[("content-type", "application/json")],
            r#"{"title":"x"}"#,
        )
        .problem(404, "not_found");
    }
    bob.post(
        "/api/v1/chat",
        &json!({"message": "hi", "conversation_id": first}),
    )
    .problem(404, "not_found");
    let target = format!("/api/v1/conversations/{first}");
    assert_eq!(
        ann.patch(&target, &json!({"title": " Shopping "}))
            .expect(200)
            .body["title"],
        "Shopping"
    );
    ann.patch(&target, &json!({"title": ""}))
        .problem(422, "validation_failed");
    assert_eq!(ann.get(&target).expect(200).body["title"], "Shopping");
    ann.send("DELETE", &target, &[], "").expect(204);
    ann.get(&target).problem(404, "not_found");
    assert_eq!(service.rows("SELECT seq FROM chat_messages").len(), 2);
    ann.get("/api/v1/conversations?limit=0&colour=red")
        .problem(422, "validation_failed");
}

/// The titles of the conversations that a search finds.
fn found(user: &User, query: &str) -> Vec<String> {
    let body = user
        .get(&format!("/api/v1/conversations?{query}"))
        .expect(200)
        .body;
    let items = body["items"].as_array().unwrap().iter();
    items
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn conversations_are_found_by_their_titles_and_by_what_the_user_said() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let first = ann.say("  Add a task to visit the Café ")["conversation_id"].clone();
    service.world.pass(1);
    ann.say("what's pending?");
    service.world.pass(1);
    bob.say("add a task to visit the café");
    let more = json!({"message": "Search for 100%_Änderung", "conversation_id": first});
    ann.post("/api/v1/chat", &more).expect(200);
    let title = "Add a task to visit the Café";
    for query in ["cafe", "CAF%C3%89%20visit", "100%25_", "anderung"] {
        assert_eq!(found(&ann, &format!("search={query}")), [title], "{query}");
    }
    for query in ["caf_", "%25%25", "nothing", "cafe%20pending", "%5C"] {
        assert_eq!(found(&ann, &format!("search={query}")), [""; 0], "{query}");
    }
    assert_eq!(found(&ann, "search=").len(), 2);
    let counted = ann
        .get("/api/v1/conversations?search=a&count=true&limit=1")
        .expect(200)
        .body;
    assert_eq!(
        (&counted["total"], &counted["has_more"]),
        (&json!(2), &json!(true))
    );
    let cursor = counted["next_cursor"].as_str().unwrap();
    assert_eq!(found(&ann, &format!("search=A&limit=1&cursor={cursor}")).len(), 1);
    // A cursor goes on in its own list.
    ann.get(&format!("/api/v1/conversations?search=b&cursor={cursor}"))
        .problem(400, "invalid_cursor");
    let target = format!("/api/v1/conversations/{}", first.as_str().unwrap());
    ann.patch(&target, &json!({"title": "Ausflüge"})).expect(200);
    assert_eq!(found(&ann, "search=ausfluge"), ["Ausflüge"]);
    ann.get(&format!("/api/v1/conversations?search={}", "x".repeat(201)))
        .problem(422, "validation_failed");
    ann.get(&format!("{target}/messages?search=x"))
        .problem(422, "validation_failed");
    ann.send("DELETE", &target, &[], "").expect(204);
    assert_eq!(found(&ann, "search=ausfluge"), [""; 0]);
}
