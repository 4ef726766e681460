//! Accounts and sessions.

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use serde_json::Value;
use todo_domain::account::{Login, Signup};
use todo_domain::problem::Code;
use todo_service::answer::{Answer, json, json_unless_known};
use todo_service::database::{Database, in_transaction_on};

use crate::app::{App, Caller};
use crate::auth::password;
use crate::auth::token::token_hash;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::sessions::Session;
use crate::store::users::{self, User};
use crate::unit::Unit;

/// No token of ours is longer.
const LONGEST_REFRESH_TOKEN: usize = 128;

/// What came of a refresh token.
enum Exchange {
    Renewed(Box<Session>),
    /// It is not known, or its time is over.
    Unknown,
    /// It was used before: whoever uses it now, or whoever did then, has stolen it.
    Reused,
}

/// The keys that verify tokens.
pub(crate) fn keys<P: Platform>(app: &App<P>, call: &Call) -> Answer {
    let mut answer = json_unless_known(&call.parts.headers, app.signer.keys());
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    answer
}

/// POST /auth/signup
pub(crate) async fn sign_up<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let Signup {
        email,
        password,
        name,
    } = Signup::parse(&call.json(None)?)?;
    let hash = password::hash(&password, &app.platform.random());
    if hash.is_empty() {
        return Err(Failure::internal("the password cannot be hashed"));
    }
    let user = User {
        id: app.new_id(),
        email,
        name,
    };
    let connection = app.platform.database().connect().await?;
    // The address itself can be taken only once.
    let session = in_transaction_on(&connection, &[], async |connection| {
        if !users::insert(connection, &user, hash, call.now).await? {
            let detail = "there is an account with this e-mail address; log in instead";
            return Err(Failure::new(Code::EmailTaken, detail));
        }
        app.begin_session(connection, user, app.new_id(), call.now).await
    });
    Ok(private(json(StatusCode::CREATED, &session.await?)))
}

/// POST /auth/login
pub(crate) async fn log_in<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let Login { email, password } = Login::parse(&call.json(None)?)?;
    // Counted before anything is looked up, and whether or not there is such an account.
    app.count_attempt(&email, call.now).await?;
    let connection = app.platform.database().connect().await?;
    let known = users::by_email(&connection, &email).await?;
    // An address without an account costs as much as one with: the time does not tell which it is.
    let hash = known
        .as_ref()
        .map_or(app.nobodys_hash.as_str(), |(_user, hash)| hash.as_str());
    let is_right = password::verify(&password, hash);
    let Some((user, hash)) = known.filter(|_| is_right) else {
        return Err(wrong_password());
    };
    let user_id = user.id.clone();
    let session = in_transaction_on(&connection, &[&user_id], async |connection| {
        // While it was verified the password may have been changed, or the account deleted.
        if !users::has_password(connection, &user.id, &hash).await? {
            return Err(wrong_password());
        }
        app.begin_session(connection, user, app.new_id(), call.now).await
    })
    .await?;
    Ok(private(json(StatusCode::OK, &session)))
}

pub(super) fn wrong_password() -> Failure {
    Failure::new(
        Code::InvalidCredentials,
        "the e-mail address or the password is wrong",
    )
}

/// POST /auth/refresh
pub(crate) async fn refresh<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let hash = token_hash(&token_of(&call.json(None)?)?);
    let unknown = || Failure::unauthorized("the refresh token is not valid; log in");
    let connection = app.platform.database().connect().await?;
    let owner = users::refresh_token(&connection, &hash).await?;
    let owner = owner.ok_or_else(unknown)?.user_id;
    let now = app.now()?;
    app.ensure_jobs().await;
    let new_id = || app.new_id();
    let exchange = in_transaction_on(&connection, &[&owner], async |connection| {
        let Some(token) = users::refresh_token(connection, &hash).await? else {
            return Ok(Exchange::Unknown);
        };
        if token.is_used {
            // Commits: the whole family has to go, whatever this caller is told.
            let unit = Unit::new(connection, &owner, now, call.traceparent(), &new_id);
            unit.end_session(&token.family).await?;
            unit.finish().await?;
            return Ok(Exchange::Reused);
        }
        if token.expires_at <= call.now {
            return Ok(Exchange::Unknown);
        }
        let Some(user) = users::by_id(connection, &token.user_id).await? else {
            return Ok(Exchange::Unknown);
        };
        users::use_refresh_token(connection, &hash, call.now).await?;
        let session = app
            .begin_session(connection, user, token.family, call.now)
            .await?;
        Ok::<_, Failure>(Exchange::Renewed(Box::new(session)))
    })
    .await?;
    match exchange {
        Exchange::Renewed(session) => Ok(private(json(StatusCode::OK, &*session))),
        Exchange::Unknown => Err(unknown()),
        Exchange::Reused => {
            app.sessions_have_ended();
            app.platform.log(&format!(
                "request {}: a refresh token was used twice; its session is ended",
                call.request_id
            ));
            Err(Failure::unauthorized(
                "the refresh token was used before; for safety the session was ended, log in",
            ))
        }
    }
}

/// POST /auth/logout: ends the session of a refresh token, or with `everywhere` all sessions of its user. A token that is not
/// valid any more has no session to end; but that nothing was ended everywhere has to be said.
pub(crate) async fn log_out<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let body = call.json(None)?;
    let hash = token_hash(&token_of(&body)?);
    let everywhere = match body.get("everywhere") {
        None | Some(Value::Null) => false,
        Some(everywhere) => everywhere
            .as_bool()
            .ok_or_else(|| Failure::field("everywhere", "must be true or false"))?,
    };
    let unknown = || match everywhere {
        false => Ok(super::no_content()),
        true => Err(Failure::unauthorized("the refresh token is not valid; log in")),
    };
    let connection = app.platform.database().connect().await?;
    let Some(token) = users::refresh_token(&connection, &hash).await? else {
        return unknown();
    };
    let now = app.now()?;
    app.ensure_jobs().await;
    let new_id = || app.new_id();
    let has_ended = in_transaction_on(&connection, &[&token.user_id], async |connection| {
        // A token that was used ends its own session alone: whoever has it may have stolen it.
        let Some(token) = users::refresh_token(connection, &hash).await? else {
            return Ok(false);
        };
        let is_good = !token.is_used && token.expires_at > call.now;
        let unit = Unit::new(connection, &token.user_id, now, call.traceparent(), &new_id);
        if everywhere && is_good {
            unit.end_sessions().await?;
        } else {
            unit.end_session(&token.family).await?;
        }
        unit.finish().await?;
        Ok::<_, Failure>(is_good || !everywhere)
    })
    .await?;
    app.sessions_have_ended();
    if has_ended {
        Ok(super::no_content())
    } else {
        unknown()
    }
}

/// GET /auth/me
pub(crate) async fn me<P: Platform>(app: &App<P>, caller: &Caller) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let user = users::by_id(&connection, &caller.user_id).await?;
    let user = user.ok_or_else(Failure::account_gone)?;
    Ok(private(json(StatusCode::OK, &user)))
}

fn token_of(body: &Value) -> Result<String, Failure> {
    let token = body.get("refresh_token").and_then(Value::as_str);
    let token = token.filter(|token| (1..=LONGEST_REFRESH_TOKEN).contains(&token.len()));
    token
        .map(str::to_owned)
        .ok_or_else(|| Failure::field("refresh_token", "is required"))
}

/// Tokens are nothing that a cache may keep.
pub(crate) fn private(mut answer: Answer) -> Answer {
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
