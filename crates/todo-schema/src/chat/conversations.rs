//! What conversations need.

use todo_service::migrate::Migration;

/// The columns by which conversations are found: the title, and what the user said, both folded as words to search are.
pub(super) const SEARCH: Migration = Migration {
    name: "search in conversations",
    forward: &[
        "ALTER TABLE chat_conversations ADD COLUMN title_key TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chat_conversations ADD COLUMN said_key TEXT NOT NULL DEFAULT ''",
        "UPDATE chat_conversations SET title_key = lower(title)",
    ],
    back: &[
        "ALTER TABLE chat_conversations DROP COLUMN said_key",
        "ALTER TABLE chat_conversations DROP COLUMN title_key",
    ],
    loses: "by which words old conversations are found",
};
