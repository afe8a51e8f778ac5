//! The limits against counting by hand.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::model::{Category, Millis, SenderId, Time, Topic};

const START: Time = Time::WHATSAPP_MIN;

fn at(seconds: i64) -> Time {
    START + Millis::seconds(seconds)
}

fn sender(name: u8) -> SenderId {
    SenderId::parse(&format!("1555000{name:04}")).unwrap()
}

fn sent(id: u64, seconds: i64) -> Sent {
    Sent {
        id,
        at: at(seconds),
        sender: sender(1),
        category: Some(Category::Marketing),
        topic: None,
        message: None,
        counted: Counted::default(),
    }
}

fn cap(max: u32, seconds: i64) -> FrequencyCap {
    let quota = Quota { max, per: Millis::seconds(seconds) };
    FrequencyCap { quota, categories: Vec::new(), topics: Vec::new() }
}

fn told<'a>(message: u64, sender: &'a SenderId, seconds: i64) -> Told<'a> {
    Told { message, reservation: None, sender, category: None, at: at(seconds) }
}

#[test]
fn a_cap_leaves_room_again_when_the_oldest_that_is_too_many_has_left() {
    let mut log = SendLog::default();
    for (id, seconds) in [(1, 0), (2, 10), (3, 20)] {
        assert!(log.add(sent(id, seconds)));
    }
    let cap = cap(2, 60);
    let room = log.room(&cap, at(30));
    assert_eq!((room.used, room.frees_at), (3, Some(at(70))));
    assert!(room.is_full(2, at(70) - Millis::new(1)) && !room.is_full(2, at(70)));
    // By then only one counts.
    assert!(!log.room(&cap, at(70)).is_full(2, at(70)));
    assert_eq!(log.room(&cap, at(70)).used, 1);
}

#[test]
fn a_cap_without_categories_leaves_replies_alone_and_one_with_them_counts_only_these() {
    let any = cap(1, 60);
    assert!(any.counts(Some(Category::Utility), None) && any.counts(None, None));
    assert!(!any.counts(Some(Category::Service), None));
    let marketing = FrequencyCap { categories: vec![Category::Marketing], ..cap(1, 60) };
    assert!(marketing.counts(Some(Category::Marketing), None));
    assert!(!marketing.counts(Some(Category::Utility), None) && !marketing.counts(None, None));
    let news = Topic::parse("news").unwrap();
    let of_topic = FrequencyCap { topics: vec![news.clone()], ..cap(1, 60) };
    assert!(of_topic.counts(Some(Category::Service), Some(&news)));
    assert!(!of_topic.counts(Some(Category::Marketing), None));
}

#[test]
fn forty_five_go_at_once_and_then_one_every_six_seconds() {
    let rate = PairRate { every: Millis::seconds(6), burst: 45 };
    let mut log = SendLog::default();
    let free = |log: &SendLog, now: Time| log.paced_until(&sender(1), rate).is_none_or(|until| until <= now);
    let mut went = 0;
    for _ in 0..100 {
        if free(&log, at(0)) {
            log.pace(&sender(1), rate, at(0));
            went += 1;
        }
    }
    assert_eq!(went, 45);
    assert_eq!(log.paced_until(&sender(1), rate), Some(at(6)));
    assert!(free(&log, at(6)));
    log.pace(&sender(1), rate, at(6));
    assert!(!free(&log, at(12) - Millis::new(1)) && free(&log, at(12)));
    // Another number has a rate of its own.
    assert_eq!(log.paced_until(&sender(2), rate), None);
}

#[test]
fn what_is_taken_back_counts_no_more_and_gives_its_time_back_once() {
    let rate = PairRate { every: Millis::seconds(6), burst: 1 };
    let mut log = SendLog::default();
    log.add(Sent { counted: Counted { paced: true, ..Counted::default() }, ..sent(1, 0) });
    log.pace(&sender(1), rate, at(0));
    assert_eq!(log.paced_until(&sender(1), rate), Some(at(6)));
    assert!(log.take_back(1, Some(rate)).is_some());
    assert!(log.take_back(1, Some(rate)).is_none());
    assert_eq!(log.paced_until(&sender(1), rate), Some(at(0)));
    assert_eq!(log.room(&cap(1, 60), at(1)).used, 0);
}

#[test]
fn time_that_has_passed_is_not_given_back() {
    let rate = PairRate { every: Millis::seconds(6), burst: 1 };
    let mut log = SendLog::default();
    for (id, seconds) in [(1, 0), (2, 7)] {
        log.add(Sent { counted: Counted { paced: true, ..Counted::default() }, ..sent(id, seconds) });
        log.pace(&sender(1), rate, at(seconds));
    }
    assert!(log.take_back(1, Some(rate)).is_some());
    assert_eq!(log.paced_until(&sender(1), rate), Some(at(13)));
}

#[test]
fn what_is_borrowed_has_an_end_however_much_is_sent() {
    let rate = PairRate { every: Millis::seconds(6), burst: 45 };
    let mut log = SendLog::default();
    for _ in 0..200 {
        log.pace(&sender(1), rate, at(0));
    }
    assert_eq!(log.paced_until(&sender(1), rate), Some(at(6)));
}

#[test]
fn a_message_is_known_by_its_id_then_by_its_reservation_then_as_the_oldest_that_nothing_is_known_of() {
    let mut log = SendLog::default();
    for (id, seconds) in [(1, 0), (2, 10), (3, 20)] {
        log.add(sent(id, seconds));
    }
    let one = sender(1);
    let named = Told { reservation: Some(2), ..told(77, &one, 30) };
    assert_eq!(log.match_message(&named).map(|sent| sent.id), Some(2));
    assert_eq!(log.match_message(&told(77, &one, 31)).map(|sent| sent.id), Some(2), "told again");
    assert_eq!(log.match_message(&told(88, &one, 31)).map(|sent| sent.id), Some(1));
    assert_eq!(log.match_message(&told(99, &one, 31)).map(|sent| sent.id), Some(3));
    assert_eq!(log.match_message(&told(11, &one, 31)), None, "all are known");
    let gone = Told { reservation: Some(5), ..told(12, &one, 31) };
    assert_eq!(log.match_message(&gone), None, "a reservation that is gone is not another one");
}

#[test]
fn another_number_another_category_and_a_later_reservation_are_no_match() {
    let mut log = SendLog::default();
    log.add(sent(1, 1000));
    let (one, two) = (sender(1), sender(2));
    assert_eq!(log.clone().match_message(&told(77, &two, 1000)), None);
    let utility = Told { category: Some(Category::Utility), ..told(77, &one, 1000) };
    assert_eq!(log.clone().match_message(&utility), None);
    assert_eq!(log.clone().match_message(&told(77, &one, 699)), None);
    assert!(log.match_message(&told(77, &one, 700)).is_some(), "within the tolerance of clocks");
}

#[test]
fn what_a_cap_counts_is_kept_for_its_period_and_the_rest_for_a_day() {
    let mut log = SendLog::default();
    log.add(sent(1, 0));
    log.add(Sent { category: Some(Category::Service), ..sent(2, 0) });
    let week = cap(5, 7 * 86_400);
    let caps = std::slice::from_ref(&week);
    assert_eq!(log.forgotten_at(caps), Some(at(7 * 86_400)));
    log.forget(caps, at(86_400));
    assert_eq!(log.sent.iter().map(|sent| sent.id).collect::<Vec<_>>(), [1]);
    log.forget(caps, at(7 * 86_400));
    assert_eq!((log.sent.len(), log.forgotten_at(caps)), (0, None));
}

#[test]
fn two_logs_of_one_person_count_each_message_once() {
    let mut one = SendLog::default();
    one.add(sent(1, 0));
    one.add(sent(2, 10));
    let mut two = SendLog::default();
    two.add(sent(2, 10));
    two.add(sent(3, 5));
    one.join(&two);
    assert_eq!(one.sent.iter().map(|sent| sent.id).collect::<Vec<_>>(), [1, 3, 2]);
}

#[test]
fn a_message_takes_less_than_32_bytes_of_a_record() {
    let mut log = SendLog::default();
    for id in 0..100 {
        let id = u64::MAX - id;
        log.add(Sent { message: Some(id / 3), ..sent(id, 0) });
    }
    let bytes = crate::store::Sends::encode(&log).unwrap().len();
    assert!(bytes < 32 * 100, "{bytes}");
}

#[test]
fn more_messages_are_kept_than_any_cap_counts() {
    let mut log = SendLog::default();
    let month = cap(Quota::MAX, 86_400 * 31);
    for id in 0..5000 {
        log.add(sent(id, 0));
    }
    log.forget(std::slice::from_ref(&month), at(1));
    assert!(log.room(&month, at(1)).is_full(Quota::MAX, at(1)) && log.sent.len() < 5000);
}

fn some_sent() -> impl Strategy<Value = Sent> {
    let category = option::of(select(&Category::ALL[..]));
    let topic = option::of(select(vec!["news", "orders"]));
    (any::<u64>(), 0..500_i64, category, topic).prop_map(|(id, seconds, category, topic)| Sent {
        category,
        topic: topic.map(|topic| Topic::parse(topic).unwrap()),
        ..sent(id, seconds)
    })
}

proptest! {
    /// Whoever asks before each message never goes over the cap in any period, and is never refused while there is room.
    #[test]
    fn a_cap_that_is_asked_is_never_gone_over_and_never_refuses_in_vain(
        wishes in vec(0..400_i64, 1..60),
        max in 1..6_u32,
        per in 1..200_i64,
    ) {
        let mut wishes = wishes;
        wishes.sort_unstable();
        let (cap, mut log, mut went) = (cap(max, per), SendLog::default(), Vec::new());
        for (id, wish) in wishes.into_iter().enumerate() {
            let room = log.room(&cap, at(wish));
            let within = went.iter().filter(|then| **then > wish - per).count();
            prop_assert_eq!(room.is_full(max, at(wish)), within >= max as usize);
            if room.is_full(max, at(wish)) {
                let frees_at = room.frees_at.unwrap();
                prop_assert!(frees_at > at(wish));
                prop_assert!(!log.room(&cap, frees_at).is_full(max, frees_at));
                let before = frees_at - Millis::new(1);
                prop_assert!(log.room(&cap, before).is_full(max, before));
            } else {
                log.add(sent(id as u64, wish));
                went.push(wish);
            }
        }
    }

    #[test]
    fn what_is_stored_is_read_back(all in vec(some_sent(), 0..20), paced in vec((0..3_u8, 0..500_i64), 0..4)) {
        let mut log = SendLog::default();
        for sent in all {
            log.add(sent);
        }
        for (name, seconds) in paced {
            log.pace(&sender(name), PairRate { every: Millis::seconds(6), burst: 45 }, at(seconds));
        }
        let bytes = crate::store::Sends::encode(&log).unwrap();
        prop_assert_eq!(crate::store::Sends::decode(&bytes).unwrap().log, log);
    }

    #[test]
    fn joining_logs_is_the_same_in_any_order(one in vec(some_sent(), 0..12), two in vec(some_sent(), 0..12)) {
        let of = |all: &[Sent]| {
            let mut log = SendLog::default();
            for sent in all {
                log.add(sent.clone());
            }
            log
        };
        let ids = |log: &SendLog| {
            let mut ids: Vec<_> = log.sent.iter().map(|sent| sent.id).collect();
            ids.sort_unstable();
            ids
        };
        let (mut a, mut b) = (of(&one), of(&two));
        a.join(&of(&two));
        b.join(&of(&one));
        prop_assert_eq!(ids(&a), ids(&b));
        prop_assert!(a.sent.is_sorted_by_key(|sent| sent.at));
    }
}
