//! The addresses of the service.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::json;
use todo_domain::problem::Code;
use todo_domain::time::Timestamp;
use todo_domain::validation::FieldError;
use todo_service::answer::{Answer, Failure, json as json_answer, json_unless_known};
use todo_service::authenticate::{Caller, KeySource};
use todo_service::cursor::CursorKey;
use todo_service::database::Database;
use todo_service::query::Query;

use crate::{Notifications, Platform, deliveries, list, schema, settings};

const ROOT: &str = "/api/v1/notifications";

/// What a notification can be changed to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    read: bool,
}

/// Until when a notification is put off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snooze {
    minutes: Option<i64>,
    until: Option<Timestamp>,
}

/// The longest time to put a notification off, in minutes: a year.
const LONGEST_SNOOZE: i64 = 366 * 24 * 60;

impl<D: Database, S: KeySource, P: Platform> Notifications<D, S, P> {
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
        let rest = path
            .strip_prefix(ROOT)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let rest = rest.ok_or_else(Failure::not_found)?;
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let caller = self.authenticator.authenticate(request.headers(), now).await?;
        let connect = async || self.connect().await;
        let standing = self
            .limits
            .admit(user_limit, &caller.user_id, now, connect)
            .await?;
        check(&caller, rest, request.method())?;
        let mut answer = self.answer_to(&caller.user_id, rest, request, now).await?;
        if let Some(standing) = standing {
            standing.write(answer.headers_mut());
        }
        Ok(answer)
    }

    /// Answers a user's request for what stands at `rest` of the service's addresses.
    async fn answer_to(
        &self,
        user_id: &str,
        rest: &str,
        request: &Request<Bytes>,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let (headers, body) = (request.headers(), request.body());
        match (rest, request.method()) {
            ("", &Method::GET | &Method::HEAD) => self.list(request, user_id).await,
            ("", _) => Err(Failure::method_not_allowed("GET, HEAD")),
            ("read-all", &Method::POST) => self.read_all(user_id, now).await,
            ("read-all", _) => Err(Failure::method_not_allowed("POST")),
            ("settings", &Method::GET | &Method::HEAD) => self.settings(headers, user_id).await,
            ("settings", &Method::PUT) => self.set(body, user_id, now).await,
            ("settings", _) => Err(Failure::method_not_allowed("GET, HEAD, PUT")),
            ("settings/webhook/secret", &Method::POST) => self.rotate_secret(user_id, now).await,
            ("settings/webhook/secret", _) => Err(Failure::method_not_allowed("POST")),
            ("push-key", &Method::GET | &Method::HEAD) => self.push_key(headers).await,
            ("push-key", _) => Err(Failure::method_not_allowed("GET, HEAD")),
            ("subscriptions", &Method::GET | &Method::HEAD) => self.subscriptions(headers, user_id).await,
            ("subscriptions", &Method::POST) => self.subscribe(body, user_id, now).await,
            ("subscriptions", &Method::DELETE) => self.unsubscribe(body, user_id).await,
            ("subscriptions", _) => Err(Failure::method_not_allowed("GET, HEAD, POST, DELETE")),
            (path, method) => match (path.split_once('/'), method) {
                (None, &Method::PATCH) => self.change(path, body, user_id, now).await,
                (None, _) => Err(Failure::method_not_allowed("PATCH")),
                (Some((id, "deliveries")), &Method::GET | &Method::HEAD) => {
                    self.deliveries(headers, user_id, id).await
                }
                (Some((_, "deliveries")), _) => Err(Failure::method_not_allowed("GET, HEAD")),
                (Some((id, "snooze")), &Method::POST) => self.snooze(id, body, user_id, now).await,
                (Some((id, "snooze")), &Method::DELETE) => {
                    self.leave(user_id, id).await.map(|()| settings::no_content())
                }
                (Some((_, "snooze")), _) => Err(Failure::method_not_allowed("POST, DELETE")),
                _ => Err(Failure::not_found()),
            },
        }
    }

    async fn deliveries(&self, headers: &HeaderMap, user_id: &str, id: &str) -> Result<Answer, Failure> {
        let connection = self.connect().await?;
        let items = deliveries::of_notification(&connection, user_id, id).await?;
        Ok(json_unless_known(headers, &json!({ "items": items })))
    }

    async fn snooze(&self, id: &str, body: &[u8], user_id: &str, now: Timestamp) -> Result<Answer, Failure> {
        let wanted: Snooze = settings::read(body)?;
        let (field, until) = match (wanted.minutes, wanted.until) {
            (Some(minutes), None) => ("minutes", now.plus_seconds(minutes.saturating_mul(60))),
            (None, Some(until)) => ("until", Some(until)),
            _ => return Err(FieldError::new("", "either `minutes` or `until` says for how long").into()),
        };
        let latest = now.plus_seconds(LONGEST_SNOOZE * 60);
        let until = until.filter(|until| *until > now && latest.is_none_or(|latest| *until <= latest));
        let until = until.ok_or_else(|| FieldError::new(field, "must be in the future, within a year"))?;
        self.put_off(user_id, id, until, now).await?;
        Ok(json_answer(
            StatusCode::OK,
            &json!({ "id": id, "snoozed_until": until }),
        ))
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

/// Refuses what the caller's token does not allow. Where notifications go would outlive a program's token, and tell whoever
/// has it of what comes after.
fn check(caller: &Caller, rest: &str, method: &Method) -> Result<(), Failure> {
    caller.require_for(method)?;
    let decides_where = match rest {
        "settings" => !matches!(*method, Method::GET | Method::HEAD),
        "settings/webhook/secret" | "subscriptions" => true,
        _ => false,
    };
    if decides_where {
        caller.require_session("decide where notifications are sent")?;
    }
    Ok(())
}

fn parse(body: &[u8]) -> Result<Change, Failure> {
    let value: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| Failure::new(Code::InvalidJson, format!("the body is not JSON: {error}")))?;
    serde_json::from_value(value).map_err(|_other_shape| {
        FieldError::new("read", "must be true or false, and nothing else can be changed").into()
    })
}
