//! The table of crates in ARCHITECTURE.md, section "Layers", held against what the crates really depend on.
//!
//! A row is `| layer | crate | charter | may depend on |`. The layer is a number; the crate is a name, or a folder followed by
//! `/*` for all crates in it; the last column lists crates in backticks, where a `*` at the end stands for any ending.
//! Only edges that a build needs count: development dependencies are free.

use anyhow::{Context, Result, bail};

use crate::workspace::Package;

const SECTION: &str = "Layers";

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    layer: u32,
    name: String,
    allowed: Vec<String>,
}

impl Row {
    fn describes(&self, package: &Package) -> bool {
        match self.name.strip_suffix("/*") {
            Some(folder) => package
                .folder
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/')),
            None => self.name == package.name,
        }
    }
}

/// Reads the table below the heading "Layers".
pub(super) fn table(text: &str) -> Result<Vec<Row>> {
    let section = text.lines().skip_while(|line| !is_heading(line, SECTION)).skip(1);
    let lines = section.take_while(|line| !line.starts_with("# ") && !line.starts_with("## "));
    let mut rows = Vec::new();
    for line in lines.filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let [layer, name, charter, allowed] = cells.as_slice() else {
            bail!("ARCHITECTURE.md, section {SECTION}: a row needs four columns: {line}");
        };
        // The heading and the line below it.
        let Ok(layer) = layer.parse() else { continue };
        if charter.is_empty() {
            bail!("ARCHITECTURE.md, section {SECTION}: {name} has no charter");
        }
        let name = backticked(name)
            .pop()
            .with_context(|| format!("ARCHITECTURE.md: no `crate` in the row {line}"))?;
        rows.push(Row {
            layer,
            name,
            allowed: backticked(allowed),
        });
    }
    if rows.is_empty() {
        bail!("ARCHITECTURE.md has no table below a heading \"{SECTION}\"");
    }
    Ok(rows)
}

fn is_heading(line: &str, title: &str) -> bool {
    line.starts_with('#') && line.trim_start_matches('#').trim() == title
}

fn backticked(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every crate that has no row, every row that has no crate, every edge that its row does not allow, every
/// permission that points to the same layer or up.
pub(super) fn check(rows: &[Row], packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for row in rows {
        if !packages.iter().any(|package| row.describes(package)) {
            problems.push(format!(
                "ARCHITECTURE.md lists `{}`, which is not in the workspace: remove its row",
                row.name
            ));
        }
    }
    for package in packages {
        let Some(row) = row_of(rows, package) else {
            problems.push(format!(
                "`{}` has no row in ARCHITECTURE.md, section {SECTION}: add one",
                package.name
            ));
            continue;
        };
        for other in &package.needs {
            if !row.allowed.iter().any(|pattern| matches(pattern, other)) {
                problems.push(format!(
                    "`{}` depends on `{other}`, which its row in ARCHITECTURE.md does not allow: a new edge is a decision",
                    package.name
                ));
            }
            let layer = packages
                .iter()
                .find(|package| package.name == *other)
                .and_then(|other| row_of(rows, other));
            if let Some(layer) = layer.map(|row| row.layer).filter(|layer| *layer >= row.layer) {
                problems.push(format!(
                    "`{}` (layer {}) depends on `{other}` (layer {layer}): arrows point to a lower layer only",
                    package.name, row.layer
                ));
            }
        }
    }
    problems
}

fn row_of<'a>(rows: &'a [Row], package: &Package) -> Option<&'a Row> {
    rows.iter().find(|row| row.describes(package))
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Architecture
| 9 | `elsewhere` | not this table | – |
## Layers
| layer | crate | charter | may depend on |
|---|---|---|---|
| 0 | `pure` | no input or output | – |
| 1 | `capability-one` | a capability | `pure` |
| 2 | `host` | the root | `pure`, `capability-*` |
| 3 | `tests/guests/*` | fixtures | – |
## Afterwards
| 9 | `elsewhere` | not this table | – |
";

    fn package(name: &str, folder: &str, needs: &[&str]) -> Package {
        let needs: Vec<_> = needs.iter().map(|name| (*name).to_owned()).collect();
        Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            cdylib: false,
            mentions: needs.clone(),
            needs,
        }
    }

    fn sound() -> Vec<Package> {
        vec![
            package("pure", "crates/pure", &[]),
            package("capability-one", "crates/capability-one", &["pure"]),
            package("host", "crates/host", &["pure", "capability-one"]),
            package("fixture", "tests/guests/fixture", &[]),
        ]
    }

    #[test]
    fn only_the_table_of_the_section_is_read() {
        let rows = table(TEXT).unwrap();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[2].allowed, ["pure", "capability-*"]);
        assert!(table("# Architecture\n").is_err());
        assert!(table("## Layers\n| 0 | `a` | |\n").is_err());
    }

    #[test]
    fn a_sound_workspace_passes() {
        assert_eq!(check(&table(TEXT).unwrap(), &sound()), Vec::<String>::new());
    }

    #[test]
    fn an_unlisted_crate_and_a_stale_row_fail() {
        let mut packages = sound();
        packages[3] = package("stranger", "crates/stranger", &[]);
        let problems = check(&table(TEXT).unwrap(), &packages);
        assert_eq!(problems.len(), 2);
        assert!(
            problems[0].contains("`tests/guests/*`") && problems[1].contains("`stranger` has no row"),
            "{problems:?}"
        );
    }

    #[test]
    fn an_edge_that_is_not_allowed_fails_and_one_that_points_up_fails_twice() {
        let mut packages = sound();
        packages[0].needs.push("host".to_owned());
        let problems = check(&table(TEXT).unwrap(), &packages);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems[1].contains("`pure` (layer 0) depends on `host` (layer 2)"),
            "{problems:?}"
        );
    }
}
