//! What every store promises, whatever it is made on. Each promise is given two stores that share a server or a file.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use crate::backend::{StoreError, Swap};
use crate::cas::Cas;
use crate::store::{BATCH_BYTES, BATCH_LIMIT, KEY_LIMIT, Store, VALUE_LIMIT};

/// More than one page of keys.
const MANY: usize = 2500;

fn key(text: &str) -> String {
    text.to_owned()
}

async fn get(store: &Store, name: &str) -> Option<Vec<u8>> {
    store.get(key(name)).await.unwrap()
}

async fn set(store: &Store, name: &str, value: &[u8]) {
    store.set(key(name), value.to_vec()).await.unwrap();
}

async fn pages(store: &Store) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.keys(cursor).await.unwrap();
        pages.push(page.keys);
        cursor = page.cursor;
        if cursor.is_none() {
            return pages;
        }
    }
}

pub(super) async fn a_value_is_what_was_written_last(one: Store, two: Store) {
    assert_eq!(get(&one, "key").await, None);
    assert!(!one.exists(key("key")).await.unwrap());
    set(&one, "key", b"first").await;
    set(&one, "key", b"second").await;
    assert_eq!(get(&one, "key").await.unwrap(), b"second");
    assert!(one.exists(key("key")).await.unwrap());
    // The other store has a key of its own by this name.
    assert_eq!(get(&two, "key").await, None);
    two.delete(vec![key("key")]).await.unwrap();
    assert!(one.exists(key("key")).await.unwrap());
    for _ in 0..2 {
        one.delete(vec![key("key")]).await.unwrap();
        assert_eq!(get(&one, "key").await, None);
    }
}

pub(super) async fn any_bytes_are_a_value_and_any_text_is_a_key(one: Store, _two: Store) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let large = vec![7; VALUE_LIMIT];
    let longest = "k".repeat(KEY_LIMIT);
    for (name, value) in [
        ("bytes", &every_byte[..]),
        ("empty", b""),
        ("large", &large),
        ("", b"under the empty key"),
        ("a b\r\n\0*?[x]\\", b"1"),
        ("Grüße \u{1F600}", b"2"),
        (&longest, b"3"),
    ] {
        set(&one, name, value).await;
        assert!(get(&one, name).await.unwrap() == value, "{name:?}");
        assert!(one.exists(key(name)).await.unwrap(), "{name:?}");
    }
    assert_eq!(one.all_keys().await.unwrap().len(), 7);
}

pub(super) async fn keys_are_listed_each_once_and_in_pages(one: Store, two: Store) {
    assert_eq!(one.all_keys().await.unwrap(), Vec::<String>::new());
    assert_eq!(one.keys(None).await.unwrap().cursor, None);
    let names: BTreeSet<String> = (0..MANY).map(|number| format!("key {number}")).collect();
    for chunk in names.iter().cloned().collect::<Vec<_>>().chunks(BATCH_LIMIT) {
        let pairs = chunk.iter().map(|name| (name.clone(), b"v".to_vec())).collect();
        two.set_many(pairs).await.unwrap();
    }
    let listed: BTreeSet<String> = two.all_keys().await.unwrap().into_iter().collect();
    assert_eq!(listed, names);
    let pages = pages(&two).await;
    assert!(pages.len() > 1);
    let paged: Vec<String> = pages.concat();
    assert_eq!(paged.len(), MANY);
    assert_eq!(paged.into_iter().collect::<BTreeSet<_>>(), names);
    assert!(matches!(
        one.keys(Some(key(""))).await,
        Ok(_) | Err(StoreError::Cursor)
    ));
}

pub(super) async fn batches_answer_for_every_key(one: Store, two: Store) {
    one.set_many(vec![
        (key("a"), b"1".to_vec()),
        (key("b"), Vec::new()),
        (key("a"), b"2".to_vec()),
    ])
    .await
    .unwrap();
    let asked = vec![key("b"), key("missing"), key("a"), key("b")];
    assert_eq!(
        one.get_many(asked).await.unwrap(),
        [
            (key("b"), Some(Vec::new())),
            (key("missing"), None),
            (key("a"), Some(b"2".to_vec())),
            (key("b"), Some(Vec::new())),
        ]
    );
    assert_eq!(two.get_many(vec![key("a")]).await.unwrap(), [(key("a"), None)]);
    one.delete(vec![key("a"), key("missing")]).await.unwrap();
    assert_eq!(get(&one, "a").await, None);
    assert_eq!(get(&one, "b").await.unwrap(), b"");
    // Nothing to do is done.
    one.set_many(Vec::new()).await.unwrap();
    one.delete(Vec::new()).await.unwrap();
    assert_eq!(one.get_many(Vec::new()).await.unwrap(), []);
    // As many keys as may be, all of one moment: a batch that is written meanwhile is seen as a whole or not at all.
    let names: Vec<String> = (0..BATCH_LIMIT).map(|number| number.to_string()).collect();
    let mut writing = JoinSet::new();
    for round in 0..10_u8 {
        let (store, names) = (one.clone(), names.clone());
        writing.spawn(async move {
            let pairs = names.into_iter().map(|name| (name, vec![round])).collect();
            store.set_many(pairs).await.unwrap();
        });
    }
    while !writing.is_empty() {
        let values: BTreeSet<_> = one
            .get_many(names.clone())
            .await
            .unwrap()
            .into_iter()
            .map(|(_name, value)| value)
            .collect();
        assert_eq!(values.len(), 1, "{values:?}");
        writing.join_next().await.unwrap().unwrap();
    }
}

pub(super) async fn numbers_are_counted_and_nothing_else_is(one: Store, two: Store) {
    let add = async |name: &str, delta| one.increment(key(name), delta).await;
    assert_eq!(add("n", 5).await.unwrap(), 5);
    assert_eq!(add("n", -7).await.unwrap(), -2);
    assert_eq!(add("n", 0).await.unwrap(), -2);
    assert_eq!(get(&one, "n").await.unwrap(), b"-2");
    assert_eq!(two.increment(key("n"), 1).await.unwrap(), 1);
    set(&one, "n", b"41").await;
    assert_eq!(add("n", 1).await.unwrap(), 42);
    for wrong in [
        &b"seven"[..],
        b"",
        b"1.5",
        b"007",
        b"+7",
        b" 7",
        b"-0",
        &[0, 0, 0, 0, 0, 0, 0, 7],
    ] {
        set(&one, "w", wrong).await;
        assert!(
            matches!(add("w", 1).await, Err(StoreError::NotANumber)),
            "{wrong:?}"
        );
        assert_eq!(get(&one, "w").await.unwrap(), wrong);
    }
    assert_eq!(add("max", i64::MAX).await.unwrap(), i64::MAX);
    assert!(matches!(add("max", 1).await, Err(StoreError::Overflow)));
    assert_eq!(add("min", i64::MIN).await.unwrap(), i64::MIN);
    assert!(matches!(add("min", -1).await, Err(StoreError::Overflow)));
    assert_eq!(add("min", i64::MAX).await.unwrap(), -1);
}

pub(super) async fn no_increment_is_lost(one: Store, _two: Store) {
    count_up(&[one]).await;
}

/// Counts one key up from many tasks, and sees every number once.
pub(super) async fn count_up(stores: &[Store]) {
    const TASKS: i64 = 50;
    const EACH: i64 = 20;
    let mut tasks = JoinSet::new();
    for store in stores.iter().cycle().take(TASKS as usize) {
        let store = store.clone();
        tasks.spawn(async move {
            let mut sums = Vec::new();
            for _ in 0..EACH {
                sums.push(store.increment(key("n"), 1).await.unwrap());
            }
            sums
        });
    }
    let sums: BTreeSet<i64> = tasks.join_all().await.concat().into_iter().collect();
    assert_eq!(sums, (1..=TASKS * EACH).collect());
}

pub(super) async fn one_swap_of_many_wins(one: Store, _two: Store) {
    for round in 0..20 {
        let name = format!("key {round}");
        // Every other round begins without a value.
        if round % 2 == 0 {
            set(&one, &name, b"before").await;
        }
        let mut racers = Vec::new();
        for _ in 0..20 {
            racers.push(Cas::look(one.clone(), name.clone()).await.unwrap());
        }
        let mut tasks = JoinSet::new();
        for (number, cas) in racers.into_iter().enumerate() {
            tasks.spawn(async move {
                let value = format!("racer {number}").into_bytes();
                (value.clone(), cas.swap(value).await.unwrap())
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) = tasks
            .join_all()
            .await
            .into_iter()
            .partition(|(_, newer)| newer.is_none());
        assert_eq!((won.len(), lost.len()), (1, 19));
        let winner = &won[0].0;
        assert_eq!(get(&one, &name).await.as_ref(), Some(winner));
        for (_value, newer) in lost {
            assert_eq!(newer.unwrap().seen(), Some(winner));
        }
    }
    // Those who lose try again with what they are given, and so nothing that anybody adds is lost.
    let mut tasks = JoinSet::new();
    for number in 0..20_u8 {
        let store = one.clone();
        tasks.spawn(async move {
            let mut cas = Cas::look(store, key("letters")).await.unwrap();
            loop {
                let mut value = cas.seen().cloned().unwrap_or_default();
                value.push(number);
                match cas.swap(value).await.unwrap() {
                    None => break,
                    Some(newer) => cas = newer,
                }
            }
        });
    }
    tasks.join_all().await;
    let mut letters = get(&one, "letters").await.unwrap();
    letters.sort_unstable();
    assert_eq!(letters, (0..20).collect::<Vec<_>>());
}

pub(super) async fn a_swap_sees_what_happened_since(one: Store, two: Store) {
    let swap = async |seen: Option<&[u8]>, value: &[u8]| {
        let seen = seen.map(<[u8]>::to_vec);
        one.swap(key("k"), seen, value.to_vec()).await.unwrap()
    };
    assert_eq!(swap(Some(b""), b"x").await, Swap::Lost(None));
    assert_eq!(get(&one, "k").await, None);
    assert_eq!(swap(None, b"").await, Swap::Done);
    // An empty value is a value.
    assert_eq!(swap(None, b"x").await, Swap::Lost(Some(Vec::new())));
    assert_eq!(swap(Some(b""), &[0, 255]).await, Swap::Done);
    assert_eq!(swap(Some(b"none"), b"x").await, Swap::Lost(Some(vec![0, 255])));
    assert_eq!(get(&two, "k").await, None);
    let cas = Cas::look(one.clone(), key("k")).await.unwrap();
    one.delete(vec![key("k")]).await.unwrap();
    let newer = cas.swap(b"x".to_vec()).await.unwrap().unwrap();
    assert_eq!(newer.seen(), None);
    assert!(newer.swap(b"y".to_vec()).await.unwrap().is_none());
    assert_eq!(get(&one, "k").await.unwrap(), b"y");
}

pub(super) async fn limits_are_named(one: Store, _two: Store) {
    let refused = |result: Result<(), StoreError>, what: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(what) && message.contains("limit"), "{message}");
    };
    let long = "k".repeat(KEY_LIMIT + 1);
    refused(one.get(long.clone()).await.map(drop), "a key");
    refused(one.exists(long.clone()).await.map(drop), "a key");
    refused(one.set(long.clone(), Vec::new()).await, "a key");
    refused(one.delete(vec![long.clone()]).await, "a key");
    refused(one.increment(long.clone(), 1).await.map(drop), "a key");
    refused(one.swap(long, None, Vec::new()).await.map(drop), "a key");
    let large = vec![0; VALUE_LIMIT + 1];
    refused(one.set(key("k"), large.clone()).await, "a value");
    refused(one.swap(key("k"), None, large).await.map(drop), "a value");
    let many: Vec<String> = (0..=BATCH_LIMIT).map(|number| number.to_string()).collect();
    refused(one.get_many(many.clone()).await.map(drop), "a batch");
    refused(one.delete(many).await, "a batch");
    let half = vec![0; BATCH_BYTES / 2];
    let pairs = ["a", "b", "c"].map(|name| (key(name), half.clone()));
    refused(one.set_many(pairs.to_vec()).await, "a batch of values");
    assert_eq!(one.all_keys().await.unwrap(), Vec::<String>::new());
    for (name, value) in pairs {
        one.set(name, value).await.unwrap();
    }
    let all = vec![key("a"), key("b"), key("c")];
    let error = one.get_many(all).await.unwrap_err();
    assert!(matches!(error, StoreError::AnswerTooLarge { .. }), "{error}");
    assert_eq!(one.get_many(vec![key("a"), key("b")]).await.unwrap().len(), 2);
}
