//! The stream of one user's updates: what was missed, then what happens, each with the number by which it is resumed.
//!
//! The feed is subscribed to before the log is read. So an update is in the log, or comes by the feed, or both; numbers tell
//! which were sent already, and a number that skips some sends the stream back to the log. Notifications belong to another
//! service and have no number here: they go out under the last one, and a browser that was away reads them anew.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use serde_json::Value;
use todo_domain::events::{SESSION_ENDED, TASK_SYNC, USER_DELETED};
use todo_domain::sse::{KEEP_ALIVE, ServerSentEvent};
use todo_service::database::Database;

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::{FeedError, Platform, Subscription};
use crate::store::updates;

/// How often something is sent, and the log looked at, whether or not anything happens.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many updates are read from the log at once.
const READ_AT_ONCE: i64 = 100;

type Waiting = Pin<Box<dyn Future<Output = Result<Vec<Vec<u8>>, FeedError>>>>;

/// An open stream.
pub struct UpdateStream<P: Platform> {
    app: Rc<App<P>>,
    user_id: String,
    /// What was shown to open it: when that is over, so is the stream.
    session: Option<String>,
    /// When the token expires, in milliseconds since the Unix epoch.
    ends_at: i64,
    subscription: Rc<P::Subscription>,
    /// Kept over heartbeats: giving up a wait could lose what has just come.
    waiting: Option<Waiting>,
    ready: VecDeque<String>,
    /// The number of the last update that was sent.
    last: i64,
    /// Whether the log may hold updates after it.
    is_behind: bool,
    has_ended: bool,
}

impl<P: Platform> fmt::Debug for UpdateStream<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UpdateStream")
            .field("user_id", &self.user_id)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl<P: Platform> UpdateStream<P> {
    /// After this update or, where none is named, from now on.
    pub(crate) async fn open(
        app: Rc<App<P>>,
        caller: &Caller,
        subscription: P::Subscription,
        after: Option<i64>,
    ) -> Result<Self, Failure> {
        let connection = app.platform.database().connect().await?;
        let range = updates::range(&connection, &caller.user_id).await?;
        let gone = Failure::account_gone;
        let (newest, oldest) = range.ok_or_else(gone)?;
        drop(connection);
        // What lies between is not in the log any more, or the number is of another database: the state has to be read anew.
        let is_lost = after.is_some_and(|after| after > newest || after.saturating_add(1) < oldest);
        let last = after.filter(|_| !is_lost).unwrap_or(newest);
        let name = if is_lost { "reset" } else { "ready" };
        Ok(Self {
            app,
            user_id: caller.user_id.clone(),
            session: caller.session.clone(),
            ends_at: caller.expires_at.saturating_mul(1000),
            subscription: Rc::new(subscription),
            waiting: None,
            ready: VecDeque::from([event(last, name, "{}")]),
            last,
            is_behind: true,
            has_ended: false,
        })
    }

    /// What is to be sent next; nothing at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(text) = self.ready.pop_front() {
                return Some(text.into());
            }
            if self.has_ended || self.app.platform.now() >= self.ends_at {
                return None;
            }
            if self.is_behind {
                if let Err(failure) = self.catch_up().await {
                    let reason = failure.reason().unwrap_or_else(|| failure.detail());
                    self.app
                        .platform
                        .log(&format!("a stream of updates ends, to be resumed: {reason}"));
                    return None;
                }
                continue;
            }
            self.listen().await;
        }
    }

    /// Takes what the log has after the last update, if the session lasts.
    async fn catch_up(&mut self) -> Result<(), Failure> {
        if let Some(session) = &self.session
            && self.app.has_ended(session).await?
        {
            self.ready.clear();
            self.has_ended = true;
            return Ok(());
        }
        let connection = self.app.platform.database().connect().await?;
        let found = updates::after(&connection, &self.user_id, self.last, READ_AT_ONCE).await?;
        self.is_behind = i64::try_from(found.len()).is_ok_and(|found| found == READ_AT_ONCE);
        for update in found {
            self.ready.push_back(event(update.seq, TASK_SYNC, &update.body));
            self.last = update.seq;
        }
        Ok(())
    }

    /// Waits for the feed, and no longer than until the next heartbeat.
    async fn listen(&mut self) {
        let left = u64::try_from(self.ends_at.saturating_sub(self.app.platform.now())).unwrap_or_default();
        let patience = HEARTBEAT.min(Duration::from_millis(left));
        let waiting = self.waiting.take().unwrap_or_else(|| {
            let subscription = Rc::clone(&self.subscription);
            Box::pin(async move { subscription.next().await })
        });
        let app = Rc::clone(&self.app);
        let pause = Box::pin(async move { app.platform.sleep(patience).await });
        match select(waiting, pause).await {
            Either::Left((Ok(bodies), _pause)) => bodies.iter().for_each(|body| self.take(body)),
            Either::Left((Err(error), _pause)) => {
                // The browser comes again, and finds in the log what the feed could not bring.
                self.app
                    .platform
                    .log(&format!("a stream of updates ends, to be resumed: {error:?}"));
                self.has_ended = true;
            }
            Either::Right(((), waiting)) => {
                self.waiting = Some(waiting);
                self.ready.push_back(KEEP_ALIVE.to_owned());
                self.is_behind = true;
            }
        }
    }

    fn take(&mut self, body: &[u8]) {
        let Ok(text) = std::str::from_utf8(body) else {
            return;
        };
        let Ok(cloud_event) = serde_json::from_str::<Value>(text) else {
            return;
        };
        // The key of the topic is the user; this is for a platform that filters less.
        if cloud_event.get("userid").and_then(Value::as_str) != Some(self.user_id.as_str()) {
            return;
        }
        let name = cloud_event
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if matches!(name, SESSION_ENDED | USER_DELETED) {
            // Whether it is this one is looked up, and nothing is sent of it.
            self.app.ended.has_changed();
            self.is_behind = true;
            return;
        }
        if name != TASK_SYNC {
            self.ready.push_back(event(self.last, name, text));
            return;
        }
        match cloud_event.pointer("/data/sequence").and_then(Value::as_i64) {
            Some(seq) if seq <= self.last => {}
            Some(seq) if seq == self.last.saturating_add(1) && !self.is_behind => {
                self.ready.push_back(event(seq, name, text));
                self.last = seq;
            }
            // Some are missing in between: the log has them.
            _ => self.is_behind = true,
        }
    }
}

fn event(seq: i64, name: &str, data: &str) -> String {
    ServerSentEvent {
        id: Some(&seq.to_string()),
        event: Some(name),
        data,
    }
    .to_string()
}
