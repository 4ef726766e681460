//! Settling dead letters: writing them back where they came from, or not, and saying that it was done.
//!
//! First the original is written and acknowledged, then the message that settles the letter. Whoever is interrupted
//! between the two finds the letter open, and writes the original once more: twice rather than never.

use std::collections::{BTreeMap, HashMap};

use sidespin_kafka_client::{Placed, Record, Stretch};

use crate::dead_letter::{id, original, settlement};
use crate::{Cluster, DeadLetter, LetterId, OperationError, Settled};

/// What is to be done with which letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settling {
    /// The topic of dead letters.
    pub topic: String,
    /// The letters, as they were listed.
    pub letters: BTreeMap<LetterId, DeadLetter>,
    /// What is done with them.
    pub how: Settled,
}

/// What was done.
#[derive(Debug)]
pub struct SettlingResult {
    /// The letters that are settled now.
    pub settled: Vec<LetterId>,
    /// Why it stopped before the others, if there are any.
    pub failure: Option<OperationError>,
}

impl Cluster {
    /// Settles letters, each partition's in their order. It stops soon after the first that cannot be; the others stay open.
    ///
    /// # Errors
    /// Nothing was done: the topic does not exist, or a letter that is to be retried came from nowhere that exists.
    pub async fn settle(&self, settling: &Settling) -> Result<SettlingResult, OperationError> {
        let topics = self.inspector.topics().await?;
        if !topics.contains_key(&settling.topic) {
            return Err(crate::cluster::no_such_topic(&settling.topic, &topics));
        }
        let mut origins = HashMap::new();
        if settling.how == Settled::Retried {
            for letter in settling.letters.values() {
                origins.insert(letter.id, origin(&settling.topic, letter, &topics)?);
            }
        }
        let mut result = SettlingResult {
            settled: Vec::with_capacity(settling.letters.len()),
            failure: None,
        };
        let mut scan = self.scan(&settling.topic, &stretches(&settling.letters)).await?;
        while let Some(records) = scan.next().await {
            let records = match records {
                Ok(records) => records,
                Err(error) => {
                    result.failure = Some(error.into());
                    break;
                }
            };
            let records = records
                .into_iter()
                .filter(|record| settling.letters.contains_key(&id(record)));
            let records: Vec<_> = records.collect();
            let step = match settling.how {
                Settled::Retried => self.put_back(records, &origins).await,
                Settled::Dropped => Step {
                    done: records.iter().map(id).collect(),
                    failure: None,
                },
            };
            let mut failure = step.failure;
            let step = self.mark(settling, &step.done).await;
            result.settled.extend(step.done);
            failure = failure.or(step.failure);
            if failure.is_some() {
                result.failure = failure;
                break;
            }
        }
        Ok(result)
    }

    async fn put_back(&self, records: Vec<Record>, origins: &HashMap<LetterId, Origin>) -> Step {
        let messages = records.into_iter().filter_map(|record| {
            let id = id(&record);
            let origin = origins.get(&id)?;
            let placed = Placed {
                message: original(record, origin.topic.clone()),
                partition: origin.partition,
            };
            Some((id, placed))
        });
        let (ids, messages): (Vec<_>, Vec<_>) = messages.unzip();
        self.write(&ids, messages).await
    }

    async fn mark(&self, settling: &Settling, ids: &[LetterId]) -> Step {
        let messages = ids
            .iter()
            .map(|id| settlement(&settling.topic, *id, settling.how));
        self.write(ids, messages.collect()).await
    }

    /// Writes one message for each letter.
    async fn write(&self, ids: &[LetterId], messages: Vec<Placed>) -> Step {
        let results = match self.producer.send_each(messages).await {
            Ok(results) => results,
            Err(error) => {
                return Step {
                    done: Vec::new(),
                    failure: Some(error.into()),
                };
            }
        };
        let mut step = Step {
            done: Vec::with_capacity(ids.len()),
            failure: None,
        };
        for (id, result) in ids.iter().zip(results) {
            match result {
                Ok(_written) => step.done.push(*id),
                Err(error) => step.failure = step.failure.or(Some(error.into())),
            }
        }
        step
    }
}

/// Where a letter goes back to.
struct Origin {
    topic: String,
    partition: Option<i32>,
}

/// What became of some letters.
struct Step {
    done: Vec<LetterId>,
    failure: Option<OperationError>,
}

/// The partition that the message was in, where the other messages of its key are; the one that the key says, if that is gone.
fn origin(
    dead_letters: &str,
    letter: &DeadLetter,
    topics: &BTreeMap<String, Vec<i32>>,
) -> Result<Origin, OperationError> {
    let Some(topic) = letter.topic.clone() else {
        return Err(OperationError::NoOrigin {
            topic: dead_letters.to_owned(),
            id: letter.id,
        });
    };
    let Some(partitions) = topics.get(&topic) else {
        return Err(OperationError::OriginMissing {
            id: letter.id,
            origin: topic,
        });
    };
    let partition = letter
        .partition
        .filter(|partition| partitions.contains(partition));
    Ok(Origin { topic, partition })
}

/// What must be read to have all letters.
fn stretches(letters: &BTreeMap<LetterId, DeadLetter>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for id in letters.keys() {
        let end = Some(id.offset + 1);
        match stretches.last_mut() {
            Some(stretch) if stretch.partition == id.partition => stretch.end = end,
            _ => stretches.push(Stretch {
                partition: id.partition,
                start: id.offset,
                end,
            }),
        }
    }
    stretches
}
