//! How many pass, and how long the others wait.

use futures::executor::block_on;

use super::*;
use crate::database::Database as _;
use crate::database::testing::TestDatabase;

const START: i64 = 1_760_000_040_000;

const TABLE: &str = "test_rate_limits";

fn limits() -> RateLimits {
    RateLimits::new(TABLE)
}

fn limit(requests: u32, window: Window, counting: Counting) -> Limit {
    Limit {
        name: "test",
        requests,
        window,
        counting,
    }
}

fn each(requests: u32) -> Limit {
    limit(requests, Window::Minute, Counting::Each)
}

fn in_shares(requests: u32) -> Limit {
    limit(requests, Window::Minute, Counting::InShares)
}

fn database() -> TestDatabase {
    let database = TestDatabase::new().unwrap();
    block_on(async {
        let connection = database.connect().await?;
        connection
            .execute(crate::rate_limit_table!("test_rate_limits"), &[])
            .await
    })
    .unwrap();
    database
}

/// How many of so many requests pass.
fn passed(
    limits: &RateLimits,
    database: &TestDatabase,
    limit: Limit,
    who: &str,
    requests: i64,
    now: i64,
) -> usize {
    let count = || block_on(limits.count(limit, who, now, async || database.connect().await)).unwrap();
    (0..requests)
        .filter(|_| count().is_none_or(|standing| standing.retry_after().is_none()))
        .count()
}

#[test]
fn the_sixth_log_in_of_a_minute_is_one_too_many_whatever_the_instance() {
    let (database, one, other) = (database(), limits(), limits());
    assert_eq!(passed(&one, &database, each(5), "a", 3, START), 3);
    assert_eq!(passed(&other, &database, each(5), "a", 3, START + 1), 2);
    assert_eq!(passed(&other, &database, each(5), "b", 3, START + 1), 3);
    // Across the border of the minute nothing is given away.
    assert_eq!(passed(&one, &database, each(5), "a", 3, START + MINUTE), 0);
    assert_eq!(
        passed(&one, &database, each(5), "a", 9, START + MINUTE + MINUTE / 2),
        2
    );
    assert_eq!(passed(&one, &database, each(5), "a", 9, START + 9 * MINUTE), 5);
}

#[test]
fn whoever_waits_as_long_as_told_passes() {
    for limit in [
        each(5),
        each(1),
        limit(7, Window::QuarterHour, Counting::Each),
        each(30),
        in_shares(7),
    ] {
        let (database, limits) = (database(), limits());
        let count = |now| block_on(limits.count(limit, "a", now, async || database.connect().await)).unwrap();
        let mut now = START + 31_234;
        for _ in 0..100 {
            if let Some(seconds) = count(now).unwrap().retry_after() {
                now += seconds * 1000;
                assert_eq!(count(now).unwrap().retry_after(), None, "{limit:?} at {now}");
            }
            now += 700;
        }
    }
}

#[test]
fn reads_write_once_for_a_tenth_of_the_limit() {
    let (database, limits) = (database(), limits());
    database.fail_after(2);
    assert_eq!(passed(&limits, &database, in_shares(300), "a", 89, START), 89);
    assert_eq!(database.remaining(), Some(0));
    database.recover();
    assert_eq!(
        passed(&limits, &database, in_shares(300), "a", 400, START),
        300 - 89
    );
}

#[test]
fn instances_share_what_they_count() {
    let (database, one, other) = (database(), limits(), limits());
    assert_eq!(passed(&one, &database, in_shares(300), "a", 270, START), 270);
    let more = passed(&other, &database, in_shares(300), "a", 300, START);
    assert!((30..60).contains(&more), "{more}");
}

#[test]
fn no_limit_is_no_header() {
    let (database, limits) = (database(), limits());
    assert_eq!(passed(&limits, &database, each(0), "a", 50, START), 50);
    let standing = block_on(limits.count(each(2), "b", START, async || database.connect().await)).unwrap();
    let mut headers = HeaderMap::new();
    standing.unwrap().write(&mut headers);
    assert_eq!(
        (&headers["ratelimit-limit"], &headers["ratelimit-remaining"]),
        (&HeaderValue::from(2), &HeaderValue::from(1))
    );
    assert_eq!(headers["ratelimit-reset"], "60");
}

#[test]
fn a_user_who_is_not_let_in_is_told_how_long_to_wait_and_forgotten_when_asked() {
    let (database, limits) = (database(), limits());
    let now = Timestamp::from_millis(START).unwrap();
    let admit = || block_on(limits.admit(10, "ada", now, async || database.connect().await));
    for left in (0..10).rev() {
        assert_eq!(admit().unwrap().unwrap().remaining, left);
    }
    let refused = admit().unwrap_err().answer("/", "");
    assert_eq!(refused.status(), 429);
    for (name, value) in [
        ("ratelimit-limit", "10"),
        ("ratelimit-remaining", "0"),
        ("retry-after", "66"),
    ] {
        assert_eq!(refused.headers()[name], value, "{name}");
    }
    let rows = || {
        block_on(async {
            let connection = database.connect().await?;
            connection
                .execute("SELECT bucket FROM test_rate_limits", &[])
                .await
        })
    };
    assert_eq!(rows().unwrap().len(), 1);
    block_on(async { RateLimits::forget(&database.connect().await?, TABLE, "ada", &[]).await }).unwrap();
    assert!(rows().unwrap().is_empty());
}

#[test]
fn counts_that_are_over_go_with_the_next_share() {
    let (database, limits) = (database(), limits());
    assert_eq!(passed(&limits, &database, in_shares(10), "a", 1, START), 1);
    assert_eq!(
        passed(&limits, &database, in_shares(10), "b", 1, START + 40 * MINUTE),
        1
    );
    let rows = block_on(async {
        let connection = database.connect().await?;
        connection
            .execute("SELECT bucket FROM test_rate_limits", &[])
            .await
    });
    let rows = rows.unwrap();
    assert_eq!((rows.len(), rows[0].text(0).unwrap()), (1, "test:b"));
}
