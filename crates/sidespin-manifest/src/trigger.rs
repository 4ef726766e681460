//! `[[trigger.<type>]]`: their components and ids.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use crate::component;
use crate::identifiers;
use crate::table::{Node, Table, Text};
use crate::types::{Component, Settings, Trigger};

/// What a trigger's `component` says.
enum Started {
    Reference(String),
    Inline(Box<Component>),
}

/// A trigger before it has its id.
struct Draft {
    id: Option<Text>,
    trigger_type: String,
    component: Started,
    settings: Settings,
}

/// Reads all triggers; their inline components are added to `components`.
pub(crate) fn read_all(
    root: &Table<'_, '_, '_>,
    components: &mut BTreeMap<String, Component>,
) -> Vec<Trigger> {
    let hint = "add `[[trigger.http]]` with `route` and `component`";
    let Some(types) = root
        .required("trigger", hint)
        .and_then(|node| Table::of(root.context(), node, "`[trigger]`".to_owned()))
    else {
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for ((trigger_type, _), node) in types.all() {
        if let DeValue::Array(entries) = node.get_ref() {
            drafts.extend(
                entries
                    .iter()
                    .filter_map(|entry| read_one(&types, &trigger_type, entry)),
            );
        } else {
            let message = format!("`trigger.{trigger_type}` must be an array of tables");
            types.context().report_at(
                node.span(),
                message,
                Some(format!("write `[[trigger.{trigger_type}]]`")),
            );
        }
    }
    name_all(root, drafts, components)
}

fn read_one(types: &Table<'_, '_, '_>, trigger_type: &str, node: &Node<'_>) -> Option<Draft> {
    let context = types.context();
    let label = format!("`[[trigger.{trigger_type}]]`");
    let table = Table::of(context, node, label.clone())?;
    let id = table.string("id").filter(|(id, _)| !id.is_empty());
    for key in ["components", "dependencies"] {
        if let Some(node) = table.get(key)
            && node.get_ref().as_table().is_some_and(|table| !table.is_empty())
        {
            let message = format!("`{key}` of {label} is not supported by this build");
            let hint = "name one `component`, and compose others in with `[component.<id>.dependencies]`";
            context.report_at(node.span(), message, Some(hint.to_owned()));
        }
    }
    let component = table.required("component", "add `component = \"…\"` with the id of a component");
    let component = component.and_then(|node| match node.get_ref() {
        DeValue::Table(_) => {
            let inline = Table::of(context, node, format!("the inline component of {label}"))?;
            component::read(inline, "component").map(|component| Started::Inline(Box::new(component)))
        }
        _ => {
            let (reference, span) = context.text(node, &format!("`component` of {label}"))?;
            if let Err(reason) = identifiers::component_id(&reference) {
                context.report_at(
                    span,
                    format!("`{reference}` is not a component id: {reason}"),
                    None,
                );
                return None;
            }
            Some(Started::Reference(reference))
        }
    });
    let (config, mut key_locations) = table.rest();
    for (key, location) in table.key_locations() {
        key_locations.entry(key).or_insert(location);
    }
    let settings = Settings {
        config,
        location: Some(table.location()),
        key_locations,
    };
    Some(Draft {
        id,
        trigger_type: trigger_type.to_owned(),
        component: component?,
        settings,
    })
}

/// Gives the ids that are not given, by Spin's rules, so that what is recorded under an id means the same in both:
/// `<component>-<type>-trigger` if it is free, otherwise `<type>-trigger<number>`.
fn name_all(
    root: &Table<'_, '_, '_>,
    drafts: Vec<Draft>,
    components: &mut BTreeMap<String, Component>,
) -> Vec<Trigger> {
    let mut taken = BTreeSet::new();
    for (id, span) in drafts.iter().filter_map(|draft| draft.id.clone()) {
        if !taken.insert(id.clone()) {
            root.context()
                .report_at(span, format!("the trigger id `{id}` is used twice"), None);
        }
    }
    let mut triggers = Vec::new();
    for Draft {
        id,
        trigger_type,
        component,
        settings,
    } in drafts
    {
        let natural = match &component {
            Started::Reference(reference) => Some(format!("{reference}-{trigger_type}-trigger")),
            Started::Inline(_) => None,
        };
        let made = || {
            let free = natural.filter(|id| !taken.contains(id));
            free.or_else(|| {
                (1_usize..)
                    .map(|number| format!("{trigger_type}-trigger{number}"))
                    .find(|id| !taken.contains(id))
            })
        };
        let id = id.map(|(id, _)| id).or_else(made).unwrap_or_default();
        taken.insert(id.clone());
        let component = match component {
            Started::Reference(reference) => reference,
            Started::Inline(component) => add_inline(&id, *component, components),
        };
        triggers.push(Trigger {
            id,
            trigger_type,
            component,
            settings,
        });
    }
    triggers
}

fn add_inline(
    trigger_id: &str,
    component: Component,
    components: &mut BTreeMap<String, Component>,
) -> String {
    let usable = |id: &String| identifiers::component_id(id).is_ok() && !components.contains_key(id);
    let natural = Some(format!("{trigger_id}-component")).filter(usable);
    let numbered = || {
        (1_usize..)
            .map(|number| format!("inline-component{number}"))
            .find(usable)
    };
    let id = natural.or_else(numbered).unwrap_or_default();
    components.insert(id.clone(), component);
    id
}
