//! Counts for the screens.

use serde::Serialize;
use todo_domain::problem::Code;
use todo_domain::zone::Zone;
use todo_service::answer::{Answer, json_unless_known};
use todo_service::database::Database;

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::overview;

#[derive(Serialize)]
struct Tags {
    items: Vec<overview::Tag>,
}

/// GET /tags
pub(crate) async fn tags<P: Platform>(app: &App<P>, call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let items = overview::tags(&connection, &caller.user_id).await?;
    Ok(json_unless_known(&call.parts.headers, &Tags { items }))
}

/// GET /stats
pub(crate) async fn stats<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let mut zone = Zone::UTC;
    for (name, value) in call.parameters() {
        if name != "timezone" {
            return Err(Failure::new(
                Code::BadRequest,
                "this path takes the parameter `timezone` alone",
            ));
        }
        zone = Zone::parse(&value).map_err(|error| Failure::field("timezone", error.to_string()))?;
    }
    let connection = app.platform.database().connect().await?;
    let stats = overview::stats(&connection, &caller.user_id, app.now()?, zone).await?;
    Ok(json_unless_known(&call.parts.headers, &stats))
}
