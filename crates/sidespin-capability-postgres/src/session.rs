//! One connection to a server: its prepared statements, what they left behind, and how it is ended in the middle of one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidespin_world::postgres::postgres as wit;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{CancelToken, Client, Connection, NoTls, RowStream, Statement};

use crate::Limits;
use crate::error::PostgresError;
use crate::rows::{self, Rows};
use crate::tls::Connector;
use crate::tracker::Traces;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 128;

/// How much longer than the server's own limit a statement is waited for.
const GRACE: Duration = Duration::from_secs(5);

/// How long a connection may do nothing inside of a transaction, which holds locks, before the server ends it.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(60);

/// How long ending or checking a connection may take.
const CLEANING: Duration = Duration::from_secs(5);

/// The SQLSTATE of a prepared statement whose tables have changed since.
const STATEMENT_OUTDATED: [&str; 2] = ["0A000", "26000"];

/// An open connection.
pub(crate) struct Session {
    client: Client,
    driver: AbortHandle,
    peer: SocketAddr,
    tls: Option<Connector>,
    limits: Limits,
    statements: HashMap<String, Statement>,
    traces: Traces,
    /// A statement is running, or was given up half-way.
    is_busy: bool,
    pub(crate) idle_since: Instant,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Session")
            .field("peer", &self.peer)
            .field("is_busy", &self.is_busy)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Takes over a connection that was just made. A task of its own moves the bytes.
    pub(crate) fn start<S, T>(
        client: Client,
        connection: Connection<S, T>,
        peer: SocketAddr,
        tls: Option<Connector>,
        limits: Limits,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: TlsStream + Unpin + Send + 'static,
    {
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection to a database ended");
            }
        });
        Self {
            client,
            driver: driver.abort_handle(),
            peer,
            tls,
            limits,
            statements: HashMap::new(),
            traces: Traces::default(),
            is_busy: false,
            idle_since: now(),
        }
    }

    /// Sets what the server itself has to watch.
    pub(crate) async fn prepare_for_use(&self) -> Result<(), PostgresError> {
        let set = self.client.batch_execute(&settings(self.limits)).await;
        set.map_err(|error| PostgresError::of_statement(&error))
    }

    /// Whether the server still answers.
    pub(crate) async fn is_alive(&self) -> bool {
        !self.client.is_closed()
            && timeout(CLEANING, self.client.check_connection())
                .await
                .is_ok_and(|checked| checked.is_ok())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Runs a statement and answers how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        statement: &str,
        parameters: &[wit::ParameterValue],
    ) -> Result<u64, PostgresError> {
        let sent = self.run(statement, parameters).await?;
        let touched = self.within(async |_this| rows::count(sent).await).await?;
        self.traces.after(statement);
        Ok(touched)
    }

    /// Runs a statement and answers with its rows.
    pub(crate) async fn query(
        &mut self,
        statement: &str,
        parameters: &[wit::ParameterValue],
    ) -> Result<Rows, PostgresError> {
        let sent = self.run(statement, parameters).await?;
        let read = self
            .within(async |this| {
                let columns = this.statements.get(statement).map_or(&[][..], Statement::columns);
                rows::read(columns, sent).await
            })
            .await?;
        self.traces.after(statement);
        Ok(read)
    }

    /// Prepares and sends a statement. One that was prepared before its tables changed is prepared anew, once.
    async fn run(
        &mut self,
        statement: &str,
        parameters: &[wit::ParameterValue],
    ) -> Result<RowStream, PostgresError> {
        if self.is_busy {
            return Err(PostgresError::Abandoned);
        }
        self.traces.before(statement);
        let was_prepared = self.statements.contains_key(statement);
        let first = self
            .within(async |this| this.send(statement, parameters).await)
            .await;
        match first {
            Err(error)
                if was_prepared
                    && error
                        .code()
                        .is_some_and(|code| STATEMENT_OUTDATED.contains(&code)) =>
            {
                self.statements.remove(statement);
                let again = self
                    .within(async |this| this.send(statement, parameters).await)
                    .await;
                // Inside of a transaction the server takes nothing more; then the first error is the one to tell.
                again.map_err(|second| {
                    if second.code() == Some("25P02") {
                        error
                    } else {
                        second
                    }
                })
            }
            other => other,
        }
    }

    async fn send(
        &mut self,
        statement: &str,
        parameters: &[wit::ParameterValue],
    ) -> Result<RowStream, PostgresError> {
        let failed = |error| PostgresError::of_statement(&error);
        let prepared = match self.statements.get(statement) {
            Some(prepared) => prepared.clone(),
            None => {
                let prepared = self.client.prepare(statement).await.map_err(failed)?;
                if self.statements.len() >= STATEMENTS {
                    self.statements.clear();
                }
                self.statements.insert(statement.to_owned(), prepared.clone());
                prepared
            }
        };
        let encoded = rows::encode(&prepared, parameters)?;
        self.client.query_raw(&prepared, encoded).await.map_err(failed)
    }

    /// Does a part of a statement's work within the time that a statement has. While it is done, and if it is given up, the
    /// connection is busy.
    async fn within<R>(
        &mut self,
        work: impl AsyncFnOnce(&mut Self) -> Result<R, PostgresError>,
    ) -> Result<R, PostgresError> {
        let after = self.limits.statement_timeout().saturating_add(GRACE);
        self.is_busy = true;
        let result = timeout(after, work(self)).await;
        match result {
            Ok(result) => {
                // What is too large was not read to its end.
                self.is_busy = matches!(result, Err(PostgresError::ResultTooLarge { .. }));
                result
            }
            Err(_elapsed) => Err(PostgresError::StatementTimeout { after }),
        }
    }

    /// Wipes away what was left behind. Answers whether the connection is as good as new.
    pub(crate) async fn clean(&mut self) -> bool {
        if self.is_busy || self.traces.is_spoiled || self.client.is_closed() {
            return false;
        }
        let mut statements = String::new();
        if self.traces.has_transaction {
            statements.push_str("ROLLBACK; ");
        }
        // All that `DISCARD ALL` does but forgetting the prepared statements, which are ours.
        statements.push_str(
            "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); \
             DISCARD TEMP; DISCARD SEQUENCES; ",
        );
        statements.push_str(&settings(self.limits));
        let cleaned = timeout(CLEANING, self.client.batch_execute(&statements)).await;
        self.traces = Traces::default();
        self.idle_since = now();
        match cleaned {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::debug!(peer = %self.peer, %error, "a connection to a database could not be cleaned and is closed");
                false
            }
            Err(_elapsed) => false,
        }
    }

    /// Ends the connection, and what runs on it.
    pub(crate) async fn end(self) {
        if self.is_busy && !self.client.is_closed() {
            let token = self.client.cancel_token();
            if timeout(CLEANING, cancel(token, self.peer, self.tls.clone()))
                .await
                .is_err()
            {
                tracing::debug!(peer = %self.peer, "a statement could not be cancelled in time");
            }
            self.driver.abort();
        }
        // Without a client the driver says good-bye to the server and ends.
        drop(self.client);
    }
}

/// Asks the server, by a connection of its own, to give up what runs.
async fn cancel(token: CancelToken, peer: SocketAddr, tls: Option<Connector>) {
    let Ok(stream) = TcpStream::connect(peer).await else {
        return;
    };
    let cancelled = match tls {
        Some(tls) => token.cancel_query_raw(stream, tls).await,
        None => token.cancel_query_raw(stream, NoTls).await,
    };
    if let Err(error) = cancelled {
        tracing::debug!(%peer, %error, "a statement could not be cancelled");
    }
}

fn settings(limits: Limits) -> String {
    format!(
        "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}",
        limits.statement_timeout().as_millis(),
        IDLE_IN_TRANSACTION.as_millis()
    )
}

/// The clock by which connections grow old.
pub(crate) fn now() -> Instant {
    Instant::now()
}
