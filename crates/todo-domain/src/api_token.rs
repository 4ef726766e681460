//! Personal API tokens: what a program or an MCP client shows in place of a person's session, and what it may do with it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::time::Timestamp;
use crate::validation::{FieldError, without_control_characters};

/// How every token begins, so that people, programs and scanners of leaked secrets know one.
pub const PREFIX: &str = "todo_pat_";

/// Longest name of a token, in characters.
pub const NAME_LIMIT: usize = 100;
const FIELDS: [&str; 3] = ["name", "scopes", "expires_at"];
const SECONDS_PER_DAY: i64 = 86_400;
/// How long a token is good for where nothing is said.
const DEFAULT_DAYS: i64 = 90;
/// How long one is at most, unless it is said to have no end.
const LONGEST_DAYS: i64 = 366;

/// Something that a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// See tasks, tags, counts and conversations.
    Read,
    /// Make, change and delete tasks, and speak to the assistant.
    Write,
}

/// All that a token may do; written as OAuth does, names with spaces between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    read: bool,
    write: bool,
}

/// The text names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `tasks:read` or `tasks:write`")]
pub struct UnknownScope;

/// The body of a token's creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// Trimmed, 1–100 characters: what its owner knows it by.
    pub name: String,
    /// At least one.
    pub scopes: Scopes,
    /// When it ends; none if it does not.
    pub expires_at: Option<Timestamp>,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "tasks:read",
            Self::Write => "tasks:write",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or(UnknownScope)
    }
}

impl Scopes {
    /// What a person's own session may do.
    pub const ALL: Self = Self {
        read: true,
        write: true,
    };

    /// Whether this is among them.
    pub fn include(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.read,
            Scope::Write => self.write,
        }
    }

    /// Reads names with spaces between them; what is no name of a scope allows nothing.
    pub fn read(text: &str) -> Self {
        text.split_whitespace()
            .filter_map(|name| name.parse().ok())
            .collect()
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        let included = Scope::ALL.into_iter().filter(move |scope| self.include(*scope));
        included.map(Scope::as_str)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::default(), |mut all, scope| {
            match scope {
                Scope::Read => all.read = true,
                Scope::Write => all.write = true,
            }
            all
        })
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        formatter.write_str(&names.join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl TokenRequest {
    /// Reads a body, collecting every mistake.
    ///
    /// # Errors
    /// The mistakes.
    pub fn parse(body: &Value, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let Some(object) = body.as_object() else {
            return Err(vec![FieldError::new("", "the body must be a JSON object")]);
        };
        let mut errors: Vec<FieldError> = object
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()))
            .map(|name| {
                FieldError::new(
                    name.chars().take(60).collect::<String>(),
                    "is not a field of a token",
                )
            })
            .collect();
        let mut check = |field: &str, result: Result<(), String>| {
            if let Err(message) = result {
                errors.push(FieldError::new(field, message));
            }
        };
        let name = name(object.get("name"));
        let scopes = scopes(object.get("scopes"));
        let expires_at = expires_at(object.get("expires_at"), now);
        check("name", name.clone().map(drop));
        check("scopes", scopes.clone().map(drop));
        check("expires_at", expires_at.clone().map(drop));
        match (name, scopes, expires_at) {
            (Ok(name), Ok(scopes), Ok(expires_at)) if errors.is_empty() => Ok(Self {
                name,
                scopes,
                expires_at,
            }),
            _ => Err(errors),
        }
    }
}

fn name(value: Option<&Value>) -> Result<String, String> {
    let name = value
        .ok_or("is required")?
        .as_str()
        .ok_or("must be a string")?
        .trim();
    if !(1..=NAME_LIMIT).contains(&name.chars().count()) {
        return Err(format!("must have 1 to {NAME_LIMIT} characters"));
    }
    if !without_control_characters(name) || name.contains(['\n', '\r']) {
        return Err("must be one line without control characters".to_owned());
    }
    Ok(name.to_owned())
}

fn scopes(value: Option<&Value>) -> Result<Scopes, String> {
    let wrong = || "must be a list of `tasks:read`, `tasks:write` or both".to_owned();
    let list = value.ok_or("is required")?.as_array().ok_or_else(wrong)?;
    let read = |value: &Value| value.as_str().and_then(|text| text.parse::<Scope>().ok());
    let scopes: Option<Scopes> = list.iter().map(read).collect();
    scopes.filter(|_| !list.is_empty()).ok_or_else(wrong)
}

fn expires_at(value: Option<&Value>, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let after = |days: i64| now.plus_seconds(days.saturating_mul(SECONDS_PER_DAY));
    let time = match value {
        None => return Ok(after(DEFAULT_DAYS)),
        Some(Value::Null) => return Ok(None),
        Some(value) => value.as_str().and_then(|text| Timestamp::parse(text).ok()),
    };
    let is_near =
        |time: &Timestamp| *time > now && after(LONGEST_DAYS).is_none_or(|longest| *time <= longest);
    time.filter(is_near).map(Some).ok_or_else(|| {
        format!("must be a time like `2026-03-01T09:00:00Z` within the next {LONGEST_DAYS} days, or null for no end")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-01T09:00:00Z").unwrap()
    }

    #[test]
    fn a_token_has_a_name_scopes_and_an_end() {
        let read =
            TokenRequest::parse(&json!({"name": " laptop ", "scopes": ["tasks:read"]}), now()).unwrap();
        assert_eq!(
            (read.name.as_str(), read.scopes.to_string().as_str()),
            ("laptop", "tasks:read")
        );
        assert!(read.scopes.include(Scope::Read) && !read.scopes.include(Scope::Write));
        assert_eq!(read.expires_at.unwrap().to_short_string(), "2026-05-30T09:00:00Z");
        let body = json!({"name": "a", "scopes": ["tasks:write", "tasks:read"], "expires_at": null});
        let endless = TokenRequest::parse(&body, now()).unwrap();
        assert_eq!((endless.scopes, endless.expires_at), (Scopes::ALL, None));
        assert_eq!(Scopes::read(&endless.scopes.to_string()), Scopes::ALL);
        assert_eq!(
            serde_json::to_value(Scopes::ALL).unwrap(),
            json!(["tasks:read", "tasks:write"])
        );
        assert_eq!(Scopes::read("tasks:all *"), Scopes::default());
    }

    #[test]
    fn every_mistake_is_named() {
        let wrong = |body: Value| {
            let errors = TokenRequest::parse(&body, now()).unwrap_err();
            errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert_eq!(wrong(json!({})), ["name", "scopes"]);
        assert_eq!(wrong(json!([])), [""]);
        for (field, value) in [
            ("name", json!("")),
            ("name", json!("a".repeat(101))),
            ("name", json!("a\nb")),
            ("scopes", json!([])),
            ("scopes", json!("tasks:read")),
            ("scopes", json!(["tasks:read", "admin"])),
            ("expires_at", json!("2026-03-01T09:00:00Z")),
            ("expires_at", json!("2027-03-03T09:00:00Z")),
            ("expires_at", json!("soon")),
            ("expires_at", json!(7)),
            ("user_id", json!("somebody")),
        ] {
            let mut body = json!({"name": "a", "scopes": ["tasks:read"]});
            body[field] = value;
            assert_eq!(wrong(body.clone()), [field], "{body}");
        }
    }
}
