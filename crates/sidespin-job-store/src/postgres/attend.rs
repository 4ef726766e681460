//! What goes on beside the statements: one connection hears of other hosts' jobs, renews this host's claims, and keeps the clock.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_postgres::types::Type;

use super::rows::signed;
use super::session::Session;
use super::{Parameter, PostgresStore, sql};
use crate::JobStoreError;

/// A lease is renewed so often within its time, so that one renewal may fail.
const RENEWALS: u32 = 3;
/// The clocks' drift is made up for, and a dead connection found, at least so often.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Between two attempts to connect.
const AGAIN: Duration = Duration::from_secs(1);

impl PostgresStore {
    /// Does so for as long as it is polled, over all connections that break.
    pub(crate) async fn attend(&self) {
        let mut is_known = false;
        loop {
            let error = match self.attend_once(&mut is_known).await {
                Ok(()) => "the connection was closed".to_owned(),
                Err(error) => error.to_string(),
            };
            if std::mem::take(&mut is_known) {
                tracing::warn!(
                    error,
                    "jobs of other hosts are not heard of until Postgres answers again"
                );
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn attend_once(&self, is_known: &mut bool) -> Result<(), JobStoreError> {
        // The tables are made by whoever comes first.
        self.session().await?;
        let (sender, mut notifications) = mpsc::unbounded_channel();
        let session = Session::listening(&self.config, sender).await?;
        self.answered(session.client.batch_execute(&format!("LISTEN {}", sql::CHANNEL)))
            .await?;
        *is_known = true;
        // What was notified of before is heard of by looking.
        self.changed_if(true);
        let mut tick = interval((self.config.lease / RENEWALS).min(HEARTBEAT));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                notification = notifications.recv() => match notification {
                    None => return Ok(()),
                    Some(text) => drop(self.changed_if(self.is_of_another_host(&text))),
                },
                _ = tick.tick() => {
                    let is_renewed = self.renew(&session).await?;
                    if is_renewed || heard.elapsed() >= HEARTBEAT {
                        heard = Instant::now();
                        self.heartbeat(&session).await?;
                    }
                }
            }
        }
    }

    fn is_of_another_host(&self, notification: &str) -> bool {
        notification
            .rsplit_once(' ')
            .is_some_and(|(application, host)| application == self.config.application && host != self.host)
    }

    /// Renews what is being worked on here, if anything is.
    async fn renew(&self, session: &Session) -> Result<bool, JobStoreError> {
        let ids: Vec<i64> = self.live().keys().copied().collect();
        if ids.is_empty() {
            return Ok(false);
        }
        let until = signed(self.now()).saturating_add(self.config.lease_milliseconds());
        let parameters: [Parameter<'_>; 3] = [
            (&self.config.application, Type::TEXT),
            (&ids, Type::INT8_ARRAY),
            (&until, Type::INT8),
        ];
        let rows = self
            .answered(session.client.query_typed(sql::RENEW, &parameters))
            .await?;
        let standing: Vec<i64> = rows
            .iter()
            .map(|row| self.read(row.try_get(0)))
            .collect::<Result<_, _>>()?;
        let mut live = self.live();
        for id in ids.iter().filter(|id| !standing.contains(id)) {
            // One that was being settled meanwhile is not lost.
            if let Some(lost) = live.get(id).filter(|live| !live.is_ending).cloned() {
                live.remove(id);
                tracing::warn!(
                    owner = lost.owner,
                    job = lost.name,
                    "the claim of a firing was lost while it was worked on"
                );
            }
        }
        Ok(true)
    }

    async fn heartbeat(&self, session: &Session) -> Result<(), JobStoreError> {
        let (_rows, reading) = self.answered(session.read_clock(sql::CLOCK, &[])).await?;
        self.clock_read(reading);
        let before = signed(self.now()).saturating_sub(2 * self.config.lease_milliseconds());
        let parameters: [Parameter<'_>; 2] = [(&self.config.application, Type::TEXT), (&before, Type::INT8)];
        self.answered(session.client.query_typed(sql::CLEAR, &parameters))
            .await
            .map(drop)
    }
}
