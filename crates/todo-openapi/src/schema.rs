//! How schemas are written: JSON Schema 2020-12, the dialect of OpenAPI 3.1.

use serde_json::{Map, Value, json};

/// A day, or a time with an offset, as `todo_domain::due` reads it.
const DUE_PATTERN: &str = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$";

/// A time with an offset.
const TIME_PATTERN: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$";

/// What the schema of this name says.
pub(crate) fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The same, said of its use here.
pub(crate) fn about(mut schema: Value, description: &str) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), description.into());
    }
    schema
}

/// The same, with an example.
pub(crate) fn like(mut schema: Value, example: impl Into<Value>) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("examples".to_owned(), json!([example.into()]));
    }
    schema
}

/// The same, with what it is where nothing is said.
pub(crate) fn or(mut schema: Value, default: impl Into<Value>) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("default".to_owned(), default.into());
    }
    schema
}

/// Text of so many characters.
pub(crate) fn text(shortest: usize, longest: usize) -> Value {
    json!({ "type": "string", "minLength": shortest, "maxLength": longest })
}

/// Any text.
pub(crate) fn any_text() -> Value {
    json!({ "type": "string" })
}

/// A whole number that is not less than this.
pub(crate) fn count(least: u64) -> Value {
    json!({ "type": "integer", "minimum": least })
}

pub(crate) fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// One of these names.
pub(crate) fn one_of<T: Into<Value>>(names: impl IntoIterator<Item = T>) -> Value {
    let names: Vec<Value> = names.into_iter().map(Into::into).collect();
    json!({ "type": "string", "enum": names })
}

/// An instant, as the API writes it.
pub(crate) fn time() -> Value {
    json!({ "type": "string", "format": "date-time", "examples": ["2026-03-01T09:00:00.000Z"] })
}

/// An id that the server gave.
pub(crate) fn id() -> Value {
    json!({ "type": "string", "examples": ["0199c2a4-7c1e-7b3a-9a55-0c1d2e3f4a5b"] })
}

pub(crate) fn due() -> Value {
    json!({
        "type": "string", "format": "due", "pattern": DUE_PATTERN,
        "description": "a time, or a day without one", "examples": ["2026-03-01T09:00:00Z", "2026-03-01"],
    })
}

/// The same in a query, where what is empty is not there.
pub(crate) fn due_or_nothing() -> Value {
    or_nothing(due(), DUE_PATTERN)
}

/// A time in a query, where what is empty is not there.
pub(crate) fn time_or_nothing() -> Value {
    or_nothing(like(any_text(), "2026-03-01T09:00:00Z"), TIME_PATTERN)
}

fn or_nothing(mut schema: Value, pattern: &str) -> Value {
    let pattern = pattern.trim_matches(['^', '$']);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("pattern".to_owned(), format!("^({pattern})?$").into());
    }
    schema
}

pub(crate) fn zone() -> Value {
    json!({
        "type": "string", "format": "iana-timezone", "description": "a time zone by its IANA name",
        "examples": ["Europe/Berlin"],
    })
}

pub(crate) fn rule() -> Value {
    json!({
        "type": "string", "format": "recurrence-rule", "examples": ["monthly", "FREQ=WEEKLY;BYDAY=MO,TH"],
    })
}

pub(crate) fn time_of_day() -> Value {
    json!({
        "type": "string", "format": "time-of-day", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["07:30"],
    })
}

pub(crate) fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// At most so many.
pub(crate) fn list_up_to(items: Value, most: usize) -> Value {
    json!({ "type": "array", "items": items, "maxItems": most })
}

/// The same, or null.
pub(crate) fn nullable(schema: Value) -> Value {
    let Value::Object(mut object) = schema else {
        return schema;
    };
    if !object.contains_key("type") || object.contains_key("properties") {
        return json!({ "anyOf": [Value::Object(object), { "type": "null" }] });
    }
    if let Some(kind) = object.remove("type") {
        object.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some(Value::Array(names)) = object.get_mut("enum") {
        names.push(Value::Null);
    }
    Value::Object(object)
}

/// An object with these members, of which those whose names end in `?` may be missing.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, schema) in members {
        match name.strip_suffix('?') {
            Some(name) => properties.insert(name.to_owned(), schema),
            None => {
                required.push(name.to_owned());
                properties.insert(name.to_owned(), schema)
            }
        };
    }
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty()
        && let Some(object) = object.as_object_mut()
    {
        object.insert("required".to_owned(), required.into());
    }
    object
}

/// An object of a request: other members than these are mistakes.
pub(crate) fn body<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut object = object(members);
    if let Some(object) = object.as_object_mut() {
        object.insert("additionalProperties".to_owned(), false.into());
    }
    object
}

/// A page of a list.
pub(crate) fn page(items: &str) -> Value {
    object([
        ("items", list(named(items))),
        (
            "next_cursor",
            about(
                nullable(any_text()),
                "what `cursor` must be for the next page; null on the last",
            ),
        ),
        ("has_more", about(boolean(), "whether there is a next page")),
        (
            "total?",
            about(
                count(0),
                "how many there are on all pages, where `count=true` asked",
            ),
        ),
    ])
}
