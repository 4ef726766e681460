//! The addresses under `/settings`, `/subscriptions` and `/push-key`: how a user wants to hear of notifications.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use todo_delivery::push::Receiver;
use todo_delivery::webhook::Secret;
use todo_domain::daily::{QuietHours, TimeOfDay};
use todo_domain::problem::Code;
use todo_domain::time::Timestamp;
use todo_domain::validation::FieldError;
use todo_domain::zone::Zone;
use todo_service::answer::{Answer, Failure, json as json_answer, json_unless_known, with_body};
use todo_service::database::{Database, in_transaction_on};
use todo_service::outbox::Entry;

use crate::erase::refuse_erased;
use crate::preferences::{Preferences, SECRET_OVERLAP, Webhook};
use crate::schema::OUTBOX;
use crate::subscriptions::Subscription;
use crate::{Notifications, Platform, deliveries, digest, operator, subscriptions};

/// All preferences; what is missing is off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    timezone: Option<String>,
    quiet_hours: Option<WantedHours>,
    digest: Option<WantedDigest>,
    webhook: Option<WantedWebhook>,
    #[serde(default)]
    email: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedHours {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedDigest {
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedWebhook {
    url: String,
}

/// A subscription as `PushSubscription.toJSON` in a browser has it.
#[derive(Deserialize)]
struct WantedSubscription {
    endpoint: String,
    keys: WantedKeys,
}

#[derive(Deserialize)]
struct WantedKeys {
    p256dh: String,
    auth: String,
}

#[derive(Deserialize)]
struct Endpoint {
    endpoint: String,
}

/// Reads a body of this shape.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Failure::new(Code::InvalidJson, format!("the body is not JSON: {error}")))?;
    serde_json::from_value(value)
        .map_err(|error| FieldError::new("", format!("the body is not as expected: {error}")).into())
}

fn time_of_day(field: &str, text: &str) -> Result<TimeOfDay, FieldError> {
    TimeOfDay::parse(text).map_err(|error| FieldError::new(field, error.to_string()))
}

/// The preferences as the API shows them. The secret is told only when it is new.
fn shown(preferences: &Preferences, secret: Option<&Secret>) -> Value {
    let webhook = preferences.webhook.as_ref().map(|webhook| match secret {
        Some(secret) => json!({ "url": webhook.url, "secret": secret.reveal() }),
        None => json!({ "url": webhook.url }),
    });
    json!({
        "timezone": preferences.timezone,
        "quiet_hours": preferences.quiet_hours,
        "digest": preferences.digest_at.map(|at| json!({ "at": at })),
        "webhook": webhook,
        "email": preferences.email,
    })
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// GET /settings
    pub(crate) async fn settings(&self, headers: &HeaderMap, user_id: &str) -> Result<Answer, Failure> {
        let connection = self.connect().await?;
        let preferences = Preferences::load(&connection, user_id).await?;
        Ok(json_unless_known(headers, &shown(&preferences, None)))
    }

    /// PUT /settings
    pub(crate) async fn set(&self, body: &[u8], user_id: &str, now: Timestamp) -> Result<Answer, Failure> {
        let mut wanted = self.wanted(read(body)?).await?;
        self.watch_outbox().await;
        let connection = self.connect().await?;
        let (preferences, secret) = in_transaction_on(&connection, &[user_id], async |connection| {
            refuse_erased(connection, user_id).await?;
            let before = Preferences::load(connection, user_id).await?;
            let mut new_secret = None;
            if let Some(webhook) = &mut wanted.webhook {
                // Another address keeps the secret; one after none gets its own.
                match before.webhook {
                    Some(known) => (webhook.secret, webhook.before) = (known.secret, known.before),
                    None => new_secret = Some(webhook.secret.clone()),
                }
            }
            wanted.digest_due = wanted.next_digest(now);
            wanted.save(connection, user_id).await?;
            let name = digest::job(user_id);
            let mut entries = vec![match wanted.digest_due {
                Some(due) => Entry::Schedule { name, due },
                None => Entry::Cancel { name },
            }];
            let millis = now.millis();
            let until = wanted.quiet_until(millis).unwrap_or(millis);
            entries.extend(deliveries::move_held(connection, user_id, millis, until).await?);
            OUTBOX.append(connection, &entries, millis).await?;
            Ok::<_, Failure>((wanted, new_secret))
        })
        .await?;
        drop(connection);
        self.flush_or_log().await;
        Ok(json_answer(StatusCode::OK, &shown(&preferences, secret.as_ref())))
    }

    /// The preferences that a body asks for, with a secret for the case that there is none.
    async fn wanted(&self, wanted: Wanted) -> Result<Preferences, Failure> {
        let timezone = wanted.timezone.as_deref().map_or(Ok(Zone::UTC), Zone::parse);
        let timezone = timezone.map_err(|error| FieldError::new("timezone", error.to_string()))?;
        let quiet_hours = wanted.quiet_hours.map(|hours| {
            let (from, to) = (
                time_of_day("quiet_hours.from", &hours.from)?,
                time_of_day("quiet_hours.to", &hours.to)?,
            );
            Ok::<_, FieldError>(QuietHours { from, to })
        });
        let digest_at = wanted.digest.map(|digest| time_of_day("digest.at", &digest.at));
        if let Some(webhook) = &wanted.webhook {
            self.check("webhook.url", &webhook.url).await?;
        }
        if wanted.email && operator::relay(&self.platform).await.is_none() {
            return Err(
                FieldError::new("email", "cannot be switched on: this server sends no e-mail").into(),
            );
        }
        Ok(Preferences {
            timezone,
            quiet_hours: quiet_hours.transpose()?,
            digest_at: digest_at.transpose()?,
            digest_due: None,
            webhook: wanted.webhook.map(|webhook| Webhook {
                url: webhook.url,
                secret: Secret::new(self.platform.random()),
                before: None,
            }),
            email: wanted.email,
        })
    }

    async fn check(&self, field: &str, address: &str) -> Result<(), FieldError> {
        let checked = operator::granted(&self.platform).await.check(address);
        checked
            .map(drop)
            .map_err(|error| FieldError::new(field, error.to_string()))
    }

    /// POST /settings/webhook/secret: another secret; the one before signs as well for a day.
    pub(crate) async fn rotate_secret(&self, user_id: &str, now: Timestamp) -> Result<Answer, Failure> {
        let connection = self.connect().await?;
        let secret = in_transaction_on(&connection, &[user_id], async |connection| {
            let mut preferences = Preferences::load(connection, user_id).await?;
            let webhook = preferences.webhook.as_mut().ok_or_else(Failure::not_found)?;
            let until = now.millis().saturating_add(SECRET_OVERLAP);
            let fresh = Secret::new(self.platform.random());
            webhook.before = Some((std::mem::replace(&mut webhook.secret, fresh.clone()), until));
            preferences.save(connection, user_id).await?;
            Ok::<_, Failure>(fresh)
        })
        .await?;
        Ok(json_answer(StatusCode::OK, &json!({ "secret": secret.reveal() })))
    }

    /// GET /push-key: what a browser subscribes with.
    pub(crate) async fn push_key(&self, headers: &HeaderMap) -> Result<Answer, Failure> {
        let connection = self.connect().await?;
        let key = operator::vapid_key(&self.platform, &connection).await?;
        Ok(json_unless_known(headers, &json!({ "public_key": key.public() })))
    }

    /// GET /subscriptions
    pub(crate) async fn subscriptions(&self, headers: &HeaderMap, user_id: &str) -> Result<Answer, Failure> {
        let connection = self.connect().await?;
        let items = subscriptions::of_user(&connection, user_id).await?;
        Ok(json_unless_known(headers, &json!({ "items": items })))
    }

    /// POST /subscriptions
    pub(crate) async fn subscribe(
        &self,
        body: &[u8],
        user_id: &str,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let wanted: WantedSubscription = read(body)?;
        self.check("endpoint", &wanted.endpoint).await?;
        let WantedKeys { p256dh, auth } = wanted.keys;
        Receiver::parse(&p256dh, &auth).map_err(|error| FieldError::new("keys", error.to_string()))?;
        let new = Subscription::new(self.platform.new_id(), wanted.endpoint, p256dh, auth, now);
        let connection = self.connect().await?;
        let (kept, is_new) = subscriptions::put(&connection, user_id, new).await?;
        let status = if is_new {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        Ok(json_answer(status, &kept))
    }

    /// DELETE /subscriptions
    pub(crate) async fn unsubscribe(&self, body: &[u8], user_id: &str) -> Result<Answer, Failure> {
        let Endpoint { endpoint } = read(body)?;
        let connection = self.connect().await?;
        if subscriptions::remove(&connection, user_id, &endpoint).await? {
            Ok(no_content())
        } else {
            Err(Failure::not_found())
        }
    }
}

/// Done, and nothing to say.
pub(crate) fn no_content() -> Answer {
    let mut answer = with_body(StatusCode::NO_CONTENT, "", Bytes::new());
    answer.headers_mut().remove(http::header::CONTENT_TYPE);
    answer
}
