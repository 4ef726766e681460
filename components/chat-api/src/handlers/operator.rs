//! The operator's part: who may, what is noted of it, and which handler does it.

mod chat;
mod entries;
mod faq;

use http::Method;
use todo_domain::problem::Code;
use todo_knowledge::Kind;
use todo_service::answer::Answer;
use todo_service::rate_limit::Standing;

use super::faq_chat::KEY_HEADER;
use crate::access::Access;
use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::limits::Class;
use crate::platform::Platform;
use crate::request::Call;
use crate::router::operator::OperatorRoute;

/// Under whose name the operator's requests are counted and their answers kept. No user has it: ids of users are UUIDs.
const OPERATOR: &str = "operator";

/// Answers a request of the operator, and notes what was done.
pub(crate) async fn serve<P: Platform>(
    app: &App<P>,
    call: &Call,
    route: &OperatorRoute,
    standing: &mut Option<Standing>,
) -> Result<Answer, Failure> {
    let key = admit(app, call, standing).await?;
    let caller = Caller {
        user_id: OPERATOR.to_owned(),
        expires_at: 0,
        access: Access::Key,
        session: None,
        subject: None,
    };
    let answer = dispatch(app, call, &caller, route).await;
    let method = &call.parts.method;
    if !matches!(*method, Method::GET | Method::HEAD) {
        let outcome = match &answer {
            Ok(answer) => answer.status().as_u16(),
            Err(failure) => failure.code().status(),
        };
        // One line, whatever the path has in it.
        let path = call.path().escape_debug();
        app.platform.log(&format!(
            "operator with key {key}: {method} {path} answered {outcome}, request {}",
            call.request_id
        ));
    }
    answer
}

/// Lets the operator in. Answers the name of the key.
async fn admit<P: Platform>(
    app: &App<P>,
    call: &Call,
    standing: &mut Option<Standing>,
) -> Result<String, Failure> {
    let keys = &app.settings.knowledge.admin_keys;
    if keys.is_empty() {
        // Nobody is the operator here, so there is nothing here.
        app.count_address(Class::Default, call, standing).await?;
        return Err(Failure::not_found());
    }
    let bearer = call
        .header("authorization")
        .and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _key)| scheme.eq_ignore_ascii_case("bearer"));
    let shown = call
        .header(KEY_HEADER)
        .or(bearer.map(|(_scheme, key)| key.trim()));
    let Some(name) = keys.name(shown.unwrap_or_default()) else {
        app.count_address(Class::Default, call, standing).await?;
        let is_for_chat = shown.is_some_and(|shown| app.settings.knowledge.chat_keys.name(shown).is_some());
        return Err(if is_for_chat {
            Failure::new(
                Code::Forbidden,
                "the key is for the chat alone; this needs the one of `admin_api_key`",
            )
        } else {
            Failure::unauthorized("send `x-api-key` with the key of `admin_api_key`")
        });
    };
    app.count(Class::Default, OPERATOR, call.now, standing).await?;
    Ok(name)
}

async fn dispatch<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    route: &OperatorRoute,
) -> Result<Answer, Failure> {
    let method = &call.parts.method;
    match route {
        OperatorRoute::Sessions => chat::sessions(app, call).await,
        OperatorRoute::Logs if method == Method::DELETE => chat::clear(app, call, caller, None).await,
        OperatorRoute::Logs => chat::logs(app, call).await,
        OperatorRoute::SessionLog(id) => chat::clear(app, call, caller, Some(id)).await,
        OperatorRoute::ChatStats => chat::stats(app, call).await,
        OperatorRoute::Faqs if method == Method::POST => faq::create(app, call, caller).await,
        OperatorRoute::Faqs => entries::list(app, call, Kind::Faq, None).await,
        OperatorRoute::FaqCategories => faq::categories(app, call).await,
        OperatorRoute::FaqCategory(name) => entries::list(app, call, Kind::Faq, Some(name)).await,
        OperatorRoute::SyncFaqs => faq::sync(app, call, caller).await,
        OperatorRoute::Faq(id) => match *method {
            Method::PUT | Method::PATCH => faq::change(app, call, caller, id).await,
            Method::DELETE => faq::delete(app, call, caller, id).await,
            _ => entries::get(app, call, Kind::Faq, id).await,
        },
        OperatorRoute::RestoreFaq(id) => faq::restore(app, call, caller, id).await,
        OperatorRoute::Ingest if method == Method::POST => entries::documents(app, call, caller).await,
        OperatorRoute::Ingest => entries::list(app, call, Kind::Document, None).await,
        OperatorRoute::Products if method == Method::POST => entries::products(app, call, caller).await,
        OperatorRoute::Products => entries::list(app, call, Kind::Product, None).await,
        OperatorRoute::Document(id) if method == Method::DELETE => {
            entries::delete(app, call, caller, Kind::Document, id).await
        }
        OperatorRoute::Document(id) => entries::get(app, call, Kind::Document, id).await,
        OperatorRoute::Product(id) if method == Method::DELETE => {
            entries::delete(app, call, caller, Kind::Product, id).await
        }
        OperatorRoute::Product(id) => entries::get(app, call, Kind::Product, id).await,
        OperatorRoute::SearchProducts => entries::search(app, call).await,
    }
}
