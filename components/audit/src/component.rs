//! The component's exports: HTTP and Kafka, on the host's database.

use std::rc::Rc;

use spin_sdk::http::{IntoResponse, Request};
use todo_service::authenticate::Authenticator;
use todo_service::component::{ChatApiKeys, now, serve, user_limit};
use todo_service::database::HostDatabase;
use todo_service::refusal::Refusal;

use crate::Audit;
use bindings::exports::sidespin::kafka::inbound_kafka::{Failure, Guest, Message};

mod bindings {
    // The SDK's own bindings runtime: its executor is the one that drives what the SDK spawns, such as request bodies.
    spin_sdk::wit_bindgen::generate!({
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        path: "../../wit/sidespin-kafka",
        world: "sidespin:kafka/kafka-consumer",
        generate_all,
    });
}

mod exports {
    #![expect(
        unsafe_code,
        reason = "the canonical ABI's exported functions are generated as unsafe"
    )]

    use super::{Consumer, bindings};

    bindings::export!(Consumer with_types_in super::bindings);
}

thread_local! {
    /// An instance serves many requests; keys and migrations are kept between them.
    static AUDIT: Rc<Audit<HostDatabase, ChatApiKeys>> =
        Rc::new(Audit::new(HostDatabase::of("audit"), Authenticator::new(ChatApiKeys)));
}

#[spin_sdk::http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let audit = AUDIT.with(Rc::clone);
    let answer = async |request: &_, now| audit.answer(request, now, user_limit().await).await;
    serve(request, answer).await
}

struct Consumer;

impl Guest for Consumer {
    async fn handle_messages(messages: Vec<Message>) -> Vec<Result<(), Failure>> {
        let audit = AUDIT.with(Rc::clone);
        let values: Vec<_> = messages.into_iter().map(|message| message.value).collect();
        let results = audit.record(&values, now()).await;
        results
            .into_iter()
            .map(|result| result.map_err(failure))
            .collect()
    }
}

fn failure(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Retry(reason) => Failure::Retry(reason),
        Refusal::Reject(reason) => Failure::Reject(reason),
    }
}
