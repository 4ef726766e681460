//! Searches: what they find, in which order, and that no text breaks them.

use futures::executor::block_on;
use serde_json::json;
use todo_domain::query::TaskQuery;
use todo_domain::time::Timestamp;
use todo_service::database::testing::TestDatabase;
use todo_service::database::{Connection as _, Database as _};
use todo_service::migrate::{Schema, migrate};

use super::lists::all_pages;
use super::service::Service;
use crate::store::migrations::SCHEMA;
use crate::store::task_list;

#[test]
fn a_search_lists_the_best_hits_first_on_all_of_its_pages() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for number in 0..9 {
        let long = "much ado about something else ".repeat(number * 10);
        ann.create(&json!({"title": format!("a{number}"), "description": format!("report report {long}")}));
    }
    ann.create(&json!({"title": "tagged", "tags": ["Report"], "description": "x ".repeat(2_000)}));
    ann.create(&json!({"title": "The quarterly report", "description": "y ".repeat(2_000)}));
    service
        .sign_up("bob@example.com")
        .create(&json!({"title": "report report report"}));
    let best = ann.titles("search=rep&limit=2");
    assert_eq!(best, ["The quarterly report", "tagged"]);
    assert_eq!(ann.titles("search=rep&limit=2&sort=relevance"), best);
    let mut numbers = all_pages(&ann, "search=report");
    assert_eq!(numbers[..2], ["11", "10"]);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 11);
    // What is changed is found as it is now, and what is deleted is not found.
    ann.patch("/api/v1/tasks/11", &json!({"title": "Done with"}))
        .expect(200);
    ann.send("DELETE", "/api/v1/tasks/10", &[], "").expect(204);
    let found = ann.get("/api/v1/tasks?search=report&count=true").expect(200).body;
    assert_eq!(found["total"], 9);
    assert_eq!(ann.titles("search=done"), ["Done with"]);
    ann.get("/api/v1/tasks?sort=relevance")
        .problem(422, "validation_failed");
    let cursor = ann.get("/api/v1/tasks?search=report&limit=1").expect(200).body["next_cursor"].clone();
    ann.get(&format!(
        "/api/v1/tasks?search=other&cursor={}",
        cursor.as_str().unwrap()
    ))
    .problem(400, "invalid_cursor");
}

#[test]
fn no_search_is_an_error_of_the_database() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let strange = "NEAR(a b) \u{130}stanbul ÇA \u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947} \u{fdfa} \u{1f468}\u{200d}\u{1f469}";
    ann.create(&json!({"title": strange, "description": "\\ ' \" : & | ! <-> ( ) * § NULL\n", "tags": ["a:b*", "'"]}));
    let long = "(a".repeat(100);
    let words = (0..66)
        .map(|number| format!("{number:02}"))
        .collect::<Vec<_>>()
        .join(" ");
    for search in [
        "\"",
        "'",
        "''",
        "*",
        "a*",
        "\"a",
        "NEAR(a b)",
        "AND",
        "a AND",
        "NOT a",
        "a OR",
        "title:a",
        "{title} : a",
        "^a",
        "-a",
        "a + b",
        "a:*",
        "a & b | !c",
        "a <-> b",
        "\\",
        "\\'",
        "§",
        "=",
        "owner",
        "%_",
        "(",
        ")))",
        strange,
        &long,
        &words,
        "\u{1f468}",
        "\u{fffd}",
    ] {
        let query: String = form_urlencoded::byte_serialize(search.as_bytes()).collect();
        for target in [
            format!("search={query}&count=true"),
            format!("search={query}&sort=title"),
        ] {
            ann.get(&format!("/api/v1/tasks?{target}")).expect(200);
        }
        ann.say(&format!("search for {search}"));
    }
    for found in [
        "NEAR(a",
        "istanbul",
        "ca",
        "\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}",
        "\u{1f469}",
        "a:b",
        "null",
    ] {
        let query: String = form_urlencoded::byte_serialize(found.as_bytes()).collect();
        assert_eq!(ann.titles(&format!("search={query}")), [strange], "{found}");
    }
    let too_long = "x".repeat(4_000);
    for refused in ["a%00b", "%1b", too_long.as_str()] {
        ann.get(&format!("/api/v1/tasks?search={refused}"))
            .problem(422, "validation_failed");
    }
}

#[test]
fn a_search_walks_through_the_words_of_one_user_by_an_index() {
    let service = Service::new();
    let plan = service.rows(
        "EXPLAIN QUERY PLAN SELECT document FROM chat_task_words CROSS JOIN chat_search ON chat_search.seq = chat_task_words.rowid
            CROSS JOIN chat_tasks ON chat_tasks.id = chat_search.task_id
            WHERE chat_tasks.user_id = 'u' AND chat_task_words MATCH 'owner : \"u\" AND {title} : (\"a\" *)'",
    );
    let plan: Vec<&str> = plan.iter().map(|row| row.text(3).unwrap()).collect();
    assert!(
        plan[0].contains("chat_task_words VIRTUAL TABLE INDEX"),
        "{plan:?}"
    );
    assert!(
        plan[1..].iter().all(|step| step.starts_with("SEARCH")),
        "{plan:?}"
    );
}

#[test]
fn tasks_from_before_words_were_kept_are_found_after_the_upgrade() {
    let database = TestDatabase::new().unwrap();
    let before = Schema {
        migrations: &SCHEMA.migrations[..2],
        ..SCHEMA
    };
    let connection = block_on(database.connect()).unwrap();
    block_on(migrate(&connection, &before)).unwrap();
    for number in 1..=450 {
        let id = format!("01900000-0000-7000-8000-{number:012}");
        let document = json!({
            "id": id, "number": number, "title": format!("Äpfel {number}"), "description": null, "status": "pending", "priority": "low",
            "tags": [], "due_date": null, "timezone": null, "reminders": [], "recurrence_rule": null, "is_recurring": false,
            "series_id": null, "occurrence": null, "created_at": "2026-03-02T09:00:00.000Z",
            "updated_at": "2026-03-02T09:00:00.000Z", "completed_at": null, "version": 1,
        });
        let statement = "INSERT INTO chat_tasks (id, user_id, number, document, status, priority, title_key, words, is_floating,
            is_recurring, created_at, updated_at) VALUES (?, 'ann', ?, ?, 'pending', 0, '', '', 0, 0, 0, 0)";
        let parameters = [id.into(), i64::from(number).into(), document.to_string().into()];
        block_on(connection.execute(statement, &parameters)).unwrap();
    }
    let service = Service::on(database, &[]);
    let now = Timestamp::from_millis(service.world.now.get()).unwrap();
    for (search, count) in [("apfel", 450), ("apfel 45", 2), ("pfel", 0)] {
        let query = TaskQuery::parse([("search", search)]).unwrap();
        let found = block_on(task_list::count(&connection, "ann", &query, now)).unwrap();
        assert_eq!(found, count, "{search}");
        assert_eq!(block_on(task_list::count(&connection, "bob", &query, now)), Ok(0));
    }
}
