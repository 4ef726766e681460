//! How many requests one user or address may make within a window of time, counted by all instances together.
//!
//! The count slides: of the window before, as much counts as still lies within the length of one. A limit is counted in the
//! shared table request by request, before anything else is done; or in the instance's memory, of which a tenth of the limit
//! at a time is added to the shared table, so that a read costs no write: with several instances a user may get that tenth
//! more from each of them, and no more.

mod table;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};
use todo_domain::time::Timestamp;

use self::table::{Addition, Counts};
use crate::answer::Failure;
use crate::database::{Connection, DatabaseError};

/// The length of a short window, in milliseconds.
const MINUTE: i64 = 60_000;

/// Under this name stand the requests of a user that no other limit is for.
const OTHERS: &str = "default";

/// How many users and addresses an instance counts for; beyond it, the counts of windows that are over are dropped.
const MOST_KNOWN: usize = 4_096;

/// So many requests within a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What the requests are, as a part of the name that they are counted under.
    pub name: &'static str,
    /// How many; 0 for any number.
    pub requests: u32,
    /// Within how long.
    pub window: Window,
    /// How they are counted.
    pub counting: Counting,
}

/// The lengths that a window can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// For what somebody does again and again.
    Minute,
    /// For passwords: who guesses has time, and would have a thousand tries a day of the few in a minute.
    QuarterHour,
}

/// When a request is in the shared table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Before it is answered.
    Each,
    /// When a tenth of the limit has come.
    InShares,
}

/// How a request stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    limit: i64,
    remaining: i64,
    /// Seconds until the present window ends.
    reset: i64,
    /// Seconds to wait, where the limit is passed.
    retry_after: Option<i64>,
}

impl Standing {
    /// Seconds to wait before the next try, if this one is one too many.
    #[must_use]
    pub fn retry_after(&self) -> Option<i64> {
        self.retry_after
    }

    /// Says it in the `RateLimit-*` headers of an answer, and in `Retry-After` if there is to be a next try.
    pub fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            ("ratelimit-limit", self.limit),
            ("ratelimit-remaining", self.remaining),
            ("ratelimit-reset", self.reset),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

/// What an instance has counted itself.
#[derive(Clone, Copy, Debug, Default)]
struct Local {
    window: i64,
    /// As the shared table had it when it was last asked, in this window.
    shared: Counts,
    /// Counted since.
    unshared: i64,
}

/// The counters of an instance, and the table that it shares with the others.
#[derive(Debug)]
pub struct RateLimits {
    table: &'static str,
    local: RefCell<HashMap<String, Local>>,
    /// The window in which a share was last written, and with it old counts removed.
    shared_in: Cell<i64>,
}

impl RateLimits {
    /// Counts in this table, which the statement of [`rate_limit_table!`](crate::rate_limit_table) makes.
    #[must_use]
    pub fn new(table: &'static str) -> Self {
        Self {
            table,
            local: RefCell::default(),
            shared_in: Cell::default(),
        }
    }

    /// Counts a request of a user, of which so many a minute are let in. Answers how the user stands; nothing where there is no
    /// limit.
    ///
    /// # Errors
    /// It is one too many, or the database does not answer.
    pub async fn admit<C: Connection>(
        &self,
        requests: u32,
        user_id: &str,
        now: Timestamp,
        connect: impl AsyncFnOnce() -> Result<C, DatabaseError>,
    ) -> Result<Option<Standing>, Failure> {
        let limit = Limit {
            name: OTHERS,
            requests,
            window: Window::Minute,
            counting: Counting::InShares,
        };
        match self.count(limit, user_id, now.millis(), connect).await? {
            Some(standing) if standing.retry_after.is_some() => Err(Failure::rate_limited(standing)),
            standing => Ok(standing),
        }
    }

    /// Counts a request of `who`. Answers nothing where there is no limit. `now` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn count<C: Connection>(
        &self,
        limit: Limit,
        who: &str,
        now: i64,
        connect: impl AsyncFnOnce() -> Result<C, DatabaseError>,
    ) -> Result<Option<Standing>, DatabaseError> {
        let Limit {
            name,
            requests,
            window,
            counting,
        } = limit;
        if requests == 0 {
            return Ok(None);
        }
        let moment = Moment::of(now, window.length());
        let (bucket, limit) = (bucket(name, who), i64::from(requests));
        let (counts, is_accepted) = match counting {
            Counting::Each => {
                table::add(&connect().await?, self.table, &bucket, moment.addition(1, limit)).await?
            }
            Counting::InShares => self.count_locally(bucket, limit, moment, connect).await?,
        };
        Ok(Some(standing(counts, is_accepted, limit, moment)))
    }

    /// Forgets what was counted of a user under one of these names, or by [`Self::admit`], in a table of counts.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn forget(
        connection: &impl Connection,
        table: &str,
        user_id: &str,
        names: &[&str],
    ) -> Result<(), DatabaseError> {
        for name in names.iter().chain([&OTHERS]) {
            table::forget(connection, table, &bucket(name, user_id)).await?;
        }
        Ok(())
    }

    /// Forgets, in a table of counts, those that are over at this time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn prune(connection: &impl Connection, table: &str, now: i64) -> Result<(), DatabaseError> {
        table::prune(connection, table, oldest_window(now)).await
    }

    async fn count_locally<C: Connection>(
        &self,
        bucket: String,
        limit: i64,
        moment: Moment,
        connect: impl AsyncFnOnce() -> Result<C, DatabaseError>,
    ) -> Result<(Counts, bool), DatabaseError> {
        let share = (limit / 10).max(1);
        let to_share = {
            let mut known = self.local.borrow_mut();
            if known.len() >= MOST_KNOWN {
                known.retain(|_bucket, local| local.window >= moment.window);
            }
            let local = known.entry(bucket.clone()).or_default();
            local.turn_to(moment.window);
            if moment.weigh(local.counts()) >= limit {
                return Ok((local.counts(), false));
            }
            local.unshared += 1;
            if local.unshared < share {
                return Ok((local.counts(), true));
            }
            // Counted as shared from here on, so that requests that come meanwhile do not share it again.
            local.shared.used += local.unshared;
            std::mem::take(&mut local.unshared)
        };
        // They were let in already, so they are counted, whatever the others have counted.
        let addition = moment.addition(to_share, i64::MAX);
        let connection = connect().await?;
        let (shared, _is_accepted) = table::add(&connection, self.table, &bucket, addition).await?;
        let before = self.shared_in.replace(moment.window);
        if before != 0 && before != moment.window {
            table::prune(&connection, self.table, oldest_window(moment.window * MINUTE)).await?;
        }
        if let Some(local) = self
            .local
            .borrow_mut()
            .get_mut(&bucket)
            .filter(|local| local.window == moment.window)
        {
            local.shared = shared;
        }
        Ok((shared, true))
    }
}

impl Window {
    /// In milliseconds.
    fn length(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::QuarterHour => 15 * MINUTE,
        }
    }
}

/// The oldest window that still counts. Windows are named by the minute in which they begin.
fn oldest_window(now: i64) -> i64 {
    (now - 2 * Window::QuarterHour.length()).div_euclid(MINUTE)
}

fn bucket(name: &str, who: &str) -> String {
    format!("{name}:{who}")
}

impl Local {
    fn counts(&self) -> Counts {
        Counts {
            used: self.shared.used + self.unshared,
            previous: self.shared.previous,
        }
    }

    fn turn_to(&mut self, window: i64) {
        if self.window != window {
            let previous = if self.window + 1 == window {
                self.counts().used
            } else {
                0
            };
            *self = Self {
                window,
                shared: Counts { used: 0, previous },
                unshared: 0,
            };
        }
    }
}

/// A time within its window.
#[derive(Clone, Copy, Debug)]
struct Moment {
    window: i64,
    /// How long a window is, in milliseconds.
    length: i64,
    /// Milliseconds until the next one.
    left: i64,
}

impl Moment {
    fn of(now: i64, length: i64) -> Self {
        Self {
            window: now.div_euclid(length) * (length / MINUTE),
            length,
            left: length - now.rem_euclid(length),
        }
    }

    fn addition(self, requests: i64, limit: i64) -> Addition {
        Addition {
            requests,
            window: self.window,
            step: self.length / MINUTE,
            length: self.length,
            left: self.left,
            limit,
        }
    }

    /// How many requests the last length of a window has seen, the last part of an old one counting whole.
    fn weigh(self, counts: Counts) -> i64 {
        counts.used + (counts.previous * self.left + self.length - 1).div_euclid(self.length)
    }
}

fn standing(counts: Counts, is_accepted: bool, limit: i64, moment: Moment) -> Standing {
    let wait = if counts.used >= limit {
        // Until the window is over, and then until one of its requests is as old as a window is long.
        moment.left + moment.length.div_euclid(limit)
    } else {
        // Until enough of the window before is that old.
        let tolerated = (limit - counts.used - 1) * moment.length / counts.previous.max(1);
        moment.left - tolerated.min(moment.left)
    };
    let seconds = |milliseconds: i64| (milliseconds + 999) / 1000;
    Standing {
        limit,
        remaining: (limit - moment.weigh(counts)).max(0),
        reset: seconds(moment.left),
        retry_after: (!is_accepted).then(|| seconds(wait).max(1)),
    }
}

#[cfg(test)]
mod tests;
