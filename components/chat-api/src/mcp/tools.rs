//! The assistant's tools as the protocol's. There is one definition of them, in `todo_domain::assistant`, and one way to run
//! them, in [`crate::assistant`].

use serde_json::{Value, json};
use todo_domain::assistant::{ToolError, ToolOutcome, tool, tools};
use todo_domain::problem::Code;
use todo_domain::zone::Zone;
use todo_service::answer::Answer;
use todo_service::database::Database;

use super::message::{self, Request, RpcError};
use super::version::Era;
use super::{Caching, Refusal, finished, only_page, text};
use crate::app::{App, Caller};
use crate::assistant::{Admitted, admit, run};
use crate::platform::Platform;
use crate::request::Call;
use crate::unit::Unit;

pub(super) fn list(params: &Value) -> Result<Value, RpcError> {
    only_page(params)?;
    Ok(json!({ "tools": tools() }))
}

/// Calls a tool. What a model can put right is a result that says so; an error of the protocol it would not be shown.
pub(super) async fn call<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    request: &Request,
    era: Era,
) -> Result<Answer, Refusal> {
    let name = text(&request.params, "/name")?;
    let nothing = json!({});
    let arguments = match request.params.get("arguments") {
        None => &nothing,
        Some(arguments @ Value::Object(_)) => arguments,
        Some(_) => return Err(RpcError::invalid_params("`params.arguments` must be an object").into()),
    };
    if tool(name).is_none() {
        return Err(RpcError::invalid_params(
            ToolError::UnknownTool(name.chars().take(60).collect()).to_string(),
        )
        .into());
    }
    let answered =
        |outcome: &ToolOutcome| message::answer(&request.id, finished(result(outcome), era, Caching::None));
    let (tool_call, zone, reads) = match admit(caller, name, arguments) {
        Ok(Admitted { call, zone, reads }) => (call, zone, reads),
        Err(mistake) => return Ok(answered(&ToolOutcome::Failed(mistake))),
    };
    let zone = zone.unwrap_or(Zone::UTC);
    if reads {
        let connection = app.platform.database().connect().await?;
        let new_id = || app.new_id();
        let unit = Unit::new(
            &connection,
            &caller.user_id,
            app.now()?,
            call.traceparent(),
            &new_id,
        );
        return Ok(answered(&run(&unit, &tool_call, zone).await?));
    }
    let written = app.write(call, caller, async |unit| {
        Ok(answered(&run(unit, &tool_call, zone).await?))
    });
    match written.await {
        // Everything is as it was before: the model can put right what stood in the way.
        Err(failure) if failure.code() == Code::Conflict => {
            Ok(answered(&ToolOutcome::Failed(failure.detail().to_owned())))
        }
        written => Ok(written?),
    }
}

fn result(outcome: &ToolOutcome) -> Value {
    match (outcome, outcome.structured()) {
        (ToolOutcome::Failed(reason), _) => json!({ "content": [words(reason)], "isError": true }),
        // The text is for clients that do not read the structure.
        (_, structured) => {
            let structured = structured.unwrap_or_default();
            json!({
                "content": [words(&structured.to_string())],
                "structuredContent": structured,
                "isError": false,
            })
        }
    }
}

fn words(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}
