//! The chat over HTTP. The built-in assistant's whole turn is one transaction, so that what it says it did is what was kept; a
//! language model's turn is in `crate::assistant`, for no transaction waits for a model.

mod stream;

use std::rc::Rc;

use http::StatusCode;
use todo_domain::assistant::ChatRequest;
use todo_service::answer::{self, Answer};

use crate::app::{App, Caller, Reply};
use crate::assistant::{Asked, Conversation, Fallback, Provider, Told, take_builtin_turn};
use crate::failure::Failure;
use crate::handlers::idempotent::Claimed;
use crate::platform::Platform;
use crate::request::Call;

/// POST /chat
pub(crate) async fn say<P: Platform>(
    app: &Rc<App<P>>,
    call: &Call,
    caller: Caller,
) -> Result<Reply<P>, Failure> {
    let request = ChatRequest::parse(&call.json(None)?)?;
    let told = |answer: Answer| {
        Reply::Complete(if call.wants_events() {
            stream::as_events(&answer)
        } else {
            answer
        })
    };
    let endpoint = match &app.provider {
        Provider::Model(endpoint) => endpoint,
        Provider::Builtin => return say_builtin(app, call, &caller, &request, None).await.map(told),
        Provider::Unusable => {
            let fallback = Some(Fallback::misconfigured());
            return say_builtin(app, call, &caller, &request, fallback)
                .await
                .map(told);
        }
    };
    let claim = match app.claim(call, &caller).await? {
        Claimed::No => None,
        Claimed::Before(answer) => return Ok(told(answer)),
        Claimed::Now(claim) => Some(claim),
    };
    let opened = Conversation::open(app, &caller, &request).await;
    let is_over = opened
        .as_ref()
        .map_or(true, |conversation| conversation.is_answer);
    if is_over && let Some(claim) = &claim {
        claim.release(app, &caller.user_id).await;
    }
    let conversation = opened?;
    if conversation.is_answer {
        // A yes is a yes: no model is asked what was meant.
        return say_builtin(app, call, &caller, &request, None).await.map(told);
    }
    let asked = Asked {
        request,
        caller,
        traceparent: call.traceparent().map(str::to_owned),
        claim,
        is_streamed: call.wants_events(),
    };
    if asked.is_streamed {
        return Ok(stream::open(
            app,
            asked,
            conversation,
            call.path(),
            &call.request_id,
        ));
    }
    let told = Told::default();
    let answer = app.converse(endpoint, &asked, conversation, &told);
    Ok(Reply::Complete(answer.await?))
}

async fn say_builtin<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    request: &ChatRequest,
    fallback: Option<Fallback>,
) -> Result<Answer, Failure> {
    let mut recalled = app.recall(&request.message, &caller.user_id).await?;
    let answer = app.write(call, caller, async |unit| {
        let body = take_builtin_turn(unit, request, None, fallback, &mut recalled).await?;
        Ok(answer::json(StatusCode::OK, &body))
    });
    let answer = answer.await;
    app.count_recalled(&recalled).await;
    answer
}
