//! Which version of the protocol a request speaks, and whether its headers say the same as its body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::message::{Request, RpcError};

/// All versions that are spoken, the present one first.
pub(super) const SUPPORTED: [&str; 4] = [MODERN, "2025-11-25", "2025-06-18", "2025-03-26"];

/// The version since which every request says its version itself.
const MODERN: &str = "2026-07-28";

/// What `initialize` agrees on with a client whose version is none of ours.
const NEWEST_LEGACY: &str = "2025-11-25";

const VERSION_MEMBER: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_MEMBER: &str = "io.modelcontextprotocol/clientCapabilities";
const VERSION_HEADER: &str = "mcp-protocol-version";

/// How a client and the server agree on what they speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// By `initialize`, and a header from then on.
    Legacy,
    /// By every request itself.
    Modern,
}

/// The era of a request that is in order.
pub(super) fn era(request: &Request, headers: &HeaderMap) -> Result<Era, RpcError> {
    let in_header = header(headers, VERSION_HEADER);
    let meta = request.params.get("_meta");
    let in_body = meta.and_then(|meta| meta.get(VERSION_MEMBER));
    if request.method == "initialize" && in_body.is_none() {
        return Ok(Era::Legacy);
    }
    let Some(in_body) = in_body else {
        return match in_header {
            // Before 2025-06-18 there was no such header.
            None => Ok(Era::Legacy),
            Some(MODERN) => Err(missing(VERSION_MEMBER)),
            Some(version) if SUPPORTED.contains(&version) => Ok(Era::Legacy),
            Some(version) => Err(RpcError::unsupported_version(version)),
        };
    };
    let Some(version) = in_body.as_str() else {
        return Err(missing(VERSION_MEMBER));
    };
    if in_header != Some(version) {
        return Err(RpcError::header_mismatch("MCP-Protocol-Version", "the version"));
    }
    if version != MODERN {
        return match SUPPORTED.contains(&version) {
            true => Ok(Era::Legacy),
            false => Err(RpcError::unsupported_version(version)),
        };
    }
    check_headers(request, headers)?;
    if !meta
        .and_then(|meta| meta.get(CAPABILITIES_MEMBER))
        .is_some_and(Value::is_object)
    {
        return Err(missing(CAPABILITIES_MEMBER));
    }
    Ok(Era::Modern)
}

/// The headers that proxies route by must say what the body says.
fn check_headers(request: &Request, headers: &HeaderMap) -> Result<(), RpcError> {
    if header(headers, "mcp-method") != Some(&request.method) {
        return Err(RpcError::header_mismatch("Mcp-Method", "the method"));
    }
    let named = match request.method.as_str() {
        "tools/call" | "prompts/get" => request.params.get("name"),
        "resources/read" => request.params.get("uri"),
        _ => return Ok(()),
    };
    let expected = named.and_then(Value::as_str);
    let shown = header(headers, "mcp-name").and_then(decoded);
    match (expected, shown) {
        (Some(expected), Some(shown)) if expected == shown => Ok(()),
        // A body without the name is told so where it is read.
        (None, _) => Ok(()),
        _ => Err(RpcError::header_mismatch(
            "Mcp-Name",
            "`params.name` or `params.uri`",
        )),
    }
}

/// A header's value; nothing if it is there more than once.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A value as it was before it was made fit for a header.
fn decoded(value: &str) -> Option<String> {
    let inner = value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="));
    match inner {
        Some(inner) => String::from_utf8(STANDARD.decode(inner).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

fn missing(member: &str) -> RpcError {
    RpcError::invalid_params(format!("`params._meta[\"{member}\"]` is required"))
        .with_status(StatusCode::BAD_REQUEST)
}

/// The result of `initialize`. There is no session: the version is said again with each request that follows.
pub(super) fn initialize(
    params: &Value,
    server: Value,
    capabilities: Value,
    instructions: &str,
) -> Result<Value, RpcError> {
    let requested = super::text(params, "/protocolVersion")?;
    for member in ["capabilities", "clientInfo"] {
        if !params.get(member).is_some_and(Value::is_object) {
            return Err(RpcError::invalid_params(format!(
                "`params.{member}` must be an object"
            )));
        }
    }
    let is_spoken = requested != MODERN && SUPPORTED.contains(&requested);
    let version = if is_spoken { requested } else { NEWEST_LEGACY };
    Ok(json!({
        "protocolVersion": version,
        "capabilities": capabilities,
        "serverInfo": server,
        "instructions": instructions,
    }))
}
