//! Notifications, how a user wants to hear of them, and what became of their deliveries.

use serde_json::{Value, json};

use crate::schema::{
    about, any_text, body, boolean, count, id, like, list, named, nullable, object, one_of, or, page, text,
    time, time_of_day, zone,
};

/// The longest address that something is sent to.
const LONGEST_ADDRESS: usize = 2_000;

/// The keys of the browser in the example of RFC 8291.
const RFC_8291: [&str; 2] = [
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "BTBZMqHH6r4Tts7J_aSIgg",
];

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let notification = object([
        ("id", id()),
        ("type", like(any_text(), "reminder")),
        ("title", any_text()),
        ("message", any_text()),
        ("task_id", nullable(id())),
        ("created_at", time()),
        ("read_at", about(nullable(time()), "when it was first read")),
    ]);
    let delivery = object([
        ("id", id()),
        ("channel", one_of(["webhook", "push", "email"])),
        ("state", one_of(["waiting", "delivered", "failed", "cancelled"])),
        ("attempts", count(0)),
        ("next_attempt_at", nullable(time())),
        (
            "last_status",
            about(
                json!({ "type": ["integer", "null"] }),
                "what the receiver answered last",
            ),
        ),
        ("last_error", nullable(any_text())),
        ("created_at", nullable(time())),
        ("finished_at", nullable(time())),
    ]);
    let address = |example: &str| like(text(1, LONGEST_ADDRESS), example);
    vec![
        ("Notification", notification),
        ("NotificationPage", page("Notification")),
        ("NotificationPatch", body([("read", boolean())])),
        (
            "MarkedRead",
            object([("updated", about(count(0), "how many were not read before"))]),
        ),
        ("Snooze", snooze()),
        ("Snoozed", object([("id", id()), ("snoozed_until", time())])),
        ("Delivery", delivery),
        ("Deliveries", object([("items", list(named("Delivery")))])),
        (
            "QuietHours",
            body([("from", time_of_day()), ("to", time_of_day())]),
        ),
        (
            "Digest",
            about(
                body([("at", time_of_day())]),
                "One message each day with what is due.",
            ),
        ),
        (
            "NotificationSettings",
            object([
                ("timezone", zone()),
                ("quiet_hours", nullable(named("QuietHours"))),
                ("digest", nullable(named("Digest"))),
                ("webhook", nullable(named("Webhook"))),
                ("email", boolean()),
            ]),
        ),
        (
            "NotificationSettingsRequest",
            about(
                body([
                    ("timezone?", nullable(zone())),
                    ("quiet_hours?", nullable(named("QuietHours"))),
                    ("digest?", nullable(named("Digest"))),
                    (
                        "webhook?",
                        nullable(body([("url", address("https://hooks.example.com/todo"))])),
                    ),
                    ("email?", or(boolean(), false)),
                ]),
                "All preferences: what is missing is off.",
            ),
        ),
        (
            "Webhook",
            object([
                ("url", any_text()),
                ("secret?", about(any_text(), "what signs, only when it is new")),
            ]),
        ),
        ("WebhookSecret", object([("secret", any_text())])),
        (
            "PushKey",
            object([("public_key", about(any_text(), "what a browser subscribes with"))]),
        ),
        (
            "PushSubscriptionRequest",
            about(
                object([
                    ("endpoint", address("https://push.example.net/abc")),
                    (
                        "keys",
                        object([
                            ("p256dh", like(any_text(), RFC_8291[0])),
                            ("auth", like(any_text(), RFC_8291[1])),
                        ]),
                    ),
                ]),
                "As a browser's `PushSubscription.toJSON` has it.",
            ),
        ),
        ("PushSubscriptionEnd", object([("endpoint", any_text())])),
        (
            "PushSubscription",
            object([("id", id()), ("endpoint", any_text()), ("created_at", time())]),
        ),
        (
            "PushSubscriptions",
            object([("items", list(named("PushSubscription")))]),
        ),
    ]
}

fn snooze() -> Value {
    let minutes =
        json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 366 * 24 * 60, "examples": [30] });
    let until =
        json!({ "type": ["string", "null"], "format": "date-time", "examples": ["2026-03-01T09:00:00Z"] });
    let snooze = about(
        body([
            ("minutes?", about(minutes, "for so long")),
            ("until?", about(until, "until then")),
        ]),
        "Either of the two; at most a year.",
    );
    like(snooze, json!({ "minutes": 30 }))
}
