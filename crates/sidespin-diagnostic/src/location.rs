//! A place in a text file, with enough of the text to draw a caret under it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A range of characters in a file. Cheap to clone; it keeps its line, so it can be drawn after the file is gone.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    /// The file as it should be shown to people.
    pub file: Arc<Path>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The text of the line, without its line break.
    line_text: Arc<str>,
    /// How many characters the caret underlines, at least 1.
    width: usize,
}

/// The text of a file, from which byte ranges become [`Location`]s.
#[derive(Clone, Debug)]
pub struct Source {
    file: Arc<Path>,
    text: Arc<str>,
}

impl Source {
    /// A file's name and text.
    pub fn new(file: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self {
            file: Arc::from(file.into()),
            text: text.into(),
        }
    }

    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a range of bytes is. A range beyond the text, or one that splits a character, is moved to the nearest place
    /// inside.
    #[must_use]
    pub fn locate(&self, range: Range<usize>) -> Location {
        let floor = |mut index: usize| {
            index = index.min(self.text.len());
            while !self.text.is_char_boundary(index) {
                index -= 1;
            }
            index
        };
        let start = floor(range.start);
        let end = floor(range.end).max(start);
        let (before, after) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        let line_end = after.find('\n').map_or(self.text.len(), |index| start + index);
        let piece = |from: usize, to: usize| self.text.get(from..to.max(from)).unwrap_or_default();
        Location {
            file: Arc::clone(&self.file),
            line: before.matches('\n').count() + 1,
            column: piece(line_start, start).chars().count() + 1,
            line_text: Arc::from(piece(line_start, line_end).trim_end_matches('\r')),
            width: piece(start, end.min(line_end))
                .trim_end_matches('\r')
                .chars()
                .count()
                .max(1),
        }
    }
}

impl Location {
    /// The start of a whole file, for mistakes that are about the file and not about a line of it.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self {
            file: Arc::from(file.into()),
            line: 0,
            column: 0,
            line_text: Arc::from(""),
            width: 1,
        }
    }

    /// What sorts mistakes into the order of their files.
    pub(crate) fn order(&self) -> (&Path, usize, usize) {
        (&self.file, self.line, self.column)
    }

    pub(crate) fn render(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gutter = self.line.to_string().len();
        write!(formatter, "\n{:gutter$}--> {self}", "")?;
        if self.line == 0 {
            return Ok(());
        }
        // Tabs are kept under tabs, so that the caret stays under the mistake whatever the tab width is.
        let indent: String = self
            .line_text
            .chars()
            .take(self.column.saturating_sub(1))
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        let carets = "^".repeat(self.width);
        write!(formatter, "\n{:gutter$} |", "")?;
        write!(formatter, "\n{} | {}", self.line, self.line_text)?;
        write!(formatter, "\n{:gutter$} | {indent}{carets}", "")
    }
}

/// `file:line:column`, or only the file for a whole file.
impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(formatter, "{}", self.file.display());
        }
        write!(formatter, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// The line's text is left out: it can hold values that have no place in a log.
impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
