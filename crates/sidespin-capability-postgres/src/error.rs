//! Why a database did not do what a component asked, and how that is told in the interface's words. No text holds an address,
//! which may have a password in it.

use std::time::Duration;

use sidespin_world::postgres::postgres as wit;
use thiserror::Error;
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::value::ValueError;

/// Why there is no connection or no result.
#[derive(Debug, Error)]
pub(crate) enum PostgresError {
    #[error("the address of the database is not valid: {reason}")]
    Address { reason: &'static str },
    #[error("the certificate is not valid: {reason}")]
    Certificate { reason: String },
    #[error(
        "the component may not reach `{destination}`; the host's log says what to add to its manifest entry"
    )]
    Denied { destination: String },
    #[error("the host of `{destination}` was not found")]
    NotFound { destination: String },
    #[error("there is no connection to `{destination}`: {reason}")]
    Connect { destination: String, reason: String },
    #[error("there was no connection to `{destination}` after {} s", .after.as_secs())]
    ConnectTimeout { destination: String, after: Duration },
    #[error(
        "all {connections} connections of the component to this database are in use; drop connections that are done with"
    )]
    Exhausted { connections: usize },
    #[error("the component uses too many different databases at once; drop connections that are done with")]
    TooManyDatabases,
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("a statement on this connection was given up half-way; open another one")]
    Abandoned,
    #[error("the statement has {expected} parameters, but {given} were given")]
    ParameterCount { expected: usize, given: usize },
    #[error("parameter ${number} {error}")]
    Parameter { number: usize, error: ValueError },
    #[error("column `{column}` {error}")]
    Column { column: String, error: ValueError },
    #[error("the result is larger than {limit} bytes; use LIMIT")]
    ResultTooLarge { limit: usize },
    #[error("the statement was not answered within {} s", .after.as_secs())]
    StatementTimeout { after: Duration },
    #[error("{0}")]
    Server(Box<DbError>),
}

impl PostgresError {
    /// What happened to a statement.
    pub(crate) fn of_statement(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(error) => Self::Server(Box::new(error.clone())),
            None => Self::Broken(sources(error)),
        }
    }

    /// The server's code, if it is the server that refused.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Server(error) => Some(error.code().code()),
            _ => None,
        }
    }
}

/// An error with its causes, which tokio-postgres leaves out of its own text.
pub(crate) fn sources(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

impl From<PostgresError> for wit::Error {
    fn from(error: PostgresError) -> Self {
        let text = error.to_string();
        match error {
            PostgresError::Address { .. }
            | PostgresError::Certificate { .. }
            | PostgresError::Denied { .. }
            | PostgresError::NotFound { .. }
            | PostgresError::Connect { .. }
            | PostgresError::ConnectTimeout { .. }
            | PostgresError::Exhausted { .. }
            | PostgresError::TooManyDatabases
            | PostgresError::Broken(_)
            | PostgresError::Abandoned => Self::ConnectionFailed(text),
            PostgresError::ParameterCount { .. } | PostgresError::Parameter { .. } => {
                Self::BadParameter(text)
            }
            PostgresError::Column { .. } => Self::ValueConversionFailed(text),
            PostgresError::ResultTooLarge { .. } | PostgresError::StatementTimeout { .. } => {
                Self::QueryFailed(wit::QueryError::Text(text))
            }
            PostgresError::Server(error) => Self::QueryFailed(wit::QueryError::DbError(db_error(&error))),
        }
    }
}

fn db_error(error: &DbError) -> wit::DbError {
    let position = error.position().map(|position| match position {
        ErrorPosition::Original(position) | ErrorPosition::Internal { position, .. } => position.to_string(),
    });
    let line = error.line().map(|line| line.to_string());
    let fields = [
        ("column", error.column()),
        ("constraint", error.constraint()),
        ("datatype", error.datatype()),
        ("file", error.file()),
        ("hint", error.hint()),
        ("line", line.as_deref()),
        ("position", position.as_deref()),
        ("routine", error.routine()),
        ("schema", error.schema()),
        ("table", error.table()),
        ("where_", error.where_()),
    ];
    let extras = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    wit::DbError {
        as_text: format!(
            "{} {}: {}",
            error.severity(),
            error.code().code(),
            error.message()
        ),
        severity: error.severity().to_owned(),
        code: error.code().code().to_owned(),
        message: error.message().to_owned(),
        detail: error.detail().map(str::to_owned),
        extras: extras.collect(),
    }
}
