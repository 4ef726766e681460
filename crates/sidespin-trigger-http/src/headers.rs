//! The `spin-*` headers by which a component learns how it was reached (Spin's HTTP trigger documentation).

use std::net::SocketAddr;

use bytes::Bytes;
use http::uri::{Authority, Parts, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use sidespin_app::ComponentId;

use crate::router::Matched;

/// Removes what only the host may say. A client that sends such headers must not be believed.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let forged: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("spin-"))
        .cloned()
        .collect();
    for name in forged {
        headers.remove(name);
    }
}

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("spin-client-addr");

/// What is the same for every request of a route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RouteHeaders {
    pattern: Option<HeaderValue>,
    /// The pattern without its `/...`.
    base: Option<HeaderValue>,
}

impl RouteHeaders {
    pub(crate) fn new(pattern: &str) -> Self {
        let base = pattern.strip_suffix("/...").unwrap_or(pattern);
        Self {
            pattern: HeaderValue::from_str(pattern).ok(),
            base: HeaderValue::from_str(base).ok(),
        }
    }
}

/// What is the same for every request of a connection.
pub(crate) fn of_client(client: SocketAddr) -> Option<HeaderValue> {
    value(client.to_string())
}

/// Says how the request came.
pub(crate) fn describe(
    headers: &mut HeaderMap,
    uri: &Uri,
    matched: Matched<'_>,
    client: Option<&HeaderValue>,
) {
    set(headers, PATH_INFO, value(matched.rest));
    set(headers, FULL_URL, value(uri.to_string()));
    set(headers, MATCHED_ROUTE, matched.headers.pattern.clone());
    set(headers, BASE_PATH, Some(HeaderValue::from_static("/")));
    set(headers, RAW_COMPONENT_ROUTE, matched.headers.pattern.clone());
    set(headers, COMPONENT_ROUTE, matched.headers.base.clone());
    set(headers, CLIENT_ADDRESS, client.cloned());
    for (name, segment) in matched.parameters {
        // A parameter's name may be no header name.
        if let Ok(name) = HeaderName::try_from(format!("spin-path-match-{name}")) {
            set(headers, name, value(segment));
        }
    }
}

/// Nothing where the text, such as a path's, holds bytes that no header may.
fn value(text: String) -> Option<HeaderValue> {
    HeaderValue::from_maybe_shared(Bytes::from(text)).ok()
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

/// The request's URI with scheme and authority, which `wasi:http` wants and HTTP/1 leaves to the Host header.
pub(crate) fn absolute(
    uri: &Uri,
    headers: &HeaderMap,
    scheme: &Scheme,
    listening: SocketAddr,
) -> Option<Uri> {
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => match headers.get(header::HOST) {
            Some(host) => Authority::try_from(host.as_bytes()).ok()?,
            None => Authority::try_from(listening.to_string()).ok()?,
        },
    };
    let mut parts = Parts::default();
    parts.scheme = Some(scheme.clone());
    parts.authority = Some(authority);
    parts.path_and_query = uri.path_and_query().cloned().or_else(|| "/".parse().ok());
    Uri::from_parts(parts).ok()
}

/// The request's URI as a call inside the process has it.
pub(crate) fn internal(uri: &Uri, component: &ComponentId) -> Option<Uri> {
    let mut parts = Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(Authority::try_from(format!("{component}.spin.internal")).ok()?);
    parts.path_and_query = uri.path_and_query().cloned().or_else(|| "/".parse().ok());
    Uri::from_parts(parts).ok()
}
