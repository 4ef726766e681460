//! The beginning of a request, which says what it is.

use bytes::{Buf, Bytes};
use kafka_protocol::messages::ApiKey;

use super::guard::{self, Malformed};

/// Client ids are kept with group members and printed in logs; nobody needs longer ones.
const MAX_CLIENT_ID: usize = 255;

/// What a request says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestHead {
    pub(crate) api_key: i16,
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
}

impl RequestHead {
    /// Takes the fixed part off a frame. This much is the same in every version of the protocol.
    pub(crate) fn take(frame: &mut Bytes) -> Result<Self, Malformed> {
        Ok(Self {
            api_key: frame.try_get_i16().map_err(|_short| Malformed::Truncated)?,
            version: frame.try_get_i16().map_err(|_short| Malformed::Truncated)?,
            correlation_id: frame.try_get_i32().map_err(|_short| Malformed::Truncated)?,
        })
    }

    /// Takes the rest of the header of a known request off a frame, and gives back the client's name for itself.
    pub(crate) fn take_client_id(&self, api: ApiKey, frame: &mut Bytes) -> Result<String, Malformed> {
        let length = frame.try_get_i16().map_err(|_short| Malformed::Truncated)?;
        let length = usize::try_from(length.max(0)).unwrap_or(0);
        if length > frame.len() {
            return Err(Malformed::Truncated);
        }
        let client_id = frame.split_to(length);
        if api.request_header_version(self.version) >= 2 {
            let rest = guard::after_tagged_fields(frame)?.len();
            frame.advance(frame.len() - rest);
        }
        let client_id = String::from_utf8_lossy(&client_id);
        Ok(client_id.chars().take(MAX_CLIENT_ID).collect())
    }
}
