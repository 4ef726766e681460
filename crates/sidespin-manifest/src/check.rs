//! Rules that concern more than one key: the version, references between tables, templates.

use std::collections::BTreeMap;

use sidespin_diagnostic::{Diagnostic, nearest};
use sidespin_expressions::Template;
use sidespin_outbound::AllowedHost;
use toml::de::DeValue;

use crate::table::{Context, Table, Text};
use crate::types::{Component, DependencySource, Manifest};

/// Whether this is a manifest of version 2.
pub(crate) fn version(root: &Table<'_, '_, '_>) -> bool {
    let hint = "begin the file with `spin_manifest_version = 2`";
    let Some(node) = root.required("spin_manifest_version", hint) else {
        return false;
    };
    let text = match node.get_ref() {
        DeValue::Integer(version) if version.as_str() == "2" => return true,
        DeValue::Integer(version) => version.as_str().to_owned(),
        DeValue::String(version) => version.to_string(),
        _ => {
            return root
                .context()
                .mismatch(node, "`spin_manifest_version`", "the number 2")
                .unwrap_or_default();
        }
    };
    let hint = match text.as_str() {
        "1" => "`spin doctor` converts a manifest of version 1 to version 2",
        _ => "write `spin_manifest_version = 2`",
    };
    let message = format!("manifest version `{text}` is not supported");
    root.context()
        .report_at(node.span(), message, Some(hint.to_owned()));
    false
}

/// Checks the entries that are no templates; the others are checked when their values are known.
pub(crate) fn outbound_hosts(context: &Context<'_>, entries: &[Text]) {
    for (entry, span) in entries {
        if !Template::parse(entry).is_ok_and(|template| template.is_literal()) {
            continue;
        }
        if let Err(error) = AllowedHost::parse(entry) {
            context.report_at(span.clone(), error.to_string(), error.hint);
        }
    }
}

/// Checks whatever names something else.
pub(crate) fn references(context: &Context<'_>, manifest: &Manifest) {
    for trigger in &manifest.triggers {
        if !manifest.components.contains_key(&trigger.component) {
            let location = trigger
                .settings
                .key_locations
                .get("component")
                .or(trigger.settings.location.as_ref());
            context.report(unknown_component(manifest, &trigger.component).at(location.cloned()));
        }
    }
    for (id, component) in &manifest.components {
        templates(context, manifest, component);
        let in_profiles = component
            .profiles
            .values()
            .flat_map(|profile| &profile.dependencies);
        for dependency in component.dependencies.iter().chain(in_profiles) {
            if let DependencySource::Component(wanted) = &dependency.source
                && let Err(diagnostic) = dependency_on_component(manifest, id, wanted)
            {
                context.report(diagnostic.at(dependency.location.clone()));
            }
        }
    }
}

fn unknown_component(manifest: &Manifest, id: &str) -> Diagnostic {
    let known = manifest.components.keys().map(String::as_str);
    let diagnostic = Diagnostic::new(format!("there is no component `{id}`"));
    match nearest(id, known) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint(format!("declare it with `[component.{id}]`")),
    }
}

/// A component can be composed into another only if it has no grants of its own: they would be lost without a word.
fn dependency_on_component(manifest: &Manifest, id: &str, wanted: &str) -> Result<(), Diagnostic> {
    let component = manifest
        .components
        .get(wanted)
        .ok_or_else(|| unknown_component(manifest, wanted))?;
    if wanted == id {
        return Err(Diagnostic::new(format!(
            "the component `{id}` cannot be a dependency of itself"
        )));
    }
    let grants: Vec<_> = [
        ("variables", component.variables.is_empty()),
        ("environment", component.environment.is_empty()),
        ("files", component.files.is_empty()),
        (
            "allowed_outbound_hosts",
            component.allowed_outbound_hosts.is_empty(),
        ),
        ("key_value_stores", component.key_value_stores.is_empty()),
        ("sqlite_databases", component.sqlite_databases.is_empty()),
        ("ai_models", component.ai_models.is_empty()),
        ("dependencies", component.dependencies.is_empty()),
    ]
    .into_iter()
    .filter(|(_, is_empty)| !is_empty)
    .map(|(key, _)| format!("`{key}`"))
    .collect();
    if grants.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the component `{wanted}` cannot be a dependency of `{id}`, because it has {}",
        grants.join(", ")
    );
    Err(Diagnostic::new(message).hint(format!(
        "a dependency has only what it inherits: move them to `[component.{id}]`"
    )))
}

fn templates(context: &Context<'_>, manifest: &Manifest, component: &Component) {
    let named = |key: &'static str, values: &'_ BTreeMap<String, String>| {
        let entry = |(name, text): (&String, &String)| {
            (
                format!("{key}.{name}"),
                format!("`{name}` of `{key}`"),
                text.clone(),
            )
        };
        values.iter().map(entry).collect::<Vec<_>>()
    };
    let mut all = named("variables", &component.variables);
    all.extend(named("environment", &component.environment));
    all.extend(
        component
            .allowed_outbound_hosts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                (
                    format!("allowed_outbound_hosts.{index}"),
                    format!("`{text}` of `allowed_outbound_hosts`"),
                    text.clone(),
                )
            }),
    );
    for (key, what, text) in all {
        if let Some(diagnostic) = template(manifest, &what, &text) {
            let location = component.key_locations.get(&key).or(component.location.as_ref());
            context.report(diagnostic.at(location.cloned()));
        }
    }
}

fn template(manifest: &Manifest, what: &str, text: &str) -> Option<Diagnostic> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => return Some(Diagnostic::new(format!("{what} is not a template: {error}"))),
    };
    let unknown = template
        .variables()
        .find(|name| !manifest.variables.contains_key(*name))?;
    let diagnostic = Diagnostic::new(format!(
        "{what} uses the variable `{unknown}`, which is not declared"
    ));
    Some(
        match nearest(unknown, manifest.variables.keys().map(String::as_str)) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic.hint(format!(
                "add `{unknown} = {{ default = \"…\" }}` or `{{ required = true }}` to `[variables]`"
            )),
        },
    )
}
