//! `sidespin topics tail`.

use clap::Args;
use sidespin_app::Diagnostic;
use sidespin_kafka_client::Record;
use sidespin_operations::{Cluster, Position};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::operate::output::{Format, Output};
use crate::operate::{Stop, message};
use crate::signals;

/// Each line has time, partition/offset, key, [headers] and value.
///
/// With `--output json` each line is an object {topic, partition, offset, time, key, headers: [{name, value}], value}. Bytes that
/// are no text make `key` or `value` null and stand in `key_base64` or `value_base64`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// The topic.
    topic: String,
    /// Where to begin: beginning, end, an offset, a time as 2030-01-31T09:00:00Z, or how long ago as 15m or 1h30m. [default: end;
    /// beginning with --no-follow]
    #[arg(long, value_name = "POSITION")]
    from: Option<Position>,
    /// Only this partition.
    #[arg(long, value_name = "NUMBER")]
    partition: Option<i32>,
    /// Only messages with this key.
    #[arg(long)]
    key: Option<String>,
    /// End after so many messages.
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
    /// End where the topic ends now.
    #[arg(long)]
    no_follow: bool,
    /// How to write messages.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Tail {
    pub(crate) async fn run(self, cluster: &Cluster) -> Result<(), Stop> {
        let interrupted = signals::shutdown().map_err(|error| {
            Failure::Runtime(Diagnostic::new("signals cannot be handled").caused_by(&error))
        })?;
        let from = self.from.unwrap_or(if self.no_follow {
            Position::Beginning
        } else {
            Position::End
        });
        let starting = cluster.tail(&self.topic, self.partition, from, !self.no_follow);
        let Some(tail) = unless(&interrupted, starting).await else {
            return Ok(());
        };
        let (mut tail, mut output) = (tail?, Output::new());
        let mut left = self.count.unwrap_or(u64::MAX);
        while left > 0 {
            let Some(records) = unless(&interrupted, tail.next()).await else {
                break;
            };
            let Some(records) = records? else { break };
            let wanted = records.iter().filter(|record| self.is_wanted(record));
            for record in wanted.take(usize::try_from(left).unwrap_or(usize::MAX)) {
                output.line(&match self.output {
                    Format::Text => message::line(record),
                    Format::Json => serde_json::Value::Object(message::json(record)).to_string(),
                })?;
                left -= 1;
            }
            output.flush()?;
        }
        Ok(())
    }

    fn is_wanted(&self, record: &Record) -> bool {
        let is_key = |key: &String| record.key.as_deref() == Some(key.as_bytes());
        self.key.as_ref().is_none_or(is_key)
    }
}

/// What comes of `work`, unless the person at the terminal has seen enough.
async fn unless<T>(interrupted: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        () = interrupted.cancelled() => None,
        result = work => Some(result),
    }
}
