//! What a component with a Redis trigger exports, and how a message gets there.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::{Diagnostic, TriggerEntry};
use sidespin_trigger::{Bindings, CallError, Instances, Pool};
use sidespin_world::redis::redis::Error;
use sidespin_world::redis_subscriber::{RedisSubscriber, RedisSubscriberPre};
use wasmtime::Store;

use crate::entry::{Answer, Calls};

/// The exports of one component, found once.
pub(crate) struct RedisBindings<T: 'static> {
    pre: RedisSubscriberPre<T>,
}

impl<T: Send + 'static> RedisBindings<T> {
    pub(crate) fn new(entry: &TriggerEntry, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let component = &entry.component;
        let Some(instance_pre) = instances.instance_pre(component) else {
            return Err(Diagnostic::new(format!(
                "the Redis trigger names a component `{component}` that is not loaded"
            ))
            .at(entry.location.clone())
            .hint(format!("declare `[component.{component}]`")));
        };
        match RedisSubscriberPre::new(instance_pre) {
            Ok(pre) => Ok(Self { pre }),
            Err(_missing) => Err(Diagnostic::new(format!(
                "component `{component}` has a Redis trigger but does not export what it calls"
            ))
            .at(entry.location.clone())
            .hint("export `spin:redis/inbound-redis@3.0.0`, for instance by `#[redis_subscriber]` of spin-sdk 7")),
        }
    }
}

impl<T: Send + 'static> Bindings for RedisBindings<T> {
    type Data = T;
    type Exports = RedisSubscriber;

    async fn instantiate(&self, store: &mut Store<T>) -> wasmtime::Result<RedisSubscriber> {
        self.pre.instantiate_async(store).await
    }
}

impl<T: Send + 'static> Calls for Pool<RedisBindings<T>> {
    fn call(&self, message: Vec<u8>) -> BoxFuture<'static, Answer> {
        let pool = self.clone();
        async move {
            let answered = pool
                .call(move |accessor, exports| {
                    let handler = exports.spin_redis_inbound_redis();
                    handler.call_handle_message(accessor, message).boxed()
                })
                .await;
            match answered {
                Ok(Ok(())) => Answer::Done,
                Ok(Err(error)) => Answer::Failed { reason: words(error) },
                Err(CallError::Overloaded { .. }) => Answer::NoRoom,
                Err(error) => Answer::Failed {
                    reason: error.to_string(),
                },
            }
        }
        .boxed()
    }
}

fn words(error: Error) -> String {
    match error {
        Error::Other(reason) => reason,
        Error::InvalidAddress => "invalid-address".to_owned(),
        Error::TooManyConnections => "too-many-connections".to_owned(),
        Error::TypeError => "type-error".to_owned(),
    }
}
