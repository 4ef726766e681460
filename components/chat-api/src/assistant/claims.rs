//! A model's text is shown as it comes, but not where it says that something was done: that is known when the tools have
//! answered. From the first such word on the text waits for the end of the model's answer.

/// What begins a claim: one of these, and one of [`DEEDS`] soon after.
const BEGINNINGS: [&str; 14] = [
    "i",
    "i've",
    "i’ve",
    "we",
    "we've",
    "we’ve",
    "been",
    "was",
    "were",
    "is",
    "it's",
    "it’s",
    "now",
    "successfully",
];

/// What was done, in a claim; also alone at the beginning of a sentence.
const DEEDS: [&str; 29] = [
    "added",
    "canceled",
    "cancelled",
    "changed",
    "checked",
    "cleared",
    "completed",
    "created",
    "deleted",
    "done",
    "edited",
    "erased",
    "finished",
    "gone",
    "marked",
    "moved",
    "postponed",
    "removed",
    "renamed",
    "reopened",
    "rescheduled",
    "restored",
    "saved",
    "scheduled",
    "set",
    "snoozed",
    "tagged",
    "undone",
    "updated",
];

/// What was done, in other languages, wherever it stands: German, French, Spanish, Italian, Portuguese.
const DEEDS_ELSEWHERE: [&str; 26] = [
    "gelöscht",
    "entfernt",
    "hinzugefügt",
    "erstellt",
    "erledigt",
    "abgeschlossen",
    "geändert",
    "verschoben",
    "supprimé",
    "supprimée",
    "ajouté",
    "ajoutée",
    "créé",
    "créée",
    "terminé",
    "terminée",
    "eliminado",
    "eliminada",
    "borrado",
    "añadido",
    "añadida",
    "creada",
    "completada",
    "eliminato",
    "aggiunto",
    "excluída",
];

/// How many words a claim may have between its beginning and the deed.
const REACH: u8 = 4;

/// Where a text goes through until it claims something.
#[derive(Debug)]
pub(super) struct Gate {
    /// Of a word that is not over.
    word: String,
    /// Text from the first claim on.
    held: String,
    is_closed: bool,
    /// How many more words would complete a claim.
    reach: u8,
    is_sentence_begun: bool,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            word: String::new(),
            held: String::new(),
            is_closed: false,
            reach: 0,
            is_sentence_begun: false,
        }
    }

    /// Takes more of the text. Answers what may be shown of it.
    pub(super) fn push(&mut self, text: &str) -> String {
        let mut shown = String::new();
        for letter in text.chars() {
            if self.is_closed {
                self.held.push(letter);
                continue;
            }
            self.word.push(letter);
            if letter.is_whitespace() {
                self.end_word();
                shown.push_str(&std::mem::take(&mut self.word));
            }
        }
        shown
    }

    /// What was held back, and whether the text claimed anything.
    pub(super) fn finish(mut self) -> (String, bool) {
        if !self.is_closed {
            self.end_word();
        }
        self.held.push_str(&self.word);
        (self.held, self.is_closed)
    }

    fn end_word(&mut self) {
        let is_edge = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '\'' | '’');
        let word = self.word.trim_matches(is_edge).to_lowercase();
        if !word.is_empty() {
            let is_deed = DEEDS.contains(&word.as_str());
            let begins = !std::mem::replace(&mut self.is_sentence_begun, true);
            if (is_deed && (begins || self.reach > 0)) || DEEDS_ELSEWHERE.contains(&word.as_str()) {
                self.is_closed = true;
                self.held = std::mem::take(&mut self.word);
                return;
            }
            self.reach = if BEGINNINGS.contains(&word.as_str()) {
                REACH
            } else {
                self.reach.saturating_sub(1)
            };
        }
        if self.word.contains(['.', '!', '?', ':', ';', '\n']) {
            self.reach = 0;
            self.is_sentence_begun = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(text: &str) -> (String, String, bool) {
        let mut gate = Gate::new();
        let shown = gate.push(text);
        let (held, claims) = gate.finish();
        (shown, held, claims)
    }

    #[test]
    fn what_was_done_is_not_said_before_it_is_known() {
        for text in [
            "I've deleted task 3.",
            "I have just now marked it",
            "Done! Anything else?",
            "OK. Deleted.",
            "Task 3 has been successfully completed",
            "The task is now gone",
            "Ich habe die Aufgabe gelöscht",
            "J'ai supprimé la tâche",
        ] {
            assert!(pass(text).2, "{text}");
        }
        for text in [
            "You have two completed tasks: #1 and #2",
            "Which one do you mean?",
            "I can add, list and delete tasks.",
            "Shall I delete it?",
            "",
        ] {
            assert!(!pass(text).2, "{text}");
        }
    }

    #[test]
    fn nothing_is_lost_however_the_text_is_cut() {
        let text = "Of  course.\nI have looked, and I have deleted everything. Done.";
        let whole = pass(text);
        assert_eq!(whole.0, "Of  course.\nI have looked, and I have ");
        assert_eq!(format!("{}{}", whole.0, whole.1), text);
        let mut gate = Gate::new();
        let shown: String = text
            .chars()
            .map(|letter| gate.push(&letter.to_string()))
            .collect();
        let (held, claims) = gate.finish();
        assert_eq!((shown, held, claims), whole);
    }
}
