//! What a Kafka component exports, and how messages get there.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::{Diagnostic, TriggerEntry};
use sidespin_kafka_client::Record;
use sidespin_trigger::{Bindings, CallError, Instances, Outcome, Pool};
use sidespin_world::kafka::types;
use sidespin_world::kafka_consumer::{KafkaConsumer, KafkaConsumerPre};
use wasmtime::Store;

use crate::answer::Answer;
use crate::member::Calls;

/// The exports of one component, found once.
pub(crate) struct KafkaBindings<T: 'static> {
    pre: KafkaConsumerPre<T>,
}

impl<T: Send + 'static> KafkaBindings<T> {
    pub(crate) fn new(entry: &TriggerEntry, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let component = &entry.component;
        let Some(instance_pre) = instances.instance_pre(component) else {
            return Err(Diagnostic::new(format!(
                "the Kafka trigger names a component `{component}` that is not loaded"
            ))
            .at(entry.location.clone())
            .hint(format!("declare `[component.{component}]`")));
        };
        match KafkaConsumerPre::new(instance_pre) {
            Ok(pre) => Ok(Self { pre }),
            Err(_missing) => Err(Diagnostic::new(format!(
                "component `{component}` has a Kafka trigger but does not export what it calls"
            ))
            .at(entry.location.clone())
            .hint("export `sidespin:kafka/inbound-kafka@0.1.0`, the interface in `wit/sidespin-kafka`")),
        }
    }
}

impl<T: Send + 'static> Bindings for KafkaBindings<T> {
    type Data = T;
    type Exports = KafkaConsumer;

    async fn instantiate(&self, store: &mut Store<T>) -> wasmtime::Result<KafkaConsumer> {
        self.pre.instantiate_async(store).await
    }
}

impl<T: Send + 'static> Calls for Pool<KafkaBindings<T>> {
    fn call(&self, records: &[&Record]) -> BoxFuture<'static, Answer> {
        let messages: Vec<_> = records.iter().map(|record| message(record)).collect();
        let pool = self.clone();
        async move {
            let answered = pool
                .call(move |accessor, exports| {
                    let handler = exports.sidespin_kafka_inbound_kafka();
                    handler.call_handle_messages(accessor, messages).boxed()
                })
                .await;
            match answered {
                Ok(results) => Answer::PerMessage(results.into_iter().map(outcome).collect()),
                Err(error @ (CallError::Overloaded { .. } | CallError::Instantiate { .. })) => {
                    Answer::NotCalled {
                        reason: error.to_string(),
                    }
                }
                Err(error) => Answer::Trapped {
                    reason: error.to_string(),
                },
            }
        }
        .boxed()
    }
}

fn outcome(result: Result<(), types::Failure>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(types::Failure::Retry(reason)) => Outcome::Retry { reason },
        Err(types::Failure::Reject(reason)) => Outcome::Reject { reason },
    }
}

fn message(record: &Record) -> types::Message {
    let headers = record.headers.iter();
    types::Message {
        topic: record.topic.to_string(),
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: headers
            .map(|header| types::Header {
                name: header.name.clone(),
                value: header.value.clone(),
            })
            .collect(),
    }
}
