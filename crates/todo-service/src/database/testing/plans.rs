//! How the databases would find what each statement of a service asks for: by an index, or by reading everything.
//!
//! While the tests run once more, each distinct statement is explained on the connection that has just executed it. What
//! tests themselves ask for, and what a change of the tables does once, does not count.

use std::backtrace::Backtrace;
use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::super::{Dialect, Row};

/// Names the file in which statements that read everything are noted.
pub(super) const FILE: &str = "TODO_TEST_PLANS";

/// A statement that reads a whole table, or a whole index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FullScan {
    /// What was asked.
    pub statement: String,
    /// How the database would go about it.
    pub plan: String,
    /// Where it was asked from.
    pub place: String,
}

/// Fails for statements that read everything, but for those that are allowed to: a part of the statement, and the reason.
///
/// # Panics
/// There are others.
#[expect(clippy::panic, reason = "a test that fails panics")]
pub fn check(found: &[FullScan], allowed: &[(&str, &str)]) {
    let is_allowed = |scan: &&FullScan| {
        let is_meant = |(part, _reason): &(&str, &str)| words(&scan.statement).contains(&words(part));
        allowed.iter().any(is_meant)
    };
    let others = found.iter().filter(|scan| !is_allowed(scan));
    let others: Vec<_> = others
        .map(|scan| format!("{}\n  {}\n  {}", scan.place, words(&scan.statement), scan.plan))
        .collect();
    if !others.is_empty() {
        panic!(
            "{} statements have no index behind them:\n{}",
            others.len(),
            others.join("\n")
        );
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the tests have noted.
pub(super) fn read(file: &Path) -> Vec<FullScan> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Whether the statement is to be explained: it is a new one, and plans are asked for.
pub(super) fn is_wanted(statement: &str) -> bool {
    static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    if std::env::var_os(FILE).is_none() {
        return false;
    }
    let verb = statement
        .trim_start()
        .get(..6)
        .unwrap_or_default()
        .to_ascii_uppercase();
    if !["SELECT", "INSERT", "UPDATE", "DELETE", "WITH R"].contains(&verb.as_str()) {
        return false;
    }
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.get_or_insert_with(HashSet::new).insert(statement.to_owned())
}

/// Notes the statement if its plan is one of reading everything.
pub(super) fn judge(dialect: Dialect, statement: &str, plan: &[Row]) {
    let steps: Vec<&str> = match dialect {
        Dialect::Sqlite => plan.iter().filter_map(|row| row.text(3).ok()).collect(),
        Dialect::Postgres => plan.iter().filter_map(|row| row.text(0).ok()).collect(),
    };
    let is_short = words(statement).contains(" LIMIT ");
    let reads_all = match dialect {
        Dialect::Sqlite => sqlite_reads_all(&steps, is_short),
        Dialect::Postgres => postgres_reads_all(&steps),
    };
    if !reads_all {
        return;
    }
    let Some(place) = place() else { return };
    let scan = FullScan {
        statement: statement.to_owned(),
        plan: steps.join(" | "),
        place,
    };
    let (Some(file), Ok(line)) = (std::env::var_os(FILE), serde_json::to_string(&scan)) else {
        return;
    };
    let file = File::options().append(true).create(true).open(file);
    // A note that is lost here makes no test fail that should pass.
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .ok();
}

/// An index that is walked along in order until there are enough is no scan; one that must be sorted first is.
fn sqlite_reads_all(steps: &[&str], is_short: bool) -> bool {
    let is_sorted = steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
    // What a part of the statement finds is no table; how it is found stands in steps of its own.
    let found: Vec<&str> = steps
        .iter()
        .filter_map(|step| {
            step.strip_prefix("CO-ROUTINE ")
                .or(step.strip_prefix("MATERIALIZE "))
        })
        .collect();
    steps.iter().any(|step| {
        let Some(what) = step.strip_prefix("SCAN ") else {
            return false;
        };
        let is_no_table = ["CONSTANT ROW", "(", "json_each", "pragma_"]
            .iter()
            .any(|start| what.starts_with(start))
            || what.contains("-ROW VALUES CLAUSE")
            || found.contains(&what)
            || (what.contains("VIRTUAL TABLE INDEX") && !what.ends_with("INDEX 0:"));
        let is_walked = is_short && !is_sorted && what.contains(" USING ") && what.contains("INDEX");
        !is_no_table && !is_walked
    })
}

/// The plan was asked for without leave to read tables from one end to the other, so one that does it knows no better. Of a table
/// that is nearly empty Postgres may walk any index, so indexes without a condition are SQLite's to tell.
fn postgres_reads_all(steps: &[&str]) -> bool {
    steps.iter().any(|step| step.contains("Seq Scan on"))
}

/// The file and the line of the service that asks; nothing where it is a test or a change of the tables.
fn place() -> Option<String> {
    let trace = Backtrace::force_capture().to_string();
    let places = trace.lines().filter_map(|line| line.trim().strip_prefix("at "));
    let is_ours = |place: &&str| {
        !place.starts_with("/rustc/") && !place.contains("/registry/") && !place.contains("/database/testing")
    };
    let ours: Vec<&str> = places.filter(is_ours).collect();
    if ours.iter().any(|place| place.contains("migrate.rs")) {
        return None;
    }
    let first = ours.first()?;
    (!first.contains("tests")).then(|| (*first).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_that_read_everything_are_told_from_those_that_do_not() {
        for (steps, is_short, expected) in [
            (&["SCAN chat_tasks"][..], true, true),
            (&["SEARCH chat_tasks USING INDEX a (b=?)"], false, false),
            (&["SCAN chat_outbox USING INDEX waiting"], true, false),
            (&["SCAN chat_outbox USING INDEX waiting"], false, true),
            (
                &[
                    "SCAN chat_outbox USING INDEX waiting",
                    "USE TEMP B-TREE FOR ORDER BY",
                ],
                true,
                true,
            ),
            (&["SCAN words VIRTUAL TABLE INDEX 0:"], false, true),
            (&["SCAN words VIRTUAL TABLE INDEX 0:M4"], false, false),
            (&["SCAN CONSTANT ROW"], false, false),
            (
                &["CO-ROUTINE found", "SEARCH a USING INDEX b (c=?)", "SCAN found"],
                false,
                false,
            ),
            (&["CO-ROUTINE found", "SCAN a", "SCAN found"], false, true),
        ] {
            assert_eq!(sqlite_reads_all(steps, is_short), expected, "{steps:?}");
        }
        for (steps, expected) in [
            (&["Seq Scan on a  (cost=1..2)", "  Filter: (b = 1)"][..], true),
            (&["Index Scan using a on b", "  Index Cond: (c = 1)"], false),
            (&["Bitmap Heap Scan on a", "  ->  Bitmap Index Scan on b"], false),
        ] {
            assert_eq!(postgres_reads_all(steps), expected, "{steps:?}");
        }
    }
}
