//! The service is as its description says: every route is described and nothing else is, and so is every answer of all these
//! tests.

use std::sync::LazyLock;

use todo_openapi::{Contract, Exchange, Service, routes};

use super::service::Response;
use crate::router::operator::OperatorRoute;
use crate::router::{Route, resolve};

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(Service::ChatApi));

/// Holds an answer against the description.
#[track_caller]
pub(super) fn is_kept(method: &str, target: &str, sent: &str, response: &Response) {
    if target.starts_with("/internal/") {
        return;
    }
    let exchange = Exchange {
        method,
        target,
        sent: sent.as_bytes(),
        status: response.status,
        headers: &response.headers,
        received: response.text.as_bytes(),
    };
    if let Err(difference) = CONTRACT.check(&exchange) {
        panic!("{difference}");
    }
}

/// The description's path of every route. Whoever adds a route does not get past the compiler without a line here; routes that
/// only other services reach have none.
macro_rules! described {
    ($($route:pat => $path:expr,)+) => {
        const PATHS: &[Option<&str>] = &[$($path),+];

        fn path_of(route: &Route) -> Option<&'static str> {
            match route { $($route => $path,)+ }
        }
    };
}

described! {
    Route::SignUp => Some("/api/v1/auth/signup"),
    Route::LogIn => Some("/api/v1/auth/login"),
    Route::Refresh => Some("/api/v1/auth/refresh"),
    Route::LogOut => Some("/api/v1/auth/logout"),
    Route::Me => Some("/api/v1/auth/me"),
    Route::Keys => Some("/.well-known/jwks.json"),
    Route::Live => Some("/health/live"),
    Route::Ready => Some("/health/ready"),
    Route::Tasks => Some("/api/v1/tasks"),
    Route::QuickTask => Some("/api/v1/tasks/quick"),
    Route::Task(_) => Some("/api/v1/tasks/{task_id}"),
    Route::Complete(_) => Some("/api/v1/tasks/{task_id}/complete"),
    Route::Reopen(_) => Some("/api/v1/tasks/{task_id}/reopen"),
    Route::Restore(_) => Some("/api/v1/tasks/{task_id}/restore"),
    Route::Password => Some("/api/v1/auth/password"),
    Route::Skip(_) => Some("/api/v1/tasks/{task_id}/skip"),
    Route::EndSeries(_) => Some("/api/v1/tasks/{task_id}/end-series"),
    Route::RecurrencePreview => Some("/api/v1/recurrence/preview"),
    Route::Tags => Some("/api/v1/tags"),
    Route::Stats => Some("/api/v1/stats"),
    Route::Chat => Some("/api/v1/chat"),
    Route::Conversations => Some("/api/v1/conversations"),
    Route::Conversation(_) => Some("/api/v1/conversations/{id}"),
    Route::Messages(_) => Some("/api/v1/conversations/{id}/messages"),
    Route::Updates => Some("/api/v1/updates"),
    Route::NextTask => None,
    Route::Agenda => None,
    Route::Introspect => None,
    Route::Metrics => None,
    Route::BulkTasks => Some("/api/v1/tasks/bulk"),
    Route::Undo => Some("/api/v1/undo"),
    Route::Tokens => Some("/api/v1/tokens"),
    Route::Token(_) => Some("/api/v1/tokens/{id}"),
    Route::Mcp => Some("/mcp"),
    Route::ResourceMetadata => Some("/.well-known/oauth-protected-resource"),
    Route::Export => Some("/api/v1/export"),
    Route::Import => Some("/api/v1/import"),
    Route::CalendarFeed => Some("/api/v1/calendar-feed"),
    Route::Calendar(_) => Some("/calendar/{token}.ics"),
    Route::ChatFeedback => Some("/api/v1/chat/feedback"),
    Route::Operator(OperatorRoute::Sessions) => Some("/api/v1/admin/chat/sessions"),
    Route::Operator(OperatorRoute::Logs) => Some("/api/v1/admin/chat/logs"),
    Route::Operator(OperatorRoute::SessionLog(_)) => Some("/api/v1/admin/chat/logs/{session_id}"),
    Route::Operator(OperatorRoute::ChatStats) => Some("/api/v1/admin/chat/stats"),
    Route::Operator(OperatorRoute::Faqs) => Some("/api/v1/admin/faq"),
    Route::Operator(OperatorRoute::Faq(_)) => Some("/api/v1/admin/faq/{id}"),
    Route::Operator(OperatorRoute::RestoreFaq(_)) => Some("/api/v1/admin/faq/{id}/restore"),
    Route::Operator(OperatorRoute::FaqCategories) => Some("/api/v1/admin/faq/categories"),
    Route::Operator(OperatorRoute::FaqCategory(_)) => Some("/api/v1/admin/faq/category/{category}"),
    Route::Operator(OperatorRoute::SyncFaqs) => Some("/api/v1/admin/faq/sync"),
    Route::Operator(OperatorRoute::Ingest) => Some("/api/v1/ingest"),
    Route::Operator(OperatorRoute::Document(_)) => Some("/api/v1/ingest/documents/{entry_id}"),
    Route::Operator(OperatorRoute::Products) => Some("/api/v1/ingest/products"),
    Route::Operator(OperatorRoute::Product(_)) => Some("/api/v1/ingest/products/{entry_id}"),
    Route::Operator(OperatorRoute::SearchProducts) => Some("/api/v1/ingest/products/search-test"),
}

/// Paths that are another way to what is described under its own.
const SECOND_PATHS: [(&str, &str); 1] = [(
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource",
)];

#[test]
fn every_route_is_described_and_nothing_else() {
    let described = routes(Service::ChatApi);
    for path in PATHS.iter().flatten() {
        assert!(
            described.iter().any(|(known, _methods)| known == path),
            "`{path}` is a route that todo-openapi does not describe"
        );
    }
    for (path, methods) in described {
        let example = path
            .replace("{task_id}", "7")
            .replace("{id}", "a")
            .replace("{entry_id}", "a")
            .replace("{session_id}", "a")
            .replace("{category}", "a")
            .replace("{token}", "b");
        let target = resolve(&example).unwrap_or_else(|| panic!("`{path}` is described, but no route"));
        let second = SECOND_PATHS.iter().find(|(second, _first)| *second == path);
        assert_eq!(
            path_of(&target.route),
            Some(second.map_or(path, |(_second, first)| *first))
        );
        let mut methods = methods;
        methods.sort_unstable();
        let mut taken = target.route.methods().to_vec();
        taken.retain(|method| *method != "HEAD");
        taken.sort_unstable();
        assert_eq!(methods, taken, "the methods of `{path}`");
    }
}
