//! Tests of the events' wire form.

use serde_json::{Value, json};

use super::*;
use crate::recurrence::SeriesAnchor;
use crate::task::tests::sample;
use crate::task::{Status, Task};

fn origin() -> Origin<'static> {
    Origin {
        event_id: "01900000-0000-7000-8000-0000000000aa",
        component: "chat-api",
        user_id: "user-1",
        time: Timestamp::parse("2026-03-01T09:00:00Z").unwrap(),
        traceparent: None,
    }
}

#[test]
fn a_task_event_is_a_cloud_event_with_the_task_in_data() {
    let task = sample(3, "Pay rent");
    let data = TaskData::new(task.clone(), vec!["status".to_owned()]);
    let event = task_event(origin(), TaskEventType::Completed, &data).unwrap();
    assert_eq!(
        (event.topic, event.key.as_str()),
        ("task-events", task.id.as_str())
    );
    let json: Value = serde_json::from_slice(&event.body).unwrap();
    for (name, expected) in [
        ("specversion", "1.0"),
        ("id", "01900000-0000-7000-8000-0000000000aa"),
        ("source", "/todo/chat-api"),
        ("type", "task.completed"),
        ("subject", &task.id),
        ("time", "2026-03-01T09:00:00.000Z"),
        ("datacontenttype", "application/json"),
        ("userid", "user-1"),
        ("partitionkey", &task.id),
    ] {
        assert_eq!(json[name], expected, "{name}");
    }
    assert_eq!(json.get("traceparent"), None);
    assert_eq!(json["data"]["title"], "Pay rent");
    assert_eq!(json["data"]["changed"], json!(["status"]));
}

#[test]
fn the_anchor_of_a_series_survives_the_event() {
    let mut task = sample(3, "Pay rent");
    task.series_anchor = Some(SeriesAnchor {
        due: "2026-01-31".parse().unwrap(),
        occurrence: 1,
    });
    let event = task_event(
        origin(),
        TaskEventType::Completed,
        &TaskData::new(task.clone(), Vec::new()),
    )
    .unwrap();
    let read: CloudEvent<TaskData> = parse(&event.body).unwrap();
    assert_eq!(read.data.task, task);
}

#[test]
fn updates_are_keyed_by_user() {
    let task = sample(3, "Pay rent");
    let data = SyncData {
        change: TaskEventType::Created,
        task_id: task.id.clone(),
        task: Some(task),
        sequence: Some(7),
    };
    let event = task_sync(origin(), &data).unwrap();
    assert_eq!(
        (event.topic, event.key.as_str(), event.event_type.as_str()),
        ("task-updates", "user-1", "task.sync")
    );
    assert_eq!(parse::<SyncData>(&event.body).unwrap().data, data);
}

#[test]
fn what_is_not_such_an_event_is_refused() {
    let event = task_event(
        origin(),
        TaskEventType::Created,
        &TaskData::new(sample(1, "a"), Vec::new()),
    )
    .unwrap();
    let good: Value = serde_json::from_slice(&event.body).unwrap();
    let changed = |name: &str, value: Value| {
        let mut event = good.clone();
        event[name] = value;
        serde_json::to_vec(&event).unwrap()
    };
    assert!(parse::<TaskData>(&event.body).is_ok());
    assert!(matches!(
        parse::<TaskData>(&changed("specversion", json!("0.3"))),
        Err(EventError::SpecVersion(_))
    ));
    assert!(matches!(
        parse::<TaskData>(&changed("id", json!(""))),
        Err(EventError::Empty("id"))
    ));
    assert!(matches!(
        parse::<TaskData>(&changed("time", json!("now"))),
        Err(EventError::Malformed(_))
    ));
    assert!(matches!(
        parse::<TaskData>(&changed("data", json!({}))),
        Err(EventError::Malformed(_))
    ));
    assert!(matches!(
        parse::<TaskData>(b"\xff"),
        Err(EventError::Malformed(_))
    ));
}

#[test]
fn a_change_of_status_names_the_event() {
    let with = |status| Task {
        status,
        ..sample(1, "a")
    };
    for (before, after, expected) in [
        (Status::Pending, Status::Completed, TaskEventType::Completed),
        (Status::Completed, Status::Pending, TaskEventType::Reopened),
        (Status::Completed, Status::Completed, TaskEventType::Updated),
        (Status::Pending, Status::Cancelled, TaskEventType::Updated),
    ] {
        assert_eq!(TaskEventType::of_change(&with(before), &with(after)), expected);
    }
}

#[test]
fn a_reminder_in_the_past_is_flagged_late() {
    let remind_at = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let data = ReminderData::new(&sample(1, "a"), "user-1", remind_at);
    assert!(!data.clone().triggered(remind_at.plus_seconds(2).unwrap()).late);
    assert!(data.triggered(remind_at.plus_seconds(3600).unwrap()).late);
    assert_eq!(job_name("t", remind_at), job_name("t", remind_at));
}

#[test]
fn what_is_about_a_user_is_keyed_by_the_user_on_every_topic() {
    for event in [
        user_deleted(origin(), TASK_EVENTS).unwrap(),
        user_deleted(origin(), REMINDERS).unwrap(),
        session_ended(origin()).unwrap(),
    ] {
        let read: CloudEvent<UserData> = parse(&event.body).unwrap();
        assert_eq!(
            (event.key.as_str(), event.event_type),
            ("user-1", read.event_type)
        );
        assert_eq!(
            (
                read.subject.as_str(),
                read.userid.as_str(),
                read.data.user_id.as_str()
            ),
            ("user-1", "user-1", "user-1")
        );
    }
    assert_eq!(user_deleted(origin(), REMINDERS).unwrap().topic, "reminders");
}
