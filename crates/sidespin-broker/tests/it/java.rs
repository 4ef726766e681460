//! Kafka's own client, in Java, where there is one.

use std::path::Path;

use servers::Kafka;

use crate::support::TestBroker;

#[tokio::test(flavor = "multi_thread")]
async fn the_java_client_administers_produces_and_consumes() {
    let broker = TestBroker::start().await;
    let address = broker.address().to_string();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java/Client.java");
    let run = tokio::task::spawn_blocking(move || Kafka::run_java(&source, &[&address]));
    let Some(printed) = run.await.unwrap().unwrap() else {
        return;
    };
    assert_eq!(
        printed.lines().collect::<Vec<_>>(),
        [
            "partitions 3",
            "left 0",
            "messages 999 in order true, tombstone gone",
            "group listed true",
            "committed 1000",
            "topic there false",
        ]
    );
}
