//! Counting what happened to messages: each thing once.

use std::{collections::BTreeMap, sync::Arc};

use sendgate::{
    model::{Millis, Time},
    quality::{Counter, FailureClass, Happened, Split, Statuses},
    store::{Mark, Store, StoreError, Tallied, Tally, TallyKey, embedded::Embedded, tally::hour_of},
};

use super::{Place, at, sender};

const GUARD: Millis = Millis::days(7);

fn mark(message: u64, happened: Happened, at: Time) -> Mark {
    let class = match happened {
        Happened::Failed(class) => class,
        _ => FailureClass::Other,
    };
    Mark { message, statuses: Statuses::proven_by(happened), class, at, splits: Vec::new() }
}

async fn count(store: &Arc<dyn Store>, now: Time, marks: Vec<Mark>) -> Result<Vec<Statuses>, StoreError> {
    store.count(Tally { sender: sender("5"), marks, now, guard: GUARD }).await
}

/// The sums over some hours until then.
async fn sums(store: &Arc<dyn Store>, until: Time) -> Tallied {
    store.counted(&sender("5"), hour_of(until) - 30, hour_of(until)).await.unwrap()
}

fn total(tallied: &Tallied, counter: Counter, until: Time) -> u64 {
    tallied.history.over(Millis::hours(24), until).get(counter)
}

pub(super) async fn what_happened_to_a_message_counts_once(place: &impl Place) {
    let store = place.open().await;
    let (sent, read) = (Statuses::proven_by(Happened::Sent), Statuses::proven_by(Happened::Read));
    let twice =
        vec![mark(1, Happened::Sent, at(0)), mark(1, Happened::Sent, at(0)), mark(2, Happened::Sent, at(0))];
    assert_eq!(count(&store, at(0), twice).await, Ok(vec![sent, Statuses::default(), sent]));
    assert_eq!(
        count(&store, at(1), vec![mark(1, Happened::Sent, at(0))]).await,
        Ok(vec![Statuses::default()])
    );
    let later = vec![mark(1, Happened::Read, at(5)), mark(1, Happened::Delivered, at(4))];
    assert_eq!(count(&store, at(5), later).await, Ok(vec![read.without(sent), Statuses::default()]));
    let failed = vec![mark(3, Happened::Failed(FailureClass::Undeliverable), at(6))];
    count(&store, at(6), failed).await.unwrap();
    let tallied = sums(&store, at(6)).await;
    for (counter, count) in [
        (Counter::Sent, 2),
        (Counter::Delivered, 1),
        (Counter::Read, 1),
        (Counter::Failed(FailureClass::Undeliverable), 1),
        (Counter::Failed(FailureClass::Other), 0),
        (Counter::Blocked, 0),
    ] {
        assert_eq!(total(&tallied, counter, at(6)), count, "{counter:?}");
    }
    let other = store.counted(&sender("55"), hour_of(at(0)) - 1, hour_of(at(0))).await.unwrap();
    assert_eq!(other, Tallied::default());
}

pub(super) async fn what_was_counted_is_known_until_the_guard_ends_and_after_reopening(place: &impl Place) {
    let marked = || vec![mark(1, Happened::Blocked, at(0))];
    let store = place.open().await;
    assert!(!count(&store, at(0), marked()).await.unwrap()[0].is_empty());
    drop(store);
    let store = place.open().await;
    for now in [at(0) - Millis::hours(30), at(0) + Millis::days(3), at(0) + GUARD] {
        assert!(count(&store, now, marked()).await.unwrap()[0].is_empty(), "{now}");
    }
    assert_eq!(total(&sums(&store, at(0)).await, Counter::Blocked, at(0)), 1);
}

pub(super) async fn counts_are_told_apart_by_template_and_method(place: &impl Place) {
    let store = place.open().await;
    let (template, method) = (Split::Template("hello.world".to_owned()), Split::Method("ivr".to_owned()));
    let of = |message, happened, splits: &[Split]| Mark {
        splits: splits.to_vec(),
        ..mark(message, happened, at(0))
    };
    let both = [template.clone(), method.clone()];
    let marks = vec![
        of(1, Happened::Delivered, &both),
        of(2, Happened::Reported, std::slice::from_ref(&template)),
        of(1, Happened::Delivered, &both),
        of(3, Happened::Sent, &[]),
    ];
    count(&store, at(0), marks).await.unwrap();
    let tallied = sums(&store, at(0)).await;
    let found = |split, counter| tallied.splits.get(split).map_or(0, |counts| counts.get(counter));
    assert_eq!((found(&template, Counter::Delivered), found(&template, Counter::Reported)), (1, 1));
    assert_eq!((found(&method, Counter::Sent), found(&method, Counter::Reported)), (1, 0));
    assert_eq!(total(&tallied, Counter::Sent, at(0)), 2);
}

/// Many sidecars are told the same in different orders.
pub(super) async fn what_many_are_told_at_once_counts_once(place: &impl Place) {
    let store = place.open().await;
    let all = [Happened::Sent, Happened::Delivered, Happened::Read, Happened::Reported];
    let mut telling = tokio::task::JoinSet::new();
    for way in 0..6_u64 {
        let store = Arc::clone(&store);
        telling.spawn(async move {
            let mut fresh = BTreeMap::<u8, usize>::new();
            let mut marks: Vec<_> =
                (0..300).flat_map(|message| all.map(|happened| mark(message, happened, at(0)))).collect();
            marks.sort_by_key(|mark| {
                (mark.message ^ u64::from(mark.statuses.bits())).wrapping_mul(7 + 2 * way) % 1009
            });
            for some in marks.chunks(97) {
                for new in count(&store, at(0), some.to_vec()).await.unwrap() {
                    for bit in (0..8).filter(|bit| new.bits() & (1 << bit) != 0) {
                        *fresh.entry(bit).or_default() += 1;
                    }
                }
            }
            fresh
        });
    }
    let mut fresh = BTreeMap::<u8, usize>::new();
    while let Some(told) = telling.join_next().await {
        for (bit, count) in told.unwrap() {
            *fresh.entry(bit).or_default() += count;
        }
    }
    assert_eq!(fresh.into_values().collect::<Vec<_>>(), [300; 4]);
    let tallied = sums(&store, at(0)).await;
    for counter in [Counter::Sent, Counter::Delivered, Counter::Read, Counter::Reported] {
        assert_eq!(total(&tallied, counter, at(0)), 300, "{counter:?}");
    }
}

pub(super) async fn what_was_counted_long_ago_is_swept(place: &impl Place) {
    let store = place.open().await;
    count(&store, at(0), vec![mark(1, Happened::Sent, at(0))]).await.unwrap();
    let late = at(0) + Millis::days(30);
    store.sweep(late, 100).await.unwrap();
    assert_eq!(store.sweep(late, 100).await, Ok(0));
}

/// An hour does not grow without end: from some hundred templates on further ones are counted together, and none is lost.
pub(super) async fn very_many_templates_are_counted_together(place: &impl Place) {
    let store = place.open().await;
    let of = |message| {
        let splits = vec![Split::Template(format!("template {message}"))];
        Mark { splits, ..mark(message, Happened::Sent, at(0)) }
    };
    count(&store, at(0), (0..1100).map(of).collect()).await.unwrap();
    let tallied = sums(&store, at(0)).await;
    assert_eq!(tallied.splits.values().map(|counts| counts.get(Counter::Sent)).sum::<u64>(), 1100);
    // Of the 1,000 numbers one is of the slot; then begins the one of all others.
    assert_eq!(tallied.splits.len(), 1000);
    let together = tallied.splits.get(&Split::Template("*".to_owned())).unwrap();
    assert_eq!(together.get(Counter::Sent), 101);
}

async fn rows(store: &Arc<dyn Store>) -> BTreeMap<TallyKey, u64> {
    let (mut all, mut from) = (BTreeMap::new(), None);
    loop {
        let page = store.tally_page(from, 7).await.unwrap();
        all.extend(page.rows);
        from = page.next;
        if from.is_none() {
            return all;
        }
    }
}

pub(super) async fn what_was_counted_goes_to_another_store_row_by_row(place: &impl Place) {
    let store = place.open().await;
    let of = |message, happened| {
        let splits =
            vec![Split::Template(format!("a template {}", message % 5)), Split::Method("ivr".to_owned())];
        Mark { splits, ..mark(message, happened, at(0)) }
    };
    let marks: Vec<_> =
        (0..40).flat_map(|message| [of(message, Happened::Sent), of(message, Happened::Read)]).collect();
    count(&store, at(0), marks.clone()).await.unwrap();
    let there = rows(&store).await;
    assert!(there.keys().filter(|key| matches!(key, TallyKey::Message(..))).count() == 40, "{there:?}");
    let keys: Vec<_> = there.keys().cloned().collect();
    let values = there.values().copied().collect::<Vec<_>>();
    assert_eq!(store.tally_values(&keys).await.unwrap(), values);

    // There, and back again.
    let copy: Arc<dyn Store> = Arc::new(Embedded::in_memory().unwrap());
    assert_eq!(copy.tally_values(&keys).await.unwrap(), vec![0; keys.len()]);
    copy.put_tally(there.clone().into_iter().collect()).await.unwrap();
    assert_eq!(rows(&copy).await, there);
    store.put_tally(rows(&copy).await.into_iter().collect()).await.unwrap();
    assert_eq!(rows(&store).await, there, "nothing is added up");
    for store in [&store, &copy] {
        let again = count(store, at(1), marks.clone()).await.unwrap();
        assert!(again.iter().all(|new| new.is_empty()), "what was told is known");
        assert_eq!(total(&sums(store, at(1)).await, Counter::Read, at(1)), 40);
    }
}
