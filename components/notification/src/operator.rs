//! What the operator sets, by variables of the manifest.

use todo_delivery::destination::Granted;
use todo_delivery::vapid::VapidKey;
use todo_service::database::{Connection, DatabaseError};

use crate::Platform;

/// The server that sends e-mail.
#[derive(Clone)]
pub(crate) struct Relay {
    /// Scheme and host; mails are posted to `/emails` there.
    pub(crate) url: String,
    pub(crate) key: String,
    /// The sender of every mail.
    pub(crate) from: String,
}

/// Where users may have something sent: `webhook_hosts`, and not the relay.
pub(crate) async fn granted(platform: &impl Platform) -> Granted {
    let reserved = platform.variable("email_relay_url").await;
    Granted::new(&platform.variable("webhook_hosts").await, &reserved)
}

/// The relay of `email_relay_url`, `email_relay_key` and `email_from`; nothing where no mail is sent.
pub(crate) async fn relay(platform: &impl Platform) -> Option<Relay> {
    let relay = Relay {
        url: platform
            .variable("email_relay_url")
            .await
            .trim()
            .trim_end_matches('/')
            .to_owned(),
        key: platform.variable("email_relay_key").await.trim().to_owned(),
        from: platform.variable("email_from").await.trim().to_owned(),
    };
    (!relay.url.is_empty() && !relay.from.is_empty()).then_some(relay)
}

/// The key that push services know this application by: `vapid_key`, or else one that is made once and kept in the database.
///
/// # Errors
/// The database's, or the variable is no key.
pub(crate) async fn vapid_key(
    platform: &impl Platform,
    connection: &impl Connection,
) -> Result<VapidKey, DatabaseError> {
    let failed = |reason: &str| DatabaseError::Failed {
        reason: reason.to_owned(),
    };
    let given = platform.variable("vapid_key").await;
    if !given.trim().is_empty() {
        return VapidKey::parse(given.trim())
            .ok_or_else(|| failed("variable `vapid_key` is no private key of P-256, 32 bytes in base64url"));
    }
    let known = "SELECT value FROM notification_settings WHERE name = 'vapid_key'";
    let rows = connection.execute(known, &[]).await?;
    let rows = if rows.is_empty() {
        let fresh = VapidKey::new(&platform.random()).ok_or_else(|| failed("the random bytes are no key"))?;
        // Of instances that come at once one is first, and all get its key.
        let insert =
            "INSERT INTO notification_settings (name, value) VALUES ('vapid_key', ?) ON CONFLICT DO NOTHING";
        connection.execute(insert, &[fresh.reveal().into()]).await?;
        connection.execute(known, &[]).await?
    } else {
        rows
    };
    let kept = rows
        .first()
        .ok_or_else(|| failed("the key was not kept"))?
        .text(0)?;
    VapidKey::parse(kept).ok_or_else(|| failed("`notification_settings` holds no usable `vapid_key`"))
}
