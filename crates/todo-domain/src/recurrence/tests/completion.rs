//! Series that are counted from completions: tables, and what holds for all of them.

use proptest::prelude::*;

use super::properties::{rules, times, valid, zones};
use super::*;
use crate::task::Status;

fn after_completion(rule: &str, due: &str, zone: &str) -> Task {
    let mut task = recurring(rule, due, zone);
    task.recurrence_anchor = RecurrenceAnchor::Completion;
    task
}

fn completed(mut task: Task, at: &str) -> Task {
    task.status = Status::Completed;
    task.completed_at = Some(Timestamp::parse(at).unwrap());
    task
}

/// The next due date of a task that is due on the first day and completed at this time.
fn next_due(rule: &str, due: &str, zone: &str, done: &str) -> Option<String> {
    let next = next_task(&completed(after_completion(rule, due, zone), done))?;
    assert_eq!(
        (next.occurrence, next.task.recurrence_anchor),
        (2, RecurrenceAnchor::Completion)
    );
    Some(next.task.due_date.unwrap().to_string())
}

#[test]
fn the_rule_is_counted_from_the_day_of_the_completion_at_the_same_time_of_day() {
    for (rule, due, done, expected) in [
        // Late, early and on time.
        (
            "FREQ=DAILY;INTERVAL=3",
            "2026-03-01",
            "2026-03-10T12:00:00Z",
            "2026-03-13",
        ),
        (
            "FREQ=DAILY;INTERVAL=3",
            "2026-03-20",
            "2026-03-10T12:00:00Z",
            "2026-03-13",
        ),
        (
            "daily",
            "2026-03-10T09:00:00Z",
            "2026-03-10T23:59:59Z",
            "2026-03-11T09:00:00Z",
        ),
        ("weekly", "2026-03-02", "2026-03-05T08:00:00Z", "2026-03-12"),
        // The days that the rule names itself stay those.
        (
            "FREQ=WEEKLY;BYDAY=MO",
            "2026-03-02",
            "2026-03-04T08:00:00Z",
            "2026-03-09",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
            "2026-03-02",
            "2026-03-04T08:00:00Z",
            "2026-03-16",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1",
            "2026-03-01",
            "2026-03-18T08:00:00Z",
            "2026-04-01",
        ),
        // A month from the completion's day, or the last day of a month that does not have it.
        ("monthly", "2026-01-05", "2026-01-31T08:00:00Z", "2026-02-28"),
        ("monthly", "2026-01-31", "2026-02-10T08:00:00Z", "2026-03-10"),
        ("yearly", "2024-01-01", "2024-02-29T08:00:00Z", "2025-02-28"),
    ] {
        let found = next_due(rule, due, "UTC", done);
        assert_eq!(found.as_deref(), Some(expected), "{rule} from {due}, done {done}");
    }
}

#[test]
fn the_day_is_the_one_where_the_task_is() {
    // 23:30 of the 10th in New York is the 11th in UTC.
    let found = next_due("daily", "2026-03-01", "America/New_York", "2026-03-11T03:30:00Z");
    assert_eq!(found.as_deref(), Some("2026-03-11"));
    let found = next_due("daily", "2026-03-01", "Asia/Tokyo", "2026-03-10T15:30:00Z");
    assert_eq!(found.as_deref(), Some("2026-03-12"));
}

#[test]
fn the_time_of_day_stays_across_clock_changes_and_comes_back_after_a_gap() {
    let berlin = |due: &str, done: &str| next_due("daily", due, "Europe/Berlin", done).unwrap();
    assert_eq!(
        berlin("2026-03-28T08:00:00Z", "2026-03-28T20:00:00Z"),
        "2026-03-29T07:00:00Z"
    );
    // 02:30 does not exist on 29 March and comes twice on 25 October.
    assert_eq!(
        berlin("2026-03-20T01:30:00Z", "2026-03-28T12:00:00Z"),
        "2026-03-29T01:00:00Z"
    );
    assert_eq!(
        berlin("2026-10-20T00:30:00Z", "2026-10-24T12:00:00Z"),
        "2026-10-25T00:30:00Z"
    );
    let task = completed(
        after_completion("daily", "2026-03-20T01:30:00Z", "Europe/Berlin"),
        "2026-03-28T12:00:00Z",
    );
    let new = NewTask {
        id: "b".to_owned(),
        number: 2,
        now: Timestamp::EPOCH,
    };
    let in_gap = next_task(&task).unwrap().into_task(new);
    let next = next_task(&completed(in_gap, "2026-03-29T12:00:00Z")).unwrap();
    assert_eq!(next.task.due_date.unwrap().to_string(), "2026-03-30T00:30:00Z");
}

#[test]
fn count_and_until_end_it() {
    assert_eq!(
        next_due("FREQ=DAILY;COUNT=1", "2026-03-01", "UTC", "2026-03-01T08:00:00Z"),
        None
    );
    assert!(next_due("FREQ=DAILY;COUNT=2", "2026-03-01", "UTC", "2026-03-01T08:00:00Z").is_some());
    let until = "FREQ=DAILY;INTERVAL=3;UNTIL=20260312";
    assert!(next_due(until, "2026-03-01", "UTC", "2026-03-09T08:00:00Z").is_some());
    assert_eq!(next_due(until, "2026-03-01", "UTC", "2026-03-10T08:00:00Z"), None);
}

#[test]
fn reminders_move_along_with_the_due_date() {
    let mut task = after_completion("weekly", "2026-03-02T09:00:00Z", "UTC");
    task.reminders = vec![Reminder::At(Timestamp::parse("2026-03-01T18:00:00Z").unwrap())];
    let next = next_task(&completed(task, "2026-03-04T20:00:00Z")).unwrap();
    let expected = Reminder::At(Timestamp::parse("2026-03-10T18:00:00Z").unwrap());
    assert_eq!(next.task.reminders, [expected]);
}

proptest! {
    #[test]
    fn the_next_is_on_a_later_day_than_the_completion(rule in rules(), due in times(), done in times(), zone in zones()) {
        valid(&rule)?;
        let mut task = after_completion(&rule, "2026-01-01", zone.name());
        task.due_date = Some(Due::Time(due));
        task.series_anchor = Some(SeriesAnchor { due: Due::Time(due), occurrence: 1 });
        task.completed_at = Some(done);
        task.status = Status::Completed;
        let Some(next) = next_task(&task) else { return Ok(()) };
        let Some(Due::Time(next)) = next.task.due_date else { return Err(TestCaseError::fail("not a time")) };
        prop_assert!(next > done);
        prop_assert!(zone.local(next).date() > zone.local(done).date());
        let wanted = zone.local(due).time();
        prop_assert!(zone.resolve(zone.local(next).date().and_time(wanted)) == Some(next) || zone.local(next).time() == wanted);
    }
}
