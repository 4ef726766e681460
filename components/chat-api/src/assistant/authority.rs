//! A call of a tool that came from outside, of a model or an MCP client: what it means, and whether the caller may.

use serde_json::Value;
use todo_domain::api_token::Scope;
use todo_domain::assistant::{ToolCall, tool, zone_argument};
use todo_domain::zone::Zone;

use crate::app::Caller;

/// A call that may be run.
pub(crate) struct Admitted {
    pub(crate) call: ToolCall,
    /// Where the user is, if the call says so.
    pub(crate) zone: Option<Zone>,
    /// Whether it changes nothing.
    pub(crate) reads: bool,
}

/// Reads a call, with the caller's own authority: the tool is known, the arguments are valid and name no other user, and the
/// token has the scope for it. What is wrong is said in words for whoever made the call.
pub(crate) fn admit(caller: &Caller, name: &str, arguments: &Value) -> Result<Admitted, String> {
    // An unknown tool is refused below, in words that name it.
    let reads = tool(name).is_some_and(|definition| definition.annotations.read_only_hint);
    let scope = if reads { Scope::Read } else { Scope::Write };
    if !caller.may(scope) {
        return Err(format!("the token does not have the scope `{}`", scope.as_str()));
    }
    let call = ToolCall::parse(name, arguments, &caller.user_id).map_err(|mistake| mistake.to_string())?;
    let zone = zone_argument(arguments).map_err(|mistake| mistake.to_string())?;
    Ok(Admitted { call, zone, reads })
}
