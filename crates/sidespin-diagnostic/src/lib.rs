//! What a person is told when a manifest or a configuration is wrong.
//!
//! A [`Diagnostic`] is one mistake: what is wrong, where (file, line, column, the line itself with a caret under the
//! mistake) and the remedy as `hint:` lines. [`Diagnostics`] is all of them at once, because whoever fixes a file wants to
//! fix it in one go. Rendering is plain text without colour; printing is the command line's work.

mod location;

use std::fmt;

pub use location::{Location, Source};

/// One mistake, where it is and how to mend it.
///
/// `Display` is the whole text, beginning with `error: ` and without a final line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong: lower case, no full stop, literals in backticks.
    pub message: String,
    /// Where it is, if it is in a file.
    pub location: Option<Location>,
    /// Further causes, outermost first, each on a `caused by:` line.
    pub causes: Vec<String>,
    /// The remedies, each on a `hint:` line.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// A mistake without a place or a remedy yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            location: None,
            causes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Says where the mistake is. `None` changes nothing, so that optional locations need no branch at the caller.
    #[must_use]
    pub fn at(mut self, location: impl Into<Option<Location>>) -> Self {
        self.location = location.into().or(self.location);
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what an error and its sources say.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // Many errors repeat their source in their own text; saying it once is enough.
            if !self.causes.iter().any(|cause| cause.contains(&text)) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }
}

impl std::error::Error for Diagnostic {}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.message)?;
        if let Some(location) = &self.location {
            location.render(formatter)?;
        }
        for cause in &self.causes {
            write!(formatter, "\n  caused by: {cause}")?;
        }
        for hint in &self.hints {
            write!(formatter, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// All the mistakes found; used as the error of loading and validating.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No mistakes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// `value` if nothing was found, otherwise the mistakes in the order of the file.
    ///
    /// # Errors
    /// Returns itself when there is at least one mistake.
    pub fn or_ok<T>(mut self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            return Ok(value);
        }
        self.0.sort_by(|left, right| {
            let [left, right] = [left, right].map(|one| one.location.as_ref().map(Location::order));
            left.cmp(&right)
        });
        self.0.dedup();
        Err(self)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n\n")?;
            }
            diagnostic.fmt(formatter)?;
        }
        Ok(())
    }
}

/// The candidate nearest to a mistyped name, if one is near enough to be what was meant.
///
/// Near enough is a third of the name's length in edits (a swap of neighbours counts as one), at least one.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap two neighbours) that turn one name into the other.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before_previous: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    let mut previous_char = None;
    for (row, left_char) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        let cell = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
        for (column, right_char) in right.iter().enumerate() {
            let replaced = cell(&previous, column) + usize::from(left_char != *right_char);
            let mut best = replaced
                .min(cell(&previous, column + 1) + 1)
                .min(cell(&current, column) + 1);
            let swapped =
                column > 0 && previous_char == Some(*right_char) && right.get(column - 1) == Some(&left_char);
            if swapped {
                best = best.min(cell(&before_previous, column - 1) + 1);
            }
            current.push(best);
        }
        before_previous = std::mem::replace(&mut previous, current);
        previous_char = Some(left_char);
    }
    previous.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
