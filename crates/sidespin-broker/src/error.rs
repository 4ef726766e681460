//! Why a broker does not start. What clients are told is Kafka's own error codes and does not appear here.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a broker could not be started.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Another program listens there.
    #[error(
        "the embedded Kafka broker cannot listen on `{address}`: the port is in use; stop the program that uses it, or choose another address with `--kafka-listen`"
    )]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on for another reason.
    #[error(
        "the embedded Kafka broker cannot listen on `{address}`; choose another address with `--kafka-listen`"
    )]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Another broker has the data open.
    #[error(
        "the Kafka data in `{}` is in use by another process; stop that process, or choose another directory with `--state-dir`",
        path.display()
    )]
    DataInUse {
        /// The data directory.
        path: PathBuf,
    },
    /// A file or directory could not be used.
    #[error(
        "cannot {action} `{}`; check that the directory exists, is writable and has space left",
        path.display()
    )]
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
    #[error(
        "`{}` is not a list of topics that this version understands ({reason}); restore it from a copy, or remove the directory that holds it to begin anew",
        path.display()
    )]
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
        /// Why not, and what would do.
        reason: String,
    },
    /// The broker's own thread could not be started, or ended at once.
    #[error("the broker's thread could not be started; the machine may be out of memory or threads")]
    Thread {
        /// What the operating system said, where it said something.
        #[source]
        source: io::Error,
    },
}

impl BrokerError {
    pub(crate) fn storage(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Storage { action, path, source }
    }
}
