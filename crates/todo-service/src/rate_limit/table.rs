//! Counts of requests that all instances share.

use crate::database::{Connection, DatabaseError};

/// The statement that makes the table.
#[macro_export]
macro_rules! rate_limit_table {
    ($table:literal) => {
        concat!(
            "CREATE TABLE ",
            $table,
            " (
            bucket TEXT PRIMARY KEY,
            \"window\" INTEGER NOT NULL,
            used INTEGER NOT NULL,
            previous INTEGER NOT NULL,
            is_accepted INTEGER NOT NULL
        ) WITHOUT ROWID"
        )
    };
}

/// What was counted under one name: in this window of time and in the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) used: i64,
    pub(super) previous: i64,
}

/// Requests to be counted, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addition {
    pub(super) requests: i64,
    /// The number of the present window.
    pub(super) window: i64,
    /// How much greater the number of the next one is.
    pub(super) step: i64,
    /// The length of a window, and how much of the present one is left.
    pub(super) length: i64,
    pub(super) left: i64,
    /// Counted only if no more than these are then within one length.
    pub(super) limit: i64,
}

/// The counts as they are in the present window. A clock that is a little behind counts into the newer one.
const PREVIOUS: &str = "CASE WHEN ?2 <= kept.\"window\" THEN kept.previous WHEN ?2 = kept.\"window\" + ?7 THEN kept.used ELSE 0 END";
const USED: &str = "CASE WHEN ?2 <= kept.\"window\" THEN kept.used ELSE 0 END";

/// Counts requests, unless they would be too many. Answers the counts after it, and whether they were counted.
pub(super) async fn add(
    connection: &impl Connection,
    table: &str,
    bucket: &str,
    addition: Addition,
) -> Result<(Counts, bool), DatabaseError> {
    let fits = format!("({USED}) + (({PREVIOUS}) * ?5 + ?4 - 1) / ?4 + ?3 <= ?6");
    let statement = format!(
        "INSERT INTO {table} AS kept (bucket, \"window\", used, previous, is_accepted)
            VALUES (?1, ?2, ?3, 0, 1)
        ON CONFLICT (bucket) DO UPDATE SET previous = {PREVIOUS},
            is_accepted = CASE WHEN {fits} THEN 1 ELSE 0 END,
            used = ({USED}) + CASE WHEN {fits} THEN ?3 ELSE 0 END,
            \"window\" = CASE WHEN kept.\"window\" < ?2 THEN ?2 ELSE kept.\"window\" END
        RETURNING used, previous, is_accepted"
    );
    let Addition {
        requests,
        window,
        step,
        length,
        left,
        limit,
    } = addition;
    let parameters = [
        bucket.into(),
        window.into(),
        requests.into(),
        length.into(),
        left.into(),
        limit.into(),
        step.into(),
    ];
    let rows = connection.execute(&statement, &parameters).await?;
    match rows.first() {
        Some(row) => {
            let counts = Counts {
                used: row.integer(0)?,
                previous: row.integer(1)?,
            };
            Ok((counts, row.integer(2)? != 0))
        }
        None => Ok((Counts::default(), true)),
    }
}

/// Forgets what was counted under this name.
pub(super) async fn forget(
    connection: &impl Connection,
    table: &str,
    bucket: &str,
) -> Result<(), DatabaseError> {
    let statement = format!("DELETE FROM {table} WHERE bucket = ?");
    connection.execute(&statement, &[bucket.into()]).await.map(drop)
}

/// Forgets the counts of windows before this one.
pub(super) async fn prune(
    connection: &impl Connection,
    table: &str,
    window: i64,
) -> Result<(), DatabaseError> {
    let statement = format!("DELETE FROM {table} WHERE \"window\" < ?");
    connection.execute(&statement, &[window.into()]).await.map(drop)
}
