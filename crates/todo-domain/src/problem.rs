//! Errors as the API shows them: RFC 9457, with one registry of codes.

use serde::{Deserialize, Serialize};

use crate::validation::FieldError;

/// The media type of a [`Problem`].
pub const CONTENT_TYPE: &str = "application/problem+json";

/// The body of every error answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// The kind, for programs.
    pub code: Code,
    /// The request's id in the logs.
    pub request_id: String,
    /// Every mistake of a bad body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem of this kind; `instance` and `request_id` are filled in where the answer is made.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            problem_type: format!("urn:todo:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            instance: String::new(),
            code,
            request_id: String::new(),
            errors: Vec::new(),
        }
    }

    /// The answer to a body or query with mistakes.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.field.is_empty() => only.message.clone(),
            [only] => format!("`{}` {}", only.field, only.message),
            _ => format!("{} fields are not valid", errors.len()),
        };
        Self {
            errors,
            ..Self::new(Code::ValidationFailed, detail)
        }
    }

    /// The same problem, of this request.
    #[must_use]
    pub fn of_request(self, instance: &str, request_id: &str) -> Self {
        Self {
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            ..self
        }
    }

    /// The JSON text.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// Every kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl Code {
            /// The whole registry.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The kind in words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    InvalidJson = "invalid_json", 400, "The body is not valid JSON";
    /// The cursor was not made by this list.
    InvalidCursor = "invalid_cursor", 400, "The cursor does not belong to this list";
    /// Some other part of the request is wrong.
    BadRequest = "bad_request", 400, "The request cannot be understood";
    /// No valid token.
    Unauthorized = "unauthorized", 401, "A valid access token is required";
    /// Wrong e-mail or password.
    InvalidCredentials = "invalid_credentials", 401, "The e-mail address or the password is wrong";
    /// The path names another user, or the token's scope does not allow it.
    Forbidden = "forbidden", 403, "This is not allowed";
    /// There is none, or it is another user's.
    NotFound = "not_found", 404, "There is no such thing here";
    /// The path knows other methods.
    MethodNotAllowed = "method_not_allowed", 405, "The path does not know this method";
    /// The state does not allow it.
    Conflict = "conflict", 409, "The present state does not allow this";
    /// There is an account with this address.
    EmailTaken = "email_taken", 409, "There is an account with this e-mail address";
    /// The first request with this key is still under way.
    IdempotencyInFlight = "idempotency_in_flight", 409, "The first request with this key is under way";
    /// The task has changed since it was read.
    PreconditionFailed = "precondition_failed", 412, "The task has changed since it was read";
    /// Over the limit.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    /// Not the media type that is read here.
    UnsupportedMediaType = "unsupported_media_type", 415, "The body has a media type that is not read here";
    /// The body or the query has mistakes.
    ValidationFailed = "validation_failed", 422, "The request has mistakes";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "The idempotency key was used for another request";
    /// Too many.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// Our mistake.
    Internal = "internal", 500, "The server made a mistake";
    /// Something that is needed is away.
    Unavailable = "unavailable", 503, "The service is not available now";
    /// Something that is needed did not answer in time.
    Timeout = "timeout", 504, "The service did not answer in time";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_has_each_code_once_and_an_error_status_for_it() {
        let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!((400..600).contains(&code.status()));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn a_bad_body_lists_every_field() {
        let errors = vec![
            FieldError::new("title", "is required"),
            FieldError::new("tags[1]", "must be a string"),
        ];
        let problem = Problem::validation(errors).of_request("/api/v1/tasks", "r-1");
        let json: serde_json::Value = serde_json::from_slice(&problem.to_json()).unwrap();
        assert_eq!(json["status"], 422);
        assert_eq!(json["code"], "validation_failed");
        assert_eq!(json["type"], "urn:todo:problem:validation_failed");
        assert_eq!(json["instance"], "/api/v1/tasks");
        assert_eq!(json["request_id"], "r-1");
        assert_eq!(json["errors"][1]["field"], "tags[1]");
    }
}
