//! The host's own answers, where no component gave one: RFC 9457 problems, with no detail from inside.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use sidespin_trigger::CallError;
use wasmtime_wasi_http::WasiBody;

use crate::dispatch::DispatchError;

impl DispatchError {
    /// The status that a client sees.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Call(CallError::DeadlineExceeded { .. }) => StatusCode::GATEWAY_TIMEOUT,
            Self::Call(CallError::Overloaded { .. } | CallError::Instantiate { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Call(_) | Self::Guest(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A response without a component behind it.
pub(crate) fn response(status: StatusCode) -> Response<WasiBody> {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = format!(
        r#"{{"type":"about:blank","title":"{title}","status":{}}}"#,
        status.as_u16()
    );
    let body = Full::new(Bytes::from(body))
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
