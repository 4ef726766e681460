//! Who answers in the chat: the built-in assistant, or a language model behind an OpenAI-compatible endpoint. The choice is the
//! operator's, by variables; a third provider is another variant here.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use http::{HeaderValue, Uri};
use todo_chat_completions::Dialect;

use crate::platform::Platform;

/// The name of the rule-based assistant among the providers.
pub(crate) const BUILTIN: &str = "builtin";

/// The name of an OpenAI-compatible endpoint among the providers.
pub(crate) const OPENAI: &str = "openai";

/// Where OpenAI's own endpoint is.
const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// How long one request may take, unless `openai_timeout_ms` says otherwise.
const DEFAULT_TIMEOUT: u64 = 20_000;

/// Beyond it a turn would be over anyway.
const LONGEST_TIMEOUT: u64 = 120_000;

/// Who answers.
#[derive(Clone, Debug)]
pub(crate) enum Provider {
    /// Rules alone.
    Builtin,
    /// A model; the rules where it fails.
    Model(Rc<Endpoint>),
    /// A model was meant, but the variables have a mistake, which the log tells. The rules answer, and say so.
    Unusable,
}

/// An OpenAI-compatible endpoint.
pub(crate) struct Endpoint {
    /// `…/chat/completions`
    pub(crate) url: Uri,
    /// What shows who asks, marked as sensitive; a server of one's own may want nothing.
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) model: String,
    /// How long one request may take.
    pub(crate) timeout: Duration,
    /// How many tokens a user may have in a day; 0 is no limit.
    pub(crate) daily_tokens: i64,
    /// What the server takes, as far as it is known by now.
    pub(crate) dialect: Cell<Dialect>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key.
        formatter
            .debug_struct("Endpoint")
            .field("url", &self.url)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// Reads the variables. A mistake is told in the log, with the remedy.
    pub(crate) async fn read(platform: &impl Platform) -> Self {
        let name = platform.variable("assistant_provider").await;
        match name.trim() {
            "" | BUILTIN => Self::Builtin,
            OPENAI => match Endpoint::read(platform).await {
                Ok(endpoint) => Self::Model(Rc::new(endpoint)),
                Err(mistake) => {
                    platform.log(&format!("{mistake}; the built-in assistant answers instead"));
                    Self::Unusable
                }
            },
            other => {
                let shown: String = other.chars().take(40).collect();
                platform.log(&format!(
                    "variable `assistant_provider` is `{shown}`; it can be `{BUILTIN}` or `{OPENAI}`; the built-in assistant answers"
                ));
                Self::Unusable
            }
        }
    }
}

impl Endpoint {
    async fn read(platform: &impl Platform) -> Result<Self, String> {
        let text = |name: &'static str| async move { platform.variable(name).await.trim().to_owned() };
        let base = text("openai_base_url").await;
        let base = if base.is_empty() { DEFAULT_BASE_URL } else { &base };
        let url = completions_url(base).ok_or_else(|| {
            "variable `openai_base_url` must be an address such as https://api.openai.com/v1, without user, `?` and `#`"
                .to_owned()
        })?;
        let granted = text("openai_host").await;
        if !is_granted(&url, &granted) {
            let host = format!(
                "{}://{}",
                url.scheme_str().unwrap_or_default(),
                url.authority().map_or("", |it| it.as_str())
            );
            return Err(format!(
                "variable `openai_host` must be `{host}`: it is what the manifest grants, and where `openai_base_url` is"
            ));
        }
        let model = text("openai_model").await;
        if model.is_empty() {
            return Err(
                "variable `openai_model` must name a model of the endpoint at `openai_base_url`".to_owned(),
            );
        }
        let key = text("openai_api_key").await;
        let authorization = (!key.is_empty()).then(|| HeaderValue::from_str(&format!("Bearer {key}")));
        let mut authorization = authorization.transpose().map_err(|_error| {
            "variable `openai_api_key` has characters that no key has, such as a line end".to_owned()
        })?;
        if let Some(header) = &mut authorization {
            header.set_sensitive(true);
        }
        let dialect = Dialect::of_host(url.host().unwrap_or_default());
        let timeout = number(platform, "openai_timeout_ms", DEFAULT_TIMEOUT).await?;
        let daily_tokens = number(platform, "openai_daily_token_budget", 0).await?;
        Ok(Self {
            url,
            authorization,
            model,
            timeout: Duration::from_millis(timeout.clamp(1, LONGEST_TIMEOUT)),
            daily_tokens: i64::try_from(daily_tokens).unwrap_or(i64::MAX),
            dialect: Cell::new(dialect),
        })
    }
}

async fn number(platform: &impl Platform, name: &str, default: u64) -> Result<u64, String> {
    let text = platform.variable(name).await;
    let text = text.trim();
    if text.is_empty() {
        return Ok(default);
    }
    text.parse()
        .map_err(|_error| format!("variable `{name}` must be a whole number"))
}

/// Where completions are posted. User names in addresses would end up in logs, and a query has no meaning here.
fn completions_url(base: &str) -> Option<Uri> {
    let is_plain = !base.contains(['?', '#', '@', '\\']);
    let is_http = base.starts_with("https://") || base.starts_with("http://");
    let url = format!("{}/chat/completions", base.trim_end_matches('/'));
    let url: Uri = (is_plain && is_http).then(|| url.parse().ok()).flatten()?;
    url.host().is_some_and(|host| !host.is_empty()).then_some(url)
}

/// Whether the grant in the manifest is for the endpoint. A wildcard is for the host to judge.
fn is_granted(url: &Uri, granted: &str) -> bool {
    if granted.contains('*') {
        return true;
    }
    let granted: Option<Uri> = granted.trim_end_matches('/').parse().ok();
    granted.is_some_and(|granted| {
        let port = |uri: &Uri| {
            uri.port_u16().or(match uri.scheme_str() {
                Some("https") => Some(443),
                _ => Some(80),
            })
        };
        let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
        granted.scheme() == url.scheme() && host(&granted) == host(url) && port(&granted) == port(url)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_a_plain_address() {
        for (base, url) in [
            (
                "https://api.openai.com/v1",
                Some("https://api.openai.com/v1/chat/completions"),
            ),
            (
                "https://api.groq.com/openai/v1/",
                Some("https://api.groq.com/openai/v1/chat/completions"),
            ),
            (
                "http://localhost:11434/v1",
                Some("http://localhost:11434/v1/chat/completions"),
            ),
            ("http://[::1]:8000", Some("http://[::1]:8000/chat/completions")),
            ("https://user:password@host/v1", None),
            ("https://host/v1?key=secret", None),
            ("ftp://host", None),
            ("api.openai.com/v1", None),
            ("https://", None),
            ("https:///v1", None),
            ("", None),
        ] {
            assert_eq!(
                completions_url(base).map(|url| url.to_string()).as_deref(),
                url,
                "{base}"
            );
        }
    }

    #[test]
    fn the_grant_is_for_the_endpoint() {
        let url = completions_url("https://api.openai.com/v1").unwrap();
        for granted in [
            "https://api.openai.com",
            "https://API.openai.com:443",
            "https://api.openai.com/",
            "https://*",
        ] {
            assert!(is_granted(&url, granted), "{granted}");
        }
        for other in [
            "",
            "http://api.openai.com",
            "https://openai.com",
            "https://api.openai.com:8443",
        ] {
            assert!(!is_granted(&url, other), "{other}");
        }
    }
}
