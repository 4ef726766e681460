//! Reading a message against as many of the user's tasks as that takes, however many there are.

use todo_domain::assistant::{Context, Memory, View, Wanted};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;
use todo_service::database::{Connection, DatabaseError};

use crate::store::tasks;

/// How many tasks are looked through, the newest, where a message takes that.
const NEWEST: i64 = 2_000;
/// How many tasks are looked at that have the words of a title, the newest.
const TITLED: i64 = 200;

/// A message's tasks.
pub(super) struct Reader<'a, C> {
    connection: &'a C,
    user_id: &'a str,
    now: Timestamp,
    zone: Zone,
    view: View,
}

impl<'a, C: Connection> Reader<'a, C> {
    pub(super) fn new(connection: &'a C, user_id: &'a str, now: Timestamp, zone: Zone) -> Self {
        Self {
            connection,
            user_id,
            now,
            zone,
            view: View::default(),
        }
    }

    /// What `read` makes of the tasks that it needs. It is called until nothing is missing.
    pub(super) async fn read<R>(
        &mut self,
        memory: &Memory,
        read: impl Fn(&Context<'_>) -> R,
    ) -> Result<R, DatabaseError> {
        loop {
            let result = read(&memory.context(&self.view, self.now, self.zone));
            let Some(wanted) = self.view.take_wanted() else {
                return Ok(result);
            };
            self.fetch(wanted).await?;
        }
    }

    async fn fetch(&mut self, wanted: Wanted) -> Result<(), DatabaseError> {
        let (connection, user_id) = (self.connection, self.user_id);
        let numbers: Vec<u32> = wanted.numbers.iter().copied().collect();
        let mut found: Vec<Task> = tasks::numbered(connection, user_id, &numbers).await?;
        for search in &wanted.searches {
            found.extend(tasks::found(connection, user_id, search, TITLED).await?);
        }
        let mut is_all = false;
        if wanted.newest {
            let newest = tasks::newest(connection, user_id, NEWEST).await?;
            is_all = i64::try_from(newest.len()).is_ok_and(|count| count < NEWEST);
            found.extend(newest);
        }
        self.view.add(wanted, found, is_all);
        Ok(())
    }
}
