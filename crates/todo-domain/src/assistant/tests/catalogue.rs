//! What others are told of the tools, held against what the tools accept and answer.

use serde_json::{Value, json};

use super::*;

#[test]
fn every_tool_is_told_of_once_in_order_and_with_a_user_that_may_be_left_out() {
    let all = tools();
    assert_eq!(all.iter().map(|tool| tool.name).collect::<Vec<_>>(), TOOLS);
    for definition in all {
        assert_eq!(tool(definition.name).as_ref(), Some(&definition));
        let schema = &definition.input_schema;
        assert_eq!(
            (&schema["type"], &schema["additionalProperties"]),
            (&json!("object"), &json!(false))
        );
        assert_eq!(schema["properties"]["user_id"]["type"], "string");
        let required = schema["required"].as_array().unwrap();
        assert!(!required.contains(&json!("user_id")));
        assert!(
            required
                .iter()
                .all(|name| schema["properties"].get(name.as_str().unwrap()).is_some())
        );
        let annotations = definition.annotations;
        let reads = matches!(
            definition.name,
            "list_tasks" | "search_tasks" | "get_stats" | "get_task"
        );
        assert_eq!(annotations.read_only_hint, reads, "{}", definition.name);
        assert!(!(reads && annotations.destructive_hint));
    }
    assert_eq!(tool("drop_table"), None);
    let text = serde_json::to_value(tool("delete_task").unwrap()).unwrap();
    assert_eq!(text["annotations"]["destructiveHint"], true);
    assert!(text["inputSchema"].is_object() && text["outputSchema"].is_object());
}

/// A value that the schema of an argument allows.
fn sample_of(name: &str, schema: &Value) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|names| names.first()) {
        return first.clone();
    }
    match name {
        "task_id" | "limit" => json!(3),
        "task_ids" => json!([3, 4]),
        "due_after" | "due_before" | "completed_since" => json!("2026-03-01"),
        "tags" => json!(["home"]),
        "due_date" => json!("2026-03-01"),
        "timezone" => json!("Europe/Berlin"),
        "reminders" => json!([{"at": "2026-03-01T09:00:00Z"}]),
        "recurrence_rule" => json!("weekly"),
        "remind_at" => json!("2026-03-01T09:00:00Z"),
        "before" => json!("1h"),
        "missed" => json!(true),
        "user_id" => json!(USER),
        _ => json!("some words"),
    }
}

#[test]
fn whatever_the_schemas_name_is_accepted_and_nothing_else() {
    for definition in tools() {
        let properties = definition.input_schema["properties"].as_object().unwrap();
        let mut all = json!({});
        for (name, schema) in properties {
            // The two ways to say when exclude each other, a subtask does not repeat, and only some actions take more.
            let excluded = match definition.name {
                "set_reminder" => name == "before",
                "add_task" => name == "parent_id",
                "bulk_tasks" => name == "tags" || name == "due_date",
                _ => false,
            };
            if !excluded {
                all[name] = sample_of(name, schema);
            }
        }
        let call = ToolCall::parse(definition.name, &all, USER);
        assert!(call.is_ok(), "{}: {call:?}", definition.name);
        // What a call says of itself is in the schema too.
        for name in call.unwrap().arguments(USER).as_object().unwrap().keys() {
            assert!(properties.contains_key(name), "{}: {name}", definition.name);
        }
        for required in definition.input_schema["required"].as_array().unwrap() {
            let mut without = all.clone();
            without
                .as_object_mut()
                .unwrap()
                .remove(required.as_str().unwrap());
            assert!(
                ToolCall::parse(definition.name, &without, USER).is_err(),
                "{} {required}",
                definition.name
            );
        }
        all["force"] = json!(true);
        let refused = ToolCall::parse(definition.name, &all, USER)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("`force`"), "{refused}");
    }
}

#[test]
fn results_have_the_members_that_the_schemas_promise() {
    let task = sample(2, "Pay rent");
    for (name, arguments) in [
        ("add_task", json!({"title": "a"})),
        ("complete_task", json!({"task_id": 2})),
        ("delete_task", json!({"task_id": 2})),
        ("update_task", json!({"task_id": 2, "title": "b"})),
        ("set_reminder", json!({"task_id": 2, "before": "1h"})),
        ("list_tasks", json!({})),
        ("search_tasks", json!({"query": "rent"})),
        ("get_stats", json!({})),
        ("bulk_tasks", json!({"action": "delete", "task_ids": [2]})),
        ("undo", json!({})),
        ("end_series", json!({"task_id": 2})),
    ] {
        let call = ToolCall::parse(name, &arguments, USER).unwrap();
        let outcome = match name {
            "bulk_tasks" => {
                let done = [(task.clone(), true)];
                ToolOutcome::Changes(ChangesResult::of_bulk(
                    &call,
                    &crate::bulk::BulkAction::Delete,
                    &done,
                ))
            }
            "undo" => ToolOutcome::Changes(ChangesResult::of_undo([(
                crate::events::TaskEventType::Deleted,
                task.clone(),
            )])),
            "list_tasks" | "search_tasks" => ToolOutcome::Tasks(vec![TaskLine::from(&task)]),
            "get_stats" => ToolOutcome::Stats(Stats::default()),
            _ => ToolOutcome::Task(TaskResult::new(&call, &task, true)),
        };
        let schema = tool(name).unwrap().output_schema;
        let result = outcome.structured().unwrap();
        assert_eq!(members(&result), members(&schema["properties"]), "{name}");
        if let Some(status) = schema["properties"]["status"].get("const") {
            assert_eq!(&result["status"], status, "{name}");
        }
        if let Some(line) = result["tasks"].get(0) {
            assert_eq!(
                members(line),
                members(&schema["properties"]["tasks"]["items"]["properties"])
            );
        }
    }
    assert_eq!(ToolOutcome::Failed("no".to_owned()).structured(), None);
}

fn members(object: &Value) -> Vec<&String> {
    let mut names: Vec<&String> = object.as_object().unwrap().keys().collect();
    names.sort_unstable();
    names
}

#[test]
fn the_zone_of_today_may_be_an_argument() {
    let zone = |arguments: Value| zone_argument(&arguments);
    assert_eq!(zone(json!({})), Ok(None));
    assert_eq!(
        zone(json!({"timezone": "Europe/Berlin"}))
            .unwrap()
            .unwrap()
            .name(),
        "Europe/Berlin"
    );
    assert!(zone(json!({"timezone": "Mars/Olympus"})).is_err());
    assert!(zone(json!({"timezone": 1})).is_err());
}
