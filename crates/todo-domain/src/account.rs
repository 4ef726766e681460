//! What a client may send to make an account, to log in, to change the password and to delete the account.

use serde_json::{Map, Value};

use crate::validation::FieldError;

const EMAIL_LIMIT: usize = 254;
const PASSWORD_MINIMUM: usize = 8;
const PASSWORD_LIMIT: usize = 128;
const NAME_LIMIT: usize = 100;

/// The body of a sign-up.
#[derive(Clone, PartialEq, Eq)]
pub struct Signup {
    /// Normalised.
    pub email: String,
    /// 8–128 characters, as typed.
    pub password: String,
    /// Trimmed; the part of the address before `@` where none was given.
    pub name: String,
}

/// The body of a log-in.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Normalised.
    pub email: String,
    /// As typed.
    pub password: String,
}

/// The body of a change of the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordChange {
    /// As typed.
    pub current: String,
    /// 8–128 characters, as typed, and another one than the current.
    pub new: String,
}

/// The body of an account's deletion.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountDeletion {
    /// As typed.
    pub password: String,
}

impl Signup {
    /// Reads a body, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let object = object(body)?;
        let mut errors = unknown_fields(object, &["email", "password", "name"]);
        let email = collect(&mut errors, text(object, "email").and_then(email));
        let password = collect(
            &mut errors,
            text(object, "password").and_then(|text| new_password("password", text)),
        );
        let given = match object.get("name") {
            None | Some(Value::Null) => None,
            Some(_) => collect(&mut errors, text(object, "name").and_then(name)),
        };
        match (email, password) {
            (Some(email), Some(password)) if errors.is_empty() => {
                let name = given.filter(|name| !name.is_empty());
                let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
                Ok(Self {
                    email,
                    password,
                    name,
                })
            }
            _ => Err(errors),
        }
    }
}

impl Login {
    /// Reads a body, collecting every mistake. The password's rules are not repeated here: what does not keep
    /// them is simply wrong.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let object = object(body)?;
        let mut errors = unknown_fields(object, &["email", "password"]);
        let email = collect(&mut errors, text(object, "email").and_then(email));
        let password = collect(
            &mut errors,
            text(object, "password").and_then(|text| typed_password("password", text)),
        );
        match (email, password) {
            (Some(email), Some(password)) if errors.is_empty() => Ok(Self { email, password }),
            _ => Err(errors),
        }
    }
}

impl PasswordChange {
    /// Reads a body, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let object = object(body)?;
        let mut errors = unknown_fields(object, &["current_password", "new_password"]);
        let read = |name, rules: fn(&str, &str) -> Result<String, FieldError>| {
            text(object, name).and_then(|text| rules(name, text))
        };
        let current = collect(&mut errors, read("current_password", typed_password));
        let new = collect(&mut errors, read("new_password", new_password));
        if new.is_some() && new == current {
            errors.push(FieldError::new(
                "new_password",
                "must be another one than the current",
            ));
        }
        match (current, new) {
            (Some(current), Some(new)) if errors.is_empty() => Ok(Self { current, new }),
            _ => Err(errors),
        }
    }
}

impl AccountDeletion {
    /// Reads a body, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let object = object(body)?;
        let mut errors = unknown_fields(object, &["password"]);
        let password = text(object, "password").and_then(|text| typed_password("password", text));
        match collect(&mut errors, password) {
            Some(password) if errors.is_empty() => Ok(Self { password }),
            _ => Err(errors),
        }
    }
}

/// A password must never reach a log.
impl std::fmt::Debug for Signup {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Signup")
            .field("email", &self.email)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Login")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PasswordChange").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AccountDeletion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AccountDeletion").finish_non_exhaustive()
    }
}

/// The address in the form in which accounts are compared: trimmed, in lower case.
pub fn normalise_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@')?;
    let clean = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
            && !part.chars().any(|letter| {
                letter.is_whitespace() || letter.is_control() || "@,;:<>()[]\\\"".contains(letter)
            })
    };
    let labels_are_clean = domain
        .split('.')
        .all(|label| !label.starts_with('-') && !label.ends_with('-'));
    let plausible = email.len() <= EMAIL_LIMIT
        && local.len() <= 64
        && clean(local)
        && clean(domain)
        && domain.contains('.')
        && domain
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '.')
        && labels_are_clean;
    plausible.then_some(email)
}

fn email(text: &str) -> Result<String, FieldError> {
    normalise_email(text)
        .ok_or_else(|| FieldError::new("email", "must be an e-mail address like `ann@example.com`"))
}

fn new_password(field: &str, text: &str) -> Result<String, FieldError> {
    let length = text.chars().count();
    if !(PASSWORD_MINIMUM..=PASSWORD_LIMIT).contains(&length) {
        let message = format!("must have {PASSWORD_MINIMUM} to {PASSWORD_LIMIT} characters");
        return Err(FieldError::new(field, message));
    }
    if text.contains('\0') || text.trim().is_empty() {
        return Err(FieldError::new(
            field,
            "must be more than blanks and not contain NUL",
        ));
    }
    Ok(text.to_owned())
}

fn typed_password(field: &str, text: &str) -> Result<String, FieldError> {
    if text.is_empty() || text.chars().count() > PASSWORD_LIMIT {
        return Err(FieldError::new(
            field,
            format!("must have 1 to {PASSWORD_LIMIT} characters"),
        ));
    }
    Ok(text.to_owned())
}

fn name(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.chars().count() > NAME_LIMIT || text.chars().any(char::is_control) {
        let message = format!("must be one line of at most {NAME_LIMIT} characters");
        return Err(FieldError::new("name", message));
    }
    Ok(text.to_owned())
}

fn object(body: &Value) -> Result<&Map<String, Value>, Vec<FieldError>> {
    body.as_object()
        .ok_or_else(|| vec![FieldError::new("", "the body must be a JSON object")])
}

fn unknown_fields(object: &Map<String, Value>, known: &[&str]) -> Vec<FieldError> {
    let unknown = object.keys().filter(|name| !known.contains(&name.as_str()));
    unknown
        .map(|name| {
            FieldError::new(
                name.chars().take(60).collect::<String>(),
                "is not a field of this body",
            )
        })
        .collect()
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, FieldError> {
    match object.get(name) {
        None => Err(FieldError::new(name, "is required")),
        Some(value) => value
            .as_str()
            .ok_or_else(|| FieldError::new(name, "must be a string")),
    }
}

fn collect<T>(errors: &mut Vec<FieldError>, result: Result<T, FieldError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

#[cfg(test)]
mod tests;
