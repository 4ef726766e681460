//! The addresses of the service.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde::Serialize;
use todo_domain::audit::AuditEntry;
use todo_domain::time::Timestamp;
use todo_service::answer::{Answer, Failure, Page, json_unless_known, with_body};
use todo_service::authenticate::KeySource;
use todo_service::cursor::CursorKey;
use todo_service::database::Database;
use todo_service::query::Query;

use crate::history::{Filter, Verification, verify};
use crate::{Audit, metrics, schema};

/// A page of entries, with what the check of the chain said where it was asked for.
#[derive(Serialize)]
struct Entries {
    #[serde(flatten)]
    page: Page<AuditEntry>,
    #[serde(flatten)]
    verification: Option<Verification>,
}

impl<D: Database, S: KeySource> Audit<D, S> {
    /// Answers a request that came at this time. So many requests a minute of one user are let in, or any number if it is 0.
    ///
    /// # Errors
    /// The answer is a problem.
    pub async fn answer(
        &self,
        request: &Request<Bytes>,
        now: Timestamp,
        user_limit: u32,
    ) -> Result<Answer, Failure> {
        let path = request.uri().path();
        let is_history = path.strip_suffix('/').unwrap_or(path) == "/api/v1/audit";
        if !is_history && path != "/internal/metrics" {
            return Err(Failure::not_found());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(Failure::method_not_allowed("GET, HEAD"));
        }
        if is_history {
            self.history(request, now, user_limit).await
        } else {
            self.metrics().await
        }
    }

    async fn history(
        &self,
        request: &Request<Bytes>,
        now: Timestamp,
        user_limit: u32,
    ) -> Result<Answer, Failure> {
        let caller = self.authenticator.authenticate(request.headers(), now).await?;
        let connect = async || self.connect().await;
        let standing = self
            .limits
            .admit(user_limit, &caller.user_id, now, connect)
            .await?;
        caller.require_for(request.method())?;
        let user_id = caller.user_id;
        let query = Query::of(request.uri());
        let filter = Filter::of(&user_id, &query)?;
        let wants_verification = query.flag("verify")? == Some(true);
        let connection = self.connect().await?;
        let key = CursorKey::load(&connection, schema::SETTINGS_TABLE).await?;
        let page = filter.page(&connection, &key, &query).await?;
        let verification = if wants_verification {
            Some(verify(&connection, &user_id).await?)
        } else {
            None
        };
        let mut answer = json_unless_known(request.headers(), &Entries { page, verification });
        if let Some(standing) = standing {
            standing.write(answer.headers_mut());
        }
        Ok(answer)
    }

    /// For scrapers inside: the manifest gives this address no public route.
    async fn metrics(&self) -> Result<Answer, Failure> {
        let connection = self.connect().await?;
        let text = metrics::render(&connection).await?;
        Ok(with_body(StatusCode::OK, metrics::CONTENT_TYPE, text.into()))
    }
}
