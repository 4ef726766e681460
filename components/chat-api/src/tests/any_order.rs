//! Whatever is done to a series in whatever order, and whenever its events are heard: nothing comes that is not to come, and at
//! the end what is to come is there.

use serde_json::{Value, json};

use super::recurrence::ask;
use super::service::{Service, User};

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// The occurrences that are there, in order.
fn occurrences(user: &User, series_id: &Value) -> Vec<Value> {
    let listed = user.get("/api/v1/tasks?parent=none&limit=100").expect(200).body;
    let mut all = listed["items"].as_array().unwrap().clone();
    all.retain(|task| task["series_id"] == *series_id);
    all.sort_by_key(|task| task["occurrence"].as_u64());
    all
}

fn is_open(task: &Value) -> bool {
    task["status"] == "pending"
}

/// Delivers an event of a completion, and looks at what came of it.
fn deliver(service: &Service, user: &User, series_id: &Value, event: &Value) {
    let before = occurrences(user, series_id);
    let status = ask(service, event).status;
    let after = occurrences(user, series_id);
    let (last, number) = (before.last().unwrap(), after.len() - before.len());
    match status {
        201 => {
            assert_eq!((is_open(last), number), (false, 1), "{event}");
            assert_eq!(event["data"]["id"], last["id"]);
            assert_eq!(event["data"]["completed_at"], last["completed_at"]);
            assert_eq!(
                after.last().unwrap()["occurrence"],
                json!(last["occurrence"].as_u64().unwrap() + 1)
            );
        }
        200 | 204 => assert_eq!(number, 0, "{event}"),
        _ => panic!("{status} for {event}"),
    }
}

fn act(service: &Service, user: &User, series_id: &Value, numbers: &mut Numbers) {
    let all = occurrences(user, series_id);
    let task = &all[numbers.below(all.len())]["number"];
    let to_task = |action: &str| {
        user.send("POST", &format!("/api/v1/tasks/{task}/{action}"), &[], "")
            .status
    };
    let status = match numbers.below(8) {
        0..=2 => to_task("complete"),
        3 => to_task("reopen"),
        4 => to_task("skip"),
        5 => user.send("POST", "/api/v1/undo", &[], "").status,
        6 => {
            let body = json!({"title": "mine"});
            user.patch(&format!("/api/v1/tasks/{task}"), &body).status
        }
        // Nothing happens, for a while.
        _ => {
            service.world.pass(1);
            200
        }
    };
    assert!(matches!(status, 200 | 409), "{status}");
}

#[test]
fn a_series_goes_on_as_its_last_state_says_in_whatever_order_it_is_told() {
    for seed in 0..10 {
        let mut numbers = Numbers(seed);
        let service = Service::new();
        let ann = service.sign_up("ann@example.com");
        let anchor = ["due", "completion"][numbers.below(2)];
        let task = json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily", "recurrence_anchor": anchor});
        let series_id = ann.create(&task)["id"].clone();
        ann.create(&json!({"title": "part", "parent_id": 1}));
        // That there is a series is not to be undone.
        service.world.pass(601);
        let events = || -> Vec<Value> {
            let mut all = service.world.events("task-events");
            all.retain(|event| event["type"] == "task.completed" && event["data"]["series_id"] == series_id);
            all
        };
        for _ in 0..25 {
            act(&service, &ann, &series_id, &mut numbers);
            let heard = events();
            // Mostly the last one, and at times any of before.
            if let Some(last) = heard.last() {
                let event = match numbers.below(3) {
                    0 => Some(last),
                    1 => heard.get(numbers.below(heard.len())),
                    _ => None,
                };
                if let Some(event) = event {
                    deliver(&service, &ann, &series_id, event);
                }
            }
        }
        let all = events();
        for event in &all {
            deliver(&service, &ann, &series_id, event);
        }
        let end = occurrences(&ann, &series_id);
        assert!(is_open(end.last().unwrap()), "seed {seed}: {end:#?}");
        for event in all.iter().chain(all.iter().rev()) {
            deliver(&service.another(), &ann, &series_id, event);
        }
        assert_eq!(occurrences(&ann, &series_id), end, "seed {seed}");
    }
}
