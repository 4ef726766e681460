//! What the assistant knows: the product's help, what the operator gave it, and for a user their own tasks. Found by words in the
//! database; where a vector database is configured also by meaning, and by words alone while that is away.

pub(crate) mod answers;
pub(crate) mod fields;
pub(crate) mod fill;
pub(crate) mod intake;
pub(crate) mod metrics;
pub(crate) mod options;
pub(crate) mod vectors;

use std::cell::OnceCell;

use todo_domain::task::Task;
use todo_knowledge::fuse::fuse;
use todo_knowledge::help::{Section, sections};
use todo_knowledge::qdrant::{EVERYBODY, Reference};
use todo_knowledge::score::{Indexed, Statistics, TOP, score};
use todo_knowledge::words::Question;
use todo_knowledge::{Hit, Kind};
use todo_service::database::Database;

use self::metrics::{Backend, Measured};
use crate::app::App;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::knowledge::{candidates, search};
use crate::store::tasks::{self, Reference as TaskReference};

/// A little more than the points that are wanted: some may stand for what is deleted.
const POINTS: usize = 4 * TOP;

/// Of two that answer equally well, one's own notes are meant.
const OWN_BONUS: f64 = 0.05;

/// Whose knowledge is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// Help, FAQ, documents and products: what everybody may know.
    Public,
    /// Of the operator's products alone.
    Products,
    /// What everybody may know, and this user's tasks.
    User(&'a str),
}

/// What was found, best first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// Why nothing was, if it was not.
    pub(crate) nothing: Option<Reason>,
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nothing has any of its words.
    NoSources,
    /// Nothing has enough of them.
    LowScore,
    /// It asks for nothing.
    Other,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NoSources => "no_sources",
            Self::LowScore => "low_score",
            Self::Other => "other",
        }
    }
}

/// What an instance keeps: the help, taken apart when it is first asked.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    help: OnceCell<Vec<(Section, Indexed)>>,
    pub(crate) measured: Measured,
    pub(crate) breaker: vectors::Breaker,
}

impl Knowledge {
    pub(crate) fn help(&self) -> &[(Section, Indexed)] {
        self.help.get_or_init(|| {
            let indexed = |section: &Section| Indexed::new(section.title, section.page, &section.text);
            let both = |section| {
                let words = indexed(&section);
                (section, words)
            };
            sections().into_iter().map(both).collect()
        })
    }
}

impl<P: Platform> App<P> {
    /// What answers a question. Ask it outside of transactions: servers outside may be asked.
    pub(crate) async fn know(&self, question: &str, scope: Scope<'_>) -> Result<Found, Failure> {
        let begun = self.platform.nanoseconds();
        let words = Question::parse(question);
        if words.is_empty() {
            let nothing = Some(Reason::Other);
            return Ok(Found {
                hits: Vec::new(),
                nothing,
            });
        }
        let by_words = self.by_words(&words, scope).await?;
        let by_meaning = self.by_meaning(question, scope).await?;
        let backend = match by_meaning {
            Some(_) => Backend::Vectors,
            None => Backend::Words,
        };
        let minimum = self.settings.knowledge.minimum;
        let is_anything = !by_words.is_empty() || by_meaning.as_ref().is_some_and(|hits| !hits.is_empty());
        let mut good = by_words;
        good.retain(|hit| hit.score >= minimum);
        let hits = match by_meaning {
            Some(near) => fuse(good, near, TOP),
            None => good.into_iter().take(TOP).collect(),
        };
        let taken = self.platform.nanoseconds().saturating_sub(begun);
        self.knowledge.measured.retrieval(backend, taken);
        let nothing = match (hits.is_empty(), is_anything) {
            (false, _) => None,
            (true, true) => Some(Reason::LowScore),
            (true, false) => Some(Reason::NoSources),
        };
        Ok(Found { hits, nothing })
    }

    async fn by_words(&self, question: &Question, scope: Scope<'_>) -> Result<Vec<Hit>, Failure> {
        let connection = self.platform.database().connect().await?;
        let kind = (scope == Scope::Products).then_some(Kind::Product);
        let (passages, in_passages) = candidates::passages(&connection, question, kind).await?;
        let help = if kind.is_some() {
            &[]
        } else {
            self.knowledge.help()
        };
        let in_help = Statistics::of(question, help.iter().map(|(_section, words)| words));
        let statistics = in_help.and(&in_passages);
        let of_help = help.iter().map(|(section, words)| Hit {
            score: score(question, &statistics, words),
            ..of_section(section)
        });
        let mut hits: Vec<Hit> = of_help.filter(|hit| hit.score > 0.0).collect();
        for passage in passages {
            let words = Indexed::new(&passage.title, &passage.tags, &passage.text);
            let score = score(question, &statistics, &words);
            hits.push(of_passage(passage, score));
        }
        if let Scope::User(user_id) = scope {
            let (found, statistics) = candidates::tasks_of(&connection, user_id, question).await?;
            hits.extend(found.iter().map(|task| {
                let description = task.description.as_deref().unwrap_or_default();
                let words = Indexed::new(&task.title, &task.tags.join(" "), description);
                of_task(task, (score(question, &statistics, &words) + OWN_BONUS).min(1.0))
            }));
        }
        hits.sort_by(|left, right| right.score.total_cmp(&left.score));
        Ok(hits)
    }

    /// What is near in meaning; nothing if there is no vector database, or it does not answer. What it says is only where to look:
    /// whose a thing is, whether it is still there and what it says is read from the tables.
    async fn by_meaning(&self, question: &str, scope: Scope<'_>) -> Result<Option<Vec<Hit>>, Failure> {
        let Some(options) = &self.settings.knowledge.vectors else {
            return Ok(None);
        };
        let owners = match scope {
            Scope::User(user_id) => vec![EVERYBODY, user_id],
            Scope::Public | Scope::Products => vec![EVERYBODY],
        };
        let Some(near) = self.nearest(options, question, &owners, POINTS).await else {
            return Ok(None);
        };
        let connection = self.platform.database().connect().await?;
        let mut hits = Vec::new();
        for point in near {
            if point.score < options.minimum {
                continue;
            }
            let Reference { owner, kind, id } = &point.reference;
            let hit = match (kind, scope) {
                (Kind::Task, Scope::User(user_id)) if owner == user_id => {
                    let found = tasks::find(&connection, user_id, &TaskReference::Id(id.clone())).await?;
                    let found = found.filter(|stored| !stored.is_deleted);
                    found.map(|stored| of_task(&stored.task, point.score))
                }
                (Kind::Task, _) => None,
                (Kind::Help, Scope::Products) => None,
                (Kind::Help, _) => {
                    let mut help = self.knowledge.help().iter();
                    let found = help.find(|(section, _words)| section.id == *id);
                    found.map(|(section, _words)| Hit {
                        score: point.score,
                        ..of_section(section)
                    })
                }
                (Kind::Faq | Kind::Document, Scope::Products) => None,
                (Kind::Faq | Kind::Document | Kind::Product, _) => {
                    let found = search::find(&connection, *kind, id).await?;
                    found.map(|passage| of_passage(passage, point.score))
                }
            };
            hits.extend(hit);
        }
        Ok(Some(hits))
    }
}

fn of_section(section: &Section) -> Hit {
    Hit {
        kind: Kind::Help,
        id: section.id.clone(),
        title: section.title.to_owned(),
        text: section.text.clone(),
        score: 0.0,
        number: None,
    }
}

fn of_passage(passage: search::Passage, score: f64) -> Hit {
    Hit {
        kind: passage.kind,
        id: passage.id,
        title: passage.title,
        text: passage.text,
        score,
        number: None,
    }
}

fn of_task(task: &Task, score: f64) -> Hit {
    Hit {
        kind: Kind::Task,
        id: task.id.clone(),
        title: task.title.clone(),
        text: task.description.clone().unwrap_or_default(),
        score,
        number: Some(task.number),
    }
}
