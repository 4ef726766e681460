//! What a request gets: a file, the news that the client has it already, or a problem (RFC 9457).

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use crate::assets::{self, Asset};
use crate::encoding;

/// Scripts, styles and requests of this origin and nothing else; the page cannot be framed. Trusted types leave the one door
/// through which markup becomes a page to the compiler's own templates.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; \
     require-trusted-types-for 'script'; trusted-types svelte-trusted-html";
/// A year: the longest that RFC 9111 knows a use for.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about each time.
const ASK_FIRST: &str = "no-cache";

/// The answer to one request.
pub(crate) fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Response<Bytes> {
    if method != Method::GET && method != Method::HEAD {
        let detail = "this address can only be read: use GET or HEAD";
        let mut response = problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Method not allowed",
            detail,
        );
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match assets::find(path) {
        Some(asset) => file(asset, headers),
        None => problem(
            StatusCode::NOT_FOUND,
            "not_found",
            "Not found",
            "there is no page and no file at this address",
        ),
    }
}

fn file(asset: &'static Asset, headers: &HeaderMap) -> Response<Bytes> {
    let (encoding, content) = encoding::choose(asset, &joined(headers, &ACCEPT_ENCODING));
    let tag = format!("\"{}{}\"", asset.hash, encoding.tag_suffix());
    let is_known = matches(&joined(headers, &IF_NONE_MATCH), &tag);
    let content = if is_known {
        Bytes::new()
    } else {
        Bytes::from_static(content)
    };
    let length = content.len();
    let mut response = secured(Response::new(content));
    let head = response.headers_mut();
    let caching = if asset.is_immutable() { FOREVER } else { ASK_FIRST };
    head.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    head.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        head.insert(ETAG, tag);
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    head.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type()));
    head.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(name) = encoding.name() {
        head.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

fn problem(status: StatusCode, code: &str, title: &str, detail: &str) -> Response<Bytes> {
    // No part comes from the request, so nothing has to be escaped.
    let body = format!(
        r#"{{"type":"about:blank","title":"{title}","status":{},"detail":"{detail}","code":"{code}"}}"#,
        status.as_u16()
    );
    let length = body.len();
    let mut response = secured(Response::new(Bytes::from(body)));
    *response.status_mut() = status;
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    head.insert(CONTENT_LENGTH, HeaderValue::from(length));
    head.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Adds what every answer carries, an error too.
fn secured(mut response: Response<Bytes>) -> Response<Bytes> {
    let fixed = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // For browsers that do not know `frame-ancestors`.
        (X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in fixed {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A list may come in several headers of the same name.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    values.join(",")
}

/// `If-None-Match` compares weakly: a proxy that compressed anew may have weakened the tag.
fn matches(known: &str, tag: &str) -> bool {
    known
        .split(',')
        .map(str::trim)
        .any(|other| other == "*" || other.strip_prefix("W/").unwrap_or(other) == tag)
}

#[cfg(test)]
mod tests;
