//! What the assistant knows, where its answers come from, and what it was asked with the FAQ's key.

use serde_json::{Value, json};
use todo_domain::validation::{TAG_LIMIT, TAGS_LIMIT, TITLE_LIMIT};
use todo_knowledge::Kind;
use todo_knowledge::limits::{
    CATEGORY_LIMIT, CONTENT_LIMIT, CURRENCY_LIMIT, ID_LIMIT, MESSAGE_LIMIT, MOST_AT_ONCE, PRICE_LIMIT,
    QUERY_LIMIT, SESSION_LIMIT, TEXT_LIMIT, URL_LIMIT,
};

use crate::schema::{
    about, any_text, body, boolean, count, id, like, list, list_up_to, named, nullable, object, one_of, page,
    text, time,
};

/// What the service sets alone; what was read can be sent back.
const READ_ONLY: [&str; 5] = ["id", "version", "created_at", "updated_at", "deleted_at"];

/// The name of a session.
pub(super) fn session_id() -> Value {
    let mut schema = like(text(1, SESSION_LIMIT), "visitor-7");
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("pattern".to_owned(), "^[A-Za-z0-9_.:-]+$".into());
    }
    schema
}

fn ignoring(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("x-ignored".to_owned(), READ_ONLY.to_vec().into());
    }
    schema
}

fn score() -> Value {
    about(
        json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        "how well it answers",
    )
}

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    [sources(), entries(), incoming(), interactions()].concat()
}

fn sources() -> Vec<(&'static str, Value)> {
    let kinds = [Kind::Help, Kind::Faq, Kind::Document, Kind::Product, Kind::Task];
    let source = || {
        [
            ("title", any_text()),
            ("text", about(any_text(), "the beginning of the passage")),
            ("score", score()),
        ]
    };
    let [a, b, c] = source();
    let of_user = object([
        a,
        b,
        c,
        ("kind", one_of(kinds.map(Kind::as_str))),
        ("task_id?", about(count(1), "the number of a task")),
    ]);
    let [a, b, c] = source();
    let product = object([a, b, c, ("id", any_text())]);
    let found = object([
        ("query", any_text()),
        ("results", list(named("ProductFound"))),
        (
            "reason",
            about(
                nullable(one_of(["no_sources", "low_score", "other"])),
                "why nothing was found, where nothing was",
            ),
        ),
    ]);
    vec![
        ("Source", about(of_user, "Something that an answer comes from.")),
        (
            "FaqSource",
            about(object(source()), "Something that an answer comes from."),
        ),
        ("ProductFound", product),
        ("ProductsFound", found),
    ]
}

fn entries() -> Vec<(&'static str, Value)> {
    let entry = object([
        ("id", id()),
        ("title", any_text()),
        ("content", any_text()),
        ("category", any_text()),
        ("tags", list(any_text())),
        ("is_active", about(boolean(), "whether it answers anything")),
        ("version", count(1)),
        ("created_at", time()),
        ("updated_at", time()),
    ]);
    let category = object([("category", any_text()), ("count", count(1))]);
    let more = || {
        [
            ("category?", nullable(text(0, CATEGORY_LIMIT))),
            ("tags?", nullable(list_up_to(text(1, TAG_LIMIT), TAGS_LIMIT))),
        ]
    };
    let is_active = || {
        (
            "is_active?",
            about(nullable(boolean()), "whether it answers anything"),
        )
    };
    let title = || like(text(1, TITLE_LIMIT), "How long does delivery take?");
    let content = || like(text(1, CONTENT_LIMIT), "Parcels arrive within three days.");
    let [category_of, tags] = more();
    let whole = body([
        ("title", title()),
        ("content", content()),
        category_of,
        tags,
        is_active(),
    ]);
    let [category_of, tags] = more();
    let patch = body([
        ("title?", nullable(title())),
        ("content?", nullable(content())),
        category_of,
        tags,
        is_active(),
    ]);
    vec![
        (
            "KnowledgeEntry",
            about(entry, "An entry of the FAQ, a document or a product."),
        ),
        ("KnowledgePage", page("KnowledgeEntry")),
        ("FaqCategories", object([("items", list(named("FaqCategory")))])),
        ("FaqCategory", category),
        ("FaqEntry", ignoring(about(whole, "An entry of the FAQ."))),
        (
            "FaqPatch",
            ignoring(about(patch, "What is not said stays as it is.")),
        ),
        ("Synced", object([("synced", count(0))])),
    ]
}

fn incoming() -> Vec<(&'static str, Value)> {
    let own_id = || {
        let description = format!("1 to {ID_LIMIT} letters, digits or any of `-_.:`; made where absent");
        let schema = json!({
            "type": ["string", "integer", "null"], "minLength": 1, "maxLength": ID_LIMIT, "minimum": 0,
            "pattern": "^[A-Za-z0-9_.:-]+$", "examples": ["terms"],
        });
        ("id?", about(schema, &description))
    };
    let more = || {
        [
            ("category?", nullable(text(0, CATEGORY_LIMIT))),
            ("tags?", nullable(list_up_to(text(1, TAG_LIMIT), TAGS_LIMIT))),
        ]
    };
    let [category, tags] = more();
    let document = body([
        own_id(),
        (
            "title?",
            about(nullable(text(0, TITLE_LIMIT)), "the first line where absent"),
        ),
        (
            "content?",
            about(
                like(nullable(text(0, TEXT_LIMIT)), "Write to the helpdesk."),
                "this or `text` must be there",
            ),
        ),
        (
            "text?",
            about(nullable(text(1, TEXT_LIMIT)), "the content by its other name"),
        ),
        category,
        tags,
    ]);
    let [category, tags] = more();
    let product = body([
        own_id(),
        (
            "name?",
            about(
                like(nullable(text(1, TITLE_LIMIT)), "Walnut desk"),
                "this or `title` must be there",
            ),
        ),
        (
            "title?",
            about(nullable(text(0, TITLE_LIMIT)), "the name by its other name"),
        ),
        ("description?", nullable(text(0, CONTENT_LIMIT))),
        (
            "price?",
            like(
                json!({ "type": ["number", "string", "null"], "maxLength": PRICE_LIMIT }),
                349.5,
            ),
        ),
        ("currency?", like(nullable(text(0, CURRENCY_LIMIT)), "EUR")),
        category,
        tags,
        ("in_stock?", nullable(boolean())),
        ("url?", nullable(text(0, URL_LIMIT))),
    ]);
    let some = |name: &str| json!({ "type": "array", "items": named(name), "minItems": 1, "maxItems": MOST_AT_ONCE });
    let ingested = object([
        ("ingested", count(1)),
        (
            "passages",
            about(count(0), "the parts in which what came is found"),
        ),
        ("ids", list(any_text())),
    ]);
    vec![
        ("Document", document),
        ("Documents", object([("documents", some("Document"))])),
        ("Product", product),
        ("Products", object([("products", some("Product"))])),
        ("Ingested", ingested),
        (
            "ProductQuestion",
            body([("query", like(text(1, QUERY_LIMIT), "walnut desk"))]),
        ),
    ]
}

fn interactions() -> Vec<(&'static str, Value)> {
    let feedback = || nullable(one_of(["up", "down"]));
    let intent = || one_of(["faq", "help", "unclear"]);
    let interaction = object([
        ("session_id", any_text()),
        ("intent", intent()),
        ("user_message", text(1, MESSAGE_LIMIT)),
        ("assistant_answer", any_text()),
        ("has_fallback", about(boolean(), "whether there was no answer")),
        ("latency_ms", count(0)),
        ("sources", list(named("FaqSource"))),
        ("feedback", feedback()),
        ("created_at", nullable(time())),
    ]);
    let session = object([
        ("session_id", any_text()),
        ("started_at", nullable(time())),
        ("last_at", nullable(time())),
        ("interactions", about(count(1), "how many questions it has")),
        ("fallbacks", about(count(0), "how many of them had no answer")),
    ]);
    let stats = object([
        ("totalInteractions", count(0)),
        (
            "byIntent",
            json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } }),
        ),
        (
            "fallbackCount",
            about(count(0), "how many questions had no answer"),
        ),
    ]);
    vec![
        (
            "FaqFeedback",
            body([
                ("sessionId", session_id()),
                ("feedback?", about(feedback(), "null or absent takes it back")),
            ]),
        ),
        ("FaqInteraction", interaction),
        ("FaqInteractionPage", page("FaqInteraction")),
        ("FaqSession", session),
        ("FaqSessionPage", page("FaqSession")),
        ("FaqStats", stats),
        ("Deleted", object([("deleted", count(0))])),
    ]
}
