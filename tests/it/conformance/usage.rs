//! What limits count: messages to a person by compare-and-set, members of gauges never over a maximum.

use std::sync::Arc;

use sendgate::{
    limits::{Counted, Pair, Quota, Reached, SendLog, Sent},
    model::{BusinessId, Category, Millis, Time, Topic},
    store::{ContactId, Entry, Found, Gauge, Leaving, Sends, SendsCommitted, Store},
};

use super::{Place, sender};

const HOUR: Millis = Millis::hours(1);

/// Seconds after the start of the tests.
fn at(seconds: i64) -> Time {
    super::at(0) + Millis::seconds(seconds)
}

fn log(ids: impl IntoIterator<Item = u64>) -> SendLog {
    let mut log = SendLog::default();
    for id in ids {
        log.add(Sent {
            id,
            at: at(0),
            sender: sender("5"),
            category: Some(Category::Marketing),
            topic: Some(Topic::parse("news").unwrap()),
            message: Some(id + 1),
            counted: Counted {
                reached: Some(Reached { member: 7, before: Some(at(-5)) }),
                throughput: true,
                throttle: false,
                paced: true,
            },
        });
    }
    log.pairs.push(Pair { sender: sender("6"), taken_until: at(60) });
    log
}

async fn sends(store: &Arc<dyn Store>, id: ContactId) -> Sends {
    store.sends(&[id]).await.unwrap().remove(0)
}

/// Until when nothing of these tests is forgotten: a store that forgets by itself goes by its own clock.
fn kept() -> Option<Time> {
    Time::from_millis(Time::MAX.millis() - 1)
}

pub(super) async fn messages_to_a_person_are_written_by_compare_and_set(place: &impl Place) {
    let (one, two) = (ContactId([1; 16]), ContactId([2; 16]));
    let store = place.open().await;
    assert_eq!(store.sends(&[one, two]).await, Ok(vec![Sends::default(); 2]));
    assert_eq!(store.commit_sends(one, 0, &log([1]), kept()).await, Ok(SendsCommitted::Done));
    let first = sends(&store, one).await;
    assert_eq!(first.log, log([1]));
    assert!(first.tag != 0);
    let stale = store.commit_sends(one, 0, &log([9]), kept()).await;
    assert_eq!(stale, Ok(SendsCommitted::Changed(first.clone())));
    assert_eq!(store.commit_sends(one, first.tag, &log([1, 2]), kept()).await, Ok(SendsCommitted::Done));
    drop(store);
    let store = place.open().await;
    let second = sends(&store, one).await;
    assert_eq!((second.log.clone(), sends(&store, two).await), (log([1, 2]), Sends::default()));
    assert_eq!(store.commit_sends(one, second.tag, &log([]), None).await, Ok(SendsCommitted::Done));
    assert_eq!(sends(&store, one).await, Sends::default());
    let gone = store.commit_sends(one, second.tag, &log([3]), kept()).await;
    assert_eq!(gone, Ok(SendsCommitted::Changed(Sends::default())));
}

pub(super) async fn writers_of_messages_to_a_person_lose_none(place: &impl Place) {
    let (store, id) = (place.open().await, ContactId([3; 16]));
    let writers = (0..8_u64).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 0..5 {
                let mut known = sends(&store, id).await;
                loop {
                    let mut log = known.log.clone();
                    log.sent.extend(self::log([writer * 100 + n]).sent);
                    match store.commit_sends(id, known.tag, &log, kept()).await.unwrap() {
                        SendsCommitted::Done => break,
                        SendsCommitted::Changed(by_other) => known = by_other,
                    }
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut ids: Vec<_> = sends(&store, id).await.log.sent.iter().map(|sent| sent.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..8).flat_map(|writer| (0..5).map(move |n| writer * 100 + n)).collect::<Vec<_>>());
}

fn entry(member: u64, seconds: i64, max: u32) -> Entry {
    let gauge = Gauge::Reached(BusinessId::parse("acme").unwrap());
    Entry { gauge, member, at: at(seconds), quota: Quota { max, per: HOUR }, enforced: true }
}

async fn enter(store: &Arc<dyn Store>, entry: Entry) -> (bool, Found) {
    let now = entry.at;
    let entered = store.enter(&[entry], now).await.unwrap();
    (entered.done, entered.found[0])
}

fn shown(found: &Found) -> (u64, bool, Option<Time>) {
    (found.room.used, found.room.counted, found.room.frees_at)
}

pub(super) async fn a_gauge_counts_members_once_and_lets_no_more_in_than_its_maximum(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(shown(&enter(&store, entry(1, 0, 2)).await.1), (0, false, None));
    let (done, found) = enter(&store, entry(2, 10, 2)).await;
    assert_eq!((done, shown(&found)), (true, (1, false, None)));
    // Full: who is in it already takes no more room, and stays for longer.
    let (done, found) = enter(&store, entry(1, 20, 2)).await;
    assert!(done && found.before == Some(at(0)));
    assert_eq!(shown(&found), (2, true, Some(at(0) + HOUR)));
    let (done, found) = enter(&store, entry(3, 30, 2)).await;
    assert_eq!((done, shown(&found)), (false, (2, false, Some(at(10) + HOUR))));
    drop(store);
    let store = place.open().await;
    let last = at(3609) + Millis::new(999);
    let look = store.look(&Entry { at: last, ..entry(3, 0, 2) }, last).await.unwrap();
    assert_eq!(shown(&look), (2, false, Some(at(10) + HOUR)));
    let (done, found) = enter(&store, entry(3, 3610, 2)).await;
    assert_eq!((done, shown(&found)), (true, (1, false, None)));
    // What is counted afterwards goes over the maximum; then more than one has to leave.
    let forced = Entry { enforced: false, ..entry(4, 3610, 2) };
    assert!(enter(&store, forced).await.0);
    let look = store.look(&entry(5, 3611, 2), at(3611)).await.unwrap();
    assert_eq!(shown(&look), (3, false, Some(at(3610) + HOUR)));
}

pub(super) async fn entries_of_one_owner_are_made_all_or_none(place: &impl Place) {
    let store = place.open().await;
    let of = |gauge, max| Entry { gauge, ..entry(1, 0, max) };
    let (full, free) = (Gauge::Throughput(sender("5")), Gauge::Throttle(sender("5")));
    assert!(enter(&store, of(full.clone(), 1)).await.0);
    let both = [Entry { member: 2, ..of(free.clone(), 1) }, Entry { member: 2, ..of(full.clone(), 1) }];
    let entered = store.enter(&both, at(0)).await.unwrap();
    assert!(!entered.done);
    assert_eq!(entered.found.iter().map(|found| found.room.used).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(store.look(&of(free, 1), at(0)).await.unwrap().room.used, 0);
}

pub(super) async fn an_entry_is_taken_back_unless_the_member_was_seen_again(place: &impl Place) {
    let store = place.open().await;
    let leaving = |member, seconds, before: Option<i64>| Leaving {
        gauge: entry(0, 0, 1).gauge,
        member,
        at: at(seconds),
        before: before.map(at),
    };
    let used = async |now| store.look(&entry(99, 0, 9), at(now)).await.unwrap().room.used;
    enter(&store, entry(1, 0, 9)).await;
    enter(&store, entry(2, 0, 9)).await;
    enter(&store, entry(2, 100, 9)).await;
    store.leave(&[leaving(1, 0, None)]).await.unwrap();
    store.leave(&[leaving(1, 0, None)]).await.unwrap();
    assert_eq!(used(200).await, 1);
    store.leave(&[leaving(2, 0, None)]).await.unwrap();
    assert_eq!(used(200).await, 1, "seen again since");
    store.leave(&[leaving(2, 100, Some(0))]).await.unwrap();
    assert_eq!((used(3599).await, used(3600).await), (1, 0), "as before");
}

pub(super) async fn many_at_once_take_no_more_places_than_there_are(place: &impl Place) {
    let store = place.open().await;
    let askers = (0..60_u64).map(|member| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { enter(&store, entry(member, 0, 7)).await.0 })
    });
    let mut done = 0;
    for asker in askers.collect::<Vec<_>>() {
        done += usize::from(asker.await.unwrap());
    }
    assert_eq!(done, 7);
    assert_eq!(store.look(&entry(99, 0, 7), at(0)).await.unwrap().room.used, 7);
}
