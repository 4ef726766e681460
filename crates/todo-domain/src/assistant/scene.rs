//! What a message is read against: the tasks by number and by the words of their titles, and what "it" is.

use std::cell::OnceCell;

use super::{Context, TaskLine};
use crate::task::Task;
use crate::text::{fold, words};

/// Most lines of a question.
const LINES_LIMIT: usize = 10;

/// The context of one command.
pub(super) struct Scene<'a> {
    pub(super) context: Context<'a>,
    /// Only these are in question, if an answer is read.
    among: Option<Vec<u32>>,
    /// What was spoken of last: in the turn before, or in the command before this one.
    focus: Vec<u32>,
    /// The task that the command before this one will make.
    coming: Option<Task>,
    /// Whether the command is only guessed from a misspelt one.
    pub(super) is_guess: bool,
    titles: OnceCell<Vec<Title<'a>>>,
}

/// A task with the words of its title.
pub(super) struct Title<'a> {
    pub(super) task: &'a Task,
    pub(super) folded: String,
    pub(super) words: Vec<String>,
}

impl<'a> Title<'a> {
    fn of(task: &'a Task) -> Self {
        Self {
            task,
            folded: fold(&task.title),
            words: words(&task.title),
        }
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(context: &Context<'a>) -> Self {
        Self {
            context: *context,
            among: None,
            focus: context.focus.to_vec(),
            coming: None,
            is_guess: false,
            titles: OnceCell::new(),
        }
    }

    /// Only these tasks, in this order.
    pub(super) fn among(context: &Context<'a>, numbers: &[u32]) -> Self {
        Self {
            among: Some(numbers.to_vec()),
            focus: numbers.to_vec(),
            ..Self::new(context)
        }
    }

    /// From now on "it" is these.
    pub(super) fn look_at(&mut self, focus: Vec<u32>) {
        self.focus = focus;
        self.coming = None;
    }

    /// From now on "it" is a task that is not there yet.
    pub(super) fn expect(&mut self, task: Task) {
        self.focus = vec![task.number];
        self.coming = Some(task);
    }

    pub(super) fn find(&self, number: u32) -> Option<&Task> {
        let coming = self.coming.as_ref().filter(|task| task.number == number);
        let is_among = self
            .among
            .as_ref()
            .is_none_or(|numbers| numbers.contains(&number));
        // What is not in question need not be looked up.
        coming.or_else(|| is_among.then(|| self.context.tasks.find(number)).flatten())
    }

    /// The tasks in question.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &'a Task> {
        let tasks: Vec<&'a Task> = match &self.among {
            Some(numbers) => numbers
                .iter()
                .filter_map(|number| self.context.tasks.find(*number))
                .collect(),
            None => self.context.tasks.newest().iter().collect(),
        };
        tasks.into_iter()
    }

    /// The tasks in question, by the words of their titles.
    pub(super) fn titles(&self) -> &[Title<'a>] {
        let tasks = self.tasks();
        self.titles.get_or_init(|| tasks.map(Title::of).collect())
    }

    /// The tasks in question whose titles have these words, and others; by the words of their titles.
    pub(super) fn titled(&self, words: &[String]) -> &[Title<'a>] {
        if self.among.is_some() {
            return self.titles();
        }
        let tasks = self.context.tasks.titled(words);
        self.titles.get_or_init(|| tasks.iter().map(Title::of).collect())
    }

    /// Whether a task is called so.
    pub(super) fn is_title(&self, text: &str) -> bool {
        let titles = self.titled(&words(text));
        let folded = fold(text);
        titles.iter().any(|title| title.folded == folded)
    }

    /// What was shown last, as far as it is still there.
    pub(super) fn shown(&self) -> Vec<u32> {
        match &self.among {
            Some(numbers) => numbers.clone(),
            None => self.known(self.context.last_list),
        }
    }

    /// What was spoken of last, as far as it is still there.
    pub(super) fn focus(&self) -> Vec<u32> {
        self.known(&self.focus)
    }

    /// The open tasks, the oldest first.
    pub(super) fn open(&self) -> Vec<u32> {
        let mut open: Vec<u32> = self
            .tasks()
            .filter(|task| task.status.is_open())
            .map(|task| task.number)
            .collect();
        open.sort_unstable();
        open
    }

    /// The tasks as the assistant names them, one per line.
    pub(super) fn lines(&self, numbers: &[u32]) -> String {
        let tasks = numbers.iter().filter_map(|number| self.find(*number));
        let mut text: String = tasks
            .take(LINES_LIMIT)
            .map(|task| format!("\n{}", super::respond::line(&TaskLine::from(task))))
            .collect();
        if numbers.len() > LINES_LIMIT {
            text.push_str(&format!("\n… and {} more.", numbers.len() - LINES_LIMIT));
        }
        text
    }

    fn known(&self, numbers: &[u32]) -> Vec<u32> {
        let mut known: Vec<u32> = Vec::new();
        for number in numbers {
            if self.find(*number).is_some() && !known.contains(number) {
                known.push(*number);
            }
        }
        known
    }
}
