//! What a component's answer to a batch means for each of its messages.

use std::collections::HashSet;

use sidespin_resilience::RetryPolicy;
use sidespin_trigger::Outcome;
use tokio::time::Instant;

use crate::lane::Item;

/// What came back from a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One outcome per message; missing ones count as a wish to try again.
    PerMessage(Vec<Outcome>),
    /// The component trapped or did not answer in time, no matter for which message.
    Trapped { reason: String },
    /// The component was never asked: the host is out of room, or cannot make an instance.
    NotCalled { reason: String },
}

/// What happens to the messages of a batch.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Handled.
    pub(crate) done: Vec<Item>,
    /// To be delivered again, in this order.
    pub(crate) again: Vec<Item>,
    /// To be put aside, with the reason.
    pub(crate) dead: Vec<(Item, String)>,
}

impl Verdict {
    /// Judges a batch that was answered at `now`.
    pub(crate) fn new(batch: Vec<Item>, answer: Answer, retry: &RetryPolicy, now: Instant) -> Self {
        match answer {
            Answer::PerMessage(outcomes) => Self::per_message(batch, outcomes, retry, now),
            Answer::NotCalled { .. } => Self::not_called(batch, retry, now),
            // One of them is to blame, and nobody knows which.
            Answer::Trapped { .. } if batch.len() > 1 => {
                let again = batch.into_iter().map(|item| Item {
                    is_alone: true,
                    ..item
                });
                Self {
                    again: again.collect(),
                    ..Self::default()
                }
            }
            Answer::Trapped { reason } => {
                Self::per_message(batch, vec![Outcome::Trapped { reason }], retry, now)
            }
        }
    }

    fn per_message(batch: Vec<Item>, outcomes: Vec<Outcome>, retry: &RetryPolicy, now: Instant) -> Self {
        let missing = || Outcome::Retry {
            reason: "the component gave no answer for this message".to_owned(),
        };
        let outcomes: Vec<_> = outcomes
            .into_iter()
            .chain(std::iter::repeat_with(missing))
            .take(batch.len())
            .collect();
        let held = held_back(&batch, &outcomes, retry);
        let mut verdict = Self::default();
        for ((item, outcome), is_held) in batch.into_iter().zip(outcomes).zip(held) {
            match outcome {
                _ if is_held => verdict.again.push(item),
                Outcome::Done => verdict.done.push(item),
                Outcome::Reject { reason } => verdict.dead.push((item, reason)),
                Outcome::Retry { reason } | Outcome::Trapped { reason } => {
                    if item.attempt >= retry.attempts {
                        verdict.dead.push((item, reason));
                    } else {
                        let ready_at = Some(now + retry.delay(item.attempt));
                        verdict.again.push(Item {
                            attempt: item.attempt + 1,
                            ready_at,
                            ..item
                        });
                    }
                }
            }
        }
        verdict
    }

    /// Not the messages' fault, so it does not count as an attempt; and as nothing was done, the order is kept by waiting.
    fn not_called(batch: Vec<Item>, retry: &RetryPolicy, now: Instant) -> Self {
        let wait = |item: Item| {
            let refusals = item.refusals.saturating_add(1);
            Item {
                refusals,
                ready_at: Some(now + retry.delay(refusals)),
                ..item
            }
        };
        Self {
            again: batch.into_iter().map(wait).collect(),
            ..Self::default()
        }
    }
}

/// For each message, whether one with the same key before it comes again. It must then come again too, whatever was
/// answered: the component is to see them in their order, the last one last.
fn held_back(batch: &[Item], outcomes: &[Outcome], retry: &RetryPolicy) -> Vec<bool> {
    let mut waiting = HashSet::new();
    let mut held = Vec::with_capacity(batch.len());
    for (item, outcome) in batch.iter().zip(outcomes) {
        held.push(waiting.contains(&item.order_key()));
        let wants_again = matches!(outcome, Outcome::Retry { .. } | Outcome::Trapped { .. });
        if wants_again && item.attempt < retry.attempts {
            waiting.insert(item.order_key());
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{item, offsets};

    fn retry() -> Outcome {
        Outcome::Retry {
            reason: "busy".to_owned(),
        }
    }

    fn reject() -> Outcome {
        Outcome::Reject {
            reason: "wrong".to_owned(),
        }
    }

    fn judge(batch: Vec<Item>, answer: Answer) -> Verdict {
        Verdict::new(batch, answer, &RetryPolicy::default(), Instant::now())
    }

    fn batch(keys: &[&str]) -> Vec<Item> {
        (0..)
            .zip(keys)
            .map(|(offset, key)| item(Some(key), offset))
            .collect()
    }

    fn dead(verdict: &Verdict) -> Vec<(i64, &str)> {
        verdict
            .dead
            .iter()
            .map(|(item, reason)| (item.record().offset, reason.as_str()))
            .collect()
    }

    #[test]
    fn each_message_has_its_own_fate() {
        let verdict = judge(
            batch(&["a", "b", "c"]),
            Answer::PerMessage(vec![Outcome::Done, reject(), retry()]),
        );
        assert_eq!(offsets(&verdict.done), [0]);
        assert_eq!(dead(&verdict), [(1, "wrong")]);
        assert_eq!(offsets(&verdict.again), [2]);
        assert_eq!(verdict.again[0].attempt, 2);
        assert!(verdict.again[0].ready_at.is_some());
    }

    #[test]
    fn what_follows_a_failure_of_its_key_comes_again_without_counting() {
        let answer = Answer::PerMessage(vec![retry(), Outcome::Done, Outcome::Done, reject()]);
        let verdict = judge(batch(&["a", "a", "b", "a"]), answer);
        assert_eq!(offsets(&verdict.again), [0, 1, 3]);
        assert_eq!(
            verdict.again.iter().map(|item| item.attempt).collect::<Vec<_>>(),
            [2, 1, 1]
        );
        assert_eq!(offsets(&verdict.done), [2]);
    }

    #[test]
    fn after_the_last_attempt_a_message_is_put_aside_and_holds_nobody_back() {
        let mut messages = batch(&["a", "a"]);
        messages[0].attempt = 5;
        let verdict = judge(messages, Answer::PerMessage(vec![retry(), Outcome::Done]));
        assert_eq!(dead(&verdict), [(0, "busy")]);
        assert_eq!(offsets(&verdict.done), [1]);
    }

    #[test]
    fn missing_answers_are_retries_and_surplus_ones_are_nothing() {
        let verdict = judge(batch(&["a", "b"]), Answer::PerMessage(vec![Outcome::Done]));
        assert_eq!(
            (offsets(&verdict.done), offsets(&verdict.again)),
            (vec![0], vec![1])
        );
        let verdict = judge(batch(&["a"]), Answer::PerMessage(vec![Outcome::Done, reject()]));
        assert_eq!((verdict.done.len(), verdict.dead.len()), (1, 0));
    }

    #[test]
    fn after_a_trap_each_comes_alone_and_only_then_it_counts() {
        let trapped = || Answer::Trapped {
            reason: "unreachable".to_owned(),
        };
        let verdict = judge(batch(&["a", "b"]), trapped());
        assert!(
            verdict
                .again
                .iter()
                .all(|item| item.is_alone && item.attempt == 1 && item.ready_at.is_none())
        );
        let verdict = judge(verdict.again.into_iter().take(1).collect(), trapped());
        assert_eq!(verdict.again[0].attempt, 2);
    }

    #[test]
    fn a_host_without_room_costs_no_attempt() {
        let mut messages = batch(&["a"]);
        messages[0].attempt = 5;
        let verdict = judge(
            messages,
            Answer::NotCalled {
                reason: "full".to_owned(),
            },
        );
        assert_eq!((verdict.again[0].attempt, verdict.again[0].refusals), (5, 1));
        assert!(verdict.again[0].ready_at.is_some());
    }
}
