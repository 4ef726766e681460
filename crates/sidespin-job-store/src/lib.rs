//! Jobs that survive: stored, claimed when they are due, finished once.
//!
//! A job belongs to an owner (a component) and has a name that is unique there. It is *kept* by [`JobStore::put`], *claimed*
//! by [`JobStore::claim_due`] when its time has come, and *settled* when its firing is over. What is settled is a claim, not
//! a name: a job that was replaced while it fired is not touched by the end of the old firing. Claims live in memory,
//! because one process has the file; after a restart everything that was claimed is due again.
//!
//! One thread writes. Operations that come while it is busy are committed together, so that many jobs cost few waits for
//! the disk. An operation is on disk when its future resolves. Nothing here looks at the clock: times are the caller's.

mod claims;
mod database;
mod grid;
mod store;
mod writer;

pub use claims::Claim;
pub use grid::next_on_grid;
pub use store::{Due, JobStore, JobStoreError, Outlook, Schedule, Settlement};
