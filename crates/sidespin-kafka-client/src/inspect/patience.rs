//! Asking again while a cluster is electing: a leader that has just been chosen or moved is known to the brokers before it is to us.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaResult, RDKafkaErrorCode as Code};

use crate::error::code;

/// Long enough for the library to have asked for the new leaders meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks until there is an answer other than that a leader is elsewhere or being elected, or `patience` is over. Blocks the thread.
pub(super) fn patiently<R>(
    patience: Duration,
    mut question: impl FnMut() -> KafkaResult<R>,
) -> KafkaResult<R> {
    let begun = Instant::now();
    loop {
        match question() {
            Err(error) if code(&error).is_some_and(is_election) && begun.elapsed() + PAUSE < patience => {
                std::thread::sleep(PAUSE);
            }
            answer => return answer,
        }
    }
}

fn is_election(code: Code) -> bool {
    matches!(
        code,
        Code::NotLeaderForPartition
            | Code::LeaderNotAvailable
            | Code::CoordinatorNotAvailable
            | Code::CoordinatorLoadInProgress
            | Code::NotCoordinator
    )
}

#[cfg(test)]
mod tests {
    use rdkafka::error::KafkaError;

    use super::*;

    fn asked(patience: Duration, answers: &[Result<u8, Code>]) -> (KafkaResult<u8>, usize) {
        let mut times = 0;
        let answer = patiently(patience, || {
            let answer = answers[times.min(answers.len() - 1)];
            times += 1;
            answer.map_err(KafkaError::MetadataFetch)
        });
        (answer, times)
    }

    #[test]
    fn an_election_is_waited_for() {
        let answers = [
            Err(Code::NotLeaderForPartition),
            Err(Code::LeaderNotAvailable),
            Ok(7),
        ];
        let (answer, times) = asked(Duration::from_secs(60), &answers);
        assert_eq!((answer.unwrap(), times), (7, 3));
    }

    #[test]
    fn what_no_election_ends_is_told_at_once() {
        let (answer, times) = asked(Duration::from_secs(60), &[Err(Code::UnknownTopic)]);
        assert_eq!((answer.is_err(), times), (true, 1));
    }

    #[test]
    fn patience_ends() {
        let (answer, times) = asked(PAUSE * 3, &[Err(Code::NotLeaderForPartition)]);
        assert!(answer.is_err() && (2..=3).contains(&times), "{times}");
    }
}
