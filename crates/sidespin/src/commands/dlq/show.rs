//! `sidespin dlq show`.

use clap::Args;
use serde_json::{Value, json};
use sidespin_operations::{Cluster, FoundLetter, LetterId};

use super::list::{self, number, origin, shown};
use crate::operate::output::{Format, Output};
use crate::operate::text::{self, NOTHING};
use crate::operate::{Stop, message};

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The topic of dead letters.
    topic: String,
    /// The dead letter, as `sidespin dlq list` shows it: <partition>:<offset>.
    id: LetterId,
    /// How to write it; json has the fields of `list`, `settled` (retried, dropped or null), and `headers` and `value` as
    /// `sidespin topics tail` has them.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Show {
    pub(crate) async fn run(self, cluster: &Cluster) -> Result<(), Stop> {
        let found = cluster.dead_letter(&self.topic, self.id).await?;
        let mut output = Output::new();
        if self.output == Format::Json {
            return Ok(output.document(&json(&self.topic, &found))?);
        }
        let letter = &found.letter;
        let fields = [
            ("dead letter", format!("{} {}", self.topic, letter.id)),
            (
                "state",
                found.settled.map_or("open", |settled| settled.name()).to_owned(),
            ),
            (
                "time",
                text::time(letter.timestamp).unwrap_or_else(|| NOTHING.to_owned()),
            ),
            ("component", shown(letter.component.as_deref())),
            ("reason", shown(letter.reason.as_deref())),
            ("attempts", number(letter.attempts)),
            ("origin", origin(letter)),
            ("key", text::word(letter.key.as_deref())),
        ];
        for (name, value) in fields {
            output.line(&format!("{name:<11}  {value}"))?;
        }
        output.line("headers")?;
        for header in &found.record.headers {
            let (name, value) = (text::escaped(&header.name), text::word(header.value.as_deref()));
            output.line(&format!("  {name}: {value}"))?;
        }
        output.line("value")?;
        let value = found.record.value.as_deref();
        output.line(&format!(
            "  {}",
            value.map_or_else(|| "(tombstone)".to_owned(), text::value)
        ))?;
        Ok(output.flush()?)
    }
}

fn json(topic: &str, found: &FoundLetter) -> Value {
    let mut object = list::json(topic, &found.letter);
    let mut record = message::json(&found.record);
    for name in ["headers", "value", "value_base64"] {
        object.extend(record.remove_entry(name));
    }
    object.insert(
        "settled".to_owned(),
        json!(found.settled.map(|settled| settled.name())),
    );
    Value::Object(object)
}
