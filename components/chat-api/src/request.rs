//! A request as handlers see it: its parts checked and decoded, its body within bounds.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::request::Parts;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use todo_domain::problem::Code;
use todo_domain::validation::FieldError;

use crate::failure::Failure;

/// The longest body that is read.
pub const LARGEST_BODY: usize = 1 << 20;

/// How deep JSON may be nested. Bodies of the API need three levels; an arbitrary depth costs stack.
const DEEPEST_JSON: usize = 32;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The body of a request, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Complete(Bytes),
    /// It is longer than is read.
    TooLarge,
    /// It broke off, or did not come in time.
    Broken,
}

/// A request with its id and time.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) parts: Parts,
    body: Body,
    pub(crate) request_id: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) now: i64,
}

impl Call {
    /// `fresh_id` names the request if it has no decent name of its own.
    pub(crate) fn new(parts: Parts, body: Body, now: i64, fresh_id: impl FnOnce() -> String) -> Self {
        let given = parts
            .headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok());
        let is_decent = |id: &&str| {
            (1..=64).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let request_id = given.filter(is_decent).map_or_else(fresh_id, str::to_owned);
        Self {
            parts,
            body,
            request_id,
            now,
        }
    }

    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// A header's value, if it is there once and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The trace that the request belongs to.
    pub(crate) fn traceparent(&self) -> Option<&str> {
        self.header("traceparent")
            .filter(|value| value.len() == 55 && value.is_ascii())
    }

    /// The parameters of the query, decoded.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let query = self.parts.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Whether the answer should be a stream of events.
    pub(crate) fn wants_events(&self) -> bool {
        self.header("accept")
            .is_some_and(|accept| accept.contains(todo_domain::sse::CONTENT_TYPE))
    }

    /// The client's address, for counting its requests. `proxies` is how many proxies of our own wrote into
    /// `x-forwarded-for`; what stands before their entries was written by the client and proves nothing.
    pub(crate) fn client_address(&self, proxies: u32) -> String {
        let forwarded = usize::try_from(proxies)
            .ok()
            .filter(|proxies| *proxies > 0)
            .and_then(|proxies| {
                let entries: Vec<&str> = self
                    .header("x-forwarded-for")?
                    .split(',')
                    .map(str::trim)
                    .collect();
                entries.get(entries.len().checked_sub(proxies)?).copied()
            });
        let address = forwarded
            .or_else(|| self.header("spin-client-addr"))
            .unwrap_or("unknown");
        let without_port = match address.rsplit_once(':') {
            Some((host, _port)) if host.starts_with('[') || !host.contains(':') => host,
            _ => address,
        };
        without_port.trim_matches(['[', ']']).chars().take(64).collect()
    }

    /// The body's bytes.
    pub(crate) fn body(&self) -> Result<&Bytes, Failure> {
        match &self.body {
            Body::Complete(bytes) if bytes.len() <= LARGEST_BODY => Ok(bytes),
            Body::Complete(_) | Body::TooLarge => Err(Failure::new(
                Code::PayloadTooLarge,
                format!("a body may have {LARGEST_BODY} bytes"),
            )),
            Body::Broken => Err(Failure::new(
                Code::BadRequest,
                "the body broke off, or did not come in time",
            )),
        }
    }

    /// The body as JSON; `also` names a media type that is read beside `application/json`.
    pub(crate) fn json(&self, also: Option<&str>) -> Result<Value, Failure> {
        let body = self.body()?;
        let media_type = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let is_read = |known: &str| media_type.eq_ignore_ascii_case(known);
        if !is_read("application/json") && !also.is_some_and(is_read) {
            let detail = format!("send `content-type: {}`", also.unwrap_or("application/json"));
            return Err(Failure::new(Code::UnsupportedMediaType, detail));
        }
        if is_deeper_than(body, DEEPEST_JSON) {
            let detail = format!("the body is nested deeper than {DEEPEST_JSON} levels");
            return Err(Failure::new(Code::InvalidJson, detail));
        }
        serde_json::from_slice(body).map_err(|error| Failure::new(Code::InvalidJson, error.to_string()))
    }

    /// The fields of a body that may be missing, and a mistake for each that is not among those known.
    pub(crate) fn fields(&self, known: &[&str]) -> Result<(Map<String, Value>, Vec<FieldError>), Failure> {
        if self.body()?.is_empty() {
            return Ok((Map::new(), Vec::new()));
        }
        let Value::Object(fields) = self.json(None)? else {
            return Err(Failure::field("", "the body must be a JSON object"));
        };
        let unknown = fields.keys().filter(|name| !known.contains(&name.as_str()));
        let unknown = unknown.map(|name| {
            let shown: String = name.chars().take(60).collect();
            FieldError::new(shown, "is not a field of this request")
        });
        let mistakes = unknown.collect();
        Ok((fields, mistakes))
    }

    /// What tells this request from another one that is sent under the same idempotency key.
    pub(crate) fn fingerprint(&self, path: &str) -> Result<String, Failure> {
        let body = self.body()?;
        let mut hash = Sha256::new();
        for part in [self.parts.method.as_str().as_bytes(), path.as_bytes(), body] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Ok(crate::hex::encode(&hash.finalize()))
    }
}

/// Counts brackets outside of strings; whether it is JSON at all is for the parser to say.
fn is_deeper_than(json: &[u8], limit: usize) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(headers: &[(&str, &str)], body: &str) -> Call {
        let mut request = http::Request::post("/api/v1/tasks");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Call::new(
            parts,
            Body::Complete(Bytes::copy_from_slice(body.as_bytes())),
            0,
            || "fresh".to_owned(),
        )
    }

    #[test]
    fn a_decent_request_id_is_kept_and_any_other_replaced() {
        assert_eq!(call(&[("x-request-id", "abc-1.2_3")], "").request_id, "abc-1.2_3");
        for wrong in ["", "a b", "<script>", &"x".repeat(65)] {
            assert_eq!(
                call(&[("x-request-id", wrong)], "").request_id,
                "fresh",
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_address_is_believed_only_as_far_as_our_own_proxies_wrote_it() {
        let headers = [
            ("spin-client-addr", "10.0.0.1:4711"),
            ("x-forwarded-for", "6.6.6.6, 203.0.113.7"),
        ];
        assert_eq!(call(&headers, "").client_address(0), "10.0.0.1");
        assert_eq!(call(&headers, "").client_address(1), "203.0.113.7");
        assert_eq!(call(&headers, "").client_address(3), "10.0.0.1");
        assert_eq!(
            call(&[("spin-client-addr", "[2001:db8::1]:80")], "").client_address(0),
            "2001:db8::1"
        );
        assert_eq!(call(&[], "").client_address(0), "unknown");
    }

    #[test]
    fn json_has_a_type_a_depth_and_a_size() {
        let json = |kind: &str, body: &str| {
            call(&[("content-type", kind)], body)
                .json(None)
                .map_err(|e| e.code())
        };
        assert!(json("application/json; charset=utf-8", "{}").is_ok());
        assert_eq!(json("text/plain", "{}"), Err(Code::UnsupportedMediaType));
        assert_eq!(json("application/json", "{"), Err(Code::InvalidJson));
        assert_eq!(
            json("application/json", &"[".repeat(100_000)),
            Err(Code::InvalidJson)
        );
        assert!(json("application/json", &format!("\"{}\"", "[".repeat(100))).is_ok());
        let large = "x".repeat(LARGEST_BODY + 1);
        assert_eq!(json("application/json", &large), Err(Code::PayloadTooLarge));
    }
}
