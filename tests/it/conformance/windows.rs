//! Customer service windows.

use std::sync::Arc;

use sendgate::{
    model::{SenderId, Time},
    store::{Commit, Committed, ContactId, Store},
};

use super::{Place, at, commit, id, listed, sender};

async fn open(store: &Arc<dyn Store>, id: ContactId, windows: &[(&str, i64, i64)]) {
    let version = store.load(id, at(0)).await.unwrap().version;
    let windows = windows.iter().map(|(name, last, end)| (sender(name), at(*last), at(*end))).collect();
    let done = store.commit(Commit { windows, ..commit(id, version) }).await;
    assert_eq!(done, Ok(Committed::Done(version + 1)));
}

async fn windows(store: &Arc<dyn Store>, id: ContactId, now: i64) -> Vec<(SenderId, Time)> {
    store.load(id, at(now)).await.unwrap().windows
}

pub(super) async fn a_window_is_only_ever_extended(place: &impl Place) {
    let store = place.open().await;
    open(&store, id(1), &[("5", 100, 200)]).await;
    open(&store, id(1), &[("5", 50, 150)]).await;
    assert_eq!(windows(&store, id(1), 199).await, [(sender("5"), at(100))]);
    open(&store, id(1), &[("5", 120, 220)]).await;
    assert_eq!(windows(&store, id(1), 219).await, [(sender("5"), at(120))]);
    open(&store, id(1), &[("5", 90, 500), ("5", 130, 230), ("5", 125, 225)]).await;
    assert_eq!(windows(&store, id(1), 229).await, [(sender("5"), at(130))]);
    assert_eq!(windows(&store, id(1), 230).await, []);
}

pub(super) async fn a_window_ends_at_exactly_its_millisecond(place: &impl Place) {
    let store = place.open().await;
    open(&store, id(1), &[("5", 100, 200)]).await;
    assert_eq!(windows(&store, id(1), 199).await, [(sender("5"), at(100))]);
    assert_eq!(windows(&store, id(1), 200).await, []);
    for (now, open) in [(199, 1), (200, 0)] {
        let many = store.load_many(&[id(1)], at(now)).await;
        assert_eq!(many[0].as_ref().unwrap().windows.len(), open);
    }
    assert_eq!(listed(&store, at(199)).await[0].1.windows.len(), 1);
    assert_eq!(listed(&store, at(200)).await[0].1.windows.len(), 0);
}

pub(super) async fn windows_of_senders_and_contacts_are_apart(place: &impl Place) {
    let store = place.open().await;
    open(&store, id(1), &[("5", 100, 200), ("55", 10, 300)]).await;
    open(&store, id(2), &[("5", 20, 250)]).await;
    let mut both = windows(&store, id(1), 150).await;
    both.sort();
    assert_eq!(both, [(sender("5"), at(100)), (sender("55"), at(10))]);
    assert_eq!(windows(&store, id(1), 220).await, [(sender("55"), at(10))]);
    assert_eq!(windows(&store, id(2), 220).await, [(sender("5"), at(20))]);
    assert_eq!(windows(&store, id(3), 150).await, []);
}

pub(super) async fn a_refused_commit_opens_no_window(place: &impl Place) {
    let store = place.open().await;
    let commit = Commit { windows: vec![(sender("5"), at(1), at(100))], ..commit(id(1), 4) };
    assert_eq!(store.commit(commit).await, Ok(Committed::Conflict));
    open(&store, id(1), &[]).await;
    assert_eq!(windows(&store, id(1), 5).await, []);
}

pub(super) async fn sweeping_removes_only_windows_that_have_ended(place: &impl Place) {
    let store = place.open().await;
    open(&store, id(1), &[("1", 10, 100), ("2", 10, 200), ("3", 10, 201)]).await;
    open(&store, id(2), &[("1", 10, 90)]).await;
    // Extended: its first end must not be swept.
    open(&store, id(2), &[("1", 50, 300)]).await;
    let mut swept = 0;
    loop {
        let step = store.sweep(at(200), 1).await.unwrap();
        assert!(step <= 1, "more than the limit");
        if step == 0 {
            break;
        }
        swept += step;
    }
    // A store whose server ends windows by itself has fewer left to sweep.
    assert!(swept <= 2, "{swept}");
    assert_eq!(windows(&store, id(1), 200).await, [(sender("3"), at(10))]);
    assert_eq!(windows(&store, id(2), 200).await, [(sender("1"), at(50))]);
    assert_eq!(store.sweep(at(200), 100).await, Ok(0));
}
