//! Which events lead to a request, and what its answer means.

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures::executor::block_on;

use super::*;

/// chat-api as far as it matters here: it answers as told, and that it creates an occurrence once is its own promise: to the
/// same request it answers 201 the first time and 200 from then on.
struct Fake {
    answer: Result<u16, String>,
    asked: RefCell<Vec<Value>>,
    created: RefCell<BTreeSet<String>>,
}

impl Fake {
    fn answering(answer: Result<u16, String>) -> Self {
        Self {
            answer,
            asked: RefCell::default(),
            created: RefCell::default(),
        }
    }
}

impl ChatApi for Fake {
    async fn create_next(&self, body: Value) -> Result<u16, String> {
        let occurrence = format!("{} {}", body["task"]["series_id"], body["task"]["occurrence"]);
        self.asked.borrow_mut().push(body);
        if self.answer == Ok(201) && !self.created.borrow_mut().insert(occurrence) {
            return Ok(200);
        }
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

#[test]
fn redelivery_three_times_creates_one_next_task() {
    let chat_api = Fake::answering(Ok(201));
    // As one batch and on its own: wherever it is delivered again, it must be done, and not be tried for ever.
    let twice = [event("task.completed", true), event("task.completed", true)];
    assert_eq!(block_on(handle(&chat_api, &twice)), [Ok(()), Ok(())]);
    assert_eq!(
        block_on(handle(&chat_api, &[event("task.completed", true)])),
        [Ok(())]
    );
    assert_eq!(chat_api.created.borrow().len(), 1);
    // What chat-api tells repetitions by is the same in every request.
    let asked = chat_api.asked.borrow();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|request| request == &asked[0]), "{asked:?}");
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
