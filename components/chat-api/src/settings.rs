//! What an operator can set, by variables of the manifest.

use crate::knowledge::options::Options;
use crate::platform::Platform;

/// The values of the variables. What is not set has the default of the contract.
#[derive(Clone, PartialEq)]
pub(crate) struct Settings {
    /// `jwt_signing_key`: 32 bytes in base64. Empty: one is made and kept in the database.
    pub(crate) signing_key: String,
    /// `internal_token`: what other services show at `/internal/…`. Empty: the routes are guarded by the manifest alone.
    pub(crate) internal_token: String,
    /// A second issuer of tokens.
    pub(crate) oidc: IssuerSettings,
    /// `rate_limit_auth`: sign-ups and log-ins a minute from one address; 0 is no limit.
    pub(crate) auth_limit: u32,
    /// `rate_limit_account`: tries of a password in a quarter of an hour for one e-mail address; 0 is no limit.
    pub(crate) account_limit: u32,
    /// `rate_limit_chat`: messages a minute of one user; 0 is no limit.
    pub(crate) chat_limit: u32,
    /// `rate_limit_default`: other requests a minute of one user or address; 0 is no limit.
    pub(crate) default_limit: u32,
    /// `trusted_proxies`: how many proxies of our own stand in front and append to `x-forwarded-for`.
    pub(crate) trusted_proxies: u32,
    /// `public_url`: where people reach the application, without a slash at its end. Empty: wherever a request says.
    pub(crate) public_url: String,
    /// What the assistant knows, and who says what.
    pub(crate) knowledge: Options,
}

/// A second issuer of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IssuerSettings {
    /// `oidc_issuer`: as its tokens name it. Empty: there is none.
    pub(crate) issuer: String,
    /// `oidc_audience`: what its tokens for this application name as `aud`; several with spaces between them.
    pub(crate) audience: String,
    /// `oidc_jwks_url`: where its keys are. Empty: where its discovery document says.
    pub(crate) jwks_url: String,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the secrets.
        formatter
            .debug_struct("Settings")
            .field("auth_limit", &self.auth_limit)
            .field("account_limit", &self.account_limit)
            .field("chat_limit", &self.chat_limit)
            .field("default_limit", &self.default_limit)
            .field("trusted_proxies", &self.trusted_proxies)
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub(crate) async fn read(platform: &impl Platform) -> Self {
        Self {
            signing_key: platform.variable("jwt_signing_key").await,
            internal_token: platform.variable("internal_token").await,
            oidc: IssuerSettings {
                issuer: trimmed(platform, "oidc_issuer").await,
                audience: trimmed(platform, "oidc_audience").await,
                jwks_url: trimmed(platform, "oidc_jwks_url").await,
            },
            auth_limit: number(platform, "rate_limit_auth", 5).await,
            account_limit: number(platform, "rate_limit_account", 20).await,
            chat_limit: number(platform, "rate_limit_chat", 30).await,
            default_limit: number(platform, "rate_limit_default", 300).await,
            trusted_proxies: number(platform, "trusted_proxies", 0).await,
            knowledge: Options::read(platform).await,
            public_url: platform
                .variable("public_url")
                .await
                .trim()
                .trim_end_matches('/')
                .to_owned(),
        }
    }
}

async fn trimmed(platform: &impl Platform, name: &str) -> String {
    platform.variable(name).await.trim().to_owned()
}

async fn number(platform: &impl Platform, name: &str, default: u32) -> u32 {
    let text = platform.variable(name).await;
    if text.trim().is_empty() {
        return default;
    }
    text.trim().parse().unwrap_or_else(|_not_a_number| {
        platform.log(&format!(
            "variable `{name}` is `{text}`, which is no whole number; using {default}"
        ));
        default
    })
}
