//! The addresses of the service.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::json;
use todo_domain::problem::Code;
use todo_domain::time::Timestamp;
use todo_domain::validation::FieldError;
use todo_service::answer::{Answer, Failure, json as json_answer, json_unless_known};
use todo_service::authenticate::KeySource;
use todo_service::cursor::CursorKey;
use todo_service::database::Database;
use todo_service::query::Query;

use crate::{Notifications, list, schema};

const ROOT: &str = "/api/v1/notifications";

/// What a notification can be changed to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    read: bool,
}

impl<D: Database, S: KeySource, P> Notifications<D, S, P> {
    /// Answers a request that came at this time.
    ///
    /// # Errors
    /// The answer is a problem.
    pub async fn answer(&self, request: &Request<Bytes>, now: Timestamp) -> Result<Answer, Failure> {
        let path = request.uri().path();
        let rest = path
            .strip_prefix(ROOT)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let rest = rest.ok_or_else(Failure::not_found)?;
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let user_id = self.authenticator.authenticate(request.headers(), now).await?.sub;
        match (rest, request.method()) {
            ("", &Method::GET | &Method::HEAD) => self.list(request, &user_id).await,
            ("", _) => Err(Failure::method_not_allowed("GET, HEAD")),
            ("read-all", &Method::POST) => self.read_all(&user_id, now).await,
            ("read-all", _) => Err(Failure::method_not_allowed("POST")),
            (id, _) if id.contains('/') => Err(Failure::not_found()),
            (id, &Method::PATCH) => self.change(id, request.body(), &user_id, now).await,
            _ => Err(Failure::method_not_allowed("PATCH")),
        }
    }

    async fn list(&self, request: &Request<Bytes>, user_id: &str) -> Result<Answer, Failure> {
        let query = Query::of(request.uri());
        let connection = self.connect().await?;
        let key = CursorKey::load(&connection, schema::SETTINGS_TABLE).await?;
        let page = list::page(&connection, &key, user_id, &query).await?;
        Ok(json_unless_known(request.headers(), &page))
    }

    async fn change(&self, id: &str, body: &[u8], user_id: &str, now: Timestamp) -> Result<Answer, Failure> {
        let Change { read } = parse(body)?;
        let connection = self.connect().await?;
        let notification = list::mark(&connection, user_id, id, read, now).await?;
        Ok(json_answer(StatusCode::OK, &notification))
    }

    async fn read_all(&self, user_id: &str, now: Timestamp) -> Result<Answer, Failure> {
        let connection = self.connect().await?;
        let updated = list::mark_all(&connection, user_id, now).await?;
        Ok(json_answer(StatusCode::OK, &json!({"updated": updated})))
    }
}

fn parse(body: &[u8]) -> Result<Change, Failure> {
    let value: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| Failure::new(Code::InvalidJson, format!("the body is not JSON: {error}")))?;
    serde_json::from_value(value).map_err(|_other_shape| {
        FieldError::new("read", "must be true or false, and nothing else can be changed").into()
    })
}
