//! Writes: one transaction for the change, what others are told of it, and the answer under the client's idempotency key.

mod claim;

use std::cell::RefCell;
use std::collections::HashSet;

use bytes::Bytes;
use http::header::{ETAG, HeaderName, LOCATION};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};
use todo_domain::problem::Code;
use todo_service::answer::{Answer, with_body};
use todo_service::database::{Database, in_transaction_on};

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::idempotency::{self, Stored};
use crate::unit::Unit;

pub(crate) use self::claim::{Claim, Claimed};
use self::claim::{Found, found};

/// How long an answer is kept, in milliseconds.
pub(crate) const KEPT_FOR: i64 = 24 * 3600 * 1000;

/// Headers that belong to an answer wherever it is given again.
const KEPT_HEADERS: [HeaderName; 2] = [ETAG, LOCATION];

/// Tells a client that its answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A key that this instance is at, for as long as this lives.
struct InFlight<'a> {
    keys: &'a RefCell<HashSet<(String, String)>>,
    key: (String, String),
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.keys.borrow_mut().remove(&self.key);
    }
}

impl<P: Platform> App<P> {
    /// Does a user's change in one transaction. With an idempotency key it is done once, and answered the same again.
    ///
    /// A user's writers come one after the other, so a request with the same key on another instance waits and then finds the answer;
    /// on the same instance it is told at once that the first is under way.
    pub(crate) async fn write(
        &self,
        call: &Call,
        caller: &Caller,
        work: impl AsyncFnOnce(&Unit<'_, <P::Database as Database>::Connection>) -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        let key = idempotency_key(call)?;
        let target = call
            .parts
            .uri
            .path_and_query()
            .map_or(call.path(), |target| target.as_str());
        let fingerprint = key.map(|_key| call.fingerprint(target)).transpose()?;
        let _in_flight = key.map(|key| self.fly(&caller.user_id, key)).transpose()?;
        let now = self.now()?;
        self.ensure_jobs().await;
        let connection = self.platform.database().connect().await?;
        let new_id = || self.new_id();
        let (answer, is_told) = in_transaction_on(&connection, &[&caller.user_id], async |connection| {
            if let (Some(key), Some(fingerprint)) = (key, &fingerprint) {
                let since = now.millis().saturating_sub(KEPT_FOR);
                let stored = idempotency::find(connection, &caller.user_id, key, since).await?;
                if let Some(stored) = stored
                    && let Some(answer) = again(stored, fingerprint, now.millis())?
                {
                    return Ok((answer, false));
                }
            }
            let unit = Unit::new(connection, &caller.user_id, now, call.traceparent(), &new_id);
            let answer = work(&unit).await?;
            let is_told = unit.finish().await?;
            if let (Some(key), Some(fingerprint)) = (key, fingerprint) {
                let stored = stored(&answer, fingerprint, now.millis());
                idempotency::insert(connection, caller.owner(), key, stored).await?;
            }
            Ok::<_, Failure>((answer, is_told))
        })
        .await?;
        if is_told {
            self.relay.want();
        }
        Ok(answer)
    }

    fn fly(&self, user_id: &str, key: &str) -> Result<InFlight<'_>, Failure> {
        let key = (user_id.to_owned(), key.to_owned());
        if !self.in_flight.borrow_mut().insert(key.clone()) {
            return Err(under_way());
        }
        Ok(InFlight {
            keys: &self.in_flight,
            key,
        })
    }
}

/// The key that the client has given the request.
pub(super) fn idempotency_key(call: &Call) -> Result<Option<&str>, Failure> {
    let Some(header) = call.parts.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = header.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        Failure::new(
            Code::BadRequest,
            "`idempotency-key` must have 1 to 255 visible characters",
        )
    })
}

fn under_way() -> Failure {
    let detail = "the first request with this idempotency key is not answered yet; try again";
    Failure::new(Code::IdempotencyInFlight, detail)
}

fn stored(answer: &Answer, fingerprint: String, now: i64) -> Stored {
    let headers = KEPT_HEADERS.iter().filter_map(|name| {
        let value = answer.headers().get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), Value::from(value)))
    });
    Stored {
        fingerprint,
        status: i64::from(answer.status().as_u16()),
        headers: Value::Object(headers.collect::<Map<_, _>>()).to_string(),
        body: String::from_utf8_lossy(answer.body()).into_owned(),
        created_at: now,
    }
}

/// The answer that was given under the key; none if none was and the work is to be done.
fn again(stored: Stored, fingerprint: &str, now: i64) -> Result<Option<Answer>, Failure> {
    if stored.fingerprint != fingerprint {
        let detail = "this idempotency key was used for a request with another method, path or body";
        return Err(Failure::new(Code::IdempotencyKeyReused, detail));
    }
    let stored = match found(stored, now) {
        Found::Answered(stored) => stored,
        Found::UnderWay => return Err(under_way()),
        Found::Abandoned => return Ok(None),
    };
    let status = u16::try_from(stored.status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| Failure::internal("a stored answer has no status"))?;
    let mut answer = with_body(status, "application/json", Bytes::from(stored.body));
    if answer.body().is_empty() {
        answer.headers_mut().remove(http::header::CONTENT_TYPE);
    }
    let headers: Map<String, Value> = serde_json::from_str(&stored.headers).unwrap_or_default();
    for (name, value) in headers {
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name), value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Some(answer))
}
