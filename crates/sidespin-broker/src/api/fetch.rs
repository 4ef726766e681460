//! Fetch: reads batches, waiting for them where there are none yet.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::FetchRequest;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::log::partition::Partition;
use crate::log::segments::Bounds;
use crate::node::Node;
use crate::refusal::Refusal;

/// What one answer holds at most, whatever the client asks for: Kafka's own `fetch.max.bytes`.
const MAX_RESPONSE_BYTES: usize = 55 * 1024 * 1024;
/// A client that asks to wait longer is answered then; it simply asks again.
const MAX_WAIT: Duration = Duration::from_secs(300);

/// The answer to a fetch, before it is encoded.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) error_code: i16,
    pub(crate) topics: Vec<FetchedTopic>,
}

/// What was read of one topic.
#[derive(Debug)]
pub(crate) struct FetchedTopic {
    /// The name or the id, as the client asked.
    pub(crate) asked: FetchTopic,
    pub(crate) partitions: Vec<FetchedPartition>,
}

/// What was read of one partition.
#[derive(Debug)]
pub(crate) struct FetchedPartition {
    pub(crate) index: i32,
    pub(crate) read: Result<(Bytes, Bounds), Refusal>,
}

/// A partition that a fetch reads, and from where.
struct Target {
    partition: Result<Arc<Partition>, Refusal>,
    asked: FetchPartition,
}

/// Takes the fetch off the lists of its partitions when it ends, however that happens.
struct Watch {
    wake: Arc<Notify>,
    partitions: Vec<Arc<Partition>>,
}

pub(crate) async fn handle(node: &Node, mut request: FetchRequest, version: i16) -> Fetched {
    if request.session_id != 0 {
        // This broker never begins a fetch session, so this one is of another broker, or of its former life.
        return Fetched {
            error_code: ResponseError::FetchSessionIdNotFound.code(),
            topics: Vec::new(),
        };
    }
    let topics: Vec<(FetchTopic, Vec<Target>)> = std::mem::take(&mut request.topics)
        .into_iter()
        .map(|mut topic| {
            let targets = resolve(node, &mut topic, version);
            (topic, targets)
        })
        .collect();
    let targets: Vec<&Target> = topics.iter().flat_map(|(_topic, targets)| targets).collect();
    wait(&targets, &request).await;
    drop(targets);

    let mut budget = usize::try_from(request.max_bytes)
        .unwrap_or(0)
        .min(MAX_RESPONSE_BYTES);
    let mut is_first = true;
    let read = topics.into_iter().map(|(asked, targets)| FetchedTopic {
        asked,
        partitions: targets
            .into_iter()
            .map(|target| read(target, &mut budget, &mut is_first))
            .collect(),
    });
    Fetched {
        error_code: 0,
        topics: read.collect(),
    }
}

fn resolve(node: &Node, topic: &mut FetchTopic, version: i16) -> Vec<Target> {
    let by_id = version >= 13;
    let found = if by_id {
        node.catalog.topic_by_id(topic.topic_id)
    } else {
        node.catalog.topic(&topic.topic)
    };
    let partitions = std::mem::take(&mut topic.partitions).into_iter();
    let targets = partitions.map(|asked| {
        let partition = found.as_ref().and_then(|topic| topic.partition(asked.partition));
        let partition = partition.ok_or_else(|| {
            if by_id && found.is_none() {
                Refusal::new(ResponseError::UnknownTopicId, "there is no topic with this id")
            } else {
                Refusal::unknown_partition(&topic.topic, asked.partition)
            }
        });
        Target { partition, asked }
    });
    targets.collect()
}

/// Waits until there is as much as the client wants, something to tell it, or no time left.
async fn wait(targets: &[&Target], request: &FetchRequest) {
    let min_bytes = u64::try_from(request.min_bytes).unwrap_or(0);
    let max_wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)).min(MAX_WAIT);
    if is_enough(targets, min_bytes) || max_wait.is_zero() {
        return;
    }
    let deadline = Instant::now() + max_wait;
    let partitions = targets
        .iter()
        .filter_map(|target| target.partition.clone().ok())
        .collect();
    let watch = Watch {
        wake: Arc::new(Notify::new()),
        partitions,
    };
    loop {
        // Watching comes before looking, so that nothing is appended unseen in between.
        watch
            .partitions
            .iter()
            .for_each(|partition| partition.watch(&watch.wake));
        if is_enough(targets, min_bytes) {
            return;
        }
        if tokio::time::timeout_at(deadline, watch.wake.notified())
            .await
            .is_err()
        {
            return;
        }
    }
}

fn is_enough(targets: &[&Target], min_bytes: u64) -> bool {
    let mut available = 0_u64;
    for target in targets {
        let Ok(partition) = &target.partition else {
            return true;
        };
        match partition.available(target.asked.fetch_offset) {
            Ok(bytes) => available = available.saturating_add(bytes),
            Err(_refusal) => return true,
        }
    }
    available >= min_bytes
}

fn read(target: Target, budget: &mut usize, is_first: &mut bool) -> FetchedPartition {
    let wanted = usize::try_from(target.asked.partition_max_bytes)
        .unwrap_or(0)
        .min(*budget);
    let index = target.asked.partition;
    let read = target.partition.and_then(|partition| {
        if wanted == 0 && !*is_first {
            return Ok((Bytes::new(), partition.bounds()?));
        }
        partition.read(target.asked.fetch_offset, wanted)
    });
    if let Ok((records, _bounds)) = &read {
        // The first batch goes out however large it is, or the client would never get past it.
        *is_first &= records.is_empty();
        *budget = budget.saturating_sub(records.len());
    }
    FetchedPartition { index, read }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.partitions
            .iter()
            .for_each(|partition| partition.unwatch(&self.wake));
    }
}
