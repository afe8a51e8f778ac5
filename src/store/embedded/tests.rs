//! What only a store with a disk that can be made to fail can show.

mod disk;

use std::sync::Arc;

use redb::{Database, ReadableDatabase};

use super::{tables::CONTACTS, *};
use crate::{
    model::BusinessId,
    store::{Erase, LogHead, Record},
};
use disk::{Disk, Trouble};

const NOW: Time = Time::EPOCH;

fn id(n: u8) -> ContactId {
    ContactId([n; 16])
}

fn commit(id: ContactId, expected: u64) -> Commit {
    let record = Record { business: BusinessId::parse("acme").ok(), ..Record::default() };
    Commit { id, expected, record, windows: Vec::new(), entries: Vec::new(), erase: Erase::Nothing }
}

fn entry(sequence: u64, previous: [u8; 32]) -> SealedEntry {
    SealedEntry {
        sequence,
        payload: Some(vec![0; 3000]),
        payload_digest: [1; 32],
        previous,
        hash: [sequence.to_le_bytes()[0]; 32],
        statement: StatementId([sequence.to_le_bytes()[0]; 16]),
    }
}

/// A store on a disk that does what it is told. Without a cache, so that every read reaches the disk.
fn store_on(disk: &Disk, queue: usize) -> Arc<Embedded> {
    let options = Options { cache_bytes: 0, queue, check: false, ..Options::default() };
    let path = Path::new("disk");
    let database = open::backend(disk.clone(), path, &options).unwrap();
    Arc::new(Embedded::start(database, path, &options).unwrap())
}

fn database(store: &Embedded) -> Arc<Database> {
    store.database.load_full().unwrap()
}

fn put_raw(store: &Embedded, id: ContactId, bytes: &[u8]) {
    let database = database(store);
    let transaction = database.begin_write().unwrap();
    transaction.open_table(CONTACTS).unwrap().insert(&id.0, bytes).unwrap();
    transaction.commit().unwrap();
}

fn raw(store: &Embedded, id: ContactId) -> Vec<u8> {
    let table = database(store).begin_read().unwrap().open_table(CONTACTS).unwrap();
    table.get(&id.0).unwrap().unwrap().value().to_vec()
}

fn is_corrupt<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Corrupt(_)))
}

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn a_record_that_does_not_decode_is_left_untouched() {
    let store = Embedded::in_memory().unwrap();
    let mut later = record::encode(&Record::default(), 1, LogHead::default()).unwrap();
    later[0] = 9;
    for bytes in [later, Vec::new(), vec![1, 255, 255], vec![1; 100]] {
        put_raw(&store, id(1), &bytes);
        for expected in [0, 1, 2] {
            assert!(is_corrupt(&store.commit(commit(id(1), expected)).await), "{bytes:?}");
        }
        assert_eq!(raw(&store, id(1)), bytes);
        assert!(is_corrupt(&store.load(id(1), NOW).await));
    }
}

#[tokio::test]
async fn a_record_that_does_not_decode_fails_alone() {
    let store = Arc::new(Embedded::in_memory().unwrap());
    put_raw(&store, id(2), &[9]);
    let commits = (1..=3).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.commit(commit(id(n), 0)).await })
    });
    for (n, done) in (1..).zip(commits.collect::<Vec<_>>()) {
        let done = done.await.unwrap();
        assert_eq!(done, if n == 2 { done.clone() } else { Ok(Committed::Done(1)) });
        assert_eq!(is_corrupt(&done), n == 2);
    }
    let loaded = store.load_many(&[id(1), id(2), id(3)], NOW).await;
    assert_eq!(loaded.iter().map(is_corrupt).collect::<Vec<_>>(), [false, true, false]);
}

#[tokio::test]
async fn a_log_entry_that_does_not_decode_stops_an_erasure_before_it_changes_anything() {
    let store = Embedded::in_memory().unwrap();
    let first = entry(1, [0; 32]);
    let entries = vec![first.clone(), entry(2, first.hash)];
    store.commit(Commit { entries, ..commit(id(1), 0) }).await.unwrap();
    let transaction = database(&store).begin_write().unwrap();
    transaction.open_table(tables::LOG).unwrap().insert((&id(1).0, 2), [7].as_slice()).unwrap();
    transaction.commit().unwrap();
    assert!(is_corrupt(&store.commit(Commit { erase: Erase::Everything, ..commit(id(1), 1) }).await));
    assert_eq!(store.history(id(1), 0, 1).await.unwrap(), [first]);
    assert_eq!(store.load(id(1), NOW).await.unwrap().version, 1);
}

#[tokio::test]
async fn a_failed_sync_is_never_answered_with_done() {
    let disk = Disk::default();
    let store = store_on(&disk, 8);
    store.commit(commit(id(1), 0)).await.unwrap();
    disk.make(Trouble::SyncFails);
    // The commit had begun: nobody knows what reached the disk.
    assert_eq!(store.commit(commit(id(1), 1)).await, Err(StoreError::UnknownOutcome));
    disk.make(Trouble::None);
    assert!(is_unavailable(&store.commit(commit(id(1), 1)).await));
    assert!(is_unavailable(&store.ping().await));
}

#[tokio::test]
async fn a_panic_inside_a_commit_stops_the_writer_without_hanging_anybody() {
    let disk = Disk::default();
    let store = store_on(&disk, 8);
    store.commit(commit(id(1), 0)).await.unwrap();
    disk.make(Trouble::SyncPanics);
    assert_eq!(store.commit(commit(id(1), 1)).await, Err(StoreError::UnknownOutcome));
    disk.make(Trouble::None);
    assert!(is_unavailable(&store.commit(commit(id(2), 0)).await));
    assert!(is_unavailable(&store.sweep(NOW, 1).await));
    assert!(is_unavailable(&store.ping().await));
}

#[tokio::test]
async fn a_page_that_makes_no_sense_is_corrupt_and_the_store_goes_on() {
    let disk = Disk::default();
    let store = store_on(&disk, 8);
    for n in 1..=9 {
        let first = entry(1, [0; 32]);
        store.commit(Commit { entries: vec![first], ..commit(id(n), 0) }).await.unwrap();
    }
    disk.make(Trouble::ReadsGarbage);
    assert!(is_corrupt(&store.load(id(1), NOW).await));
    assert!(store.load_many(&[id(1), id(2)], NOW).await.iter().all(is_corrupt));
    assert!(is_corrupt(&store.history(id(1), 0, 9).await));
    assert!(is_corrupt(&store.contacts(None, 9, NOW).await));
    let written = store.commit(commit(id(1), 1)).await;
    assert!(is_corrupt(&written), "{written:?}");
    disk.make(Trouble::None);
    assert_eq!(store.load(id(1), NOW).await.unwrap().version, 1);
    assert_eq!(store.commit(commit(id(1), 1)).await, Ok(Committed::Done(2)));
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_unavailable() {
    let disk = Disk::default();
    let store = store_on(&disk, 8);
    store.commit(commit(id(1), 0)).await.unwrap();
    disk.make(Trouble::ReadFails);
    assert!(is_unavailable(&store.load(id(1), NOW).await));
    assert!(is_unavailable(&store.ping().await));
}

#[tokio::test]
async fn writes_that_queue_up_share_a_sync() {
    const WRITES: u8 = 40;
    let disk = Disk::default();
    let store = store_on(&disk, 64);
    let one = disk.syncs();
    store.commit(commit(id(0), 0)).await.unwrap();
    let one = disk.syncs() - one;
    let before = disk.syncs();
    let held = disk.hold();
    let writes: Vec<_> = (1..=WRITES)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(commit(id(n), 0)).await })
        })
        .collect();
    // On this single-threaded runtime a yield runs every task once, and the queue has room for all: whatever the writer
    // took before the disk held it, the rest waits in the queue.
    for _ in 0..usize::from(WRITES) * 2 {
        tokio::task::yield_now().await;
    }
    drop(held);
    for write in writes {
        assert_eq!(write.await.unwrap(), Ok(Committed::Done(1)));
    }
    assert!(disk.syncs() - before <= 3 * one, "{} syncs, one write takes {one}", disk.syncs() - before);
}

#[tokio::test]
async fn a_full_queue_makes_writers_wait_outside() {
    let disk = Disk::default();
    let store = store_on(&disk, 1);
    let held = disk.hold();
    let writes: Vec<_> = (1..=5)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(commit(id(n), 0)).await })
        })
        .collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
        assert!(store.jobs.load_full().unwrap().max_capacity() == 1);
    }
    assert!(writes.iter().all(|write| !write.is_finished()));
    drop(held);
    for write in writes {
        assert_eq!(write.await.unwrap(), Ok(Committed::Done(1)));
    }
}

#[tokio::test]
async fn closing_finishes_what_was_accepted() {
    let disk = Disk::default();
    let store = store_on(&disk, 8);
    let held = disk.hold();
    let writes: Vec<_> = (1..=5)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(commit(id(n), 0)).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let closing = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.close().await }
    });
    tokio::task::yield_now().await;
    assert!(!closing.is_finished());
    drop(held);
    closing.await.unwrap().unwrap();
    for write in writes {
        assert_eq!(write.await.unwrap(), Ok(Committed::Done(1)));
    }
    let again = store_on(&disk, 8);
    assert_eq!(again.contacts(None, 9, NOW).await.unwrap().contacts.len(), 5);
}

#[tokio::test]
async fn a_write_whose_caller_went_away_still_happens() {
    let disk = Disk::default();
    let store = store_on(&disk, 8);
    let held = disk.hold();
    let write = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.commit(commit(id(1), 0)).await }
    });
    tokio::task::yield_now().await;
    write.abort();
    drop(held);
    store.ping().await.unwrap();
    assert_eq!(store.load(id(1), NOW).await.unwrap().version, 1);
}

#[test]
fn a_store_of_another_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let database = open::file(&path, &Options::default()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(tables::META).unwrap().insert(tables::FORMAT_ROW, [1].as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let message = Embedded::open(&path, &Options::default()).err().unwrap().to_string();
    assert!(message.contains("format version 1") && message.contains("reads version 2"), "{message}");
}

#[test]
fn a_file_of_another_program_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    drop(Database::create(&path).unwrap());
    let refused = Embedded::open(&path, &Options::default()).err().unwrap();
    assert!(matches!(refused, OpenError::NotAStore { .. }), "{refused}");
    let tables = Database::open(&path).unwrap().begin_read().unwrap().list_tables().unwrap().count();
    assert_eq!(tables, 0);
}

#[tokio::test]
async fn reads_that_pile_up_are_refused_at_once_even_when_nobody_waits_for_them_any_more() {
    let options = Options { reads: 2, ..Options::default() };
    let backend = redb::backends::InMemoryBackend::new();
    let database = open::backend(backend, Path::new("memory:"), &options).unwrap();
    let store = Arc::new(Embedded::start(database, Path::new("memory:"), &options).unwrap());
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    for _ in 0..2 {
        let gate = Arc::clone(&gate);
        let stuck = store.read(move |_| {
            let _ended = gate.lock().unwrap().recv();
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(1), stuck).await.is_err(), "the caller gives up");
    }
    let refused = store.load(id(1), NOW).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    drop(go);
    while store.load(id(1), NOW).await.is_err() {
        tokio::task::yield_now().await;
    }
}
