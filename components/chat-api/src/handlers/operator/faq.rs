//! The entries of the FAQ.

use http::header::{ETAG, IF_MATCH, LOCATION};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use todo_domain::problem::Code;
use todo_knowledge::Kind;
use todo_service::answer::{self, Answer, json_unless_known};
use todo_service::database::{Connection, Database};

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::knowledge::intake::FaqPatch;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::knowledge::{self as store, Entry, MOST_FAQ};
use crate::unit::Unit;

const MERGE_PATCH: &str = "application/merge-patch+json";

/// How many entries `sync` reads at once.
const BATCH: i64 = 100;

/// POST /admin/faq
pub(super) async fn create<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let body = FaqPatch::parse(call.json(None)?, true)?;
    app.write(call, caller, async |unit| {
        if store::count(unit.connection, Kind::Faq).await? >= MOST_FAQ {
            let detail = format!("the FAQ has {MOST_FAQ} entries, which is the most; delete some");
            return Err(Failure::new(Code::Conflict, detail));
        }
        let mut entry = Entry {
            id: (unit.new_id)(),
            kind: Kind::Faq,
            title: String::new(),
            content: String::new(),
            category: String::new(),
            tags: Vec::new(),
            is_active: true,
            version: 1,
            created_at: unit.now,
            updated_at: unit.now,
            deleted_at: None,
        };
        apply(&mut entry, body);
        super::entries::keep(unit, &entry).await?;
        let mut answer = tagged(StatusCode::CREATED, &entry);
        if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/admin/faq/{}", entry.id)) {
            answer.headers_mut().insert(LOCATION, location);
        }
        Ok(answer)
    })
    .await
}

/// PUT, PATCH /admin/faq/{id}
pub(super) async fn change<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let is_whole = call.parts.method == Method::PUT;
    let body = FaqPatch::parse(call.json(Some(MERGE_PATCH))?, is_whole)?;
    app.write(call, caller, async |unit| {
        let mut entry = expected(unit, call, id).await?;
        apply(&mut entry, body);
        touch(&mut entry, unit);
        super::entries::keep(unit, &entry).await?;
        Ok(tagged(StatusCode::OK, &entry))
    })
    .await
}

/// DELETE /admin/faq/{id}: it can be restored for thirty days.
pub(super) async fn delete<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        let mut entry = expected(unit, call, id).await?;
        entry.deleted_at = Some(unit.now);
        touch(&mut entry, unit);
        store::put(unit.connection, &entry).await?;
        Ok(crate::handlers::no_content())
    })
    .await
}

/// POST /admin/faq/{id}/restore
pub(super) async fn restore<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        let found = store::find(unit.connection, Kind::Faq, id).await?;
        let mut entry = found.ok_or_else(Failure::not_found)?;
        if entry.deleted_at.take().is_some() {
            touch(&mut entry, unit);
            super::entries::keep(unit, &entry).await?;
        }
        Ok(tagged(StatusCode::OK, &entry))
    })
    .await
}

/// GET /admin/faq/categories
pub(super) async fn categories<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let found = store::categories(&connection, Kind::Faq).await?;
    let items: Vec<_> = found
        .into_iter()
        .map(|(category, count)| json!({ "category": category, "count": count }))
        .collect();
    Ok(json_unless_known(&call.parts.headers, &json!({ "items": items })))
}

/// POST /admin/faq/sync: makes the passages of all entries anew, and with them their vectors.
pub(super) async fn sync<P: Platform>(app: &App<P>, call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        let (mut synced, mut last) = (0_usize, String::new());
        loop {
            let entries = store::page(unit.connection, Kind::Faq, None, &last, BATCH).await?;
            let Some(end) = entries.last() else { break };
            last.clone_from(&end.id);
            for entry in &entries {
                store::put(unit.connection, entry).await?;
                synced += usize::from(entry.is_active);
            }
        }
        Ok(answer::json(StatusCode::OK, &json!({ "synced": synced })))
    })
    .await
}

fn apply(entry: &mut Entry, patch: FaqPatch) {
    let FaqPatch {
        title,
        content,
        category,
        tags,
        is_active,
    } = patch;
    if let Some(title) = title {
        entry.title = title;
    }
    if let Some(content) = content {
        entry.content = content;
    }
    if let Some(category) = category {
        entry.category = category;
    }
    if let Some(tags) = tags {
        entry.tags = tags;
    }
    entry.is_active = is_active.unwrap_or(entry.is_active);
}

fn touch<C: Connection>(entry: &mut Entry, unit: &Unit<'_, C>) {
    entry.version = entry.version.saturating_add(1);
    entry.updated_at = unit.now;
}

/// The entry as it is, if it is still the one that the client wants to change.
async fn expected<C: Connection>(unit: &Unit<'_, C>, call: &Call, id: &str) -> Result<Entry, Failure> {
    let found = store::find(unit.connection, Kind::Faq, id).await?;
    let found = found.filter(|entry| entry.deleted_at.is_none());
    let entry = found.ok_or_else(Failure::not_found)?;
    let wanted = call.header(IF_MATCH.as_str());
    let is_it = wanted.is_none_or(|tags| {
        tags.split(',')
            .any(|tag| ["*", &etag(&entry)].contains(&tag.trim()))
    });
    if !is_it {
        let detail = "the entry has changed since it was read; read it again";
        return Err(Failure::new(Code::PreconditionFailed, detail));
    }
    Ok(entry)
}

pub(super) fn etag(entry: &Entry) -> String {
    format!("\"{}\"", entry.version)
}

fn tagged(status: StatusCode, entry: &Entry) -> Answer {
    let mut answer = answer::json(status, entry);
    if let Ok(tag) = HeaderValue::from_str(&etag(entry)) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}
