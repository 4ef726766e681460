//! The chat and its history.

use serde_json::{Value, json};
use todo_domain::assistant::{Intent, MESSAGE_LIMIT, TOOLS};
use todo_domain::validation::TITLE_LIMIT;
use todo_knowledge::limits;

use super::knowledge::session_id;
use crate::schema::{
    about, any_text, body, count, id, like, list, named, nullable, object, one_of, page, text, time, zone,
};

/// What a message may be understood as.
const INTENTS: [Intent; 18] = [
    Intent::AddTask,
    Intent::ListTasks,
    Intent::CompleteTask,
    Intent::DeleteTask,
    Intent::UpdateTask,
    Intent::SearchTasks,
    Intent::SetReminder,
    Intent::GetStats,
    Intent::Confirm,
    Intent::Cancel,
    Intent::GetTask,
    Intent::Undo,
    Intent::Greet,
    Intent::Thank,
    Intent::Help,
    Intent::Faq,
    Intent::Recall,
    Intent::Unclear,
];

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let tools = format!("`{}`; or what a language model made up", TOOLS.join("`, `"));
    let call = object([
        ("tool", about(any_text(), &tools)),
        (
            "arguments",
            about(
                json!({}),
                "an object; what a language model wrote, where it wrote none",
            ),
        ),
        (
            "result",
            about(json!({}), "what the tool answered; `{error}` where it failed"),
        ),
        ("status", one_of(["success", "error"])),
    ]);
    let mut pending = object([
        ("question", any_text()),
        (
            "kind",
            about(
                one_of(["confirm", "choose"]),
                "whether to run calls, or which task a call is about",
            ),
        ),
        (
            "calls",
            about(
                list(json!({ "type": "object" })),
                "what a yes runs, or a choice: then one for each of the tasks in question",
            ),
        ),
        (
            "candidates?",
            about(list(count(1)), "the numbers of the tasks in question"),
        ),
        (
            "before?",
            about(
                list(json!({ "type": "object" })),
                "what the same message asked for before, to be done with what is decided",
            ),
        ),
        (
            "after?",
            about(
                any_text(),
                "what the same message asked for behind it, in its own words",
            ),
        ),
        ("expires_at", time()),
    ]);
    pending = about(pending, "A question that waits for an answer.");
    let reply = object([
        ("conversation_id", id()),
        ("message_id", id()),
        ("response", about(any_text(), "what the assistant says")),
        ("tool_calls", list(named("ToolCall"))),
        (
            "intent",
            about(
                like(one_of(INTENTS.map(Intent::as_str)), "add_task"),
                "what the message was understood as; `faq` and `recall` are answered from what is known, with `sources`",
            ),
        ),
        ("provider", like(any_text(), "builtin")),
        ("created_at", time()),
        ("pending_confirmation?", named("PendingConfirmation")),
        (
            "sources?",
            about(
                list(named("Source")),
                "where the answer comes from, the best first",
            ),
        ),
        (
            "fallback?",
            about(
                object([
                    ("from", any_text()),
                    ("reason", any_text()),
                    ("detail", any_text()),
                ]),
                "why the language model did not answer, where the built-in assistant did in its place",
            ),
        ),
    ]);
    let conversation = object([
        ("id", id()),
        ("title", any_text()),
        ("created_at", time()),
        ("updated_at", time()),
        ("message_count", count(0)),
    ]);
    let message = object([
        ("id", id()),
        ("role", one_of(["user", "assistant"])),
        ("content", any_text()),
        ("tool_calls", nullable(list(named("ToolCall")))),
        ("created_at", time()),
    ]);
    vec![
        (
            "ChatRequest",
            body([
                (
                    "message",
                    like(text(1, MESSAGE_LIMIT), "Add a task to buy milk tomorrow"),
                ),
                (
                    "conversation_id?",
                    about(nullable(text(1, 64)), "the conversation that it continues"),
                ),
                ("timezone?", nullable(zone())),
            ]),
        ),
        (
            "FaqQuestion",
            about(
                body([
                    (
                        "message",
                        like(text(1, limits::MESSAGE_LIMIT), "How do I add a recurring task?"),
                    ),
                    (
                        "sessionId?",
                        about(
                            nullable(session_id()),
                            "what the questions of one visitor have in common",
                        ),
                    ),
                ]),
                "What a program with the FAQ's key asks.",
            ),
        ),
        (
            "ChatQuestion",
            json!({
                "description": "A user's message, or what a program with the FAQ's key asks.",
                "anyOf": [named("ChatRequest"), named("FaqQuestion")],
            }),
        ),
        ("ChatReply", reply),
        (
            "FaqAnswer",
            object([
                ("answer", any_text()),
                ("sources", list(named("FaqSource"))),
                (
                    "sessionId",
                    about(like(any_text(), "visitor-7"), "a new one where none was sent"),
                ),
            ]),
        ),
        (
            "ChatAnswer",
            json!({
                "description": "To a user what the assistant did and says; to a program with the FAQ's key the answer.",
                "oneOf": [named("ChatReply"), named("FaqAnswer")],
            }),
        ),
        ("ToolCall", call),
        ("PendingConfirmation", pending),
        ("Conversation", conversation),
        ("ConversationPage", page("Conversation")),
        (
            "ConversationPatch",
            object([("title", about(text(1, TITLE_LIMIT), "one line"))]),
        ),
        ("Message", message),
        ("MessagePage", page("Message")),
    ]
}
