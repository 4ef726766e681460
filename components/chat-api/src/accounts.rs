//! Deleting an account.

use todo_domain::events::{REMINDERS, TASK_EVENTS, TASK_UPDATES, user_deleted};
use todo_service::database::Connection;
use todo_service::outbox::{Entry, Message};

use crate::failure::Failure;
use crate::store::migrations::OUTBOX;
use crate::store::{accounts, sessions};
use crate::unit::Unit;

/// Whoever reads one of these has something of the user.
const TOPICS: [&str; 3] = [TASK_EVENTS, REMINDERS, TASK_UPDATES];

impl<C: Connection> Unit<'_, C> {
    /// Deletes the account with all that it has, and tells so on each topic; what was still to be told of the user is told to
    /// nobody any more. It is one event, with one id, wherever it stands.
    pub(crate) async fn delete_account(self) -> Result<(), Failure> {
        let (connection, user_id, now) = (self.connection, self.user_id, self.now.millis());
        sessions::end_everything(connection, user_id, now).await?;
        OUTBOX.forget_user(connection, user_id).await?;
        let (_event_id, body) = self.publish(|origin| user_deleted(origin, TASK_EVENTS))?;
        for topic in TOPICS.into_iter().filter(|topic| *topic != TASK_EVENTS) {
            self.tell(Entry::Publish(Message {
                topic: topic.to_owned(),
                key: user_id.to_owned(),
                body: body.clone(),
            }));
        }
        self.finish().await?;
        OUTBOX
            .cancel_all(connection, accounts::JOBS, &[user_id.into()], now)
            .await?;
        Ok(accounts::remove(connection, user_id).await?)
    }
}
