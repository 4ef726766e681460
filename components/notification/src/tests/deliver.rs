//! From the broker to the list and the browsers.

use todo_service::database::{Connection, Database};
use todo_service::migrate::{Schema, migrate};

use super::*;
use crate::schema::SCHEMA;

#[test]
fn a_due_reminder_is_listed_and_announced() {
    let fixture = Fixture::new();
    assert_eq!(fixture.deliver(&[triggered(1, "ada")]), [Ok(())]);
    let page = fixture.list("ada", "");
    assert_eq!(
        page["items"],
        json!([{
            "id": "id-2",
            "type": "reminder",
            "title": "title 1",
            "message": "Due on 2026-03-01 10:00:00 UTC.",
            "task_id": "task-1",
            "created_at": "2026-03-01T09:00:00.000Z",
            "read_at": null,
        }])
    );
    let published = fixture.platform.published.borrow();
    let [announcement] = published.as_slice() else {
        panic!("{published:?}")
    };
    assert_eq!(
        (announcement.topic.as_str(), announcement.key.as_str()),
        ("task-updates", "ada")
    );
    let event: Value = serde_json::from_str(&announcement.body).unwrap();
    assert_eq!(
        (&event["type"], &event["userid"]),
        (&json!("notification.created"), &json!("ada"))
    );
    assert_eq!(
        (&event["subject"], &event["data"]),
        (&json!("task-1"), &page["items"][0])
    );
    assert_eq!(
        event["traceparent"],
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    );
}

#[test]
fn delivering_everything_three_times_notifies_once() {
    let fixture = Fixture::new();
    let batch = [triggered(1, "ada"), triggered(2, "ada"), triggered(1, "ada")];
    for _ in 0..3 {
        assert_eq!(fixture.deliver(&batch), [Ok(()), Ok(()), Ok(())]);
        assert_eq!(fixture.restarted().deliver(&batch), [Ok(()), Ok(()), Ok(())]);
    }
    assert_eq!(fixture.titles("ada", ""), ["title 2", "title 1"]);
    assert_eq!(fixture.published_ids().len(), 2);
}

#[test]
fn other_reminder_events_need_no_notification() {
    let fixture = Fixture::new();
    let batch = [
        event(1, "reminder.scheduled", "ada"),
        event(2, "reminder.cancelled", "ada"),
    ];
    assert_eq!(fixture.deliver(&batch), [Ok(()), Ok(())]);
    assert_eq!(fixture.titles("ada", ""), Vec::<String>::new());
}

#[test]
fn what_is_no_reminder_is_rejected_and_the_rest_delivered() {
    let fixture = Fixture::new();
    let mut foreign: Value = serde_json::from_slice(&triggered(2, "ada").unwrap()).unwrap();
    foreign["data"]["user_id"] = json!("eve");
    let mut empty = foreign.clone();
    empty["data"] = json!({});
    let bytes = |event: Value| Some(event.to_string().into_bytes());
    let results = fixture.deliver(&[
        None,
        Some(vec![0xff]),
        bytes(foreign),
        bytes(empty),
        triggered(1, "ada"),
    ]);
    assert!(
        results[..4]
            .iter()
            .all(|result| matches!(result, Err(Refusal::Reject(_)))),
        "{results:?}"
    );
    assert_eq!(results[4], Ok(()));
    assert_eq!(fixture.titles("ada", ""), ["title 1"]);
}

#[test]
fn a_failure_of_the_database_is_retried_and_leaves_nothing_half_done() {
    let fixture = Fixture::new();
    let batch = [triggered(1, "ada"), triggered(2, "ada")];
    let mut statements = 0;
    loop {
        fixture.database.fail_after(statements);
        let results = fixture.deliver(&batch);
        fixture.database.recover();
        if results[0].is_ok() {
            break;
        }
        assert!(matches!(
            results.as_slice(),
            [Err(Refusal::Retry(_)), Err(Refusal::Retry(_))]
        ));
        assert_eq!(fixture.titles("ada", ""), Vec::<String>::new());
        assert_eq!(fixture.published_ids(), Vec::<String>::new());
        statements += 1;
    }
    assert!(statements >= 6, "{statements} places to fail were tried");
    // The last round stored them and may have failed at publishing: then the job does.
    block_on(fixture.service.work("outbox")).unwrap();
    assert_eq!(fixture.titles("ada", ""), ["title 2", "title 1"]);
    let mut ids = fixture.published_ids();
    ids.dedup();
    assert_eq!(ids.len(), 2);
}

#[test]
fn what_could_not_be_published_is_published_by_the_next_message_or_by_the_job() {
    let fixture = Fixture::new();
    let away = Some(PlatformError::Unavailable("the broker is away".into()));
    fixture.platform.failure.replace(away.clone());
    assert_eq!(fixture.deliver(&[triggered(1, "ada")]), [Ok(())]);
    assert_eq!(fixture.titles("ada", ""), ["title 1"]);
    assert!(matches!(
        block_on(fixture.service.work("outbox")),
        Err(Refusal::Retry(_))
    ));

    fixture.platform.failure.take();
    let restarted = fixture.restarted();
    restarted.deliver(&[triggered(2, "ada")]);
    assert_eq!(
        restarted.published_ids().len(),
        2,
        "the next message takes the leftover along, in order"
    );

    fixture.platform.failure.replace(away);
    restarted.deliver(&[triggered(3, "ada")]);
    fixture.platform.failure.take();
    block_on(restarted.service.work("outbox")).unwrap();
    assert_eq!(restarted.published_ids().len(), 3);
    block_on(restarted.service.work("outbox")).unwrap();
    assert_eq!(
        restarted.published_ids().len(),
        3,
        "an empty outbox publishes nothing"
    );
}

#[test]
fn an_event_that_is_never_taken_does_not_hold_up_those_behind_it() {
    let fixture = Fixture::new();
    fixture.platform.poison.replace(Some("title 1".into()));
    assert_eq!(
        fixture.deliver(&[triggered(1, "ada"), triggered(2, "ada")]),
        [Ok(()), Ok(())]
    );
    assert_eq!(fixture.published_ids().len(), 1);
    block_on(fixture.service.work("outbox")).unwrap();
    assert_eq!(fixture.titles("ada", "").len(), 2);
}

#[test]
fn the_outbox_is_watched_from_the_first_message_on() {
    let fixture = Fixture::new();
    fixture.deliver(&[event(1, "reminder.scheduled", "ada")]);
    assert_eq!(fixture.platform.repeated.get(), 0);
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.deliver(&[triggered(2, "ada")]);
    assert_eq!(fixture.platform.repeated.get(), 1);
    assert!(matches!(
        block_on(fixture.service.work("other")),
        Err(Refusal::Reject(_))
    ));
}

#[test]
fn a_late_reminder_says_so() {
    let fixture = Fixture::new();
    fixture.deliver(&[triggered(9, "ada")]);
    let message = fixture.list("ada", "")["items"][0]["message"].clone();
    assert_eq!(
        message,
        "Due on 2026-03-01 10:00:00 UTC. This reminder comes late."
    );
}

#[test]
fn what_waited_and_was_consumed_before_the_outbox_was_shared_is_taken_along() {
    let fixture = Fixture::new();
    block_on(async {
        let before = Schema {
            migrations: &SCHEMA.migrations[..1],
            ..SCHEMA
        };
        let connection = fixture.database.connect().await.unwrap();
        migrate(&connection, &before).await.unwrap();
        for statement in [
            "INSERT INTO notification_outbox (topic, key, body) VALUES ('task-updates', 'ada', '{\"id\":\"old\"}')",
            "INSERT INTO notification_items (id, event_id, user_id, type, title, message, created_at)
                VALUES ('a', 'event-1', 'ada', 'reminder', 'old 1', '', 1772355600000)",
        ] {
            connection.execute(statement, &[]).await.unwrap();
        }
    });
    block_on(fixture.service.work("outbox")).unwrap();
    assert_eq!(fixture.published_ids(), ["old"]);
    fixture.deliver(&[triggered(1, "ada"), triggered(2, "ada")]);
    assert_eq!(fixture.titles("ada", ""), ["title 2", "old 1"]);
}
