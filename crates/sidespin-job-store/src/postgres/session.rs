//! One connection.

use std::future::poll_fn;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_postgres::{AsyncMessage, Client, Row};

use super::reading::Reading;
use super::{Parameter, PostgresConfig, sql};
use crate::JobStoreError;

/// A connection, which ends with this value.
pub(super) struct Session {
    pub(super) client: Client,
    connection: AbortHandle,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Session {
    /// Connects, and creates the tables where they are missing.
    pub(super) async fn open(config: &PostgresConfig) -> Result<Self, JobStoreError> {
        let session = Self::connect(config, None).await?;
        session.prepare().await.map_err(|error| config.failed(error))?;
        Ok(session)
    }

    /// Connects, and hands on what others notify of.
    pub(super) async fn listening(
        config: &PostgresConfig,
        notifications: UnboundedSender<String>,
    ) -> Result<Self, JobStoreError> {
        Self::connect(config, Some(notifications)).await
    }

    async fn connect(
        config: &PostgresConfig,
        notifications: Option<UnboundedSender<String>>,
    ) -> Result<Self, JobStoreError> {
        let connected =
            tokio::time::timeout(super::PATIENCE, config.connection.connect(config.tls.clone())).await;
        let unreachable = |reason: String| JobStoreError::Unreachable {
            server: config.server(),
            reason,
        };
        let (client, mut connection) = connected
            .map_err(|_elapsed| unreachable("it took too long".to_owned()))?
            .map_err(|error| unreachable(sources(&error)))?;
        let connection = tokio::spawn(async move {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                match (message, &notifications) {
                    (Ok(AsyncMessage::Notification(message)), Some(notifications)) => {
                        // Nobody listens any more when the connection is about to be closed.
                        drop(notifications.send(message.payload().to_owned()));
                    }
                    (Ok(_), _) => {}
                    (Err(error), _) => {
                        tracing::warn!(
                            error = sources(&error),
                            "a connection to the jobs' Postgres broke"
                        );
                        return;
                    }
                }
            }
        });
        Ok(Self {
            client,
            connection: connection.abort_handle(),
        })
    }

    async fn prepare(&self) -> Result<(), tokio_postgres::Error> {
        // Whoever waits here has given up before; a statement must not go on by itself for ever.
        self.client.batch_execute("SET statement_timeout = '15s'").await?;
        let is_created = |rows: &[Row]| {
            rows.first()
                .is_some_and(|row| row.try_get("created").unwrap_or(false))
        };
        if is_created(&self.client.query_typed(sql::IS_CREATED, &[]).await?) {
            return Ok(());
        }
        let create = format!("BEGIN; {}; {}; COMMIT", sql::LOCK_SCHEMA, sql::SCHEMA);
        self.client.batch_execute(&create).await
    }

    /// Runs a statement that answers with the clock too.
    pub(super) async fn read_clock(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<(Vec<Row>, Reading), tokio_postgres::Error> {
        let asked = Instant::now();
        let rows = self.client.query_typed(statement, parameters).await?;
        let shown = rows.first().map(|row| row.try_get("clock")).transpose()?;
        let reading = Reading {
            shown: super::rows::unsigned(shown.unwrap_or_default()),
            asked,
            answered: Instant::now(),
        };
        Ok((rows, reading))
    }
}

/// An error and what is behind it, in one line.
pub(super) fn sources(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let next = error.to_string();
        // Some name their source in their own words already.
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = error.source();
    }
    text
}
