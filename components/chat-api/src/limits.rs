//! What is limited: requests of one user or address in a minute, and tries of one account's password.

use todo_service::rate_limit::{Counting, Limit, Window};

use crate::settings::Settings;

/// Where the counts are.
pub(crate) const TABLE: &str = "chat_rate_limits";

/// What is counted. Log-ins, chat and questions are counted one by one before anything else is done, everything else in shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Sign-up and log-in.
    Auth,
    /// Tries of an account's password.
    Account,
    Chat,
    /// Questions with the FAQ's key.
    Faq,
    Default,
}

impl Class {
    /// How much of it is let through.
    pub(crate) fn limit(self, settings: &Settings) -> Limit {
        let (name, requests) = match self {
            Self::Auth => ("auth", settings.auth_limit),
            Self::Account => ("account", settings.account_limit),
            Self::Chat => ("chat", settings.chat_limit),
            Self::Faq => ("faq", settings.knowledge.faq_limit),
            Self::Default => ("default", settings.default_limit),
        };
        Limit {
            name,
            requests,
            window: match self {
                Self::Account => Window::QuarterHour,
                Self::Auth | Self::Chat | Self::Faq | Self::Default => Window::Minute,
            },
            counting: match self {
                Self::Default => Counting::InShares,
                Self::Auth | Self::Account | Self::Chat | Self::Faq => Counting::Each,
            },
        }
    }
}
