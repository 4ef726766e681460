//! The second issuer: an OpenID provider whose tokens open this application too. Here its documents are fetched and kept, its
//! tokens verified, and people who come with one given an account.

use std::time::Duration;

use bytes::Bytes;
use todo_auth::TokenError;
use todo_auth::openid::{self, Expected, IssuerClaims, IssuerKeys, IssuerUrl, KeysUrl, claimed_issuer};
use todo_domain::account::normalise_email;
use todo_domain::api_token::{Scope, Scopes};
use todo_service::database::{Database as _, in_transaction_on};
use todo_service::key_cache::{KeyCache, NoKeys};

use crate::access::Access;
use crate::app::{App, Caller};
use crate::auth::token::ACCESS_SECONDS;
use crate::failure::Failure;
use crate::platform::{Bounds, Platform};
use crate::settings::IssuerSettings;
use crate::store::identities::{self, Identity};
use crate::store::users::User;

/// While its keys were never had, so many seconds pass between two fetches in vain: each may wait for a time-out.
const FIRST_PAUSE: i64 = 2;

/// What is asked of its documents.
const DOCUMENT: Bounds = Bounds {
    patience: Duration::from_secs(5),
    largest_answer: openid::LARGEST_DOCUMENT,
};

/// A longer name is cut off.
const NAME_LIMIT: usize = 100;

/// How the names of this application's scopes begin. A token that has any is for what they say and nothing else.
const OUR_SCOPES: &str = "tasks:";

/// The issuer that the settings name.
#[derive(Debug)]
pub(crate) struct SecondIssuer {
    url: IssuerUrl,
    audiences: Vec<String>,
    /// Where its keys are, if its discovery document need not be asked.
    keys_url: Option<KeysUrl>,
    keys: KeyCache<IssuerKeys>,
}

impl SecondIssuer {
    /// The issuer of the settings, if they name one; or what is wrong with them.
    pub(crate) fn configured(settings: &IssuerSettings) -> Result<Option<Self>, String> {
        let IssuerSettings {
            issuer,
            audience,
            jwks_url,
        } = settings;
        if issuer.is_empty() {
            return Ok(None);
        }
        let url = IssuerUrl::parse(issuer).map_err(|error| format!("variable `oidc_issuer`: {error}"))?;
        let keys_url = (!jwks_url.is_empty()).then(|| KeysUrl::parse(jwks_url));
        let keys_url = keys_url.transpose();
        let keys_url = keys_url.map_err(|error| format!("variable `oidc_jwks_url`: {error}"))?;
        let audiences: Vec<String> = audience.split_whitespace().map(str::to_owned).collect();
        if audiences.is_empty() {
            return Err(
                "variable `oidc_audience` is empty: name what the issuer's tokens for this application have as `aud`; \
                without it, tokens for any other application would open this one"
                    .to_owned(),
            );
        }
        Ok(Some(Self {
            url,
            audiences,
            keys_url,
            keys: KeyCache::new(FIRST_PAUSE),
        }))
    }

    /// As its tokens name it.
    pub(crate) fn name(&self) -> &str {
        self.url.as_str()
    }

    /// Whether a token says that it is this issuer's.
    pub(crate) fn is_named_by(&self, token: &str) -> bool {
        claimed_issuer(token).is_some_and(|issuer| issuer == self.name())
    }

    /// The claims of a token of this issuer's. `now` is in seconds since the Unix epoch.
    async fn verify(
        &self,
        platform: &impl Platform,
        token: &str,
        now: i64,
    ) -> Result<Result<IssuerClaims, TokenError>, NoKeys> {
        let expected = Expected {
            issuer: self.name(),
            audiences: &self.audiences,
        };
        let check = |keys: &IssuerKeys| openid::verify(token, keys, now, &expected);
        let fetch = async || match self.fetch(platform).await {
            Ok(keys) => Some(keys),
            Err(reason) => {
                platform.log(&format!("the keys of `{}` cannot be had: {reason}", self.name()));
                None
            }
        };
        self.keys.check(now, fetch, check).await
    }

    /// The keys of now, or why there are none.
    async fn fetch(&self, platform: &impl Platform) -> Result<IssuerKeys, String> {
        let keys_url = match &self.keys_url {
            Some(url) => url.clone(),
            None => {
                let discovery = self.url.discovery_url();
                let document = document(platform, &discovery).await;
                let document = document.map_err(|reason| format!("{discovery}: {reason}"))?;
                let found = self.url.keys_url(&document);
                found.map_err(|error| format!("{discovery}: {error}"))?
            }
        };
        let document = document(platform, keys_url.as_str()).await;
        let document = document.map_err(|reason| format!("{}: {reason}", keys_url.as_str()))?;
        IssuerKeys::read(&document).ok_or_else(|| {
            format!(
                "{}: no key there verifies a token (EdDSA, ES256, or RS256 with {} bits or more)",
                keys_url.as_str(),
                openid::SMALLEST_RSA_BITS
            )
        })
    }
}

/// The document at an address of the issuer's, or why there is none.
async fn document(platform: &impl Platform, url: &str) -> Result<Bytes, String> {
    let request = http::Request::get(url).header(http::header::ACCEPT, "application/json");
    let request = request.body(Bytes::new()).map_err(|error| error.to_string())?;
    let answer = platform.fetch(request, DOCUMENT).await?;
    if answer.status() != http::StatusCode::OK {
        return Err(format!("the answer is {}", answer.status()));
    }
    Ok(answer.into_body())
}

impl<P: Platform> App<P> {
    /// Whose token of the second issuer this is. `now` is in milliseconds.
    pub(crate) async fn identify_by_issuer(
        &self,
        issuer: &SecondIssuer,
        token: &str,
        now: i64,
    ) -> Result<Caller, Failure> {
        let seconds = now.div_euclid(1000);
        let claims = match issuer.verify(&self.platform, token, seconds).await {
            Ok(claims) => claims.map_err(|error| Failure::unauthorized(error.to_string()))?,
            Err(NoKeys) => return Err(Failure::unavailable("the second issuer's keys cannot be had")),
        };
        let user_id = self.account_of(&claims, now).await?;
        Ok(Caller {
            user_id,
            // A stream ends no later than one of a session of ours does.
            expires_at: claims.exp.min(seconds.saturating_add(ACCESS_SECONDS)),
            access: access(&claims),
            // The provider ends it, by issuing no more tokens.
            session: None,
            subject: Some(claims.sub),
        })
    }

    /// The account of whoever the token is about. Whoever comes for the first time gets a new one; an address that an account
    /// has already is no reason to be let into it.
    async fn account_of(&self, claims: &IssuerClaims, now: i64) -> Result<String, Failure> {
        let (issuer, subject) = (claims.iss.as_str(), claims.sub.as_str());
        let email = claims.verified_email().and_then(normalise_email);
        let connection = self.platform.database().connect().await?;
        if let Some(Identity {
            user_id,
            email: known,
        }) = identities::find(&connection, issuer, subject).await?
        {
            if let Some(email) = email.filter(|email| *email != known) {
                identities::set_email(&connection, issuer, subject, &email).await?;
            }
            return Ok(user_id);
        }
        let email = email.unwrap_or_default();
        let user = User {
            id: self.new_id(),
            name: name(claims, &email),
            email,
        };
        // Of requests that come at once, one makes the account, and the others find it.
        let person = format!("{issuer} {subject}");
        let person = [person.as_str()];
        let identity = in_transaction_on(&connection, &person, async |connection| {
            identities::insert(connection, issuer, subject, &user, now).await?;
            identities::find(connection, issuer, subject).await
        });
        let identity = identity.await?;
        let gone = || Failure::unauthorized("the account of this token does not exist any more");
        Ok(identity.ok_or_else(gone)?.user_id)
    }
}

/// What a token allows: what a session does, unless it names scopes of ours.
fn access(claims: &IssuerClaims) -> Access {
    let mut ours = claims
        .scopes()
        .filter(|name| name.starts_with(OUR_SCOPES))
        .peekable();
    if ours.peek().is_none() {
        return Access::Session;
    }
    let scopes: Scopes = ours.filter_map(|name| name.parse::<Scope>().ok()).collect();
    Access::Token(scopes)
}

fn name(claims: &IssuerClaims, email: &str) -> String {
    let of_address = email.split('@').next().unwrap_or_default();
    let name = claims
        .name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let letters = name.unwrap_or(of_address).chars();
    letters
        .filter(|letter| !letter.is_control())
        .take(NAME_LIMIT)
        .collect()
}
