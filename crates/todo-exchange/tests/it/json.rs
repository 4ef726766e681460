//! The application's own format.

use serde_json::{Value, json};
use todo_exchange::{Format, MISTAKES_LIMIT, Source, TASKS_LIMIT, read};

use super::sample::{context, expected, full, mistakes, task, write};

#[test]
fn a_file_is_json_with_a_task_a_line() {
    let text = write(Format::Json, &[full(), task(&json!({"title": "b"}))]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&value["format"], &value["version"]),
        (&json!("todo-chatbot"), &json!(1))
    );
    assert_eq!(value["tasks"][0]["series_anchor"]["occurrence"], 1);
    assert_eq!(value["tasks"][1].get("series_anchor"), None);
    assert_eq!(text.lines().count(), 4);
    assert_eq!(
        write(Format::Json, &[]),
        "{\"format\":\"todo-chatbot\",\"version\":1,\"tasks\":[\n]}\n"
    );
    let read = read(Source::Json, text.as_bytes(), &context()).unwrap();
    assert_eq!((read[0].line, read[1].line), (2, 3));
    assert_eq!(
        todo_exchange::ImportedTask {
            line: 0,
            ..read[0].clone()
        },
        expected(&full())
    );
}

#[test]
fn a_bare_list_of_tasks_is_read_too() {
    let read = read(
        Source::Json,
        b"\xef\xbb\xbf[{\"title\": \"a\"},\n{\"title\": \"b\"}]",
        &context(),
    )
    .unwrap();
    let titles: Vec<_> = read
        .iter()
        .map(|task| (task.line, task.draft.title.as_str()))
        .collect();
    assert_eq!(titles, [(1, "a"), (2, "b")]);
    assert_eq!(read[0].uid, None);
}

#[test]
fn mistakes_are_named_by_line_and_field() {
    let text = "[\n{\"title\": \"\"},\n\n{\"title\": \"a\", \"tags\": [\"b\", 1], \"color\": 1},\n7,\n{\"title\": \"a\", \"id\": \"\"}]";
    assert_eq!(
        mistakes(Source::Json, text),
        [
            "2: title: must not be empty",
            "4: color: is not a field of a task",
            "4: tags[1]: must be a string",
            "5: tasks: must be JSON objects",
            "6: id: must have 1 to 500 characters, none of them a control character",
        ]
    );
    for (text, message) in [
        ("", "1: : is not such a file"),
        ("{\n\"tasks\":", "2: : is not such a file"),
        ("{}", "1: format: must be `todo-chatbot`"),
        (
            "{\"format\":\"todo-chatbot\",\"version\":2,\"tasks\":[]}",
            "1: version: must be 1",
        ),
        (
            "{\"format\":\"todo-chatbot\",\"version\":1}",
            "1: tasks: is required",
        ),
    ] {
        let found = mistakes(Source::Json, text);
        assert!(found.len() == 1 && found[0].starts_with(message), "{found:?}");
    }
}

#[test]
fn a_series_cannot_be_counted_for_ever() {
    let text = |occurrence: &str, anchor: &str| {
        format!(
            "[{{\"title\": \"a\", \"recurrence_rule\": \"daily\", \"series_id\": \"s\", \"occurrence\": {occurrence}, \"series_anchor\": {anchor}}}]"
        )
    };
    let anchor = "{\"due\": \"2026-03-01\", \"occurrence\": 1}";
    assert!(
        read(Source::Json, text("4", anchor).as_bytes(), &context()).unwrap()[0]
            .series
            .is_some()
    );
    assert!(
        read(Source::Json, text("4", "null").as_bytes(), &context()).unwrap()[0]
            .series
            .is_none()
    );
    for (occurrence, anchor, field) in [
        ("4294967295", anchor, "occurrence"),
        ("0", anchor, "occurrence"),
        ("\"x\"", anchor, "occurrence"),
        (
            "2",
            "{\"due\": \"2026-03-01\", \"occurrence\": 3}",
            "series_anchor",
        ),
        ("2", "7", "series_anchor"),
    ] {
        let found = mistakes(Source::Json, &text(occurrence, anchor));
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("1: {field}")),
            "{found:?}"
        );
    }
}

#[test]
fn a_file_and_its_report_are_bounded() {
    let many = |task: &str, count: usize| format!("[{}]", vec![task; count].join(",\n"));
    let report = read(Source::Json, many("{}", 5_000).as_bytes(), &context()).unwrap_err();
    assert_eq!(
        (report.mistakes.len(), report.is_complete),
        (MISTAKES_LIMIT, false)
    );
    assert_eq!(report.to_string(), "the file has at least 100 mistakes");
    let good = "{\"title\":\"a\"}";
    assert_eq!(
        read(Source::Json, many(good, TASKS_LIMIT).as_bytes(), &context())
            .unwrap()
            .len(),
        TASKS_LIMIT
    );
    let found = mistakes(Source::Json, &many(good, TASKS_LIMIT + 1));
    assert_eq!(found, ["2001: : a file has at most 2000 tasks; divide it"]);
    let reminders: Vec<Value> = (1..=20)
        .map(|minutes| json!({"before": format!("{minutes}m")}))
        .collect();
    let reminding = json!({"title": "a", "due_date": "2026-03-05", "reminders": reminders}).to_string();
    let found = mistakes(Source::Json, &many(&reminding, 251));
    assert_eq!(found, ["251: : a file has at most 5000 reminders; divide it"]);
}
