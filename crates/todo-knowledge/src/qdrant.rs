//! Qdrant's REST interface, as far as it is used. A point has a vector, and says whose it is and what it stands for: no text is
//! given away, and none is believed that comes back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Kind;
use crate::embedding::Vector;

/// The owner of what everybody may find: help, FAQ, documents, products. No user has this id.
pub const EVERYBODY: &str = "everybody";

/// The longest answer that is read, in bytes.
pub const LARGEST_ANSWER: usize = 1 << 20;

/// What a point stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The user whose it is, or [`EVERYBODY`].
    pub owner: String,
    /// What it is.
    pub kind: Kind,
    /// Its id among all of its kind.
    pub id: String,
}

/// A point that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// What it stands for.
    pub reference: Reference,
    /// The cosine of the angle between it and the question, from 0 to 1; what points away counts 0.
    pub score: f64,
}

/// A request: method, path after the server's address, body.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `GET`, `PUT` or `POST`.
    pub method: &'static str,
    /// With its leading slash.
    pub path: String,
    /// JSON; none for `GET`.
    pub body: Option<Value>,
}

/// The answer is none of Qdrant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Qdrant answered what is no list of points")]
pub struct Malformed;

#[derive(Deserialize)]
struct Answer {
    result: Found,
}

#[derive(Deserialize)]
struct Found {
    points: Vec<Value>,
}

#[derive(Deserialize)]
struct Point {
    score: f64,
    payload: Reference,
}

/// Whether a text can name a collection: what needs no escape in a path.
#[must_use]
pub fn is_collection(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

impl Reference {
    /// The id of the point: always the same for the same thing, so that it is replaced and not doubled.
    #[must_use]
    pub fn point(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.owner.as_str(), self.kind.as_str(), self.id.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut bytes = [0; 16];
        for (byte, source) in bytes.iter_mut().zip(hash.finalize()) {
            *byte = source;
        }
        // RFC 9562, version 8: made by a rule of our own.
        let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0b11 << 62) | 0x8 << 76 | 0b10 << 62;
        let digits = format!("{number:032x}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-{}-{}-{}",
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32)
        )
    }
}

/// Makes the collection for vectors of so many dimensions. It is an error (409) if it exists.
#[must_use]
pub fn create(collection: &str, dimensions: usize) -> Call {
    Call {
        method: "PUT",
        path: format!("/collections/{collection}"),
        body: Some(json!({ "vectors": { "size": dimensions, "distance": "Cosine" } })),
    }
}

/// Makes the index of owners, without which a large collection is searched slowly.
#[must_use]
pub fn index_owners(collection: &str) -> Call {
    let schema = json!({ "type": "keyword", "is_tenant": true });
    Call {
        method: "PUT",
        path: format!("/collections/{collection}/index?wait=true"),
        body: Some(json!({ "field_name": "owner", "field_schema": schema })),
    }
}

/// Writes points, in place of what was there of them.
#[must_use]
pub fn upsert(collection: &str, points: &[(Reference, Vector)]) -> Call {
    let point = |(reference, vector): &(Reference, Vector)| json!({ "id": reference.point(), "vector": vector, "payload": reference });
    Call {
        method: "PUT",
        path: format!("/collections/{collection}/points?wait=true"),
        body: Some(json!({ "points": points.iter().map(point).collect::<Vec<_>>() })),
    }
}

/// Removes points. Those that are not there do not matter.
#[must_use]
pub fn remove(collection: &str, references: &[Reference]) -> Call {
    let points: Vec<String> = references.iter().map(Reference::point).collect();
    Call {
        method: "POST",
        path: format!("/collections/{collection}/points/delete?wait=true"),
        body: Some(json!({ "points": points })),
    }
}

/// Removes all points of one owner.
#[must_use]
pub fn remove_owner(collection: &str, owner: &str) -> Call {
    Call {
        method: "POST",
        path: format!("/collections/{collection}/points/delete?wait=true"),
        body: Some(json!({ "filter": { "must": [owned_by(&[owner])] } })),
    }
}

/// Asks for the points nearest to a vector, of these owners alone.
#[must_use]
pub fn query(collection: &str, vector: &Vector, owners: &[&str], limit: usize) -> Call {
    let body = json!({
        "query": vector,
        "filter": { "must": [owned_by(owners)] },
        "limit": limit,
        "with_payload": ["owner", "kind", "id"],
        "with_vector": false,
    });
    Call {
        method: "POST",
        path: format!("/collections/{collection}/points/query"),
        body: Some(body),
    }
}

fn owned_by(owners: &[&str]) -> Value {
    json!({ "key": "owner", "match": { "any": owners } })
}

/// Whether the server says that it has done what it was told.
#[must_use]
pub fn is_done(body: &[u8]) -> bool {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    answer.is_some_and(|answer| answer.get("status").and_then(Value::as_str) == Some("ok"))
}

/// What was found, best first: of these owners alone, whatever the server says, each once.
///
/// # Errors
/// It is no answer to [`query`].
pub fn read(body: &[u8], owners: &[&str], limit: usize) -> Result<Vec<Scored>, Malformed> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_not_one| Malformed)?;
    let mut found: Vec<Scored> = Vec::new();
    for point in answer.result.points {
        // A collection may hold points of others, which have no such payload.
        let Ok(Point { score, payload }) = serde_json::from_value(point) else {
            continue;
        };
        let is_known = found.iter().any(|known| known.reference == payload);
        if is_known || !score.is_finite() || !owners.contains(&payload.owner.as_str()) {
            continue;
        }
        found.push(Scored {
            reference: payload,
            score: score.clamp(0.0, 1.0),
        });
    }
    found.sort_by(|left, right| right.score.total_cmp(&left.score));
    found.truncate(limit);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reference(owner: &str, id: &str) -> Reference {
        Reference {
            owner: owner.to_owned(),
            kind: Kind::Task,
            id: id.to_owned(),
        }
    }

    fn point(owner: &str, id: &str, score: f64) -> Value {
        json!({ "id": 1, "version": 3, "score": score, "payload": reference(owner, id) })
    }

    #[test]
    fn points_of_others_are_left_out_whatever_the_server_answers() {
        let answer = json!({ "status": "ok", "time": 0.1, "result": { "points": [
            point("ann", "1", 0.2), point("bob", "2", 0.99), point("ann", "3", 0.9), point("ann", "3", 0.8), point("ann", "4", -0.5),
            { "id": 7, "score": 0.9 }, { "id": 8, "score": 0.9, "payload": { "owner": "ann" } }, 7,
        ] } });
        let found = read(answer.to_string().as_bytes(), &["ann", EVERYBODY], 10).unwrap();
        let ids: Vec<&str> = found.iter().map(|found| found.reference.id.as_str()).collect();
        assert_eq!(ids, ["3", "1", "4"]);
        assert!(found[2].score.abs() < f64::EPSILON);
        assert_eq!(read(answer.to_string().as_bytes(), &["ann"], 1).unwrap().len(), 1);
        for body in [
            "",
            "{}",
            "[]",
            r#"{"result": []}"#,
            r#"{"result": {"points": {}}}"#,
        ] {
            assert_eq!(read(body.as_bytes(), &["ann"], 1), Err(Malformed), "{body}");
        }
    }

    #[test]
    fn a_question_is_asked_for_its_owners_alone() {
        let call = query("todo", &vec![0.5, 1.0], &["ann", EVERYBODY], 12);
        assert_eq!(call.path, "/collections/todo/points/query");
        let body = call.body.unwrap();
        assert_eq!(
            body["filter"]["must"][0]["match"]["any"],
            json!(["ann", EVERYBODY])
        );
        assert_eq!((&body["limit"], &body["query"][0]), (&json!(12), &json!(0.5)));
    }

    #[test]
    fn done_is_what_the_server_says_so_of() {
        assert!(is_done(
            br#"{"result": {"operation_id": 1, "status": "completed"}, "status": "ok", "time": 0.1}"#
        ));
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"status": {"error": "no"}}"#,
            r#"{"status": "o"#,
        ] {
            assert!(!is_done(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_point_has_one_uuid() {
        let id = reference("ann", "1").point();
        assert_eq!(id, reference("ann", "1").point());
        assert_ne!(id, reference("ann1", "").point());
        assert_eq!(id.len(), 36);
        assert_eq!((&id[14..15], "89ab".contains(&id[19..20])), ("8", true));
    }

    #[test]
    fn names_of_collections_need_no_escape() {
        for (name, is_one) in [
            ("todo", true),
            ("todo_1-a", true),
            ("", false),
            ("a/b", false),
            ("a?b", false),
            ("é", false),
        ] {
            assert_eq!(is_collection(name), is_one, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_shows_what_is_anothers(owners in proptest::collection::vec("ann|bob|eve|everybody", 0..12), scores in proptest::collection::vec(any::<f64>(), 12)) {
            let points: Vec<Value> = owners.iter().zip(&scores).enumerate()
                .map(|(id, (owner, score))| point(owner, &id.to_string(), *score)).collect();
            let answer = json!({ "result": { "points": points } });
            let found = read(answer.to_string().as_bytes(), &["ann", EVERYBODY], 5).unwrap();
            prop_assert!(found.len() <= 5);
            for found in found {
                prop_assert!(["ann", EVERYBODY].contains(&found.reference.owner.as_str()));
                prop_assert!((0.0..=1.0).contains(&found.score));
            }
        }
    }
}
