//! Web Push messages, encrypted for one browser (RFC 8291) in the coding `aes128gcm` (RFC 8188), in one record.

use std::fmt;

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes128Gcm, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;
use thiserror::Error;

/// The `content-encoding` of a message.
pub const CONTENT_ENCODING: &str = "aes128gcm";

/// The longest text that fits into one record of the size that every push service takes.
pub const LONGEST_TEXT: usize = RECORD_SIZE as usize - 16 - 1 - HEADER_SIZE;

/// The size of a record, as the header says it.
const RECORD_SIZE: u32 = 4096;

/// Salt, record size, length of the key, key.
const HEADER_SIZE: usize = 16 + 4 + 1 + 65;

/// Why nothing can be encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PushError {
    /// The browser's key is none.
    #[error("`p256dh` must be an uncompressed point of P-256, 65 bytes in base64url")]
    Key,
    /// The browser's secret is none.
    #[error("`auth` must be 16 bytes in base64url")]
    Secret,
    /// The random bytes are no private key, which of 2^32 draws happens to one; or zero.
    #[error("the random bytes are no private key")]
    Random,
    /// The text does not fit.
    #[error("a message has at most {LONGEST_TEXT} bytes")]
    TooLong,
}

/// What a browser gave when it subscribed.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver {
    key: PublicKey,
    secret: [u8; 16],
}

impl fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Receiver(…)")
    }
}

impl Receiver {
    /// From `keys.p256dh` and `keys.auth` of a subscription.
    ///
    /// # Errors
    /// One of them is not what it should be.
    pub fn parse(p256dh: &str, auth: &str) -> Result<Self, PushError> {
        let bytes = decode(p256dh)
            .filter(|bytes| bytes.len() == 65)
            .ok_or(PushError::Key)?;
        let key = PublicKey::from_sec1_bytes(&bytes).map_err(|_not_on_the_curve| PushError::Key)?;
        let secret = decode(auth)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(PushError::Secret)?;
        Ok(Self { key, secret })
    }

    /// The body of a message. `salt` and `private_key` are random and used once.
    ///
    /// # Errors
    /// The text is too long, or the random bytes are no key.
    pub fn encrypt(&self, text: &[u8], salt: [u8; 16], private_key: &[u8; 32]) -> Result<Vec<u8>, PushError> {
        if text.len() > LONGEST_TEXT {
            return Err(PushError::TooLong);
        }
        let private = SecretKey::from_slice(private_key).map_err(|_no_scalar| PushError::Random)?;
        let ours = private.public_key().to_encoded_point(false);
        let theirs = self.key.to_encoded_point(false);
        let shared = p256::ecdh::diffie_hellman(private.to_nonzero_scalar(), self.key.as_affine());

        let info = [b"WebPush: info\0", theirs.as_bytes(), ours.as_bytes()].concat();
        let input: [u8; 32] = derive(&self.secret, shared.raw_secret_bytes(), &info)?;
        let key: [u8; 16] = derive(&salt, &input, b"Content-Encoding: aes128gcm\0")?;
        let nonce: [u8; 12] = derive(&salt, &input, b"Content-Encoding: nonce\0")?;

        // The delimiter of the last record.
        let padded = [text, &[2]].concat();
        let sealed = Aes128Gcm::new(&key.into())
            .encrypt(Nonce::from_slice(&nonce), padded.as_slice())
            .map_err(|_too_long| PushError::TooLong)?;
        let length = u8::try_from(ours.len()).map_err(|_never| PushError::Random)?;
        Ok([
            salt.as_slice(),
            &RECORD_SIZE.to_be_bytes(),
            &[length],
            ours.as_bytes(),
            &sealed,
        ]
        .concat())
    }
}

fn derive<const N: usize>(salt: &[u8], input: &[u8], info: &[u8]) -> Result<[u8; N], PushError> {
    let mut output = [0; N];
    // Only more than 8,160 bytes would be too many.
    Hkdf::<Sha256>::new(Some(salt), input)
        .expand(info, &mut output)
        .map_err(|_too_many| PushError::TooLong)?;
    Ok(output)
}

/// Base64url, with or without the padding that some libraries leave there.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_example_of_rfc_8291_is_encrypted_as_it_says() {
        let body = Receiver::parse(KEY, AUTH)
            .unwrap()
            .encrypt(
                b"When I grow up, I want to be a watermelon",
                bytes("DGv6ra1nlYgDCS1FRnbzlw"),
                &bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
            )
            .unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru\
             3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn a_message_fills_one_record_at_most() {
        let receiver = Receiver::parse(KEY, AUTH).unwrap();
        let body = receiver
            .encrypt(&[b'x'; LONGEST_TEXT], [1; 16], &[1; 32])
            .unwrap();
        assert_eq!(body.len(), 4096);
        let long = [b'x'; LONGEST_TEXT + 1];
        assert_eq!(
            receiver.encrypt(&long, [1; 16], &[1; 32]),
            Err(PushError::TooLong)
        );
        assert_eq!(receiver.encrypt(b"x", [1; 16], &[0; 32]), Err(PushError::Random));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let off_the_curve = URL_SAFE_NO_PAD.encode([4; 65]);
        let infinity = "AA";
        for key in ["", "x", infinity, &off_the_curve, &KEY[..80]] {
            assert_eq!(Receiver::parse(key, AUTH), Err(PushError::Key), "{key}");
        }
        for auth in ["", "%", "BTBZMqHH6r4Tts7J_aSI"] {
            assert_eq!(Receiver::parse(KEY, auth), Err(PushError::Secret), "{auth}");
        }
        assert!(Receiver::parse(&format!("{KEY}="), &format!("{AUTH}==")).is_ok());
    }
}
