//! The tasks that a message is read against: all of them, or as many as reading it turned out to need.
//!
//! Most messages need few: "mark task 3 done" is about one, "add milk" about none. So a message is read against what is known,
//! and what it looked for in vain is noted; whoever has the tasks adds those, and the message is read anew.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::query::search::{Phrase, Search};
use crate::task::Task;

/// Tasks of a user.
#[derive(Clone, Debug, Default)]
pub struct View {
    tasks: Vec<Task>,
    extent: Extent,
    /// What was added on demand. What is not there in spite of that does not exist.
    known: Wanted,
    wanted: RefCell<Wanted>,
}

/// How far a view goes without being asked for anything in particular.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Extent {
    #[default]
    Nothing,
    Newest,
    All,
}

/// Which tasks a message was looking for that were not in the view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those of these numbers.
    pub numbers: BTreeSet<u32>,
    /// Those that these find.
    pub searches: Vec<Search>,
    /// Those that were made last, as many as one wants to look through.
    pub newest: bool,
}

impl Wanted {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.searches.is_empty() && !self.newest
    }
}

impl View {
    /// A view of all tasks there are.
    pub fn whole(tasks: Vec<Task>) -> Self {
        Self {
            tasks,
            extent: Extent::All,
            ..Self::default()
        }
    }

    /// What was looked for in vain since this was asked last; nothing if the message could be read with what there is.
    pub fn take_wanted(&self) -> Option<Wanted> {
        Some(self.wanted.take()).filter(|wanted| !wanted.is_empty())
    }

    /// Adds the tasks that were wanted, as far as they exist. `is_all` says that with these there are no others.
    pub fn add(&mut self, wanted: Wanted, tasks: impl IntoIterator<Item = Task>, is_all: bool) {
        let mut present: BTreeSet<u32> = self.tasks.iter().map(|task| task.number).collect();
        self.tasks
            .extend(tasks.into_iter().filter(|task| present.insert(task.number)));
        self.extent = match (is_all, wanted.newest) {
            (true, _) => Extent::All,
            (false, true) => Extent::Newest,
            (false, false) => self.extent,
        };
        self.known.numbers.extend(wanted.numbers);
        self.known.searches.extend(wanted.searches);
    }

    /// The task of this number.
    pub(super) fn find(&self, number: u32) -> Option<&Task> {
        let found = self.tasks.iter().find(|task| task.number == number);
        let is_unknown = self.extent != Extent::All && !self.known.numbers.contains(&number);
        if found.is_none() && is_unknown {
            self.want(|wanted| {
                wanted.numbers.insert(number);
            });
        }
        found
    }

    /// The tasks that one looks through; the newest, if there are many.
    pub(super) fn newest(&self) -> &[Task] {
        if self.extent == Extent::Nothing {
            self.want(|wanted| wanted.newest = true);
        }
        &self.tasks
    }

    /// The tasks whose titles have each of these folded words, or words that begin with them or are their singular; and others.
    pub(super) fn titled(&self, words: &[String]) -> &[Task] {
        let search = Search {
            tags: Vec::new(),
            phrases: words.iter().map(|word| phrase(word)).collect(),
        };
        if self.extent != Extent::All && !search.is_empty() && !self.known.searches.contains(&search) {
            self.want(|wanted| wanted.searches.push(search));
        }
        &self.tasks
    }

    /// Notes what is looked for first. What is looked for after something was missing may be so because it was.
    fn want(&self, note: impl FnOnce(&mut Wanted)) {
        let mut wanted = self.wanted.borrow_mut();
        if wanted.is_empty() {
            note(&mut wanted);
        }
    }
}

/// What finds at least the words that a named word means.
fn phrase(word: &str) -> Phrase {
    let is_prefix = word.chars().count() >= 3;
    let singular = word.strip_suffix('s').filter(|singular| singular.len() >= 3);
    Phrase {
        words: vec![singular.unwrap_or(word).to_owned()],
        is_prefix,
    }
}
