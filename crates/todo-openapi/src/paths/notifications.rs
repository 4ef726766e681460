//! Notifications and how a user wants to hear of them.

use todo_domain::problem::Code;

use crate::Service;
use crate::operation::Operation;
use crate::schema::{boolean, named};

fn of_user(route: [&'static str; 4]) -> Operation {
    Operation::new(Service::Notification, "Notifications", route)
        .of_user()
        .limited()
        .fails(&[Code::Forbidden])
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        of_user([
            "get",
            "/api/v1/notifications",
            "listNotifications",
            "List notifications",
        ])
        .query(
            "unread",
            boolean(),
            "Only those that are unread, or that are not.",
        )
        .paged()
        .answers(200, "A page, the newest first.", named("NotificationPage"))
        .cached(),
        of_user([
            "patch",
            "/api/v1/notifications/{id}",
            "markNotification",
            "Mark a notification as read or unread",
        ])
        .takes(named("NotificationPatch"))
        .answers(200, "The notification.", named("Notification")),
        of_user([
            "post",
            "/api/v1/notifications/read-all",
            "markAllNotifications",
            "Mark all notifications as read",
        ])
        .answers(200, "How many there were.", named("MarkedRead"))
        .fails(&[Code::PayloadTooLarge]),
        of_user([
            "post",
            "/api/v1/notifications/{id}/snooze",
            "snoozeNotification",
            "Put a notification off",
        ])
        .takes(named("Snooze"))
        .answers(200, "Until when.", named("Snoozed")),
        of_user([
            "delete",
            "/api/v1/notifications/{id}/snooze",
            "unsnoozeNotification",
            "Leave a notification where it is",
        ])
        .answers_empty(204, "It does not come again."),
        of_user([
            "get",
            "/api/v1/notifications/{id}/deliveries",
            "listDeliveries",
            "What became of a notification's deliveries",
        ])
        .answers(200, "Each way out, with its attempts.", named("Deliveries"))
        .cached(),
        of_user([
            "get",
            "/api/v1/notifications/settings",
            "getNotificationSettings",
            "How the user hears of notifications",
        ])
        .answers(200, "The preferences.", named("NotificationSettings"))
        .cached(),
        of_user([
            "put",
            "/api/v1/notifications/settings",
            "setNotificationSettings",
            "Set how to hear of notifications",
        ])
        .takes(named("NotificationSettingsRequest"))
        .answers(200, "The preferences.", named("NotificationSettings")),
        of_user([
            "post",
            "/api/v1/notifications/settings/webhook/secret",
            "rotateWebhookSecret",
            "Make another secret for the webhook",
        ])
        .about("The one before signs as well for a day.")
        .answers(200, "The secret: this once.", named("WebhookSecret"))
        .fails(&[Code::NotFound, Code::PayloadTooLarge]),
        of_user([
            "get",
            "/api/v1/notifications/push-key",
            "getPushKey",
            "The key that browsers subscribe with",
        ])
        .answers(200, "The key.", named("PushKey"))
        .cached(),
        of_user([
            "get",
            "/api/v1/notifications/subscriptions",
            "listPushSubscriptions",
            "List the browsers that get messages",
        ])
        .answers(200, "The browsers.", named("PushSubscriptions"))
        .cached(),
        of_user([
            "post",
            "/api/v1/notifications/subscriptions",
            "subscribeBrowser",
            "Send messages to a browser",
        ])
        .takes(named("PushSubscriptionRequest"))
        .answers(201, "The browser is new.", named("PushSubscription"))
        .answers(
            200,
            "It was known, and has these keys now.",
            named("PushSubscription"),
        )
        .fails(&[Code::Conflict]),
        of_user([
            "delete",
            "/api/v1/notifications/subscriptions",
            "unsubscribeBrowser",
            "Send a browser nothing any more",
        ])
        .takes(named("PushSubscriptionEnd"))
        .answers_empty(204, "It gets nothing any more.")
        .fails(&[Code::NotFound]),
    ]
}
