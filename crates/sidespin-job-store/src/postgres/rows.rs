//! What rows hold, and numbers on their way there and back: Postgres's integers are signed.

use tokio_postgres::Row;

use crate::job::Timing;
use crate::row::StoredRepeat;
use crate::{Claim, Due, Job};

fn timing(row: &Row) -> Result<Timing, tokio_postgres::Error> {
    let due = unsigned(row.try_get("due")?);
    let stored = StoredRepeat {
        interval: row.try_get::<_, Option<i64>>("every")?.map(unsigned),
        rule: row.try_get("rule")?,
        timezone: row.try_get("timezone")?,
    };
    Ok(Timing {
        due,
        fire_at: unsigned(row.try_get("fire_at")?),
        attempt: u32::try_from(row.try_get::<_, i32>("attempt")?).unwrap_or(1),
        unplanned: row.try_get("unplanned")?,
        repeat: stored.read(due),
    })
}

pub(super) fn due(owner: &str, row: &Row) -> Result<Due, tokio_postgres::Error> {
    let timing = timing(row)?;
    let (due, attempt) = (timing.due, timing.attempt);
    let claim = Claim {
        owner: owner.to_owned(),
        name: row.try_get("name")?,
        id: row.try_get("id")?,
        generation: row.try_get("generation")?,
        timing,
    };
    Ok(Due {
        claim,
        due,
        attempt,
        payload: row.try_get("payload")?,
    })
}

pub(super) fn job(row: &Row, payload: Option<Vec<u8>>) -> Result<Job, tokio_postgres::Error> {
    let Timing {
        due,
        fire_at,
        attempt,
        repeat,
        ..
    } = timing(row)?;
    Ok(Job {
        owner: row.try_get("owner")?,
        name: row.try_get("name")?,
        due,
        fire_at,
        attempt,
        repeat,
        payload_size: unsigned(row.try_get("size")?),
        payload,
        running: Some(row.try_get("running")?),
    })
}

/// What is kept is checked before to fit.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
