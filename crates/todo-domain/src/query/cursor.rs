//! Opaque, signed positions in a list.
//!
//! A cursor is the place of the last item that was shown, with a signature that also covers whose list it is,
//! the filter and the order; so a cursor of another user or another list is refused like a forged one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::order::Position;

/// Half of a SHA-256; enough against forgery, and it keeps cursors short.
const SIGNATURE_LENGTH: usize = 16;

/// The place after an item of a task list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub(super) Position);

/// The text is no cursor of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list; start again without one")]
pub struct InvalidCursor;

impl Cursor {
    /// The text for the client. `scope` says whose list it is and which; [`open`](Self::open) needs the same.
    pub fn seal(&self, key: &[u8], scope: &str) -> String {
        seal(&self.0, key, scope)
    }

    /// Reads a text that [`seal`](Self::seal) made with the same key and scope.
    pub fn open(text: &str, key: &[u8], scope: &str) -> Result<Self, InvalidCursor> {
        open(text, key, scope).map(Self)
    }
}

/// Makes a signed cursor of any position, for the lists that are not of tasks.
pub fn seal<T: Serialize>(position: &T, key: &[u8], scope: &str) -> String {
    let payload = serde_json::to_vec(position).unwrap_or_default();
    let mut bytes = match mac(key, scope, &payload) {
        Some(mac) => mac.finalize().into_bytes().to_vec(),
        None => Vec::new(),
    };
    bytes.truncate(SIGNATURE_LENGTH);
    bytes.extend_from_slice(&payload);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`seal`] made with the same key and scope.
pub fn open<T: DeserializeOwned>(text: &str, key: &[u8], scope: &str) -> Result<T, InvalidCursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
    let (signature, payload) = bytes.split_at_checked(SIGNATURE_LENGTH).ok_or(InvalidCursor)?;
    let mac = mac(key, scope, payload).ok_or(InvalidCursor)?;
    mac.verify_truncated_left(signature).map_err(|_| InvalidCursor)?;
    serde_json::from_slice(payload).map_err(|_| InvalidCursor)
}

fn mac(key: &[u8], scope: &str, payload: &[u8]) -> Option<Hmac<Sha256>> {
    // A key of any length will do, so this is always some.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    // The length keeps scope and payload apart.
    mac.update(&u64::try_from(scope.len()).unwrap_or(u64::MAX).to_be_bytes());
    mac.update(scope.as_bytes());
    mac.update(payload);
    Some(mac)
}
