//! A turn of the built-in assistant: one transaction from the message to the kept answer.

use serde_json::{Value, json};
use todo_domain::assistant::ChatRequest;
use todo_service::database::Connection;

use super::provider::BUILTIN;
use super::record::{Fallback, Outcome, Place};
use super::{Memory, take_turn};
use crate::failure::Failure;
use crate::knowledge::answers::Recalled;
use crate::store::conversations;
use crate::unit::Unit;

/// Takes the turn in the transaction of the unit, and answers the body. A new conversation gets the id that was promised, if
/// one was.
pub(crate) async fn take_builtin_turn<C: Connection>(
    unit: &Unit<'_, C>,
    request: &ChatRequest,
    promised_id: Option<&str>,
    fallback: Option<Fallback>,
    recalled: &mut Recalled,
) -> Result<Value, Failure> {
    let (mut place, mut memory) = match &request.conversation_id {
        Some(id) => {
            let known = conversations::find(unit.connection, unit.user_id, id).await?;
            let known = known.ok_or_else(Failure::not_found)?;
            (Place::known(known.id), Memory::read(&known.state))
        }
        None => {
            let id = promised_id.map_or_else(|| (unit.new_id)(), str::to_owned);
            (Place::fresh(id), Memory::default())
        }
    };
    let zone = request.timezone.unwrap_or_default();
    let (turn, sources) = match recalled.about_the_product() {
        Some(known) => known,
        None => recalled.complete(take_turn(unit, &request.message, zone, &mut memory).await?),
    };
    let tool_calls = turn.results.iter().map(|result| result.to_json(unit.user_id));
    let outcome = Outcome {
        tool_calls: tool_calls.collect(),
        response: turn.response,
        intent: turn.intent.as_str(),
        provider: BUILTIN,
        pending: turn.pending,
        led_to_nothing: turn.fallback,
        fallback,
    };
    let mut body = place.keep(unit, request, &memory, outcome).await?;
    if let (false, Some(body)) = (sources.is_empty(), body.as_object_mut()) {
        body.insert("sources".to_owned(), json!(sources));
    }
    Ok(body)
}
