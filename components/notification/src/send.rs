//! One attempt of a delivery.
//!
//! It is counted and committed before anything is sent, and its outcome afterwards: what is killed in between is tried
//! again, with the same id, and one that kills its instance each time ends after its attempts all the same.

use todo_delivery::pause;
use todo_service::database::{Database, DatabaseError, in_transaction_on};
use todo_service::refusal::Refusal;

use crate::deliveries::{self, Attempted, Channel, Delivery, End, MOST_ATTEMPTS};
use crate::preferences::Preferences;
use crate::request::Prepared;
use crate::schema::OUTBOX;
use crate::{Notifications, Platform, Sent, subscriptions};

/// A receiver cannot ask for a longer pause, in seconds.
const LONGEST_RETRY_AFTER: i64 = 12 * 3600;

/// What an answer means for a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Delivered,
    Again,
    /// Trying again would be no use.
    Never,
    /// The browser does not listen any more.
    Gone,
}

fn judge(channel: Channel, status: u16) -> Verdict {
    match (channel, status) {
        (_, 200..=299) => Verdict::Delivered,
        // Standard Webhooks: the receiver wants no more of these.
        (Channel::Webhook, 410) => Verdict::Never,
        (Channel::Push, 404 | 410) => Verdict::Gone,
        (Channel::Push, 400 | 413) | (Channel::Email, 400 | 413 | 422) => Verdict::Never,
        // A user or an operator may mend the rest, a wrong key, too.
        _ => Verdict::Again,
    }
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Tries a delivery if it is time for it.
    pub(crate) async fn attempt(&self, id: &str) -> Result<(), Refusal> {
        let now = self.platform.now();
        let connection = self.connect().await?;
        let delivery = deliveries::find(&connection, id).await?;
        let Some(delivery) = delivery.filter(|delivery| delivery.is_waiting) else {
            return Ok(());
        };
        let preferences = Preferences::load(&connection, &delivery.user_id).await?;
        if let Some(end) = preferences
            .quiet_until(now)
            .filter(|end| delivery.next_attempt < *end)
        {
            return self.hold(&connection, &delivery, end).await;
        }
        let Some(attempt) = deliveries::claim(&connection, id, now).await? else {
            // Too early, or the attempt that another host began is under way, or was killed.
            let due = delivery.next_attempt.max(delivery.claimed_until);
            return self.schedule(&Delivery::job(id), due).await;
        };
        let prepared = if attempt > MOST_ATTEMPTS {
            Prepared::Fail("the last attempt did not end".to_owned())
        } else {
            self.prepare(&connection, &delivery, &preferences).await?
        };
        drop(connection);
        match prepared {
            Prepared::Send(request) => {
                let outcome = self.platform.send(*request).await;
                self.conclude(&delivery, attempt, outcome).await
            }
            Prepared::Cancel(reason) => self.end(&delivery, End::Cancelled, None, Some(reason)).await,
            Prepared::Fail(reason) => self.end(&delivery, End::Failed, None, Some(reason)).await,
            Prepared::Later(reason) => self.conclude(&delivery, attempt, Err(reason)).await,
        }
    }

    async fn conclude(
        &self,
        delivery: &Delivery,
        attempt: i64,
        outcome: Result<Sent, String>,
    ) -> Result<(), Refusal> {
        let (verdict, status, error, retry_after) = match outcome {
            Ok(Sent { status, retry_after }) => {
                let verdict = judge(delivery.channel, status);
                let error =
                    (verdict != Verdict::Delivered).then(|| format!("the receiver answered {status}"));
                (verdict, Some(status), error, retry_after)
            }
            Err(reason) => (Verdict::Again, None, Some(reason), None),
        };
        match verdict {
            Verdict::Delivered => self.end(delivery, End::Delivered, status, None).await,
            Verdict::Never => self.end(delivery, End::Failed, status, error).await,
            Verdict::Gone => self.end(delivery, End::Cancelled, status, error).await,
            Verdict::Again if attempt >= MOST_ATTEMPTS => {
                self.end(delivery, End::Failed, status, error).await
            }
            Verdict::Again => {
                let [chance, ..] = self.platform.random();
                let asked = retry_after.unwrap_or_default().clamp(0, LONGEST_RETRY_AFTER);
                let pause = pause(attempt, chance).max(asked.saturating_mul(1_000));
                let attempted = Attempted { status, error };
                self.again(delivery, attempt, &attempted, pause).await
            }
        }
    }

    async fn end(
        &self,
        delivery: &Delivery,
        end: End,
        status: Option<u16>,
        error: Option<String>,
    ) -> Result<(), Refusal> {
        let now = self.platform.now();
        let connection = self.connect().await?;
        let attempted = Attempted { status, error };
        in_transaction_on(&connection, &[&delivery.user_id], async |connection| {
            if delivery.channel == Channel::Push && matches!(status, Some(404 | 410)) {
                subscriptions::forget(connection, &delivery.target).await?;
            }
            deliveries::finish(connection, &delivery.id, end, &attempted, now).await
        })
        .await
        .map_err(Refusal::from)
    }

    async fn again(
        &self,
        delivery: &Delivery,
        attempt: i64,
        attempted: &Attempted,
        pause: i64,
    ) -> Result<(), Refusal> {
        let now = self.platform.now();
        let connection = self.connect().await?;
        in_transaction_on(&connection, &[&delivery.user_id], async |connection| {
            let until = now.saturating_add(pause);
            let entry = deliveries::put_off(connection, &delivery.id, attempt, attempted, until).await?;
            let entries: Vec<_> = entry.into_iter().collect();
            OUTBOX.append(connection, &entries, now).await
        })
        .await?;
        drop(connection);
        self.flush_or_log().await;
        Ok(())
    }

    /// Lets a delivery wait for the end of the quiet hours.
    async fn hold(&self, connection: &D::Connection, delivery: &Delivery, until: i64) -> Result<(), Refusal> {
        in_transaction_on(connection, &[&delivery.user_id], async |connection| {
            let entry = deliveries::hold(connection, &delivery.id, until).await?;
            OUTBOX.append(connection, &[entry], self.platform.now()).await
        })
        .await
        .map_err(|error: DatabaseError| Refusal::from(error))?;
        self.flush_or_log().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_means_what_its_channel_says() {
        for (channel, status, verdict) in [
            (Channel::Webhook, 204, Verdict::Delivered),
            (Channel::Webhook, 301, Verdict::Again),
            (Channel::Webhook, 404, Verdict::Again),
            (Channel::Webhook, 410, Verdict::Never),
            (Channel::Webhook, 503, Verdict::Again),
            (Channel::Push, 201, Verdict::Delivered),
            (Channel::Push, 404, Verdict::Gone),
            (Channel::Push, 410, Verdict::Gone),
            (Channel::Push, 413, Verdict::Never),
            (Channel::Push, 429, Verdict::Again),
            (Channel::Email, 200, Verdict::Delivered),
            (Channel::Email, 401, Verdict::Again),
            (Channel::Email, 422, Verdict::Never),
        ] {
            assert_eq!(judge(channel, status), verdict, "{channel:?} {status}");
        }
    }
}
