//! `sidespin topics`: looking at topics, reading and writing them, and where their readers are.

mod lag;
mod list;
mod publish;
mod replay;
mod tail;

use clap::{Args, Subcommand};
use sidespin_operations::Cluster;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::operate;
use crate::operate::cluster::ClusterArguments;

#[derive(Debug, Args)]
pub(crate) struct Topics {
    #[command(flatten)]
    cluster: ClusterArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List topics with their messages and the groups that read them.
    List(list::List),
    /// Show messages as they come.
    Tail(tail::Tail),
    /// Write messages to a topic.
    Publish(publish::Publish),
    /// Show how far groups are behind.
    Lag(lag::Lag),
    /// Let a group read a topic again.
    Replay(replay::Replay),
}

impl Topics {
    pub(crate) fn run(self, environment: &impl Environment) -> Result<(), Failure> {
        let settings = self.cluster.settings(environment)?;
        operate::run(environment, async {
            let cluster = Cluster::connect(settings).await?;
            match self.command {
                Command::List(list) => list.run(&cluster).await,
                Command::Tail(tail) => tail.run(&cluster).await,
                Command::Publish(publish) => publish.run(&cluster).await,
                Command::Lag(lag) => lag.run(&cluster).await,
                Command::Replay(replay) => replay.run(&cluster).await,
            }
        })
    }
}
