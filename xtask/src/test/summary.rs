//! Adds up what test programs print, and lays it out as the table at the end of a run.

use std::fmt;
use std::time::Duration;

/// The tests of one suite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) ignored: u64,
}

impl Counts {
    /// Takes in one line of a test program's output; other lines than its result line say nothing.
    pub(super) fn read(&mut self, line: &str) {
        let Some((_, figures)) = line
            .split_once("test result: ")
            .and_then(|(_, rest)| rest.split_once(". "))
        else {
            return;
        };
        for figure in figures.split("; ") {
            let Some((number, what)) = figure.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) well: bool,
    pub(super) counts: Counts,
    pub(super) took: Duration,
}

/// A check that has no tests to count, such as a linter.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) well: bool,
    pub(crate) took: Duration,
}

/// Everything that was run.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    pub(crate) fn add_check(&mut self, check: Check) {
        self.add(Row {
            name: check.name,
            well: check.well,
            counts: Counts::default(),
            took: check.took,
        });
    }

    /// A row that failed without a failed test (it did not compile, it crashed) counts as one failure,
    /// so that the totals never look better than the exit code.
    pub(super) fn add(&mut self, mut row: Row) {
        if !row.well && row.counts.failed == 0 {
            row.counts.failed = 1;
        }
        self.rows.push(row);
    }

    pub(crate) fn is_well(&self) -> bool {
        self.rows.iter().all(|row| row.well && row.counts.failed == 0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .rows
            .iter()
            .map(|row| row.name.chars().count())
            .max()
            .unwrap_or_default()
            .max(5);
        writeln!(
            f,
            "\n{:width$}  result  passed  failed  ignored     time",
            "suite"
        )?;
        for Row {
            name,
            well,
            counts,
            took,
        } in &self.rows
        {
            let Counts {
                passed,
                failed,
                ignored,
            } = counts;
            let result = if *well { "ok" } else { "FAILED" };
            let seconds = took.as_secs_f64();
            writeln!(
                f,
                "{name:width$}  {result:6}  {passed:6}  {failed:6}  {ignored:7}  {seconds:5.1} s"
            )?;
        }
        let total = |of: fn(&Counts) -> u64| self.rows.iter().map(|row| of(&row.counts)).sum::<u64>();
        writeln!(
            f,
            "\n{} passed, {} failed",
            total(|counts| counts.passed),
            total(|counts| counts.failed)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, well: bool, passed: u64, failed: u64) -> Row {
        let counts = Counts {
            passed,
            failed,
            ignored: 0,
        };
        Row {
            name: name.to_owned(),
            well,
            counts,
            took: Duration::from_millis(1500),
        }
    }

    #[test]
    fn result_lines_add_up_and_others_do_not_count() {
        let mut counts = Counts::default();
        counts.read("running 3 tests");
        counts.read(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
        );
        counts.read("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        counts.read("test a_test ... ok");
        assert_eq!(
            counts,
            Counts {
                passed: 4,
                failed: 2,
                ignored: 1
            }
        );
    }

    #[test]
    fn the_last_line_is_the_totals() {
        let mut summary = Summary::default();
        summary.add(row("unit", true, 40, 0));
        summary.add(row("e2e", false, 2, 3));
        assert!(!summary.is_well());
        let text = summary.to_string();
        assert_eq!(text.lines().last(), Some("42 passed, 3 failed"));
        assert!(
            text.contains("e2e    FAILED       2       3        0    1.5 s"),
            "{text}"
        );
    }

    #[test]
    fn a_suite_that_does_not_compile_is_a_failure() {
        let mut summary = Summary::default();
        summary.add(row("unit", false, 0, 0));
        assert!(summary.to_string().ends_with("0 passed, 1 failed\n"));
        assert!(!summary.is_well());
    }

    #[test]
    fn a_check_counts_only_when_it_fails() {
        let mut summary = Summary::default();
        summary.add_check(Check {
            name: "clippy".to_owned(),
            well: true,
            took: Duration::ZERO,
        });
        assert!(summary.is_well());
        assert!(summary.to_string().ends_with("0 passed, 0 failed\n"));
    }
}
