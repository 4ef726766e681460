//! The key of a service's cursors. What a cursor is stands in `todo_domain::query::cursor`.

use todo_domain::query::cursor;

use crate::database::{Connection, DatabaseError};

/// The secret that cursors are signed with.
#[derive(Clone)]
pub struct CursorKey(Vec<u8>);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorKey(…)")
    }
}

impl CursorKey {
    /// From any secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    /// The one that a service keeps in a table of its own with columns `name` and `value`, so that all its
    /// instances have the same.
    ///
    /// # Errors
    /// The table is not there or does not hold one.
    pub async fn load(connection: &impl Connection, table: &str) -> Result<Self, DatabaseError> {
        let rows = connection
            .execute(
                &format!("SELECT value FROM {table} WHERE name = 'cursor_key'"),
                &[],
            )
            .await?;
        let missing = || DatabaseError::Failed {
            reason: format!("`{table}` holds no `cursor_key`"),
        };
        rows.first().ok_or_else(missing)?.text(0).map(Self::new)
    }

    /// The cursor for the place after an item's number in the answer to a question: the user, the filters,
    /// the order.
    #[must_use]
    pub fn seal(&self, question: &str, number: i64) -> String {
        cursor::seal(&number, &self.0, question)
    }

    /// The number in a cursor that was made for this question.
    #[must_use]
    pub fn open(&self, question: &str, text: &str) -> Option<i64> {
        cursor::open(text, &self.0, question).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_with_its_own_key_and_question_alone() {
        let key = CursorKey::new("secret");
        let cursor = key.seal("user-1 unread", 42);
        assert_eq!(key.open("user-1 unread", &cursor), Some(42));
        assert_eq!(key.open("user-2 unread", &cursor), None);
        assert_eq!(CursorKey::new("other").open("user-1 unread", &cursor), None);
        assert_eq!(key.open("user-1 unread", "42"), None);
    }
}
