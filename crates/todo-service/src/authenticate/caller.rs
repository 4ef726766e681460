//! What a caller may do: the token of a person's session allows everything, any other one what its scopes say.

use http::Method;
use todo_domain::api_token::{Scope, Scopes};
use todo_domain::problem::Code;

use crate::answer::Failure;

/// A user who has shown a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Our own name for the user, whoever issued the token.
    pub user_id: String,
    scopes: Scopes,
    is_session: bool,
}

impl Caller {
    /// A person who is logged in.
    #[must_use]
    pub const fn of_session(user_id: String) -> Self {
        Self {
            user_id,
            scopes: Scopes::ALL,
            is_session: true,
        }
    }

    /// A program with a token that allows this.
    #[must_use]
    pub const fn of_token(user_id: String, scopes: Scopes) -> Self {
        Self {
            user_id,
            scopes,
            is_session: false,
        }
    }

    /// Refuses what the token does not allow.
    ///
    /// # Errors
    /// It does not.
    pub fn require(&self, scope: Scope) -> Result<(), Failure> {
        match self.scopes.include(scope) {
            true => Ok(()),
            false => Err(Failure::insufficient_scope(scope)),
        }
    }

    /// Refuses a request whose method the token does not allow: those that only look need one scope, all others the other.
    ///
    /// # Errors
    /// It does not.
    pub fn require_for(&self, method: &Method) -> Result<(), Failure> {
        match *method {
            Method::GET | Method::HEAD => self.require(Scope::Read),
            _ => self.require(Scope::Write),
        }
    }

    /// Refuses what only a person who is logged in may do: what would outlive the token, or show more than it may.
    ///
    /// # Errors
    /// It is a program's token; `what` says what it cannot do.
    pub fn require_session(&self, what: &str) -> Result<(), Failure> {
        if self.is_session {
            return Ok(());
        }
        Err(Failure::new(
            Code::Forbidden,
            format!("a token with scopes cannot {what}; log in and use the session's access token"),
        ))
    }
}
