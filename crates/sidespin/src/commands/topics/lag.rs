//! `sidespin topics lag`.

use clap::Args;
use serde_json::{Value, json};
use sidespin_operations::{Cluster, GroupLag};

use crate::operate::Stop;
use crate::operate::output::{Format, Output};
use crate::operate::table::{Column, Table};
use crate::operate::text::{self, NOTHING};

/// A partition for which a group has committed nothing yet counts with all that it holds. The line with `*` is a group's total.
#[derive(Debug, Args)]
pub(crate) struct Lag {
    /// Only this group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// How to write the list; json is an array of {group, state, members, lag, partitions: [{topic, partition, committed, end,
    /// lag}]}.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Lag {
    pub(crate) async fn run(self, cluster: &Cluster) -> Result<(), Stop> {
        let groups = cluster.lag(self.group.as_deref()).await?;
        let mut output = Output::new();
        if self.output == Format::Json {
            return Ok(output.document(&groups.iter().map(json).collect())?);
        }
        let mut table = Table::new([
            Column::Left("GROUP"),
            Column::Left("TOPIC"),
            Column::Right("PARTITION"),
            Column::Right("COMMITTED"),
            Column::Right("END"),
            Column::Right("LAG"),
            Column::Left("STATE"),
        ]);
        for group in groups {
            let name = text::escaped(&group.group);
            for partition in &group.partitions {
                table.row([
                    name.clone(),
                    partition.topic.clone(),
                    partition.partition.to_string(),
                    partition
                        .committed
                        .map_or_else(|| NOTHING.to_owned(), |offset| offset.to_string()),
                    partition.end.to_string(),
                    partition.lag.to_string(),
                    String::new(),
                ]);
            }
            let (lag, state) = (group.total().to_string(), state(&group));
            let everything = || "*".to_owned();
            let nothing = || NOTHING.to_owned();
            table.row([name, everything(), everything(), nothing(), nothing(), lag, state]);
        }
        Ok(table.write(&mut output)?)
    }
}

fn state(group: &GroupLag) -> String {
    match group.members {
        1 => format!("{}, 1 consumer", group.state),
        members => format!("{}, {members} consumers", group.state),
    }
}

fn json(group: &GroupLag) -> Value {
    let partitions = group.partitions.iter().map(|partition| {
        json!({
            "topic": partition.topic,
            "partition": partition.partition,
            "committed": partition.committed,
            "end": partition.end,
            "lag": partition.lag,
        })
    });
    json!({
        "group": group.group,
        "state": group.state,
        "members": group.members,
        "lag": group.total(),
        "partitions": partitions.collect::<Vec<_>>(),
    })
}
