//! Tokens of a second issuer: any OpenID provider, found by its discovery document (OpenID Connect Discovery 1.0).
//!
//! Its documents and tokens come from outside and are read with bounds. Which algorithms count is fixed here and follows from
//! the key: a header cannot choose one that its key is not for. Fetching is for the caller.

mod address;
mod claims;
mod keys;
#[cfg(test)]
mod tests;
mod token;

pub use address::{AddressError, DiscoveryError, IssuerUrl, KeysUrl};
pub use claims::IssuerClaims;
pub use keys::{IssuerKeys, LARGEST_RSA_BITS, SMALLEST_RSA_BITS};
pub use token::{Expected, claimed_issuer, verify};

/// The largest document that an issuer's discovery or keys may be, in bytes.
pub const LARGEST_DOCUMENT: usize = 256 * 1024;
