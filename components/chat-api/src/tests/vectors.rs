//! Knowledge by meaning: a vector database and an embeddings endpoint that are right, away, slow, or not to be trusted.

use serde_json::{Value, json};
use servers::Manner;

use super::knowledge::titles;
use super::service::{Service, User};

const VARIABLES: [(&str, &str); 9] = [
    ("qdrant_url", "http://qdrant.test:6333/"),
    ("qdrant_api_key", "qdrant-key"),
    ("embeddings_base_url", "http://model.test/v1"),
    ("embeddings_api_key", "model-key"),
    ("embeddings_model", "small"),
    ("faq_api_key", "key-of-the-shop-0001"),
    ("admin_api_key", "key-of-the-operator"),
    ("rate_limit_chat", "0"),
    ("rate_limit_default", "0"),
];

fn service() -> Service {
    let service = Service::with(&VARIABLES);
    let keys = ("qdrant-key".to_owned(), "model-key".to_owned());
    service.world.vectors.borrow_mut().keys = Some(keys);
    service
}

fn payloads(service: &Service, kind: &str) -> Vec<Value> {
    let mut all = service.world.vectors.borrow().payloads("todo");
    all.retain(|payload| payload["kind"] == kind);
    all
}

/// Ann with a task that only its meaning finds.
fn ann(service: &Service) -> User {
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "Automobile paperwork", "description": "in the blue folder"}));
    ann
}

fn metric(service: &Service, line: &str) -> bool {
    let text = service.send("GET", "/internal/metrics", &[], "").expect(200).text;
    text.lines().any(|known| known == line)
}

#[test]
fn a_question_in_other_words_finds_what_is_meant() {
    let service = service();
    let ann = ann(&service);
    assert_eq!(ann.say("what do I know about the car?")["intent"], "unclear");
    assert!(service.world.jobs.borrow().contains_key("vectors"));
    service.world.pass(60);
    service.job("vectors").unwrap();
    assert!(metric(&service, "knowledge_vectors_waiting 0"));
    let answer = ann.say("what do I know about the car?");
    assert_eq!(
        (&answer["intent"], titles(&answer)),
        (&json!("recall"), vec!["Automobile paperwork"])
    );
    assert!(metric(
        &service,
        "knowledge_retrieval_duration_seconds_count{backend=\"vectors\"} 1"
    ));
    // The help is there by meaning too, and nothing but ids has left the house.
    assert!(payloads(&service, "help").len() >= 40);
    let told = service.world.vectors.borrow().told.join("\n");
    assert!(!told.contains("Automobile") && !told.contains("blue folder"));
}

#[test]
fn changes_arrive_in_the_database_and_what_is_gone_goes() {
    let service = service();
    let ann = ann(&service);
    service.job("vectors").unwrap();
    let shop = [
        ("content-type", "application/json"),
        ("x-api-key", "key-of-the-operator"),
    ];
    let made = service
        .send(
            "POST",
            "/admin/faq",
            &shop,
            r#"{"title": "Refund", "content": "Within a week."}"#,
        )
        .expect(201)
        .body;
    ann.patch("/api/v1/tasks/1", &json!({"title": "Physician"}))
        .expect(200);
    ann.create(&json!({"title": "Other"}));
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    service.job("vectors").unwrap();
    assert_eq!(
        (payloads(&service, "task").len(), payloads(&service, "faq").len()),
        (1, 1)
    );
    assert_eq!(titles(&ann.say("what about my doctor?")), ["Physician"]);
    let question = json!({ "message": "reimbursement?" }).to_string();
    let asked = [
        ("content-type", "application/json"),
        ("x-api-key", "key-of-the-shop-0001"),
    ];
    let answer = service
        .send("POST", "/api/v1/chat", &asked, &question)
        .expect(200)
        .body;
    assert_eq!(titles(&answer)[0], "Refund");
    // What comes back is there again, and what goes for good is gone there too.
    ann.post("/api/v1/tasks/2/restore", &json!({})).expect(200);
    service.job("vectors").unwrap();
    assert_eq!(payloads(&service, "task").len(), 2);
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    ann.send("DELETE", "/api/v1/tasks/2?permanent=true", &[], "")
        .expect(204);
    let target = format!("/admin/faq/{}", made["id"].as_str().unwrap());
    service.send("DELETE", &target, &shop, "").expect(204);
    service.job("vectors").unwrap();
    assert_eq!(
        (payloads(&service, "task").len(), payloads(&service, "faq").len()),
        (1, 0)
    );
}

#[test]
fn what_was_there_before_is_told_once_and_another_collection_anew() {
    let before = Service::new();
    let ann = before.sign_up("ann@example.com");
    for number in 0..40 {
        ann.create(&json!({ "title": format!("Task {number}") }));
    }
    let service = Service::on(before.database.clone(), &VARIABLES);
    service.job("vectors").unwrap();
    assert_eq!(payloads(&service, "task").len(), 40);
    let requests = service.world.vectors.borrow().requests.len();
    let again = service.another();
    again.job("vectors").unwrap();
    assert_eq!(service.world.vectors.borrow().requests.len(), requests);
    let mut variables = VARIABLES.to_vec();
    variables.push(("qdrant_collection", "second"));
    let other = Service::on(before.database.clone(), &variables);
    other.job("vectors").unwrap();
    assert!(other.world.vectors.borrow().payloads("second").len() >= 80);
}

#[test]
fn what_the_database_says_of_others_is_not_believed() {
    let service = service();
    let ann = ann(&service);
    let bob = service.sign_up("bob@example.com");
    bob.create(&json!({"title": "Bob's vehicle", "description": "secret of Bob"}));
    service.job("vectors").unwrap();
    service.world.vectors.borrow_mut().qdrant = Manner::Hostile;
    for message in [
        "what do I know about the car?",
        "vehicle",
        "what do I know about secret things of Bob?",
    ] {
        let answer = ann.say(message);
        assert!(
            !answer.to_string().contains("Bob's") && !answer.to_string().contains("secret of Bob"),
            "{answer}"
        );
    }
    let asked = [
        ("content-type", "application/json"),
        ("x-api-key", "key-of-the-shop-0001"),
    ];
    for message in ["car", "vehicle", "secret of Bob"] {
        let body = json!({ "message": message }).to_string();
        let answer = service
            .send("POST", "/api/v1/chat", &asked, &body)
            .expect(200)
            .text;
        assert!(
            !answer.contains("Bob's") && !answer.contains("Automobile"),
            "{answer}"
        );
    }
}

#[test]
fn while_a_server_is_away_words_answer_and_nobody_waits_twice() {
    for (stage, set) in [
        (
            "qdrant",
            (|world, manner| world.qdrant = manner) as fn(&mut servers::Vectors, Manner),
        ),
        ("embeddings", |world, manner| world.embeddings = manner),
    ] {
        for manner in [Manner::Failing, Manner::Malformed, Manner::Silent] {
            let service = service();
            let ann = ann(&service);
            service.job("vectors").unwrap();
            set(&mut service.world.vectors.borrow_mut(), manner);
            let requests = || service.world.vectors.borrow().requests.len();
            let answer = ann.say("what about the automobile?");
            assert_eq!(titles(&answer), ["Automobile paperwork"], "{stage} {manner:?}");
            assert!(metric(
                &service,
                &format!("knowledge_vector_failures_total{{stage=\"{stage}\"}} 1")
            ));
            let after_first = requests();
            ann.say("what about the paperwork?");
            assert_eq!(requests(), after_first, "{stage} {manner:?}");
            assert!(metric(
                &service,
                "knowledge_vector_failures_total{stage=\"resting\"} 1"
            ));
            // What changes meanwhile waits, whatever happens, and is told when there is somebody to tell.
            ann.create(&json!({"title": "Flat"}));
            assert!(service.job("vectors").is_err());
            assert!(metric(&service, "knowledge_vectors_waiting 1"));
            set(&mut service.world.vectors.borrow_mut(), Manner::Right);
            service.world.pass(60);
            service.job("vectors").unwrap();
            assert_eq!(titles(&ann.say("what about my apartment?")), ["Flat"]);
            let log = service.world.log.borrow().join("\n");
            assert!(!log.contains("qdrant-key") && !log.contains("model-key"), "{log}");
        }
    }
}

#[test]
fn a_text_that_the_model_refuses_keeps_no_other_waiting() {
    let service = service();
    service.world.vectors.borrow_mut().refused = Some("unspeakable".to_owned());
    let ann = ann(&service);
    ann.create(&json!({"title": "unspeakable thing"}));
    ann.create(&json!({"title": "Physician"}));
    service.job("vectors").unwrap();
    assert_eq!(payloads(&service, "task").len(), 2);
    assert_eq!(titles(&ann.say("what about my doctor?")), ["Physician"]);
    assert_eq!(
        titles(&ann.say("what about the unspeakable thing?")),
        ["unspeakable thing"]
    );
    assert_eq!(titles(&ann.say("what about my doctor?")), ["Physician"]);
}

#[test]
fn a_killed_job_is_done_again() {
    let service = service();
    let ann = ann(&service);
    for number in 0..20 {
        ann.create(&json!({ "title": format!("Task {number}") }));
    }
    // It dies after each number of statements.
    for statements in 0..60 {
        service.database.fail_after(statements);
        if service.job("vectors").is_ok() {
            break;
        }
        service.database.recover();
    }
    service.database.recover();
    service.job("vectors").unwrap();
    assert_eq!(payloads(&service, "task").len(), 21);
    assert!(metric(&service, "knowledge_vectors_waiting 0"));
}

#[test]
fn half_a_configuration_is_told_and_not_used() {
    for (variables, word) in [
        (vec![("qdrant_url", "http://qdrant.test")], "embeddings_base_url"),
        (
            vec![("qdrant_url", "qdrant"), ("embeddings_base_url", "http://m/v1")],
            "qdrant_url",
        ),
        (
            vec![("qdrant_url", "http://q"), ("embeddings_base_url", "http://m/v1")],
            "embeddings_model",
        ),
    ] {
        let service = Service::with(&variables);
        assert!(
            service.world.log.borrow().iter().any(|line| line.contains(word)),
            "{word}"
        );
        service.sign_up("ann@example.com").say("what about nothing?");
        assert!(service.world.vectors.borrow().requests.is_empty());
    }
}
