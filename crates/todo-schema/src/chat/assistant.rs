//! What the assistant needs.

use todo_service::migrate::Migration;

/// What each user has used of a language model. `day` is counted from the Unix epoch, in UTC.
pub(super) const TOKEN_BUDGETS: Migration = Migration {
    name: "budgets of language models",
    forward: &[
        "CREATE TABLE chat_token_budgets (
            user_id TEXT NOT NULL,
            day INTEGER NOT NULL,
            used INTEGER NOT NULL,
            PRIMARY KEY (user_id, day)
        ) WITHOUT ROWID",
        "CREATE INDEX chat_token_budgets_by_day ON chat_token_budgets (day)",
    ],
    back: &["DROP TABLE chat_token_budgets"],
    loses: "what was used of today's budgets",
};

/// Numbers that only grow. `labels` is as the text format of Prometheus has it, without the braces.
pub(super) const COUNTERS: Migration = Migration {
    name: "counters",
    forward: &["CREATE TABLE chat_counters (
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            value INTEGER NOT NULL,
            PRIMARY KEY (name, labels)
        ) WITHOUT ROWID"],
    back: &["DROP TABLE chat_counters"],
    loses: "what was counted: the metrics begin at zero",
};
