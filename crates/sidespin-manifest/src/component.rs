//! `[component.<id>]`.

use std::collections::BTreeMap;

use sidespin_diagnostic::Location;
use toml::de::DeValue;

use crate::application::{read_targets, read_tool};
use crate::check;
use crate::dependency;
use crate::identifiers;
use crate::profile;
use crate::table::{Context, Node, Table};
use crate::types::{Build, Component, FilesMount, WasmSource};

pub(crate) fn read_all(root: &Table<'_, '_, '_>) -> BTreeMap<String, Component> {
    let Some(table) = root.table("component", "`[component]`") else {
        return BTreeMap::new();
    };
    let mut components = BTreeMap::new();
    for ((id, span), node) in table.all() {
        let context = table.context();
        if let Err(reason) = identifiers::component_id(&id) {
            context.report_at(
                span.clone(),
                format!("`{id}` is not a component id: {reason}"),
                None,
            );
        }
        let path = format!("component.{id}");
        let component = Table::of(context, node, format!("`[{path}]`")).and_then(|table| read(table, &path));
        if let Some(mut component) = component {
            component.location = Some(context.locate(span));
            components.insert(id, component);
        }
    }
    components
}

/// Reads one component; `path` is what its sub-tables are called.
pub(crate) fn read(table: Table<'_, '_, '_>, path: &str) -> Option<Component> {
    let context = table.context();
    let source = table.required("source", "add `source = \"path/to/component.wasm\"`");
    let source = source.and_then(|node| read_source(context, node));
    let variables = read_variables(&table, path);
    let environment = read_environment(&table, path);
    let allowed_outbound_hosts = table.strings("allowed_outbound_hosts");
    check::outbound_hosts(context, &allowed_outbound_hosts);
    refuse_allowed_http_hosts(&table);
    let inherit_all = table.boolean("dependencies_inherit_configuration");
    let component = Component {
        source: source.unwrap_or_else(|| WasmSource::Path(String::new())),
        description: table.string_or_empty("description"),
        variables,
        environment,
        files: read_files(&table),
        exclude_files: table.plain_strings("exclude_files"),
        allowed_outbound_hosts: allowed_outbound_hosts.into_iter().map(|(text, _)| text).collect(),
        key_value_stores: read_labels(&table, "key_value_stores"),
        sqlite_databases: read_labels(&table, "sqlite_databases"),
        ai_models: table.plain_strings("ai_models"),
        targets: read_targets(&table),
        build: table.table("build", format!("`[{path}.build]`")).map(read_build),
        tool: read_tool(&table, path),
        dependencies: dependency::read_all(&table, path, inherit_all),
        profiles: profile::read_all(&table, path, inherit_all),
        location: Some(table.location()),
        key_locations: key_locations(&table),
    };
    table.close();
    Some(component)
}

/// Where the keys are, and inside some of them the entries: `<key>.<entry>`.
fn key_locations(table: &Table<'_, '_, '_>) -> BTreeMap<String, Location> {
    let mut locations = table.key_locations();
    let sidespin = table
        .get("tool")
        .and_then(|node| node.get_ref().as_table()?.get("sidespin"));
    for (prefix, node) in [
        ("sidespin", sidespin),
        ("variables", table.get("variables")),
        ("environment", table.get("environment")),
    ] {
        let entries = node
            .and_then(|node| node.get_ref().as_table())
            .into_iter()
            .flat_map(toml::map::Map::iter);
        locations.extend(entries.map(|(key, _)| {
            (
                format!("{prefix}.{}", key.get_ref()),
                table.context().locate(key.span()),
            )
        }));
    }
    let hosts = table
        .get("allowed_outbound_hosts")
        .and_then(|node| node.get_ref().as_array());
    for (index, host) in hosts.into_iter().flatten().enumerate() {
        locations.insert(
            format!("allowed_outbound_hosts.{index}"),
            table.context().locate(host.span()),
        );
    }
    locations
}

/// `source`: a path, a download or a package.
pub(crate) fn read_source(context: &Context<'_>, node: &Node<'_>) -> Option<WasmSource> {
    if let DeValue::String(path) = node.get_ref() {
        if path.trim().is_empty() {
            context.report_at(node.span(), "`source` must not be empty", None);
        }
        return Some(WasmSource::Path(path.to_string()));
    }
    if !node.get_ref().is_table() {
        return context.mismatch(node, "`source`", "a path or a table");
    }
    let table = Table::of(context, node, "`source`".to_owned())?;
    let source = if table.has("url") {
        let url = table.string("url");
        let digest = table.required_string("digest", "add `digest = \"sha256:…\"`, the hash of the file");
        url.zip(digest)
            .map(|((url, _), (digest, _))| WasmSource::Url { url, digest })
    } else {
        let registry = table.string("registry").map(|(text, _)| text);
        let package = table.required_string(
            "package",
            "write a path, `{ url, digest }` or `{ registry, package, version }`",
        );
        let version = table.required_string("version", "add `version = \"…\"`");
        package
            .zip(version)
            .map(|((package, _), (version, _))| WasmSource::Registry {
                registry,
                package,
                version,
            })
    };
    table.close();
    source
}

fn read_variables(table: &Table<'_, '_, '_>, path: &str) -> BTreeMap<String, String> {
    let Some(entries) = table.table("variables", format!("`[{path}.variables]`")) else {
        return BTreeMap::new();
    };
    let mut variables = BTreeMap::new();
    for ((name, span), (value, _)) in entries.all_strings() {
        if let Err(reason) = identifiers::variable(&name) {
            entries
                .context()
                .report_at(span, format!("`{name}` is not a variable name: {reason}"), None);
        }
        variables.insert(name, value);
    }
    variables
}

/// `environment`: names that an environment can hold, and templates.
pub(crate) fn read_environment(table: &Table<'_, '_, '_>, path: &str) -> BTreeMap<String, String> {
    let Some(entries) = table.table("environment", format!("`[{path}.environment]`")) else {
        return BTreeMap::new();
    };
    let mut environment = BTreeMap::new();
    for ((name, span), (value, _)) in entries.all_strings() {
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!(
                "`{}` cannot be the name of an environment variable",
                name.escape_debug()
            );
            entries.context().report_at(span, message, None);
        }
        environment.insert(name, value);
    }
    environment
}

fn read_labels(table: &Table<'_, '_, '_>, key: &'static str) -> Vec<String> {
    let mut labels = Vec::new();
    for (label, span) in table.strings(key) {
        if let Err(reason) = identifiers::label(&label) {
            table.context().report_at(
                span,
                format!("`{label}` in `{key}` is not a label: {reason}"),
                None,
            );
        }
        labels.push(label);
    }
    labels
}

fn read_files(table: &Table<'_, '_, '_>) -> Vec<FilesMount> {
    let context = table.context();
    let Some(node) = table.get("files") else {
        return Vec::new();
    };
    let DeValue::Array(elements) = node.get_ref() else {
        return context.mismatch(node, "`files`", "an array").unwrap_or_default();
    };
    let mut mounts = Vec::new();
    for element in elements {
        if let DeValue::String(pattern) = element.get_ref() {
            mounts.push(FilesMount::Pattern(pattern.to_string()));
            continue;
        }
        let Some(placement) = Table::of(
            context,
            element,
            "an element of `files` that is no pattern".to_owned(),
        ) else {
            continue;
        };
        let hint = "write a pattern or `{ source = \"directory\", destination = \"/path\" }`";
        let source = placement.required_string("source", hint);
        let destination = placement.required_string("destination", hint);
        if let Some((destination, span)) = &destination
            && !destination.starts_with('/')
        {
            let hint = format!("write `\"/{destination}\"`");
            context.report_at(
                span.clone(),
                format!("the destination `{destination}` must be absolute"),
                Some(hint),
            );
        }
        if let Some(((source, _), (destination, _))) = source.zip(destination) {
            mounts.push(FilesMount::Placement { source, destination });
        }
        placement.close();
    }
    mounts
}

/// A command or a list of commands.
pub(crate) fn read_commands(table: &Table<'_, '_, '_>) -> Vec<String> {
    match table.required(
        "command",
        "add `command = \"cargo build --target wasm32-wasip2 --release\"`",
    ) {
        Some(node) if node.get_ref().is_array() => table
            .context()
            .texts(node, "`command`")
            .into_iter()
            .map(|(command, _)| command)
            .collect(),
        Some(node) => table
            .context()
            .text(node, "`command`")
            .into_iter()
            .map(|(command, _)| command)
            .collect(),
        None => Vec::new(),
    }
}

fn read_build(table: Table<'_, '_, '_>) -> Build {
    let build = Build {
        commands: read_commands(&table),
        workdir: table.string("workdir").map(|(text, _)| text),
        watch: table.plain_strings("watch"),
    };
    table.close();
    build
}

/// The predecessor of `allowed_outbound_hosts`: what it said is shown in the new form.
fn refuse_allowed_http_hosts(table: &Table<'_, '_, '_>) {
    // Asking for a key makes it a known one, which a key that is refused must not be.
    let Some(node) = table
        .has("allowed_http_hosts")
        .then(|| table.get("allowed_http_hosts"))
        .flatten()
    else {
        return;
    };
    let entries = table
        .context()
        .texts(node, "`allowed_http_hosts`")
        .into_iter()
        .map(|(host, _)| match host.as_str() {
            "insecure:allow-all" => "\"http://*:*\", \"https://*:*\"".to_owned(),
            host if host.contains("://") => format!("\"{host}\""),
            host => format!("\"http://{host}\", \"https://{host}\""),
        });
    let hint = format!(
        "write `allowed_outbound_hosts = [{}]`",
        entries.collect::<Vec<_>>().join(", ")
    );
    table.context().report_at(
        node.span(),
        "`allowed_http_hosts` is no longer supported",
        Some(hint),
    );
}
