//! What the service has counted, in the text format of Prometheus. The manifest gives the path no public route.

use std::fmt::Write as _;

use http::StatusCode;
use todo_service::answer::{Answer, with_body};
use todo_service::database::Database as _;

use crate::app::App;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::turns::{self, Kind};

/// The media type of the text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// GET /internal/metrics
pub(crate) async fn render<P: Platform>(app: &App<P>) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let mut text = String::new();
    for (kind, name, label, help) in [
        (
            Kind::Intent,
            "todo_chat_intents_total",
            "intent",
            "Messages to the assistant, by what they asked for.",
        ),
        (
            Kind::Fallback,
            "todo_chat_fallbacks_total",
            "reason",
            "Messages that led to nothing, by why.",
        ),
    ] {
        // Writing to a String cannot fail, here and below.
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter").ok();
        for count in turns::all(&connection, kind).await? {
            let (value, provider) = (escaped(&count.name), escaped(&count.provider));
            writeln!(
                text,
                "{name}{{{label}=\"{value}\",provider=\"{provider}\"}} {}",
                count.turns
            )
            .ok();
        }
    }
    Ok(with_body(StatusCode::OK, CONTENT_TYPE, text.into()))
}

/// A label's value with the characters escaped that would end it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
