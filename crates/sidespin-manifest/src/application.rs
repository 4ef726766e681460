//! `[application]` and `[variables]`.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::de::DeValue;

use crate::identifiers;
use crate::json;
use crate::table::{Context, Node, Table};
use crate::types::{Application, Settings, Variable};

pub(crate) fn read(root: &Table<'_, '_, '_>) -> Application {
    let hint = "add `[application]` with `name = \"…\"`";
    let Some(node) = root.required("application", hint) else {
        return Application::default();
    };
    let Some(table) = Table::of(root.context(), node, "`[application]`".to_owned()) else {
        return Application::default();
    };
    let name = table.required_string("name", "add `name = \"my-application\"`");
    if let Some((text, span)) = &name
        && text.trim().is_empty()
    {
        table
            .context()
            .report_at(span.clone(), "the application's `name` must not be empty", None);
    }
    let application = Application {
        name: name.map(|(text, _)| text).unwrap_or_default(),
        version: table.string_or_empty("version"),
        description: table.string_or_empty("description"),
        authors: table.plain_strings("authors"),
        targets: read_targets(&table),
        trigger_settings: read_trigger_settings(&table),
        tool: read_tool(&table, "application"),
    };
    table.close();
    application
}

fn read_trigger_settings(application: &Table<'_, '_, '_>) -> BTreeMap<String, Settings> {
    let Some(types) = application.table("trigger", "`[application.trigger]`") else {
        return BTreeMap::new();
    };
    types
        .all()
        .into_iter()
        .filter_map(|((trigger_type, _), node)| {
            let table = Table::of(
                types.context(),
                node,
                format!("`[application.trigger.{trigger_type}]`"),
            )?;
            let (config, key_locations) = table.rest();
            Some((
                trigger_type,
                Settings {
                    config,
                    location: Some(table.location()),
                    key_locations,
                },
            ))
        })
        .collect()
}

/// `tool`: a table of tables, each for one tool.
pub(crate) fn read_tool(owner: &Table<'_, '_, '_>, path: &str) -> BTreeMap<String, Value> {
    let Some(tools) = owner.table("tool", format!("`[{path}.tool]`")) else {
        return BTreeMap::new();
    };
    tools
        .all()
        .into_iter()
        .filter_map(|((tool, _), node)| {
            let table = Table::of(tools.context(), node, format!("`[{path}.tool.{tool}]`"))?;
            Some((tool, table.rest().0))
        })
        .collect()
}

/// `targets`: names, or tables with a URL or a path.
pub(crate) fn read_targets(owner: &Table<'_, '_, '_>) -> Vec<Value> {
    let Some(node) = owner.get("targets") else {
        return Vec::new();
    };
    let DeValue::Array(elements) = node.get_ref() else {
        return owner
            .context()
            .mismatch(node, "`targets`", "an array")
            .unwrap_or_default();
    };
    elements
        .iter()
        .filter_map(|element| read_target(owner.context(), element))
        .collect()
}

fn read_target(context: &Context<'_>, node: &Node<'_>) -> Option<Value> {
    let is_reference = |table: &toml::de::DeTable<'_>| {
        table.len() == 1
            && table.iter().all(|(key, value)| {
                matches!(key.get_ref().as_ref(), "url" | "path") && value.get_ref().is_str()
            })
    };
    match node.get_ref() {
        DeValue::String(_) => {}
        DeValue::Table(table) if is_reference(table) => {}
        _ => {
            let hint = "write a name such as `\"spin-up:3.3\"`, `{ url = \"…\" }` or `{ path = \"…\" }`";
            context.report_at(
                node.span(),
                "this is not a target environment",
                Some(hint.to_owned()),
            );
            return None;
        }
    }
    json::from_toml(node).ok()
}

pub(crate) fn read_variables(root: &Table<'_, '_, '_>) -> BTreeMap<String, Variable> {
    let Some(table) = root.table("variables", "`[variables]`") else {
        return BTreeMap::new();
    };
    let context = table.context();
    let mut variables = BTreeMap::new();
    for ((name, span), node) in table.all() {
        if let Err(reason) = identifiers::variable(&name) {
            context.report_at(
                span.clone(),
                format!("`{name}` is not a variable name: {reason}"),
                None,
            );
        }
        if let DeValue::String(_) = node.get_ref() {
            let hint = format!("write `{name} = {{ default = \"…\" }}`");
            context.report_at(
                node.span(),
                format!("variable `{name}` must be a table, not a string"),
                Some(hint),
            );
            continue;
        }
        let Some(entry) = Table::of(context, node, format!("variable `{name}`")) else {
            continue;
        };
        let variable = Variable {
            description: entry.string("description").map(|(text, _)| text),
            default: entry.string("default").map(|(text, _)| text),
            required: entry.boolean("required").unwrap_or_default(),
            secret: entry.boolean("secret").unwrap_or_default(),
            location: Some(context.locate(span.clone())),
        };
        if variable.required == entry.has("default") {
            let (problem, hint) = if variable.required {
                (
                    "is required and has a default",
                    "a variable with a default is never missing: remove one of the two",
                )
            } else {
                ("has no value", "add `default = \"…\"` or `required = true`")
            };
            context.report_at(
                span,
                format!("variable `{name}` {problem}"),
                Some(hint.to_owned()),
            );
        }
        entry.close();
        variables.insert(name, variable);
    }
    variables
}
