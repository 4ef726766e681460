//! What the commands that look at a running system have in common.

pub(crate) mod cluster;
pub(crate) mod confirm;
pub(crate) mod message;
pub(crate) mod output;
pub(crate) mod table;
pub(crate) mod text;

use std::io;
use std::time::Duration;

use sidespin_app::Diagnostic;
use sidespin_kafka_client::wait_until_closed;
use sidespin_operations::OperationError;
use sidespin_telemetry::LogFormat;

use crate::environment::Environment;
use crate::failure::Failure;

/// How long connections may take to be closed before the process ends around them.
const CLOSING: Duration = Duration::from_secs(1);

/// Why a command ends before it is done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Whoever read the output has seen enough, as `head` does. That is no failure.
    OutputClosed,
    /// It failed.
    Failed(Failure),
}

/// Runs a command to its end.
pub(crate) fn run(
    environment: &impl Environment,
    command: impl Future<Output = Result<(), Stop>>,
) -> Result<(), Failure> {
    // What goes wrong is told once, as the command's own error; the rest is for those who look for it.
    let filter = environment.get("SIDESPIN_LOG");
    sidespin_telemetry::start_logging(LogFormat::Text, filter.as_deref().unwrap_or("off"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::Runtime(Diagnostic::new("the async runtime cannot be started").caused_by(&error))
        })?;
    let result = runtime.block_on(command);
    // A thread may be waiting for a person who types, or who reads; it must not keep the process.
    runtime.shutdown_background();
    wait_until_closed(CLOSING);
    match result {
        Ok(()) | Err(Stop::OutputClosed) => Ok(()),
        Err(Stop::Failed(failure)) => Err(failure),
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<OperationError> for Stop {
    fn from(error: OperationError) -> Self {
        Self::Failed(Failure::Runtime(told(&error)))
    }
}

/// Errors of writing the output.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::Failed(Failure::Runtime(
            Diagnostic::new("the output cannot be written").caused_by(&error),
        ))
    }
}

/// An error with its remedy.
pub(crate) fn told(error: &OperationError) -> Diagnostic {
    let mut mistake = Diagnostic::new(error.to_string());
    let client = match error {
        OperationError::Unreachable { source } | OperationError::Client(source) => Some(source),
        _ => None,
    };
    if let Some(source) = client.and_then(|client| std::error::Error::source(client)) {
        mistake = mistake.caused_by(source);
    }
    error.hint().into_iter().fold(mistake, Diagnostic::hint)
}
