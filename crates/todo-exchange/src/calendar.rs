//! iCalendar (RFC 5545): one VTODO for a task.
//!
//! Written by hand, because what there is of crates either does not tell lines or does not write. Due dates stand in their own
//! time zone, each with a VTIMEZONE, so that other programs repeat a task at the same time of day across a clock change.

mod alarm;
mod duration;
mod line;
mod moment;
mod read;
mod rule;
mod todo;
mod write;
mod zones;

pub(crate) use read::read;
pub(crate) use write::CalendarWriter;
