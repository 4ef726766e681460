//! Where values come from.

use std::collections::BTreeMap;
use std::fmt;

/// What the names of variables begin with in the environment, as in Spin.
pub const VARIABLE_PREFIX: &str = "SPIN_VARIABLE_";

/// The environment variable that holds an application variable: `db_url` is `SPIN_VARIABLE_DB_URL`.
#[must_use]
pub fn environment_name(name: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase())
}

/// A source of values. Implementations that need I/O (a vault, say) fetch before they are made; lookups are instant.
pub trait Provider: Send + Sync {
    /// The value of a variable, if this source has one.
    fn get(&self, name: &str) -> Option<String>;

    /// What the source is called in messages, such as `environment`.
    fn describe(&self) -> &str;
}

/// Values given on the command line.
#[derive(Clone, Default)]
pub struct StaticProvider(BTreeMap<String, String>);

impl StaticProvider {
    /// Values by the variables' names.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(values.into_iter().collect())
    }

    /// The names it has values for, so that one that the application does not declare can be reported.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Provider for StaticProvider {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn describe(&self) -> &'static str {
        "command line"
    }
}

/// Which values there are could be secret, so only names are shown.
impl fmt::Debug for StaticProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Values from `SPIN_VARIABLE_<NAME>`, looked up by a function: the process environment, a `.env` file, a test's map.
pub struct EnvProvider<F> {
    lookup: F,
    description: &'static str,
}

impl<F: Fn(&str) -> Option<String> + Send + Sync> EnvProvider<F> {
    /// A provider that asks `lookup` for the full name, prefix included.
    pub const fn new(lookup: F) -> Self {
        Self {
            lookup,
            description: "environment",
        }
    }

    /// Changes what the source is called in messages.
    #[must_use]
    pub const fn described(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }
}

impl EnvProvider<fn(&str) -> Option<String>> {
    /// A provider over the entries of a `.env` file, which have the same names as in the environment.
    pub fn dotenv(
        entries: BTreeMap<String, String>,
    ) -> EnvProvider<impl Fn(&str) -> Option<String> + Send + Sync> {
        EnvProvider::new(move |name: &str| entries.get(name).cloned()).described(".env file")
    }
}

impl<F: Fn(&str) -> Option<String> + Send + Sync> Provider for EnvProvider<F> {
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(&environment_name(name))
    }

    fn describe(&self) -> &str {
        self.description
    }
}

impl<F> fmt::Debug for EnvProvider<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EnvProvider({})", self.description)
    }
}
