//! Keys that hold what was not written by this version: told, and left as they are.

use ::redis::{Value, aio::MultiplexedConnection, cmd};
use sendgate::store::{Erase, RegistryRow};

use super::*;
use crate::conformance::{append, entry, id, sender};

const CONTACT: &str = "sg:c:{AQEBAQEBAQEBAQEBAQEBAQ}";
const LOG: &str = "sg:h:{AQEBAQEBAQEBAQEBAQEBAQ}";
const PAYLOADS: &str = "sg:p:{AQEBAQEBAQEBAQEBAQEBAQ}";
const WINDOW: &str = "sg:w:{AQEBAQEBAQEBAQEBAQEBAQ}:5";
const FEED: &str = "sg:e:{feed}";
const REGISTRY: &str = "sg:r:{registry}";
const KEY: &str = "sg:k:{key}";

struct Damaged {
    /// What the tests do to it; held, since it ends with its last handle.
    _server: RedisServer,
    store: Arc<dyn Store>,
    connection: MultiplexedConnection,
}

impl Damaged {
    /// A store with one contact that has everything.
    async fn new() -> Self {
        let server = RedisServer::start().await;
        let store: Arc<dyn Store> = Arc::new(open(&server.url(), options()).await.unwrap());
        append(&store, id(1), &[1]).await;
        append(&store, id(2), &[1]).await;
        let windows = vec![(sender("5"), at(1), at(100))];
        store.commit(Commit { windows, ..commit(id(1), 1) }).await.unwrap();
        store.identity_key([1; 32]).await.unwrap();
        let row = RegistryRow { key: "k".to_owned(), version: 0, value: vec![1] };
        store.commit_registry(row).await.unwrap();
        let connection = server.connection().await;
        Self { _server: server, store, connection }
    }

    async fn run(&mut self, words: &[&[u8]]) -> Value {
        let (name, arguments) = words.split_first().unwrap();
        let name = std::str::from_utf8(name).unwrap();
        cmd(name).arg(arguments).query_async(&mut self.connection).await.unwrap()
    }

    /// A digest of everything that is stored.
    async fn digest(&mut self) -> Value {
        self.run(&[b"DEBUG", b"DIGEST"]).await
    }

    /// Every read and write of the damaged contact is refused, and changes nothing.
    async fn is_left_alone(&mut self, what: &str) {
        let before = self.digest().await;
        let load = self.store.load(id(1), at(5)).await;
        let history = self.store.history(id(1), 0, 10).await;
        let corrupt = |error: Option<&StoreError>| matches!(error, Some(StoreError::Corrupt(_)));
        assert!(
            corrupt(load.as_ref().err()) || corrupt(history.as_ref().err()),
            "{what}: {load:?} {history:?}"
        );
        let many = self.store.load_many(&[id(1), id(2)], at(5)).await;
        assert_eq!(corrupt(many[0].as_ref().err()), corrupt(load.as_ref().err()), "{what}");
        assert_eq!(many[1].as_ref().unwrap().version, 1, "{what}: another contact");
        assert_eq!(self.digest().await, before, "{what}");
    }

    /// A write is refused as a whole.
    async fn takes_no_write(&mut self, commit: Commit, what: &str) {
        let before = self.digest().await;
        let written = self.store.commit(commit).await;
        // Where the feed alone is damaged a refusal may wait in a journal.
        let refused = match &written {
            Err(StoreError::Corrupt(_)) => what != FEED,
            Err(StoreError::Unavailable(_)) => what == FEED,
            _ => false,
        };
        assert!(refused, "{what}: {written:?}");
        assert_eq!(self.digest().await, before, "{what}: half a write");
    }
}

/// A commit to the contact as it is that touches each of its keys.
fn whole(version: u64, erase: bool) -> Commit {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&1_u64.to_be_bytes());
    hash[8..16].copy_from_slice(&1_u64.to_be_bytes());
    let head = sendgate::store::LogHead { length: 1, hash };
    let windows = vec![(sender("6"), at(2), at(101)), (sender("5"), at(2), at(101))];
    let erase = if erase { Erase::Everything } else { Erase::Nothing };
    Commit { entries: vec![entry(head, 2)], windows, erase, ..commit(id(1), version) }
}

#[tokio::test]
async fn a_whole_commit_is_written_where_nothing_is_damaged() {
    for erase in [false, true] {
        let damaged = Damaged::new().await;
        assert_eq!(damaged.store.commit(whole(2, erase)).await, Ok(Committed::Done(3)));
    }
}

#[tokio::test]
async fn a_commit_over_a_key_of_another_type_writes_nothing_at_all() {
    for key in [CONTACT, LOG, PAYLOADS, WINDOW, FEED] {
        let mut damaged = Damaged::new().await;
        damaged.run(&[b"DEL", key.as_bytes()]).await;
        damaged.run(&[b"SADD", key.as_bytes(), b"x"]).await;
        damaged.takes_no_write(whole(2, false), key).await;
        // An erasure removes what it need not read, whatever that is; the rest holds for it as well.
        if key != PAYLOADS && key != WINDOW {
            damaged.takes_no_write(whole(2, true), key).await;
        }
    }
}

#[tokio::test]
async fn a_feed_that_is_full_takes_no_write() {
    let mut damaged = Damaged::new().await;
    damaged.run(&[b"XADD", FEED.as_bytes(), b"9007199254740991-0", b"c", b"x", b"s", b"1"]).await;
    damaged.takes_no_write(whole(2, false), FEED).await;
}

#[tokio::test]
async fn a_contact_that_cannot_be_read_is_left_alone() {
    let garbage: &[u8] = &[0xff, 0x00, 0x13];
    let newer = |stored: &[u8]| [&[stored[0].wrapping_add(1)], &stored[1..]].concat();
    for (field, value) in [
        ("r", None),
        ("r", Some(garbage)),
        ("r", Some(b"".as_slice())),
        ("v", Some(b"x".as_slice())),
        ("v", Some(b"3".as_slice())),
        ("v", Some(b"-1".as_slice())),
        ("h", Some(b"short".as_slice())),
        ("n", Some(b"x".as_slice())),
        ("s", Some(b"no sender".as_slice())),
    ] {
        let mut damaged = Damaged::new().await;
        if field == "s" {
            damaged
                .run(&[b"SET", format!("{}no sender", WINDOW.trim_end_matches('5')).as_bytes(), b"1:2"])
                .await;
        }
        let value = match value {
            Some(value) => value.to_vec(),
            None => match damaged.run(&[b"HGET", CONTACT.as_bytes(), b"r"]).await {
                Value::BulkString(stored) => newer(&stored),
                other => panic!("{other:?}"),
            },
        };
        damaged.run(&[b"HSET", CONTACT.as_bytes(), field.as_bytes(), &value]).await;
        damaged.is_left_alone(&format!("{field} {value:?}")).await;
    }
    let mut damaged = Damaged::new().await;
    damaged.run(&[b"HDEL", CONTACT.as_bytes(), b"v"]).await;
    damaged.is_left_alone("no version").await;
    damaged.takes_no_write(whole(0, false), "no version").await;
    let mut damaged = Damaged::new().await;
    damaged.run(&[b"SET", WINDOW.as_bytes(), b"soon"]).await;
    damaged.is_left_alone("a window").await;
    damaged.takes_no_write(whole(2, false), "a window").await;
    let mut damaged = Damaged::new().await;
    damaged.run(&[b"HSET", LOG.as_bytes(), b"1", b"x"]).await;
    damaged.is_left_alone("an entry").await;
    let mut damaged = Damaged::new().await;
    damaged.run(&[b"HDEL", LOG.as_bytes(), b"1"]).await;
    damaged.is_left_alone("an entry that is missing").await;
}

#[tokio::test]
async fn a_registry_row_that_cannot_be_read_is_left_alone() {
    let mut damaged = Damaged::new().await;
    damaged.run(&[b"HSET", REGISTRY.as_bytes(), b"k", b"x"]).await;
    let before = damaged.digest().await;
    assert!(matches!(damaged.store.registry().await, Err(StoreError::Corrupt(_))));
    for version in [0, 1] {
        let row = RegistryRow { key: "k".to_owned(), version, value: vec![2] };
        assert!(matches!(damaged.store.commit_registry(row).await, Err(StoreError::Corrupt(_))));
    }
    let whole = damaged.store.registry_unless(None).await.unwrap().unwrap();
    assert_eq!((whole.rows, whole.unreadable), (Vec::new(), vec!["k".to_owned()]), "for who can do without");
    assert_eq!(damaged.digest().await, before);
    damaged.run(&[b"DEL", REGISTRY.as_bytes()]).await;
    damaged.run(&[b"SET", REGISTRY.as_bytes(), b"x"]).await;
    assert!(matches!(damaged.store.registry().await, Err(StoreError::Corrupt(_))));
    assert_ne!(damaged.digest().await, before);
}

/// A counter would be where it was after as many other writes.
#[tokio::test]
async fn a_registry_tells_when_it_is_another_also_where_a_failover_forgot_some_of_it() {
    let mut damaged = Damaged::new().await;
    let store = Arc::clone(&damaged.store);
    let row = |version, value| RegistryRow { key: "k".to_owned(), version, value: vec![value] };
    let first = store.registry_unless(None).await.unwrap().unwrap();
    assert_eq!(first.rows, [row(1, 1)]);
    assert_eq!(store.registry_unless(first.state.as_ref()).await, Ok(None), "it is as it was");
    let forgotten = damaged.run(&[b"DUMP", REGISTRY.as_bytes()]).await;
    let Value::BulkString(forgotten) = forgotten else { panic!("{forgotten:?}") };
    store.commit_registry(row(1, 2)).await.unwrap();
    let second = store.registry_unless(first.state.as_ref()).await.unwrap().unwrap();
    assert_eq!(second.rows, [row(2, 2)]);
    damaged.run(&[b"RESTORE", REGISTRY.as_bytes(), b"0", &forgotten, b"REPLACE"]).await;
    assert_eq!(store.registry_unless(first.state.as_ref()).await, Ok(None));
    store.commit_registry(row(1, 3)).await.unwrap();
    let third = store.registry_unless(second.state.as_ref()).await.unwrap().unwrap();
    assert_eq!(third.rows, [row(2, 3)]);
    assert_eq!(store.registry().await.unwrap(), [row(2, 3)]);
    assert_eq!(store.registry_row("k").await, Ok(Some(row(2, 3))));
}

/// Where a count cannot be added to, nothing is counted and nothing is marked as counted.
#[tokio::test]
async fn a_count_that_is_none_is_left_alone_and_nothing_is_counted_beside_it() {
    let mut damaged = Damaged::new().await;
    let store = Arc::clone(&damaged.store);
    let count = async |messages: std::ops::Range<u64>| store.count(super::access::tally(messages)).await;
    count(0..1).await.unwrap();
    let Value::Array(keys) = damaged.run(&[b"KEYS", b"sg:q:*"]).await else { panic!("no keys") };
    let [Value::BulkString(hour)] = keys.as_slice() else { panic!("{keys:?}") };
    let Value::Array(fields) = damaged.run(&[b"HKEYS", hour]).await else { panic!("no fields") };
    // That of the time slot; the other is of a template that is not told of again.
    let is_of_slot = |field: &Value| matches!(field, Value::BulkString(name) if !name.starts_with(b"t"));
    let Some(Value::BulkString(field)) = fields.into_iter().find(is_of_slot) else { panic!("no slot") };
    for nonsense in ["x", "", "-1", "1.5", "0x1"] {
        damaged.run(&[b"HSET", hour, &field, nonsense.as_bytes()]).await;
        let before = damaged.digest().await;
        for _ in 0..2 {
            let refused = count(0..9).await;
            assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{nonsense}: {refused:?}");
        }
        assert_eq!(damaged.digest().await, before, "{nonsense}");
    }
    damaged.run(&[b"HSET", hour, &field, b"1"]).await;
    let fresh = count(0..9).await.unwrap();
    assert_eq!(fresh.iter().filter(|new| new.is_empty()).count(), 1, "each of the others is counted now");
    assert!(count(0..9).await.unwrap().iter().all(|new| new.is_empty()));
}

#[tokio::test]
async fn a_feed_and_an_identity_key_that_cannot_be_read_are_left_alone() {
    let mut damaged = Damaged::new().await;
    damaged.run(&[b"XADD", FEED.as_bytes(), b"9-1", b"c", b"x", b"s", b"1"]).await;
    assert!(matches!(damaged.store.changes(0, 10).await, Err(StoreError::Corrupt(_))));
    for value in [b"short".as_slice(), b""] {
        damaged.run(&[b"SET", KEY.as_bytes(), value]).await;
        let before = damaged.digest().await;
        assert!(matches!(damaged.store.identity_key([2; 32]).await, Err(StoreError::Corrupt(_))));
        assert_eq!(damaged.digest().await, before);
    }
}
