//! Grants and commands, with a real Redis.

use servers::Redis;
use sidespin_outbound::AllowedHosts;
use sidespin_world::redis::redis as wit;
use sidespin_world::redis::redis::{RedisParameter, RedisResult};

use crate::access::ComponentAccess;

fn access(allowed: &[&str]) -> ComponentAccess {
    ComponentAccess::new("caller".into(), AllowedHosts::parse(allowed).unwrap())
}

fn text(bytes: &str) -> RedisParameter {
    RedisParameter::Binary(bytes.as_bytes().to_vec())
}

#[tokio::test]
async fn only_granted_servers_are_opened() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let url = redis.url();
    let granted = format!("redis://127.0.0.1:{}", redis.address().port());
    access(&[&granted]).open(&url).await.unwrap();
    for allowed in [
        &["redis://127.0.0.1:1"][..],
        &["http://127.0.0.1:*"],
        &["rediss://127.0.0.1:*"],
        &[],
    ] {
        let denied = access(allowed).open(&url).await.unwrap_err();
        assert!(
            matches!(denied, wit::Error::InvalidAddress),
            "{allowed:?}: {denied:?}"
        );
    }
    // A pattern does not lead inside of the machine, even where the name that it covers does.
    let named = format!("redis://localhost:{}", redis.address().port());
    let denied = access(&["redis://*:*"]).open(&named).await.unwrap_err();
    assert!(matches!(denied, wit::Error::InvalidAddress), "{denied:?}");
    for wrong in ["", "127.0.0.1", "http://127.0.0.1"] {
        let error = access(&["*://*:*"]).open(wrong).await.unwrap_err();
        assert!(matches!(error, wit::Error::InvalidAddress), "{wrong}");
    }
}

#[tokio::test]
async fn every_function_does_its_work() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let connection = access(&["redis://127.0.0.1:*"]).open(&redis.url()).await.unwrap();
    assert_eq!(connection.get("k").await.unwrap(), None);
    connection.set("k", &[0, 255, 13, 10]).await.unwrap();
    assert_eq!(connection.get("k").await.unwrap(), Some(vec![0, 255, 13, 10]));
    connection.set("empty", b"").await.unwrap();
    assert_eq!(connection.get("empty").await.unwrap(), Some(Vec::new()));
    assert_eq!(connection.incr("n").await.unwrap(), 1);
    assert_eq!(connection.incr("n").await.unwrap(), 2);
    let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        connection.del(&strings(&["k", "empty", "none"])).await.unwrap(),
        2
    );
    assert_eq!(connection.del(&[]).await.unwrap(), 0);
    assert_eq!(connection.sadd("s", &strings(&["a", "b", "a"])).await.unwrap(), 2);
    assert_eq!(connection.srem("s", &strings(&["a", "c"])).await.unwrap(), 1);
    assert_eq!(connection.smembers("s").await.unwrap(), ["b"]);
    connection.publish("nobody", b"hears this").await.unwrap();
    for mistaken in [
        connection.get("s").await.map(drop),
        connection.incr("s").await.map(drop),
    ] {
        assert!(matches!(mistaken, Err(wit::Error::TypeError)), "{mistaken:?}");
    }
    connection.set("word", b"seven").await.unwrap();
    assert!(matches!(
        connection.incr("word").await,
        Err(wit::Error::TypeError)
    ));
}

#[tokio::test]
async fn any_command_is_carried_out_that_leaves_the_connection_as_it_is() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let connection = access(&["redis://127.0.0.1:*"]).open(&redis.url()).await.unwrap();
    let set = connection
        .execute(
            "SET",
            &[
                text("k"),
                RedisParameter::Int64(7),
                text("EX"),
                RedisParameter::Int64(100),
            ],
        )
        .await;
    assert!(matches!(&set.unwrap()[..], [RedisResult::Status(ok)] if ok == "OK"));
    let ttl = connection.execute("TTL", &[text("k")]).await.unwrap();
    assert!(matches!(ttl[..], [RedisResult::Int64(1..=100)]), "{ttl:?}");
    let nested = connection
        .execute(
            "EVAL",
            &[text("return {1, {'two', false}, {}}"), RedisParameter::Int64(0)],
        )
        .await
        .unwrap();
    assert!(
        matches!(&nested[..], [RedisResult::Int64(1), RedisResult::Binary(two), RedisResult::Nil] if two == b"two"),
        "{nested:?}"
    );
    match connection.execute("MULTI", &[]).await {
        Err(wit::Error::Other(reason)) => assert!(reason.contains("EVAL"), "{reason}"),
        other => panic!("{other:?}"),
    }
    match connection.execute("NONSENSE", &[]).await {
        Err(wit::Error::Other(reason)) => assert!(reason.contains("unknown command"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_told_and_comes_back() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return;
    };
    let access = access(&["redis://127.0.0.1:*"]);
    let connection = access.open(&redis.url()).await.unwrap();
    redis.stop().unwrap();
    assert!(matches!(connection.get("k").await, Err(wit::Error::Other(_))));
    match access.open(&redis.url().replace("//", "//:s3cret@")).await {
        Err(wit::Error::Other(reason)) => assert!(!reason.contains("s3cret"), "{reason}"),
        other => panic!("{other:?}"),
    }
    redis.restart().unwrap();
    assert_eq!(connection.get("k").await.unwrap(), None);
}

#[tokio::test]
async fn addresses_in_use_at_once_are_bounded() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let access = access(&["redis://127.0.0.1:*"]);
    let mut open = Vec::new();
    for database in 0..16 {
        open.push(access.open(&format!("{}/{database}", redis.url())).await);
    }
    assert!(open.iter().all(Result::is_ok), "{open:?}");
    // Redis has 16 databases; a user makes another address of one.
    let more = redis.url().replace("//", "//default:@");
    let refused = access.open(&more).await;
    assert!(
        matches!(refused, Err(wit::Error::TooManyConnections)),
        "{refused:?}"
    );
    drop(open);
    let opened = access.open(&redis.url()).await;
    assert!(opened.is_ok(), "{opened:?}");
}
