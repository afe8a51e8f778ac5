//! The attestation log.

use sendgate::{
    model::StatementId,
    store::{Commit, Committed, Erase, LogHead, SealedEntry},
};

use super::{Place, append, at, commit, entry, head_after, id, sender};

pub(super) async fn entries_continue_the_chain_or_conflict(place: &impl Place) {
    let store = place.open().await;
    let first = append(&store, id(1), &[1]).await;
    let next = entry(head_after(&first[0]), 2);
    let skipped = SealedEntry { sequence: 3, ..next.clone() };
    let repeated = SealedEntry { sequence: 1, ..next.clone() };
    let unchained = SealedEntry { previous: [0; 32], ..next.clone() };
    let gap = vec![next.clone(), SealedEntry { sequence: 4, ..entry(head_after(&next), 3) }];
    for entries in [vec![skipped], vec![repeated], vec![unchained], gap] {
        let commit = Commit { entries, ..commit(id(1), 1) };
        assert_eq!(store.commit(commit).await, Ok(Committed::Conflict));
    }
    assert_eq!(store.history(id(1), 0, 10).await, Ok(first));
    append(&store, id(1), &[2, 3]).await;
    let loaded = store.load(id(1), at(0)).await.unwrap();
    assert_eq!((loaded.head.length, loaded.version), (3, 2));
}

pub(super) async fn a_statement_known_already_writes_nothing(place: &impl Place) {
    let store = place.open().await;
    let stored = append(&store, id(1), &[1, 2]).await;
    let before = store.load(id(1), at(0)).await.unwrap();
    let new = entry(before.head, 3);
    let again = SealedEntry { statement: stored[1].statement, ..entry(head_after(&new), 4) };
    let commit = Commit {
        entries: vec![new, again],
        windows: vec![(sender("5"), at(1), at(100))],
        ..commit(id(1), before.version)
    };
    assert_eq!(store.commit(commit).await, Ok(Committed::Known(stored[1].statement, 2)));
    assert_eq!(store.load(id(1), at(0)).await.unwrap(), before);
    assert_eq!(store.history(id(1), 0, 10).await, Ok(stored));
}

pub(super) async fn a_statement_is_known_to_its_contact_only(place: &impl Place) {
    let store = place.open().await;
    append(&store, id(1), &[1]).await;
    append(&store, id(2), &[1]).await;
}

/// A write that was answered with "unknown" is tried again as it was: it must learn that it is stored.
pub(super) async fn a_known_statement_is_known_whatever_the_version(place: &impl Place) {
    let store = place.open().await;
    let stored = append(&store, id(1), &[1]).await;
    append(&store, id(1), &[2]).await;
    let again = Commit { entries: stored.clone(), ..commit(id(1), 0) };
    assert_eq!(store.commit(again).await, Ok(Committed::Known(stored[0].statement, 1)));
}

pub(super) async fn history_pages_oldest_first(place: &impl Place) {
    let store = place.open().await;
    let mut all = append(&store, id(1), &[1, 2, 3, 4]).await;
    append(&store, id(2), &[9]).await;
    all.extend(append(&store, id(1), &[5, 6, 7]).await);
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = store.history(id(1), after, 3).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = last.sequence;
        read.extend(page);
    }
    assert_eq!(read, all);
    assert_eq!(store.history(id(1), 0, 0).await, Ok(Vec::new()));
    assert_eq!(store.history(id(1), u64::MAX, 3).await, Ok(Vec::new()));
}

pub(super) async fn the_entry_of_a_statement_is_found(place: &impl Place) {
    let store = place.open().await;
    let stored = append(&store, id(1), &[1, 2]).await;
    assert_eq!(store.entry_of(id(1), stored[1].statement).await, Ok(Some(stored[1].clone())));
    assert_eq!(store.entry_of(id(2), stored[1].statement).await, Ok(None));
    assert_eq!(store.entry_of(id(1), StatementId([0; 16])).await, Ok(None));
}

pub(super) async fn erasure_keeps_the_chain_and_drops_payloads_and_windows(place: &impl Place) {
    let store = place.open().await;
    let stored = append(&store, id(1), &[1, 2, 3]).await;
    let other = append(&store, id(2), &[1]).await;
    let windows = vec![(sender("5"), at(1), at(100)), (sender("6"), at(1), at(100))];
    for n in [1, 2] {
        let commit = Commit { windows: windows.clone(), ..commit(id(n), 1) };
        assert_eq!(store.commit(commit).await, Ok(Committed::Done(2)));
    }
    let erase = Commit { erase: Erase::Everything, ..commit(id(1), 2) };
    assert_eq!(store.commit(erase).await, Ok(Committed::Done(3)));
    let expected: Vec<_> = stored.into_iter().map(|entry| SealedEntry { payload: None, ..entry }).collect();
    assert_eq!(store.history(id(1), 0, 10).await, Ok(expected.clone()));
    assert_eq!(store.entry_of(id(1), expected[0].statement).await, Ok(Some(expected[0].clone())));
    let loaded = store.load(id(1), at(5)).await.unwrap();
    assert_eq!((loaded.windows, loaded.head), (Vec::new(), head_after(&expected[2])));
    // Another contact keeps everything, and nothing of the erased one is left to sweep.
    assert_eq!(store.history(id(2), 0, 10).await, Ok(other));
    assert_eq!(store.load(id(2), at(5)).await.unwrap().windows.len(), 2);
    assert!(store.sweep(at(100), 10).await.unwrap() <= 2);
}

pub(super) async fn erasure_of_a_part_keeps_the_rest_and_every_window(place: &impl Place) {
    let store = place.open().await;
    let stored = append(&store, id(1), &[1, 2, 3]).await;
    let windows = vec![(sender("5"), at(1), at(100))];
    assert_eq!(store.commit(Commit { windows, ..commit(id(1), 1) }).await, Ok(Committed::Done(2)));
    let last = entry(head_after(&stored[2]), 4);
    // What is not there has nothing to lose.
    let erase = Erase::Payloads(vec![1, 3, 9]);
    let part = Commit { erase, entries: vec![last.clone()], ..commit(id(1), 2) };
    assert_eq!(store.commit(part).await, Ok(Committed::Done(3)));
    let bare = |place: usize| SealedEntry { payload: None, ..stored[place].clone() };
    assert_eq!(
        store.history(id(1), 0, 10).await.unwrap(),
        [bare(0), stored[1].clone(), bare(2), last.clone()]
    );
    let loaded = store.load(id(1), at(5)).await.unwrap();
    assert_eq!((loaded.windows.len(), loaded.head), (1, head_after(&last)));
}

pub(super) async fn erasure_keeps_the_entries_of_its_own_commit(place: &impl Place) {
    let store = place.open().await;
    let stored = append(&store, id(1), &[1]).await;
    let last = entry(head_after(&stored[0]), 2);
    let windows = vec![(sender("5"), at(1), at(100))];
    let opened = Commit { windows, ..commit(id(1), 1) };
    assert_eq!(store.commit(opened).await, Ok(Committed::Done(2)));
    let erase = Commit { erase: Erase::Everything, entries: vec![last.clone()], ..commit(id(1), 2) };
    assert_eq!(store.commit(erase).await, Ok(Committed::Done(3)));
    let history = store.history(id(1), 0, 10).await.unwrap();
    assert_eq!(history, [SealedEntry { payload: None, ..stored[0].clone() }, last.clone()]);
    // And the log goes on from there, also through a second erasure.
    append(&store, id(1), &[3]).await;
    let erase = Commit { erase: Erase::Everything, ..commit(id(1), 4) };
    assert_eq!(store.commit(erase).await, Ok(Committed::Done(5)));
    let history = store.history(id(1), 0, 10).await.unwrap();
    assert!(history.len() == 3 && history.iter().all(|entry| entry.payload.is_none()));
    assert_eq!(history[1].previous, stored[0].hash);
    assert_ne!(head_after(&history[2]), LogHead::default());
}
