//! The `spin-*` headers by which a component learns how it was reached (Spin's HTTP trigger documentation).

use std::net::SocketAddr;

use http::uri::{Authority, Parts, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

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

/// Says how the request came.
pub(crate) fn describe(headers: &mut HeaderMap, uri: &Uri, matched: &Matched<'_>, client: SocketAddr) {
    let base = matched.pattern.strip_suffix("/...").unwrap_or(matched.pattern);
    set(headers, "spin-path-info", &matched.rest);
    set(headers, "spin-full-url", &uri.to_string());
    set(headers, "spin-matched-route", matched.pattern);
    set(headers, "spin-base-path", "/");
    set(headers, "spin-raw-component-route", matched.pattern);
    set(headers, "spin-component-route", base);
    set(headers, "spin-client-addr", &client.to_string());
    for (name, value) in &matched.parameters {
        set(
            headers,
            &format!("spin-path-match-{}", name.to_ascii_lowercase()),
            value,
        );
    }
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    // A parameter's name may be no header name, and a path may hold bytes that no header may; such a one is left out.
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// The request's URI with scheme and authority, which `wasi:http` wants and HTTP/1 leaves to the Host header.
pub(crate) fn absolute(uri: &Uri, headers: &HeaderMap, listening: SocketAddr) -> Option<Uri> {
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => match headers.get(header::HOST) {
            Some(host) => Authority::try_from(host.as_bytes()).ok()?,
            None => Authority::try_from(listening.to_string()).ok()?,
        },
    };
    let mut parts = Parts::default();
    parts.scheme = Some(uri.scheme().cloned().unwrap_or(Scheme::HTTP));
    parts.authority = Some(authority);
    parts.path_and_query = uri.path_and_query().cloned().or_else(|| "/".parse().ok());
    Uri::from_parts(parts).ok()
}
