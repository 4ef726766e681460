//! Server-sent events, read as a browser reads them.

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::PATIENCE;

/// An open stream.
#[derive(Debug)]
pub struct EventStream {
    response: reqwest::Response,
    buffer: String,
}

/// One event.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// `id:`.
    pub id: Option<String>,
    /// `event:`.
    pub name: String,
    /// `data:`, as JSON.
    pub data: Value,
}

impl EventStream {
    pub(crate) async fn open(request: reqwest::RequestBuilder) -> anyhow::Result<Self> {
        let response = request.header("accept", "text/event-stream").send().await?;
        ensure!(
            response.status().is_success(),
            "the stream answered {}",
            response.status()
        );
        Ok(Self {
            response,
            buffer: String::new(),
        })
    }

    /// The next event of this name; others and comments are passed over.
    ///
    /// # Errors
    /// None comes in time, or the stream ends.
    pub async fn next(&mut self, name: &str) -> anyhow::Result<Event> {
        let reading = async {
            loop {
                while let Some((block, rest)) = self.buffer.split_once("\n\n") {
                    let event = parse(block);
                    self.buffer = rest.to_owned();
                    if let Some(event) = event.filter(|event| event.name == name) {
                        return anyhow::Ok(event);
                    }
                }
                let chunk = self.response.chunk().await?.context("the stream ended")?;
                self.buffer.push_str(std::str::from_utf8(&chunk)?);
            }
        };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .with_context(|| format!("no `{name}` event came"))?
    }
}

fn parse(block: &str) -> Option<Event> {
    let mut event = Event::default();
    let mut data = String::new();
    for line in block.lines() {
        let (field, value) = line.split_once(':')?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut event.name),
            "data" => data.push_str(value),
            _ => {}
        }
    }
    event.data = serde_json::from_str(&data).unwrap_or(Value::Null);
    Some(event)
}
