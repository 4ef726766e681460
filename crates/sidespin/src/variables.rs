//! The values of an application's variables: from the command line, the environment, or a `.env` beside the manifest.

use std::collections::BTreeMap;
use std::path::Path;

use sidespin_app::{Diagnostic, Diagnostics, Variable};
use sidespin_expressions::{Declaration, EnvProvider, Resolver, StaticProvider, Variables, parse_dotenv};

use crate::environment::Environment;
use crate::failure::Failure;

/// Gives every declared variable its value.
pub(crate) fn resolve(
    declared: &BTreeMap<String, Variable>,
    given: &[(String, String)],
    manifest_directory: &Path,
    environment: &impl Environment,
) -> Result<Variables, Failure> {
    let mut mistakes = Diagnostics::new();
    for (name, _value) in given {
        if !declared.contains_key(name) {
            mistakes.push(
                Diagnostic::new(format!("the application has no variable `{name}`"))
                    .hint("declare it under `[variables]`, or correct `--variable`"),
            );
        }
    }
    mistakes.or_ok(())?;
    let dotenv_file = manifest_directory.join(".env");
    let dotenv = match std::fs::read_to_string(&dotenv_file) {
        Ok(text) => parse_dotenv(&text).map_err(|error| {
            Diagnostic::new(format!("`{}` cannot be understood", dotenv_file.display())).caused_by(&error)
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Default::default(),
        Err(error) => {
            let message = format!("`{}` cannot be read", dotenv_file.display());
            return Err(Failure::Runtime(Diagnostic::new(message).caused_by(&error)));
        }
    };
    // What the application declares is all that is ever asked for, so a snapshot serves as the environment.
    let known: std::collections::BTreeMap<_, _> = declared
        .keys()
        .map(|name| sidespin_expressions::environment_name(name))
        .filter_map(|name| environment.get(&name).map(|value| (name, value)))
        .collect();
    let declarations = declared.iter().map(|(name, variable)| {
        let declaration = Declaration {
            default: variable.default.clone(),
            required: variable.required,
            secret: variable.secret,
        };
        (name.clone(), declaration)
    });
    let resolver = Resolver::new(declarations)
        .map_err(|error| Diagnostic::new(error.to_string()))?
        .with_provider(StaticProvider::new(given.iter().cloned()))
        .with_provider(EnvProvider::new(move |name: &str| known.get(name).cloned()))
        .with_provider(EnvProvider::dotenv(dotenv));
    resolver.resolve().map_err(|errors| {
        let mut mistakes = Diagnostics::new();
        mistakes.extend(errors.iter().map(|error| {
            let mistake = Diagnostic::new(error.to_string());
            error.hint().into_iter().fold(mistake, Diagnostic::hint)
        }));
        Failure::from(mistakes)
    })
}
