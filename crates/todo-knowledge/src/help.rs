//! The product's help pages: each section answers one question. They are part of the program, so they are those of its version.

use sha2::{Digest as _, Sha256};

/// Every page, as it is written.
const PAGES: &[&str] = &[
    include_str!("../help/accounts.md"),
    include_str!("../help/assistant.md"),
    include_str!("../help/dates.md"),
    include_str!("../help/files.md"),
    include_str!("../help/lists.md"),
    include_str!("../help/programs.md"),
    include_str!("../help/recurrence.md"),
    include_str!("../help/reminders.md"),
    include_str!("../help/tasks.md"),
];

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What names it: another text has another id.
    pub id: String,
    /// The page that it is on.
    pub page: &'static str,
    /// The question that it answers.
    pub title: &'static str,
    /// The answer.
    pub text: String,
}

/// All sections.
#[must_use]
pub fn sections() -> Vec<Section> {
    PAGES.iter().flat_map(|page| of_page(page)).collect()
}

fn of_page(source: &'static str) -> Vec<Section> {
    let mut parts = source.split("\n## ");
    let page = parts.next().unwrap_or_default().trim_start_matches('#').trim();
    let sections = parts.map(|part| {
        let (title, text) = part.split_once('\n').unwrap_or((part, ""));
        let text = text
            .trim()
            .replace("\n\n", "\u{0}")
            .replace('\n', " ")
            .replace('\u{0}', "\n\n");
        Section {
            id: id(title, &text),
            page,
            title: title.trim(),
            text,
        }
    });
    sections.collect()
}

fn id(title: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(title);
    hash.update([0]);
    hash.update(text);
    let digits = hash.finalize();
    digits.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::PASSAGE_LIMIT;

    #[test]
    fn every_section_asks_and_answers() {
        let sections = sections();
        assert!(sections.len() >= 40, "{}", sections.len());
        for section in &sections {
            assert!(section.title.ends_with('?'), "{section:?}");
            assert!(
                (20..=PASSAGE_LIMIT).contains(&section.text.chars().count()),
                "{section:?}"
            );
            assert!(
                !section.page.contains('\n') && !section.page.is_empty(),
                "{section:?}"
            );
            assert!(!section.text.contains('\u{0}'));
        }
        let mut ids: Vec<&str> = sections.iter().map(|section| section.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), sections.len());
    }
}
