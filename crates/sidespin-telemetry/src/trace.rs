//! The header `traceparent` (W3C Trace Context, <https://www.w3.org/TR/trace-context/>): which trace a request belongs to.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// The trace, and the step of it that a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    parent: u64,
    flags: u8,
}

impl TraceContext {
    /// A trace that begins here. It is not marked as sampled, because nothing of it has been recorded.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            // Identifiers are to be unlike each other, not to be hard to guess; the system's random numbers cost a call each.
            trace: fastrand::u128(1..),
            parent: random_parent(),
            flags: 0,
        }
    }

    /// Reads a header's value. Nothing where it is not valid: then, says the standard, a trace begins anew.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let version = hexadecimal(fields.next()?, 2)?;
        let trace = hexadecimal(fields.next()?, 32)?;
        let parent = hexadecimal(fields.next()?, 16)?;
        let flags = hexadecimal(fields.next()?, 2)?;
        // Later versions may append fields; this one has none.
        let is_known = match version {
            0 => fields.next().is_none(),
            0xff => false,
            _ => true,
        };
        (is_known && trace != 0 && parent != 0).then_some(Self {
            trace,
            parent: u64::try_from(parent).ok()?,
            flags: u8::try_from(flags).ok()?,
        })
    }

    /// The trace that a request belongs to, by its headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(PARENT)?.to_str().ok()?)
    }

    /// Makes a request belong to a trace: where it does not yet, one begins.
    pub fn ensure(headers: &mut HeaderMap) {
        if Self::of(headers).is_none() {
            Self::begin().write(headers);
            headers.remove(STATE);
        }
    }

    /// Makes a request that goes out the next step of the trace that it belongs to, or the first of one.
    pub fn advance(headers: &mut HeaderMap) {
        match Self::of(headers) {
            Some(context) => context.child().write(headers),
            None => Self::ensure(headers),
        }
    }

    fn write(self, headers: &mut HeaderMap) {
        // Hexadecimal digits are always a valid value.
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(PARENT, value);
        }
    }

    /// The next step of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            parent: random_parent(),
            ..self
        }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "00-{:032x}-{:016x}-{:02x}",
            self.trace, self.parent, self.flags
        )
    }
}

/// Zero would mean that there is none.
fn random_parent() -> u64 {
    fastrand::u64(1..)
}

fn hexadecimal(text: &str, length: usize) -> Option<u128> {
    let is_valid = text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_valid.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_stays_in_its_trace() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = TraceContext::parse(text).unwrap();
        assert_eq!(context.to_string(), text);
        let child = context.child().to_string();
        assert_eq!((&child[..36], &child[52..]), (&text[..36], "-01"));
        assert_ne!(child, text);
        let begun = TraceContext::begin();
        assert_eq!(TraceContext::parse(&begun.to_string()), Some(begun));
    }

    #[test]
    fn a_request_is_part_of_one_trace() {
        let mut headers = HeaderMap::new();
        headers.insert(PARENT, HeaderValue::from_static("nonsense"));
        headers.insert(STATE, HeaderValue::from_static("vendor=1"));
        TraceContext::ensure(&mut headers);
        let begun = TraceContext::of(&headers).unwrap();
        assert_eq!(headers.get(STATE), None, "the state of another trace");
        TraceContext::ensure(&mut headers);
        assert_eq!(TraceContext::of(&headers), Some(begun));
        headers.insert(STATE, HeaderValue::from_static("vendor=1"));
        TraceContext::advance(&mut headers);
        let next = TraceContext::of(&headers).unwrap();
        assert_eq!(next.trace, begun.trace);
        assert_ne!(next.parent, begun.parent);
        assert!(headers.contains_key(STATE));
    }

    #[test]
    fn what_the_standard_calls_invalid_is_not_read() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
        assert!(
            TraceContext::parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later").is_some()
        );
    }
}
