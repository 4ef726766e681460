//! A place in a text file, with enough of the text to draw a caret under it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A range of characters in a file. Cheap to clone; it keeps its line, so it can be drawn after the file is gone.
#[derive(Clone, PartialEq, Eq)]
pub struct Location(Arc<Place>);

#[derive(PartialEq, Eq)]
struct Place {
    file: Arc<Path>,
    line: usize,
    column: usize,
    /// The text of the line, without its line break.
    line_text: String,
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
        Location(Arc::new(Place {
            file: Arc::clone(&self.file),
            line: before.matches('\n').count() + 1,
            column: piece(line_start, start).chars().count() + 1,
            line_text: piece(line_start, line_end).trim_end_matches('\r').to_owned(),
            width: piece(start, end.min(line_end))
                .trim_end_matches('\r')
                .chars()
                .count()
                .max(1),
        }))
    }
}

impl Location {
    /// A whole file, for mistakes that are about the file and not about a line of it.
    pub fn whole_file(file: impl Into<PathBuf>) -> Self {
        let file = Arc::from(file.into());
        Self(Arc::new(Place {
            file,
            line: 0,
            column: 0,
            line_text: String::new(),
            width: 1,
        }))
    }

    /// The file as it should be shown to people.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// The line, counted from 1; 0 for a whole file.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// The column in characters, counted from 1; 0 for a whole file.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// What sorts mistakes into the order of their files.
    pub(crate) fn order(&self) -> (&Path, usize, usize) {
        (self.file(), self.line(), self.column())
    }

    pub(crate) fn render(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            line,
            column,
            line_text,
            width,
            ..
        } = &*self.0;
        let gutter = line.to_string().len();
        write!(formatter, "\n{:gutter$}--> {self}", "")?;
        if *line == 0 {
            return Ok(());
        }
        // Tabs are kept under tabs, so that the caret stays under the mistake whatever the tab width is.
        let in_column = |character| if character == '\t' { '\t' } else { ' ' };
        let indent: String = line_text
            .chars()
            .take(column.saturating_sub(1))
            .map(in_column)
            .collect();
        let carets = "^".repeat(*width);
        write!(formatter, "\n{:gutter$} |", "")?;
        write!(formatter, "\n{line} | {line_text}")?;
        write!(formatter, "\n{:gutter$} | {indent}{carets}", "")
    }
}

/// `file:line:column`, or only the file for a whole file.
impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = self.order();
        if line == 0 {
            return write!(formatter, "{}", file.display());
        }
        write!(formatter, "{}:{line}:{column}", file.display())
    }
}

/// The line's text is left out: it can hold values that have no place in a log.
impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
