//! Why Redis did not do what it was asked to.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use redis::ErrorKind;
use thiserror::Error;

/// What went wrong. Addresses are without passwords; words are Redis's own or the system's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedisError {
    /// There is no connection.
    #[error("{server} cannot be reached: {reason}")]
    Unreachable {
        /// Which server.
        server: String,
        /// Why not.
        reason: String,
    },
    /// The server's name leads to an address that must not be connected to.
    #[error("{server} leads to {address}, which must not be connected to")]
    Prohibited {
        /// Which server.
        server: String,
        /// The address that its name leads to.
        address: IpAddr,
    },
    /// The user or the password is not the right one, or one is needed.
    #[error("{server} does not take the user and password of its address, or wants some")]
    Unauthenticated {
        /// Which server.
        server: String,
    },
    /// No answer came in time.
    #[error("{server} did not answer within {after:?}; what it was asked to do may still be done")]
    TimedOut {
        /// Which server.
        server: String,
        /// The time it had.
        after: Duration,
    },
    /// The connection went away before the answer came.
    #[error("the connection to {server} was lost ({reason}); what was asked may have been done or not")]
    Lost {
        /// Which server.
        server: String,
        /// How.
        reason: String,
    },
    /// Too many callers wait for their turn.
    #[error("too many commands wait for {server}")]
    Busy {
        /// Which server.
        server: String,
    },
    /// The server answered with an error.
    #[error("{code} {message}")]
    Refused {
        /// Its first word, such as `ERR` or `WRONGTYPE`.
        code: String,
        /// The rest.
        message: String,
    },
    /// The answer is not of the kind that was expected.
    #[error("the answer is not of the expected kind")]
    Unexpected,
}

impl RedisError {
    /// Whether the server is the reason, and the same command may work later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Lost { .. } | Self::Busy { .. } => true,
            Self::Refused { code, .. } => {
                matches!(
                    code.as_str(),
                    "LOADING" | "BUSY" | "TRYAGAIN" | "MASTERDOWN" | "CLUSTERDOWN"
                )
            }
            Self::Prohibited { .. } | Self::Unauthenticated { .. } | Self::Unexpected => false,
        }
    }

    /// From an error while a connection is set up.
    pub(crate) fn of_connecting(server: &str, error: &redis::RedisError) -> Self {
        let server = server.to_owned();
        let is_refused = error.kind() == ErrorKind::AuthenticationFailed
            || matches!(error.code(), Some("WRONGPASS" | "NOAUTH" | "NOPERM"));
        if is_refused {
            return Self::Unauthenticated { server };
        }
        Self::Unreachable {
            server,
            reason: words(error),
        }
    }

    /// From an error on a connection that was set up.
    pub(crate) fn of_command(server: &str, error: &redis::RedisError) -> Self {
        match (error.kind(), error.code()) {
            (_, Some("NOAUTH" | "WRONGPASS")) => Self::Unauthenticated {
                server: server.to_owned(),
            },
            (_, Some(code)) => Self::Refused {
                code: code.to_owned(),
                message: error.detail().unwrap_or_default().to_owned(),
            },
            (ErrorKind::UnexpectedReturnType, None) => Self::Unexpected,
            (_, None) => Self::Lost {
                server: server.to_owned(),
                reason: words(error),
            },
        }
    }

    /// Whether the connection is of no more use.
    pub(crate) fn ends_connection(&self) -> bool {
        // After a time-out the server may be behind a link that is dead; what still waits on the old connection may go on.
        matches!(self, Self::Lost { .. } | Self::TimedOut { .. })
    }
}

/// The library's words for an error of the connection; it has no secrets to tell.
fn words(error: &redis::RedisError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if cause.is::<io::Error>() && !text.contains(&cause.to_string()) {
            text = format!("{text}: {cause}");
        }
        next = cause.source();
    }
    text
}
