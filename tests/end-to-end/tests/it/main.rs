//! The product from outside: what its users do, and what they do wrong.

mod accounts;
mod assistant;
mod bad_input;
mod browser;
mod crash;
mod events;
mod platform;
mod recurrence;
mod reminders;
mod support;
mod tasks;
mod updates;
