//! A job as a row, as lines and as JSON.

use serde_json::{Map, Value, json};
use sidespin_job_store::{Job, Repeat};

use crate::operate::message;
use crate::operate::text::{self, NOTHING};

/// What a list says of a job, and the payload if it is known.
pub(super) fn json(job: &Job) -> Map<String, Value> {
    let (every, rule, timezone) = match &job.repeat {
        None => (None, None, None),
        Some(Repeat::Every(interval)) => (Some(*interval), None, None),
        Some(Repeat::Rule(rule)) => (None, Some(rule.to_string()), Some(rule.zone())),
    };
    let mut object = Map::new();
    let fields = [
        ("component", json!(job.owner)),
        ("name", json!(job.name)),
        ("due", json!(time(job.due))),
        ("fire_at", json!(time(job.fire_at))),
        ("attempt", json!(job.attempt)),
        ("every_ms", json!(every)),
        ("rule", json!(rule)),
        ("timezone", json!(timezone)),
        ("payload_bytes", json!(job.payload_size)),
        ("running", json!(job.running)),
    ];
    object.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    if let Some(payload) = &job.payload {
        message::insert(&mut object, "payload", Some(payload));
    }
    object
}

pub(super) fn row(job: &Job) -> [String; 6] {
    [
        text::escaped(&job.owner),
        text::escaped(&job.name),
        time(job.fire_at).unwrap_or_else(|| NOTHING.to_owned()),
        job.attempt.to_string(),
        repeats(job),
        job.payload_size.to_string(),
    ]
}

pub(super) fn lines(job: &Job) -> Vec<String> {
    let shown = |time: Option<String>| time.unwrap_or_else(|| NOTHING.to_owned());
    let mut lines = vec![
        format!("component  {}", text::escaped(&job.owner)),
        format!("name       {}", text::escaped(&job.name)),
        format!("due        {}", shown(time(job.due))),
        format!("fires at   {}", shown(time(job.fire_at))),
        format!("attempt    {}", job.attempt),
        format!("repeats    {}", repeats(job)),
    ];
    if let Some(is_running) = job.running {
        lines.push(format!("running    {}", if is_running { "yes" } else { "no" }));
    }
    let payload = job.payload.as_deref().unwrap_or_default();
    lines.push(format!("payload    {} bytes", payload.len()));
    if !payload.is_empty() {
        lines.push(text::value(payload));
    }
    lines
}

fn repeats(job: &Job) -> String {
    match &job.repeat {
        None => NOTHING.to_owned(),
        Some(Repeat::Every(interval)) => format!("every {interval} ms"),
        Some(Repeat::Rule(rule)) => format!("{rule} {}", rule.zone()),
    }
}

fn time(milliseconds: u64) -> Option<String> {
    text::time(i64::try_from(milliseconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(payload: Option<Vec<u8>>) -> Job {
        Job {
            owner: "chat-api".to_owned(),
            name: "remind\u{1b}[31m".to_owned(),
            due: 1_767_225_600_000,
            fire_at: 1_767_225_600_250,
            attempt: 2,
            repeat: Some(Repeat::Every(60_000)),
            payload_size: 2,
            payload,
            running: None,
        }
    }

    #[test]
    fn a_name_cannot_steer_a_terminal() {
        let expected = [
            "chat-api",
            "remind\\u{1b}[31m",
            "2026-01-01T00:00:00.250Z",
            "2",
            "every 60000 ms",
            "2",
        ];
        assert_eq!(row(&job(None)), expected);
    }

    #[test]
    fn programs_get_everything() {
        let shown = Value::Object(json(&job(Some(b"{}".to_vec()))));
        let expected = json!({
            "component": "chat-api", "name": "remind\u{1b}[31m", "due": "2026-01-01T00:00:00.000Z",
            "fire_at": "2026-01-01T00:00:00.250Z", "attempt": 2, "every_ms": 60_000, "rule": null, "timezone": null,
            "payload_bytes": 2, "running": null, "payload": "{}",
        });
        assert_eq!(shown, expected);
        assert!(json(&job(None)).get("payload").is_none());
    }
}
