//! What the assistant is to know and what it was asked, for those who have a key in place of an account.

use todo_domain::problem::Code;

use crate::Service;
use crate::operation::Operation;
use crate::schema::{named, text};
use crate::shared::{FAQ_KEY, OPERATOR_KEY};
use todo_knowledge::limits::SESSION_LIMIT;

const TAG: &str = "Knowledge";

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        Operation::new(
            Service::ChatApi,
            TAG,
            [
                "post",
                "/api/v1/chat/feedback",
                "rateAnswer",
                "Say whether an answer was good",
            ],
        )
        .with_any_of(&[FAQ_KEY])
        .limited()
        .about("It is about the session's last answer. A body with mistakes is a 400.")
        .idempotent()
        .takes(named("FaqFeedback"))
        .without(&[Code::ValidationFailed])
        .answers_empty(204, "It is noted.")
        .fails(&[Code::NotFound, Code::UnsupportedMediaType]),
    ];
    operations.extend(entries_of_the_faq());
    operations.extend(ingested());
    operations.extend(asked());
    operations
}

/// What the operator may, if there is one.
fn of_operator(route: [&'static str; 4]) -> Operation {
    Operation::new(Service::ChatApi, TAG, route)
        .with_any_of(&[OPERATOR_KEY])
        .limited()
        .fails(&[Code::Forbidden, Code::NotFound])
}

/// A write of the operator's with a body.
fn write(route: [&'static str; 4]) -> Operation {
    of_operator(route)
        .idempotent()
        .fails(&[Code::Conflict, Code::UnsupportedMediaType])
}

/// A write that is said by its path alone.
fn act(route: [&'static str; 4]) -> Operation {
    of_operator(route).idempotent().fails(&[Code::PayloadTooLarge])
}

fn list(route: [&'static str; 4]) -> Operation {
    of_operator(route).paged().cached()
}

fn entries_of_the_faq() -> Vec<Operation> {
    vec![
        list(["get", "/api/v1/admin/faq", "listFaq", "List the FAQ"]).answers(
            200,
            "A page, in the order of the ids.",
            named("KnowledgePage"),
        ),
        write(["post", "/api/v1/admin/faq", "createFaq", "Add to the FAQ"])
            .takes(named("FaqEntry"))
            .answers(201, "The entry.", named("KnowledgeEntry"))
            .with("ETag")
            .with("Location"),
        of_operator([
            "get",
            "/api/v1/admin/faq/categories",
            "listFaqCategories",
            "List the FAQ's categories",
        ])
        .answers(200, "Each with how many entries it has.", named("FaqCategories"))
        .cached(),
        list([
            "get",
            "/api/v1/admin/faq/category/{category}",
            "listFaqCategory",
            "List one category of the FAQ",
        ])
        .answers(200, "A page, in the order of the ids.", named("KnowledgePage")),
        act([
            "post",
            "/api/v1/admin/faq/sync",
            "syncFaq",
            "Make the index of the FAQ anew",
        ])
        .answers(200, "How many entries can be found.", named("Synced")),
        of_operator([
            "get",
            "/api/v1/admin/faq/{id}",
            "getFaq",
            "Read an entry of the FAQ",
        ])
        .answers(200, "The entry.", named("KnowledgeEntry"))
        .cached(),
        write([
            "put",
            "/api/v1/admin/faq/{id}",
            "replaceFaq",
            "Replace an entry of the FAQ",
        ])
        .guarded()
        .takes_patch(named("FaqEntry"))
        .answers(200, "The entry.", named("KnowledgeEntry"))
        .with("ETag"),
        write([
            "patch",
            "/api/v1/admin/faq/{id}",
            "changeFaq",
            "Change an entry of the FAQ",
        ])
        .guarded()
        .takes_patch(named("FaqPatch"))
        .answers(200, "The entry.", named("KnowledgeEntry"))
        .with("ETag"),
        act([
            "delete",
            "/api/v1/admin/faq/{id}",
            "deleteFaq",
            "Delete an entry of the FAQ",
        ])
        .guarded()
        .answers_empty(204, "It can be restored for 30 days."),
        act([
            "post",
            "/api/v1/admin/faq/{id}/restore",
            "restoreFaq",
            "Restore an entry of the FAQ",
        ])
        .answers(200, "The entry.", named("KnowledgeEntry"))
        .with("ETag")
        .fails(&[Code::Conflict]),
    ]
}

fn ingested() -> Vec<Operation> {
    let all_or_nothing = "All or nothing; what has an id that is known takes its place.";
    let mut operations = vec![
        list(["get", "/api/v1/ingest", "listDocuments", "List the documents"]).answers(
            200,
            "A page, in the order of the ids.",
            named("KnowledgePage"),
        ),
        write([
            "post",
            "/api/v1/ingest",
            "ingestDocuments",
            "Give the assistant documents",
        ])
        .about(all_or_nothing)
        .takes(named("Documents"))
        .answers(201, "What was taken.", named("Ingested")),
        list([
            "get",
            "/api/v1/ingest/products",
            "listProducts",
            "List the products",
        ])
        .answers(200, "A page, in the order of the ids.", named("KnowledgePage")),
        write([
            "post",
            "/api/v1/ingest/products",
            "ingestProducts",
            "Give the assistant products",
        ])
        .about(all_or_nothing)
        .takes(named("Products"))
        .answers(201, "What was taken.", named("Ingested")),
        of_operator([
            "post",
            "/api/v1/ingest/products/search-test",
            "searchProducts",
            "Try out what a question finds among the products",
        ])
        .takes(named("ProductQuestion"))
        .answers(200, "The best first.", named("ProductsFound"))
        .fails(&[Code::UnsupportedMediaType]),
    ];
    for [path, get, delete, what, one] in [
        [
            "/api/v1/ingest/documents/{entry_id}",
            "getDocument",
            "deleteDocument",
            "Read a document",
            "Delete a document for good",
        ],
        [
            "/api/v1/ingest/products/{entry_id}",
            "getProduct",
            "deleteProduct",
            "Read a product",
            "Delete a product for good",
        ],
    ] {
        operations.push(
            of_operator(["get", path, get, what])
                .answers(200, "It, as it is found.", named("KnowledgeEntry"))
                .cached(),
        );
        operations.push(act(["delete", path, delete, one]).answers_empty(204, "It is not there any more."));
    }
    operations
}

fn asked() -> Vec<Operation> {
    vec![
        list([
            "get",
            "/api/v1/admin/chat/sessions",
            "listFaqSessions",
            "List who asked with the FAQ's key",
        ])
        .answers(200, "A page, the last one first.", named("FaqSessionPage")),
        list([
            "get",
            "/api/v1/admin/chat/logs",
            "listFaqLog",
            "Read what was asked with the FAQ's key",
        ])
        .about("What users say to the assistant is not in it.")
        .query("sessionId", text(0, SESSION_LIMIT), "Only this session.")
        .answers(200, "A page, the last one first.", named("FaqInteractionPage")),
        of_operator([
            "get",
            "/api/v1/admin/chat/stats",
            "getFaqStats",
            "Count what was asked with the FAQ's key",
        ])
        .answers(200, "The numbers.", named("FaqStats"))
        .cached(),
        act([
            "delete",
            "/api/v1/admin/chat/logs",
            "clearFaqLog",
            "Delete all that was asked",
        ])
        .answers(200, "How many questions that were.", named("Deleted")),
        act([
            "delete",
            "/api/v1/admin/chat/logs/{session_id}",
            "clearFaqSession",
            "Delete what was asked in a session",
        ])
        .answers(200, "How many questions that were.", named("Deleted")),
    ]
}
