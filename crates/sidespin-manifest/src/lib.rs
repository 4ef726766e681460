//! spin.toml (manifest version 2) and runtime-config.toml, from text to validated types.
//!
//! The crate is pure: it is given a [`Source`] and reads no file, so that every rule can be tested with a text. It accepts
//! what Spin accepts, finds all mistakes at once, and says for each where it is and how to mend it. What a key *means* is
//! for others: trigger tables, `[component.<id>.tool.*]` and the sections of the runtime configuration are handed on as
//! they are, with the places of their keys.
//!
//! In a parsed [`Manifest`] the short forms are gone: inline components are ordinary components, every trigger has an id,
//! and every dependency says itself what it inherits.

mod application;
mod check;
mod component;
mod dependency;
mod identifiers;
mod json;
mod profile;
mod runtime_config;
mod table;
mod trigger;
mod types;

use sidespin_diagnostic::{Diagnostic, Diagnostics};
use toml::de::DeTable;

pub use dependency::DependencyName;
pub use runtime_config::{RuntimeConfig, Section};
pub use sidespin_diagnostic::Source;
pub use types::{
    Application, Build, Component, Dependency, DependencySource, FilesMount, Inherit, Manifest, Profile,
    Settings, Trigger, Variable, WasmSource,
};

use table::{Context, Table};

/// Parses and validates a manifest.
///
/// # Errors
/// All mistakes, in the order of the file.
pub fn parse(source: &Source) -> Result<Manifest, Diagnostics> {
    let (document, syntax_errors) = DeTable::parse_recoverable(source.text());
    let mut diagnostics = syntax_diagnostics(source, syntax_errors);
    if !diagnostics.is_empty() {
        return diagnostics.or_ok(Manifest::default());
    }
    let context = Context::new(source);
    let root = Table::root(&context, &document);
    // Another version has another shape: one error about that says more than dozens about unknown keys.
    let manifest = if check::version(&root) {
        read(root)
    } else {
        Manifest::default()
    };
    diagnostics.append(context.into_diagnostics());
    diagnostics.or_ok(manifest)
}

fn read(root: Table<'_, '_, '_>) -> Manifest {
    let application = application::read(&root);
    let variables = application::read_variables(&root);
    let mut components = component::read_all(&root);
    let triggers = trigger::read_all(&root, &mut components);
    let manifest = Manifest {
        application,
        variables,
        triggers,
        components,
    };
    check::references(root.context(), &manifest);
    root.close();
    manifest
}

fn syntax_diagnostics(source: &Source, errors: Vec<toml::de::Error>) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    diagnostics.extend(errors.into_iter().map(|error| {
        let location = error.span().map(|span| source.locate(span));
        Diagnostic::new(format!("invalid TOML: {}", error.message()))
            .at(location)
            .hint(syntax_hint(error.message()))
    }));
    diagnostics
}

/// What to do about a mistake of syntax. The parser's words are all that tells one from another; to words that are not known
/// here the remedy is the general one.
fn syntax_hint(message: &str) -> &'static str {
    let says = |any: &[&str]| any.iter().any(|words| message.contains(words));
    if says(&["duplicate key"]) {
        "keep one of the two, or give one another name"
    } else if says(&["must be quoted", "invalid basic string", "invalid literal string"]) {
        "put text between quotation marks, such as `name = \"value\"`"
    } else if says(&["unclosed table", "unclosed array table"]) {
        "close the header with `]`, such as `[application]`, or with `]]`, such as `[[trigger.http]]`"
    } else {
        "write `key = value` pairs below `[table]` headers, as https://toml.io describes"
    }
}
