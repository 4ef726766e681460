//! ApiVersions: which requests this broker takes, in which versions.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiVersionsResponse;
use kafka_protocol::messages::api_versions_response::ApiVersion;

use crate::dispatch::APIS;
use crate::refusal::NONE;

/// The answer to a version of the request that this broker knows.
pub(crate) fn handle() -> ApiVersionsResponse {
    response(NONE)
}

/// The answer to a version that it does not know. It is sent in version 0, so that any client understands it and asks
/// again in a version that is listed.
pub(crate) fn unsupported() -> ApiVersionsResponse {
    response(ResponseError::UnsupportedVersion.code())
}

fn response(error_code: i16) -> ApiVersionsResponse {
    let api_keys = APIS.iter().map(|api| {
        ApiVersion::default()
            .with_api_key(api.key as i16)
            .with_min_version(api.min_version)
            .with_max_version(api.max_version)
    });
    ApiVersionsResponse::default()
        .with_error_code(error_code)
        .with_api_keys(api_keys.collect())
}
