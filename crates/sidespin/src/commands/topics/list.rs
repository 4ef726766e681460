//! `sidespin topics list`.

use clap::Args;
use serde_json::json;
use sidespin_operations::Cluster;

use crate::operate::Stop;
use crate::operate::output::{Format, Output};
use crate::operate::table::{Column, Table};
use crate::operate::text;

/// MESSAGES counts offsets; where a topic is compacted there are fewer messages.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Show Kafka's internal topics too.
    #[arg(long)]
    all: bool,
    /// How to write the list; json is an array of {name, partitions, messages, groups}.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl List {
    pub(crate) async fn run(self, cluster: &Cluster) -> Result<(), Stop> {
        let topics = cluster.topics(self.all).await?;
        let mut output = Output::new();
        if self.output == Format::Json {
            let topics = topics.iter().map(|topic| {
                json!({
                    "name": topic.name,
                    "partitions": topic.partitions,
                    "messages": topic.messages,
                    "groups": topic.groups,
                })
            });
            return Ok(output.document(&topics.collect())?);
        }
        let mut table = Table::new([
            Column::Left("TOPIC"),
            Column::Right("PARTITIONS"),
            Column::Right("MESSAGES"),
            Column::Left("GROUPS"),
        ]);
        for topic in topics {
            let groups: Vec<_> = topic.groups.iter().map(|group| text::escaped(group)).collect();
            table.row([
                topic.name,
                topic.partitions.to_string(),
                topic.messages.to_string(),
                groups.join(", "),
            ]);
        }
        Ok(table.write(&mut output)?)
    }
}
