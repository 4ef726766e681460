//! Skipping occurrences: tables, and what holds for all of them.

use proptest::prelude::*;

use super::properties::{rules, times, valid, zones};
use super::*;
use crate::task::Status;

fn at(time: &str) -> Timestamp {
    Timestamp::parse(time).unwrap()
}

/// A Monday.
fn now() -> Timestamp {
    at("2026-03-02T09:00:00Z")
}

fn skipped(task: &Task) -> Task {
    skip(task, 0, Missed::Come, now()).unwrap().task
}

fn place(task: &Task) -> (String, u32) {
    (task.due_date.unwrap().to_string(), task.occurrence.unwrap())
}

#[test]
fn the_task_itself_goes_on_to_the_next_occurrence() {
    let mut task = recurring("monthly", "2026-01-31T09:00:00Z", "UTC");
    task.status = Status::InProgress;
    task.reminders = vec![Reminder::At(at("2026-01-30T18:00:00Z"))];
    let applied = skip(&task, 1, Missed::Come, now()).unwrap();
    assert_eq!(applied.changed, ["status", "due_date", "reminders", "occurrence"]);
    let next = applied.task;
    assert_eq!(place(&next), ("2026-02-28T09:00:00Z".to_owned(), 2));
    assert_eq!((next.status, next.version), (Status::Pending, 2));
    assert_eq!(next.reminders, [Reminder::At(at("2026-02-27T18:00:00Z"))]);
    assert_eq!(
        (&next.id, &next.series_id, next.series_anchor),
        (&task.id, &task.series_id, task.series_anchor)
    );
    // From the anchor, as if it had been completed.
    assert_eq!(place(&skipped(&next)), ("2026-03-31T09:00:00Z".to_owned(), 3));
}

#[test]
fn what_was_missed_can_be_skipped_with_it() {
    let task = recurring("daily", "2026-02-20T09:30:00Z", "UTC");
    let upcoming = |task: &Task| skip(task, 0, Missed::AreSkipped, now()).unwrap().task;
    assert_eq!(place(&skipped(&task)), ("2026-02-21T09:30:00Z".to_owned(), 2));
    assert_eq!(place(&upcoming(&task)), ("2026-03-02T09:30:00Z".to_owned(), 11));
    // A day is not over before it ends.
    assert_eq!(
        place(&upcoming(&recurring("daily", "2026-02-20", "UTC"))),
        ("2026-03-02".to_owned(), 11)
    );
    // What is still to come is skipped in any case.
    assert_eq!(
        place(&upcoming(&recurring("daily", "2026-03-05", "UTC"))),
        ("2026-03-06".to_owned(), 2)
    );
}

#[test]
fn numbers_that_the_series_has_used_are_passed_over() {
    let task = recurring("daily", "2026-03-02", "UTC");
    let next = skip(&task, 3, Missed::Come, now()).unwrap().task;
    assert_eq!(place(&next), ("2026-03-05".to_owned(), 4));
}

#[test]
fn a_series_after_completion_goes_on_from_today_or_from_the_due_date() {
    let mut task = recurring("FREQ=DAILY;INTERVAL=3", "2026-02-20T09:00:00Z", "UTC");
    task.recurrence_anchor = RecurrenceAnchor::Completion;
    assert_eq!(place(&skipped(&task)), ("2026-03-05T09:00:00Z".to_owned(), 2));
    task.due_date = Some(Due::parse("2026-03-04T09:00:00Z").unwrap());
    assert_eq!(place(&skipped(&task)), ("2026-03-07T09:00:00Z".to_owned(), 2));
}

#[test]
fn what_is_skipped_counts_and_the_last_one_stays() {
    let mut task = recurring("FREQ=DAILY;COUNT=3", "2026-03-02", "UTC");
    task = skipped(&skipped(&task));
    assert_eq!(place(&task), ("2026-03-04".to_owned(), 3));
    assert_eq!(next_task(&task), None);
    let refused = |task: &Task| skip(task, 0, Missed::Come, now()).unwrap_err();
    assert_eq!(refused(&task), SkipError::LastOccurrence);
    assert_eq!(
        refused(&recurring("FREQ=DAILY;UNTIL=20260302", "2026-03-02", "UTC")),
        SkipError::LastOccurrence
    );
    assert_eq!(refused(&sample(1, "once")), SkipError::NotRecurring);
    task.status = Status::Completed;
    assert_eq!(refused(&task), SkipError::NotOpen(Status::Completed));
}

#[test]
fn a_task_without_a_due_date_gets_one() {
    let mut task = recurring("weekly", "2026-03-02", "UTC");
    task.due_date = None;
    assert_eq!(place(&skipped(&task)), ("2026-03-09".to_owned(), 2));
}

proptest! {
    /// Skipping is completing without doing it: the same day comes next.
    #[test]
    fn skipping_leads_where_completing_does(rule in rules(), count in 1_u32..8, time in times(), zone in zones()) {
        let rule = format!("{rule};COUNT={count}");
        valid(&rule)?;
        let mut task = recurring(&rule, "2026-01-01", zone.name());
        task.due_date = Some(Due::Time(time));
        task.series_anchor = Some(SeriesAnchor { due: Due::Time(time), occurrence: 1 });
        for _ in 0..count {
            let next = next_task(&task).map(|next| (next.task.due_date, next.occurrence));
            match skip(&task, 0, Missed::Come, now()) {
                Ok(applied) => {
                    prop_assert_eq!(next, Some((applied.task.due_date, applied.task.occurrence.unwrap())));
                    task = applied.task;
                }
                Err(error) => {
                    prop_assert_eq!((error, next), (SkipError::LastOccurrence, None));
                    break;
                }
            }
        }
        prop_assert!(task.occurrence.unwrap() <= count);
    }

    /// Whatever was missed, what comes is not overdue, and nothing between was left out.
    #[test]
    fn what_is_not_missed_is_the_first_that_is_not_overdue(rule in rules(), time in times(), late in 0_i64..100_000_000, zone in zones()) {
        valid(&rule)?;
        let now = time.plus_seconds(late).unwrap();
        let mut task = recurring(&rule, "2026-01-01", zone.name());
        task.due_date = Some(Due::Time(time));
        task.series_anchor = Some(SeriesAnchor { due: Due::Time(time), occurrence: 1 });
        let Ok(applied) = skip(&task, 0, Missed::AreSkipped, now) else { return Ok(()) };
        prop_assert!(!applied.task.is_overdue(now));
        let number = applied.task.occurrence.unwrap();
        if number > 2 {
            let rule = Rule::parse(&rule).unwrap();
            let before = next(&rule, &task.series_anchor.unwrap(), zone, number - 2).unwrap();
            prop_assert!(before.deadline(zone) < now);
        }
    }
}
