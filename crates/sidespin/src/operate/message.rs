//! Messages as lines and as JSON.
//!
//! In JSON, `key`, `value` and each header's `value` are strings. Bytes that are no text make them null, and stand in base64 in
//! `key_base64` or `value_base64` beside them, which are there only then. Null without it means that there is nothing.

use serde_json::{Map, Value, json};
use sidespin_kafka_client::{Header, Record};

use super::text::{self, NOTHING};

/// Characters of a header's value that a line shows.
const HEADER_WIDTH: usize = 40;

/// Time, partition and offset, key, headers, value.
pub(crate) fn line(record: &Record) -> String {
    let time = text::time(record.timestamp).unwrap_or_else(|| NOTHING.to_owned());
    let key = text::word(record.key.as_deref());
    let mut line = format!("{time}  {}/{}  {key}", record.partition, record.offset);
    if !record.headers.is_empty() {
        let headers: Vec<_> = record.headers.iter().map(short).collect();
        line.push_str(&format!("  [{}]", headers.join(", ")));
    }
    let value = record
        .value
        .as_deref()
        .map_or_else(|| "(tombstone)".to_owned(), text::value);
    format!("{line}  {value}")
}

fn short(header: &Header) -> String {
    let value = text::word(header.value.as_deref());
    let mut shown: String = value.chars().take(HEADER_WIDTH).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    format!("{}={shown}", text::escaped(&header.name))
}

/// Everything about a message.
pub(crate) fn json(record: &Record) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("topic".to_owned(), json!(&*record.topic));
    object.insert("partition".to_owned(), json!(record.partition));
    object.insert("offset".to_owned(), json!(record.offset));
    object.insert("time".to_owned(), json!(text::time(record.timestamp)));
    insert(&mut object, "key", record.key.as_deref());
    object.insert("headers".to_owned(), headers(&record.headers));
    insert(&mut object, "value", record.value.as_deref());
    object
}

fn headers(headers: &[Header]) -> Value {
    let headers = headers.iter().map(|header| {
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(header.name));
        insert(&mut object, "value", header.value.as_deref());
        Value::Object(object)
    });
    headers.collect()
}

/// Bytes under a name, or beside it in base64.
pub(crate) fn insert(object: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    let text = bytes.map(std::str::from_utf8);
    if let (Some(bytes), Some(Err(_binary))) = (bytes, text) {
        object.insert(format!("{name}_base64"), json!(text::base64(bytes)));
    }
    object.insert(name.to_owned(), json!(text.and_then(Result::ok)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[(&str, Option<&[u8]>)]) -> Record {
        let headers = headers.iter().map(|(name, value)| Header {
            name: (*name).to_owned(),
            value: value.map(<[u8]>::to_vec),
        });
        Record {
            topic: "events".into(),
            partition: 1,
            offset: 7,
            timestamp: 1000,
            key: key.map(<[u8]>::to_vec),
            value: value.map(<[u8]>::to_vec),
            headers: headers.collect(),
        }
    }

    #[test]
    fn a_line_has_everything_in_short() {
        let long = [b'x'; 50];
        let full = record(
            Some(b"task-1"),
            Some(b"{ \"a\": 1 }"),
            &[("n", Some(b"1")), ("long", Some(&long))],
        );
        let expected = format!(
            "1970-01-01T00:00:01.000Z  1/7  task-1  [n=1, long={}…]  {{\"a\":1}}",
            "x".repeat(40)
        );
        assert_eq!(line(&full), expected);
        assert_eq!(
            line(&record(None, None, &[])),
            "1970-01-01T00:00:01.000Z  1/7  -  (tombstone)"
        );
    }

    #[test]
    fn json_tells_text_bytes_and_nothing_apart() {
        let binary = json(&record(
            Some(&[0xff]),
            Some(b"text"),
            &[("h", Some(&[0xfe])), ("h", None)],
        ));
        let expected = json!({
            "topic": "events", "partition": 1, "offset": 7, "time": "1970-01-01T00:00:01.000Z",
            "key": null, "key_base64": "/w==", "value": "text",
            "headers": [{ "name": "h", "value": null, "value_base64": "/g==" }, { "name": "h", "value": null }],
        });
        assert_eq!(Value::Object(binary), expected);
        let nothing = json(&record(None, None, &[]));
        assert_eq!(
            (nothing.get("value"), nothing.get("value_base64")),
            (Some(&Value::Null), None)
        );
    }
}
