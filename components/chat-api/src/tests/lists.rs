//! Lists of tasks: SQL against the same question answered in memory by the domain.

use serde_json::json;
use todo_domain::query::{TaskQuery, Viewer};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;

use super::service::{Service, User};

/// What is asked of the list, and of the domain.
const QUESTIONS: [&str; 58] = [
    "",
    "status=pending",
    "status=pending&status=completed",
    "status=all",
    "completed=false",
    "priority=high,urgent",
    "tags=home",
    "tags=HOME,b%C3%BCro&tag_mode=all",
    "tags=home,work&tag_mode=any",
    "tags=home&tag_mode=none",
    "search=apple&sort=-created_at",
    "search=100%25&sort=-created_at",
    "search=mom_&sort=-created_at",
    "search=_&sort=-created_at",
    "search=%25&sort=-created_at",
    "search=%23ho&sort=-created_at",
    "search=%23ho+apfel&sort=-created_at",
    "search=notes&sort=-created_at",
    "search='&sort=-created_at",
    "search=app&sort=title",
    "search=pple&sort=title",
    "search=app+pie&sort=title",
    "search=apple+pi&sort=title",
    "search=call-mom&sort=title",
    "search=mom-call&sort=title",
    "search=buro&sort=title",
    "search=with+notes+work&sort=due_date",
    "search=%C3%84PFEL&sort=-priority",
    "search=or+%271%27%3D%271&sort=-priority",
    "recurring=true",
    "recurring=false",
    "due=today",
    "due=week",
    "due=overdue",
    "due=none",
    "due_before=2026-03-02",
    "due_after=2026-03-02",
    "due_before=2026-03-05T00:00:00Z&due_after=2026-03-01T12:00:00Z",
    "due=today&timezone=Asia/Tokyo",
    "due=overdue&timezone=Pacific/Auckland",
    "due=overdue&timezone=America/Los_Angeles",
    "due_before=2026-03-02T12:00:00Z&timezone=Asia/Tokyo",
    "due_after=2026-03-02T18:00:00Z&timezone=America/Los_Angeles",
    "sort=created_at",
    "sort=-created_at",
    "sort=updated_at",
    "sort=title",
    "sort=-title",
    "sort=priority",
    "sort=-priority",
    "sort=due_date",
    "sort=-due_date",
    "sort=-priority,due_date",
    "sort=due_date,-title",
    "sort=-due_date,priority,-updated_at",
    "status=pending&tags=home&sort=-priority,due_date&search=a",
    "tags=nothing",
    "tags=x'%20OR%20'1'%3D'1",
];

/// Tasks with a bit of everything, one second apart.
fn fill(service: &Service, user: &User) -> Vec<Task> {
    let dues = [
        "",
        "2026-03-01",
        "2026-03-02",
        "2026-03-02T08:00:00Z",
        "2026-03-02T23:30:00Z",
        "2026-03-05",
        "2026-03-09T12:00:00Z",
    ];
    let titles = [
        "Apple pie",
        "banana 100% split",
        "Äpfel",
        "call Mom_now",
        "x' OR '1'='1",
    ];
    let tags = [
        json!([]),
        json!(["Home"]),
        json!(["home", "Büro"]),
        json!(["work"]),
    ];
    let priorities = ["low", "medium", "high", "urgent"];
    for number in 0..60_usize {
        let mut task = json!({
            "title": titles[number % 5],
            "priority": priorities[number * 7 % 4],
            "tags": tags[number % 4].clone(),
            "description": if number % 6 == 0 { "with\nnotes" } else { "" },
        });
        if number % 7 != 0 {
            task["due_date"] = dues[number % 7].into();
        }
        if number % 3 == 0 {
            task["timezone"] = "Asia/Tokyo".into();
        }
        if number % 8 == 0 {
            task["recurrence_rule"] = "weekly".into();
        }
        user.create(&task);
        let path = format!("/api/v1/tasks/{}", number + 1);
        match number % 5 {
            1 => drop(user.post(&format!("{path}/complete"), &json!({})).expect(200)),
            2 => drop(user.patch(&path, &json!({"status": "in_progress"})).expect(200)),
            4 if number % 4 == 0 => drop(user.send("DELETE", &path, &[], "").expect(204)),
            _ => {}
        }
        service.world.pass(if number % 2 == 0 { 1 } else { 0 });
    }
    let rows = service.rows("SELECT document FROM chat_tasks WHERE deleted_at IS NULL");
    rows.iter()
        .map(|row| serde_json::from_str(row.text(0).unwrap()).unwrap())
        .collect()
}

/// All pages of a list, three at a time.
pub(super) fn all_pages(user: &User, query: &str) -> Vec<String> {
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = user
            .get(&format!("/api/v1/tasks?limit=3&{query}{cursor}"))
            .expect(200)
            .body;
        let items = answer["items"].as_array().unwrap();
        numbers.extend(items.iter().map(|task| task["number"].to_string()));
        assert!(items.len() <= 3);
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return numbers,
        }
    }
}

#[test]
fn every_filter_and_order_lists_what_the_domain_says() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let tasks = fill(&service, &ann);
    service
        .sign_up("bob@example.com")
        .create(&json!({"title": "Apple of Bob", "tags": ["Home"]}));
    for query in QUESTIONS {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut question = TaskQuery::parse(pairs).unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
        question.limit = 1_000;
        question.count = true;
        let now = Timestamp::from_millis(service.world.now.get()).unwrap();
        let viewer = Viewer {
            user_id: &ann.id,
            now,
            zone: Zone::UTC,
            cursor_key: b"",
        };
        let expected = question.page(tasks.clone(), viewer).unwrap();
        let numbers: Vec<String> = expected
            .items
            .iter()
            .map(|task| task.number.to_string())
            .collect();
        assert_eq!(all_pages(&ann, query), numbers, "{query}");
        let counted = ann
            .get(&format!("/api/v1/tasks?count=true&{query}"))
            .expect(200)
            .body;
        assert_eq!(counted["total"], expected.total.unwrap(), "{query}");
    }
}

#[test]
fn hostile_tags_are_refused_or_found_by_themselves_alone() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let stored = [
        "home",
        "' OR 1=1 --",
        "%",
        // Of the length of another one, so that it would match as a pattern.
        "____",
        "<script>",
        "\"]}",
        "home\"",
    ];
    for tag in stored {
        ann.create(&json!({"title": tag, "tags": [tag]}));
    }
    let encoded = |tag: &str| form_urlencoded::byte_serialize(tag.as_bytes()).collect::<String>();
    for tag in stored {
        assert_eq!(ann.titles(&format!("tags={}", encoded(tag))), [tag]);
    }
    let counted = ann.get("/api/v1/tags").expect(200).body["items"].clone();
    assert_eq!(counted.as_array().unwrap().len(), stored.len(), "{counted}");
    for refused in ["a,b", "a\u{0}b", "", "a\nb"] {
        let body = json!({"title": "refused", "tags": [refused]});
        ann.post("/api/v1/tasks", &body).problem(422, "validation_failed");
        ann.patch("/api/v1/tasks/1", &body)
            .problem(422, "validation_failed");
    }
    // A comma separates two tags of a filter; a NUL is in no tag.
    assert_eq!(
        ann.titles("tags=home,%25&tag_mode=any&sort=created_at"),
        ["home", "%"]
    );
    ann.get("/api/v1/tasks?tags=a%00b")
        .problem(422, "validation_failed");
    assert_eq!(ann.titles("").len(), stored.len());
}

#[test]
fn hostile_filters_are_refused_or_match_nothing() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    for query in [
        "sort=title;DROP%20TABLE%20chat_tasks",
        "sort=user_id",
        "status=open",
        "priority=0",
        "limit=0",
        "limit=101",
        "filter=1=1",
        "due=never",
        "tag_mode=some",
    ] {
        ann.get(&format!("/api/v1/tasks?{query}"))
            .problem(422, "validation_failed");
    }
    for query in [
        "tags=a%27)%20OR%201%3D1%20--",
        "search=%27%20OR%201=1%20--",
        "search=%22*",
    ] {
        assert!(ann.titles(query).is_empty(), "{query}");
    }
    assert_eq!(ann.titles(""), ["a"]);
}

#[test]
fn priorities_are_sorted_by_meaning_and_empty_dates_come_last() {
    let ann = Service::new().sign_up("ann@example.com");
    for (priority, due) in [
        ("medium", ""),
        ("urgent", "2026-05-01"),
        ("low", "2026-04-01"),
        ("high", ""),
    ] {
        let mut task = json!({"title": priority, "priority": priority});
        if !due.is_empty() {
            task["due_date"] = due.into();
        }
        ann.create(&task);
    }
    assert_eq!(ann.titles("sort=-priority"), ["urgent", "high", "medium", "low"]);
    assert_eq!(
        ann.titles("sort=due_date,priority"),
        ["low", "urgent", "medium", "high"]
    );
    assert_eq!(
        ann.titles("sort=-due_date,priority"),
        ["urgent", "low", "medium", "high"]
    );
}

#[test]
fn a_cursor_belongs_to_its_user_and_its_question() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    for title in ["a", "b", "c"] {
        ann.create(&json!({ "title": title }));
        bob.create(&json!({ "title": title }));
    }
    let cursor = ann.get("/api/v1/tasks?limit=1").expect(200).body["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(ann.titles(&format!("limit=5&cursor={cursor}")), ["b", "a"]);
    assert_eq!(
        ann.at(&service.another())
            .titles(&format!("limit=5&cursor={cursor}")),
        ["b", "a"]
    );
    ann.get(&format!("/api/v1/tasks?sort=title&cursor={cursor}"))
        .problem(400, "invalid_cursor");
    ann.get(&format!("/api/v1/tasks?status=pending&cursor={cursor}"))
        .problem(400, "invalid_cursor");
    bob.get(&format!("/api/v1/tasks?cursor={cursor}"))
        .problem(400, "invalid_cursor");
    ann.get("/api/v1/tasks?cursor=made-up")
        .problem(400, "invalid_cursor");
}

#[test]
fn a_list_that_has_not_changed_is_not_sent_again() {
    let ann = Service::new().sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    let tag = ann.get("/api/v1/tasks").header("etag").to_owned();
    ann.send("GET", "/api/v1/tasks", &[("if-none-match", &tag)], "")
        .expect(304);
    ann.create(&json!({"title": "b"}));
    ann.send("GET", "/api/v1/tasks", &[("if-none-match", &tag)], "")
        .expect(200);
}

#[test]
fn the_default_list_and_the_usual_orders_use_an_index() {
    let service = Service::new();
    for order in [
        "created_at DESC, number DESC",
        "priority DESC, number DESC",
        "title_key, number",
        "updated_at DESC, number DESC",
        "(CASE WHEN due_at IS NULL THEN 1 ELSE 0 END), coalesce(due_at, 0), number",
    ] {
        let plan = service.rows(&format!(
            "EXPLAIN QUERY PLAN SELECT document FROM chat_tasks WHERE user_id = 'u' AND deleted_at IS NULL ORDER BY {order} LIMIT 21"
        ));
        let plan: Vec<&str> = plan.iter().map(|row| row.text(3).unwrap()).collect();
        assert!(
            plan.iter().all(|step| !step.contains("TEMP B-TREE")),
            "{order}: {plan:?}"
        );
    }
}

#[test]
fn stats_count_what_is_there() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let tasks = fill(&service, &ann);
    let now = Timestamp::from_millis(service.world.now.get()).unwrap();
    for zone in ["UTC", "Asia/Tokyo"] {
        let expected = todo_domain::assistant::Stats::of(&tasks, now, Zone::parse(zone).unwrap());
        assert_eq!(
            ann.get(&format!("/api/v1/stats?timezone={zone}"))
                .expect(200)
                .body,
            json!(expected)
        );
    }
    ann.get("/api/v1/stats?timezone=Mars")
        .problem(422, "validation_failed");
}
