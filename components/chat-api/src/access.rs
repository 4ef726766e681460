//! Who calls and what for: a person's session may do everything, a personal API token what its scopes allow.

use http::Method;
use todo_domain::api_token::{PREFIX, Scope, Scopes};
use todo_domain::problem::Code;
use todo_service::database::Database;

use crate::app::{App, Caller};
use crate::auth::token::{ACCESS_SECONDS, is_api_token, token_hash};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::router::Route;
use crate::store::idempotency::Owner;
use crate::store::tokens;

/// What a caller has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The token of a session, or a service that acts for the user.
    Session,
    /// A personal API token, or one of the second issuer's that has scopes of ours.
    Token(Scopes),
    /// A key that is nobody's account. It allows nothing of what users may.
    Key,
}

impl Caller {
    /// Whether this name in a path means the caller: our own name, or the one that the token has.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.user_id == name || self.subject.as_deref() == Some(name)
    }

    /// Whether what the caller has shown allows this.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        match self.access {
            Access::Session => true,
            Access::Token(scopes) => scopes.include(scope),
            Access::Key => false,
        }
    }

    /// In whose place the caller's answers are kept.
    pub(crate) fn owner(&self) -> Owner<'_> {
        match self.access {
            Access::Session | Access::Token(_) => Owner::User(&self.user_id),
            Access::Key => Owner::Key(&self.user_id),
        }
    }

    /// Refuses what the token does not allow.
    pub(crate) fn require(&self, scope: Scope) -> Result<(), Failure> {
        if self.may(scope) {
            return Ok(());
        }
        Err(Failure::insufficient_scope(scope.as_str()))
    }

    /// Refuses requests that the token does not allow. What an MCP client wants is known only when its message is read.
    pub(crate) fn check(&self, route: &Route, method: &Method) -> Result<(), Failure> {
        match (route, self.access) {
            (Route::Mcp, _) | (_, Access::Session) => Ok(()),
            // What would outlive the token, or show more than it may.
            (Route::Tokens | Route::Token(_) | Route::CalendarFeed, Access::Token(_)) => Err(Failure::new(
                Code::Forbidden,
                "a token with scopes cannot manage tokens or secret addresses; log in and use the session's access token",
            )),
            (Route::Password, Access::Token(_)) => Err(not_by_token()),
            (Route::Me, Access::Token(_)) if *method == Method::DELETE => Err(not_by_token()),
            _ if matches!(*method, Method::GET | Method::HEAD) => self.require(Scope::Read),
            _ => self.require(Scope::Write),
        }
    }
}

fn not_by_token() -> Failure {
    Failure::new(
        Code::Forbidden,
        "a token with scopes cannot change the account itself; log in and use the session's access token",
    )
}

impl<P: Platform> App<P> {
    /// Whose token the request carries.
    pub(crate) async fn identify(&self, call: &Call) -> Result<Caller, Failure> {
        let header = call.header("authorization");
        let bearer = header.and_then(|value| value.split_once(' '));
        let token = bearer.filter(|(scheme, _token)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_scheme, token)) = token else {
            return Err(Failure::unauthorized(
                "send `authorization: Bearer <access token>`",
            ));
        };
        self.identify_token(token.trim(), call.now).await
    }

    /// Whose token this is, whoever issued it. `now` is in milliseconds.
    pub(crate) async fn identify_token(&self, token: &str, now: i64) -> Result<Caller, Failure> {
        if token.starts_with(PREFIX) {
            return self.identify_by_api_token(token, now).await;
        }
        if let Some(issuer) = self.issuer.as_ref().filter(|issuer| issuer.is_named_by(token)) {
            return self.identify_by_issuer(issuer, token, now).await;
        }
        let claims = self.signer.verify(token, now.div_euclid(1000));
        let claims = claims.map_err(|error| Failure::unauthorized(error.to_string()))?;
        if let Some(session) = &claims.sid
            && self.has_ended(session).await?
        {
            return Err(Failure::unauthorized(
                "the session of this token has ended; log in",
            ));
        }
        Ok(Caller {
            user_id: claims.sub,
            expires_at: claims.exp,
            access: Access::Session,
            session: claims.sid,
            subject: None,
        })
    }

    async fn identify_by_api_token(&self, token: &str, now: i64) -> Result<Caller, Failure> {
        let unknown = || {
            Failure::unauthorized(
                "the API token is not known here: it has ended, was deleted, or has a mistake",
            )
        };
        if !is_api_token(token) {
            return Err(unknown());
        }
        let connection = self.platform.database().connect().await?;
        let shown = tokens::show(&connection, &token_hash(token), now).await?;
        let shown = shown.ok_or_else(unknown)?;
        // A stream ends no later than one of a session does, so that a token which was deleted does not live on in it.
        let latest = now.div_euclid(1000).saturating_add(ACCESS_SECONDS);
        let ends = shown.expires_at.map_or(latest, |ends| ends.div_euclid(1000));
        Ok(Caller {
            user_id: shown.user_id,
            expires_at: ends.min(latest),
            access: Access::Token(shown.scopes),
            session: Some(shown.id),
            subject: None,
        })
    }
}
