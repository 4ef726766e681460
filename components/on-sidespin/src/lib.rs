//! `todo:platform` on Sidespin: events go to Kafka, jobs to the host's durable jobs, and the feed is a
//! subscription of `task-updates`. It translates and decides nothing; it is composed into the services and
//! keeps no state.

mod convert;
mod feed;

mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit/todo-platform", "../../wit/sidespin-kafka", "../../wit/sidespin-jobs"],
        inline: "
            package todo:on-sidespin;

            world component {
                include todo:platform/adapter@0.1.0;
                import sidespin:kafka/outbound-kafka@0.1.0;
                import sidespin:kafka/subscription@0.1.0;
                import sidespin:jobs/scheduler@0.1.0;
            }
        ",
        world: "todo:on-sidespin/component",
        generate_all,
    });
}

use bindings::exports::todo::platform::{feed as platform_feed, publisher, scheduler};
use bindings::sidespin::jobs::scheduler as jobs;
use bindings::sidespin::kafka::{outbound_kafka, subscription};

/// The adapter: what its exports are implemented on.
#[derive(Debug)]
struct Adapter;

#[cfg(target_arch = "wasm32")]
mod exports {
    #![expect(
        unsafe_code,
        reason = "the canonical ABI's exported functions are generated as unsafe"
    )]

    use super::{Adapter, bindings};

    bindings::export!(Adapter with_types_in super::bindings);
}

impl publisher::Guest for Adapter {
    async fn publish(events: Vec<publisher::Event>) -> Result<(), publisher::Error> {
        if events.is_empty() {
            return Ok(());
        }
        let messages = events.into_iter().map(convert::message).collect();
        outbound_kafka::send_many(messages)
            .await
            .map(|_positions| ())
            .map_err(convert::publish_error)
    }
}

impl scheduler::Guest for Adapter {
    async fn schedule(name: String, due: u64, payload: Vec<u8>) -> Result<(), scheduler::Error> {
        let schedule = jobs::Schedule {
            name,
            due,
            repeat: None,
            payload,
        };
        jobs::put(schedule).await.map_err(convert::schedule_error)
    }

    async fn repeat(name: String, interval: u64) -> Result<(), scheduler::Error> {
        let due = convert::milliseconds(std::time::SystemTime::now()).saturating_add(interval);
        let schedule = jobs::Schedule {
            name,
            due,
            repeat: Some(jobs::Repeat::Every(interval)),
            payload: Vec::new(),
        };
        jobs::put_if_absent(schedule)
            .await
            .map(|_created| ())
            .map_err(convert::schedule_error)
    }

    async fn cancel(name: String) -> Result<(), scheduler::Error> {
        jobs::cancel(name)
            .await
            .map(|_existed| ())
            .map_err(convert::schedule_error)
    }
}

impl platform_feed::Guest for Adapter {
    type Subscription = feed::Reader;

    async fn subscribe(user_id: String) -> Result<platform_feed::Subscription, platform_feed::Error> {
        let reader =
            subscription::subscribe(convert::UPDATES_TOPIC.to_owned(), Some(user_id.into_bytes())).await;
        let reader = reader.map_err(convert::feed_error)?;
        Ok(platform_feed::Subscription::new(feed::Reader::new(reader)))
    }
}
