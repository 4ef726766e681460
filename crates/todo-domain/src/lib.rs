//! The pure logic of the Todo application: what a task is, which input is valid, when a recurring task comes
//! again, what an event looks like, and what the built-in assistant understands.
//!
//! Nothing here reads a clock, draws a random number, or does I/O: the time, the ids and the tasks are
//! arguments. So everything can be tested natively and runs unchanged inside a WebAssembly component.

pub mod account;
pub mod api_token;
pub mod assistant;
pub mod audit;
pub mod bulk;
pub mod daily;
pub mod due;
pub mod events;
pub mod problem;
pub mod query;
pub mod quick;
pub mod recurrence;
pub mod sse;
pub mod task;
pub mod text;
pub mod time;
pub mod validation;
pub mod zone;
