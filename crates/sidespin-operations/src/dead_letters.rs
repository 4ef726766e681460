//! Finding dead letters.

use std::collections::{BTreeMap, BTreeSet};

use sidespin_kafka_client::{Record, Stretch};

use crate::dead_letter::{Fold, id, settles};
use crate::{Cluster, DeadLetter, LetterId, OperationError, Settled};

/// What the names of topics of dead letters end with, unless a manifest names them otherwise.
pub const DEAD_LETTER_SUFFIX: &str = ".dlq";

/// A dead letter with its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLetter {
    /// Its story.
    pub letter: DeadLetter,
    /// The message, with the headers of the story.
    pub record: Record,
    /// How it was settled, if it was.
    pub settled: Option<Settled>,
}

impl Cluster {
    /// The topics of this cluster that are named as topics of dead letters are.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn dead_letter_topics(&self) -> Result<BTreeSet<String>, OperationError> {
        let topics = self.inspector.topics().await?;
        Ok(topics
            .into_keys()
            .filter(|topic| topic.ends_with(DEAD_LETTER_SUFFIX))
            .collect())
    }

    /// The open dead letters of a topic.
    ///
    /// # Errors
    /// There is no such topic, or it cannot be read.
    pub async fn dead_letters(&self, topic: &str) -> Result<BTreeMap<LetterId, DeadLetter>, OperationError> {
        let partitions = self.partitions(topic, None).await?;
        let extents = self.extents(&partitions).await?;
        let stretches: Vec<_> = extents
            .iter()
            .map(|(partition, extent)| Stretch {
                partition: partition.partition,
                start: extent.start,
                end: Some(extent.end),
            })
            .collect();
        self.fold(topic, &stretches).await
    }

    /// Those of `ids` that are open, each with its story.
    ///
    /// # Errors
    /// One of them is not open; or the topic does not exist or cannot be read.
    pub async fn open_letters(
        &self,
        topic: &str,
        ids: &BTreeSet<LetterId>,
    ) -> Result<BTreeMap<LetterId, DeadLetter>, OperationError> {
        let partitions = self.partitions(topic, None).await?;
        let extents = self.extents(&partitions).await?;
        // What settles a letter comes after it, so nothing before the first letter matters.
        let stretches = extents.iter().filter_map(|(partition, extent)| {
            let mut offsets = ids.iter().filter(|id| id.partition == partition.partition);
            let first = offsets.next()?;
            Some(Stretch {
                partition: partition.partition,
                start: first.offset.max(extent.start),
                end: Some(extent.end),
            })
        });
        let stretches: Vec<_> = stretches.collect();
        let mut open = self.fold(topic, &stretches).await?;
        open.retain(|id, _letter| ids.contains(id));
        match ids.iter().find(|id| !open.contains_key(id)) {
            None => Ok(open),
            Some(missing) => Err(OperationError::NoSuchLetter {
                topic: topic.to_owned(),
                id: *missing,
            }),
        }
    }

    /// One dead letter with everything, whether it is open or not.
    ///
    /// # Errors
    /// There is none with this id, or the topic does not exist or cannot be read.
    pub async fn dead_letter(&self, topic: &str, wanted: LetterId) -> Result<FoundLetter, OperationError> {
        let missing = || OperationError::NoSuchLetter {
            topic: topic.to_owned(),
            id: wanted,
        };
        let partitions = self.partitions(topic, None).await?;
        let extents = self.extents(&partitions).await?;
        let place = extents
            .iter()
            .find(|(place, _extent)| place.partition == wanted.partition);
        let Some((_place, extent)) = place else {
            return Err(missing());
        };
        if !(extent.start..extent.end).contains(&wanted.offset) {
            return Err(missing());
        }
        let stretch = Stretch {
            partition: wanted.partition,
            start: wanted.offset,
            end: Some(extent.end),
        };
        let mut scan = self.scan(topic, &[stretch]).await?;
        let (mut found, mut settled) = (None, None);
        while let Some(records) = scan.next().await.transpose()? {
            for record in records {
                if id(&record) == wanted {
                    found = DeadLetter::of(&record).map(|letter| (letter, record));
                } else if let Some((_id, how)) = settles(&record).filter(|(id, _how)| *id == wanted) {
                    settled = Some(how);
                }
            }
            if found.is_none() {
                break;
            }
        }
        let (letter, record) = found.ok_or_else(missing)?;
        Ok(FoundLetter {
            letter,
            record,
            settled,
        })
    }

    async fn fold(
        &self,
        topic: &str,
        stretches: &[Stretch],
    ) -> Result<BTreeMap<LetterId, DeadLetter>, OperationError> {
        let mut scan = self.scan(topic, stretches).await?;
        let mut fold = Fold::default();
        while let Some(records) = scan.next().await.transpose()? {
            records.iter().for_each(|record| fold.take(record));
        }
        Ok(fold.into_open())
    }
}
