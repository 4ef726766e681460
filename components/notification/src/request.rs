//! The request that delivers a notification: a webhook, a push message, or a mail.

use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};
use todo_delivery::{push, webhook};
use todo_domain::events::{NOTIFICATION_CREATED, Notification};
use todo_service::database::{Connection, Database};
use todo_service::refusal::Refusal;

use crate::deliveries::{Channel, Delivery};
use crate::preferences::{Preferences, Webhook};
use crate::subscriptions::Subscription;
use crate::{Notifications, Platform, agenda, list, operator, subscriptions};

const AGENT: &str = "todo-chatbot";
const JSON: &str = "application/json";

/// How long a push service keeps a message for a browser that is away, in seconds.
const PUSH_KEPT_FOR: &str = "86400";

/// What there is to do for a delivery.
#[derive(Debug)]
pub(crate) enum Prepared {
    Send(Box<Request<Bytes>>),
    /// There is nowhere to send it any more.
    Cancel(String),
    /// It can never be sent.
    Fail(String),
    /// It cannot be sent now.
    Later(String),
}

impl Prepared {
    fn request(builder: http::request::Builder, body: impl Into<Bytes>) -> Self {
        match builder.header(USER_AGENT, AGENT).body(body.into()) {
            Ok(request) => Self::Send(Box::new(request)),
            Err(error) => Self::Fail(format!("the request cannot be written: {error}")),
        }
    }
}

/// A notification, as receivers outside get it: the same each time it is sent.
fn data(notification: &Notification) -> Value {
    json!({
        "id": notification.id,
        "type": notification.notification_type,
        "title": notification.title,
        "message": notification.message,
        "task_id": notification.task_id,
        "created_at": notification.created_at,
    })
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// The request for a delivery, as its user's preferences and the operator's settings are now.
    pub(crate) async fn prepare(
        &self,
        connection: &impl Connection,
        delivery: &Delivery,
        preferences: &Preferences,
    ) -> Result<Prepared, Refusal> {
        let Some(notification) = list::find(connection, &delivery.notification_id).await? else {
            return Ok(Prepared::Cancel("the notification is gone".to_owned()));
        };
        match delivery.channel {
            Channel::Webhook => match &preferences.webhook {
                Some(webhook) => Ok(self.webhook(delivery, webhook, &notification).await),
                None => Ok(Prepared::Cancel("the webhook was switched off".to_owned())),
            },
            Channel::Push => {
                let known = subscriptions::find(connection, &delivery.user_id, &delivery.target).await?;
                match known {
                    Some(subscription) => {
                        self.push(connection, delivery, &subscription, &notification)
                            .await
                    }
                    None => Ok(Prepared::Cancel("the browser has unsubscribed".to_owned())),
                }
            }
            Channel::Email if !preferences.email => {
                Ok(Prepared::Cancel("e-mail was switched off".to_owned()))
            }
            Channel::Email => self.email(delivery, preferences, &notification).await,
        }
    }

    async fn webhook(&self, delivery: &Delivery, hook: &Webhook, notification: &Notification) -> Prepared {
        // The operator may grant less than when the address was given.
        let destination = match operator::granted(&self.platform).await.check(&hook.url) {
            Ok(destination) => destination,
            Err(error) => return Prepared::Fail(format!("the address {error}")),
        };
        let body = json!({
            "type": NOTIFICATION_CREATED,
            "timestamp": notification.created_at,
            "data": data(notification),
        });
        let body = body.to_string();
        let now = self.platform.now();
        let seconds = now / 1_000;
        let signatures = webhook::signatures(&hook.secrets(now), &delivery.id, seconds, &body);
        let request = Request::post(destination.uri())
            .header(CONTENT_TYPE, JSON)
            .header(webhook::ID_HEADER, &delivery.id)
            .header(webhook::TIMESTAMP_HEADER, seconds)
            .header(webhook::SIGNATURE_HEADER, signatures);
        Prepared::request(request, body)
    }

    async fn push(
        &self,
        connection: &impl Connection,
        delivery: &Delivery,
        subscription: &Subscription,
        notification: &Notification,
    ) -> Result<Prepared, Refusal> {
        let destination = match operator::granted(&self.platform)
            .await
            .check(&subscription.endpoint)
        {
            Ok(destination) => destination,
            Err(error) => return Ok(Prepared::Fail(format!("the address {error}"))),
        };
        let key = operator::vapid_key(&self.platform, connection).await?;
        let subject = self.platform.variable("vapid_subject").await;
        let seconds = self.platform.now() / 1_000;
        let authorization = key.authorization(&destination.origin(), subject.trim(), seconds);
        let [salt, private_key] = [self.platform.random(), self.platform.random()];
        let mut first_half = [0; 16];
        first_half.iter_mut().zip(salt).for_each(|(to, from)| *to = from);
        let text = short(notification);
        let sealed = subscription
            .receiver()
            .and_then(|receiver| receiver.encrypt(text.as_bytes(), first_half, &private_key));
        let body = match sealed {
            Ok(body) => body,
            Err(push::PushError::Random) => return Ok(Prepared::Later("no key could be drawn".to_owned())),
            Err(error) => return Ok(Prepared::Fail(error.to_string())),
        };
        // A message with the same topic takes the place of one that the browser has not got yet.
        let topic: String = delivery
            .id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(32)
            .collect();
        let request = Request::post(destination.uri())
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_ENCODING, push::CONTENT_ENCODING)
            .header("ttl", PUSH_KEPT_FOR)
            .header("urgency", "high")
            .header("topic", topic);
        Ok(Prepared::request(request, body))
    }

    async fn email(
        &self,
        delivery: &Delivery,
        preferences: &Preferences,
        notification: &Notification,
    ) -> Result<Prepared, Refusal> {
        let Some(relay) = operator::relay(&self.platform).await else {
            return Ok(Prepared::Cancel(
                "this server sends no e-mail any more".to_owned(),
            ));
        };
        // The address as it is now, and nowhere else than with the account.
        let agenda = agenda::ask(&self.platform, &delivery.user_id, preferences.timezone, None).await;
        let to = match agenda {
            // Whoever comes from the second issuer may have told none.
            Ok(Some(agenda)) if agenda.email.is_empty() => {
                return Ok(Prepared::Cancel("the account has no e-mail address".to_owned()));
            }
            Ok(Some(agenda)) => agenda.email,
            Ok(None) => return Ok(Prepared::Cancel("the account is gone".to_owned())),
            Err(refusal) => return Ok(Prepared::Later(refusal.to_string())),
        };
        let body = json!({
            "from": relay.from,
            "to": [to],
            "subject": notification.title,
            "text": format!("{}\n\n{}\n", notification.title, notification.message),
        });
        let mut request = Request::post(format!("{}/emails", relay.url))
            .header(CONTENT_TYPE, JSON)
            .header("idempotency-key", &delivery.id);
        if !relay.key.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", relay.key));
        }
        Ok(Prepared::request(request, body.to_string()))
    }
}

/// A notification in so few bytes that it fits into a push message.
fn short(notification: &Notification) -> String {
    let mut notification = notification.clone();
    loop {
        let text = data(&notification).to_string();
        if text.len() <= push::LONGEST_TEXT || notification.message.is_empty() {
            return text;
        }
        let half = notification.message.chars().count() / 2;
        let shorter: String = notification.message.chars().take(half).collect();
        notification.message = if half > 1 {
            format!("{shorter}…")
        } else {
            String::new()
        };
    }
}
