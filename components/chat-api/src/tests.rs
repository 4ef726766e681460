//! The service as a whole, from request to response, on a platform of which every part can fail.

mod accounts;
mod chat;
mod lists;
mod live;
mod outbox;
mod platform;
mod recurrence;
mod reminders;
mod requests;
mod service;
mod tasks;
