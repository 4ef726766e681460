//! Recurrence rules of RFC 5545 (section 3.3.10): reading and writing them, and the days and times that they name.
//!
//! [`Rule::parse`] reads `FREQ=WEEKLY;BYDAY=MO,TH`. [`Rule::days`] enumerates days, for what has no time or a time of its own;
//! [`Rule::times`] enumerates instants in a time zone, for all frequencies. Both are lazy iterators in ascending order, and
//! continue from anywhere without walking there.
//!
//! ```
//! use chrono::NaiveDate;
//! use recurrence_rule::{MissingDay, Rule};
//!
//! let rule = Rule::parse("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2")?;
//! let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
//! let days: Vec<String> = rule.days(start, MissingDay::LeftOut).map(|day| day.to_string()).collect();
//! assert_eq!(days, ["2026-01-30", "2026-02-27"]);
//! # Ok::<(), recurrence_rule::RuleError>(())
//! ```
//!
//! Where the RFC leaves a choice, or is silent:
//!
//! - **The start** is the first occurrence only if the rule names it (the RFC calls everything else undefined), and COUNT
//!   counts what the rule names from the start on. What the rule does not say (the day, the time) is the start's.
//! - **A time that clocks skip** is read with the offset that held before, as section 3.3.5 says, so 02:30 becomes 03:30 on
//!   that day; one that comes twice is the first.
//! - **Rules of a day and longer** go by the clock on the wall, shorter ones by elapsed time.
//! - **BYWEEKNO** counts years by their weeks: the period of such a rule begins with the first day of week 1, also in the
//!   December before. Without BYDAY it means the start's day of the week.
//! - **BYSETPOS** counts in the whole period, also where that began before the start.
//! - **UNTIL** includes the whole day or second that it names; a time without `Z` is one on the wall.
//! - **BYSECOND=60** is 59, because there are no leap seconds here.
//!
//! It knows no exceptions (EXDATE), no further dates (RDATE) and no clock; nothing here reads or writes anything.
//!
//! Work is bounded whatever the rule is. Calendars repeat after 400 years, so a rule of a day or longer that names nothing on
//! the 146,097 days that it looks at never will, and its iterator ends; that takes milliseconds. The year 9999 is the last.

mod calendar;
mod clock;
mod days;
mod elapsed;
mod error;
mod parse;
mod rule;
mod times;
mod wall;
mod write;

pub use days::{Days, MissingDay};
pub use error::RuleError;
pub use rule::{Frequency, Rule, Until};
pub use times::Times;
