//! `profile.<name>`: what differs when a component is built and run in a named profile.

use std::collections::BTreeMap;

use crate::component::{read_commands, read_environment, read_source};
use crate::dependency;
use crate::table::Table;
use crate::types::{Build, Component, Profile};

/// `inherit_all` is the component's `dependencies_inherit_configuration`, which holds for its profiles too.
pub(crate) fn read_all(
    component: &Table<'_, '_, '_>,
    path: &str,
    inherit_all: Option<bool>,
) -> BTreeMap<String, Profile> {
    let Some(profiles) = component.table("profile", format!("`[{path}.profile]`")) else {
        return BTreeMap::new();
    };
    let mut read = BTreeMap::new();
    for ((name, _), node) in profiles.all() {
        let path = format!("{path}.profile.{name}");
        let Some(table) = Table::of(profiles.context(), node, format!("`[{path}]`")) else {
            continue;
        };
        let build_commands = table.table("build", format!("`[{path}.build]`")).map(|build| {
            let commands = read_commands(&build);
            build.close();
            commands
        });
        let profile = Profile {
            source: table
                .get("source")
                .and_then(|node| read_source(table.context(), node)),
            environment: read_environment(&table, &path),
            dependencies: dependency::read_all(&table, &path, inherit_all),
            build_commands,
        };
        table.close();
        read.insert(name, profile);
    }
    read
}

impl Component {
    /// Puts a profile's values in place of the component's own, if it defines the profile.
    pub(crate) fn apply_profile(&mut self, name: &str) {
        let Some(profile) = self.profiles.get(name).cloned() else {
            return;
        };
        if let Some(commands) = profile.build_commands {
            self.build.get_or_insert_with(Build::default).commands = commands;
        }
        self.source = profile.source.unwrap_or_else(|| self.source.clone());
        self.environment.extend(profile.environment);
        for dependency in profile.dependencies {
            self.dependencies.retain(|own| own.name != dependency.name);
            self.dependencies.push(dependency);
        }
    }
}
