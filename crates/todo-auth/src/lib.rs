//! Access tokens: JSON Web Tokens signed with Ed25519, and the key sets that verify them. Pure: no clock, no
//! randomness, no network; the caller brings the time and the keys.
//!
//! One algorithm and no negotiation: a token whose header names another one, or none, is refused before any
//! key is looked at. Tokens of a second issuer are another matter, of [`openid`] alone.

mod claims;
mod keys;
pub mod openid;
mod token;

pub use claims::{Audience, Claims, Expectations};
pub use keys::{KeySet, PublicKey, SigningKey};
pub use token::{LEEWAY_SECONDS, TokenError, sign, verify};

/// Who issues this application's tokens: `iss`.
pub const ISSUER: &str = "todo-chatbot";

/// Whom they are for: `aud`.
pub const AUDIENCE: &str = "todo-chatbot";

#[cfg(test)]
mod tests;
