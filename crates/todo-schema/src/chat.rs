//! The tables of chat-api.

mod accounts;
mod assistant;
mod conversations;
mod first;
mod knowledge;
mod later;

use todo_service::migrate::Schema;

/// All changes so far.
pub const SCHEMA: Schema = Schema {
    service: "chat",
    version_table: "chat_schema",
    migrations: &[
        first::FIRST,
        later::OUTBOX_CLAIMS,
        later::SEARCH_INDEX,
        later::SUBTASKS,
        later::BIN,
        later::UNDO,
        later::TOKENS,
        later::EXCHANGE,
        accounts::SESSIONS,
        assistant::TOKEN_BUDGETS,
        assistant::COUNTERS,
        accounts::IDENTITIES,
        later::OUTBOX_INDEXES,
        knowledge::KNOWLEDGE,
        conversations::SEARCH,
    ],
};
