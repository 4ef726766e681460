//! Jobs that survive: stored, claimed when they are due, finished once.
//!
//! A job belongs to an owner (a component) and has a name that is unique there. It is *kept* by [`JobStore::put`], *claimed*
//! by [`JobStore::claim_due`] when its time has come, and *settled* when its firing is over. What is settled is a claim, not
//! a name: a job that was replaced while it fired is not touched by the end of the old firing. [`Firing`] does all that for
//! one owner, and asks a [`Worker`] for the work itself.
//!
//! Two backends stand behind [`JobStore`]. In a SQLite file claims live in the memory of the one process that fires; after a
//! restart everything that was claimed is due again. In Postgres, which any number of hosts may share, claims are rows with a
//! lease that is renewed while the work goes on; those of a host that died are due again when it is over. An operation is
//! durable when its future resolves.
//!
//! Jobs go by their store's clock, [`JobStore::now`]: this machine's, or Postgres's, so that hosts need not agree.

mod clock;
mod error;
mod firing;
mod job;
mod postgres;
mod repeat;
mod row;
mod sqlite;
mod store;

pub use clock::{Clock, SystemClock};
pub use error::JobStoreError;
pub use firing::{Firing, Worker};
pub use job::{Claim, Due, Job, Outlook, Schedule, Settlement};
pub use postgres::{PostgresConfig, PostgresConfigError, PostgresOptions};
pub use repeat::{Repeat, Rule, RuleError, next_on_grid};
pub use store::JobStore;
