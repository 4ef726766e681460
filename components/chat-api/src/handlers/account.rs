//! What only the owner of an account may do to it: change the password, and delete the account. A session is not enough, for
//! somebody else may sit before it: both want the password as well.

use http::StatusCode;
use todo_domain::account::{AccountDeletion, PasswordChange};
use todo_service::answer::{Answer, json};
use todo_service::database::{Database, in_transaction_on};

use super::auth::{private, wrong_password};
use crate::app::{App, Caller};
use crate::auth::password;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::users::{self, User};
use crate::unit::Unit;

/// POST /auth/password: ends all sessions and answers a new one. Idempotency keys do not count here: the answer would be
/// kept, and with it the tokens.
pub(crate) async fn change_password<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let PasswordChange { current, new } = PasswordChange::parse(&call.json(None)?)?;
    let (user, known) = verified(app, call, caller, &current).await?;
    let hash = password::hash(&new, &app.platform.random());
    if hash.is_empty() {
        return Err(Failure::internal("the password cannot be hashed"));
    }
    let now = app.now()?;
    app.ensure_jobs().await;
    let new_id = || app.new_id();
    let connection = app.platform.database().connect().await?;
    let session = in_transaction_on(&connection, &[&caller.user_id], async |connection| {
        // Of two who know the same password one changes it.
        if !users::set_password(connection, &caller.user_id, &known, hash).await? {
            return Err(wrong_password());
        }
        let unit = Unit::new(connection, &caller.user_id, now, call.traceparent(), &new_id);
        unit.end_sessions().await?;
        unit.finish().await?;
        app.begin_session(connection, user, app.new_id(), call.now).await
    })
    .await?;
    app.sessions_have_ended();
    Ok(private(json(StatusCode::OK, &session)))
}

/// DELETE /auth/me: the account and all that it has. The other services are told, and delete what they have of it.
pub(crate) async fn delete<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let known = match &caller.subject {
        // Such an account has no password; that its provider has let the caller in within minutes must do.
        Some(_subject) => String::new(),
        None => {
            let AccountDeletion { password } = AccountDeletion::parse(&call.json(None)?)?;
            verified(app, call, caller, &password).await?.1
        }
    };
    let now = app.now()?;
    app.ensure_jobs().await;
    let new_id = || app.new_id();
    let connection = app.platform.database().connect().await?;
    in_transaction_on(&connection, &[&caller.user_id], async |connection| {
        // It may have been deleted, or have got another password, while this one was verified.
        if !users::has_password(connection, &caller.user_id, &known).await? {
            return Err(wrong_password());
        }
        let unit = Unit::new(connection, &caller.user_id, now, call.traceparent(), &new_id);
        unit.delete_account().await
    })
    .await?;
    app.sessions_have_ended();
    Ok(super::no_content())
}

/// The caller's account and the hash of its password, if this is the password. Each try is counted.
async fn verified<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    password: &str,
) -> Result<(User, String), Failure> {
    app.count_own_attempt(call, caller).await?;
    let connection = app.platform.database().connect().await?;
    let known = users::with_password(&connection, &caller.user_id).await?;
    drop(connection);
    let (user, hash) = known.ok_or_else(Failure::account_gone)?;
    if password::verify(password, &hash) {
        Ok((user, hash))
    } else {
        Err(wrong_password())
    }
}
