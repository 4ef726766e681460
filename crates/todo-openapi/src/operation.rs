//! One method of one path, put together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use todo_domain::problem::Code;

use crate::{Service, shared};

/// What is described of one method of one path.
pub(crate) struct Operation {
    pub(crate) service: Service,
    pub(crate) path: &'static str,
    pub(crate) method: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: String,
    /// The ways to show who asks, any of which will do; nobody need.
    keys: &'static [&'static str],
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    /// The headers of every answer, and of those that are no problem.
    headers: BTreeSet<&'static str>,
    success_headers: BTreeSet<&'static str>,
    pub(crate) problems: BTreeMap<u16, BTreeSet<&'static str>>,
}

impl Operation {
    /// Whatever a service can fail with, it says so.
    pub(crate) fn new(
        service: Service,
        tag: &'static str,
        [method, path, id, summary]: [&'static str; 4],
    ) -> Self {
        let operation = Self {
            service,
            path,
            method,
            id,
            tag,
            summary,
            description: String::new(),
            keys: &[],
            parameters: shared::path_parameters(path),
            body: None,
            answers: BTreeMap::new(),
            headers: BTreeSet::from(["X-Request-Id"]),
            success_headers: BTreeSet::new(),
            problems: BTreeMap::new(),
        };
        let is_of_something = operation.path.contains('{');
        let operation = operation.fails(&[Code::Internal, Code::Unavailable]);
        if is_of_something {
            operation.fails(&[Code::NotFound])
        } else {
            operation
        }
    }

    /// Only with a token.
    pub(crate) fn of_user(self) -> Self {
        self.with_any_of(&[shared::BEARER])
    }

    /// Only with one of these.
    pub(crate) fn with_any_of(mut self, keys: &'static [&'static str]) -> Self {
        self.keys = keys;
        self.fails(&[Code::Unauthorized])
    }

    /// How often one may ask is limited.
    pub(crate) fn limited(mut self) -> Self {
        self.headers
            .extend(["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]);
        self.fails(&[Code::RateLimited])
    }

    pub(crate) fn about(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self
    }

    /// A parameter.
    pub(crate) fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// A parameter of the query.
    pub(crate) fn query(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "description": description, "schema": schema,
        }));
        self
    }

    /// One that may be repeated, or have several values with commas between them.
    pub(crate) fn query_list(mut self, name: &str, items: Value, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "description": description, "style": "form", "explode": false,
            "schema": { "type": "array", "items": items },
        }));
        self
    }

    /// A parameter that several operations have.
    pub(crate) fn shared(mut self, name: &str) -> Self {
        self.parameters
            .push(json!({ "$ref": format!("#/components/parameters/{name}") }));
        self
    }

    /// Pages of a list.
    pub(crate) fn paged(self) -> Self {
        self.shared("Limit")
            .shared("Cursor")
            .shared("Count")
            .fails(&[Code::InvalidCursor, Code::ValidationFailed])
    }

    /// A body of any of these media types.
    pub(crate) fn content(mut self, is_required: bool, content: Value) -> Self {
        self.body = Some(json!({ "required": is_required, "content": content }));
        self.fails(&[Code::BadRequest, Code::PayloadTooLarge])
    }

    /// A body in JSON.
    pub(crate) fn takes(self, schema: Value) -> Self {
        self.content(true, json!({ "application/json": { "schema": schema } }))
            .fails(&[Code::InvalidJson, Code::ValidationFailed])
    }

    /// A body in JSON, where the client has something to say.
    pub(crate) fn may_take(self, schema: Value) -> Self {
        self.content(false, json!({ "application/json": { "schema": schema } }))
            .fails(&[Code::InvalidJson, Code::ValidationFailed])
    }

    /// A body in JSON, of which parts may be left out.
    pub(crate) fn takes_patch(self, schema: Value) -> Self {
        let content = json!({
            "application/merge-patch+json": { "schema": schema },
            "application/json": { "schema": schema },
        });
        self.content(true, content)
            .fails(&[Code::InvalidJson, Code::ValidationFailed])
    }

    /// An answer in JSON.
    pub(crate) fn answers(self, status: u16, description: &str, schema: Value) -> Self {
        self.answers_as(
            status,
            description,
            json!({ "application/json": { "schema": schema } }),
        )
    }

    /// An answer of any of these media types.
    pub(crate) fn answers_as(mut self, status: u16, description: &str, content: Value) -> Self {
        let answer = json!({ "description": description, "content": content });
        self.answers.insert(status, answer);
        self
    }

    /// An answer without a body.
    pub(crate) fn answers_empty(mut self, status: u16, description: &str) -> Self {
        self.answers.insert(status, json!({ "description": description }));
        self
    }

    /// A header of the answers that are no problem.
    pub(crate) fn with(mut self, header: &'static str) -> Self {
        self.success_headers.insert(header);
        self
    }

    /// A read that need not be sent again.
    pub(crate) fn cached(self) -> Self {
        self.shared("IfNoneMatch")
            .with("ETag")
            .answers_empty(304, "It is still what `If-None-Match` names.")
    }

    /// A change of what the client has read.
    pub(crate) fn guarded(self) -> Self {
        self.shared("IfMatch").fails(&[Code::PreconditionFailed])
    }

    /// A write that is done once, however often it is sent.
    pub(crate) fn idempotent(self) -> Self {
        self.shared("IdempotencyKey")
            .with("Idempotency-Replayed")
            .fails(&[
                Code::BadRequest,
                Code::IdempotencyInFlight,
                Code::IdempotencyKeyReused,
            ])
    }

    pub(crate) fn fails(mut self, codes: &[Code]) -> Self {
        for code in codes {
            self.problems
                .entry(code.status())
                .or_default()
                .insert(code.as_str());
        }
        self
    }

    /// It never fails so, whatever else of its kind does.
    pub(crate) fn without(mut self, codes: &[Code]) -> Self {
        for code in codes {
            if let Some(known) = self.problems.get_mut(&code.status()) {
                known.remove(code.as_str());
            }
        }
        self.problems.retain(|_status, codes| !codes.is_empty());
        self
    }

    /// `position` is where a reader should find it among the others, which a map of paths does not tell.
    pub(crate) fn to_json(&self, position: usize) -> Value {
        let mut answers = Map::new();
        for (status, answer) in &self.answers {
            let headers = self.headers.union(&self.success_headers);
            let headers: Map<String, Value> = headers
                .filter(|name| **name != "Location" || *status == 201)
                .map(|name| ((*name).to_owned(), shared::header(name)))
                .collect();
            let mut answer = answer.clone();
            if let Some(answer) = answer.as_object_mut() {
                answer.insert("headers".to_owned(), headers.into());
            }
            answers.insert(status.to_string(), answer);
        }
        for (status, codes) in &self.problems {
            let name = shared::problem_name(codes);
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            answers.insert(status.to_string(), reference);
        }
        let mut operation = Map::from_iter([
            ("operationId".to_owned(), self.id.into()),
            ("tags".to_owned(), json!([self.tag])),
            ("summary".to_owned(), self.summary.into()),
            ("responses".to_owned(), answers.into()),
            ("x-position".to_owned(), position.into()),
        ]);
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                operation.insert(name.to_owned(), value);
            }
        };
        let is_told = !self.description.is_empty();
        set("description", is_told.then(|| self.description.as_str().into()));
        set(
            "parameters",
            (!self.parameters.is_empty()).then(|| self.parameters.clone().into()),
        );
        set("requestBody", self.body.clone());
        let keys: Vec<Value> = self.keys.iter().map(|key| json!({ *key: [] })).collect();
        // A user's token is what the document says of all operations.
        set("security", (self.keys != [shared::BEARER]).then(|| keys.into()));
        Value::Object(operation)
    }
}
