//! What the operator gives the assistant to know.

use serde_json::{Value, json};

use super::faq::{Faq, OPERATOR};

#[test]
fn entries_are_made_changed_hidden_deleted_and_restored() {
    let faq = Faq::new();
    let made = faq.add("Zeppelin rides", "We are open from nine to five.");
    let target = format!("/admin/faq/{}", made["id"].as_str().unwrap());
    assert_eq!(
        (&made["is_active"], &made["tags"], &made["category"]),
        (&json!(true), &json!(["orders"]), &json!("shop"))
    );
    let found = |word: &str| !faq.ask(word)["sources"].as_array().unwrap().is_empty();
    assert!(found("zeppelin rides"));
    let changed = faq
        .operate(
            "PATCH",
            &target,
            &json!({ "content": "Closed on Sundays.", "category": "times" }),
        )
        .expect(200);
    assert_eq!(
        (&changed.body["title"], changed.header("etag")),
        (&json!("Zeppelin rides"), "\"2\"")
    );
    assert_eq!(faq.ask("zeppelin rides")["answer"], "Closed on Sundays.");
    // Of two who change the same, the second is told.
    let stale = [
        ("content-type", "application/json"),
        ("x-api-key", OPERATOR),
        ("if-match", "\"1\""),
    ];
    faq.0
        .send("PATCH", &target, &stale, r#"{"title": "x"}"#)
        .problem(412, "precondition_failed");
    faq.operate("PATCH", &target, &json!({ "is_active": false }))
        .expect(200);
    assert!(!found("zeppelin rides"));
    faq.operate(
        "PUT",
        &target,
        &json!({ "title": "Zeppelin rides", "content": "Again." }),
    )
    .expect(200);
    assert!(found("zeppelin rides"));
    faq.operate("DELETE", &target, &Value::Null).expect(204);
    assert!(!found("zeppelin rides"));
    for (method, body) in [
        ("GET", Value::Null),
        ("PATCH", json!({})),
        ("DELETE", Value::Null),
    ] {
        faq.operate(method, &target, &body).problem(404, "not_found");
    }
    faq.operate("POST", &format!("{target}/restore"), &Value::Null)
        .expect(200);
    assert!(found("zeppelin rides"));
    // After thirty days in the bin nothing brings it back.
    faq.operate("DELETE", &target, &Value::Null).expect(204);
    faq.0.world.pass(31 * 24 * 3600);
    faq.0.job("tidy").unwrap();
    faq.operate("POST", &format!("{target}/restore"), &Value::Null)
        .problem(404, "not_found");
}

#[test]
fn entries_are_listed_by_category_and_page() {
    let faq = Faq::new();
    for number in 0..5 {
        let category = if number < 3 { "a" } else { "b c" };
        let body = json!({ "title": format!("t{number}"), "content": "c", "category": category });
        faq.operate("POST", "/api/v1/admin/faq", &body).expect(201);
    }
    let categories = faq
        .operate("GET", "/admin/faq/categories", &Value::Null)
        .expect(200)
        .body;
    assert_eq!(
        categories,
        json!({ "items": [{ "category": "a", "count": 3 }, { "category": "b c", "count": 2 }] })
    );
    let titles = |target: &str| -> Vec<String> {
        let items = faq.operate("GET", target, &Value::Null).expect(200).body["items"].clone();
        items
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(titles("/admin/faq/category/b%20c"), ["t3", "t4"]);
    let first = faq
        .operate("GET", "/admin/faq?limit=4", &Value::Null)
        .expect(200)
        .body;
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(titles(&format!("/admin/faq?limit=4&cursor={next}")), ["t4"]);
    assert_eq!(
        faq.operate("POST", "/admin/faq/sync", &Value::Null)
            .expect(200)
            .body,
        json!({ "synced": 5 })
    );
    faq.operate("GET", "/admin/faq?limit=0", &Value::Null)
        .problem(422, "validation_failed");
    for (body, field) in [
        (json!({ "content": "c" }), "title"),
        (json!({ "title": "t" }), "content"),
        (json!({ "title": "t", "content": "x".repeat(5_001) }), "content"),
        (json!({ "title": "t", "content": "c", "tags": "x" }), "tags"),
        (
            json!({ "title": "t", "content": "c", "tags": vec!["x"; 21] }),
            "tags",
        ),
        (
            json!({ "title": "t", "content": "c", "is_active": 1 }),
            "is_active",
        ),
        (json!({ "title": "t", "content": "c", "colour": "red" }), "colour"),
    ] {
        let problem = faq
            .operate("POST", "/admin/faq", &body)
            .problem(422, "validation_failed");
        assert_eq!(problem.body["errors"][0]["field"], field);
    }
}

#[test]
fn a_repeated_request_of_the_operator_does_nothing_twice() {
    let faq = Faq::new();
    let headers = [
        ("content-type", "application/json"),
        ("x-api-key", OPERATOR),
        ("idempotency-key", "k1"),
    ];
    let body = r#"{"title": "once", "content": "c"}"#;
    let first = faq.0.send("POST", "/admin/faq", &headers, body).expect(201);
    let again = faq.0.send("POST", "/admin/faq", &headers, body).expect(201);
    assert_eq!(
        (&first.body, again.header("idempotency-replayed")),
        (&again.body, "true")
    );
    let items = faq.operate("GET", "/admin/faq", &Value::Null).body["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1);
    faq.0
        .send(
            "POST",
            "/admin/faq",
            &headers,
            r#"{"title": "other", "content": "c"}"#,
        )
        .problem(422, "idempotency_key_reused");
}

#[test]
fn documents_are_cut_found_replaced_and_removed() {
    let faq = Faq::new();
    let long = "The warranty covers batteries for two years. ".repeat(60);
    let documents = json!({ "documents": [
        { "id": "terms", "title": "Terms", "content": long },
        { "text": "# Contact\n\nWrite to the helpdesk." },
    ] });
    let made = faq.operate("POST", "/ingest", &documents).expect(201).body;
    assert_eq!((&made["ingested"], &made["ids"][0]), (&json!(2), &json!("terms")));
    assert!(made["passages"].as_i64().unwrap() >= 4, "{made}");
    assert_eq!(
        faq.ask("how do I write to the helpdesk?")["sources"][0]["title"],
        "Contact"
    );
    assert_eq!(
        faq.ask("is there a warranty on batteries?")["sources"][0]["title"],
        "Terms"
    );
    // The same id again takes its place.
    faq.operate(
        "POST",
        "/api/v1/ingest",
        &json!({ "documents": [{ "id": "terms", "title": "Terms", "content": "No guarantees." }] }),
    )
    .expect(201);
    assert_eq!(faq.ask("is there a warranty on batteries?")["sources"], json!([]));
    assert_eq!(
        faq.operate("GET", "/ingest/documents/terms", &Value::Null)
            .expect(200)
            .body["content"],
        "No guarantees."
    );
    faq.operate("DELETE", "/ingest/documents/terms", &Value::Null)
        .expect(204);
    faq.operate("DELETE", "/ingest/documents/terms", &Value::Null)
        .problem(404, "not_found");
}

#[test]
fn products_are_found_with_their_price_and_apart_from_all_else() {
    let faq = Faq::new();
    faq.add("Contact", "Write to the helpdesk.");
    let products = json!({ "products": [
        { "id": 17, "name": "Walnut desk", "description": "A solid desk.", "price": 349.5, "currency": "EUR", "in_stock": true, "tags": ["furniture"] },
        { "id": "lamp", "name": "Brass lamp", "description": "Warm light." },
    ] });
    faq.operate("POST", "/ingest/products", &products).expect(201);
    let found = faq
        .operate(
            "POST",
            "/ingest/products/search-test",
            &json!({ "query": "walnut desk" }),
        )
        .expect(200)
        .body;
    assert_eq!(
        (&found["results"][0]["id"], &found["results"][0]["title"]),
        (&json!("17"), &json!("Walnut desk"))
    );
    assert!(
        faq.ask("what does the walnut desk cost?")["answer"]
            .as_str()
            .unwrap()
            .contains("Price: 349.5 EUR")
    );
    assert_eq!(
        faq.operate(
            "POST",
            "/ingest/products/search-test",
            &json!({ "query": "contact helpdesk" })
        )
        .body["results"],
        json!([])
    );
}

#[test]
fn what_has_a_mistake_is_not_ingested_in_part() {
    let faq = Faq::new();
    for (target, body, field) in [
        ("/ingest", json!({}), "documents"),
        ("/ingest", json!({ "documents": [] }), "documents"),
        (
            "/ingest",
            json!({ "documents": vec![json!({ "text": "x" }); 101] }),
            "documents",
        ),
        (
            "/ingest",
            json!({ "documents": [{ "text": "fine" }, { "title": "t" }] }),
            "documents[1].text",
        ),
        (
            "/ingest",
            json!({ "documents": [{ "id": "a b", "text": "x" }] }),
            "documents[0].id",
        ),
        (
            "/ingest",
            json!({ "documents": [{ "id": "a", "text": "x" }, { "id": "a", "text": "y" }] }),
            "documents[1].id",
        ),
        ("/ingest", json!({ "documents": [7] }), "documents[0]"),
        (
            "/ingest/products",
            json!({ "products": [{ "price": 1 }] }),
            "products[0].name",
        ),
        (
            "/ingest/products",
            json!({ "products": [{ "name": "x", "price": {} }] }),
            "products[0].price",
        ),
        ("/ingest/products/search-test", json!({ "query": "" }), "query"),
    ] {
        let problem = faq
            .operate("POST", target, &body)
            .problem(422, "validation_failed");
        assert_eq!(problem.body["errors"][0]["field"], field, "{target}");
    }
    assert_eq!(faq.ask("fine")["sources"], json!([]));
}

#[test]
fn the_operators_lists_use_an_index() {
    let faq = Faq::new();
    let plan = |statement: &str| -> String {
        let rows = faq.0.rows(&format!("EXPLAIN QUERY PLAN {statement}"));
        rows.iter()
            .map(|row| row.text(3).unwrap().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    };
    for statement in [
        "SELECT * FROM chat_knowledge WHERE kind = 'faq' AND id > '' AND deleted_at IS NULL ORDER BY id LIMIT 5",
        "SELECT * FROM chat_knowledge WHERE kind = 'faq' AND category = 'a' AND id > '' AND deleted_at IS NULL ORDER BY id LIMIT 5",
        "SELECT * FROM chat_faq_log WHERE session_id = 's' AND seq < 9 ORDER BY seq DESC LIMIT 5",
        "SELECT * FROM chat_faq_log WHERE seq < 9 ORDER BY seq DESC LIMIT 5",
        "SELECT * FROM chat_faq_sessions WHERE (last_at, session_id) < (9, 's') ORDER BY last_at DESC, session_id DESC LIMIT 5",
        "SELECT * FROM chat_passages WHERE kind = 'faq' AND entry_id = 'x' AND position = 1",
        "DELETE FROM chat_faq_log WHERE created_at < 5",
        "DELETE FROM chat_faq_sessions WHERE last_at < 5",
        "DELETE FROM chat_knowledge WHERE deleted_at < 5",
        "SELECT seq FROM chat_vector_queue ORDER BY seq LIMIT 5",
        "SELECT intent, count(*), sum(has_fallback) FROM chat_faq_log GROUP BY intent ORDER BY intent",
    ] {
        let plan = plan(statement);
        let is_ordered =
            plan.contains("INDEX") || plan.contains("PRIMARY KEY") || plan == "SCAN chat_vector_queue";
        assert!(is_ordered && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
    }
}
