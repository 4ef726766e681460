//! What all instances have to agree on.

use todo_service::database::{Connection, DatabaseError};

/// The value of this name; `fresh` if there was none. Of instances that ask at once one is first, and all get its value.
pub(crate) async fn get_or_set(
    connection: &impl Connection,
    name: &str,
    fresh: String,
) -> Result<String, DatabaseError> {
    let known = "SELECT value FROM chat_settings WHERE name = ?";
    let rows = connection.execute(known, &[name.into()]).await?;
    if let Some(row) = rows.first() {
        return Ok(row.text(0)?.to_owned());
    }
    let insert = "INSERT INTO chat_settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING";
    connection.execute(insert, &[name.into(), fresh.into()]).await?;
    let rows = connection.execute(known, &[name.into()]).await?;
    let missing = || DatabaseError::Failed {
        reason: format!("the setting `{name}` was not kept"),
    };
    Ok(rows.first().ok_or_else(missing)?.text(0)?.to_owned())
}
