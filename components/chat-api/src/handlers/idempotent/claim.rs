//! An idempotency key for work that takes more than one transaction: it is claimed before the work, holds what was done so far
//! after each part of it, and the answer in the end.
//!
//! While the claim lasts, requests with the key are told that the first is under way. Of one that was killed the next request gets
//! what was done so far as its answer; where nothing was done, it does the work.

use http::StatusCode;
use serde_json::Value;
use todo_service::answer::Answer;
use todo_service::database::{Connection, Database, DatabaseError, in_transaction_on};

use super::{KEPT_FOR, again, idempotency_key};
use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::idempotency::{self, Owner, Stored};

/// The status of an answer that is not there yet.
pub(super) const UNDER_WAY: i64 = 102;

/// How long work that took a key may take, in milliseconds; longer than any that does.
const LASTS_FOR: i64 = 150_000;

/// A key that was claimed.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    key: String,
    fingerprint: String,
}

/// What came of claiming.
pub(crate) enum Claimed {
    /// The request has no key.
    No,
    /// It was answered before.
    Before(Answer),
    /// The work is to be done.
    Now(Claim),
}

/// What a key that was found means.
pub(super) enum Found {
    /// It was answered.
    Answered(Stored),
    /// The first request is at it.
    UnderWay,
    /// The first request was killed before it did anything.
    Abandoned,
}

pub(super) fn found(stored: Stored, now: i64) -> Found {
    if stored.status != UNDER_WAY {
        Found::Answered(stored)
    } else if stored.created_at.saturating_add(LASTS_FOR) > now {
        Found::UnderWay
    } else if stored.body.is_empty() {
        Found::Abandoned
    } else {
        Found::Answered(Stored {
            status: i64::from(StatusCode::OK.as_u16()),
            ..stored
        })
    }
}

impl<P: Platform> App<P> {
    /// Claims the request's key, if it has one.
    pub(crate) async fn claim(&self, call: &Call, caller: &Caller) -> Result<Claimed, Failure> {
        let Some(key) = idempotency_key(call)? else {
            return Ok(Claimed::No);
        };
        let target = call.parts.uri.path_and_query();
        let fingerprint = call.fingerprint(target.map_or(call.path(), |target| target.as_str()))?;
        let claim = Claim {
            key: key.to_owned(),
            fingerprint,
        };
        let now = self.now()?.millis();
        let user_id = caller.user_id.as_str();
        let connection = self.platform.database().connect().await?;
        let answered = in_transaction_on(&connection, &[user_id], async |connection| {
            let since = now.saturating_sub(KEPT_FOR);
            if let Some(stored) = idempotency::find(connection, user_id, key, since).await?
                && let Some(answer) = again(stored, &claim.fingerprint, now)?
            {
                return Ok(Some(answer));
            }
            claim
                .write(connection, user_id, UNDER_WAY, String::new(), now)
                .await?;
            Ok::<_, Failure>(None)
        })
        .await?;
        Ok(answered.map_or(Claimed::Now(claim), Claimed::Before))
    }
}

impl Claim {
    /// Keeps an answer under the key: what was done so far, or all of it.
    pub(crate) async fn keep(
        &self,
        connection: &impl Connection,
        user_id: &str,
        body: &Value,
        is_over: bool,
        now: i64,
    ) -> Result<(), DatabaseError> {
        let status = if is_over {
            i64::from(StatusCode::OK.as_u16())
        } else {
            UNDER_WAY
        };
        self.write(connection, user_id, status, body.to_string(), now)
            .await
    }

    /// Gives the key back after a failure, so that the request can be made again at once; where something was done, that is its
    /// answer. Does not fail: a claim ends by itself.
    pub(crate) async fn release<P: Platform>(&self, app: &App<P>, user_id: &str) {
        let released = async {
            let connection = app.platform.database().connect().await?;
            idempotency::release(&connection, user_id, &self.key, UNDER_WAY).await
        };
        if let Err(error) = released.await {
            app.platform.log(&format!(
                "an idempotency key was not given back, and ends by itself: {error}"
            ));
        }
    }

    async fn write(
        &self,
        connection: &impl Connection,
        user_id: &str,
        status: i64,
        body: String,
        now: i64,
    ) -> Result<(), DatabaseError> {
        let stored = Stored {
            fingerprint: self.fingerprint.clone(),
            status,
            headers: "{}".to_owned(),
            body,
            created_at: now,
        };
        idempotency::insert(connection, Owner::User(user_id), &self.key, stored).await
    }
}
