//! The vector database and the endpoint that makes vectors, both of which may be away, slow or wrong.

use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use todo_knowledge::embedding::{self, Vector};
use todo_knowledge::qdrant::{self, Call, Scored};
use todo_service::answer::Answer;

use super::options::{PATIENCE, VectorOptions};
use crate::app::App;
use crate::platform::{Bounds, Platform};

/// How long nobody is kept waiting again after a failure, in milliseconds.
const REST: i64 = 30_000;

/// Until when the vector database is left alone by this instance's questions.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Cell<i64>);

/// Why there are no vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VectorError {
    /// The endpoint did not answer as it should.
    #[error("the embeddings endpoint: {0}")]
    Embeddings(String),
    /// It will never take one of these texts.
    #[error("the embeddings endpoint refuses the text with status {0}")]
    Refused(u16),
    /// Qdrant did not answer as it should.
    #[error("Qdrant: {0}")]
    Qdrant(String),
}

impl VectorError {
    pub(crate) fn stage(&self) -> &'static str {
        match self {
            Self::Embeddings(_) | Self::Refused(_) => "embeddings",
            Self::Qdrant(_) => "qdrant",
        }
    }
}

impl<P: Platform> App<P> {
    /// The points nearest to a question; nothing if there is nobody to say. A failure is counted, told to the log, and keeps the next
    /// questions from waiting.
    pub(crate) async fn nearest(
        &self,
        options: &VectorOptions,
        question: &str,
        owners: &[&str],
        limit: usize,
    ) -> Option<Vec<Scored>> {
        let now = self.platform.now();
        if self.knowledge.breaker.0.get() > now {
            self.knowledge.measured.vector_failure("resting");
            return None;
        }
        let asked = async {
            let vectors = self.embed(options, &[question], PATIENCE).await?;
            let vector = vectors.first().ok_or(VectorError::Refused(0))?;
            let call = qdrant::query(&options.collection, vector, owners, limit);
            let answer = self.ask_qdrant(options, call, PATIENCE).await?;
            if !answer.status().is_success() {
                return Err(VectorError::Qdrant(format!(
                    "answered {}",
                    answer.status().as_u16()
                )));
            }
            let points = qdrant::read(answer.body(), owners, limit);
            points.map_err(|error| VectorError::Qdrant(error.to_string()))
        };
        match asked.await {
            Ok(points) => Some(points),
            Err(error) => {
                self.knowledge.measured.vector_failure(error.stage());
                // A text that is refused says nothing of the next one.
                if !matches!(error, VectorError::Refused(_)) {
                    self.knowledge.breaker.0.set(now.saturating_add(REST));
                }
                let line = format!("questions are answered by words alone for a while: {error}");
                self.platform.log(&line);
                None
            }
        }
    }

    /// The vectors of texts.
    pub(crate) async fn embed(
        &self,
        options: &VectorOptions,
        texts: &[&str],
        patience: Duration,
    ) -> Result<Vec<Vector>, VectorError> {
        let wrong = |reason: String| VectorError::Embeddings(reason);
        let mut request = Request::post(format!("{}/embeddings", options.embeddings_url))
            .header(CONTENT_TYPE, "application/json");
        if !options.embeddings_key.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", options.embeddings_key));
        }
        let request = request.body(Bytes::from(embedding::request(&options.model, texts)));
        // What is wrong with a header may be the key: it is not repeated.
        let request = request.map_err(|_unfit| wrong("the address or the key is unfit".to_owned()))?;
        let bounds = Bounds {
            patience,
            largest_answer: embedding::LARGEST_ANSWER,
        };
        let answer = self.platform.fetch(request, bounds).await.map_err(wrong)?;
        match answer.status().as_u16() {
            200..=299 => {
                embedding::read(answer.body(), texts.len()).map_err(|error| wrong(error.to_string()))
            }
            status @ (400 | 413 | 422) => Err(VectorError::Refused(status)),
            status => Err(wrong(format!("answered {status}"))),
        }
    }

    pub(crate) async fn ask_qdrant(
        &self,
        options: &VectorOptions,
        call: Call,
        patience: Duration,
    ) -> Result<Answer, VectorError> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("{}{}", options.qdrant_url, call.path))
            .header(CONTENT_TYPE, "application/json");
        if !options.qdrant_key.is_empty() {
            request = request.header("api-key", &options.qdrant_key);
        }
        let body = call.body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.body(Bytes::from(body));
        let request =
            request.map_err(|_unfit| VectorError::Qdrant("the address or the key is unfit".to_owned()))?;
        let bounds = Bounds {
            patience,
            largest_answer: qdrant::LARGEST_ANSWER,
        };
        self.platform
            .fetch(request, bounds)
            .await
            .map_err(VectorError::Qdrant)
    }
}
