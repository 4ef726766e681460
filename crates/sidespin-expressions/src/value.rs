//! A variable's value, which knows whether it may be shown.

use std::fmt;

/// A resolved value. `Debug` shows it only if nothing secret went into it; there is no `Display`, so that it does not get
/// into a message by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    secret: bool,
}

impl Value {
    /// A value that may be shown.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            secret: false,
        }
    }

    /// A value that must not be shown.
    pub fn secret(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            secret: true,
        }
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The text itself, owned.
    #[must_use]
    pub fn into_exposed(self) -> String {
        self.text
    }

    /// Whether the value must not be shown.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        self.secret
    }

    pub(crate) fn push(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.secret |= other.secret;
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            formatter.write_str("[secret]")
        } else {
            fmt::Debug::fmt(&self.text, formatter)
        }
    }
}
