//! A calendar of the user's tasks at an address that nobody can guess, for programs that cannot log in.
//!
//! Only a hash of its secret part is kept, so nobody who reads the database can open the calendar, and the address can be
//! shown only when it is made.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, HeaderName};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use todo_domain::time::Timestamp;
use todo_exchange::Format;
use todo_service::answer::{self, Answer, is_known, with_body};
use todo_service::database::{Database, in_transaction_on};

use super::exchange::headers;
use crate::app::{App, Caller, Reply};
use crate::download::Download;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::exchange::{self, Which};

/// The length of 32 bytes in base64.
const TOKEN_LENGTH: usize = 43;

/// How long a task that is done stays in the calendar, in milliseconds.
const SHOWN_FOR: i64 = 30 * DAY;

const DAY: i64 = 24 * 3600 * 1000;

/// What a user is told of their calendar.
#[derive(Serialize)]
struct Feed {
    /// Only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    created_at: Timestamp,
}

fn hash(token: &str) -> String {
    crate::hex::encode(&Sha256::digest(token))
}

/// POST /calendar-feed: a new address. The one before, if there was one, is no more.
pub(crate) async fn rotate<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let created_at = app.now()?;
    let token = URL_SAFE_NO_PAD.encode(app.platform.random());
    let connection = app.platform.database().connect().await?;
    let kept = in_transaction_on(&connection, &[&caller.user_id], async |connection| {
        exchange::set_feed(connection, &caller.user_id, hash(&token), created_at.millis()).await
    })
    .await?;
    if !kept {
        return Err(Failure::account_gone());
    }
    let url = format!(
        "{}/calendar/{token}.ics",
        origin(call, app.settings.trusted_proxies)
    );
    let feed = Feed {
        url: Some(url),
        created_at,
    };
    let mut answer = answer::json(StatusCode::CREATED, &feed);
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Where the caller reached this service, as far as the request says so. It is told to nobody else.
fn origin(call: &Call, trusted_proxies: u32) -> String {
    let uri = &call.parts.uri;
    let host = uri.authority().map(|authority| authority.as_str());
    let Some(host) = host.or_else(|| call.header(HOST.as_str())) else {
        return String::new();
    };
    let forwarded = call.header("x-forwarded-proto").filter(|_| trusted_proxies > 0);
    let is_secure = forwarded.or(uri.scheme_str()) == Some("https");
    format!("{}://{host}", if is_secure { "https" } else { "http" })
}

/// GET /calendar-feed: whether there is an address.
pub(crate) async fn get<P: Platform>(app: &App<P>, call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let created_at = exchange::feed_of(&connection, &caller.user_id).await?;
    let created_at = created_at
        .and_then(Timestamp::from_millis)
        .ok_or_else(Failure::not_found)?;
    let feed = Feed {
        url: None,
        created_at,
    };
    Ok(answer::json_unless_known(&call.parts.headers, &feed))
}

/// DELETE /calendar-feed
pub(crate) async fn revoke<P: Platform>(app: &App<P>, caller: &Caller) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    exchange::remove_feed(&connection, &caller.user_id).await?;
    Ok(super::no_content())
}

/// GET /calendar/{token}.ics
pub(crate) async fn feed<P: Platform>(
    app: &Rc<App<P>>,
    call: &Call,
    token: &str,
) -> Result<Reply<P>, Failure> {
    if token.len() != TOKEN_LENGTH {
        return Err(Failure::not_found());
    }
    let now = app.now()?;
    let connection = app.platform.database().connect().await?;
    let found = exchange::feed(&connection, hash(token)).await?;
    drop(connection);
    let (user_id, last_update) = found.ok_or_else(Failure::not_found)?;
    // Every change is counted, and with the days tasks that are done leave: so nothing need be written to know what is new.
    let today = now.millis().div_euclid(DAY);
    let version = hash(&format!("1\n{user_id}\n{last_update}\n{today}"));
    let tag = format!("\"{}\"", version.get(..32).unwrap_or_default());
    let mut reply = if is_known(&call.parts.headers, &tag) {
        let mut answer = with_body(
            StatusCode::NOT_MODIFIED,
            Format::ICalendar.content_type(),
            bytes::Bytes::new(),
        );
        answer.headers_mut().remove(CONTENT_TYPE);
        Reply::Complete(answer)
    } else {
        let since = today * DAY - SHOWN_FOR;
        Download::open(app, user_id, Which::Current { since }, Format::ICalendar, now).await?
    };
    let headers = headers(&mut reply);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    // Were the address to get into a page, it should not get into search engines.
    headers.insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex"),
    );
    Ok(reply)
}
