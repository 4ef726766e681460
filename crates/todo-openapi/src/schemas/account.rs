//! Accounts, sessions and personal API tokens.

use serde_json::{Value, json};
use todo_domain::account::{EMAIL_LIMIT, NAME_LIMIT, PASSWORD_LIMIT, PASSWORD_MINIMUM};
use todo_domain::api_token::{self, Scope};

use crate::schema::{
    about, any_text, body, boolean, count, id, like, list, named, nullable, object, one_of, page, text, time,
};

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let email = || {
        like(
            json!({ "type": "string", "format": "email", "maxLength": EMAIL_LIMIT }),
            "ann@example.com",
        )
    };
    let password = |shortest| {
        let mut password = like(text(shortest, PASSWORD_LIMIT), "correct horse");
        if let Some(password) = password.as_object_mut() {
            password.insert("format".to_owned(), "password".into());
        }
        password
    };
    let user = object([
        ("id", id()),
        (
            "email",
            about(
                like(any_text(), "ann@example.com"),
                "empty where a second issuer named none",
            ),
        ),
        ("name", any_text()),
    ]);
    let session = object([
        (
            "access_token",
            about(any_text(), "a JWT, for `Authorization: Bearer`"),
        ),
        (
            "refresh_token",
            about(any_text(), "for the next access token, once"),
        ),
        ("token_type", json!({ "type": "string", "const": "Bearer" })),
        (
            "expires_in",
            about(count(1), "seconds until the access token ends"),
        ),
        ("user", named("User")),
    ]);
    let token = || {
        [
            ("id", id()),
            ("name", any_text()),
            ("scopes", list(named("Scope"))),
            ("created_at", nullable(time())),
            ("expires_at", about(nullable(time()), "null: it does not end")),
            ("last_used_at", nullable(time())),
        ]
    };
    let [a, b, c, d, e, f] = token();
    let made = object([
        a,
        b,
        c,
        d,
        e,
        f,
        ("token", about(any_text(), "the token itself: this once")),
    ]);
    let scopes = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Scope" }, "minItems": 1 });
    vec![
        (
            "Signup",
            body([
                ("email", email()),
                ("password", password(PASSWORD_MINIMUM)),
                (
                    "name?",
                    about(
                        nullable(text(0, NAME_LIMIT)),
                        "one line; the part of the address before `@` where absent",
                    ),
                ),
            ]),
        ),
        ("Login", body([("email", email()), ("password", password(1))])),
        ("RefreshRequest", object([("refresh_token", text(1, 128))])),
        (
            "LogoutRequest",
            object([
                ("refresh_token", text(1, 128)),
                (
                    "everywhere?",
                    about(nullable(boolean()), "whether all sessions of the user end"),
                ),
            ]),
        ),
        (
            "PasswordChange",
            body([
                ("current_password", password(1)),
                ("new_password", password(PASSWORD_MINIMUM)),
            ]),
        ),
        ("AccountDeletion", body([("password", password(1))])),
        ("Session", session),
        ("User", user),
        (
            "Scope",
            about(
                one_of(Scope::ALL.map(Scope::as_str)),
                "something that a personal API token may do",
            ),
        ),
        ("Token", object(token())),
        ("TokenPage", page("Token")),
        ("TokenMade", made),
        (
            "TokenRequest",
            body([
                (
                    "name",
                    about(
                        like(text(1, api_token::NAME_LIMIT), "laptop"),
                        "what its owner knows it by",
                    ),
                ),
                ("scopes", scopes),
                (
                    "expires_at?",
                    about(
                        json!({ "type": ["string", "null"], "format": "date-time", "examples": [null] }),
                        "within a year; 90 days where absent; null: it does not end",
                    ),
                ),
            ]),
        ),
    ]
}
