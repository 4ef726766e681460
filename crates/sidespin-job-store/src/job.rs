//! What is kept, what is claimed, and how a firing ends.

use crate::Repeat;

/// What is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Whose job it is.
    pub owner: String,
    /// Unique for its owner.
    pub name: String,
    /// When it fires first: milliseconds since the Unix epoch. With a rule, the rule's start: it fires first at the first time
    /// of the rule from here on.
    pub due: u64,
    /// When it comes again; nothing for a job that fires once.
    pub repeat: Option<Repeat>,
    /// Handed to whoever does the work.
    pub payload: Vec<u8>,
}

/// A firing that is being worked on. It must be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub(crate) owner: String,
    pub(crate) name: String,
    /// No two claims have the same.
    pub(crate) id: i64,
    /// That of the job when it was claimed; another one means that it was put, moved or asked to run since.
    pub(crate) generation: i64,
    pub(crate) timing: Timing,
}

impl Claim {
    /// The job's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// When a job fires, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timing {
    /// The time of the firing, from which repetitions count.
    pub(crate) due: u64,
    /// When it is tried next.
    pub(crate) fire_at: u64,
    pub(crate) attempt: u32,
    /// Whether it fires on request, before its time. What was planned is still to come then.
    pub(crate) unplanned: bool,
    pub(crate) repeat: Option<Repeat>,
}

impl Timing {
    pub(crate) fn first(due: u64, repeat: Option<Repeat>) -> Self {
        Self {
            due,
            fire_at: due,
            attempt: 1,
            unplanned: false,
            repeat,
        }
    }

    /// What a job waits for after a firing; nothing if that was its last.
    pub(crate) fn after(&self, settlement: Settlement) -> Option<Self> {
        match settlement {
            Settlement::Over { now } => {
                let repeat = self.repeat.as_ref()?;
                if self.unplanned {
                    return Some(Self::first(self.due, Some(repeat.clone())));
                }
                let (due, repeat) = repeat.next(self.due, now)?;
                Some(Self::first(due.min(LAST_TIME), Some(repeat)))
            }
            Settlement::Next { .. } if self.unplanned => Some(Self::first(self.due, self.repeat.clone())),
            Settlement::Next { due } => Some(Self::first(due, self.repeat.clone())),
            Settlement::Retry { at } => Some(Self {
                fire_at: at,
                attempt: self.attempt.saturating_add(1),
                ..self.clone()
            }),
            Settlement::Postpone { at } => Some(Self {
                fire_at: at,
                ..self.clone()
            }),
        }
    }
}

/// The last time that a database's integers can hold; nobody will be there to see it.
pub(crate) const LAST_TIME: u64 = i64::MAX as u64;

/// A firing to be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What must be settled when the work is over.
    pub claim: Claim,
    /// When the firing was due. May be long ago.
    pub due: u64,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// What was scheduled.
    pub payload: Vec<u8>,
}

/// What there is to do for one owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// To be worked on now, the longest due first.
    pub due: Vec<Due>,
    /// When there is something to claim next, if nothing changes; a time in the past when more is due than was asked for.
    pub next: Option<u64>,
}

/// How a firing ended. Times are milliseconds since the Unix epoch, by the store's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It is over, done or given up: a repeating job waits for its next time after `now`, any other is forgotten.
    Over {
        /// The present.
        now: u64,
    },
    /// It is over, and the job fires again when whoever did the work says; or when it was planned, if it fired on request.
    Next {
        /// The next firing.
        due: u64,
    },
    /// It fires again at this time, as its next attempt.
    Retry {
        /// When.
        at: u64,
    },
    /// It counts as not begun, and does so at this time.
    Postpone {
        /// When.
        at: u64,
    },
}

/// A job as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose it is.
    pub owner: String,
    /// Unique for its owner.
    pub name: String,
    /// The time of its firing.
    pub due: u64,
    /// When it is tried next: later than `due` after a failed attempt, earlier if it was asked to run.
    pub fire_at: u64,
    /// The attempt that it waits for.
    pub attempt: u32,
    /// When it comes again.
    pub repeat: Option<Repeat>,
    /// The size of what was scheduled.
    pub payload_size: u64,
    /// What was scheduled; nothing in a list.
    pub payload: Option<Vec<u8>>,
    /// Whether a firing is being worked on. Nothing where that is known to the working process alone.
    pub running: Option<bool>,
}
