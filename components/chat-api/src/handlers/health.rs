//! Whether the service runs, and whether it can work.

use http::StatusCode;
use serde_json::json;
use todo_service::answer::{self, Answer};
use todo_service::database::Database;

use crate::app::App;
use crate::failure::Failure;
use crate::platform::{Platform, PlatformError};
use crate::store::migrations::OUTBOX;

/// How long something may wait in the outbox before the publisher counts as away, in milliseconds.
const LONGEST_WAIT: i64 = 30_000;

/// GET /health/live
pub(crate) fn live() -> Answer {
    answer::json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// GET /health/ready: the database answers, and events do not pile up.
pub(crate) async fn ready<P: Platform>(app: &App<P>) -> Result<Answer, Failure> {
    let now = app.platform.now();
    let waiting = async {
        let connection = app.platform.database().connect().await?;
        OUTBOX.waiting_since(&connection).await
    };
    let (database, waited) = match waiting.await {
        Ok(since) => (true, since.map_or(0, |since| now.saturating_sub(since))),
        Err(error) => {
            app.platform.log(&format!("not ready: {error}"));
            (false, 0)
        }
    };
    // Publishing nothing reaches the adapter; whether it reaches the broker shows in what waits.
    let adapter = app.platform.publish(Vec::new()).await;
    let publisher = !matches!(adapter, Err(PlatformError::Unavailable(_))) && waited <= LONGEST_WAIT;
    let is_ready = database && publisher;
    let word = |is_well: bool| if is_well { "ok" } else { "unavailable" };
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "status": word(is_ready),
        "checks": { "database": word(database), "publisher": word(publisher) },
        "oldest_unpublished_seconds": waited / 1000,
    });
    Ok(answer::json(status, &body))
}
