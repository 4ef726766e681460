//! Which events lead to a request, and what its answer means.

use std::cell::RefCell;

use futures::executor::block_on;

use super::*;

/// chat-api as far as it matters here: it answers as told.
struct Fake {
    answer: Result<u16, String>,
    asked: RefCell<Vec<Value>>,
}

impl Fake {
    fn answering(answer: Result<u16, String>) -> Self {
        Self {
            answer,
            asked: RefCell::default(),
        }
    }
}

impl ChatApi for Fake {
    async fn create_next(&self, body: Value) -> Result<u16, String> {
        self.asked.borrow_mut().push(body);
        self.answer.clone()
    }
}

fn event(kind: &str, is_recurring: bool) -> Option<Vec<u8>> {
    let event = json!({
        "specversion": "1.0",
        "id": "event-1",
        "source": "/todo/chat-api",
        "type": kind,
        "subject": "task-1",
        "time": "2026-01-31T09:00:00.000Z",
        "datacontenttype": "application/json",
        "userid": "ada",
        "partitionkey": "task-1",
        "data": {"id": "task-1", "is_recurring": is_recurring, "series_id": "series-1", "occurrence": 1},
    });
    Some(event.to_string().into_bytes())
}

#[test]
fn a_completed_recurring_task_asks_for_its_next_occurrence() {
    let chat_api = Fake::answering(Ok(201));
    assert_eq!(
        block_on(handle(&chat_api, &[event("task.completed", true)])),
        [Ok(())]
    );
    let asked = chat_api.asked.borrow();
    assert_eq!(asked[0]["event_id"], "event-1");
    assert_eq!(asked[0]["user_id"], "ada");
    assert_eq!(asked[0]["task"]["series_id"], "series-1");
}

/// That an occurrence is created once is chat-api's promise, and is tested there. It holds for the same series and occurrence,
/// so what this service owes it is that a redelivery asks for nothing else.
#[test]
fn redelivery_three_times_asks_for_one_and_the_same_next_task() {
    let chat_api = Fake::answering(Ok(200));
    // As one batch and on its own: wherever it is delivered again, it must be done, and not be tried for ever.
    let twice = [event("task.completed", true), event("task.completed", true)];
    assert_eq!(block_on(handle(&chat_api, &twice)), [Ok(()), Ok(())]);
    assert_eq!(
        block_on(handle(&chat_api, &[event("task.completed", true)])),
        [Ok(())]
    );
    let request = json!({
        "event_id": "event-1",
        "user_id": "ada",
        "task": {"id": "task-1", "is_recurring": true, "series_id": "series-1", "occurrence": 1},
    });
    assert_eq!(*chat_api.asked.borrow(), vec![request; 3]);
}

#[test]
fn occurrences_of_one_series_are_asked_for_apart() {
    let chat_api = Fake::answering(Ok(201));
    let second = String::from_utf8(event("task.completed", true).unwrap())
        .unwrap()
        .replace("\"occurrence\":1", "\"occurrence\":2");
    let batch = [event("task.completed", true), Some(second.into_bytes())];
    assert_eq!(block_on(handle(&chat_api, &batch)), [Ok(()), Ok(())]);
    let asked = chat_api.asked.borrow();
    let occurrences: Vec<&Value> = asked
        .iter()
        .map(|request| &request["task"]["occurrence"])
        .collect();
    assert_eq!(occurrences, [1, 2]);
}

#[test]
fn other_events_and_tasks_ask_for_nothing() {
    let chat_api = Fake::answering(Err("not to be called".into()));
    let batch = [
        event("task.created", true),
        event("task.updated", true),
        event("task.reopened", true),
        event("task.deleted", true),
        event("task.completed", false),
    ];
    assert!(block_on(handle(&chat_api, &batch)).iter().all(Result::is_ok));
    assert!(chat_api.asked.borrow().is_empty());
}

#[test]
fn a_failed_request_is_retried_and_not_marked_done() {
    let is_retried = |answer| {
        let results = block_on(handle(&Fake::answering(answer), &[event("task.completed", true)]));
        matches!(results.as_slice(), [Err(Refusal::Retry(_))])
    };
    assert!(is_retried(Err("connection refused".into())));
    for status in [500, 502, 503, 504, 408, 409, 425, 429, 301, 100] {
        assert!(is_retried(Ok(status)), "{status}");
    }
}

#[test]
fn the_end_of_a_series_is_success_and_a_refusal_is_final() {
    let result = |status| {
        block_on(handle(
            &Fake::answering(Ok(status)),
            &[event("task.completed", true)],
        ))
    };
    for status in [200, 201, 204] {
        assert_eq!(result(status), [Ok(())]);
    }
    for status in [400, 401, 403, 404, 422] {
        assert!(
            matches!(result(status).as_slice(), [Err(Refusal::Reject(_))]),
            "{status}"
        );
    }
}

#[test]
fn each_message_of_a_batch_has_its_own_result() {
    let chat_api = Fake::answering(Ok(503));
    let batch = [
        Some(b"{".to_vec()),
        event("task.completed", true),
        event("task.created", true),
        None,
    ];
    assert!(matches!(
        block_on(handle(&chat_api, &batch)).as_slice(),
        [
            Err(Refusal::Reject(_)),
            Err(Refusal::Retry(_)),
            Ok(()),
            Err(Refusal::Reject(_))
        ]
    ));
}
