//! The arguments that a tool call has besides its own: whose it is, and where that user is.

use serde_json::Value;

use super::tool::{ToolError, mistake};
use crate::zone::Zone;

/// The `user_id` among a tool's arguments is not the token's user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`user_id` must be the user of the access token")]
pub struct ForeignUser;

/// Checks the `user_id` that the hackathon's tools have among their arguments: absent or the token's user.
pub fn check_user_argument(arguments: &Value, user_id: &str) -> Result<(), ForeignUser> {
    match arguments.get("user_id") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(named)) if named == user_id => Ok(()),
        Some(_) => Err(ForeignUser),
    }
}

/// The `timezone` among a tool's arguments: where the user is, for the tools that reckon with today.
pub fn zone_argument(arguments: &Value) -> Result<Option<Zone>, ToolError> {
    match arguments.get("timezone") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => Zone::parse(value.as_str().unwrap_or_default())
            .map(Some)
            .map_err(|error| mistake("timezone", error)),
    }
}
