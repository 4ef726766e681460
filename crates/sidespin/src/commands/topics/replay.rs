//! `sidespin topics replay`.

use clap::Args;
use sidespin_operations::{Cluster, OperationError, Position, Replay as Plan};

use crate::operate::Stop;
use crate::operate::confirm::confirm;
use crate::operate::output::Output;
use crate::operate::table::{Column, Table};
use crate::operate::text::NOTHING;

/// Sets where a group goes on, so that its consumer handles messages again and rebuilds its state.
///
/// Only the offsets of this group in this topic change: no message is written, and no other group notices. What the consumer does
/// while it reads again is its own affair: one that publishes, or calls others, must be idempotent.
///
/// The group must have no consumers at work; stop them first, or name a group that does not exist yet and give it to the trigger
/// as `group`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The topic.
    topic: String,
    /// The group; one that does not exist begins to.
    #[arg(long, value_name = "NAME")]
    group: String,
    /// Where the group goes on: beginning, end, an offset, a time as 2030-01-31T09:00:00Z, or how long ago as 15m or 1h30m.
    #[arg(long, value_name = "POSITION")]
    from: Position,
    /// Only this partition.
    #[arg(long, value_name = "NUMBER")]
    partition: Option<i32>,
    /// Show what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Replay {
    pub(crate) async fn run(self, cluster: &Cluster) -> Result<(), Stop> {
        let plan = cluster
            .plan_replay(&self.group, &self.topic, self.partition, self.from)
            .await?;
        let mut output = Output::new();
        show(&plan, &mut output)?;
        if self.dry_run {
            output.line("nothing was changed")?;
            return Ok(output.flush()?);
        }
        if plan.members > 0 {
            return Err(OperationError::GroupIsActive { group: self.group }.into());
        }
        confirm("Set the group's offsets to START?", self.yes)?;
        cluster.replay(&plan).await?;
        output.line(&format!(
            "the group `{}` goes on there when its consumers start",
            plan.group
        ))?;
        Ok(output.flush()?)
    }
}

fn show(plan: &Plan, output: &mut Output) -> std::io::Result<()> {
    let mut table = Table::new([
        Column::Right("PARTITION"),
        Column::Right("COMMITTED"),
        Column::Right("START"),
        Column::Right("END"),
        Column::Right("MESSAGES"),
    ]);
    for partition in &plan.partitions {
        table.row([
            partition.partition.to_string(),
            partition
                .committed
                .map_or_else(|| NOTHING.to_owned(), |offset| offset.to_string()),
            partition.start.to_string(),
            partition.end.to_string(),
            partition.messages().to_string(),
        ]);
    }
    table.write(output)?;
    let is_new = if plan.group_exists {
        ""
    } else {
        ", which does not exist yet,"
    };
    output.line(&format!(
        "group `{}`{is_new} would read {} messages of `{}` before it has caught up",
        plan.group,
        plan.messages(),
        plan.topic
    ))?;
    output.flush()
}
