//! The heart of the application: accounts, tasks, conversations, the chat and live updates, as one small component.
//!
//! A change, the events about it and the jobs for it are written in one transaction and told to the platform afterwards
//! ([`App::relay`]), so no event is lost and none is told of a change that was undone. Everything runs natively on a fake
//! [`platform`]; only the module `component` speaks to the host.

mod access;
mod accounts;
mod app;
mod assistant;
mod attempts;
mod auth;
mod bin;
mod bulk;
#[cfg(target_arch = "wasm32")]
mod component;
mod constant_time;
mod download;
mod failure;
mod handlers;
mod hex;
mod imports;
mod issuer;
mod jobs;
mod knowledge;
mod limits;
mod mcp;
mod metrics;
pub mod platform;
mod relay;
mod request;
mod router;
mod series;
mod sessions;
mod settings;
mod store;
mod subtasks;
mod tasks;
#[cfg(test)]
mod tests;
mod undo;
mod unit;
mod updates;

pub use app::{App, Reply};
pub use assistant::ChatStream;
pub use download::{BrokenOff, Download};
pub use jobs::JobFailure;
pub use request::{Body, LARGEST_BODY};
pub use updates::UpdateStream;
