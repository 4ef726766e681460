//! `sidespin dlq retry` and `sidespin dlq drop`.

use clap::Args;
use sidespin_operations::{Cluster, Filter, LetterId, Settled, Settling, SettlingResult};

use crate::failure::Failure;
use crate::operate::confirm::confirm;
use crate::operate::output::Output;
use crate::operate::{Stop, told};

#[derive(Debug, Args)]
pub(crate) struct Settle {
    /// The topic of dead letters.
    topic: String,
    /// The dead letters, as `sidespin dlq list` shows them: <partition>:<offset>.
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<LetterId>,
    /// All that are open.
    #[arg(long)]
    all: bool,
    /// With --all, only those of this component.
    #[arg(long, value_name = "ID", requires = "all", conflicts_with = "ids")]
    component: Option<String>,
    /// With --all, only those whose reason contains this.
    #[arg(long, value_name = "TEXT", requires = "all", conflicts_with = "ids")]
    reason: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Settle {
    pub(crate) async fn run(self, cluster: &Cluster, how: Settled) -> Result<(), Stop> {
        let filter = Filter {
            component: self.component,
            reason: self.reason,
        };
        let mut letters = if self.all {
            cluster.dead_letters(&self.topic).await?
        } else {
            cluster
                .open_letters(&self.topic, &self.ids.into_iter().collect())
                .await?
        };
        letters.retain(|_id, letter| filter.applies(letter));
        let count = letters.len();
        if self.all && count > 0 {
            let verb = match how {
                Settled::Retried => "Retry",
                Settled::Dropped => "Drop",
            };
            confirm(
                &format!("{verb} {} of `{}`?", counted(count), self.topic),
                self.yes,
            )?;
        }
        let settling = Settling {
            topic: self.topic,
            letters,
            how,
        };
        let result = cluster.settle(&settling).await?;
        report(&settling, result)
    }
}

fn report(settling: &Settling, result: SettlingResult) -> Result<(), Stop> {
    let mut output = Output::new();
    for id in &result.settled {
        output.line(&format!("{id}  {}", settling.how.name()))?;
    }
    output.flush()?;
    let open = settling.letters.len().saturating_sub(result.settled.len());
    match result.failure {
        None => Ok(()),
        Some(error) => {
            let mut mistake = told(&error);
            mistake.message = format!("{} stayed open: {}", counted(open), mistake.message);
            Err(Failure::Runtime(mistake).into())
        }
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 dead letter".to_owned(),
        count => format!("{count} dead letters"),
    }
}
