//! Rows below each other.

use std::io;

use super::output::Output;

/// Between two columns.
const GAP: &str = "  ";
/// Headings stand out on a terminal.
const BOLD: &str = "\x1b[1m";
const NORMAL: &str = "\x1b[0m";

/// A table with headings. Its texts must have no control characters.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

/// What a column is called, and on which side its texts stand.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column {
    /// For words.
    Left(&'static str),
    /// For numbers.
    Right(&'static str),
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Left(name) | Self::Right(name) => name,
        }
    }
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(columns: [Column; N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    pub(crate) fn write(&self, output: &mut Output) -> io::Result<()> {
        for (number, line) in self.lines().into_iter().enumerate() {
            if number == 0 && output.is_terminal {
                output.line(&format!("{BOLD}{line}{NORMAL}"))?;
            } else {
                output.line(&line)?;
            }
        }
        output.flush()
    }

    /// The headings and the rows.
    fn lines(&self) -> Vec<String> {
        let headings = self.columns.map(|column| column.name().to_owned());
        let rows = || std::iter::once(&headings).chain(&self.rows);
        let mut widths = [0; N];
        for row in rows() {
            for (width, text) in widths.iter_mut().zip(row) {
                *width = text.chars().count().max(*width);
            }
        }
        let line = |row: &[String; N]| {
            let cells = row.iter().zip(self.columns).zip(widths);
            let cells = cells.map(|((text, column), width)| match column {
                Column::Left(_) => format!("{text:<width$}"),
                Column::Right(_) => format!("{text:>width$}"),
            });
            cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        rows().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new([
            Column::Left("TOPIC"),
            Column::Right("MESSAGES"),
            Column::Left("GROUPS"),
        ]);
        table.row(["task-events".to_owned(), "7".to_owned(), "audit".to_owned()]);
        table.row(["Grüße".to_owned(), "1207".to_owned(), String::new()]);
        let expected = [
            "TOPIC        MESSAGES  GROUPS",
            "task-events         7  audit",
            "Grüße            1207",
        ];
        assert_eq!(table.lines(), expected);
    }
}
