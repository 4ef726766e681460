//! Reading TOML tables key by key, noting every mistake and every key that nobody asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use sidespin_diagnostic::{Diagnostic, Diagnostics, Location, Source, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::json;

/// A value and where it stands.
pub(crate) type Node<'i> = Spanned<DeValue<'i>>;

/// A text and where it stands.
pub(crate) type Text = (String, Range<usize>);

/// The file being read and the mistakes found in it so far.
pub(crate) struct Context<'s> {
    source: &'s Source,
    found: RefCell<Diagnostics>,
}

impl<'s> Context<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        Self {
            source,
            found: RefCell::default(),
        }
    }

    pub(crate) fn into_diagnostics(self) -> Diagnostics {
        self.found.into_inner()
    }

    pub(crate) fn locate(&self, span: Range<usize>) -> Location {
        self.source.locate(span)
    }

    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }

    pub(crate) fn report_at(&self, span: Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let diagnostic = Diagnostic::new(message).at(self.locate(span));
        self.report(match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
    }

    /// Says that a value has the wrong type. Returns nothing, so that readers can end with it.
    pub(crate) fn mismatch<T>(&self, node: &Node<'_>, what: &str, expected: &str) -> Option<T> {
        let actual = node.get_ref().type_str();
        let article = if actual.starts_with(['a', 'i']) { "an" } else { "a" };
        self.report_at(
            node.span(),
            format!("{what} must be {expected}, not {article} {actual}"),
            None,
        );
        None
    }

    pub(crate) fn text(&self, node: &Node<'_>, what: &str) -> Option<Text> {
        match node.get_ref() {
            DeValue::String(text) => Some((text.to_string(), node.span())),
            _ => self.mismatch(node, what, "a string"),
        }
    }

    /// The elements of an array of strings; those that are none are reported and left out.
    pub(crate) fn texts(&self, node: &Node<'_>, what: &str) -> Vec<Text> {
        match node.get_ref() {
            DeValue::Array(elements) => elements
                .iter()
                .filter_map(|element| self.text(element, &format!("each element of {what}")))
                .collect(),
            _ => self
                .mismatch(node, what, "an array of strings")
                .unwrap_or_default(),
        }
    }
}

/// A table that is being read.
pub(crate) struct Table<'t, 's, 'i> {
    context: &'t Context<'s>,
    entries: &'t DeTable<'i>,
    span: Range<usize>,
    label: String,
    known: RefCell<Vec<&'static str>>,
}

impl<'t, 's, 'i> Table<'t, 's, 'i> {
    pub(crate) fn root(context: &'t Context<'s>, document: &'t Spanned<DeTable<'i>>) -> Self {
        Self {
            context,
            entries: document.get_ref(),
            span: 0..0,
            label: "the manifest".to_owned(),
            known: RefCell::default(),
        }
    }

    /// A value as a table; anything else is reported. `label` is what messages call it.
    pub(crate) fn of(context: &'t Context<'s>, node: &'t Node<'i>, label: String) -> Option<Self> {
        match node.get_ref() {
            DeValue::Table(entries) => Some(Self {
                context,
                entries,
                span: node.span(),
                label,
                known: RefCell::default(),
            }),
            _ => context.mismatch(node, &label, "a table"),
        }
    }

    pub(crate) const fn context(&self) -> &'t Context<'s> {
        self.context
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(crate) fn location(&self) -> Location {
        self.context.locate(self.span())
    }

    /// The value of a key, which is a known key from now on.
    pub(crate) fn get(&self, key: &'static str) -> Option<&'t Node<'i>> {
        self.known.borrow_mut().push(key);
        self.entries.get(key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    fn what(&self, key: &str) -> String {
        format!("`{key}` of {}", self.label)
    }

    pub(crate) fn string(&self, key: &'static str) -> Option<Text> {
        self.get(key)
            .and_then(|node| self.context.text(node, &self.what(key)))
    }

    /// A string, or nothing where the key is absent.
    pub(crate) fn string_or_empty(&self, key: &'static str) -> String {
        self.string(key).map(|(text, _)| text).unwrap_or_default()
    }

    /// A string that must be there.
    pub(crate) fn required_string(&self, key: &'static str, hint: &str) -> Option<Text> {
        let node = self.required(key, hint)?;
        self.context.text(node, &self.what(key))
    }

    pub(crate) fn required(&self, key: &'static str, hint: &str) -> Option<&'t Node<'i>> {
        let node = self.get(key);
        if node.is_none() {
            self.context.report_at(
                self.span(),
                format!("{} has no `{key}`", self.label),
                Some(hint.to_owned()),
            );
        }
        node
    }

    pub(crate) fn boolean(&self, key: &'static str) -> Option<bool> {
        let node = self.get(key)?;
        match node.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => self.context.mismatch(node, &self.what(key), "`true` or `false`"),
        }
    }

    pub(crate) fn strings(&self, key: &'static str) -> Vec<Text> {
        self.get(key)
            .map(|node| self.context.texts(node, &self.what(key)))
            .unwrap_or_default()
    }

    /// Strings of which the place does not matter.
    pub(crate) fn plain_strings(&self, key: &'static str) -> Vec<String> {
        self.strings(key).into_iter().map(|(text, _)| text).collect()
    }

    pub(crate) fn table(&self, key: &'static str, label: impl Into<String>) -> Option<Self> {
        self.get(key)
            .and_then(|node| Self::of(self.context, node, label.into()))
    }

    /// All entries of an open table, in the order of the file.
    pub(crate) fn all(&self) -> Vec<(Text, &'t Node<'i>)> {
        let mut all: Vec<_> = self
            .entries
            .iter()
            .map(|(key, node)| ((key.get_ref().to_string(), key.span()), node))
            .collect();
        all.sort_by_key(|((_, span), _)| span.start);
        all
    }

    /// All entries of a table of strings, in the order of the file: name and value.
    pub(crate) fn all_strings(&self) -> Vec<(Text, Text)> {
        let what = |key: &str| format!("`{key}` of {}", self.label);
        self.all()
            .into_iter()
            .filter_map(|(key, node)| self.context.text(node, &what(&key.0)).map(|value| (key, value)))
            .collect()
    }

    /// The whole table as JSON, without the keys that were asked for, and where the keys are.
    pub(crate) fn rest(&self) -> (Value, BTreeMap<String, Location>) {
        let mut object = serde_json::Map::new();
        let mut locations = BTreeMap::new();
        for ((key, span), node) in self.all() {
            if self.known.borrow().contains(&key.as_str()) {
                continue;
            }
            locations.insert(key.clone(), self.context.locate(span));
            match json::from_toml(node) {
                Ok(value) => drop(object.insert(key, value)),
                Err((span, reason)) => self.context.report_at(span, reason, None),
            }
        }
        (Value::Object(object), locations)
    }

    /// Where each key is.
    pub(crate) fn key_locations(&self) -> BTreeMap<String, Location> {
        self.all()
            .into_iter()
            .map(|((key, span), _)| (key, self.context.locate(span)))
            .collect()
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn close(self) {
        let mut known = self.known.borrow().clone();
        known.sort_unstable();
        known.dedup();
        for ((key, span), _) in self.all() {
            if known.contains(&key.as_str()) {
                continue;
            }
            let hint = match nearest(&key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "known keys are {}",
                    known
                        .iter()
                        .map(|key| format!("`{key}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            self.context
                .report_at(span, format!("unknown key `{key}` in {}", self.label), Some(hint));
        }
    }
}
