//! How many requests one user or address may make in a minute, and how often the password of an account may be tried.
//!
//! The count slides: of the window before, as much counts as still lies within the length of one. Log-ins and chat are
//! counted in the shared table, one by one, before anything else is done. Everything else is counted in the instance's
//! memory and added to the shared table a tenth of the limit at a time, so that a read costs no write: with several
//! instances a user may get that tenth more from each of them, and no more.

use std::cell::RefCell;
use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use todo_service::database::{Connection, DatabaseError};

use crate::settings::Settings;
use crate::store::limits::{self, Addition, Counts};

/// The length of a window, in milliseconds.
const WINDOW: i64 = 60_000;

/// The length of a window in which passwords of one account are tried, in milliseconds: who guesses has time, and would
/// have a thousand tries a day of the few in a minute.
const ACCOUNT_WINDOW: i64 = 15 * WINDOW;

/// The oldest window that still counts. Windows are named by the minute in which they begin.
pub(crate) fn oldest_window(now: i64) -> i64 {
    (now - 2 * ACCOUNT_WINDOW).div_euclid(WINDOW)
}

/// How many users and addresses an instance counts for; beyond it, the counts of windows that are over are dropped.
const MOST_KNOWN: usize = 4_096;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Sign-up and log-in.
    Auth,
    /// Tries of an account's password.
    Account,
    Chat,
    /// Questions with the FAQ's key.
    Faq,
    Default,
}

/// How a request stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    limit: i64,
    remaining: i64,
    /// Seconds until the present window ends.
    reset: i64,
    /// Seconds to wait, where the limit is passed.
    retry_after: Option<i64>,
}

impl Standing {
    /// Seconds to wait before the next try, if this one is one too many.
    pub(crate) fn retry_after(&self) -> Option<i64> {
        self.retry_after
    }

    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            ("ratelimit-limit", self.limit),
            ("ratelimit-remaining", self.remaining),
            ("ratelimit-reset", self.reset),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
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

/// The counters of an instance.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    local: RefCell<HashMap<String, Local>>,
}

impl Limits {
    /// Counts a request of `who`. Answers nothing where there is no limit.
    pub(crate) async fn count<C: Connection>(
        &self,
        settings: &Settings,
        class: Class,
        who: &str,
        now: i64,
        connect: impl AsyncFnOnce() -> Result<C, DatabaseError>,
    ) -> Result<Option<Standing>, DatabaseError> {
        let (name, limit) = match class {
            Class::Auth => ("auth", settings.auth_limit),
            Class::Account => ("account", settings.account_limit),
            Class::Chat => ("chat", settings.chat_limit),
            Class::Faq => ("faq", settings.knowledge.faq_limit),
            Class::Default => ("default", settings.default_limit),
        };
        if limit == 0 {
            return Ok(None);
        }
        let moment = Moment::of(
            now,
            if class == Class::Account {
                ACCOUNT_WINDOW
            } else {
                WINDOW
            },
        );
        let (bucket, limit) = (format!("{name}:{who}"), i64::from(limit));
        let (counts, is_accepted) = match class {
            Class::Auth | Class::Account | Class::Chat | Class::Faq => {
                limits::add(&connect().await?, &bucket, moment.addition(1, limit)).await?
            }
            Class::Default => self.count_locally(bucket, limit, moment, connect).await?,
        };
        Ok(Some(standing(counts, is_accepted, limit, moment)))
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
        let (shared, _is_accepted) = limits::add(&connect().await?, &bucket, addition).await?;
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
            window: now.div_euclid(length) * (length / WINDOW),
            length,
            left: length - now.rem_euclid(length),
        }
    }

    fn addition(self, requests: i64, limit: i64) -> Addition {
        Addition {
            requests,
            window: self.window,
            step: self.length / WINDOW,
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
mod tests {
    use futures::executor::block_on;
    use todo_service::database::Database as _;
    use todo_service::database::testing::TestDatabase;
    use todo_service::migrate::migrate;

    use super::*;
    use crate::store::migrations::SCHEMA;

    const START: i64 = 1_760_000_040_000;

    fn settings(limit: u32) -> Settings {
        Settings {
            signing_key: String::new(),
            oidc: crate::settings::IssuerSettings::default(),
            internal_token: String::new(),
            auth_limit: limit,
            account_limit: limit,
            chat_limit: limit,
            default_limit: limit,
            trusted_proxies: 0,
            public_url: String::new(),
            knowledge: crate::knowledge::options::Options::default(),
        }
    }

    fn database() -> TestDatabase {
        let database = TestDatabase::new().unwrap();
        block_on(async { migrate(&database.connect().await?, &SCHEMA).await }).unwrap();
        database
    }

    /// How many of so many requests pass.
    fn passed(
        limits: &Limits,
        database: &TestDatabase,
        class: Class,
        limit: u32,
        who: &str,
        requests: i64,
        now: i64,
    ) -> usize {
        let count =
            || block_on(limits.count(&settings(limit), class, who, now, || database.connect())).unwrap();
        (0..requests)
            .filter(|_| count().is_none_or(|standing| standing.retry_after().is_none()))
            .count()
    }

    #[test]
    fn the_sixth_log_in_of_a_minute_is_one_too_many_whatever_the_instance() {
        let (database, one, other) = (database(), Limits::default(), Limits::default());
        assert_eq!(passed(&one, &database, Class::Auth, 5, "a", 3, START), 3);
        assert_eq!(passed(&other, &database, Class::Auth, 5, "a", 3, START + 1), 2);
        assert_eq!(passed(&other, &database, Class::Auth, 5, "b", 3, START + 1), 3);
        // Across the border of the minute nothing is given away.
        assert_eq!(passed(&one, &database, Class::Auth, 5, "a", 3, START + WINDOW), 0);
        assert_eq!(
            passed(
                &one,
                &database,
                Class::Auth,
                5,
                "a",
                9,
                START + WINDOW + WINDOW / 2
            ),
            2
        );
        assert_eq!(
            passed(&one, &database, Class::Auth, 5, "a", 9, START + 9 * WINDOW),
            5
        );
    }

    #[test]
    fn whoever_waits_as_long_as_told_passes() {
        for (class, limit) in [
            (Class::Chat, 5),
            (Class::Auth, 1),
            (Class::Account, 7),
            (Class::Chat, 30),
            (Class::Default, 7),
        ] {
            let (database, limits) = (database(), Limits::default());
            let count = |now| {
                block_on(limits.count(&settings(limit), class, "a", now, || database.connect())).unwrap()
            };
            let mut now = START + 31_234;
            for _ in 0..100 {
                if let Some(seconds) = count(now).unwrap().retry_after() {
                    now += seconds * 1000;
                    assert_eq!(
                        count(now).unwrap().retry_after(),
                        None,
                        "{class:?} {limit} at {now}"
                    );
                }
                now += 700;
            }
        }
    }

    #[test]
    fn reads_write_once_for_a_tenth_of_the_limit() {
        let (database, limits) = (database(), Limits::default());
        database.fail_after(2);
        assert_eq!(
            passed(&limits, &database, Class::Default, 300, "a", 89, START),
            89
        );
        assert_eq!(database.remaining(), Some(0));
        database.recover();
        assert_eq!(
            passed(&limits, &database, Class::Default, 300, "a", 400, START),
            300 - 89
        );
    }

    #[test]
    fn instances_share_what_they_count() {
        let (database, one, other) = (database(), Limits::default(), Limits::default());
        assert_eq!(passed(&one, &database, Class::Default, 300, "a", 270, START), 270);
        let more = passed(&other, &database, Class::Default, 300, "a", 300, START);
        assert!((30..60).contains(&more), "{more}");
    }

    #[test]
    fn no_limit_is_no_header() {
        let (database, limits) = (database(), Limits::default());
        assert_eq!(passed(&limits, &database, Class::Auth, 0, "a", 50, START), 50);
        let standing =
            block_on(limits.count(&settings(2), Class::Auth, "b", START, || database.connect())).unwrap();
        let mut headers = HeaderMap::new();
        standing.unwrap().write(&mut headers);
        assert_eq!(
            (&headers["ratelimit-limit"], &headers["ratelimit-remaining"]),
            (&HeaderValue::from(2), &HeaderValue::from(1))
        );
        assert_eq!(headers["ratelimit-reset"], "60");
    }
}
