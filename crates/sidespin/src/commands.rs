//! One module per subcommand.

pub(crate) mod build;
pub(crate) mod dlq;
pub(crate) mod jobs;
pub(crate) mod topics;
pub(crate) mod up;
