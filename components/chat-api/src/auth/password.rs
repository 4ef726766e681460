//! Passwords: hashed with Argon2id and written in the PHC format, so that the parameters can grow and old hashes still verify.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::constant_time::is_equal;

/// The parameters of new hashes: the first choice of OWASP's list for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const HASH_LENGTH: usize = 32;
const SALT_LENGTH: usize = 16;

/// The hash of a password. Empty only if Argon2 refuses its own parameters, and then nothing verifies.
pub(crate) fn hash(password: &str, random: &[u8; 32]) -> String {
    let salt = random.get(..SALT_LENGTH).unwrap_or_default();
    derive(password, salt, (MEMORY_KIB, PASSES, LANES))
        .map(|hash| format(salt, &hash))
        .unwrap_or_default()
}

/// A hash that no password is known for and that takes as long to verify against as any. Costs nothing to make.
pub(crate) fn of_nobody(random: &[u8; 32]) -> String {
    format(random.get(..SALT_LENGTH).unwrap_or_default(), random)
}

fn format(salt: &[u8], hash: &[u8; HASH_LENGTH]) -> String {
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

/// Whether the password is the one that was hashed. Takes the same time whether or not.
pub(crate) fn verify(password: &str, stored: &str) -> bool {
    let matches = || {
        let mut parts = stored.strip_prefix("$argon2id$v=19$")?.split('$');
        let costs = costs(parts.next()?)?;
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let expected = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let actual = derive(password, &salt, costs)?;
        Some(is_equal(&actual, &expected))
    };
    matches().unwrap_or(false)
}

fn costs(text: &str) -> Option<(u32, u32, u32)> {
    let mut values = text.split(',');
    let mut value = |name: &str| values.next()?.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
    Some((value("m")?, value("t")?, value("p")?))
}

fn derive(
    password: &str,
    salt: &[u8],
    (memory, passes, lanes): (u32, u32, u32),
) -> Option<[u8; HASH_LENGTH]> {
    let params = Params::new(memory, passes, lanes, Some(HASH_LENGTH)).ok()?;
    let mut hash = [0; HASH_LENGTH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_verifies_against_its_own_hash_alone() {
        let stored = hash("correct horse", &[7; 32]);
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse", &stored));
        assert!(!verify("correct horsf", &stored));
        assert_ne!(hash("correct horse", &[8; 32]), stored);
    }

    #[test]
    fn nobodys_hash_costs_as_much_as_any_and_matches_nothing() {
        let (nobody, somebody) = (of_nobody(&[7; 32]), hash("correct horse", &[7; 32]));
        let up_to_hash = |hash: &str| hash.rsplit_once('$').map(|(costs, _hash)| costs.to_owned());
        assert_eq!(up_to_hash(&nobody), up_to_hash(&somebody));
        assert_eq!(nobody.len(), somebody.len());
        assert!(!verify("correct horse", &nobody));
    }

    #[test]
    fn what_is_no_hash_verifies_nothing() {
        for stored in [
            "",
            "plain",
            "$argon2id$v=19$m=8,t=1,p=1$",
            "$argon2id$v=19$m=8,t=1$c2FsdHNhbHQ$aGFzaA",
        ] {
            assert!(!verify("", stored), "{stored}");
        }
    }

    #[test]
    fn a_hash_of_the_reference_implementation_verifies() {
        // A vector of the reference implementation's own tests.
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify("password", stored));
    }
}
