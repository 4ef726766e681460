//! Redis as components know it: a server to use, a channel to listen to, and a place for key-value stores.

use end_to_end::{Server, eventually};
use servers::Redis;

use crate::support::{Application, get, guest};

/// What a component sees of `wasi:keyvalue`, on every kind of store.
const BUCKETS: &str = r#"Some([0, 255]) None
true false
false
[("y", Some([])), ("none", None), ("x", Some([49]))]
["x", "y"] None
5 -2
Err(Error::Other("the value of the key is not a whole number of 64 bits, written in decimal digits"))
None
true
Some([102, 105, 114, 115, 116])
true
Some([116, 104, 105, 114, 100])"#;

/// An application that may use `redis`, listens to its channel `news`, and keeps its default store there.
fn application(redis: &Redis) -> Application {
    let application = Application::new(&format!(
        r#"
[application.trigger.redis]
address = "{{{{ redis }}}}"

[variables]
redis = {{ default = "{url}" }}
channel = {{ default = "news" }}

[[trigger.http]]
route = "/..."
component = "probe"

[[trigger.redis]]
channel = "{{{{ channel }}}}"
component = "probe"

[component.probe]
source = "{source}"
key_value_stores = ["default", "local", "prefixed"]
environment = {{ REDIS = "{{{{ redis }}}}" }}
allowed_outbound_hosts = ["{{{{ redis }}}}"]
"#,
        url = redis.url(),
        source = guest("redis-probe"),
    ));
    let stores = format!(
        r#"
[key_value_store.default]
type = "redis"
url = "{url}"

[key_value_store.prefixed]
type = "redis"
url = "{url}"
prefix = "prefixed:"

[key_value_store.local]
type = "spin"
"#,
        url = redis.url(),
    );
    std::fs::write(application.directory().join("runtime-config.toml"), stores).unwrap();
    application
}

async fn start(application: &Application) -> Server {
    let file = application.directory().join("runtime-config.toml");
    application
        .start(&["--runtime-config-file", file.to_str().unwrap()])
        .await
}

/// Comes back when the default store has this under a key.
async fn has(server: &Server, key: &str, value: &str) {
    eventually(&format!("{value} under {key}"), || async {
        let kept = get(server, &format!("/value?{key}")).await.1;
        Ok((kept == value).then_some(()))
    })
    .await
    .unwrap();
}

async fn admin(server: &Server, path: &str) -> (u16, String) {
    let response = reqwest::get(format!("http://{}{path}", server.admin))
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_component_publishes_is_triggered_and_keeps_what_it_got() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let mut server = start(&application(&redis)).await;
    assert_eq!(get(&server, "/publish?news=hello").await.1, "()");
    has(&server, "message-1", "hello").await;
    // What fails costs one message; nothing comes twice.
    for message in ["fail", "trap", "again", "once-more"] {
        assert_eq!(get(&server, &format!("/publish?news={message}")).await.1, "()");
    }
    assert_eq!(get(&server, "/publish?other=not-for-us").await.1, "()");
    has(&server, "message-3", "once-more").await;
    assert_eq!(get(&server, "/value?message-2").await.1, "again");
    assert_eq!(get(&server, "/value?messages").await.1, "3");
    let metrics = admin(&server, "/metrics").await.1;
    for counted in [
        r#"redis_messages_total{component="probe",channel="news",outcome="Failed"} 2"#,
        r#"redis_messages_total{component="probe",channel="news",outcome="Done"} 3"#,
    ] {
        assert!(metrics.contains(counted), "{counted} is not in {metrics}");
    }
    assert_eq!(server.stop().await.unwrap(), Some(0));
}

#[tokio::test]
async fn every_function_of_redis_answers_a_component() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let server = start(&application(&redis)).await;
    assert_eq!(
        get(&server, "/redis?one-").await.1,
        r#""None Some([0, 255]) 1 2 1 [\"b\"] Err(Error::TypeError) 2""#
    );
    assert!(
        get(&server, "/execute?SETEX,k,100,v")
            .await
            .1
            .contains("Status(\\\"OK\\\")")
    );
    assert!(get(&server, "/execute?MULTI").await.1.contains("EVAL"));
}

#[tokio::test]
async fn only_the_granted_redis_is_reached() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let other = Redis::start().unwrap().unwrap();
    let server = start(&application(&redis)).await;
    assert_eq!(
        get(&server, &format!("/open?{}", redis.url())).await.1,
        "\"open\""
    );
    for denied in [
        other.url(),
        "redis://localhost:6379".to_owned(),
        "nonsense".to_owned(),
    ] {
        let told = get(&server, &format!("/open?{denied}")).await.1;
        assert!(told.contains("InvalidAddress"), "{denied}: {told}");
    }
}

#[tokio::test]
async fn stores_on_redis_and_on_sqlite_behave_the_same() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let server = start(&application(&redis)).await;
    assert_eq!(get(&server, "/buckets?local").await.1, BUCKETS);
    assert_eq!(get(&server, "/buckets?prefixed").await.1, BUCKETS);
    assert!(get(&server, "/buckets?other").await.1.contains("AccessDenied"));
    // Each store has keys of its own.
    assert_eq!(get(&server, "/value?c").await.1, "");
    assert!(get(&server, "/execute?GET,prefixed:c").await.1.contains("Binary"));
}

#[tokio::test]
async fn a_redis_that_goes_away_is_told_of_and_found_again() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return;
    };
    let server = start(&application(&redis)).await;
    assert_eq!(admin(&server, "/health/ready").await.0, 200);
    redis.stop().unwrap();
    let report = eventually("readiness to tell of it", || async {
        let (status, report) = admin(&server, "/health/ready").await;
        Ok((status == 503).then_some(report))
    })
    .await
    .unwrap();
    assert!(
        report.contains(r#""redis":false"#) && report.contains("news of probe"),
        "{report}"
    );
    let told = get(&server, "/value?message-1").await.1;
    assert!(told.contains("store") && !told.contains("127.0.0.1"), "{told}");
    assert!(get(&server, "/publish?news=lost").await.1.contains("Other"));
    redis.restart().unwrap();
    eventually("readiness", || async {
        Ok((admin(&server, "/health/ready").await.0 == 200).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(get(&server, "/publish?news=found").await.1, "()");
    has(&server, "message-1", "found").await;
}

#[tokio::test]
async fn what_is_kept_in_redis_outlives_the_host() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let mut server = start(&application(&redis)).await;
    assert_eq!(get(&server, "/publish?news=kept").await.1, "()");
    has(&server, "message-1", "kept").await;
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    assert_eq!(get(&server, "/value?message-1").await.1, "kept");
}
