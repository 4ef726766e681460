//! Reminders: scheduled to the millisecond, told once, and never when they should not be.

use serde_json::{Value, json};

use super::service::{Service, User};
use crate::JobFailure;

/// Due on Thursday at nine, with a reminder an hour before.
fn task() -> Value {
    json!({"title": "a", "due_date": "2026-03-05T09:00:00Z", "reminders": [{"before": "1h"}]})
}

fn jobs(service: &Service) -> Vec<(String, i64)> {
    let jobs = service.world.jobs.borrow();
    jobs.iter()
        .filter_map(|(name, due)| Some((name.clone(), (*due)?)))
        .collect()
}

fn with_task() -> (Service, User) {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&task());
    (service, ann)
}

#[test]
fn a_reminder_fires_at_its_time_and_once() {
    let (service, ann) = with_task();
    let scheduled = jobs(&service);
    assert_eq!(scheduled.len(), 1);
    assert_eq!(scheduled[0].1, 1_772_697_600_000);
    assert!(service.fire_due().is_empty());
    service.world.now.set(scheduled[0].1 + 5);
    assert_eq!(service.fire_due().len(), 1);
    let event = service.world.events("reminders").pop().unwrap();
    assert_eq!(
        (&event["type"], &event["userid"]),
        (&json!("reminder.triggered"), &json!(ann.id))
    );
    assert_eq!(event["data"]["remind_at"], "2026-03-05T08:00:00.000Z");
    assert_eq!(
        (&event["data"]["title"], &event["data"]["late"]),
        (&json!("a"), &json!(false))
    );
    // A second delivery of the same firing, on any instance.
    service.another().job(&scheduled[0].0).unwrap();
    assert_eq!(
        service.world.types("reminders"),
        ["reminder.scheduled", "reminder.triggered"]
    );
}

#[test]
fn clearing_the_due_date_cancels_the_job_and_a_stale_job_is_a_no_op() {
    let (service, ann) = with_task();
    let stale = jobs(&service)[0].0.clone();
    ann.patch("/api/v1/tasks/1", &json!({"due_date": null, "reminders": []}))
        .expect(200);
    assert!(jobs(&service).is_empty());
    assert_eq!(
        service.world.types("reminders"),
        ["reminder.scheduled", "reminder.cancelled"]
    );
    service.job(&stale).unwrap();
    assert_eq!(service.world.types("reminders").len(), 2);
}

#[test]
fn completing_and_deleting_cancel_and_undoing_them_schedules_again() {
    let (service, ann) = with_task();
    for (undone, done) in [("DELETE", "restore"), ("POST", "reopen")] {
        let path = if undone == "POST" {
            "/api/v1/tasks/1/complete"
        } else {
            "/api/v1/tasks/1"
        };
        let answer = ann.send(undone, path, &[], "");
        assert!(answer.status < 300, "{}", answer.text);
        assert!(jobs(&service).is_empty());
        ann.send("POST", &format!("/api/v1/tasks/1/{done}"), &[], "")
            .expect(200);
        assert_eq!(jobs(&service).len(), 1);
    }
}

#[test]
fn moving_the_due_date_moves_the_reminder() {
    let (service, ann) = with_task();
    let before = jobs(&service);
    ann.patch("/api/v1/tasks/1", &json!({"due_date": "2026-03-06T09:00:00Z"}))
        .expect(200);
    let after = jobs(&service);
    assert_eq!((after.len(), after[0].1 - before[0].1), (1, 24 * 3600 * 1000));
    // Back and forth: the same job again, and it still fires.
    ann.patch("/api/v1/tasks/1", &json!({"due_date": "2026-03-05T09:00:00Z"}))
        .expect(200);
    assert_eq!(jobs(&service), before);
    service.world.now.set(before[0].1);
    service.fire_due();
    assert_eq!(
        service.world.types("reminders").last().unwrap(),
        "reminder.triggered"
    );
}

#[test]
fn a_change_of_another_field_leaves_reminders_alone() {
    let (service, ann) = with_task();
    service.world.now.set(jobs(&service)[0].1);
    service.fire_due();
    let ann = ann.renewed();
    ann.patch("/api/v1/tasks/1", &json!({"title": "b"})).expect(200);
    ann.post("/api/v1/tasks/1/complete", &json!({})).expect(200);
    ann.post("/api/v1/tasks/1/reopen", &json!({})).expect(200);
    assert!(jobs(&service).is_empty());
    assert_eq!(
        service.world.types("reminders"),
        ["reminder.scheduled", "reminder.triggered"]
    );
}

#[test]
fn a_past_reminder_fires_once_and_is_flagged_late() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "reminders": [{"at": "2026-03-02T08:00:00Z"}]}));
    assert_eq!(service.fire_due().len(), 1);
    let event = service.world.events("reminders").pop().unwrap();
    assert_eq!(
        (&event["type"], &event["data"]["late"]),
        (&json!("reminder.triggered"), &json!(true))
    );
    assert!(service.fire_due().is_empty());
    // A task that comes back does not bring up what is long over.
    ann.create(&json!({"title": "b", "due_date": "2026-03-02T09:00:10Z", "reminders": [{"before": "5s"}]}));
    ann.post("/api/v1/tasks/2/complete", &json!({})).expect(200);
    service.world.pass(60);
    ann.post("/api/v1/tasks/2/reopen", &json!({})).expect(200);
    assert!(service.fire_due().is_empty());
}

#[test]
fn a_firing_that_fails_is_fired_again_and_not_marked_done() {
    let (service, _ann) = with_task();
    let (name, due) = jobs(&service)[0].clone();
    service.world.now.set(due);
    for allowed in 0..8 {
        service.database.fail_after(allowed);
        let result = service.job(&name);
        service.database.recover();
        if result.is_ok() {
            break;
        }
        assert!(matches!(result, Err(JobFailure::Retry(_))));
    }
    service.job(&name).unwrap();
    service.world.pass(20);
    service.job("outbox").unwrap();
    let mut ids: Vec<Value> = service
        .world
        .events("reminders")
        .iter()
        .map(|event| event["id"].clone())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 2);
}

#[test]
fn a_job_of_an_unknown_name_is_given_up() {
    let service = Service::new();
    for name in ["", "reminder", "reminder:", "reminder:x", "reminder:x:y", "other"] {
        assert!(matches!(service.job(name), Err(JobFailure::Reject(_))), "{name}");
    }
    service
        .job("reminder:01900000-0000-7000-8000-000000000000:1772697600000")
        .unwrap();
}
