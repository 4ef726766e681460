//! Remembers what the client library complained of last: its error codes alone do not say why nobody answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::client::LogContext;

/// Events that may wait when a question has failed; more than this say nothing new.
const MOST_EVENTS: usize = 100;

/// Keeps the last complaint, beside passing everything on to the log.
#[derive(Debug, Default)]
pub(super) struct LastWords {
    log: LogContext,
    reason: Mutex<Option<String>>,
}

/// The last complaint. The library tells it only when it is asked for messages.
pub(super) fn last_words(consumer: &BaseConsumer<LastWords>) -> Option<String> {
    for _event in 0..MOST_EVENTS {
        // Errors are noted by the context.
        let served = consumer.context().log.served();
        if consumer.poll(Duration::ZERO).is_none() && consumer.context().log.served() == served {
            break;
        }
    }
    let reason = consumer.context().reason.lock();
    reason.unwrap_or_else(PoisonError::into_inner).take()
}

impl ClientContext for LastWords {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.log.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // That all brokers are down is known; why each of them is, is what was said before.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            let mut last = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(reason.to_owned());
        }
        self.log.error(error, reason);
    }
}

impl ConsumerContext for LastWords {}
