//! The log of one partition: segment files of record batches, kept as they came.
//!
//! `batch` reads the header of a batch, `records` what is inside; `segment` is one file and `index`
//! where things are in it; `recovery` is what happens to it on start, `segments` all of a partition in order, `partition`
//! the whole, `read` how fetches and look-ups by time read it.

pub(crate) mod batch;
pub(crate) mod index;
pub(crate) mod partition;
pub(crate) mod read;
pub(crate) mod records;
pub(crate) mod recovery;
pub(crate) mod segment;
pub(crate) mod segments;
