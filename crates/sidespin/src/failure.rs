//! How a command fails: what is printed, and the exit code.

use std::fmt;
use std::process::ExitCode;

use sidespin_app::{Diagnostic, Diagnostics};
use sidespin_host::HostError;
use sidespin_loader::LoadError;

/// A command that did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What the user wrote is wrong: exit code 2.
    Configuration(Diagnostics),
    /// What the user wrote is right, and it did not work: exit code 1.
    Runtime(Diagnostic),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) => ExitCode::from(2),
            Self::Runtime(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(mistakes) => mistakes.fmt(formatter),
            Self::Runtime(mistake) => mistake.fmt(formatter),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(mistakes: Diagnostics) -> Self {
        Self::Configuration(mistakes)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Configuration(error.diagnostics().clone())
    }
}

impl From<Diagnostic> for Failure {
    fn from(mistake: Diagnostic) -> Self {
        Self::Configuration(mistake.into())
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Configuration(mistakes) => Self::Configuration(mistakes),
            HostError::Environment(mistake) => Self::Runtime(mistake),
            HostError::Trigger(error) => {
                let mut mistake = Diagnostic::new(error.to_string());
                if let Some(source) = std::error::Error::source(&error) {
                    mistake = mistake.caused_by(source);
                }
                if let sidespin_trigger::TriggerError::Listen { hint, .. } = &error {
                    mistake = mistake.hint(hint.clone());
                }
                Self::Runtime(mistake)
            }
            other => Self::Runtime(Diagnostic::new(other.to_string())),
        }
    }
}
