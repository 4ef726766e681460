//! Qdrant's REST interface and an embeddings endpoint in memory: real filters, real cosines, and as wrong as a test wants. It
//! answers requests; listening is for whoever has a port.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Dimensions of the vectors.
const DIMENSIONS: usize = 1024;

/// Words that mean the same to the model.
const MEANINGS: &[&[&str]] = &[
    &["car", "automobile", "vehicle"],
    &["doctor", "physician"],
    &["refund", "reimbursement", "money-back"],
    &["flat", "apartment", "home"],
];

/// How a server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    #[default]
    Right,
    /// With an error of its own.
    Failing,
    /// With what is no answer.
    Malformed,
    /// Never. The caller of [`Vectors::answer`] sees to that.
    Silent,
    /// With everybody's points, whatever the filter says, and the best scores.
    Hostile,
}

#[derive(Clone, Debug)]
struct Point {
    vector: Vec<f64>,
    payload: Value,
}

/// Both servers.
#[derive(Clone, Debug, Default)]
pub struct Vectors {
    /// How Qdrant answers.
    pub qdrant: Manner,
    /// How the embeddings endpoint answers.
    pub embeddings: Manner,
    /// A text with this in it is refused.
    pub refused: Option<String>,
    /// The keys that are wanted, of Qdrant and of the endpoint.
    pub keys: Option<(String, String)>,
    /// Every request: method and path.
    pub requests: Vec<String>,
    /// Every body that came to Qdrant.
    pub told: Vec<String>,
    collections: BTreeMap<String, BTreeMap<String, Point>>,
}

impl Vectors {
    /// The payloads of all points of a collection.
    #[must_use]
    pub fn payloads(&self, collection: &str) -> Vec<Value> {
        let points = self.collections.get(collection);
        points
            .into_iter()
            .flat_map(BTreeMap::values)
            .map(|point| point.payload.clone())
            .collect()
    }

    /// Answers a request; `None` never.
    pub fn answer(
        &mut self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Option<(u16, String)> {
        self.requests.push(format!("{method} {path}"));
        let is_embedding = path.ends_with("/embeddings");
        let (manner, wanted) = match (is_embedding, &self.keys) {
            (true, keys) => (
                self.embeddings,
                keys.as_ref().map(|(_qdrant, key)| format!("Bearer {key}")),
            ),
            (false, keys) => (self.qdrant, keys.as_ref().map(|(key, _embeddings)| key.clone())),
        };
        if wanted.is_some() && wanted.as_deref() != key {
            return Some((401, r#"{"status": {"error": "forbidden"}}"#.to_owned()));
        }
        match manner {
            Manner::Silent => return None,
            Manner::Failing => return Some((503, "busy".to_owned())),
            Manner::Malformed => return Some((200, r#"{"result": [{"data": "#.to_owned())),
            Manner::Right | Manner::Hostile => {}
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Some(if is_embedding {
            self.embed(&body)
        } else {
            self.told.push(body.to_string());
            self.store(method, path, &body)
        })
    }

    fn embed(&self, body: &Value) -> (u16, String) {
        let texts: Vec<&str> = list(body, "input").iter().filter_map(Value::as_str).collect();
        if let Some(refused) = &self.refused
            && texts.iter().any(|text| text.contains(refused.as_str()))
        {
            return (400, r#"{"error": {"message": "unfit"}}"#.to_owned());
        }
        let data: Vec<Value> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| json!({ "index": index, "object": "embedding", "embedding": vector(text) }))
            .collect();
        (200, json!({ "object": "list", "data": data }).to_string())
    }

    fn store(&mut self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let done = (200, json!({ "status": "ok", "result": true }).to_string());
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let ["collections", name, rest @ ..] = parts.as_slice() else {
            return (404, "{}".to_owned());
        };
        if method == "PUT" && rest.is_empty() {
            if self.collections.contains_key(*name) {
                return (409, "{}".to_owned());
            }
            self.collections.insert((*name).to_owned(), BTreeMap::new());
            return done;
        }
        let is_hostile = self.qdrant == Manner::Hostile;
        let Some(points) = self.collections.get_mut(*name) else {
            return (
                404,
                r#"{"status": {"error": "Not found: Collection doesn't exist!"}}"#.to_owned(),
            );
        };
        match (method, rest) {
            ("PUT", ["index"]) => done,
            ("PUT", ["points"]) => {
                for point in list(body, "points") {
                    let numbers = list(point, "vector").iter().filter_map(Value::as_f64);
                    let payload = point.get("payload").cloned().unwrap_or_default();
                    let vector = numbers.collect();
                    points.insert(text(point, "id").to_owned(), Point { vector, payload });
                }
                done
            }
            ("POST", ["points", "delete"]) => {
                for id in list(body, "points").iter().filter_map(Value::as_str) {
                    points.remove(id);
                }
                if let Some(filter) = body.get("filter") {
                    points.retain(|_id, point| !fits(filter, &point.payload));
                }
                done
            }
            ("POST", ["points", "query"]) => {
                let asked: Vec<f64> = list(body, "query").iter().filter_map(Value::as_f64).collect();
                let filter = body.get("filter").cloned().unwrap_or_default();
                let mut scored: Vec<(f64, &Point)> = points
                    .values()
                    .filter(|point| is_hostile || fits(&filter, &point.payload))
                    .map(|point| {
                        (
                            if is_hostile {
                                1.0
                            } else {
                                cosine(&asked, &point.vector)
                            },
                            point,
                        )
                    })
                    .collect();
                scored.sort_by(|left, right| right.0.total_cmp(&left.0));
                let limit = body.get("limit").and_then(Value::as_u64).unwrap_or(10);
                let limit = if is_hostile {
                    usize::MAX
                } else {
                    usize::try_from(limit).unwrap_or(10)
                };
                let found: Vec<Value> = scored
                    .into_iter()
                    .take(limit)
                    .map(|(score, point)| json!({ "id": 1, "version": 1, "score": score, "payload": point.payload }))
                    .collect();
                (
                    200,
                    json!({ "status": "ok", "time": 0.001, "result": { "points": found } }).to_string(),
                )
            }
            _ => (404, "{}".to_owned()),
        }
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a payload has one of the values that each condition names.
fn fits(filter: &Value, payload: &Value) -> bool {
    list(filter, "must").iter().all(|condition| {
        let value = payload.get(text(condition, "key"));
        let any = condition.get("match").map(|matched| list(matched, "any"));
        any.is_some_and(|any| any.iter().any(|wanted| Some(wanted) == value))
    })
}

/// A bag of words: each has a dimension, and those that mean the same have the same.
fn vector(text: &str) -> Vec<f64> {
    let mut vector = vec![0.0; DIMENSIONS];
    // Endpoints give no vector of length 0.
    if let Some(first) = vector.first_mut() {
        *first = 0.01;
    }
    for word in text
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric() && letter != '-')
    {
        // Articles and their like say nothing.
        if word.len() < 3
            || [
                "the", "what", "about", "know", "did", "write", "how", "does", "and", "for",
            ]
            .contains(&word)
        {
            continue;
        }
        let word = MEANINGS
            .iter()
            .find(|alike| alike.contains(&word))
            .and_then(|alike| alike.first())
            .unwrap_or(&word);
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // Short words differ in few bits; this spreads them.
        let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let dimension = usize::try_from(hash >> 40).unwrap_or_default() % DIMENSIONS;
        if let Some(place) = vector.get_mut(dimension) {
            *place += 1.0;
        }
    }
    vector
}

fn cosine(left: &[f64], right: &[f64]) -> f64 {
    let product = |left: &[f64], right: &[f64]| {
        left.iter()
            .zip(right)
            .map(|(left, right)| left * right)
            .sum::<f64>()
    };
    product(left, right) / (product(left, left) * product(right, right)).sqrt()
}
