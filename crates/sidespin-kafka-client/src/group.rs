//! Reading as a member of a group, for work that must not be lost.
//!
//! The group's protocol, fetching and commits happen on one thread per consumer, which is told what to do and reports
//! what happens. Two things are for its user to respect: a partition that is revoked stays here until it is
//! [released](GroupConsumer::release), so that work on it can be finished; and a message counts against its partition's
//! limit for as long as its [`Delivered`] exists, which is all there is to back-pressure.

mod context;
mod load;
mod thread;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::wake::{Commands, inbox};
use crate::{ClientError, Connection, Record};

use load::Guard;

/// What a member of a group reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupConfig {
    /// The group's name.
    pub group: String,
    /// Its topics. One that begins with `^` is a regular expression over the names of all topics that there are and will be.
    pub topics: Vec<String>,
    /// Regular expressions for names that no expression among `topics` means.
    pub except: Vec<String>,
    /// Where to begin in a partition for which the group has no position yet.
    pub start: Start,
}

/// Where a group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest message that there is.
    Earliest,
    /// With what is written from now on.
    Latest,
}

/// A partition for as long as it is this member's. If it goes and comes back, it is another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: i32,
    pub(crate) generation: u64,
}

impl Assignment {
    /// A partition that is not assigned by any cluster.
    #[must_use]
    pub fn for_test(topic: &str, partition: i32, generation: u64) -> Self {
        Self {
            topic: Arc::from(topic),
            partition,
            generation,
        }
    }
}

/// Up to where a partition is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The partition.
    pub assignment: Assignment,
    /// The first offset that is not done.
    pub offset: i64,
}

/// A message, and the place that it takes in its partition's limit.
#[derive(Debug)]
pub struct Delivered {
    /// The message.
    pub record: Record,
    /// The partition that it came from.
    pub assignment: Assignment,
    _load: Option<Guard>,
}

impl Delivered {
    /// A message that does not count against any limit.
    #[must_use]
    pub fn for_test(record: Record, assignment: Assignment) -> Self {
        Self {
            record,
            assignment,
            _load: None,
        }
    }
}

/// What is left to do in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The messages in it that the group has not committed.
    pub messages: u64,
}

/// What happens to a member of a group.
#[derive(Debug)]
pub enum GroupEvent {
    /// These partitions are this member's from now on; none, if there are more members than partitions.
    Assigned(Vec<Assignment>),
    /// Messages. Those of one partition come in their order.
    Records(Vec<Delivered>),
    /// These partitions go to another member once they are released. No more of their messages come.
    Revoked {
        /// The partitions.
        assignments: Vec<Assignment>,
        /// They have gone already: nothing can be committed for them any more.
        is_lost: bool,
    },
    /// How far behind the group is in this member's partitions. Told every few seconds.
    Progress {
        /// One entry per partition of which it is known.
        lags: Vec<Lag>,
        /// Whether any broker can be reached.
        is_connected: bool,
    },
    /// The last commit did not get through. The positions should be committed again.
    CommitFailed,
    /// The consumer has ended and cannot go on.
    Failed(ClientError),
}

/// A member of a group. Dropping it leaves the group without committing anything.
#[derive(Debug)]
pub struct GroupConsumer {
    commands: Commands<Command>,
    events: mpsc::UnboundedReceiver<GroupEvent>,
}

#[derive(Debug)]
enum Command {
    Commit(Vec<Position>),
    Release {
        assignments: Vec<Assignment>,
        positions: Vec<Position>,
    },
    Resume(Assignment),
    Close {
        positions: Vec<Position>,
        reply: Option<oneshot::Sender<()>>,
    },
}

impl GroupConsumer {
    /// Joins the group. Returns at once; that it has worked out shows in the first [`GroupEvent::Assigned`].
    ///
    /// # Errors
    /// The address of the cluster does not become known, or the configuration is refused by the client library.
    pub async fn start(connection: &Connection, config: &GroupConfig) -> Result<Self, ClientError> {
        let settings = connection.settings().await?;
        let (commands, inbox) = inbox();
        let (sender, events) = mpsc::unbounded_channel();
        let consumer = Self {
            commands: commands.clone(),
            events,
        };
        let created = thread::spawn(&settings, config, commands, inbox, sender);
        created.await.map(|()| consumer)
    }

    /// What happened next. Can be abandoned at any time without loss.
    pub async fn next(&mut self) -> GroupEvent {
        match self.events.recv().await {
            Some(event) => event,
            None => GroupEvent::Failed(ended()),
        }
    }

    /// Commits positions, some time soon. What is no longer this member's is left out.
    pub fn commit(&self, positions: Vec<Position>) {
        self.tell(Command::Commit(positions));
    }

    /// Lets partitions go that were revoked, after committing positions of them.
    pub fn release(&self, assignments: Vec<Assignment>, positions: Vec<Position>) {
        self.tell(Command::Release {
            assignments,
            positions,
        });
    }

    /// Commits positions and leaves the group.
    pub async fn close(self, positions: Vec<Position>) {
        let (reply, closed) = oneshot::channel();
        self.tell(Command::Close {
            positions,
            reply: Some(reply),
        });
        // An error means that the thread has ended before: there is nothing to leave.
        let _is_closed = closed.await.is_ok();
    }

    fn tell(&self, command: Command) {
        // A thread that has ended has said so by an event.
        let _is_running: bool = self.commands.send(command);
    }
}

impl Drop for GroupConsumer {
    fn drop(&mut self) {
        self.tell(Command::Close {
            positions: Vec::new(),
            reply: None,
        });
    }
}

fn ended() -> ClientError {
    ClientError::Unavailable {
        what: "the Kafka consumer has ended".to_owned(),
        source: None,
    }
}
