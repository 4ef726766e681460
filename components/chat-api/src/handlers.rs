//! The routes: from a request to the service's functions, and from their results to an answer.

pub(crate) mod account;
pub(crate) mod auth;
pub(crate) mod bulk;
pub(crate) mod calendar;
pub(crate) mod chat;
pub(crate) mod conversations;
pub(crate) mod exchange;
pub(crate) mod faq_chat;
pub(crate) mod health;
pub(crate) mod idempotent;
pub(crate) mod internal;
pub(crate) mod introspection;
pub(crate) mod operator;
pub(crate) mod overview;
pub(crate) mod series;
pub(crate) mod tasks;
pub(crate) mod tokens;
pub(crate) mod undo;
pub(crate) mod updates;

use http::{Method, StatusCode};
use todo_service::answer::{Answer, with_body};

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::router::Route;

/// Answers a request of a user who was let in.
pub(crate) async fn of_user<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    route: &Route,
) -> Result<Answer, Failure> {
    let method = &call.parts.method;
    match route {
        Route::Me if method == Method::DELETE => account::delete(app, call, caller).await,
        Route::Me => auth::me(app, caller).await,
        Route::Password => account::change_password(app, call, caller).await,
        Route::Tasks if method == Method::POST => tasks::create(app, call, caller).await,
        Route::QuickTask => tasks::create_quick(app, call, caller).await,
        Route::Tasks => tasks::list(app, call, caller).await,
        Route::Task(id) => match *method {
            Method::PUT | Method::PATCH => tasks::change(app, call, caller, id).await,
            Method::DELETE => tasks::delete(app, call, caller, id).await,
            _ => tasks::get(app, call, caller, id).await,
        },
        Route::Complete(id) | Route::Reopen(id) => tasks::set_done(app, call, caller, id, route).await,
        Route::Restore(id) => tasks::restore(app, call, caller, id).await,
        Route::Skip(id) => series::skip(app, call, caller, id).await,
        Route::EndSeries(id) => series::end(app, call, caller, id).await,
        Route::RecurrencePreview => series::preview(app, call),
        Route::BulkTasks => bulk::change(app, call, caller).await,
        Route::Tags => overview::tags(app, call, caller).await,
        Route::Stats => overview::stats(app, call, caller).await,
        Route::Conversations => conversations::list(app, call, caller).await,
        Route::Conversation(id) => match *method {
            Method::PATCH => conversations::rename(app, call, caller, id).await,
            Method::DELETE => conversations::delete(app, caller, id).await,
            _ => conversations::get(app, call, caller, id).await,
        },
        Route::Tokens if method == Method::POST => tokens::create(app, call, caller).await,
        Route::Tokens => tokens::list(app, caller).await,
        Route::Token(id) => tokens::delete(app, caller, id).await,
        Route::Messages(id) => conversations::messages(app, call, caller, id).await,
        Route::Undo => undo::undo(app, call, caller).await,
        Route::Import => exchange::import(app, call, caller).await,
        Route::CalendarFeed => match *method {
            Method::POST => calendar::rotate(app, call, caller).await,
            Method::DELETE => calendar::revoke(app, caller).await,
            _ => calendar::get(app, call, caller).await,
        },
        _ => Err(Failure::not_found()),
    }
}

/// The answer to what was done and leaves nothing to say.
pub(crate) fn no_content() -> Answer {
    empty(StatusCode::NO_CONTENT)
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = with_body(status, "application/json", bytes::Bytes::new());
    answer.headers_mut().remove(http::header::CONTENT_TYPE);
    answer
}
