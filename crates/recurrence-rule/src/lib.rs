//! Recurrence rules of RFC 5545 (section 3.3.10): reading and writing them, and the days and times that they name.
//!
//! - [`Rule`] is `FREQ=WEEKLY;BYDAY=MO,TH`: read by [`Rule::parse`], written by its `Display`.
//! - [`Recurrence`] adds a start in a time zone and times that are left out: it has [`after`](Recurrence::after),
//!   [`between`](Recurrence::between) and an iterator. It is the whole of what iCalendar says with DTSTART, RRULE and EXDATE.
//! - [`Rule::days`] enumerates days, for what has no time or a time of its own; [`Rule::times`] enumerates instants, and can be
//!   continued from any of them, for who keeps the last one only.
//!
//! All iterators are lazy, ascending, and begin anywhere without walking there.
//!
//! ```
//! use recurrence_rule::Recurrence;
//!
//! let recurrence = Recurrence::parse("DTSTART;TZID=Europe/Berlin:20260130T170000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3")?;
//! let times: Vec<String> = recurrence.iter().map(|time| time.to_string()).collect();
//! assert_eq!(times, ["2026-01-30 17:00:00 CET", "2026-02-27 17:00:00 CET", "2026-03-27 17:00:00 CET"]);
//! # Ok::<(), recurrence_rule::RecurrenceError>(())
//! ```
//!
//! Where the RFC leaves a choice, or is silent:
//!
//! - **The start** is the first occurrence only if the rule names it (the RFC calls everything else undefined), and COUNT
//!   counts what the rule names from the start on. What the rule does not say (the day, the time) is the start's.
//! - **A time that clocks skip** is read with the offset that held before, as section 3.3.5 says, so 02:30 becomes 03:30 on
//!   that day; one that comes twice is the first.
//! - **Rules of a day and longer** go by the clock on the wall, shorter ones by elapsed time. So an hour that clocks skip is not
//!   named by the shorter ones, and where clocks change by half an hour their hours are counted on from the start's.
//! - **BYWEEKNO** counts years by their weeks: the period of such a rule begins with the first day of week 1, also in the
//!   December before. Without BYDAY it means the start's day of the week.
//! - **BYSETPOS** counts in the whole period, also where that began before the start.
//! - **UNTIL** includes the whole day or second that it names; a time without `Z` is one on the wall.
//! - **BYSECOND=60** is 59, because there are no leap seconds here.
//!
//! It knows no further dates (RDATE) and no clock; nothing here reads or writes anything.
//!
//! Work is bounded whatever the rule is. Calendars repeat after 400 years, so a rule of a day or longer that names nothing on
//! the 146,097 days that it looks at never will, and its iterator ends; that takes milliseconds. Shorter ones end after
//! 200,000 periods in vain, and are walked along for a million, where a COUNT or exceptions make that necessary. The year
//! 9999 is the last. Nothing is kept but the times of one day and the days of one period.

mod calendar;
mod clock;
mod days;
mod elapsed;
mod error;
mod lines;
mod parse;
mod recurrence;
mod rule;
mod times;
mod wall;
mod write;

pub use days::{Days, MissingDay};
pub use error::{RecurrenceError, RuleError};
pub use recurrence::{Occurrences, Recurrence};
pub use rule::{Frequency, Rule, Until};
pub use times::Times;
