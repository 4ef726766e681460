//! Accounts, sessions and personal API tokens.

use todo_domain::problem::Code;

use super::{of_user, open};
use crate::operation::Operation;
use crate::schema::named;

const TAG: &str = "Accounts";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        open(
            TAG,
            [
                "post",
                "/api/v1/auth/signup",
                "signUp",
                "Make an account and log in",
            ],
        )
        .takes(named("Signup"))
        .answers(201, "The account, and its first session.", named("Session"))
        .fails(&[Code::EmailTaken, Code::UnsupportedMediaType]),
        open(TAG, ["post", "/api/v1/auth/login", "logIn", "Log in"])
            .takes(named("Login"))
            .answers(200, "A session.", named("Session"))
            .fails(&[Code::InvalidCredentials, Code::UnsupportedMediaType]),
        open(
            TAG,
            ["post", "/api/v1/auth/refresh", "refresh", "Go on with a session"],
        )
        .about("Each refresh token counts once. One that comes twice was stolen, and ends the session.")
        .takes(named("RefreshRequest"))
        .answers(200, "The session, with the next tokens.", named("Session"))
        .fails(&[Code::Unauthorized, Code::UnsupportedMediaType]),
        open(
            TAG,
            [
                "post",
                "/api/v1/auth/logout",
                "logOut",
                "End a session, or all of them",
            ],
        )
        .takes(named("LogoutRequest"))
        .answers_empty(204, "It has ended, if there was one.")
        .fails(&[Code::Unauthorized, Code::UnsupportedMediaType]),
        of_user(
            TAG,
            [
                "post",
                "/api/v1/auth/password",
                "changePassword",
                "Change the password",
            ],
        )
        .about("Ends all sessions and begins another.")
        .takes(named("PasswordChange"))
        .answers(200, "The new session.", named("Session"))
        .fails(&[Code::InvalidCredentials, Code::UnsupportedMediaType]),
        of_user(
            TAG,
            [
                "delete",
                "/api/v1/auth/me",
                "deleteAccount",
                "Delete the account with everything that it has",
            ],
        )
        .about("Accounts of the second issuer have no password, and send no body.")
        .may_take(named("AccountDeletion"))
        .answers_empty(204, "It is deleted.")
        .fails(&[Code::InvalidCredentials, Code::UnsupportedMediaType]),
        of_user(TAG, ["get", "/api/v1/auth/me", "me", "Whose token this is"]).answers(
            200,
            "The account.",
            named("User"),
        ),
        of_user(
            TAG,
            ["get", "/api/v1/tokens", "listTokens", "List personal API tokens"],
        )
        .about("Only a session's access token manages personal API tokens.")
        .answers(200, "All of them, without their text.", named("TokenPage")),
        of_user(
            TAG,
            [
                "post",
                "/api/v1/tokens",
                "createToken",
                "Make a personal API token",
            ],
        )
        .about("For scripts and MCP clients. Its text is told this once.")
        .takes(named("TokenRequest"))
        .answers(201, "The token.", named("TokenMade"))
        .fails(&[Code::Conflict, Code::UnsupportedMediaType]),
        of_user(
            TAG,
            [
                "delete",
                "/api/v1/tokens/{id}",
                "deleteToken",
                "Delete a personal API token",
            ],
        )
        .answers_empty(204, "It counts no more."),
    ]
}
