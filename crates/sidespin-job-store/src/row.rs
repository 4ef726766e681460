//! How a repetition is kept in the columns of a table, the same in every database.

use crate::{Repeat, Rule};

/// At most one of interval and rule is there; a rule has its time zone beside it.
#[derive(Debug, Default)]
pub(crate) struct StoredRepeat {
    pub(crate) interval: Option<u64>,
    pub(crate) rule: Option<String>,
    pub(crate) timezone: Option<String>,
}

impl StoredRepeat {
    pub(crate) fn of(repeat: Option<&Repeat>) -> Self {
        match repeat {
            None => Self::default(),
            Some(Repeat::Every(interval)) => Self {
                interval: Some(*interval),
                ..Self::default()
            },
            Some(Repeat::Rule(rule)) => Self {
                interval: None,
                rule: Some(rule.to_string()),
                timezone: Some(rule.zone().to_owned()),
            },
        }
    }

    /// What another version has written and this one cannot read is told in the log, and fires a last time.
    pub(crate) fn read(self, due: u64) -> Option<Repeat> {
        if let Some(interval) = self.interval {
            return Some(Repeat::Every(interval));
        }
        let (rule, timezone) = (self.rule?, self.timezone.unwrap_or_default());
        match Rule::resume(&rule, &timezone, due) {
            Ok(rule) => Some(Repeat::Rule(rule)),
            Err(error) => {
                tracing::error!(rule, timezone, %error, "the rule of a kept job cannot be read");
                None
            }
        }
    }
}
