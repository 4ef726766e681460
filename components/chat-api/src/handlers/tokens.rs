//! Personal API tokens over HTTP. Only a session manages them: a token that could make others would have no bounds.

use http::StatusCode;
use serde::Serialize;
use todo_domain::api_token::TokenRequest;
use todo_domain::problem::Code;
use todo_domain::query::Page;
use todo_service::answer::{Answer, json};
use todo_service::database::{Database, in_transaction_on};

use super::auth::private;
use crate::app::{App, Caller};
use crate::auth::token::{api_token, token_hash};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::sessions;
use crate::store::tokens::{self, Token};

/// How many tokens a user may have.
const MOST_TOKENS: usize = 50;

/// A new token, with its text: this once.
#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    token: Token,
    #[serde(rename = "token")]
    text: String,
}

/// GET /tokens
pub(crate) async fn list<P: Platform>(app: &App<P>, caller: &Caller) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let items = tokens::of_user(&connection, &caller.user_id).await?;
    let page = Page {
        items,
        next_cursor: None,
        has_more: false,
        total: None,
    };
    Ok(private(json(StatusCode::OK, &page)))
}

/// POST /tokens. Idempotency keys do not count here: the answer would be kept, and with it the token.
pub(crate) async fn create<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let now = app.now()?;
    let request = TokenRequest::parse(&call.json(None)?, now)?;
    let token = Token {
        id: app.new_id(),
        name: request.name,
        scopes: request.scopes,
        created_at: Some(now),
        expires_at: request.expires_at,
        last_used_at: None,
    };
    let text = api_token(&app.platform.random());
    let hash = token_hash(&text);
    let connection = app.platform.database().connect().await?;
    in_transaction_on(&connection, &[&caller.user_id], async |connection| {
        if tokens::of_user(connection, &caller.user_id).await?.len() >= MOST_TOKENS {
            let detail =
                format!("an account has at most {MOST_TOKENS} tokens; delete one that is not used any more");
            return Err(Failure::new(Code::Conflict, detail));
        }
        match tokens::insert(connection, &caller.user_id, hash, &token).await? {
            true => Ok(()),
            false => Err(Failure::account_gone()),
        }
    })
    .await?;
    Ok(private(json(StatusCode::CREATED, &Made { token, text })))
}

/// DELETE /tokens/{id}
pub(crate) async fn delete<P: Platform>(app: &App<P>, caller: &Caller, id: &str) -> Result<Answer, Failure> {
    let now = app.platform.now();
    let connection = app.platform.database().connect().await?;
    let was_there = in_transaction_on(&connection, &[&caller.user_id], async |connection| {
        let was_there = tokens::remove(connection, &caller.user_id, id).await?;
        if was_there {
            // Its streams end as well.
            sessions::end(connection, id, now).await?;
        }
        Ok::<_, Failure>(was_there)
    })
    .await?;
    match was_there {
        true => {
            app.sessions_have_ended();
            Ok(super::no_content())
        }
        false => Err(Failure::not_found()),
    }
}
