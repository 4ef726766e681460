//! The words of texts and questions, made comparable: folded, without endings, and in questions without what every question
//! has.

use todo_domain::query::search::index_words;

/// Most words of a question that are looked for; what follows changes little and costs time.
const MOST_TERMS: usize = 16;

/// What says nothing about what is asked. Folded.
const STOP: &str = "
    yes ok okay sure a about all also am an and any anything are as at be been but by can could d did do does
    doing don else every for from get give go got had has have hello help hey hi how i if in into is it its just
    know let like ll m may me might mine must my need no not of on or our please possible re s say see shall
    should so some something t tell than thank thanks that the their them then there these they thing things
    this those to too us ve want was way we were what when where whether which who whom whose why will with
    would you your yours exactly actually really explain mean means work works use using used";

/// Words that people use for the same, by their stems. What a question says is looked for first, and the others of its
/// group with less weight.
const ALIKE: &[&[&str]] = &[
    &["add", "creat", "new", "mak", "enter"],
    &["recur", "repeat", "periodic", "regular"],
    &["delet", "remov", "eras", "trash", "discard", "rid"],
    &["complet", "finish", "don", "tick", "check"],
    &["tag", "label", "categori"],
    &["remind", "alarm", "alert", "notif", "notificat"],
    &["task", "todo", "item"],
    &["chang", "edit", "updat", "modif", "renam"],
    &["sort", "order", "arrang"],
    &["find", "search", "look", "lookup", "filter"],
    &["email", "mail"],
    &["undo", "revert", "restor", "recover"],
    &["postpon", "snooz", "delay", "later", "reschedul"],
    &["import", "load", "upload", "migrat"],
    &["export", "download", "backup", "sav"],
    &["deadlin", "due", "dat"],
    &["password", "login", "sign", "log"],
    &["token", "key"],
    &["limit", "maximum", "max", "most", "long", "length"],
    &["urgent", "priorit", "important"],
    &["subtask", "part", "step", "checklist"],
    &["price", "cost", "expens"],
    &["ship", "deliv", "send"],
    &["refund", "return"],
    &["buy", "purchas"],
    &["device", "phone", "mobil"],
];

/// A word that is looked for, and what people say for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As the question has it.
    pub stem: String,
    /// Others for the same.
    pub alike: Vec<&'static str>,
}

impl Term {
    /// The stem and those alike.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.stem.as_str()).chain(self.alike.iter().copied())
    }
}

/// What a question looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Each word once, as far as it says something.
    pub terms: Vec<Term>,
}

impl Question {
    /// Takes a question apart.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        for word in index_words(&joined(text)) {
            if terms.len() == MOST_TERMS {
                break;
            }
            if STOP.split_whitespace().any(|stop| stop == word) {
                continue;
            }
            let stem = stem(&word);
            if terms.iter().any(|term| term.stem == stem) {
                continue;
            }
            let group = ALIKE.iter().find(|group| group.contains(&stem.as_str()));
            let alike = group.into_iter().flat_map(|group| group.iter().copied());
            let alike = alike.filter(|other| *other != stem).collect();
            terms.push(Term { stem, alike });
        }
        Self { terms }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// The words of a text, as an index keeps them.
#[must_use]
pub fn stems(text: &str) -> Vec<String> {
    index_words(&joined(text)).iter().map(|word| stem(word)).collect()
}

/// What people write with a hyphen and without.
fn joined(text: &str) -> String {
    text.replace("e-mail", "email")
        .replace("E-mail", "email")
        .replace("E-Mail", "email")
        .replace("sub-task", "subtask")
        .replace("to-do", "todo")
        .replace("back up", "backup")
}

/// A folded word without its ending. Two forms of an English word mostly come out the same; other words stay as they are.
#[must_use]
pub fn stem(word: &str) -> String {
    if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut stem = plural(word);
    for ending in ["ing", "ed", "ence", "ance", "ion", "er", "ly"] {
        if let Some(rest) = stem
            .strip_suffix(ending)
            .filter(|rest| rest.len() >= 3 && has_vowel(rest) && !rest.ends_with('e'))
        {
            stem = undoubled(rest).to_owned();
            break;
        }
    }
    let shorter = stem.strip_suffix(['e', 'y']).filter(|rest| rest.len() >= 3);
    shorter.map(str::to_owned).unwrap_or(stem)
}

fn plural(word: &str) -> String {
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() >= 2) {
        return format!("{rest}y");
    }
    for ending in ["ches", "shes", "sses", "xes", "zes"] {
        if word.ends_with(ending) {
            return word.strip_suffix("es").unwrap_or(word).to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(rest) if !rest.ends_with(['s', 'u', 'i']) => rest.to_owned(),
        _ => word.to_owned(),
    }
}

fn has_vowel(text: &str) -> bool {
    text.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// `stopp` is `stop`; `call` stays.
fn undoubled(text: &str) -> &str {
    let mut letters = text.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && !"lsz".contains(last) => {
            text.get(..text.len() - last.len_utf8()).unwrap_or(text)
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_a_word_are_the_same() {
        for forms in [
            &["task", "tasks"][..],
            &["recur", "recurs", "recurring", "recurred", "recurrence"],
            &["complete", "completed", "completing", "completes", "completion"],
            &["remind", "reminder", "reminders", "reminded"],
            &["category", "categories"],
            &["insure", "insured", "insurance"],
            &["delete", "deleted", "deleting", "deletion"],
            &["stop", "stopped", "stopping"],
            &["address", "addresses"],
            &["tag", "tags", "tagged", "tagging"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(
                stems.iter().all(|other| *other == stems[0]),
                "{forms:?}: {stems:?}"
            );
        }
        for word in ["bus", "ring", "red", "東", "straße", "us", "this"] {
            assert_eq!(stem(word), word);
        }
    }

    #[test]
    fn a_question_is_what_it_is_about() {
        let stems = |text: &str| -> Vec<String> {
            let question = Question::parse(text);
            question.terms.into_iter().map(|term| term.stem).collect()
        };
        assert_eq!(stems("What do I know about the car insurance?"), ["car", "insur"]);
        assert_eq!(stems("How do I add a recurring task?"), ["add", "recur", "task"]);
        assert_eq!(stems("please, can you tell me?"), [""; 0]);
        assert_eq!(stems("e-mail E-Mail email"), ["email"]);
        assert_eq!(stems(&"x1 x2 x3 x4 x5 x6 x7 x8 x9 ".repeat(3)).len(), 9);
    }

    #[test]
    fn words_that_are_alike_are_named_by_their_stems() {
        for group in ALIKE {
            for word in *group {
                let groups = ALIKE.iter().filter(|other| other.contains(word)).count();
                assert_eq!(groups, 1, "{word}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,200}") {
            let question = Question::parse(&text);
            prop_assert!(question.terms.len() <= MOST_TERMS);
            for word in stems(&text) {
                prop_assert!(!word.is_empty());
                prop_assert!(word.chars().all(char::is_alphanumeric) || word.chars().count() == 1);
            }
        }
    }
}
