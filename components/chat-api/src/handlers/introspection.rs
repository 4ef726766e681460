//! What the application's other services ask about a token that they cannot verify (RFC 7662). The manifest gives this path no
//! public route.

use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;
use todo_domain::api_token::Scopes;
use todo_domain::problem::Code;
use todo_service::answer::{self, Answer};

use super::auth::private;
use super::internal;
use crate::access::Access;
use crate::app::App;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;

const FORM: &str = "application/x-www-form-urlencoded";

/// POST /internal/v1/introspect: `token=…` as a form. Answers whose the token is and what it allows, or that it is not good.
pub(crate) async fn introspect<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    internal::show_token(app, call)?;
    let media_type = call.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(FORM) {
        let detail = format!("send `content-type: {FORM}`");
        return Err(Failure::new(Code::UnsupportedMediaType, detail));
    }
    let mut tokens = form_urlencoded::parse(call.body()?).filter(|(name, _value)| name == "token");
    let (Some((_name, token)), None) = (tokens.next(), tokens.next()) else {
        return Err(Failure::field("token", "must be there once"));
    };
    let body = match app.identify_token(&token, call.now).await {
        Ok(caller) => {
            let (scopes, is_session) = match caller.access {
                Access::Session => (Scopes::ALL, true),
                Access::Token(scopes) => (scopes, false),
                Access::Key => (Scopes::read(""), false),
            };
            json!({
                "active": true,
                "sub": caller.user_id,
                "scope": scopes.to_string(),
                "exp": caller.expires_at,
                "token_type": "Bearer",
                "session": is_session,
            })
        }
        Err(failure) if failure.code() == Code::Unauthorized => json!({ "active": false }),
        // Whose it is cannot be found out now.
        Err(failure) => return Err(failure),
    };
    Ok(private(answer::json(StatusCode::OK, &body)))
}
