//! What an operator can set of the assistant's knowledge.

use std::time::Duration;

use http::Uri;
use sha2::{Digest as _, Sha256};
use todo_knowledge::qdrant::is_collection;
use todo_knowledge::score::MINIMUM;

use crate::constant_time::is_equal;
use crate::platform::Platform;

/// A key that can be guessed is none.
const SHORTEST_KEY: usize = 16;

/// How near a point must be, if nothing else is said.
const NEAR: f64 = 0.35;

/// How long a question waits for a server outside.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// The values of the variables.
#[derive(Clone, PartialEq)]
pub(crate) struct Options {
    /// `faq_api_key`: who may ask. None: the FAQ's contract is off.
    pub(crate) chat_keys: Keys,
    /// `admin_api_key`: who may say what is answered. None: nobody.
    pub(crate) admin_keys: Keys,
    /// `rate_limit_faq`: questions a minute with one key; 0 is no limit.
    pub(crate) faq_limit: u32,
    /// `faq_log_days`: how long questions are kept.
    pub(crate) log_days: u32,
    /// How well something must answer.
    pub(crate) minimum: f64,
    /// `qdrant_url` and what belongs to it.
    pub(crate) vectors: Option<VectorOptions>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chat_keys: Keys::default(),
            admin_keys: Keys::default(),
            faq_limit: 0,
            log_days: 30,
            minimum: MINIMUM,
            vectors: None,
        }
    }
}

/// Where vectors are made and kept.
#[derive(Clone, PartialEq)]
pub(crate) struct VectorOptions {
    /// Without a slash at its end, as the next one.
    pub(crate) qdrant_url: String,
    pub(crate) qdrant_key: String,
    pub(crate) collection: String,
    pub(crate) embeddings_url: String,
    pub(crate) embeddings_key: String,
    pub(crate) model: String,
    /// How near a point must be.
    pub(crate) minimum: f64,
}

/// Secrets that callers may show, as hashes: comparing these tells nothing of them, not even their lengths.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Keys(Vec<[u8; 32]>);

impl Keys {
    /// Reads keys with commas between them, so that an old and a new one can be good at once.
    async fn read(platform: &impl Platform, name: &str) -> Self {
        let text = platform.variable(name).await;
        let mut keys = Vec::new();
        for key in text.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            if key.len() < SHORTEST_KEY {
                platform.log(&format!(
                    "a key in variable `{name}` has fewer than {SHORTEST_KEY} characters and is not used; make one with `openssl rand -hex 32`"
                ));
                continue;
            }
            keys.push(Sha256::digest(key).into());
        }
        Self(keys)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A name for the key that was shown, which says nothing of it; nothing if it is none of these.
    pub(crate) fn name(&self, shown: &str) -> Option<String> {
        let hash = Sha256::digest(shown);
        // All are compared, whichever it is.
        let is_known = self
            .0
            .iter()
            .fold(false, |known, key| known | is_equal(key, &hash));
        let name: Vec<u8> = Sha256::digest(hash).iter().take(4).copied().collect();
        is_known.then(|| crate::hex::encode(&name))
    }
}

impl Options {
    pub(crate) async fn read(platform: &impl Platform) -> Self {
        Self {
            chat_keys: Keys::read(platform, "faq_api_key").await,
            admin_keys: Keys::read(platform, "admin_api_key").await,
            faq_limit: number(platform, "rate_limit_faq", 120).await,
            log_days: number(platform, "faq_log_days", 30).await,
            minimum: MINIMUM,
            vectors: VectorOptions::read(platform).await,
        }
    }
}

impl VectorOptions {
    async fn read(platform: &impl Platform) -> Option<Self> {
        let variable = async |name: &str| {
            platform
                .variable(name)
                .await
                .trim()
                .trim_end_matches('/')
                .to_owned()
        };
        let qdrant_url = variable("qdrant_url").await;
        if qdrant_url.is_empty() {
            return None;
        }
        let collection = variable("qdrant_collection").await;
        let options = Self {
            qdrant_url,
            qdrant_key: variable("qdrant_api_key").await,
            collection: if collection.is_empty() {
                "todo".to_owned()
            } else {
                collection
            },
            embeddings_url: variable("embeddings_base_url").await,
            embeddings_key: variable("embeddings_api_key").await,
            model: variable("embeddings_model").await,
            minimum: near(platform, &variable("qdrant_min_similarity").await),
        };
        let is_address = |text: &str| {
            let uri = text.parse::<Uri>().ok();
            uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        };
        let mistake = if !is_address(&options.qdrant_url) {
            "`qdrant_url` is no address like `http://qdrant:6333`"
        } else if !is_address(&options.embeddings_url) {
            "`embeddings_base_url` is no address like `https://api.openai.com/v1`"
        } else if options.model.is_empty() {
            "`embeddings_model` is empty"
        } else if !is_collection(&options.collection) {
            "`qdrant_collection` may have letters, digits, `_` and `-` alone"
        } else {
            return Some(options);
        };
        platform.log(&format!("Qdrant is not used, because {mistake}"));
        None
    }

    /// What says that vectors are of another kind, or elsewhere.
    pub(crate) fn place(&self) -> String {
        format!("{}\n{}\n{}", self.qdrant_url, self.collection, self.model)
    }
}

fn near(platform: &impl Platform, text: &str) -> f64 {
    let near = text.parse().ok().filter(|near| (0.0..=1.0).contains(near));
    if near.is_none() && !text.is_empty() {
        platform.log(&format!(
            "variable `qdrant_min_similarity` is `{text}`, which is no number from 0 to 1; using {NEAR}"
        ));
    }
    near.unwrap_or(NEAR)
}

async fn number(platform: &impl Platform, name: &str, default: u32) -> u32 {
    let text = platform.variable(name).await;
    let text = text.trim();
    let number = text.parse().ok();
    if number.is_none() && !text.is_empty() {
        platform.log(&format!(
            "variable `{name}` is `{text}`, which is no whole number; using {default}"
        ));
    }
    number.unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_whole_and_named_by_nothing_of_it() {
        let keys = Keys(vec![
            Sha256::digest("first-key-of-some-length").into(),
            Sha256::digest("second").into(),
        ]);
        let name = keys.name("second").unwrap();
        assert_eq!(name.len(), 8);
        assert_ne!(Some(name), keys.name("first-key-of-some-length"));
        for wrong in ["", "secon", "second ", "third"] {
            assert_eq!(keys.name(wrong), None, "{wrong}");
        }
        assert_eq!(Keys::default().name(""), None);
    }
}
