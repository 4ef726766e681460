//! Lists by tags that nearly all tasks have, and by tags that few have: the database is asked in two ways, and answers the same.

use serde_json::json;

use super::service::Service;

const TASKS: usize = 1_200;

#[test]
fn tags_of_many_tasks_and_of_few_are_found_alike() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    // Every task but each seventh is at home, each hundredth is rare, and one is both alone and at home.
    let tags_of = |index: usize| {
        let tags = [
            ("home", !index.is_multiple_of(7)),
            ("rare", index.is_multiple_of(100)),
            ("single", index == 500),
        ];
        tags.into_iter()
            .filter(|(_tag, has)| *has)
            .map(|(tag, _has)| tag)
            .collect::<Vec<_>>()
    };
    let tasks: Vec<_> = (0..TASKS)
        .map(|index| json!({"title": format!("task {index}"), "tags": tags_of(index)}))
        .collect();
    ann.send(
        "POST",
        "/api/v1/import",
        &[("content-type", "application/json")],
        &json!(tasks).to_string(),
    )
    .expect(200);
    for (query, has) in [
        (
            "tags=home",
            &(|tags: &[&str]| tags.contains(&"home")) as &dyn Fn(&[&str]) -> bool,
        ),
        ("tags=rare", &|tags| tags.contains(&"rare")),
        ("tags=home,rare&tag_mode=any", &|tags| !tags.is_empty()),
        ("tags=home,rare&tag_mode=all", &|tags| {
            tags.contains(&"home") && tags.contains(&"rare")
        }),
        ("tags=home,rare,single&tag_mode=all", &|tags| tags.len() == 3),
        ("tags=home&tag_mode=none", &|tags| !tags.contains(&"home")),
        ("tags=rare&tag_mode=none", &|tags| !tags.contains(&"rare")),
        ("tags=nothing", &|_tags| false),
        ("tags=nothing&tag_mode=none", &|_tags| true),
    ] {
        let expected: Vec<usize> = (0..TASKS).filter(|index| has(&tags_of(*index))).collect();
        let list = ann.get(&format!(
            "/api/v1/tasks?{query}&count=true&sort=created_at&limit=100"
        ));
        let list = list.expect(200).body;
        assert_eq!(list["total"], expected.len(), "{query}");
        let titles = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|task| task["title"].clone());
        let expected = expected
            .iter()
            .take(100)
            .map(|index| json!(format!("task {index}")));
        assert!(titles.eq(expected), "{query}");
    }
}
