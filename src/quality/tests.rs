//! Counting over time and rating, against what the words of the rules say.

use proptest::prelude::*;

use super::*;
use crate::model::{Millis, Time};

fn now() -> Time {
    Time::EPOCH + Millis::days(20_000)
}

/// So many messages that reached somebody, and so many blocks, within the last slot.
fn counted(delivered: u64, blocked: u64) -> History {
    let mut history = History::default();
    history.add(slot_of(now()), Counter::Sent, delivered);
    history.add(slot_of(now()), Counter::Delivered, delivered);
    history.add(slot_of(now()), Counter::Blocked, blocked);
    history
}

#[test]
fn e07_what_was_read_was_delivered_and_what_was_delivered_was_sent() {
    let of = |happened| Statuses::proven_by(happened).counters(FailureClass::Other).collect::<Vec<_>>();
    assert_eq!(of(Happened::Read), [Counter::Sent, Counter::Delivered, Counter::Read]);
    assert_eq!(of(Happened::Delivered), [Counter::Sent, Counter::Delivered]);
    assert_eq!(of(Happened::Failed(FailureClass::Other)), [Counter::Failed(FailureClass::Other)]);
    assert_eq!(of(Happened::Blocked), [Counter::Blocked]);
    let after_sent = Statuses::proven_by(Happened::Read).without(Statuses::proven_by(Happened::Sent));
    assert_eq!(after_sent.counters(FailureClass::Other).count(), 2);
}

#[test]
fn every_counter_has_a_place_of_its_own() {
    for (place, counter) in Counter::all().into_iter().enumerate() {
        assert_eq!(counter.place(), place);
    }
}

#[test]
fn e02_undelivered_is_never_less_than_nothing() {
    let mut counts = Counts::default();
    counts.add(Counter::Delivered, 5);
    assert_eq!(counts.undelivered(), 0, "nobody told that they were sent");
    counts.add(Counter::Sent, 8);
    assert_eq!(counts.undelivered(), 3);
}

fn events() -> impl Strategy<Value = Vec<(i64, usize, u64)>> {
    // Minutes before now, a counter, how many.
    proptest::collection::vec((0..20_000_i64, 0..Counter::COUNT, 1..5_u64), 0..60)
}

proptest! {
    #[test]
    fn e01_a_period_sums_what_happened_since_the_slot_it_began_in(events in events()) {
        let mut history = History::default();
        for (minutes, place, more) in &events {
            let at = now() - Millis::seconds(minutes * 60);
            history.add(slot_of(at), Counter::all()[*place], *more);
        }
        for period in PERIODS {
            let begins = (now() - period).millis() / 300_000 * 300_000;
            let sums = history.over(period, now());
            for (place, counter) in Counter::all().into_iter().enumerate() {
                let naive: u64 = events
                    .iter()
                    .filter(|(minutes, of, _)| *of == place && (now() - Millis::seconds(minutes * 60)).millis() >= begins)
                    .map(|(.., more)| more)
                    .sum();
                prop_assert_eq!(sums.get(counter), naive);
            }
        }
        let mut forgotten = history.clone();
        forgotten.forget(now());
        for period in PERIODS {
            prop_assert_eq!(forgotten.over(period, now()), history.over(period, now()));
        }
    }

    #[test]
    fn e01_what_happened_a_half_life_ago_weighs_half(minutes in 0..10_000_i64, blocked in 1..9_u64) {
        let mut history = History::default();
        let at = now() - Millis::seconds(minutes / 5 * 300);
        history.add(slot_of(at), Counter::Blocked, blocked);
        let (negative, _) = history.weighted(Millis::hours(24), now());
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let naive = blocked as f64 * 0.5_f64.powf((minutes / 5 * 5) as f64 / (24.0 * 60.0));
        prop_assert!((negative - naive).abs() < 1e-9, "{negative} {naive}");
    }

    /// Whatever the numbers do: a rating gets worse at once, and better only after the numbers were better for the whole time.
    #[test]
    fn e03_a_rating_gets_better_only_after_it_held(grades in proptest::collection::vec(0..4_usize, 1..60)) {
        let rules = RatingRules::default();
        let mut standing = Standing::unrated(now());
        let mut seen: Vec<(Time, Rating)> = Vec::new();
        for (hour, grade) in grades.into_iter().enumerate() {
            let at = now() + Millis::hours(i64::try_from(hour).unwrap());
            let grade = Rating::ALL[grade];
            let before = standing;
            standing = rated(&rules, before, Grades { strict: grade, recovering: grade }, at);
            seen.push((at, grade));
            prop_assert!(standing.rating >= grade || before.rating == Rating::Unrated);
            if standing.rating < before.rating {
                let held = seen.iter().rev().take_while(|(_, seen)| *seen < before.rating).map(|(at, _)| *at).min();
                prop_assert!(at.since(held.unwrap()) >= rules.recovered_after, "{before:?} {standing:?}");
            }
            prop_assert_eq!(standing.since == at, standing.rating != before.rating || standing.since == before.since && at == before.since);
        }
    }
}

fn graded(history: &History) -> Rating {
    Grades::of(&RatingRules::default(), history, now()).strict
}

#[test]
fn e03_too_few_messages_or_blocks_say_nothing() {
    assert_eq!(graded(&counted(0, 0)), Rating::Unrated);
    assert_eq!(graded(&counted(99, 50)), Rating::Unrated, "below the least volume");
    assert_eq!(graded(&counted(100, 2)), Rating::High, "two angry people are no trend");
    assert_eq!(graded(&counted(1000, 9)), Rating::High);
    assert_eq!(graded(&counted(1000, 10)), Rating::Medium);
    assert_eq!(graded(&counted(1000, 29)), Rating::Medium);
    assert_eq!(graded(&counted(1000, 30)), Rating::Low);
}

#[test]
fn e01_what_happens_now_counts_more_than_what_happened_then() {
    let mut history = counted(1000, 40);
    for hours in 2..160 {
        history.add(slot_of(now() - Millis::hours(hours)), Counter::Delivered, 1000);
    }
    assert_eq!(history.over(PERIODS[2], now()).negative_ratio().map(|ratio| ratio < 0.01), Some(true));
    assert_eq!(graded(&history), Rating::Low, "the last hour says it");
}

#[test]
fn e01_hardly_anybody_reads() {
    let mut history = counted(1000, 0);
    history.add(slot_of(now()), Counter::Read, 49);
    assert_eq!(graded(&history), Rating::Medium);
    history.add(slot_of(now()), Counter::Read, 1);
    assert_eq!(graded(&history), Rating::High);
}

#[test]
fn e03_between_the_bounds_nothing_changes() {
    let rules = RatingRules::default();
    let low = Standing { rating: Rating::Low, since: now(), better_since: None };
    // 2.5 % is medium by the bounds, and not below 80 % of the bound of low.
    let grades = Grades::of(&rules, &counted(1000, 25), now());
    assert_eq!((grades.strict, grades.recovering), (Rating::Medium, Rating::Low));
    for hours in 0..100 {
        assert_eq!(rated(&rules, low, grades, now() + Millis::hours(hours)), low);
    }
}

#[test]
fn e04_low_is_sustained_after_its_time() {
    let rules = RatingRules::default();
    let low = Standing { rating: Rating::Low, since: now(), better_since: None };
    let last = now() + rules.sustained_after - Millis::new(1);
    assert!(!low.is_sustained(&rules, last) && low.is_sustained(&rules, last + Millis::new(1)));
    let medium = Standing { rating: Rating::Medium, ..low };
    assert!(!medium.is_sustained(&rules, now() + Millis::days(9)));
}

#[test]
fn e03_the_worse_of_ours_and_the_platforms_rules() {
    let ours = Standing { rating: Rating::Medium, since: now(), better_since: None };
    let before = now() - Millis::hours(1);
    assert_eq!(worse(ours, None), (Rating::Medium, now()));
    assert_eq!(worse(ours, Some((Rating::High, before))), (Rating::Medium, now()));
    assert_eq!(worse(ours, Some((Rating::Low, before))), (Rating::Low, before));
    assert_eq!(worse(ours, Some((Rating::Medium, before))), (Rating::Medium, before));
}

#[test]
fn codes_are_classed_as_the_platform_lists_them() {
    for (code, class) in [
        (130_429, FailureClass::RetrySoon),
        (131_049, FailureClass::CoolOff),
        (131_050, FailureClass::OptedOut),
        (131_047, FailureClass::WindowClosed),
        (131_026, FailureClass::Undeliverable),
        (131_048, FailureClass::Sender),
        (132_015, FailureClass::Template),
        (0, FailureClass::Other),
        (999, FailureClass::Other),
    ] {
        assert_eq!(FailureClass::of_code(code), class, "{code}");
    }
}
