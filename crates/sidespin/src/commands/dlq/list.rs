//! `sidespin dlq list`.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Map, Value, json};
use sidespin_operations::{Cluster, DeadLetter, Filter};

use crate::operate::output::{Format, Output};
use crate::operate::table::{Column, Table};
use crate::operate::text::{self, NOTHING};
use crate::operate::{Stop, message};

/// A dead letter is a message with dlq-* headers that has been neither retried nor dropped.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Topics of dead letters. [default: all whose names end with .dlq]
    topics: Vec<String>,
    /// A topic of dead letters that is called otherwise; may be given several times.
    #[arg(long = "topic", value_name = "TOPIC")]
    further: Vec<String>,
    /// Only those of this component.
    #[arg(long, value_name = "ID")]
    component: Option<String>,
    /// Only those whose reason contains this.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How to write the list; json is an array of {dlq_topic, id, time, component, reason, attempts, topic, partition, offset, key},
    /// where topic, partition and offset are those that the message came from.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl List {
    pub(crate) async fn run(self, cluster: &Cluster) -> Result<(), Stop> {
        let mut topics: BTreeSet<String> = self.topics.into_iter().collect();
        if topics.is_empty() {
            topics = cluster.dead_letter_topics().await?;
        }
        topics.extend(self.further);
        let filter = Filter {
            component: self.component,
            reason: self.reason,
        };
        let mut letters = Vec::new();
        for topic in topics {
            let open = cluster.dead_letters(&topic).await?.into_values();
            letters.extend(
                open.filter(|letter| filter.applies(letter))
                    .map(|letter| (topic.clone(), letter)),
            );
        }
        let mut output = Output::new();
        if self.output == Format::Json {
            let letters = letters
                .iter()
                .map(|(topic, letter)| Value::Object(json(topic, letter)));
            return Ok(output.document(&letters.collect())?);
        }
        let mut table = Table::new([
            Column::Left("TOPIC"),
            Column::Left("ID"),
            Column::Left("TIME"),
            Column::Left("COMPONENT"),
            Column::Right("ATTEMPTS"),
            Column::Left("ORIGIN"),
            Column::Left("KEY"),
            Column::Left("REASON"),
        ]);
        for (topic, letter) in letters {
            table.row([
                topic,
                letter.id.to_string(),
                text::time(letter.timestamp).unwrap_or_else(|| NOTHING.to_owned()),
                shown(letter.component.as_deref()),
                number(letter.attempts),
                origin(&letter),
                text::word(letter.key.as_deref()),
                shown(letter.reason.as_deref()),
            ]);
        }
        Ok(table.write(&mut output)?)
    }
}

/// What a list says of a dead letter.
pub(super) fn json(topic: &str, letter: &DeadLetter) -> Map<String, Value> {
    let mut object = Map::new();
    let fields = [
        ("dlq_topic", json!(topic)),
        ("id", json!(letter.id.to_string())),
        ("time", json!(text::time(letter.timestamp))),
        ("component", json!(letter.component)),
        ("reason", json!(letter.reason)),
        ("attempts", json!(letter.attempts)),
        ("topic", json!(letter.topic)),
        ("partition", json!(letter.partition)),
        ("offset", json!(letter.offset)),
    ];
    object.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    message::insert(&mut object, "key", letter.key.as_deref());
    object
}

/// `task-events 0/12`, as far as it is known.
pub(super) fn origin(letter: &DeadLetter) -> String {
    let topic = shown(letter.topic.as_deref());
    match (letter.partition, letter.offset) {
        (Some(partition), Some(offset)) => format!("{topic} {partition}/{offset}"),
        _ => topic,
    }
}

pub(super) fn shown(text: Option<&str>) -> String {
    text.map_or_else(|| NOTHING.to_owned(), text::escaped)
}

pub(super) fn number(number: Option<u32>) -> String {
    number.map_or_else(|| NOTHING.to_owned(), |number| number.to_string())
}
