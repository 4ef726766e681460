//! `sidespin dlq`: messages that could not be handled.

mod list;
mod settle;
mod show;

use clap::{Args, Subcommand};
use sidespin_operations::{Cluster, Settled};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::operate;
use crate::operate::cluster::ClusterArguments;

#[derive(Debug, Args)]
pub(crate) struct Dlq {
    #[command(flatten)]
    cluster: ClusterArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List dead letters that are open.
    List(list::List),
    /// Show everything about a dead letter.
    Show(show::Show),
    /// Write dead letters back to the topic that they came from.
    ///
    /// Key, value and headers are as they were, without the dlq-* headers, and all groups that read the topic get the message again.
    /// A dead letter is settled when its message has been written; a retry that is interrupted may write a message twice.
    Retry(settle::Settle),
    /// Settle dead letters without writing them anywhere.
    ///
    /// They stay in the topic until it forgets its oldest messages; `list` leaves them out.
    Drop(settle::Settle),
}

impl Dlq {
    pub(crate) fn run(self, environment: &impl Environment) -> Result<(), Failure> {
        let settings = self.cluster.settings(environment)?;
        operate::run(environment, async {
            let cluster = Cluster::connect(settings).await?;
            match self.command {
                Command::List(list) => list.run(&cluster).await,
                Command::Show(show) => show.run(&cluster).await,
                Command::Retry(settle) => settle.run(&cluster, Settled::Retried).await,
                Command::Drop(settle) => settle.run(&cluster, Settled::Dropped).await,
            }
        })
    }
}
