//! When to remind: at an instant, or some time before the task is due.

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use chrono::{Days, TimeDelta};
use serde_json::Value;

use crate::due::Due;
use crate::time::Timestamp;
use crate::zone::Zone;

/// A reminder may come at most this long before the due date.
const LONGEST_LEAD_DAYS: u64 = 366;

const SECONDS_PER_DAY: u64 = 86_400;

/// One reminder; in JSON `{"at": "2026-03-01T08:00:00Z"}` or `{"before": "1h"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reminder {
    /// At this instant.
    At(Timestamp),
    /// This long before the due date.
    Before(Lead),
}

/// How long before: `30m`, `1h`, `1d`, `1w`, `1h30m`, or in words `2 hours`; kept as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    text: String,
    days: u64,
    seconds: u64,
}

/// Why a value is not a [`Reminder`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReminderError {
    /// Not an object with exactly one of the two fields.
    #[error("must be `{{\"at\": time}}` or `{{\"before\": \"1h\"}}`")]
    Shape,
    /// `at` is not a time.
    #[error("`at` must be a time like `2026-03-01T09:00:00Z` in the years 1970 to 9999")]
    At,
    /// `before` is not a duration.
    #[error("`before` must be a duration like `30m`, `1h`, `1d` or `1w`, at most 366 days")]
    Before,
}

impl Reminder {
    /// Reads the JSON form.
    pub fn parse(value: &Value) -> Result<Self, ReminderError> {
        let object = value
            .as_object()
            .filter(|object| object.len() == 1)
            .ok_or(ReminderError::Shape)?;
        match (object.get("at"), object.get("before")) {
            (Some(at), None) => {
                let time = at
                    .as_str()
                    .and_then(|text| Timestamp::parse(text).ok())
                    .ok_or(ReminderError::At)?;
                Ok(Self::At(time))
            }
            (None, Some(before)) => {
                let lead = before
                    .as_str()
                    .and_then(Lead::parse)
                    .ok_or(ReminderError::Before)?;
                Ok(Self::Before(lead))
            }
            _ => Err(ReminderError::Shape),
        }
    }

    /// The instant to remind at; none for a relative reminder of a task without a due date.
    ///
    /// Days and weeks are days of the calendar in `zone`, so that "1d" before 09:00 is 09:00 across a clock change.
    pub fn remind_at(&self, due: Option<Due>, zone: Zone) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(*time),
            Self::Before(lead) => {
                let base = due?.reminder_base(zone).checked_sub_days(Days::new(lead.days))?;
                let on_the_day = match due? {
                    Due::Time(time) if lead.days == 0 => time,
                    _ => zone.resolve(base)?,
                };
                on_the_day.plus_seconds(-i64::try_from(lead.seconds).ok()?)
            }
        }
    }

    /// The same reminder for another due date: a relative one as it is, an absolute one moved by as many days
    /// and hours on the wall clock as the due date moves.
    pub(crate) fn moved(&self, from: Due, to: Due, zone: Zone) -> Self {
        match self {
            Self::Before(_) => self.clone(),
            Self::At(time) => {
                let shift: TimeDelta = to.reminder_base(zone) - from.reminder_base(zone);
                let moved = zone
                    .local(*time)
                    .checked_add_signed(shift)
                    .and_then(|local| zone.resolve(local));
                Self::At(moved.unwrap_or(*time))
            }
        }
    }
}

impl Lead {
    /// Reads a duration; none if it is not one, or longer than 366 days.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut days, mut seconds) = (0_u64, 0_u64);
        let mut rest = text.trim();
        if rest.is_empty() || rest.len() > 40 {
            return None;
        }
        while !rest.is_empty() {
            let (number, after) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?);
            let after = after.trim_start();
            let end = after
                .find(|letter: char| !letter.is_ascii_alphabetic())
                .unwrap_or(after.len());
            let (unit, after) = after.split_at(end);
            let amount: u64 = number.parse().ok().filter(|amount| *amount <= 1_000_000_000)?;
            match unit.to_ascii_lowercase().as_str() {
                "w" | "week" | "weeks" => days = days.checked_add(amount.checked_mul(7)?)?,
                "d" | "day" | "days" => days = days.checked_add(amount)?,
                "h" | "hour" | "hours" => seconds = seconds.checked_add(amount.checked_mul(3600)?)?,
                "m" | "min" | "mins" | "minute" | "minutes" => {
                    seconds = seconds.checked_add(amount.checked_mul(60)?)?
                }
                "s" | "second" | "seconds" => seconds = seconds.checked_add(amount)?,
                _ => return None,
            }
            rest = after.trim_start();
        }
        let lead = Self {
            text: text.trim().to_owned(),
            days,
            seconds,
        };
        (lead.days + lead.seconds / SECONDS_PER_DAY <= LONGEST_LEAD_DAYS).then_some(lead)
    }

    /// The days of it, which are days of the calendar.
    pub fn days(&self) -> u64 {
        self.days
    }

    /// What it has beside the days.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// The duration as typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Serialize for Reminder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::At(time) => map.serialize_entry("at", &time.to_short_string())?,
            Self::Before(lead) => map.serialize_entry("before", lead.as_str())?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Reminder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value).map_err(D::Error::custom)
    }
}
