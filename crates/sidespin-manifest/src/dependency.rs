//! `dependencies`: which imports of a component are satisfied by which other Wasm.

use std::fmt;

use serde::Serialize;
use sidespin_diagnostic::nearest;
use toml::de::DeValue;

use crate::identifiers;
use crate::table::{Context, Node, Table};
use crate::types::{Dependency, DependencySource, Inherit};

/// Which imports a dependency satisfies: `example:platform/publisher@0.1.0`, with interface and version optional, or the plain
/// name of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct DependencyName {
    /// The package, or a plain name.
    package: String,
    interface: Option<String>,
    version: Option<String>,
}

impl DependencyName {
    /// Parses a name.
    ///
    /// # Errors
    /// Says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, version) = split_optional(text, '@');
        let (package, interface) = split_optional(name, '/');
        match package.split_once(':') {
            Some((namespace, name)) => {
                for part in [Some(namespace), Some(name), interface.as_deref()]
                    .into_iter()
                    .flatten()
                {
                    identifiers::component_id(part).map_err(|reason| format!("`{part}`: {reason}"))?;
                }
            }
            None if interface.is_some() || version.is_some() => {
                return Err("a package is written as `namespace:name`".to_owned());
            }
            None => identifiers::component_id(package)?,
        }
        if let Some(version) = &version
            && !is_version(version)
        {
            return Err(format!("`{version}` is not a version such as `0.1.0`"));
        }
        Ok(Self {
            package: package.to_owned(),
            interface,
            version,
        })
    }

    /// Whether an import is one of those that the dependency satisfies. What the name leaves out matches anything.
    #[must_use]
    pub fn matches_import(&self, import: &str) -> bool {
        let (name, version) = split_optional(import, '@');
        let (package, interface) = split_optional(name, '/');
        self.package == package
            && (self.interface.is_none() || self.interface == interface)
            && (self.version.is_none() || self.version == version)
    }

    fn is_plain(&self) -> bool {
        !self.package.contains(':')
    }

    fn is_whole_package(&self) -> bool {
        !self.is_plain() && self.interface.is_none()
    }
}

fn split_optional(text: &str, separator: char) -> (&str, Option<String>) {
    text.split_once(separator)
        .map_or((text, None), |(first, second)| (first, Some(second.to_owned())))
}

/// Three numbers, then anything that a pre-release or a build may be.
fn is_version(text: &str) -> bool {
    let (core, rest) = text
        .find(['-', '+'])
        .map_or((text, ""), |index| text.split_at(index));
    let numbers: Vec<_> = core.split('.').collect();
    numbers.len() == 3
        && numbers
            .iter()
            .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        && rest.len() != 1
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte))
}

impl fmt::Display for DependencyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.package)?;
        if let Some(interface) = &self.interface {
            write!(formatter, "/{interface}")?;
        }
        if let Some(version) = &self.version {
            write!(formatter, "@{version}")?;
        }
        Ok(())
    }
}

impl From<DependencyName> for String {
    fn from(name: DependencyName) -> Self {
        name.to_string()
    }
}

/// What a dependency can inherit: the keys of a component that grant something.
const INHERITABLE: [&str; 7] = [
    "ai_models",
    "allowed_outbound_hosts",
    "environment",
    "files",
    "key_value_stores",
    "sqlite_databases",
    "variables",
];

/// Reads `dependencies` of a component or of one of its profiles.
pub(crate) fn read_all(owner: &Table<'_, '_, '_>, path: &str, inherit_all: Option<bool>) -> Vec<Dependency> {
    let context = owner.context();
    let Some(table) = owner.table("dependencies", format!("`[{path}.dependencies]`")) else {
        return Vec::new();
    };
    let mut dependencies = Vec::new();
    for ((text, span), node) in table.all() {
        let name = match DependencyName::parse(&text) {
            Ok(name) => name,
            Err(reason) => {
                let hint = "write a package (`example:platform`), one of its interfaces (`example:platform/publisher@0.1.0`) or a plain import";
                context.report_at(
                    span,
                    format!("`{text}` is not the name of an import: {reason}"),
                    Some(hint.to_owned()),
                );
                continue;
            }
        };
        let Some((source, export, own_inherit)) = read_one(context, &name, node) else {
            continue;
        };
        if export.is_some() && name.is_whole_package() {
            let message = format!("`export` cannot be used for the whole package `{name}`");
            context.report_at(
                span.clone(),
                message,
                Some(format!("name an interface: `\"{name}/…\"`")),
            );
        }
        if own_inherit.is_some() && inherit_all.is_some() {
            let hint = "keep one of the two";
            let message = format!(
                "the dependency `{name}` has `inherit_configuration`, and its component `dependencies_inherit_configuration`"
            );
            context.report_at(span.clone(), message, Some(hint.to_owned()));
        }
        let inherit = match (own_inherit, inherit_all) {
            (Some(inherit), _) => inherit,
            (None, Some(true)) => Inherit::Everything,
            (None, _) => Inherit::Nothing,
        };
        dependencies.push(Dependency {
            name,
            source,
            export,
            inherit,
            location: Some(context.locate(span)),
        });
    }
    dependencies
}

type Read = (DependencySource, Option<String>, Option<Inherit>);

fn read_one(context: &Context<'_>, name: &DependencyName, node: &Node<'_>) -> Option<Read> {
    let requires_package = || {
        let message = format!("the dependency `{name}` does not say which package satisfies it");
        context.report_at(
            node.span(),
            message,
            Some("add `package = \"namespace:name\"`".to_owned()),
        );
    };
    if let DeValue::String(version) = node.get_ref() {
        if name.is_plain() {
            requires_package();
        }
        let version = version.to_string();
        return Some((
            DependencySource::Registry {
                registry: None,
                package: None,
                version,
            },
            None,
            None,
        ));
    }
    let table = Table::of(context, node, format!("the dependency `{name}`"))?;
    let kinds: Vec<_> = ["path", "component", "url", "version"]
        .into_iter()
        .filter(|key| table.has(key))
        .collect();
    let hint =
        "write one of `path`, `component`, `url` with `digest`, or `version` with `registry` and `package`";
    let text = |key| table.string(key).map(|(text, _)| text);
    let source = match kinds.as_slice() {
        ["path"] => text("path").map(DependencySource::Path),
        ["component"] => text("component").map(DependencySource::Component),
        ["url"] => {
            let digest = table.required_string("digest", "add `digest = \"sha256:…\"`, the hash of the file");
            text("url")
                .zip(digest)
                .map(|(url, (digest, _))| DependencySource::Url { url, digest })
        }
        ["version"] => {
            let (registry, package) = (text("registry"), text("package"));
            if name.is_plain() && package.is_none() {
                requires_package();
            }
            text("version").map(|version| DependencySource::Registry {
                registry,
                package,
                version,
            })
        }
        _ => {
            let message = format!("the dependency `{name}` must have exactly one source");
            context.report_at(table.span(), message, Some(hint.to_owned()));
            return None;
        }
    };
    let export = text("export");
    let inherit = table
        .get("inherit_configuration")
        .and_then(|node| read_inherit(context, node));
    table.close();
    Some((source?, export, inherit))
}

fn read_inherit(context: &Context<'_>, node: &Node<'_>) -> Option<Inherit> {
    match node.get_ref() {
        DeValue::Boolean(true) => Some(Inherit::Everything),
        DeValue::Boolean(false) => Some(Inherit::Nothing),
        DeValue::Array(_) => {
            let keys = context.texts(node, "`inherit_configuration`");
            for (key, span) in keys
                .iter()
                .filter(|(key, _)| !INHERITABLE.contains(&key.as_str()))
            {
                let hint = match nearest(key, INHERITABLE) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "what can be inherited is {}",
                        INHERITABLE.map(|key| format!("`{key}`")).join(", ")
                    ),
                };
                context.report_at(span.clone(), format!("`{key}` cannot be inherited"), Some(hint));
            }
            Some(Inherit::Keys(keys.into_iter().map(|(key, _)| key).collect()))
        }
        _ => context.mismatch(
            node,
            "`inherit_configuration`",
            "`true`, `false` or an array of keys",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_what_they_leave_out() {
        for (name, matching, other) in [
            (
                "foo:bar",
                "foo:bar/baz@0.1.0 foo:bar/baz",
                "foo:bub/bib foo-bar foo:bar-x/baz",
            ),
            (
                "foo:bar@0.1.0",
                "foo:bar/baz@0.1.0",
                "foo:bar/baz foo:bar/baz@0.2.0",
            ),
            (
                "foo:bar/baz",
                "foo:bar/baz@0.1.0 foo:bar/baz",
                "foo:bar/bub foo:bar/baz-bub",
            ),
            (
                "foo:bar/baz@0.1.0-rc.1",
                "foo:bar/baz@0.1.0-rc.1",
                "foo:bar/baz foo:bar/baz@0.1.0",
            ),
            ("foo-bar", "foo-bar", "foo foo:bar/baz"),
        ] {
            let name = DependencyName::parse(name).unwrap();
            assert!(
                matching.split(' ').all(|import| name.matches_import(import)),
                "{name}"
            );
            assert!(
                !other.split(' ').any(|import| name.matches_import(import)),
                "{name}"
            );
            assert_eq!(DependencyName::parse(&name.to_string()).unwrap(), name);
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        for text in [
            "",
            ":",
            "foo:",
            "foo/bar",
            "foo@1.0.0",
            "foo:bar/",
            "foo:bar@1",
            "foo:bar@1.0.0-",
            "foo:bar/baz/x",
            "foo_bar",
        ] {
            assert!(DependencyName::parse(text).is_err(), "{text}");
        }
    }
}
