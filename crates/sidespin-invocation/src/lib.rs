//! How a process asks another one of the same application for a component: two headers of a request.
//!
//! `sidespin-component` names the component, `sidespin-token` shows what all processes of the application were given. Such a
//! request goes to the component whatever its routes are, private ones included, as a call inside a process does. Without a
//! token nobody is believed, and requests go where the routes lead.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use subtle::ConstantTimeEq;
use thiserror::Error;

const COMPONENT: HeaderName = HeaderName::from_static("sidespin-component");
const TOKEN: HeaderName = HeaderName::from_static("sidespin-token");

/// A shorter token could be found by trying.
pub const SHORTEST_TOKEN: usize = 16;

/// What the processes of an application show each other.
#[derive(Clone)]
pub struct ServiceToken(HeaderValue);

impl fmt::Debug for ServiceToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceToken(…)")
    }
}

/// Why a text is no token. Does not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidToken {
    /// Too short to be secret.
    #[error("a token has at least {SHORTEST_TOKEN} bytes, this one {0}")]
    Short(usize),
    /// It has characters that no header may have.
    #[error("a token is sent in a header, so it has visible ASCII characters alone")]
    Characters,
}

/// A request that claims to come from a process of the application, and does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the request's `sidespin-token` is not the one of this application")]
pub struct Forged;

impl ServiceToken {
    /// A token.
    ///
    /// # Errors
    /// The text is too short, or cannot be sent.
    pub fn new(text: &str) -> Result<Self, InvalidToken> {
        if text.len() < SHORTEST_TOKEN {
            return Err(InvalidToken::Short(text.len()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidToken::Characters);
        }
        let mut value = HeaderValue::from_str(text).map_err(|_invalid| InvalidToken::Characters)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

/// Addresses a request to a component. What it said before about that is removed in any case.
pub fn address(headers: &mut HeaderMap, component: &str, token: Option<&ServiceToken>) {
    headers.remove(COMPONENT);
    headers.remove(TOKEN);
    if let Some(ServiceToken(token)) = token
        && let Ok(component) = HeaderValue::from_str(component)
    {
        headers.insert(COMPONENT, component);
        headers.insert(TOKEN, token.clone());
    }
}

/// The component that a request is addressed to, if it is. No component sees the headers, nor does one that follows a route.
///
/// # Errors
/// The request is addressed to a component, but by nobody of this application.
pub fn addressed(headers: &mut HeaderMap, token: Option<&ServiceToken>) -> Result<Option<String>, Forged> {
    let (component, shown) = (headers.remove(COMPONENT), headers.remove(TOKEN));
    let (Some(component), Some(ServiceToken(token))) = (component, token) else {
        return Ok(None);
    };
    let is_ours = shown.is_some_and(|shown| shown.as_bytes().ct_eq(token.as_bytes()).into());
    let component = component.to_str().ok().filter(|_component| is_ours);
    component.map(str::to_owned).map(Some).ok_or(Forged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> ServiceToken {
        ServiceToken::new(text).unwrap()
    }

    #[test]
    fn a_request_is_believed_with_the_token_alone() {
        let (ours, other) = (token("0123456789abcdef"), token("fedcba9876543210"));
        let addressed_by = |sender: Option<&ServiceToken>, receiver: Option<&ServiceToken>| {
            let mut headers = HeaderMap::new();
            address(&mut headers, "audit", sender);
            let component = addressed(&mut headers, receiver);
            assert!(headers.is_empty(), "{headers:?}");
            component
        };
        assert_eq!(
            addressed_by(Some(&ours), Some(&ours)),
            Ok(Some("audit".to_owned()))
        );
        assert_eq!(addressed_by(Some(&other), Some(&ours)), Err(Forged));
        assert_eq!(addressed_by(None, Some(&ours)), Ok(None));
        assert_eq!(addressed_by(Some(&ours), None), Ok(None));
        let mut headers = HeaderMap::new();
        headers.insert(COMPONENT, HeaderValue::from_static("audit"));
        assert_eq!(addressed(&mut headers, Some(&ours)), Err(Forged));
    }

    #[test]
    fn what_a_component_claims_does_not_leave() {
        let mut headers = HeaderMap::new();
        headers.insert(COMPONENT, HeaderValue::from_static("chat-api"));
        headers.insert(TOKEN, HeaderValue::from_static("guessed"));
        address(&mut headers, "audit", None);
        assert!(headers.is_empty());
    }

    #[test]
    fn a_token_is_long_visible_and_not_shown() {
        assert_eq!(ServiceToken::new("short").unwrap_err(), InvalidToken::Short(5));
        assert_eq!(
            ServiceToken::new("with a space in it").unwrap_err(),
            InvalidToken::Characters
        );
        let shown = format!("{:?}", token("0123456789abcdef"));
        assert!(!shown.contains("0123"), "{shown}");
    }
}
