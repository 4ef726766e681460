//! Why a message or a job was not handled.

use serde::de::DeserializeOwned;
use thiserror::Error;
use todo_domain::events::{CloudEvent, EventError, parse};

use crate::database::DatabaseError;

/// The two ways of not handling something, which the host treats differently.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The reason may pass: again, later.
    #[error("{0}")]
    Retry(String),
    /// It will never be handled: not again, and kept for an operator.
    #[error("{0}")]
    Reject(String),
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<EventError> for Refusal {
    /// The same bytes will never be an event.
    fn from(error: EventError) -> Self {
        match error {
            EventError::Malformed(cause) => Self::Reject(format!("the message is not an event: {cause}")),
            other => Self::Reject(other.to_string()),
        }
    }
}

/// Reads the event in a message's value.
///
/// # Errors
/// There is none.
pub fn read_event<T: DeserializeOwned>(value: Option<&[u8]>) -> Result<CloudEvent<T>, Refusal> {
    let value = value.ok_or_else(|| Refusal::Reject("the message has no value".to_owned()))?;
    Ok(parse(value)?)
}

/// Handles a batch in which some messages are refused at sight and the rest is handled as a whole: all or,
/// for a reason that then holds for each of them, none. The answer has one entry per message, in their order.
pub async fn all_or_none<M, T>(
    messages: &[M],
    read: impl Fn(&M) -> Result<T, Refusal>,
    handle: impl AsyncFnOnce(&[T]) -> Result<(), Refusal>,
) -> Vec<Result<(), Refusal>> {
    let mut readable = Vec::with_capacity(messages.len());
    let mut results = Vec::with_capacity(messages.len());
    for message in messages {
        results.push(read(message).map(|item| readable.push(item)));
    }
    if readable.is_empty() {
        return results;
    }
    match handle(&readable).await {
        Ok(()) => results,
        Err(refusal) => results
            .into_iter()
            .map(|result| result.and_then(|()| Err(refusal.clone())))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures::executor::block_on;

    use super::*;

    fn number(text: &&str) -> Result<u32, Refusal> {
        text.parse()
            .map_err(|_not_a_number| Refusal::Reject(format!("`{text}` is no number")))
    }

    #[test]
    fn what_cannot_be_read_does_not_keep_the_rest_from_being_handled() {
        let seen = RefCell::new(Vec::new());
        let results = block_on(all_or_none(
            &["1", "x", "3"],
            number,
            async |numbers: &[u32]| {
                seen.borrow_mut().extend_from_slice(numbers);
                Ok(())
            },
        ));
        assert_eq!(*seen.borrow(), [1, 3]);
        assert_eq!(
            results,
            [Ok(()), Err(Refusal::Reject("`x` is no number".into())), Ok(())]
        );
    }

    #[test]
    fn a_reason_of_the_whole_is_one_of_each_that_was_readable() {
        let away = || Refusal::Retry("away".into());
        let results = block_on(all_or_none(&["1", "x"], number, async |_: &[u32]| Err(away())));
        assert_eq!(
            results,
            [Err(away()), Err(Refusal::Reject("`x` is no number".into()))]
        );
    }

    #[test]
    fn nothing_readable_needs_no_work() {
        let results = block_on(all_or_none(&["x"], number, async |_: &[u32]| {
            Err(Refusal::Retry("called".into()))
        }));
        assert!(matches!(results.as_slice(), [Err(Refusal::Reject(_))]));
    }
}
