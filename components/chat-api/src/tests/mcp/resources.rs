//! Tasks as resources.

use serde_json::{Value, json};

use super::Client;
use crate::tests::service::Service;

#[test]
fn a_task_is_read_as_the_api_shows_it() {
    let ann = Service::new().sign_up("ann@example.com");
    let task = ann.create(&json!({"title": "Pay rent", "priority": "urgent"}));
    let client = Client::of(&ann);
    let list = client.ask("resources/list", &json!({}));
    let resource = &list["resources"][0];
    assert_eq!(
        (
            &resource["uri"],
            &resource["title"],
            &resource["annotations"]["priority"]
        ),
        (&json!("task://1"), &json!("Pay rent"), &json!(1.0))
    );
    assert!(list.get("nextCursor").is_none());
    let contents = client.ask("resources/read", &json!({"uri": "task://1"}))["contents"].clone();
    assert_eq!(
        (&contents[0]["uri"], &contents[0]["mimeType"]),
        (&json!("task://1"), &json!("application/json"))
    );
    let read: Value = serde_json::from_str(contents[0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(read, task);
    let templates = client.ask("resources/templates/list", &json!({}));
    assert_eq!(
        templates["resourceTemplates"][0]["uriTemplate"],
        "task://{number}"
    );
}

#[test]
fn what_is_not_there_or_not_ones_own_is_the_same() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let id = ann.create(&json!({"title": "Private matter"}))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let client = Client::of(&bob);
    for uri in [
        "task://1",
        "task://2",
        "task://",
        "task://0",
        "task://1/",
        "task://-1",
        &format!("task://{id}"),
        "file:///etc/passwd",
        "1",
    ] {
        assert_eq!(
            client.fail("resources/read", &json!({"uri": uri})).0,
            -32002,
            "{uri}"
        );
    }
    assert_eq!(client.fail("resources/read", &json!({})).0, -32602);
    assert_eq!(client.ask("resources/list", &json!({}))["resources"], json!([]));
}

#[test]
fn pages_follow_a_cursor_that_is_ones_own() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    for number in 1..=120 {
        ann.create(&json!({"title": format!("Task {number}")}));
    }
    let client = Client::of(&ann);
    let (mut seen, mut params) = (Vec::new(), json!({}));
    let mut foreign = Value::Null;
    loop {
        let page = client.ask("resources/list", &params);
        seen.extend(
            page["resources"]
                .as_array()
                .unwrap()
                .iter()
                .map(|resource| resource["name"].clone()),
        );
        match page.get("nextCursor") {
            Some(cursor) => {
                foreign = cursor.clone();
                params = json!({ "cursor": cursor });
            }
            None => break,
        }
    }
    let expected: Vec<Value> = (1..=120)
        .rev()
        .map(|number| json!(format!("task-{number}")))
        .collect();
    assert_eq!(seen, expected);
    for cursor in [foreign, json!("x"), json!(1)] {
        assert_eq!(
            Client::of(&bob)
                .fail("resources/list", &json!({ "cursor": cursor }))
                .0,
            -32602
        );
    }
}
