//! The interface's functions on one server.

use sidespin_redis_client::{Answer, Client, Command, FromAnswer, RedisError, command};
use sidespin_world::redis::redis as wit;

use crate::commands::refusal;

/// Arrays in arrays that are flattened; nothing that Redis itself answers is deeper.
const DEEPEST: usize = 32;

/// A server that was opened, as one guest handle sees it.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    client: Client,
}

impl Connection {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) async fn publish(&self, channel: &str, payload: &[u8]) -> Result<(), wit::Error> {
        let _receivers: i64 = self.query(command("PUBLISH").arg(channel).arg(payload)).await?;
        Ok(())
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, wit::Error> {
        self.query(command("GET").arg(key)).await
    }

    pub(crate) async fn set(&self, key: &str, value: &[u8]) -> Result<(), wit::Error> {
        self.query(command("SET").arg(key).arg(value)).await
    }

    pub(crate) async fn incr(&self, key: &str) -> Result<i64, wit::Error> {
        self.query(command("INCR").arg(key)).await
    }

    pub(crate) async fn del(&self, keys: &[String]) -> Result<u32, wit::Error> {
        self.count(command("DEL").arg(keys), keys).await
    }

    pub(crate) async fn sadd(&self, key: &str, values: &[String]) -> Result<u32, wit::Error> {
        self.count(command("SADD").arg(key).arg(values), values).await
    }

    pub(crate) async fn smembers(&self, key: &str) -> Result<Vec<String>, wit::Error> {
        self.query(command("SMEMBERS").arg(key)).await
    }

    pub(crate) async fn srem(&self, key: &str, values: &[String]) -> Result<u32, wit::Error> {
        self.count(command("SREM").arg(key).arg(values), values).await
    }

    pub(crate) async fn execute(
        &self,
        name: &str,
        arguments: &[wit::RedisParameter],
    ) -> Result<Vec<wit::RedisResult>, wit::Error> {
        let binary = arguments.iter().filter_map(|argument| match argument {
            wit::RedisParameter::Binary(bytes) => Some(bytes.as_slice()),
            wit::RedisParameter::Int64(_) => None,
        });
        if let Some(reason) = refusal(name, binary) {
            return Err(wit::Error::Other(reason));
        }
        let mut command = command(name);
        for argument in arguments {
            match argument {
                wit::RedisParameter::Int64(number) => command.arg(*number),
                wit::RedisParameter::Binary(bytes) => command.arg(bytes.as_slice()),
            };
        }
        let mut results = Vec::new();
        flatten(self.query(&command).await?, 0, &mut results)?;
        Ok(results)
    }

    /// Redis takes a command without operands for a mistake; here it is one that does nothing.
    async fn count(&self, command: &Command, operands: &[String]) -> Result<u32, wit::Error> {
        if operands.is_empty() {
            return Ok(0);
        }
        self.query(command).await
    }

    async fn query<R: FromAnswer>(&self, command: &Command) -> Result<R, wit::Error> {
        self.client.query(command).await.map_err(error)
    }
}

fn error(error: RedisError) -> wit::Error {
    match &error {
        RedisError::Unexpected => wit::Error::TypeError,
        RedisError::Refused { code, .. } if code == "WRONGTYPE" => wit::Error::TypeError,
        RedisError::Refused { message, .. } if message.contains("not an integer") => wit::Error::TypeError,
        error => {
            if !matches!(error, RedisError::Refused { .. }) {
                tracing::warn!(%error, "a Redis command was not carried out");
            }
            wit::Error::Other(error.to_string())
        }
    }
}

fn flatten(answer: Answer, depth: usize, results: &mut Vec<wit::RedisResult>) -> Result<(), wit::Error> {
    results.push(match answer {
        Answer::Nil => wit::RedisResult::Nil,
        Answer::Int(number) => wit::RedisResult::Int64(number),
        Answer::BulkString(bytes) => wit::RedisResult::Binary(bytes),
        Answer::SimpleString(text) => wit::RedisResult::Status(text),
        Answer::Okay => wit::RedisResult::Status("OK".to_owned()),
        Answer::Array(answers) if depth < DEEPEST => {
            return answers
                .into_iter()
                .try_for_each(|answer| flatten(answer, depth + 1, results));
        }
        // The protocol's version in use has no others.
        _ => return Err(wit::Error::TypeError),
    });
    Ok(())
}
