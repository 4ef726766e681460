//! The component's export: Kafka; and chat-api by service invocation.

use http::header::CONTENT_TYPE;
use serde_json::Value;
use todo_service::component::{send, variable};
use todo_service::refusal::Refusal;

use crate::ChatApi;
use bindings::exports::sidespin::kafka::inbound_kafka::{Failure, Guest, Message};

/// Creates the next occurrence; only other components reach it.
const NEXT_URL: &str = "http://chat-api.spin.internal/internal/v1/tasks/next";

/// Says that the caller is one of the application's services.
const TOKEN_HEADER: &str = "x-internal-token";

/// The variable with what goes into that header.
const TOKEN_VARIABLE: &str = "internal_token";

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

struct Consumer;

impl Guest for Consumer {
    async fn handle_messages(messages: Vec<Message>) -> Vec<Result<(), Failure>> {
        let values: Vec<_> = messages.into_iter().map(|message| message.value).collect();
        let failure = |refusal| match refusal {
            Refusal::Retry(reason) => Failure::Retry(reason),
            Refusal::Reject(reason) => Failure::Reject(reason),
        };
        let results = crate::handle(&ServiceInvocation, &values).await;
        results
            .into_iter()
            .map(|result| result.map_err(failure))
            .collect()
    }
}

struct ServiceInvocation;

impl ChatApi for ServiceInvocation {
    async fn create_next(&self, body: Value) -> Result<u16, String> {
        let mut request = http::Request::post(NEXT_URL).header(CONTENT_TYPE, "application/json");
        let token = variable(TOKEN_VARIABLE).await;
        if !token.is_empty() {
            request = request.header(TOKEN_HEADER, token);
        }
        let request = request
            .body(body.to_string().into())
            .map_err(|error| error.to_string())?;
        let answer = send(request).await.ok_or("no complete answer came back")?;
        Ok(answer.status().as_u16())
    }
}
