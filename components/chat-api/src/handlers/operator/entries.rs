//! Documents and products, and what all entries have in common.

use http::header::ETAG;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use todo_domain::problem::Code;
use todo_knowledge::Kind;
use todo_knowledge::answer::Source;
use todo_knowledge::limits::QUERY_LIMIT;
use todo_service::answer::{self, Answer, is_known, json_unless_known};
use todo_service::database::{Connection, Database};

use super::faq::etag;
use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::handlers::conversations::Question;
use crate::knowledge::Scope;
use crate::knowledge::fields::Fields;
use crate::knowledge::intake::Incoming;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::knowledge::{self as store, Entry, MOST_PASSAGES, search};
use crate::unit::Unit;

/// GET of a list.
pub(super) async fn list<P: Platform>(
    app: &App<P>,
    call: &Call,
    kind: Kind,
    category: Option<&str>,
) -> Result<Answer, Failure> {
    let scope = format!("knowledge\n{}\n{}", kind.as_str(), category.unwrap_or_default());
    let question = Question::of(app, call, scope, &[])?;
    let after = question.position::<String>()?.unwrap_or_default();
    let connection = app.platform.database().connect().await?;
    let found = store::page(&connection, kind, category, &after, question.read()).await?;
    let page = question.page(found, None, |last| last.id.clone());
    Ok(json_unless_known(&call.parts.headers, &page))
}

/// GET of one.
pub(super) async fn get<P: Platform>(
    app: &App<P>,
    call: &Call,
    kind: Kind,
    id: &str,
) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let found = store::find(&connection, kind, id).await?;
    let found = found.filter(|entry| entry.deleted_at.is_none());
    let entry = found.ok_or_else(Failure::not_found)?;
    let tag = etag(&entry);
    let mut answer = if is_known(&call.parts.headers, &tag) {
        crate::handlers::empty(StatusCode::NOT_MODIFIED)
    } else {
        answer::json(StatusCode::OK, &entry)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    Ok(answer)
}

/// Keeps an entry, unless there is no room for its passages. Answers how many it has.
pub(super) async fn keep<C: Connection>(unit: &Unit<'_, C>, entry: &Entry) -> Result<usize, Failure> {
    let passages = store::put(unit.connection, entry).await?;
    if search::count(unit.connection).await? > MOST_PASSAGES {
        let detail = format!("there would be more than {MOST_PASSAGES} passages; delete what is not needed");
        return Err(Failure::new(Code::Conflict, detail));
    }
    Ok(passages)
}

/// POST /ingest: `{documents: [{id?, title?, content, category?, tags?}]}`
pub(super) async fn documents<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let incoming = Incoming::list(call.json(None)?, "documents", Incoming::document)?;
    ingest(app, call, caller, Kind::Document, incoming).await
}

/// POST /ingest/products: `{products: [{id?, name, description?, price?, currency?, category?, tags?, in_stock?, url?}]}`
pub(super) async fn products<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let incoming = Incoming::list(call.json(None)?, "products", Incoming::product)?;
    ingest(app, call, caller, Kind::Product, incoming).await
}

/// All or nothing. What has an id that is known takes its place.
async fn ingest<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    kind: Kind,
    incoming: Vec<Incoming>,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        let (mut ids, mut passages) = (Vec::new(), 0);
        for item in incoming {
            let id = item.id.unwrap_or_else(|| (unit.new_id)());
            let known = store::find(unit.connection, kind, &id).await?;
            let entry = Entry {
                id: id.clone(),
                kind,
                title: item.title,
                content: item.content,
                category: item.category,
                tags: item.tags,
                is_active: true,
                version: known.as_ref().map_or(1, |known| known.version.saturating_add(1)),
                created_at: known.map_or(unit.now, |known| known.created_at),
                updated_at: unit.now,
                deleted_at: None,
            };
            passages += keep(unit, &entry).await?;
            ids.push(id);
        }
        let body = json!({ "ingested": ids.len(), "passages": passages, "ids": ids });
        Ok(answer::json(StatusCode::CREATED, &body))
    })
    .await
}

/// DELETE of a document or product, for good: whoever gave it has it.
pub(super) async fn delete<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    kind: Kind,
    id: &str,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        match store::remove(unit.connection, kind, id).await? {
            true => Ok(crate::handlers::no_content()),
            false => Err(Failure::not_found()),
        }
    })
    .await
}

/// POST /ingest/products/search-test: `{query}`. What a question would find among the products, whatever its score.
pub(super) async fn search<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let mut errors = Vec::new();
    let query = match Fields::of(call.json(None)?, "", &mut errors) {
        Some(mut fields) => {
            let query = fields.required("query", QUERY_LIMIT);
            fields.end("a search");
            query
        }
        None => String::new(),
    };
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let found = app.know(&query, Scope::Products).await?;
    app.flush_counters().await;
    let results: Vec<Value> = found
        .hits
        .iter()
        .map(|hit| {
            let source = Source::from(hit);
            let id = hit
                .id
                .rsplit_once('#')
                .map_or(hit.id.as_str(), |(id, _position)| id);
            json!({ "id": id, "title": source.title, "text": source.text, "score": source.score })
        })
        .collect();
    let reason = found.nothing.map(|reason| reason.as_str());
    let body = json!({ "query": query, "results": results, "reason": reason });
    Ok(answer::json(StatusCode::OK, &body))
}
