//! A connection on loan to one instance.

use std::sync::Arc;

use sidespin_world::postgres::postgres as wit;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use crate::error::PostgresError;
use crate::pool::Pool;
use crate::rows::Rows;
use crate::session::Session;

/// The connection. Dropping it gives it back, whatever it was doing.
#[derive(Debug)]
pub(crate) struct Lease {
    /// There until it is dropped.
    loan: Option<(Session, OwnedSemaphorePermit)>,
    pool: Arc<Pool>,
    runtime: Handle,
}

impl Lease {
    /// Must be called inside of the runtime.
    pub(crate) fn new(session: Session, pool: Arc<Pool>, place: OwnedSemaphorePermit) -> Self {
        Self {
            loan: Some((session, place)),
            pool,
            runtime: Handle::current(),
        }
    }

    fn session(&mut self) -> Result<&mut Session, PostgresError> {
        let session = self.loan.as_mut().map(|(session, _place)| session);
        session
            .filter(|session| !session.is_busy())
            .ok_or(PostgresError::Abandoned)
    }

    /// Runs a statement and answers how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        statement: &str,
        parameters: &[wit::ParameterValue],
    ) -> Result<u64, PostgresError> {
        self.session()?.execute(statement, parameters).await
    }

    /// Runs a statement and answers with its rows.
    pub(crate) async fn query(
        &mut self,
        statement: &str,
        parameters: &[wit::ParameterValue],
    ) -> Result<Rows, PostgresError> {
        self.session()?.query(statement, parameters).await
    }

    #[cfg(test)]
    pub(crate) fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((session, place)) = self.loan.take() {
            let pool = Arc::clone(&self.pool);
            self.runtime.spawn(pool.give_back(session, place));
        }
    }
}
