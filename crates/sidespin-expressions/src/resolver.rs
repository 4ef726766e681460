//! Finding the values of all variables once, and rendering with them.

use std::collections::BTreeMap;
use std::fmt;

use crate::template::Part;
use crate::{NameError, Provider, Template, TemplateError, Value, environment_name, validate_name};

/// A variable as the application declares it.
#[derive(Clone, Default)]
pub struct Declaration {
    /// The value when no provider has one.
    pub default: Option<String>,
    /// Whether a provider must have one.
    pub required: bool,
    /// Whether the value must not be shown.
    pub secret: bool,
}

impl fmt::Debug for Declaration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = self
            .default
            .as_deref()
            .map(|text| if self.secret { "[secret]" } else { text });
        formatter
            .debug_struct("Declaration")
            .field("default", &default)
            .field("required", &self.required)
            .field("secret", &self.secret)
            .finish()
    }
}

/// Why a value cannot be had. No message contains a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A declared name breaks the rules.
    #[error("`{name}` is not a variable name: {reason}")]
    InvalidName {
        /// The name.
        name: String,
        /// The rule that it breaks.
        #[source]
        reason: NameError,
    },
    /// A template is malformed.
    #[error("invalid template: {0}")]
    Template(#[from] TemplateError),
    /// A template uses a variable that the application does not declare.
    #[error("variable `{name}` is not declared")]
    Undeclared {
        /// The variable.
        name: String,
    },
    /// A variable has neither a value nor a default.
    #[error("variable `{name}` has no value")]
    Missing {
        /// The variable.
        name: String,
    },
}

impl ResolveError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { name } => Some(format!(
                "set it with `{}=…` in the environment or `--variable {name}=…`",
                environment_name(name)
            )),
            Self::Undeclared { name } => Some(format!(
                "declare it under `[variables]`: `{name} = {{ default = \"…\" }}` or `{{ required = true }}`"
            )),
            Self::InvalidName { .. } | Self::Template(_) => None,
        }
    }
}

/// The declared variables and the providers to ask, first to last.
pub struct Resolver {
    declarations: BTreeMap<String, Declaration>,
    providers: Vec<Box<dyn Provider>>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<_> = self
            .providers
            .iter()
            .map(|provider| provider.describe())
            .collect();
        formatter
            .debug_struct("Resolver")
            .field("declarations", &self.declarations)
            .field("providers", &providers)
            .finish()
    }
}

impl Resolver {
    /// A resolver without providers: only defaults have values.
    ///
    /// # Errors
    /// A name breaks the rules for names.
    pub fn new(declarations: impl IntoIterator<Item = (String, Declaration)>) -> Result<Self, ResolveError> {
        let declarations: BTreeMap<_, _> = declarations.into_iter().collect();
        for name in declarations.keys() {
            validate_name(name).map_err(|reason| ResolveError::InvalidName {
                name: name.clone(),
                reason,
            })?;
        }
        Ok(Self {
            declarations,
            providers: Vec::new(),
        })
    }

    /// Adds a provider, which is asked after those added before.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Provider + 'static) -> Self {
        self.providers.push(Box::new(provider));
        self
    }

    /// Finds the value of every variable.
    ///
    /// # Errors
    /// Names each required variable (or one without default) that no provider has a value for.
    pub fn resolve(&self) -> Result<Variables, Vec<ResolveError>> {
        let mut values = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, declaration) in &self.declarations {
            let found = self.providers.iter().find_map(|provider| provider.get(name));
            match found.or_else(|| declaration.default.clone()) {
                Some(text) if declaration.secret => drop(values.insert(name.clone(), Value::secret(text))),
                Some(text) => drop(values.insert(name.clone(), Value::plain(text))),
                None => errors.push(ResolveError::Missing { name: name.clone() }),
            }
        }
        if errors.is_empty() {
            Ok(Variables(values))
        } else {
            Err(errors)
        }
    }
}

/// The application's variables with their values.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, Value>);

impl Variables {
    /// The value of one variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Fills a template.
    ///
    /// # Errors
    /// The template uses a variable that is not declared.
    pub fn render(&self, template: &Template) -> Result<Value, ResolveError> {
        let mut rendered = Value::plain("");
        for part in template.parts() {
            match part {
                Part::Literal(text) => rendered.push(&Value::plain(text.as_str())),
                Part::Variable(name) => {
                    rendered.push(
                        self.get(name)
                            .ok_or_else(|| ResolveError::Undeclared { name: name.clone() })?,
                    );
                }
            }
        }
        Ok(rendered)
    }

    /// Parses and fills a template.
    ///
    /// # Errors
    /// The text is not a template, or it uses a variable that is not declared.
    pub fn render_text(&self, text: &str) -> Result<Value, ResolveError> {
        self.render(&Template::parse(text)?)
    }

    /// Fills a map of templates: a component's variables or environment.
    ///
    /// # Errors
    /// The first entry that cannot be filled, with its key.
    pub fn render_map(
        &self,
        templates: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, Value>, (String, ResolveError)> {
        templates
            .iter()
            .map(|(key, text)| match self.render_text(text) {
                Ok(value) => Ok((key.clone(), value)),
                Err(error) => Err((key.clone(), error)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
