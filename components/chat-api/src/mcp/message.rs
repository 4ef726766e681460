//! JSON-RPC 2.0 as the Model Context Protocol has it: one message a request, ids that are never null, parameters by name.

use http::StatusCode;
use serde_json::{Map, Value, json};
use todo_service::answer::{self, Answer};

use super::version::{Era, SUPPORTED};

/// Something that a client sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    Request(Request),
    Notification,
    Response,
}

/// A call that waits for an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    /// A string or a whole number.
    pub(super) id: Value,
    pub(super) method: String,
    /// An object; empty if there was none.
    pub(super) params: Value,
}

/// An error of the protocol.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RpcError {
    pub(super) code: i32,
    message: String,
    data: Option<Value>,
    pub(super) status: StatusCode,
}

impl Message {
    /// Reads a body. A mistake comes with the request's id, as far as it has one.
    pub(super) fn read(body: Value) -> Result<Self, (Option<Value>, RpcError)> {
        let Value::Object(mut members) = body else {
            let detail = if body.is_array() {
                "batches are not part of this protocol; send one message a request"
            } else {
                "a message is a JSON object"
            };
            return Err((None, RpcError::invalid_request(detail)));
        };
        let has_id = members.contains_key("id");
        let id = members.remove("id").filter(is_id);
        let wrong = |detail: &str| (id.clone(), RpcError::invalid_request(detail));
        if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(wrong("`jsonrpc` must be \"2.0\""));
        }
        let method = match members.remove("method") {
            Some(Value::String(method)) => method,
            None if members.contains_key("result") || members.contains_key("error") => {
                return Ok(Self::Response);
            }
            _ => return Err(wrong("`method` must be a string")),
        };
        let params = match members.remove("params") {
            None => Value::Object(Map::new()),
            Some(params @ Value::Object(_)) => params,
            Some(_) => {
                return Err((
                    id,
                    RpcError::invalid_params("`params` must be an object")
                        .with_status(StatusCode::BAD_REQUEST),
                ));
            }
        };
        match id {
            Some(id) => Ok(Self::Request(Request { id, method, params })),
            None if has_id => Err(wrong("`id` must be a string or a whole number")),
            None => Ok(Self::Notification),
        }
    }
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

impl RpcError {
    fn new(code: i32, message: impl Into<String>, status: StatusCode) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
            status,
        }
    }

    pub(super) fn parse(message: &str) -> Self {
        Self::new(
            -32700,
            format!("the body is not JSON: {message}"),
            StatusCode::BAD_REQUEST,
        )
    }

    pub(super) fn invalid_request(message: &str) -> Self {
        Self::new(-32600, message, StatusCode::BAD_REQUEST)
    }

    pub(super) fn method_not_found(method: &str) -> Self {
        let shown: String = method.chars().take(60).collect();
        Self::new(
            -32601,
            format!("there is no method `{shown}`"),
            StatusCode::NOT_FOUND,
        )
    }

    pub(super) fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(-32602, message, StatusCode::OK)
    }

    pub(super) fn internal(message: &str) -> Self {
        Self::new(-32603, message, StatusCode::OK)
    }

    /// There is no such resource, or it is another user's.
    pub(super) fn no_resource(uri: &str) -> Self {
        let shown: String = uri.chars().take(200).collect();
        Self {
            data: Some(json!({ "uri": shown })),
            ..Self::new(NO_RESOURCE, "there is no such resource", StatusCode::OK)
        }
    }

    /// A header is missing, or says something else than the body.
    pub(super) fn header_mismatch(header: &str, expected: &str) -> Self {
        let message = format!("header mismatch: `{header}` must be {expected}, as in the body");
        Self::new(-32020, message, StatusCode::BAD_REQUEST)
    }

    pub(super) fn unsupported_version(requested: &str) -> Self {
        let shown: String = requested.chars().take(60).collect();
        Self {
            data: Some(json!({ "supported": SUPPORTED, "requested": shown })),
            ..Self::new(-32022, "unsupported protocol version", StatusCode::BAD_REQUEST)
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// As the era tells it: codes and statuses have changed.
    pub(super) fn of_era(self, era: Era) -> Self {
        match (era, self.code) {
            (Era::Modern, NO_RESOURCE) => Self { code: -32602, ..self },
            (Era::Legacy, -32601) => self.with_status(StatusCode::OK),
            _ => self,
        }
    }

    /// The answer to the request with this id. Where none could be read there is no `id`: the protocol knows no null there.
    pub(super) fn answer(self, id: Option<&Value>) -> Answer {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(data), Some(error)) = (self.data, error.as_object_mut()) {
            error.insert("data".to_owned(), data);
        }
        let mut body = json!({ "jsonrpc": "2.0", "error": error });
        if let (Some(id), Some(body)) = (id, body.as_object_mut()) {
            body.insert("id".to_owned(), id.clone());
        }
        answer::json(self.status, &body)
    }
}

/// What the eras before the present one call a resource that is not there.
const NO_RESOURCE: i32 = -32002;

/// The answer with a result.
pub(super) fn answer(id: &Value, result: Value) -> Answer {
    answer::json(
        StatusCode::OK,
        &json!({ "jsonrpc": "2.0", "id": id, "result": result }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_told_so_with_its_id() {
        let code = |body: Value| {
            let (id, error) = Message::read(body).unwrap_err();
            (id, error.code)
        };
        assert_eq!(
            code(json!([{"jsonrpc": "2.0", "id": 1, "method": "ping"}])),
            (None, -32600)
        );
        assert_eq!(code(json!([])), (None, -32600));
        assert_eq!(code(json!("ping")), (None, -32600));
        assert_eq!(code(json!({"id": 7, "method": "ping"})), (Some(json!(7)), -32600));
        assert_eq!(
            code(json!({"jsonrpc": "1.0", "id": "a", "method": "ping"})),
            (Some(json!("a")), -32600)
        );
        assert_eq!(
            code(json!({"jsonrpc": "2.0", "id": 1, "method": 1})),
            (Some(json!(1)), -32600)
        );
        assert_eq!(code(json!({"jsonrpc": "2.0", "id": 1})), (Some(json!(1)), -32600));
        for id in [json!(null), json!(1.5), json!([1]), json!(true)] {
            assert_eq!(
                code(json!({"jsonrpc": "2.0", "id": id, "method": "ping"})),
                (None, -32600)
            );
        }
        assert_eq!(
            code(json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]})),
            (Some(json!(1)), -32602)
        );
    }

    #[test]
    fn requests_notifications_and_responses_are_told_apart() {
        let read = |body: Value| Message::read(body).unwrap();
        assert_eq!(
            read(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})),
            Message::Notification
        );
        assert_eq!(
            read(json!({"jsonrpc": "2.0", "id": 1, "result": {}})),
            Message::Response
        );
        assert_eq!(
            read(json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}})),
            Message::Response
        );
        let request = Request {
            id: json!("a"),
            method: "ping".to_owned(),
            params: json!({}),
        };
        assert_eq!(
            read(json!({"jsonrpc": "2.0", "id": "a", "method": "ping"})),
            Message::Request(request)
        );
    }
}
