//! runtime-config.toml: one section per capability, each owned by the capability that it configures.
//!
//! This file knows no section's meaning. Whoever owns one takes it with [`Section::parse`], and the host names all owners to
//! [`RuntimeConfig::refuse_unknown`], so that a mistyped section is an error and not a silent default.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde_json::Value;
use sidespin_diagnostic::{Diagnostic, Diagnostics, Location, Source, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::json;
use crate::syntax_diagnostics;

/// The sections by key.
#[derive(Clone, Debug, Default)]
pub struct RuntimeConfig {
    sections: BTreeMap<String, Section>,
}

/// One top-level key: a table, an array of tables or a plain value.
#[derive(Clone)]
pub struct Section {
    key: String,
    key_location: Location,
    value: Value,
    source: Source,
}

impl Section {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where its key is.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.key_location
    }

    /// Its value as JSON.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// Its value as the owner's type. The type should refuse unknown fields.
    ///
    /// # Errors
    /// The value does not fit the type; the mistake is shown where it is in the file.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        // The text is parsed again because only then do serde's errors know their places; it is short and read once.
        let document = DeTable::parse(self.source.text()).map_err(|error| self.diagnostic(&error))?;
        let (_, value) = document
            .into_inner()
            .into_iter()
            .find(|(key, _)| key.get_ref() == self.key.as_str())
            .ok_or_else(|| Diagnostic::new(format!("the section `{}` is gone", self.key)))?;
        T::deserialize(value.into_deserializer()).map_err(|error| self.diagnostic(&error))
    }

    fn diagnostic(&self, error: &toml::de::Error) -> Diagnostic {
        let location = error
            .span()
            .map_or_else(|| self.key_location.clone(), |span| self.source.locate(span));
        // An owner's own refusal has its remedy after a semicolon; serde's refusals name the known keys.
        let (message, remedy) = match error.message().split_once("; ") {
            Some((message, remedy)) => (message, Some(remedy.to_owned())),
            None => (error.message(), did_you_mean(error.message())),
        };
        let diagnostic = Diagnostic::new(format!(
            "section `{}` of the runtime configuration: {message}",
            self.key
        ))
        .at(location);
        match remedy {
            Some(remedy) => diagnostic.hint(remedy),
            None => diagnostic,
        }
    }
}

/// For serde's "unknown field `a`, expected `b` or `c`".
fn did_you_mean(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted
        .next()
        .filter(|_unknown| message.starts_with("unknown field"))?;
    let known: Vec<_> = quoted.collect();
    Some(match nearest(unknown, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known keys are {}", known.join(", ")),
    })
}

impl fmt::Debug for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values hold passwords.
        write!(formatter, "Section({} at {})", self.key, self.key_location)
    }
}

impl RuntimeConfig {
    /// Parses the text into sections. An empty text has none.
    ///
    /// # Errors
    /// All mistakes of TOML syntax, and numbers that JSON cannot hold.
    pub fn parse(source: &Source) -> Result<Self, Diagnostics> {
        let (document, errors) = DeTable::parse_recoverable(source.text());
        let mut diagnostics = syntax_diagnostics(source, errors);
        let mut sections = BTreeMap::new();
        for (key, node) in document.get_ref() {
            match json::from_toml(node) {
                Ok(value) => {
                    let key_location = source.locate(key.span());
                    let key = key.get_ref().to_string();
                    sections.insert(
                        key.clone(),
                        Section {
                            key,
                            key_location,
                            value,
                            source: source.clone(),
                        },
                    );
                }
                Err((span, reason)) => diagnostics.push(Diagnostic::new(reason).at(source.locate(span))),
            }
        }
        diagnostics.or_ok(Self { sections })
    }

    /// The section of a key.
    #[must_use]
    pub fn section(&self, key: &str) -> Option<&Section> {
        self.sections.get(key)
    }

    /// The sections of one owner as one type, whose fields they are; its defaults where none is there.
    ///
    /// # Errors
    /// A value does not fit the type; the mistake is shown where it is in the file.
    pub fn parse_sections<T: DeserializeOwned + Default>(&self, keys: &[&str]) -> Result<T, Diagnostic> {
        let Some(section) = keys.iter().find_map(|key| self.sections.get(*key)) else {
            return Ok(T::default());
        };
        let document = DeTable::parse(section.source.text()).map_err(|error| section.diagnostic(&error))?;
        let span = document.span();
        let own = document.into_inner().into_iter();
        let table = own
            .filter(|(key, _value)| keys.contains(&key.get_ref().as_ref()))
            .collect();
        let value = Spanned::new(span, DeValue::Table(table));
        T::deserialize(value.into_deserializer()).map_err(|error| section.diagnostic(&error))
    }

    /// The keys that are there.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }

    /// Checks that every section has an owner.
    ///
    /// # Errors
    /// Every section that is not among the known ones.
    pub fn refuse_unknown<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Result<(), Diagnostics> {
        let known: Vec<_> = known.into_iter().collect();
        let mut diagnostics = Diagnostics::new();
        for section in self
            .sections
            .values()
            .filter(|section| !known.contains(&section.key.as_str()))
        {
            let hint = match nearest(&section.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "known sections are {}",
                    known
                        .iter()
                        .map(|key| format!("`{key}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            let message = format!("unknown section `{}` in the runtime configuration", section.key);
            diagnostics.push(
                Diagnostic::new(message)
                    .at(section.key_location.clone())
                    .hint(hint),
            );
        }
        diagnostics.or_ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Store {
        #[serde(rename = "type")]
        kind: String,
        url: Option<String>,
    }

    const TEXT: &str = "state_dir = \"state\"\n\n[key_value_store.default]\ntype = \"redis\"\nurl = \"redis://localhost\"\n\n[kafak]\nbrokers = 1\n";

    fn config(text: &str) -> RuntimeConfig {
        RuntimeConfig::parse(&Source::new("runtime-config.toml", text)).unwrap()
    }

    #[test]
    fn owners_take_their_sections() {
        let config = config(TEXT);
        let stores: BTreeMap<String, Store> = config.section("key_value_store").unwrap().parse().unwrap();
        let expected = Store {
            kind: "redis".to_owned(),
            url: Some("redis://localhost".to_owned()),
        };
        assert_eq!(stores["default"], expected);
        assert_eq!(
            config.section("state_dir").unwrap().parse::<String>().unwrap(),
            "state"
        );
        assert!(config.section("sqlite_database").is_none());
        assert!(!format!("{config:?}").contains("localhost"));
    }

    #[test]
    fn mistakes_are_shown_in_the_file() {
        let config = config(&TEXT.replace("url", "ulr"));
        let error = config
            .section("key_value_store")
            .unwrap()
            .parse::<BTreeMap<String, Store>>()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "error: section `key_value_store` of the runtime configuration: unknown field `ulr`, expected `type` or `url`\n --> runtime-config.toml:5:1\n  |\n5 | ulr = \"redis://localhost\"\n  | ^^^\nhint: did you mean `url`?"
        );
    }

    #[test]
    fn an_owner_takes_all_its_sections_at_once() {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Owner {
            key_value_store: BTreeMap<String, Store>,
            state_dir: String,
        }

        let keys = ["key_value_store", "state_dir"];
        let owner: Owner = config(TEXT).parse_sections(&keys).unwrap();
        assert_eq!(
            (owner.key_value_store.len(), owner.state_dir.as_str()),
            (1, "state")
        );
        let owner: Owner = config("[kafka]").parse_sections(&keys).unwrap();
        assert!(owner.key_value_store.is_empty());
        let mistaken = config(&TEXT.replace("url", "ulr"));
        let error = mistaken.parse_sections::<Owner>(&keys).unwrap_err().to_string();
        assert!(
            error.contains("`ulr`") && error.contains("runtime-config.toml:5:1"),
            "{error}"
        );
    }

    #[test]
    fn unknown_sections_are_refused() {
        let known = ["state_dir", "key_value_store", "kafka"];
        let error = config(TEXT).refuse_unknown(known).unwrap_err().to_string();
        assert!(error.starts_with("error: unknown section `kafak`"), "{error}");
        assert!(error.ends_with("hint: did you mean `kafka`?"), "{error}");
        config("").refuse_unknown(known).unwrap();
    }

    #[test]
    fn all_syntax_errors_are_found() {
        let error = RuntimeConfig::parse(&Source::new("r.toml", "a = \nb = 1\nb = 2\n")).unwrap_err();
        assert_eq!(error.iter().count(), 2, "{error}");
    }
}
