//! Why a broker does not start. What clients are told is Kafka's own error codes and does not appear here.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a broker could not be started.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Another program listens there.
    #[error("the address `{address}` is in use")]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on for another reason.
    #[error("it cannot listen on `{address}`")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Another broker has the data open.
    #[error("the Kafka data in `{}` is in use by another process", path.display())]
    DataInUse {
        /// The data directory.
        path: PathBuf,
    },
    /// A file or directory could not be used.
    #[error("cannot {action} `{}`", path.display())]
    Storage {
        /// What was being done, as a verb: `create`, `read` …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The list of topics cannot be understood.
    #[error("`{}` is not a list of topics that this version understands ({reason})", path.display())]
    Catalog {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A configured topic cannot exist.
    #[error("topic `{name}` cannot be created: {reason}")]
    Topic {
        /// Its name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The broker's own thread could not be started, or ended at once.
    #[error("the broker's thread could not be started")]
    Thread {
        /// What the operating system said, where it said something.
        #[source]
        source: io::Error,
    },
}

impl BrokerError {
    /// What whoever started the broker can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AddressInUse { .. } => {
                "stop the program that uses it, or choose another address with `--kafka-listen`"
            }
            Self::Listen { .. } => "choose another address with `--kafka-listen`",
            Self::DataInUse { .. } => "stop that process, or choose another directory with `--state-dir`",
            Self::Storage { .. } => "check that the directory exists, is writable and has space left",
            Self::Catalog { .. } => {
                "restore it from a copy, or remove the directory that holds it to begin anew"
            }
            Self::Topic { .. } => {
                "name it with letters, digits, `.`, `_` and `-`, and give it at least one partition"
            }
            Self::Thread { .. } => "give the process more memory or threads",
        }
    }

    pub(crate) fn storage(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Storage { action, path, source }
    }
}
