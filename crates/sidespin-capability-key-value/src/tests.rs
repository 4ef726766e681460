//! What a store promises, tried on each kind of store in the same way; and what each kind has of its own.

mod contract;

use std::sync::Arc;

use servers::Redis;
use sidespin_redis_client::{Address, Client, Connector, command};
use tempfile::TempDir;

use crate::redis::RedisStore;
use crate::sqlite::{SqliteStore, StoreFile};
use crate::store::Store;

fn sqlite(file: &Arc<StoreFile>, label: &str) -> Store {
    Store::new(Arc::new(SqliteStore {
        label: label.into(),
        file: Arc::clone(file),
    }))
}

fn client(redis: &Redis) -> Client {
    Client::new(Connector::new(Address::parse(&redis.url()).unwrap()))
}

fn redis(client: &Client, prefix: &str) -> Store {
    Store::new(Arc::new(RedisStore {
        client: client.clone(),
        prefix: prefix.to_owned(),
    }))
}

/// Runs one promise on SQLite, on Redis, and on Redis with a prefix that is a pattern's characters.
macro_rules! on_both {
    ($($promise:ident),+ $(,)?) => {
        mod on_sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let directory = TempDir::new().unwrap();
                let file = Arc::new(StoreFile::new(directory.path().join("kv.db")));
                contract::$promise(sqlite(&file, "one"), sqlite(&file, "two")).await;
            })+
        }
        mod on_redis {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let Some(server) = Redis::start().unwrap() else { return };
                let client = client(&server);
                contract::$promise(redis(&client, ""), redis(&client, "two:*[x]?\\")).await;
                client.query::<()>(&command("FLUSHALL")).await.unwrap();
                contract::$promise(redis(&client, "[a]*"), redis(&client, "[a")).await;
            })+
        }
    };
}

on_both!(
    a_value_is_what_was_written_last,
    any_bytes_are_a_value_and_any_text_is_a_key,
    keys_are_listed_each_once_and_in_pages,
    batches_answer_for_every_key,
    numbers_are_counted_and_nothing_else_is,
    no_increment_is_lost,
    one_swap_of_many_wins,
    a_swap_sees_what_happened_since,
    limits_are_named,
);

#[tokio::test]
async fn a_file_keeps_its_values_and_its_stores_do_not_see_each_other() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kv.db");
    let file = Arc::new(StoreFile::new(path.clone()));
    sqlite(&file, "mine")
        .set("key".to_owned(), vec![0, 255])
        .await
        .unwrap();
    drop(file);

    let file = Arc::new(StoreFile::new(path));
    assert_eq!(
        sqlite(&file, "mine").get("key".to_owned()).await.unwrap(),
        Some(vec![0, 255])
    );
    assert_eq!(sqlite(&file, "yours").get("key".to_owned()).await.unwrap(), None);
    assert_eq!(
        sqlite(&file, "yours").all_keys().await.unwrap(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn increments_of_two_processes_are_not_lost() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kv.db");
    // Two files' worth of connections, as two processes have.
    let stores = [0, 1].map(|_| sqlite(&Arc::new(StoreFile::new(path.clone())), "shared"));
    contract::count_up(&stores).await;
}

#[tokio::test]
async fn a_redis_that_is_away_is_told_and_works_again_when_it_is_back() {
    let Some(mut server) = Redis::start().unwrap() else {
        return;
    };
    let store = redis(&client(&server), "");
    store.set("key".to_owned(), b"value".to_vec()).await.unwrap();
    server.stop().unwrap();
    for _ in 0..2 {
        let told = store.get("key".to_owned()).await.unwrap_err().for_guest();
        assert!(
            told.contains("cannot be reached") || told.contains("stopped answering"),
            "{told}"
        );
        assert!(!told.contains("127.0.0.1"), "{told}");
    }
    server.restart().unwrap();
    assert_eq!(store.get("key".to_owned()).await.unwrap(), None);
    assert_eq!(store.increment("n".to_owned(), 1).await.unwrap(), 1);
}

#[tokio::test]
async fn what_others_keep_in_a_redis_does_no_harm() {
    let Some(server) = Redis::start().unwrap() else {
        return;
    };
    let client = client(&server);
    let store = redis(&client, "");
    client
        .query::<()>(command("LPUSH").arg("list").arg("a"))
        .await
        .unwrap();
    client
        .query::<()>(command("SET").arg(&[0xff_u8, 0xfe][..]).arg("a"))
        .await
        .unwrap();
    client
        .query::<()>(command("SET").arg("expires").arg("soon").arg("EX").arg(100))
        .await
        .unwrap();
    let mut keys = store.all_keys().await.unwrap();
    keys.sort();
    assert_eq!(keys, ["expires"]);
    assert_eq!(
        store.get("expires".to_owned()).await.unwrap(),
        Some(b"soon".to_vec())
    );
    let told = store.get("list".to_owned()).await.unwrap_err().for_guest();
    assert!(told.contains("not a plain value"), "{told}");
    // What is no plain value is none in a batch, and never overwritten by a swap.
    let values = store.get_many(vec!["list".to_owned()]).await.unwrap();
    assert_eq!(values, [("list".to_owned(), None)]);
    store
        .swap("list".to_owned(), None, b"x".to_vec())
        .await
        .unwrap_err();
    store.increment("list".to_owned(), 1).await.unwrap_err();
}
