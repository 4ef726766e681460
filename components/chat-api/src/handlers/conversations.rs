//! The history of the chat.

use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use todo_domain::problem::Code;
use todo_domain::query::cursor::{open, seal};
use todo_domain::query::{DEFAULT_LIMIT, MAXIMUM_LIMIT, Page, SEARCH_LIMIT};
use todo_domain::text::fold;
use todo_domain::validation::{FieldError, TITLE_LIMIT};
use todo_service::answer::{self, Answer, json_unless_known};
use todo_service::database::{Database, in_transaction_on};

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::conversations;

const MERGE_PATCH: &str = "application/merge-patch+json";

/// GET /conversations
pub(crate) async fn list<P: Platform>(app: &App<P>, call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    let search = search(call)?;
    // A cursor goes on in the list that it is of.
    let scope = match &search {
        Some(search) => format!("conversations\n{}\n{}", caller.user_id, fold(search)),
        None => format!("conversations\n{}", caller.user_id),
    };
    let question = Question::of(app, call, scope, &["search"])?;
    let search = search.as_deref();
    let before = question.position::<(i64, String)>()?;
    let connection = app.platform.database().connect().await?;
    let found = conversations::page(
        &connection,
        &caller.user_id,
        search,
        before.as_ref(),
        question.read(),
    )
    .await?;
    let total = match question.wants_total {
        true => Some(conversations::count(&connection, &caller.user_id, search).await?),
        false => None,
    };
    let page = question.page(found, total, |last| (last.updated_at.millis(), last.id.clone()));
    Ok(json_unless_known(&call.parts.headers, &page))
}

/// GET /conversations/{id}
pub(crate) async fn get<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let found = conversations::find(&connection, &caller.user_id, id).await?;
    Ok(json_unless_known(
        &call.parts.headers,
        &found.ok_or_else(Failure::not_found)?,
    ))
}

/// PATCH /conversations/{id}
pub(crate) async fn rename<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let body = call.json(Some(MERGE_PATCH))?;
    let title = body
        .get("title")
        .and_then(Value::as_str)
        .map(str::trim)
        .unwrap_or_default();
    if !(1..=TITLE_LIMIT).contains(&title.chars().count()) || title.chars().any(char::is_control) {
        return Err(Failure::field(
            "title",
            format!("must be one line of 1 to {TITLE_LIMIT} characters"),
        ));
    }
    let connection = app.platform.database().connect().await?;
    let renamed = conversations::rename(&connection, &caller.user_id, id, title).await?;
    Ok(answer::json(
        StatusCode::OK,
        &renamed.ok_or_else(Failure::not_found)?,
    ))
}

/// DELETE /conversations/{id}
pub(crate) async fn delete<P: Platform>(app: &App<P>, caller: &Caller, id: &str) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let user = [caller.user_id.as_str()];
    let was_there = in_transaction_on(&connection, &user, async |connection| {
        Ok::<_, Failure>(conversations::delete(connection, &caller.user_id, id).await?)
    });
    if was_there.await? {
        Ok(super::no_content())
    } else {
        Err(Failure::not_found())
    }
}

/// GET /conversations/{id}/messages
pub(crate) async fn messages<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let question = Question::of(app, call, format!("messages\n{}\n{id}", caller.user_id), &[])?;
    let after = question.position::<i64>()?.unwrap_or_default();
    let connection = app.platform.database().connect().await?;
    let conversation = conversations::find(&connection, &caller.user_id, id).await?;
    let conversation = conversation.ok_or_else(Failure::not_found)?;
    let found = conversations::messages(&connection, id, after, question.read()).await?;
    let total = question.wants_total.then_some(conversation.message_count);
    let page = question.page(found, total, |last| last.seq);
    Ok(json_unless_known(&call.parts.headers, &page))
}

/// The words that are looked for, if any are.
fn search(call: &Call) -> Result<Option<String>, Failure> {
    let given = call
        .parameters()
        .into_iter()
        .find(|(name, _value)| name == "search");
    let Some((name, words)) = given.filter(|(_name, words)| !words.is_empty()) else {
        return Ok(None);
    };
    if words.chars().count() > SEARCH_LIMIT || words.chars().any(char::is_control) {
        let message = format!("must have at most {SEARCH_LIMIT} characters and no control characters");
        return Err(Failure::field(&name, message));
    }
    Ok(Some(words))
}

/// What is asked of a list that has no filters but those that its handler reads itself.
pub(super) struct Question<'a> {
    limit: usize,
    wants_total: bool,
    cursor: Option<String>,
    key: &'a [u8],
    scope: String,
}

impl<'a> Question<'a> {
    pub(super) fn of<P: Platform>(
        app: &'a App<P>,
        call: &Call,
        scope: String,
        filters: &[&str],
    ) -> Result<Self, Failure> {
        let key = app.cursor_key.as_bytes();
        let mut question = Self {
            limit: DEFAULT_LIMIT,
            wants_total: false,
            cursor: None,
            key,
            scope,
        };
        let mut errors = Vec::new();
        for (name, value) in call.parameters() {
            let message = match name.as_str() {
                _ if value.is_empty() => continue,
                filter if filters.contains(&filter) => continue,
                "limit" => match value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=MAXIMUM_LIMIT).contains(limit))
                {
                    Some(limit) => {
                        question.limit = limit;
                        continue;
                    }
                    None => format!("must be a number from 1 to {MAXIMUM_LIMIT}"),
                },
                "count" if value == "true" || value == "false" => {
                    question.wants_total = value == "true";
                    continue;
                }
                "count" => "must be `true` or `false`".to_owned(),
                "cursor" => {
                    question.cursor = Some(value);
                    continue;
                }
                _ => "is not a parameter of this list".to_owned(),
            };
            errors.push(FieldError::new(
                name.chars().take(60).collect::<String>(),
                message,
            ));
        }
        if errors.is_empty() {
            Ok(question)
        } else {
            Err(errors.into())
        }
    }

    /// How many items to read: one more than wanted tells whether there are more.
    pub(super) fn read(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    pub(super) fn position<T: DeserializeOwned>(&self) -> Result<Option<T>, Failure> {
        let opened = self
            .cursor
            .as_deref()
            .map(|cursor| open(cursor, self.key, &self.scope))
            .transpose();
        opened.map_err(|error| Failure::new(Code::InvalidCursor, error.to_string()))
    }

    /// The page made of one item more than was asked for, if there are that many.
    pub(super) fn page<T, L: Serialize>(
        &self,
        mut found: Vec<T>,
        total: Option<i64>,
        place: impl Fn(&T) -> L,
    ) -> Page<T> {
        let has_more = found.len() > self.limit;
        found.truncate(self.limit);
        let last = found.last().filter(|_| has_more);
        let next_cursor = last.map(|last| seal(&place(last), self.key, &self.scope));
        Page {
            items: found,
            next_cursor,
            has_more,
            total: total.and_then(|total| usize::try_from(total).ok()),
        }
    }
}
