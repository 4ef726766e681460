//! Counts of requests that all instances share.

use todo_service::database::{Connection, DatabaseError};

/// What was counted under one name: in this window of time and in the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) used: i64,
    pub(crate) previous: i64,
}

/// Requests to be counted, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition {
    pub(crate) requests: i64,
    /// The number of the present window.
    pub(crate) window: i64,
    /// How much greater the number of the next one is.
    pub(crate) step: i64,
    /// The length of a window, and how much of the present one is left.
    pub(crate) length: i64,
    pub(crate) left: i64,
    /// Counted only if no more than these are then within one length.
    pub(crate) limit: i64,
}

/// The counts as they are in the present window. A clock that is a little behind counts into the newer one.
const PREVIOUS: &str = "CASE WHEN ?2 <= kept.\"window\" THEN kept.previous WHEN ?2 = kept.\"window\" + ?7 THEN kept.used ELSE 0 END";
const USED: &str = "CASE WHEN ?2 <= kept.\"window\" THEN kept.used ELSE 0 END";

/// Counts requests, unless they would be too many. Answers the counts after it, and whether they were counted.
pub(crate) async fn add(
    connection: &impl Connection,
    bucket: &str,
    addition: Addition,
) -> Result<(Counts, bool), DatabaseError> {
    let fits = format!("({USED}) + (({PREVIOUS}) * ?5 + ?4 - 1) / ?4 + ?3 <= ?6");
    let statement = format!(
        "INSERT INTO chat_rate_limits AS kept (bucket, \"window\", used, previous, is_accepted)
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

/// Forgets what was counted under these names.
pub(crate) async fn forget(connection: &impl Connection, buckets: &[String]) -> Result<(), DatabaseError> {
    for bucket in buckets {
        let statement = "DELETE FROM chat_rate_limits WHERE bucket = ?";
        connection.execute(statement, &[bucket.as_str().into()]).await?;
    }
    Ok(())
}

/// Forgets the counts of windows before this one.
pub(crate) async fn prune(connection: &impl Connection, window: i64) -> Result<(), DatabaseError> {
    connection
        .execute(
            "DELETE FROM chat_rate_limits WHERE \"window\" < ?",
            &[window.into()],
        )
        .await
        .map(drop)
}
