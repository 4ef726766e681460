//! Accounts and sessions.

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use todo_domain::account::{Login, Signup};
use todo_domain::problem::Code;
use todo_service::answer::{Answer, json, json_unless_known};
use todo_service::database::{Connection, Database, in_transaction_on};

use crate::app::{App, Caller};
use crate::auth::password;
use crate::auth::token::{ACCESS_SECONDS, REFRESH_SECONDS, refresh_token, token_hash};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::users::{self, User};

/// No token of ours is longer.
const LONGEST_REFRESH_TOKEN: usize = 128;

/// What begins or goes on with a session.
#[derive(Serialize)]
struct Session {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    expires_in: i64,
    user: User,
}

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
    let connection = app.platform.database().connect().await?;
    let known = users::by_email(&connection, &email).await?;
    // An address without an account costs as much as one with: the time does not tell which it is.
    let hash = known
        .as_ref()
        .map_or(app.nobodys_hash.as_str(), |(_user, hash)| hash.as_str());
    let is_right = password::verify(&password, hash);
    let Some((user, _hash)) = known.filter(|_| is_right) else {
        return Err(Failure::new(
            Code::InvalidCredentials,
            "the e-mail address or the password is wrong",
        ));
    };
    let session = app
        .begin_session(&connection, user, app.new_id(), call.now)
        .await?;
    Ok(private(json(StatusCode::OK, &session)))
}

/// POST /auth/refresh
pub(crate) async fn refresh<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let hash = token_hash(&token_of(&call.json(None)?)?);
    let connection = app.platform.database().connect().await?;
    let token = [hash.as_str()];
    let exchange = in_transaction_on(&connection, &token, async |connection| {
        let Some(token) = users::refresh_token(connection, &hash).await? else {
            return Ok(Exchange::Unknown);
        };
        if token.is_used {
            // Commits: the whole family has to go, whatever this caller is told.
            users::revoke_family(connection, &token.family).await?;
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
    });
    match exchange.await? {
        Exchange::Renewed(session) => Ok(private(json(StatusCode::OK, &*session))),
        Exchange::Unknown => Err(Failure::unauthorized("the refresh token is not valid; log in")),
        Exchange::Reused => {
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

/// POST /auth/logout: ends the session of a refresh token. One that is not valid any more has none to end.
pub(crate) async fn log_out<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let hash = token_hash(&token_of(&call.json(None)?)?);
    let connection = app.platform.database().connect().await?;
    if let Some(token) = users::refresh_token(&connection, &hash).await? {
        users::revoke_family(&connection, &token.family).await?;
    }
    Ok(super::no_content())
}

/// GET /auth/me
pub(crate) async fn me<P: Platform>(app: &App<P>, caller: &Caller) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let user = users::by_id(&connection, &caller.user_id).await?;
    let user =
        user.ok_or_else(|| Failure::unauthorized("the account of this token does not exist any more"))?;
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

impl<P: Platform> App<P> {
    async fn begin_session(
        &self,
        connection: &impl Connection,
        user: User,
        family: String,
        now: i64,
    ) -> Result<Session, Failure> {
        let refresh_token = refresh_token(&self.platform.random());
        let expires_at = now.saturating_add(REFRESH_SECONDS.saturating_mul(1000));
        let hash = token_hash(&refresh_token);
        users::insert_refresh_token(connection, hash, &family, &user.id, expires_at).await?;
        let access_token = self
            .signer
            .sign(&user.id, &user.email, self.new_id(), now.div_euclid(1000));
        let access_token = access_token.ok_or_else(|| Failure::internal("the token cannot be signed"))?;
        Ok(Session {
            access_token,
            refresh_token,
            token_type: "Bearer",
            expires_in: ACCESS_SECONDS,
            user,
        })
    }
}
