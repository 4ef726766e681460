//! Many tasks at once over HTTP.

use http::StatusCode;
use serde::Serialize;
use todo_domain::bulk::BulkRequest;
use todo_domain::task::Task;
use todo_service::answer::{self, Answer};

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;

/// What a change of many tasks answers.
#[derive(Serialize)]
struct Done {
    action: &'static str,
    count: usize,
    items: Vec<Task>,
}

/// POST /tasks/bulk
pub(crate) async fn change<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let request = BulkRequest::parse(&call.json(None)?)?;
    app.write(call, caller, async |unit| {
        let items = unit.bulk(&request).await?;
        let done = Done {
            action: request.action.as_str(),
            count: items.len(),
            items,
        };
        Ok(answer::json(StatusCode::OK, &done))
    })
    .await
}
