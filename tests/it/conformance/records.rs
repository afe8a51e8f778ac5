//! Records, versions, the registry, the key.

use std::sync::Arc;

use sendgate::model::{Contact, Ties};
use sendgate::store::{Commit, Committed, ContactId, Erase, Loaded, LogHead, Record, RegistryRow};

use super::{Place, append, at, commit, entry, id, listed, record, sender};

pub(super) async fn a_contact_nobody_wrote_is_empty(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.load(id(1), at(5)).await, Ok(Loaded::default()));
    assert_eq!(store.history(id(1), 0, 10).await, Ok(Vec::new()));
    assert_eq!(listed(&store, at(5)).await, []);
    assert_eq!(store.changes(0, 10).await, Ok(Vec::new()));
    assert_eq!(*store.latest_change().borrow(), 0);
}

pub(super) async fn a_commit_reads_back_as_it_was(place: &impl Place) {
    let store = place.open().await;
    let first = entry(LogHead::default(), 1);
    let ties = Ties { linked: vec![(at(3), id(9))], ..Ties::default() };
    let record = Record { earlier: vec![(at(7), Contact::default())], ties, ..record(42) };
    let commit = Commit {
        id: id(1),
        expected: 0,
        record: record.clone(),
        windows: vec![(sender("111"), at(10), at(100))],
        entries: vec![first.clone()],
        erase: Erase::Nothing,
    };
    assert_eq!(store.commit(commit).await, Ok(Committed::Done(1)));
    let expected = Loaded {
        record,
        windows: vec![(sender("111"), at(10))],
        version: 1,
        head: LogHead { length: 1, hash: first.hash },
    };
    assert_eq!(store.load(id(1), at(50)).await, Ok(expected));
    assert_eq!(store.history(id(1), 0, 10).await, Ok(vec![first]));
}

pub(super) async fn a_stale_version_conflicts_and_writes_nothing(place: &impl Place) {
    let store = place.open().await;
    append(&store, id(1), &[1]).await;
    append(&store, id(1), &[2]).await;
    let before = store.load(id(1), at(0)).await.unwrap();
    for stale in [0, 1, 3, u64::MAX] {
        let commit = Commit {
            expected: stale,
            entries: vec![entry(before.head, 3)],
            windows: vec![(sender("1"), at(1), at(9))],
            ..commit(id(1), 0)
        };
        assert_eq!(store.commit(commit).await, Ok(Committed::Conflict), "{stale}");
    }
    assert_eq!(store.load(id(1), at(0)).await.unwrap(), before);
    assert_eq!(store.history(id(1), 2, 10).await, Ok(Vec::new()));
}

pub(super) async fn loading_many_keeps_their_order(place: &impl Place) {
    let store = place.open().await;
    for n in [3, 1, 2] {
        store.commit(Commit { record: record(i64::from(n)), ..commit(id(n), 0) }).await.unwrap();
    }
    let ids = [id(2), id(8), id(3), id(1), id(2)];
    let found = store.load_many(&ids, at(0)).await;
    let known = found.into_iter().map(|loaded| loaded.unwrap().record.contact.known).collect::<Vec<_>>();
    assert_eq!(known, [Some(at(2)), None, Some(at(3)), Some(at(1)), Some(at(2))]);
    assert_eq!(store.load_many(&[], at(0)).await, Vec::new());
}

pub(super) async fn every_contact_is_listed_once(place: &impl Place) {
    let store = place.open().await;
    let mut ids: Vec<ContactId> = (0..25).map(|n: u8| id(n.wrapping_mul(89))).collect();
    for id in &ids {
        let commit = Commit { windows: vec![(sender("5"), at(1), at(10))], ..commit(*id, 0) };
        store.commit(commit).await.unwrap();
    }
    ids.sort();
    let (mut listed, mut from, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.contacts(from, 7, at(5)).await.unwrap();
        assert!(page.contacts.iter().all(|(_, loaded)| loaded.version == 1 && loaded.windows.len() == 1));
        listed.extend(page.contacts.into_iter().map(|(id, _)| id));
        pages += 1;
        let Some(next) = page.next else { break };
        from = Some(next);
    }
    assert!(pages > 2, "in pages, not all at once");
    listed.sort();
    assert_eq!(listed, ids);
}

pub(super) async fn writers_of_one_contact_lose_nothing(place: &impl Place) {
    const WRITERS: u64 = 32;
    let store = place.open().await;
    let writers = (0..WRITERS).map(|statement| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            loop {
                let loaded = store.load(id(1), at(0)).await.unwrap();
                let entries = vec![entry(loaded.head, statement)];
                let commit = Commit { entries, ..commit(id(1), loaded.version) };
                if let Committed::Done(version) = store.commit(commit).await.unwrap() {
                    return version;
                }
            }
        })
    });
    let mut versions = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        versions.push(writer.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=WRITERS).collect::<Vec<_>>());
    let history = store.history(id(1), 0, 100).await.unwrap();
    assert_eq!(history.len(), usize::try_from(WRITERS).unwrap());
    let mut previous = [0; 32];
    for entry in &history {
        assert_eq!(entry.previous, previous);
        previous = entry.hash;
    }
}

pub(super) async fn a_registry_row_is_written_by_compare_and_set(place: &impl Place) {
    let store = place.open().await;
    let row = |key: &str, version, value: &[u8]| RegistryRow {
        key: key.to_owned(),
        version,
        value: value.to_vec(),
    };
    assert_eq!(store.commit_registry(row("a", 1, b"x")).await, Ok(Committed::Conflict));
    assert_eq!(store.commit_registry(row("a", 0, b"one")).await, Ok(Committed::Done(1)));
    assert_eq!(store.commit_registry(row("a", 0, b"two")).await, Ok(Committed::Conflict));
    assert_eq!(store.commit_registry(row("a", 1, b"two")).await, Ok(Committed::Done(2)));
    assert_eq!(store.commit_registry(row("b", 0, b"")).await, Ok(Committed::Done(1)));
    assert_eq!(store.registry_row("a").await, Ok(Some(row("a", 2, b"two"))));
    assert_eq!(store.registry_row("c").await, Ok(None));
    let mut rows = store.registry().await.unwrap();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(rows, [row("a", 2, b"two"), row("b", 1, b"")]);
}

pub(super) async fn the_identity_key_is_what_was_stored_first(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.identity_key([1; 32]).await, Ok([1; 32]));
    assert_eq!(store.identity_key([2; 32]).await, Ok([1; 32]));
    drop(store);
    assert_eq!(place.open().await.identity_key([3; 32]).await, Ok([1; 32]));
}

pub(super) async fn everything_is_there_after_reopening(place: &impl Place) {
    let store = place.open().await;
    append(&store, id(1), &[1, 2]).await;
    let commit = Commit { windows: vec![(sender("7"), at(3), at(9))], ..commit(id(2), 0) };
    store.commit(commit).await.unwrap();
    let row = RegistryRow { key: "k".to_owned(), version: 0, value: vec![1] };
    store.commit_registry(row).await.unwrap();
    let before = (
        listed(&store, at(5)).await,
        store.history(id(1), 0, 10).await.unwrap(),
        store.changes(0, 10).await.unwrap(),
        store.registry().await.unwrap(),
    );
    assert_eq!((before.0.len(), before.1.len(), before.2.len(), before.3.len()), (2, 2, 2, 1));
    drop(store);
    let store = place.open().await;
    let after = (
        listed(&store, at(5)).await,
        store.history(id(1), 0, 10).await.unwrap(),
        store.changes(0, 10).await.unwrap(),
        store.registry().await.unwrap(),
    );
    assert_eq!(after, before);
}

pub(super) async fn a_store_that_works_answers_a_ping(place: &impl Place) {
    assert_eq!(place.open().await.ping().await, Ok(()));
}
