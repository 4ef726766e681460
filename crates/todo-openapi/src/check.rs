//! Holding a service to its description: what it was asked and what it answered, one exchange at a time.
//!
//! Here the schemas of answers are closed: a member that is not described is as much a mistake as one that is missing.
//! Clients need not be so strict, so the document leaves them open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::{Service, document};

/// The headers that an answer has wherever they are described, and nowhere else.
const EXACT_HEADERS: [&str; 2] = ["ETag", "Location"];

/// A service's description, ready to be held against what it does.
#[derive(Debug)]
pub struct Contract {
    document: Value,
    routes: Vec<&'static str>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// A request and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// In upper case.
    pub method: &'a str,
    /// The path, and a query if there was one.
    pub target: &'a str,
    /// The body that was sent.
    pub sent: &'a [u8],
    /// The answer's status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub received: &'a [u8],
}

impl Contract {
    /// The description of a service.
    pub fn of(service: Service) -> Self {
        Self {
            document: document(),
            routes: crate::routes(service)
                .into_iter()
                .map(|(path, _methods)| path)
                .collect(),
            validators: Mutex::default(),
        }
    }

    /// The path of the description that stands for this one.
    pub fn path(&self, target: &str) -> Option<&'static str> {
        let path = canonical(target.split('?').next().unwrap_or_default());
        let mut found: Vec<&'static str> = self
            .routes
            .iter()
            .copied()
            .filter(|route| fits(route, &path))
            .collect();
        // A word goes before a parameter.
        found.sort_by_key(|route| route.matches('{').count());
        found.first().copied()
    }

    /// Holds an exchange against the description.
    ///
    /// # Errors
    /// What is not as described.
    pub fn check(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        let told = |what: String| {
            format!(
                "{} {} answered {}: {what}",
                exchange.method, exchange.target, exchange.status
            )
        };
        let Some(path) = self.path(exchange.target) else {
            let is_unknown = exchange.status == 404;
            return is_unknown
                .then_some(())
                .ok_or_else(|| told("the path is not described".to_owned()));
        };
        let method = match exchange.method {
            "HEAD" => "get".to_owned(),
            method => method.to_ascii_lowercase(),
        };
        let pointer = format!("/paths/{}/{method}", escaped(path));
        let Some(operation) = self.document.pointer(&pointer) else {
            let is_refused = matches!(exchange.status, 401 | 404 | 405);
            return is_refused
                .then_some(())
                .ok_or_else(|| told("the method is not described".to_owned()));
        };
        self.check_operation(operation, exchange).map_err(told)
    }

    fn check_operation(&self, operation: &Value, exchange: &Exchange<'_>) -> Result<(), String> {
        let answer = operation.pointer(&format!("/responses/{}", exchange.status));
        let answer = self.resolved(answer.ok_or("the status is not described")?);
        for name in EXACT_HEADERS {
            let is_described = answer.pointer(&format!("/headers/{name}")).is_some();
            let is_there = exchange.headers.contains_key(name);
            if is_described != is_there && exchange.status < 300 {
                return Err(format!(
                    "`{name}` is described: {is_described}, but there: {is_there}"
                ));
            }
        }
        let content = answer.get("content").and_then(Value::as_object);
        if exchange.method != "HEAD" {
            self.check_body(&answer, content, exchange)?;
        }
        // Only a good request says something of the description; what is wrong may be wrong in ways beyond it.
        let asked = operation.pointer("/requestBody/content/application~1json/schema");
        match asked {
            Some(schema) if (200..300).contains(&exchange.status) && !exchange.sent.is_empty() => {
                let Ok(mut sent) = serde_json::from_slice(exchange.sent) else {
                    return Ok(());
                };
                self.drop_ignored(schema, &mut sent);
                self.validate(schema, &sent, false)
                    .map_err(|error| format!("what was accepted is not described: {error}"))
            }
            _ => Ok(()),
        }
    }

    fn check_body(
        &self,
        answer: &Value,
        content: Option<&Map<String, Value>>,
        exchange: &Exchange<'_>,
    ) -> Result<(), String> {
        let content_type = exchange.headers.get(CONTENT_TYPE);
        let content_type = content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let Some(content) = content else {
            let is_empty = exchange.received.is_empty();
            return is_empty.then_some(()).ok_or_else(|| "it has a body".to_owned());
        };
        let described = content.get(media_type);
        let described = described.ok_or_else(|| format!("`{media_type}` is not described"))?;
        if !media_type.ends_with("json") {
            return Ok(());
        }
        let received: Value = serde_json::from_slice(exchange.received).map_err(|error| error.to_string())?;
        let schema = described.get("schema").unwrap_or(&Value::Null);
        self.validate(schema, &received, true)?;
        match answer.get("x-codes").and_then(Value::as_array) {
            Some(codes) if !codes.iter().any(|code| Some(code) == received.get("code")) => {
                Err(format!("the code is not described: {received}"))
            }
            _ => Ok(()),
        }
    }

    /// Takes out what a service lets be there and does not look at.
    fn drop_ignored(&self, schema: &Value, sent: &mut Value) {
        let ignored = self
            .resolved(schema)
            .get("x-ignored")
            .cloned()
            .unwrap_or_default();
        if let (Some(names), Some(sent)) = (ignored.as_array(), sent.as_object_mut()) {
            sent.retain(|name, _value| !names.iter().any(|ignored| ignored == name));
        }
    }

    fn resolved(&self, value: &Value) -> Value {
        let reference = value.get("$ref").and_then(Value::as_str);
        let found = reference.and_then(|reference| self.document.pointer(reference.trim_start_matches('#')));
        found.unwrap_or(value).clone()
    }

    fn validate(&self, schema: &Value, instance: &Value, is_closed: bool) -> Result<(), String> {
        let key = format!("{is_closed} {schema}");
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = match validators.get(&key) {
            Some(validator) => Arc::clone(validator),
            None => {
                // Of what was sent, an address may have had blanks around it that were taken away.
                let mut root = schema.clone();
                let mut components = json!({ "schemas": self.document.pointer("/components/schemas") });
                if is_closed {
                    close(&mut components);
                    close(&mut root);
                }
                if let Some(root) = root.as_object_mut() {
                    root.insert("components".to_owned(), components);
                }
                let validator = jsonschema::options()
                    .should_validate_formats(is_closed)
                    .build(&root);
                let validator = Arc::new(validator.map_err(|error| format!("no schema: {error}"))?);
                validators.insert(key, Arc::clone(&validator));
                validator
            }
        };
        let mistakes: Vec<String> = validator
            .iter_errors(instance)
            .map(|error| format!("{} at `{}`", error, error.instance_path()))
            .collect();
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(format!("{}; {instance}", mistakes.join(", ")))
        }
    }
}

/// Lets objects have no members but those that are described.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) && members.contains_key("type") {
                members
                    .entry("additionalProperties")
                    .or_insert(Value::Bool(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The path without its aliases: those of the first documents mean the same.
fn canonical(path: &str) -> String {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.split('/').collect();
    let rest = match segments.as_slice() {
        ["", "api", "tasks" | "todos", rest @ ..] => ("tasks", rest),
        ["", "api", "chat"] => ("chat", &[][..]),
        ["", "api", user, "tasks", rest @ ..] if *user != "v1" => ("tasks", rest),
        ["", "api", user, "chat"] if *user != "v1" => ("chat", &[][..]),
        ["", root @ ("admin" | "ingest"), rest @ ..] => (*root, rest),
        _ => return path.to_owned(),
    };
    let all: Vec<&str> = std::iter::once(rest.0).chain(rest.1.iter().copied()).collect();
    format!("/api/v1/{}", all.join("/"))
}

fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    let is_same = |(route, segment): (&&str, &&str)| match route.split_once('{') {
        Some((_before, rest)) => {
            let end = rest.split_once('}').map_or("", |(_name, end)| end);
            segment.len() > end.len() && segment.ends_with(end)
        }
        None => route == segment,
    };
    route.len() == path.len() && route.iter().zip(&path).all(is_same)
}

fn escaped(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}
