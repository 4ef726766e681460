//! How a user wants to hear of notifications.

use todo_delivery::webhook::Secret;
use todo_domain::daily::{QuietHours, TimeOfDay};
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;
use todo_service::database::{Connection, DatabaseError, Row, Value};

/// For how long the secret before signs as well, in milliseconds: long enough to change it on the other side.
pub(crate) const SECRET_OVERLAP: i64 = 24 * 3600 * 1000;

/// A user's preferences. Who has set none gets notifications in the application alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Preferences {
    pub(crate) timezone: Zone,
    pub(crate) quiet_hours: Option<QuietHours>,
    pub(crate) digest_at: Option<TimeOfDay>,
    /// When the next digest is to come.
    pub(crate) digest_due: Option<i64>,
    pub(crate) webhook: Option<Webhook>,
    pub(crate) email: bool,
}

/// Where a user's own server listens.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Secret,
    /// The one before, and until when it signs as well.
    pub(crate) before: Option<(Secret, i64)>,
}

impl Webhook {
    /// The secrets that sign at this time.
    pub(crate) fn secrets(&self, now: i64) -> Vec<Secret> {
        let before = self.before.as_ref().filter(|(_, until)| now < *until);
        let before = before.map(|(secret, _)| secret.clone());
        std::iter::once(self.secret.clone()).chain(before).collect()
    }
}

impl Preferences {
    /// Until when nothing is to be sent; nothing if it may be now.
    pub(crate) fn quiet_until(&self, now: i64) -> Option<i64> {
        let end = self
            .quiet_hours?
            .end(Timestamp::from_millis(now)?, self.timezone)?;
        Some(end.millis())
    }

    /// When the next digest is due, after this time.
    pub(crate) fn next_digest(&self, now: Timestamp) -> Option<i64> {
        Some(self.digest_at?.next(now, self.timezone)?.millis())
    }

    /// A user's preferences.
    pub(crate) async fn load(connection: &impl Connection, user_id: &str) -> Result<Self, DatabaseError> {
        let statement =
            "SELECT timezone, quiet_from, quiet_to, digest_at, digest_due, webhook_url, webhook_secret,
                webhook_secret_before, webhook_secret_before_until, email
            FROM notification_preferences WHERE user_id = ?";
        let rows = connection.execute(statement, &[user_id.into()]).await?;
        rows.first().map_or_else(|| Ok(Self::default()), preferences)
    }

    /// Keeps them.
    pub(crate) async fn save(
        &self,
        connection: &impl Connection,
        user_id: &str,
    ) -> Result<(), DatabaseError> {
        let statement = "INSERT INTO notification_preferences (user_id, timezone, quiet_from, quiet_to, digest_at, digest_due,
                webhook_url, webhook_secret, webhook_secret_before, webhook_secret_before_until, email)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (user_id) DO UPDATE SET timezone = excluded.timezone, quiet_from = excluded.quiet_from,
                quiet_to = excluded.quiet_to, digest_at = excluded.digest_at, digest_due = excluded.digest_due,
                webhook_url = excluded.webhook_url, webhook_secret = excluded.webhook_secret,
                webhook_secret_before = excluded.webhook_secret_before,
                webhook_secret_before_until = excluded.webhook_secret_before_until, email = excluded.email";
        let time = |time: Option<TimeOfDay>| Value::from(time.map(|time| time.to_string()));
        let (webhook, before) = (
            self.webhook.as_ref(),
            self.webhook.as_ref().and_then(|webhook| webhook.before.as_ref()),
        );
        let values = [
            user_id.into(),
            self.timezone.name().into(),
            time(self.quiet_hours.map(|hours| hours.from)),
            time(self.quiet_hours.map(|hours| hours.to)),
            time(self.digest_at),
            self.digest_due.into(),
            webhook.map(|webhook| webhook.url.as_str()).into(),
            webhook.map(|webhook| webhook.secret.reveal()).into(),
            before.map(|(secret, _)| secret.reveal()).into(),
            before.map(|(_, until)| *until).into(),
            i64::from(self.email).into(),
        ];
        connection.execute(statement, &values).await.map(drop)
    }
}

fn preferences(row: &Row) -> Result<Preferences, DatabaseError> {
    let time = |column| {
        let text = row.optional_text(column)?;
        text.map(|text| TimeOfDay::parse(text).map_err(|_other| wrong(column, "a time of the day")))
            .transpose()
    };
    let secret = |column| {
        let text = row.optional_text(column)?;
        text.map(|text| Secret::parse(text).ok_or_else(|| wrong(column, "a secret")))
            .transpose()
    };
    let webhook = match (row.optional_text(5)?, secret(6)?) {
        (Some(url), Some(secret_now)) => Some(Webhook {
            url: url.to_owned(),
            secret: secret_now,
            before: secret(7)?.zip(row.optional_integer(8)?),
        }),
        _ => None,
    };
    Ok(Preferences {
        timezone: Zone::parse(row.text(0)?).map_err(|_unknown| wrong(0, "a time zone"))?,
        quiet_hours: time(1)?.zip(time(2)?).map(|(from, to)| QuietHours { from, to }),
        digest_at: time(3)?,
        digest_due: row.optional_integer(4)?,
        webhook,
        email: row.integer(9)? != 0,
    })
}

fn wrong(column: usize, expected: &'static str) -> DatabaseError {
    DatabaseError::Content { column, expected }
}
