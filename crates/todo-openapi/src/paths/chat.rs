//! The assistant, and what was said.

use serde_json::json;
use todo_domain::problem::Code;
use todo_domain::query::SEARCH_LIMIT;
use todo_domain::sse;

use super::of_user;
use crate::operation::Operation;
use crate::schema::{any_text, named, text};
use crate::shared::{BEARER, FAQ_KEY};

const TAG: &str = "Chat";

pub(super) fn operations() -> Vec<Operation> {
    let reply = json!({
        "application/json": { "schema": named("ChatAnswer") },
        sse::CONTENT_TYPE: { "schema": any_text() },
    });
    vec![
        of_user(TAG, ["post", "/api/v1/chat", "chat", "Say something to the assistant"])
            .about(
                "With `Accept: text/event-stream` the answer comes as the events `thinking`, `tool_call`, `tool_result`, \
                 `token` and `done`; the data of `done` is the whole answer. What fails once the status has been sent is \
                 the event `error`, whose data is a problem.\n\n\
                 Programs with the FAQ's key and without an account ask here as well: they send `{message, sessionId?}` and get \
                 `{answer, sources, sessionId}`, always in JSON; for them a body with mistakes is a 400.",
            )
            .idempotent()
            .with_any_of(&[BEARER, FAQ_KEY])
            .takes(named("ChatQuestion"))
            .answers_as(200, "What the assistant did and says.", reply)
            .fails(&[Code::NotFound, Code::Conflict, Code::UnsupportedMediaType]),
        of_user(TAG, ["get", "/api/v1/conversations", "listConversations", "List conversations"])
            .query(
                "search",
                text(0, SEARCH_LIMIT),
                "Only those in whose titles, or in what the user said there last, all of these words occur.",
            )
            .paged()
            .answers(200, "A page, the latest first.", named("ConversationPage"))
            .cached(),
        of_user(TAG, ["get", "/api/v1/conversations/{id}", "getConversation", "Read what a conversation is called"])
            .answers(200, "The conversation.", named("Conversation"))
            .cached(),
        of_user(TAG, ["patch", "/api/v1/conversations/{id}", "renameConversation", "Rename a conversation"])
            .takes_patch(named("ConversationPatch"))
            .answers(200, "The conversation.", named("Conversation"))
            .fails(&[Code::UnsupportedMediaType]),
        of_user(TAG, ["delete", "/api/v1/conversations/{id}", "deleteConversation", "Delete a conversation"])
            .answers_empty(204, "It is deleted, with its messages."),
        of_user(TAG, ["get", "/api/v1/conversations/{id}/messages", "listMessages", "List the messages of a conversation"])
            .paged()
            .answers(200, "A page, the oldest first.", named("MessagePage"))
            .cached(),
    ]
}
