//! Tells the vector database what has changed: a job's work, behind everybody's back.
//!
//! The queue is read, the things are looked up as they are now, their points are written or removed, and only then the queue is
//! shortened: whatever is killed in between is done again, and comes to the same.

use std::time::Duration;

use todo_knowledge::Kind;
use todo_knowledge::embedding::{BATCH, Vector};
use todo_knowledge::qdrant::{self, Call, Reference};
use todo_service::answer::Answer;
use todo_service::database::{Database, DatabaseError};

use super::options::VectorOptions;
use super::vectors::VectorError;
use crate::app::App;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::knowledge::search;
use crate::store::knowledge::vectors::{self, Waiting};
use crate::store::tasks::{self, Reference as TaskReference};

/// The job, and how often it comes.
pub(crate) const JOB: (&str, Duration) = ("vectors", Duration::from_secs(2));

/// How long a server may take for a batch. Together they stay below the time that a job may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Batches of one firing. What is left comes with the next.
const BATCHES: usize = 50;

/// What a batch is to say.
#[derive(Debug, Default)]
struct Batch {
    texts: Vec<(Reference, String)>,
    gone: Vec<Reference>,
}

impl<P: Platform> App<P> {
    /// Puts everything into the queue if this vector database has never been filled.
    pub(crate) async fn begin_filling(&self) -> Result<(), DatabaseError> {
        let Some(options) = &self.settings.knowledge.vectors else {
            return Ok(());
        };
        let connection = self.platform.database().connect().await?;
        let help = self.knowledge.help().iter();
        let help: Vec<String> = help.map(|(section, _words)| section.id.clone()).collect();
        vectors::fill(&connection, &options.place(), &help).await
    }

    /// Works off the queue, as far as one firing may.
    pub(crate) async fn fill_vectors(&self) -> Result<(), Failure> {
        let Some(options) = &self.settings.knowledge.vectors else {
            return Ok(());
        };
        for _batch in 0..BATCHES {
            let connection = self.platform.database().connect().await?;
            let waiting = vectors::first(&connection, BATCH).await?;
            if waiting.is_empty() {
                break;
            }
            let batch = self.look_up(&connection, &waiting).await?;
            drop(connection);
            if let Err(error) = self.tell(options, batch).await {
                self.knowledge.measured.vector_failure(error.stage());
                self.flush_counters().await;
                return Err(Failure::unavailable(error.to_string()));
            }
            let connection = self.platform.database().connect().await?;
            vectors::done(&connection, &waiting).await?;
        }
        Ok(())
    }

    /// Things as they are now.
    async fn look_up(
        &self,
        connection: &<P::Database as Database>::Connection,
        waiting: &[Waiting],
    ) -> Result<Batch, Failure> {
        let mut batch = Batch::default();
        for Waiting { reference, .. } in waiting {
            let Reference { owner, kind, id } = reference;
            let text = match kind {
                Kind::Task => {
                    let found = tasks::find(connection, owner, &TaskReference::Id(id.clone())).await?;
                    let found = found.filter(|stored| !stored.is_deleted);
                    found.map(|stored| {
                        let description = stored.task.description.unwrap_or_default();
                        text(&stored.task.title, &stored.task.tags.join(" "), &description)
                    })
                }
                Kind::Help => {
                    let mut help = self.knowledge.help().iter();
                    let found = help.find(|(section, _words)| section.id == *id);
                    found.map(|(section, _words)| text(section.title, section.page, &section.text))
                }
                Kind::Faq | Kind::Document | Kind::Product => {
                    let found = search::find(connection, *kind, id).await?;
                    found.map(|passage| text(&passage.title, &passage.tags, &passage.text))
                }
            };
            match text {
                Some(text) => batch.texts.push((reference.clone(), text)),
                None => batch.gone.push(reference.clone()),
            }
        }
        Ok(batch)
    }

    async fn tell(&self, options: &VectorOptions, batch: Batch) -> Result<(), VectorError> {
        if !batch.gone.is_empty() {
            let call = qdrant::remove(&options.collection, &batch.gone);
            let answer = self.ask_qdrant(options, call, PATIENCE).await?;
            // Where there is no collection there is nothing to remove.
            expect(&answer, 404)?;
        }
        let points = self.vectors_of(options, batch.texts).await?;
        let Some((_reference, vector)) = points.first() else {
            return Ok(());
        };
        let dimensions = vector.len();
        let upsert = || qdrant::upsert(&options.collection, &points);
        let answer = self.ask_qdrant(options, upsert(), PATIENCE).await?;
        if answer.status().as_u16() != 404 {
            return expect(&answer, 0);
        }
        let make: [Call; 2] = [
            qdrant::create(&options.collection, dimensions),
            qdrant::index_owners(&options.collection),
        ];
        for call in make {
            let answer = self.ask_qdrant(options, call, PATIENCE).await?;
            // Another one may have made it meanwhile.
            expect(&answer, 409)?;
        }
        let answer = self.ask_qdrant(options, upsert(), PATIENCE).await?;
        expect(&answer, 0)
    }

    /// The points of texts. One that the endpoint refuses for what it says must not keep the others waiting: it is left out.
    async fn vectors_of(
        &self,
        options: &VectorOptions,
        texts: Vec<(Reference, String)>,
    ) -> Result<Vec<(Reference, Vector)>, VectorError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let all: Vec<&str> = texts.iter().map(|(_reference, text)| text.as_str()).collect();
        match self.embed(options, &all, PATIENCE).await {
            Ok(vectors) => {
                let references = texts.into_iter().map(|(reference, _text)| reference);
                return Ok(references.zip(vectors).collect());
            }
            Err(VectorError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
        let mut points = Vec::new();
        for (reference, text) in texts {
            match self.embed(options, &[&text], PATIENCE).await {
                Ok(vectors) => points.extend(vectors.into_iter().map(|vector| (reference.clone(), vector))),
                Err(error @ VectorError::Refused(_)) => {
                    self.knowledge.measured.vector_failure(error.stage());
                    let name = format!("{} {}", reference.kind.as_str(), reference.id);
                    self.platform
                        .log(&format!("{name} is found by its words alone: {error}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(points)
    }
}

fn text(title: &str, tags: &str, text: &str) -> String {
    format!("{title}\n{tags}\n{text}")
}

/// Whether it was done, or was no use.
fn expect(answer: &Answer, tolerated: u16) -> Result<(), VectorError> {
    match answer.status().as_u16() {
        200..=299 if qdrant::is_done(answer.body()) => Ok(()),
        200..=299 => Err(VectorError::Qdrant("did not say that it is done".to_owned())),
        status if status == tolerated => Ok(()),
        status => Err(VectorError::Qdrant(format!("answered {status}"))),
    }
}
