//! The feed of consent changes.

use std::sync::Arc;

use sendgate::store::{Change, Commit, Committed, LogHead};

use super::{Place, append, commit, entry, id};

pub(super) async fn the_feed_has_no_gaps(place: &impl Place) {
    let store = place.open().await;
    let writers = (0..8_u8).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            append(&store, id(n), &[1]).await;
            append(&store, id(n), &[2, 3]).await;
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let (mut read, mut after) = (Vec::<Change>::new(), 0);
    loop {
        let page = store.changes(after, 5).await.unwrap();
        assert!(page.len() <= 5);
        let Some(last) = page.last() else { break };
        after = last.position;
        read.extend(page);
    }
    let positions: Vec<_> = read.iter().map(|change| change.position).collect();
    assert_eq!(positions, (1..=24).collect::<Vec<_>>());
    for n in 0..8 {
        let of_one = read.iter().filter(|change| change.id == id(n)).map(|change| change.sequence);
        assert_eq!(of_one.collect::<Vec<_>>(), [1, 2, 3], "the feed keeps the order of a log");
    }
    assert_eq!(*store.latest_change().borrow(), 24);
}

pub(super) async fn the_feed_wakes_its_watchers(place: &impl Place) {
    let store = place.open().await;
    let mut watcher = store.latest_change();
    let waiting = tokio::spawn(async move {
        watcher.changed().await.unwrap();
        *watcher.borrow()
    });
    append(&store, id(1), &[1, 2]).await;
    assert_eq!(*store.latest_change().borrow(), 2, "announced before it is answered");
    assert_eq!(waiting.await.unwrap(), 2);
}

pub(super) async fn the_feed_continues_after_reopening(place: &impl Place) {
    let store = place.open().await;
    append(&store, id(1), &[1, 2]).await;
    drop(store);
    let store = place.open().await;
    assert_eq!(*store.latest_change().borrow(), 2);
    append(&store, id(2), &[1]).await;
    assert_eq!(store.changes(2, 10).await, Ok(vec![Change { position: 3, id: id(2), sequence: 1 }]));
}

pub(super) async fn a_refused_commit_feeds_nothing(place: &impl Place) {
    let store = place.open().await;
    append(&store, id(1), &[1]).await;
    let refused = Commit { entries: vec![entry(LogHead::default(), 5)], ..commit(id(1), 7) };
    assert_eq!(store.commit(refused).await, Ok(Committed::Conflict));
    store.commit(commit(id(1), 1)).await.unwrap();
    assert_eq!(*store.latest_change().borrow(), 1, "a commit without entries is no change");
    assert_eq!(store.changes(0, 10).await.unwrap().len(), 1);
}
