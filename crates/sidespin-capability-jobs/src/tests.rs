//! What a component may schedule, and what it is told otherwise.

use serde_json::json;
use sidespin_app::{Component, ComponentSource, TriggerEntry};

use super::*;

fn app() -> App {
    let component = |id: &str| {
        let component = Component {
            id: id.into(),
            description: String::new(),
            source: ComponentSource::from_bytes(*b"wasm"),
            environment: BTreeMap::new(),
            files: Vec::new(),
            allowed_outbound_hosts: Vec::new(),
            key_value_stores: Vec::new(),
            sqlite_databases: Vec::new(),
            ai_models: Vec::new(),
            variables: BTreeMap::new(),
            sidespin: json!({}),
            location: None,
            key_locations: BTreeMap::new(),
        };
        (component.id.clone(), component)
    };
    let trigger = TriggerEntry {
        id: "one".to_owned(),
        trigger_type: "jobs".to_owned(),
        component: "worker".into(),
        config: json!({}),
        location: None,
        key_locations: BTreeMap::new(),
    };
    App {
        name: "app".to_owned(),
        version: String::new(),
        description: String::new(),
        variables: BTreeMap::new(),
        triggers: vec![trigger],
        trigger_settings: BTreeMap::new(),
        components: ["worker", "idle"].map(component).into(),
        manifest_path: "/app/spin.toml".into(),
    }
}

fn jobs_of(component: &str) -> (ComponentJobs, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(JobStore::open(directory.path().join("jobs.db")).unwrap());
    let state = Jobs::configure(&app(), BTreeMap::new(), Some(store)).unwrap();
    (Jobs::instantiate(&state, &component.into()).unwrap(), directory)
}

fn schedule(name: &str, payload: usize, interval: Option<u64>) -> wit::Schedule {
    wit::Schedule {
        name: name.to_owned(),
        due: 1,
        repeat: interval.map(wit::Repeat::Every),
        payload: vec![0; payload],
    }
}

fn invalid(jobs: &ComponentJobs, schedule: wit::Schedule) -> String {
    match jobs.schedule(schedule) {
        Err(wit::Error::Invalid(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_limits_are_those_of_the_interface() {
    let (jobs, _directory) = jobs_of("worker");
    let kept = jobs
        .schedule(schedule(&"n".repeat(255), 64 * 1024, Some(100)))
        .unwrap();
    assert_eq!(
        (kept.owner.as_str(), kept.repeat),
        ("worker", Some(Repeat::Every(100)))
    );
    assert!(invalid(&jobs, schedule("", 0, None)).contains("1 to 255"));
    assert!(invalid(&jobs, schedule(&"n".repeat(256), 0, None)).contains("256"));
    assert!(invalid(&jobs, schedule("n", 64 * 1024 + 1, None)).contains("65536"));
    assert!(invalid(&jobs, schedule("n", 0, Some(99))).contains("100 milliseconds"));
}

#[test]
fn a_component_whose_jobs_nothing_fires_is_told_what_is_missing() {
    let (jobs, _directory) = jobs_of("idle");
    let Err(wit::Error::Invalid(reason)) = jobs.store() else {
        panic!("it has a store");
    };
    assert!(
        reason.contains("[[trigger.jobs]]") && reason.contains("component = \"idle\""),
        "{reason}"
    );
}

#[tokio::test]
async fn a_time_that_cannot_be_kept_is_the_caller_s_mistake() {
    let (jobs, _directory) = jobs_of("worker");
    let schedule = jobs
        .schedule(wit::Schedule {
            due: u64::MAX,
            ..schedule("n", 0, None)
        })
        .unwrap();
    let error = jobs.store().unwrap().put(schedule).await.unwrap_err();
    assert!(matches!(refused(&error), wit::Error::Invalid(_)));
}

#[test]
fn a_rule_is_checked_when_it_is_put() {
    let (jobs, _directory) = jobs_of("worker");
    let ruled = |rule: &str, timezone: &str| wit::Schedule {
        repeat: Some(wit::Repeat::Rrule(wit::Recurrence {
            rule: rule.to_owned(),
            timezone: timezone.to_owned(),
        })),
        ..schedule("n", 0, None)
    };
    let kept = jobs
        .schedule(ruled("FREQ=DAILY;COUNT=3", "Europe/Berlin"))
        .unwrap();
    assert!(matches!(kept.repeat, Some(Repeat::Rule(_))));
    assert!(invalid(&jobs, ruled("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "UTC")).contains("never fires"));
    assert!(invalid(&jobs, ruled("every day", "UTC")).contains("FREQ=WEEKLY"));
    assert!(invalid(&jobs, ruled("FREQ=DAILY", "Berlin")).contains("Europe/Berlin"));
}
