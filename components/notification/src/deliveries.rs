//! The table of deliveries: one row for each place that a notification is sent to.

use serde::Serialize;
use todo_domain::time::Timestamp;
use todo_service::answer::Failure;
use todo_service::database::{Connection, DatabaseError, Row, Value};
use todo_service::outbox::Entry;

/// How often a delivery is tried.
pub(crate) const MOST_ATTEMPTS: i64 = 10;

/// How long an attempt has before another one may begin, in milliseconds. It is longer than the host lets a job run.
const LEASE: i64 = 40_000;

/// A way out of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Channel {
    Webhook,
    Push,
    Email,
}

impl Channel {
    const ALL: [Self; 3] = [Self::Webhook, Self::Push, Self::Email];

    fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Push => "push",
            Self::Email => "email",
        }
    }
}

/// What became of a delivery. `waiting` is the state of those that are still tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Delivered,
    /// It was tried often enough, or told never to come again.
    Failed,
    /// There is nowhere to send it any more.
    Cancelled,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A delivery, as it is worked on.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) notification_id: String,
    pub(crate) user_id: String,
    pub(crate) channel: Channel,
    /// The subscription's id; empty for the channels that a user has once.
    pub(crate) target: String,
    pub(crate) is_waiting: bool,
    pub(crate) next_attempt: i64,
    pub(crate) claimed_until: i64,
}

impl Delivery {
    /// The job that sends it.
    pub(crate) fn job(id: &str) -> String {
        format!("deliver:{id}")
    }
}

/// A delivery, as its user sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Shown {
    id: String,
    channel: String,
    state: String,
    attempts: i64,
    next_attempt_at: Option<Timestamp>,
    last_status: Option<i64>,
    last_error: Option<String>,
    created_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

/// Writes a delivery that is due at this time, and answers the job that sends it.
pub(crate) async fn insert(
    connection: &impl Connection,
    delivery: &Delivery,
    now: i64,
) -> Result<Entry, DatabaseError> {
    let statement = "INSERT INTO notification_deliveries
            (id, notification_id, user_id, channel, target, state, next_attempt, created_at)
        VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)";
    let values = [
        delivery.id.as_str().into(),
        delivery.notification_id.as_str().into(),
        delivery.user_id.as_str().into(),
        delivery.channel.name().into(),
        delivery.target.as_str().into(),
        delivery.next_attempt.into(),
        now.into(),
    ];
    connection.execute(statement, &values).await?;
    Ok(job_at(&delivery.id, delivery.next_attempt))
}

fn job_at(id: &str, due: i64) -> Entry {
    Entry::Schedule {
        name: Delivery::job(id),
        due,
    }
}

/// The delivery of this id.
pub(crate) async fn find(connection: &impl Connection, id: &str) -> Result<Option<Delivery>, DatabaseError> {
    let statement = "SELECT id, notification_id, user_id, channel, target, state, next_attempt, claimed_until
        FROM notification_deliveries WHERE id = ?";
    let delivery = |row: &Row| {
        let name = row.text(3)?;
        let channel = Channel::ALL.into_iter().find(|channel| channel.name() == name);
        Ok(Delivery {
            id: row.text(0)?.to_owned(),
            notification_id: row.text(1)?.to_owned(),
            user_id: row.text(2)?.to_owned(),
            channel: channel.ok_or(DatabaseError::Content {
                column: 3,
                expected: "a channel",
            })?,
            target: row.text(4)?.to_owned(),
            is_waiting: row.text(5)? == "waiting",
            next_attempt: row.integer(6)?,
            claimed_until: row.integer(7)?,
        })
    };
    let rows = connection.execute(statement, &[id.into()]).await?;
    rows.first().map(delivery).transpose()
}

/// Begins an attempt, unless it is not time for one or another is under way. Answers its number.
pub(crate) async fn claim(
    connection: &impl Connection,
    id: &str,
    now: i64,
) -> Result<Option<i64>, DatabaseError> {
    let statement = "UPDATE notification_deliveries SET attempts = attempts + 1, claimed_until = ?1
        WHERE id = ?2 AND state = 'waiting' AND next_attempt <= ?3 AND claimed_until <= ?3 RETURNING attempts";
    let values = [now.saturating_add(LEASE).into(), id.into(), now.into()];
    let rows = connection.execute(statement, &values).await?;
    rows.first().map(|row| row.integer(0)).transpose()
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempted {
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

impl Attempted {
    fn values(&self) -> [Value; 2] {
        [self.status.map(i64::from).into(), self.error.as_deref().into()]
    }
}

/// Ends a delivery. That it arrived counts even if the attempt took so long that another one has begun.
pub(crate) async fn finish(
    connection: &impl Connection,
    id: &str,
    end: End,
    result: &Attempted,
    now: i64,
) -> Result<(), DatabaseError> {
    let statement =
        "UPDATE notification_deliveries SET state = ?, finished_at = ?, last_status = ?, last_error = ?
        WHERE id = ? AND state = 'waiting'";
    let [status, error] = result.values();
    let values = [end.name().into(), now.into(), status, error, id.into()];
    connection.execute(statement, &values).await.map(drop)
}

/// Puts a delivery off after an attempt in vain, unless another one has begun since. Answers the job for the next one.
pub(crate) async fn put_off(
    connection: &impl Connection,
    id: &str,
    attempt: i64,
    result: &Attempted,
    until: i64,
) -> Result<Option<Entry>, DatabaseError> {
    let statement = "UPDATE notification_deliveries SET next_attempt = ?, claimed_until = 0, last_status = ?, last_error = ?
        WHERE id = ? AND state = 'waiting' AND attempts = ? RETURNING id";
    let [status, error] = result.values();
    let values = [until.into(), status, error, id.into(), attempt.into()];
    let rows = connection.execute(statement, &values).await?;
    Ok(rows.first().map(|_| job_at(id, until)))
}

/// Lets a delivery wait without an attempt. Answers the job for the next one.
pub(crate) async fn hold(connection: &impl Connection, id: &str, until: i64) -> Result<Entry, DatabaseError> {
    let statement = "UPDATE notification_deliveries SET next_attempt = ? WHERE id = ? AND state = 'waiting'";
    connection.execute(statement, &[until.into(), id.into()]).await?;
    Ok(job_at(id, until))
}

/// Moves a user's deliveries that wait for their first attempt, because the quiet hours are others now.
pub(crate) async fn move_held(
    connection: &impl Connection,
    user_id: &str,
    now: i64,
    until: i64,
) -> Result<Vec<Entry>, DatabaseError> {
    let statement = "UPDATE notification_deliveries SET next_attempt = ?1
        WHERE user_id = ?2 AND state = 'waiting' AND attempts = 0 AND next_attempt > ?3 RETURNING id";
    let rows = connection
        .execute(statement, &[until.into(), user_id.into(), now.into()])
        .await?;
    rows.iter().map(|row| Ok(job_at(row.text(0)?, until))).collect()
}

/// Deliveries that should have been tried before this time and are not under way: their job was lost or given up.
pub(crate) async fn overdue(
    connection: &impl Connection,
    before: i64,
    now: i64,
) -> Result<Vec<String>, DatabaseError> {
    let statement = "SELECT id FROM notification_deliveries
        WHERE state = 'waiting' AND next_attempt < ? AND claimed_until <= ? ORDER BY next_attempt LIMIT 100";
    let rows = connection
        .execute(statement, &[before.into(), now.into()])
        .await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// Forgets what has ended and was made before this time.
pub(crate) async fn prune(connection: &impl Connection, before: i64) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM notification_deliveries WHERE state <> 'waiting' AND created_at < ?";
    connection.execute(statement, &[before.into()]).await.map(drop)
}

/// The deliveries of a user's notification.
pub(crate) async fn of_notification(
    connection: &impl Connection,
    user_id: &str,
    notification_id: &str,
) -> Result<Vec<Shown>, Failure> {
    let own = "SELECT id FROM notification_items WHERE id = ? AND user_id = ?";
    let values = [notification_id.into(), user_id.into()];
    if connection.execute(own, &values).await?.is_empty() {
        return Err(Failure::not_found());
    }
    let statement =
        "SELECT id, channel, state, attempts, next_attempt, last_status, last_error, created_at, finished_at
        FROM notification_deliveries WHERE notification_id = ? AND user_id = ? ORDER BY channel, target";
    let rows = connection.execute(statement, &values).await?;
    Ok(rows.iter().map(shown).collect::<Result<_, _>>()?)
}

fn shown(row: &Row) -> Result<Shown, DatabaseError> {
    let time =
        |column| Ok::<_, DatabaseError>(row.optional_integer(column)?.and_then(Timestamp::from_millis));
    let state = row.text(2)?.to_owned();
    Ok(Shown {
        id: row.text(0)?.to_owned(),
        channel: row.text(1)?.to_owned(),
        attempts: row.integer(3)?,
        next_attempt_at: time(4)?.filter(|_| state == "waiting"),
        last_status: row.optional_integer(5)?,
        last_error: row.optional_text(6)?.map(str::to_owned),
        created_at: time(7)?,
        finished_at: time(8)?,
        state,
    })
}
