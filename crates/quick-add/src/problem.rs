//! What was not as it should be in a text.

use std::ops::Range;

use crate::{REMINDERS_LIMIT, TAG_LIMIT, TAGS_LIMIT, TEXT_LIMIT};

/// Something that a caller should refuse or show; [`prevents_adding`](Self::prevents_adding) says which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is nothing to do: all of the text was understood as something else.
    #[error(
        "there is no title besides the date, tags and priority; add what is to be done, or put it in double quotes"
    )]
    EmptyTitle,
    /// The text was not read.
    #[error("the text must have at most {TEXT_LIMIT} characters")]
    TooLong,
    /// A reminder counts back from a due date that the text does not name.
    #[error("a reminder before the due date needs a date; add one, or say `remind me at 9am`")]
    ReminderWithoutDue {
        /// The reminder.
        range: Range<usize>,
    },
    /// The repetition ends before the first time.
    #[error("the repetition ends before it begins; give it a later end")]
    RepeatEndsTooEarly {
        /// The end.
        range: Range<usize>,
    },
    /// The date is in no calendar and stays in the title.
    #[error("there is no such day, so it stays in the title")]
    NoSuchDay {
        /// The date.
        range: Range<usize>,
    },
    /// The date could be two and stays in the title.
    #[error("this could be two dates, so it stays in the title; write it like `June 1` or `2027-06-01`")]
    AmbiguousDate {
        /// The date.
        range: Range<usize>,
    },
    /// The tag stays in the title.
    #[error("a tag has 1 to {TAG_LIMIT} characters, none of them a comma, so this stays in the title")]
    NoSuchTag {
        /// The tag.
        range: Range<usize>,
    },
    /// The tag stays in the title.
    #[error("a task has at most {TAGS_LIMIT} tags, so this stays in the title")]
    TooManyTags {
        /// The tag.
        range: Range<usize>,
    },
    /// The reminder stays in the title.
    #[error("a task has at most {REMINDERS_LIMIT} reminders, so this stays in the title")]
    TooManyReminders {
        /// The reminder.
        range: Range<usize>,
    },
}

impl Problem {
    /// Whether no task can be made of the text as it stands. The others are worth a hint.
    pub fn prevents_adding(&self) -> bool {
        matches!(
            self,
            Self::EmptyTitle
                | Self::TooLong
                | Self::ReminderWithoutDue { .. }
                | Self::RepeatEndsTooEarly { .. }
        )
    }

    /// Where it is, in bytes of the text.
    pub fn range(&self) -> Option<Range<usize>> {
        match self {
            Self::EmptyTitle | Self::TooLong => None,
            Self::ReminderWithoutDue { range }
            | Self::RepeatEndsTooEarly { range }
            | Self::NoSuchDay { range }
            | Self::AmbiguousDate { range }
            | Self::NoSuchTag { range }
            | Self::TooManyTags { range }
            | Self::TooManyReminders { range } => Some(range.clone()),
        }
    }
}
