//! What a rule would name, before there is a task that has it.

use serde::Serialize;

use super::rule::Rule;
use super::series::{SeriesAnchor, upcoming};
use crate::due::Due;
use crate::time::Timestamp;
use crate::validation::{FieldError, shown};
use crate::zone::Zone;

/// Most dates of a preview.
pub const PREVIEW_LIMIT: usize = 50;

/// How many they are where nobody says.
const DEFAULT_COUNT: usize = 10;

/// The parameters of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewQuery {
    rule: Rule,
    start: Option<Due>,
    zone: Zone,
    count: usize,
}

/// What comes of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The first occurrence.
    pub start: Due,
    /// Where its days are days.
    pub timezone: Zone,
    /// The occurrences after the start, in order.
    pub items: Vec<PreviewItem>,
    /// Whether more follow.
    pub has_more: bool,
}

/// An occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PreviewItem {
    /// Its number; the start is the first.
    pub occurrence: u32,
    /// When it is due.
    pub due_date: Due,
}

impl PreviewQuery {
    /// Reads `rule`, `start`, `timezone` and `count`, collecting every mistake.
    pub fn parse<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let (mut rule, mut start, mut zone, mut count) = (None, None, Zone::default(), DEFAULT_COUNT);
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in parameters {
            if seen.contains(&name) {
                errors.push(FieldError::new(shown(name), "stands twice"));
                continue;
            }
            seen.push(name);
            let result = match name {
                "rule" => Rule::parse(value)
                    .map(|read| rule = Some(read))
                    .map_err(|error| error.to_string()),
                "start" => Due::parse(value)
                    .map(|read| start = Some(read))
                    .map_err(|error| error.to_string()),
                "timezone" => Zone::parse(value)
                    .map(|read| zone = read)
                    .map_err(|error| error.to_string()),
                "count" => match value.parse() {
                    Ok(number) if (1..=PREVIEW_LIMIT).contains(&number) => {
                        count = number;
                        Ok(())
                    }
                    _ => Err(format!("must be a number from 1 to {PREVIEW_LIMIT}")),
                },
                _ => Err("is not a parameter of this path".to_owned()),
            };
            errors.extend(result.err().map(|message| FieldError::new(shown(name), message)));
        }
        if !seen.contains(&"rule") {
            errors.push(FieldError::new("rule", "is required"));
        }
        match rule {
            Some(rule) if errors.is_empty() => Ok(Self {
                rule,
                start,
                zone,
                count,
            }),
            _ => Err(errors),
        }
    }

    /// The dates. Without a start it is today.
    pub fn read(&self, now: Timestamp) -> Preview {
        let anchor = SeriesAnchor::starting(self.start, self.zone, now, 1);
        let mut found = upcoming(&self.rule, &anchor, self.zone, 1);
        let items = found
            .by_ref()
            .take(self.count)
            .map(|(occurrence, due_date)| PreviewItem { occurrence, due_date });
        Preview {
            start: anchor.due,
            timezone: self.zone,
            items: items.collect(),
            has_more: found.next().is_some(),
        }
    }
}
