//! The document by itself: what it refers to is there, its examples are examples, its names are read by the domain.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use todo_domain::bulk::BulkRequest;
use todo_domain::query::TaskQuery;

use super::*;

fn each(value: &Value, visit: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(members);
            members.values().for_each(|member| each(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        _ => {}
    }
}

#[test]
fn what_is_referred_to_is_there_and_what_is_there_is_referred_to() {
    let document = document();
    let mut used = BTreeSet::new();
    each(&document, &mut |members| {
        if let Some(Value::String(reference)) = members.get("$ref") {
            assert!(
                document.pointer(reference.trim_start_matches('#')).is_some(),
                "{reference}"
            );
            used.insert(reference.clone());
        }
    });
    for kind in ["schemas", "parameters", "headers", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(
                used.contains(&format!("#/components/{kind}/{name}")),
                "nothing uses {kind}/{name}"
            );
        }
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_known_tag() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(
                names.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{method} {path}"
            );
            assert!(
                operation["summary"].as_str().unwrap().len() > 2,
                "{method} {path}"
            );
            assert!(
                tags.contains(operation["tags"][0].as_str().unwrap()),
                "{method} {path}"
            );
            let answers = operation["responses"].as_object().unwrap();
            assert!(
                answers.keys().any(|status| status.starts_with('2')),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn the_names_that_are_described_are_those_that_are_read() {
    let document = document();
    let parameters = document["paths"]["/api/v1/tasks"]["get"]["parameters"]
        .as_array()
        .unwrap();
    for parameter in parameters {
        let Some(name) = parameter["name"].as_str() else {
            continue;
        };
        let schema = &parameter["schema"];
        let names = schema["enum"]
            .as_array()
            .or_else(|| schema["items"]["enum"].as_array());
        for value in names.into_iter().flatten() {
            let value = value.as_str().unwrap();
            let pairs = [(name, value), ("search", "rent")];
            assert!(TaskQuery::parse(pairs).is_ok(), "{name}={value}");
        }
        if names.is_some() {
            assert!(TaskQuery::parse([(name, "another")]).is_err(), "{name}");
        }
        let examples = schema["examples"].as_array();
        for example in examples.into_iter().flatten() {
            assert!(
                TaskQuery::parse([(name, example.as_str().unwrap())]).is_ok(),
                "{name}={example}"
            );
        }
    }
    for action in schemas::ACTIONS {
        let mut body = json!({ "action": action, "ids": [1] });
        match action {
            "tag" | "untag" => body["tags"] = json!(["home"]),
            "move" => body["due_date"] = Value::Null,
            _ => {}
        }
        let read = BulkRequest::parse(&body).unwrap();
        assert_eq!(read.action.as_str(), action);
    }
}

#[test]
fn examples_are_as_their_schemas_say() {
    let document = document();
    each(&document, &mut |members| {
        let examples = members.get("examples").and_then(Value::as_array);
        for example in examples.into_iter().flatten() {
            let mut schema = Value::Object(members.clone());
            schema["components"] = json!({ "schemas": document["components"]["schemas"] });
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap();
            assert!(validator.is_valid(example), "{example} in {members:?}");
        }
    });
}
