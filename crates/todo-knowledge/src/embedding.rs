//! The embeddings of an OpenAI-compatible endpoint: what is sent, and what comes back, which is not trusted.

use serde::{Deserialize, Serialize};

/// Texts of one request. With the largest vectors an answer then stays under [`LARGEST_ANSWER`].
pub const BATCH: usize = 16;

/// The longest answer that is read, in bytes.
pub const LARGEST_ANSWER: usize = 4 << 20;

/// The longest vector.
pub const MOST_DIMENSIONS: usize = 8_192;

/// What of a text is sent, in characters: models read some thousand words at most.
const TEXT_LIMIT: usize = 6_000;

/// What a text means, as a point.
pub type Vector = Vec<f32>;

/// The answer is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// It is no JSON of the right shape.
    #[error("the embeddings endpoint answered what is no list of embeddings")]
    Malformed,
    /// It has more or fewer vectors than texts were sent, or one twice.
    #[error("the embeddings endpoint answered {got} embeddings for {sent} texts")]
    Count {
        /// Texts.
        sent: usize,
        /// Vectors.
        got: usize,
    },
    /// The vectors are empty, too long, of different lengths, or point nowhere.
    #[error("the embeddings endpoint answered vectors that cannot be compared")]
    Vectors,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: Vec<String>,
    encoding_format: &'static str,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vec<f64>,
}

/// The body of a request for these texts' vectors.
#[must_use]
pub fn request(model: &str, texts: &[&str]) -> String {
    let input = texts.iter().map(|text| {
        let text: String = text.chars().take(TEXT_LIMIT).collect();
        // Endpoints refuse empty texts, and with them the others of the request.
        if text.trim().is_empty() {
            "-".to_owned()
        } else {
            text
        }
    });
    let request = Request {
        model,
        input: input.collect(),
        encoding_format: "float",
    };
    serde_json::to_string(&request).unwrap_or_default()
}

/// The vectors of an answer, in the order of the texts.
///
/// # Errors
/// It is not an answer to so many texts.
pub fn read(body: &[u8], texts: usize) -> Result<Vec<Vector>, EmbeddingError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_not_one| EmbeddingError::Malformed)?;
    let count = EmbeddingError::Count {
        sent: texts,
        got: answer.data.len(),
    };
    if answer.data.len() != texts {
        return Err(count);
    }
    let mut vectors: Vec<Option<Vector>> = vec![None; texts];
    let mut dimensions = None;
    for (place, item) in answer.data.into_iter().enumerate() {
        let vector: Vector = item.embedding.into_iter().map(narrowed).collect();
        let length = vector.iter().map(|value| value * value).sum::<f32>();
        let is_usable = (1..=MOST_DIMENSIONS).contains(&vector.len()) && length.is_finite() && length > 0.0;
        if !is_usable || dimensions.is_some_and(|known| known != vector.len()) {
            return Err(EmbeddingError::Vectors);
        }
        dimensions = Some(vector.len());
        match vectors.get_mut(item.index.unwrap_or(place)) {
            Some(free @ None) => *free = Some(vector),
            _ => return Err(count),
        }
    }
    vectors.into_iter().collect::<Option<_>>().ok_or(count)
}

/// Embeddings have the precision of a single float, or less. What is out of its range becomes infinite, and is refused.
#[expect(clippy::cast_possible_truncation, reason = "it is what narrowing is for")]
fn narrowed(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        let body = json!({"data": [{"index": 1, "embedding": [0, 1.5]}, {"index": 0, "embedding": [1, 0]}], "usage": {}});
        let vectors = read(body.to_string().as_bytes(), 2).unwrap();
        assert_eq!(vectors, [vec![1.0, 0.0], vec![0.0, 1.5]]);
        let without_index = json!({"data": [{"embedding": [1]}]});
        assert!(read(without_index.to_string().as_bytes(), 1).is_ok());
    }

    #[test]
    fn what_was_not_asked_for_is_refused() {
        let one = |embedding: serde_json::Value| {
            json!({"data": [{"index": 0, "embedding": embedding}]}).to_string()
        };
        for (body, expected) in [
            ("{}".to_owned(), EmbeddingError::Malformed),
            ("<html>".to_owned(), EmbeddingError::Malformed),
            (one(json!("AAAA")), EmbeddingError::Malformed),
            (one(json!([null])), EmbeddingError::Malformed),
            (one(json!([])), EmbeddingError::Vectors),
            (one(json!([0.0, 0.0])), EmbeddingError::Vectors),
            (one(json!([1e300])), EmbeddingError::Vectors),
            (
                one(json!(vec![0.5; MOST_DIMENSIONS + 1])),
                EmbeddingError::Vectors,
            ),
            (
                r#"{"data": []}"#.to_owned(),
                EmbeddingError::Count { sent: 1, got: 0 },
            ),
            (
                json!({"data": [{"index": 7, "embedding": [1]}]}).to_string(),
                EmbeddingError::Count { sent: 1, got: 1 },
            ),
        ] {
            assert_eq!(read(body.as_bytes(), 1), Err(expected), "{body}");
        }
        let twice =
            json!({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}).to_string();
        assert!(read(twice.as_bytes(), 2).is_err());
        let uneven =
            json!({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]}).to_string();
        assert_eq!(read(uneven.as_bytes(), 2), Err(EmbeddingError::Vectors));
    }

    #[test]
    fn no_text_is_empty_or_without_end() {
        let body: serde_json::Value =
            serde_json::from_str(&request("m", &[" ", &"x".repeat(9_000)])).unwrap();
        assert_eq!(body["input"][0], "-");
        assert_eq!(body["input"][1].as_str().unwrap().len(), TEXT_LIMIT);
        assert_eq!(body["model"], "m");
    }
}
