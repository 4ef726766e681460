//! Values between the interface's types and the server's binary format.

mod calendar;
mod decimal;
mod parameter;
mod result;
mod wire;

pub(crate) use parameter::Encoded;
pub(crate) use result::{column, decode_row};
use thiserror::Error;

/// Why a value cannot be told to the other side. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ValueError {
    /// The statement wants another type.
    #[error(
        "is `{given}`, but the statement wants `{wanted}`: cast it in the statement, such as `$1::{wanted}`, or give another kind of value"
    )]
    Mismatch {
        /// The interface's kind.
        given: &'static str,
        /// The server's type.
        wanted: String,
    },
    /// The text or the numbers mean nothing.
    #[error("is no valid {0}")]
    Invalid(&'static str),
    /// The server has a value that the interface has no way to say.
    #[error("holds {0}, which this interface cannot tell")]
    Untellable(&'static str),
}
