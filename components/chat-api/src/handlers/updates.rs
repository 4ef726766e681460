//! GET /updates

use std::rc::Rc;

use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use todo_domain::problem::Code;
use todo_domain::sse;

use crate::app::{App, Caller, Reply};
use crate::failure::Failure;
use crate::platform::{FeedError, Platform};
use crate::request::Call;
use crate::updates::UpdateStream;

/// Opens the stream of a user's updates.
pub(crate) async fn open<P: Platform>(
    app: &Rc<App<P>>,
    call: &Call,
    caller: &Caller,
) -> Result<Reply<P>, Failure> {
    let last_event_id = match call
        .header("last-event-id")
        .map(str::trim)
        .filter(|id| !id.is_empty())
    {
        None => None,
        Some(id) => {
            let number = id.parse::<i64>().ok().filter(|number| *number >= 0);
            let wrong = || Failure::new(Code::BadRequest, "`last-event-id` must be an id of this stream");
            Some(number.ok_or_else(wrong)?)
        }
    };
    let subscription = app
        .platform
        .subscribe(&caller.user_id)
        .await
        .map_err(|error| match error {
            FeedError::Unavailable(reason) => Failure::unavailable(reason),
            FeedError::TooSlow => Failure::unavailable("the feed is too slow"),
        })?;
    let stream = UpdateStream::open(Rc::clone(app), caller, subscription, last_event_id).await?;
    let mut head = http::Response::new(());
    for (name, value) in [
        (CONTENT_TYPE, sse::CONTENT_TYPE),
        (CACHE_CONTROL, "no-store"),
        // Proxies that collect answers would keep events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        head.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(Reply::Stream(head, Box::new(stream)))
}
