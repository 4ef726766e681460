//! The component's exports: HTTP, Kafka and jobs, on the host's database and `todo:platform`.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::Value;
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::wasip3::random::random::get_random_bytes;
use todo_service::authenticate::Authenticator;
use todo_service::component::{self, ChatApiKeys, log, new_id, now, serve, user_limit};
use todo_service::database::HostDatabase;
use todo_service::outbound;
use todo_service::outbox::{self, Receiver};
use todo_service::refusal::Refusal;

use crate::{Notifications, Platform, PlatformError, Sent};
use bindings::exports::sidespin::jobs::job_handler::{self, Job};
use bindings::exports::sidespin::kafka::inbound_kafka::{self, Message};
use bindings::todo::platform::{publisher, scheduler};

mod bindings {
    // The SDK's own bindings runtime: its executor is the one that drives what the SDK spawns, such as request bodies.
    spin_sdk::wit_bindgen::generate!({
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        path: ["../../wit/todo-platform", "../../wit/sidespin-kafka", "../../wit/sidespin-jobs"],
        inline: "
            package todo:notification;

            world component {
                import todo:platform/publisher@0.1.0;
                import todo:platform/scheduler@0.1.0;
                export sidespin:kafka/inbound-kafka@0.1.0;
                export sidespin:jobs/job-handler@0.1.0;
            }
        ",
        world: "todo:notification/component",
        generate_all,
    });
}

mod exports {
    #![expect(
        unsafe_code,
        reason = "the canonical ABI's exported functions are generated as unsafe"
    )]

    use super::{Handlers, bindings};

    bindings::export!(Handlers with_types_in super::bindings);
}

/// How long a server outside may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where chat-api is, for other components only.
const CHAT_API: &str = "http://chat-api.spin.internal";

/// Says that the caller is one of the application's services.
const TOKEN_HEADER: &str = "x-internal-token";

/// The variable with what goes into that header.
const TOKEN_VARIABLE: &str = "internal_token";

type Service = Notifications<HostDatabase, ChatApiKeys, TodoPlatform>;

thread_local! {
    /// An instance serves many requests; keys and migrations are kept between them.
    static SERVICE: Rc<Service> =
        Rc::new(Notifications::new(HostDatabase::of("notification"), Authenticator::new(ChatApiKeys), TodoPlatform));
}

#[spin_sdk::http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let service = SERVICE.with(Rc::clone);
    let answer = async |request: &_, now| service.answer(request, now, user_limit().await).await;
    serve(request, answer).await
}

struct Handlers;

impl inbound_kafka::Guest for Handlers {
    async fn handle_messages(messages: Vec<Message>) -> Vec<Result<(), inbound_kafka::Failure>> {
        let service = SERVICE.with(Rc::clone);
        let values: Vec<_> = messages.into_iter().map(|message| message.value).collect();
        let failure = |refusal| match refusal {
            Refusal::Retry(reason) => inbound_kafka::Failure::Retry(reason),
            Refusal::Reject(reason) => inbound_kafka::Failure::Reject(reason),
        };
        service
            .deliver(&values)
            .await
            .into_iter()
            .map(|result| result.map_err(failure))
            .collect()
    }
}

impl job_handler::Guest for Handlers {
    async fn handle_job(job: Job) -> Result<(), job_handler::Failure> {
        let service = SERVICE.with(Rc::clone);
        service.work(&job.name).await.map_err(|refusal| match refusal {
            Refusal::Retry(reason) => job_handler::Failure::Retry(reason),
            Refusal::Reject(reason) => job_handler::Failure::Reject(reason),
        })
    }
}

/// Whatever adapter the manifest composes in.
#[derive(Debug)]
struct TodoPlatform;

impl Receiver for TodoPlatform {
    async fn publish(&self, messages: Vec<outbox::Message>) -> Result<(), PlatformError> {
        let event = |outbox::Message { topic, key, body }| publisher::Event {
            topic,
            key,
            body: body.into_bytes(),
        };
        publisher::publish(messages.into_iter().map(event).collect())
            .await
            .map_err(|error| match error {
                publisher::Error::Unavailable(reason) => PlatformError::Unavailable(reason),
                publisher::Error::Rejected(reason) => PlatformError::Rejected(reason),
            })
    }

    async fn schedule(&self, name: &str, due: i64) -> Result<(), PlatformError> {
        let due = u64::try_from(due).unwrap_or_default();
        let scheduled = scheduler::schedule(name.to_owned(), due, Vec::new()).await;
        scheduled.map_err(job_error)
    }

    async fn cancel(&self, name: &str) -> Result<(), PlatformError> {
        scheduler::cancel(name.to_owned()).await.map_err(job_error)
    }

    fn now(&self) -> i64 {
        now().millis()
    }

    fn log(&self, line: &str) {
        log(line);
    }
}

impl Platform for TodoPlatform {
    async fn repeat(&self, job: &str, interval: u64) -> Result<(), PlatformError> {
        scheduler::repeat(job.to_owned(), interval)
            .await
            .map_err(job_error)
    }

    fn new_id(&self) -> String {
        new_id()
    }

    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // A host may give fewer than were asked for.
        let mut filled = 0;
        while filled < bytes.len() {
            let given = get_random_bytes(32);
            for (byte, source) in bytes.iter_mut().skip(filled).zip(&given) {
                *byte = *source;
            }
            filled += given.len();
        }
        bytes
    }

    async fn variable(&self, name: &str) -> String {
        component::variable(name).await
    }

    async fn send(&self, request: http::Request<Bytes>) -> Result<Sent, String> {
        let sent = outbound::send(request, PATIENCE).await;
        let answer = sent.map_err(|error| error.to_string())?;
        // What else the answer says is of no interest, and is not waited for.
        let retry_after = answer.headers().get(RETRY_AFTER);
        Ok(Sent {
            status: answer.status().as_u16(),
            retry_after: retry_after.and_then(|value| value.to_str().ok()?.parse().ok()),
        })
    }

    async fn ask_chat_api(&self, path: &str, body: &Value) -> Result<(u16, Value), String> {
        let mut request =
            http::Request::post(format!("{CHAT_API}{path}")).header(CONTENT_TYPE, "application/json");
        let token = component::variable(TOKEN_VARIABLE).await;
        if !token.is_empty() {
            request = request.header(TOKEN_HEADER, token);
        }
        let request = request
            .body(body.to_string().into())
            .map_err(|error| error.to_string())?;
        let answer = component::send(request)
            .await
            .ok_or("no complete answer came back")?;
        let body = serde_json::from_slice(answer.body()).unwrap_or_default();
        Ok((answer.status().as_u16(), body))
    }
}

fn job_error(error: scheduler::Error) -> PlatformError {
    match error {
        scheduler::Error::Unavailable(reason) => PlatformError::Unavailable(reason),
        scheduler::Error::Rejected(reason) => PlatformError::Rejected(reason),
    }
}
