//! One change as a whole: what is written, and what others are to be told of it, in one transaction.

use std::cell::{Cell, RefCell};

use todo_domain::events::{Origin, OutgoingEvent, TaskEventType};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_service::database::Connection;
use todo_service::outbox::Entry;

use crate::failure::Failure;
use crate::platform::Message;
use crate::store::changes::{self, Kept};
use crate::store::migrations::OUTBOX;
use crate::store::{tasks, updates};

/// The component's name in events.
pub(crate) const COMPONENT: &str = "chat-api";

/// A transaction of one user, and the entries for the outbox that have come together in it.
pub(crate) struct Unit<'a, C> {
    pub(crate) connection: &'a C,
    pub(crate) user_id: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) new_id: &'a dyn Fn() -> String,
    entries: RefCell<Vec<Entry>>,
    /// Whether what is done here is the user's own doing, and can be undone.
    is_undoable: Cell<bool>,
    /// The number of the first change.
    first_change: Cell<Option<i64>>,
}

impl<'a, C: Connection> Unit<'a, C> {
    pub(crate) fn new(
        connection: &'a C,
        user_id: &'a str,
        now: Timestamp,
        traceparent: Option<&'a str>,
        new_id: &'a dyn Fn() -> String,
    ) -> Self {
        Self {
            connection,
            user_id,
            now,
            traceparent,
            new_id,
            entries: RefCell::default(),
            is_undoable: Cell::new(true),
            first_change: Cell::default(),
        }
    }

    /// Adds what is to be told.
    pub(crate) fn tell(&self, entry: Entry) {
        self.entries.borrow_mut().push(entry);
    }

    /// From now on nothing is done that can be undone.
    pub(crate) fn is_not_undoable(&self) {
        self.is_undoable.set(false);
    }

    /// Adds an event, which `build` makes of its origin. Answers its id and its text.
    pub(crate) fn publish<E: std::fmt::Display>(
        &self,
        build: impl FnOnce(Origin<'_>) -> Result<OutgoingEvent, E>,
    ) -> Result<(String, String), Failure> {
        let event_id = (self.new_id)();
        let origin = Origin {
            event_id: &event_id,
            component: COMPONENT,
            user_id: self.user_id,
            time: self.now,
            traceparent: self.traceparent,
        };
        let event = build(origin).map_err(|error| Failure::internal(error.to_string()))?;
        let body = String::from_utf8(event.body).map_err(|error| Failure::internal(error.to_string()))?;
        self.tell(Entry::Publish(Message {
            topic: event.topic.to_owned(),
            key: event.key,
            body: body.clone(),
        }));
        Ok((event_id, body))
    }

    /// Counts the user's updates up, and for a new task the tasks' numbers. Answers both: number and update.
    pub(crate) async fn count_up(&self, is_new_task: bool) -> Result<(i64, i64), Failure> {
        let counted = tasks::count_up(self.connection, self.user_id, is_new_task).await?;
        counted.ok_or_else(Failure::account_gone)
    }

    /// Keeps what was before a change, which has the number of its update, so that the change can be undone.
    pub(crate) async fn keep_before(
        &self,
        update: i64,
        event_id: String,
        kind: TaskEventType,
        task_id: &str,
        before: Option<&Task>,
    ) -> Result<(), Failure> {
        if !self.is_undoable.get() {
            return Ok(());
        }
        let unit = self.first_change.get().unwrap_or(update);
        self.first_change.set(Some(unit));
        let change = Kept {
            unit,
            task_id: task_id.to_owned(),
            event_id,
            kind: kind.as_str().to_owned(),
            before: before.cloned(),
            at: self.now.millis(),
        };
        Ok(changes::append(self.connection, self.user_id, update, &change).await?)
    }

    /// Keeps an update for browsers that are away.
    pub(crate) async fn keep_update(&self, seq: i64, body: &str) -> Result<(), Failure> {
        Ok(updates::append(self.connection, self.user_id, seq, body, self.now.millis()).await?)
    }

    /// Writes the entries. Answers whether there is anything to tell.
    pub(crate) async fn finish(self) -> Result<bool, Failure> {
        let entries = self.entries.into_inner();
        if entries.is_empty() {
            return Ok(false);
        }
        let now = self.now.millis();
        OUTBOX.append(self.connection, &entries, now).await?;
        Ok(true)
    }
}
