//! What chat-api knows of a user: the address, what is to be done, and whether a task is still open.

use serde::Deserialize;
use serde_json::json;
use todo_domain::due::Due;
use todo_domain::zone::Zone;
use todo_service::refusal::Refusal;

use crate::Platform;

/// Where chat-api answers; only other components reach it.
const PATH: &str = "/internal/v1/agenda";

/// A user, seen from a time zone.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Agenda {
    pub(crate) email: String,
    /// Open tasks that should have been done, by their dates.
    pub(crate) overdue: Vec<Item>,
    /// Open tasks of today that are not overdue, by their dates.
    pub(crate) today: Vec<Item>,
    /// Whether the task that was asked for is open; none where none was asked for.
    pub(crate) is_open: Option<bool>,
}

/// A task of an agenda.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Item {
    pub(crate) title: String,
    pub(crate) due_date: Option<Due>,
}

/// Asks for a user's agenda. Nothing if there is no such user any more.
pub(crate) async fn ask(
    platform: &impl Platform,
    user_id: &str,
    timezone: Zone,
    task_id: Option<&str>,
) -> Result<Option<Agenda>, Refusal> {
    let body = json!({ "user_id": user_id, "timezone": timezone, "task_id": task_id });
    let away = |reason: String| Refusal::Retry(format!("chat-api does not answer: {reason}"));
    match platform.ask_chat_api(PATH, &body).await.map_err(away)? {
        (200, agenda) => {
            let agenda = serde_json::from_value(agenda);
            agenda
                .map(Some)
                .map_err(|error| Refusal::Retry(format!("chat-api's answer is no agenda: {error}")))
        }
        (404, _) => Ok(None),
        (status, _) => Err(Refusal::Retry(format!("chat-api answers {status}"))),
    }
}
