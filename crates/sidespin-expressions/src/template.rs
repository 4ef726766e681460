//! The template syntax: literal text with `{{ variable }}` in it.
//!
//! There is no escape for `{{`, as in Spin; a lone `}}` or a single brace is literal text.

use std::fmt;

/// A parsed template.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    Variable(String),
}

/// Why a text is not a template. Offsets are in bytes from the start of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An expression is not closed.
    #[error("`{{{{` at offset {offset} is not closed by `}}}}`")]
    Unclosed {
        /// Where the expression begins.
        offset: usize,
    },
    /// What stands between the braces is not a variable's name.
    #[error("`{name}` at offset {offset} is not a variable name: {reason}")]
    InvalidName {
        /// What stands there.
        name: String,
        /// Where the expression begins.
        offset: usize,
        /// The rule that it breaks.
        #[source]
        reason: NameError,
    },
}

/// The rule that a variable's name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("it must not be empty")]
    Empty,
    /// It has a character that names cannot have.
    #[error("it may contain only lower-case letters, digits and underscores, not `{0}`")]
    Character(char),
    /// It begins with a digit or an underscore.
    #[error("it must start with a lower-case letter")]
    Start,
    /// It ends with an underscore or has two in a row.
    #[error("underscores must stand alone between letters or digits")]
    Underscore,
}

/// Checks a variable's name: words of lower-case letters and digits joined by single underscores, a letter first.
///
/// # Errors
/// Names the rule that is broken.
pub fn validate_name(name: &str) -> Result<(), NameError> {
    let valid =
        |character: &char| character.is_ascii_lowercase() || character.is_ascii_digit() || *character == '_';
    if name.is_empty() {
        Err(NameError::Empty)
    } else if let Some(character) = name.chars().find(|character| !valid(character)) {
        Err(NameError::Character(character))
    } else if !name.starts_with(|character: char| character.is_ascii_lowercase()) {
        Err(NameError::Start)
    } else if name.ends_with('_') || name.contains("__") {
        Err(NameError::Underscore)
    } else {
        Ok(())
    }
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// An expression is not closed, or is not a variable's name.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("{{") {
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let offset = text.len() - after.len() - "{{".len();
            let (name, remainder) = after.split_once("}}").ok_or(TemplateError::Unclosed { offset })?;
            let name = name.trim();
            validate_name(name).map_err(|reason| TemplateError::InvalidName {
                name: name.to_owned(),
                offset,
                reason,
            })?;
            parts.push(Part::Variable(name.to_owned()));
            rest = remainder;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Whether the template has no variables, so that it is its own value.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The variables it uses, in order, with repetitions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

/// The template in its normal form: one space inside the braces.
impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => formatter.write_str(text),
            Part::Variable(name) => write!(formatter, "{{{{ {name} }}}}"),
        })
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Template({:?})", self.to_string())
    }
}

#[cfg(test)]
mod tests;
