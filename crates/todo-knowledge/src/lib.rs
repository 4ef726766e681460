//! Finding what answers a question: words and their weights, texts cut into passages, the product's help, the formats of
//! embeddings endpoints and of Qdrant, and answers made of what was found. No input or output, no clock.
//!
//! Whatever is found is data that people wrote: it is quoted, and nothing in it is read as a command.

pub mod answer;
pub mod chunk;
pub mod embedding;
pub mod fuse;
pub mod help;
pub mod limits;
pub mod qdrant;
pub mod question;
pub mod score;
pub mod words;

use serde::{Deserialize, Serialize};

/// What something found is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A section of the product's help.
    Help,
    /// An entry of the operator's FAQ.
    Faq,
    /// A part of a document that the operator gave.
    Document,
    /// A product that the operator gave.
    Product,
    /// A task of the user's own.
    Task,
}

impl Kind {
    /// The name in tables and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Faq => "faq",
            Self::Document => "document",
            Self::Product => "product",
            Self::Task => "task",
        }
    }

    /// From the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Help, Self::Faq, Self::Document, Self::Product, Self::Task]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// Something found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// What names it among all of its kind: a passage's number, a task's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The text.
    pub text: String,
    /// How well it answers, from 0 to 1.
    pub score: f64,
    /// A task's number.
    pub number: Option<u32>,
}
