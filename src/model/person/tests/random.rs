//! Random facts: the same in every order, and as the oracle says.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{
    super::*,
    oracle::{Oracle, Statement},
    village::{Fact, NO, Village, What, YES, at, fact, said},
};

fn last(statements: &[Statement], what: What) -> Option<Time> {
    statements.iter().filter(|said| said.what == what).map(|said| at(said.at)).max()
}

/// What counts for one holder, against the oracle.
fn agrees(oracle: &Oracle, counts: &Contact, name: char, when: i64) -> Result<(), TestCaseError> {
    let person = oracle.holder(name, when);
    let own = oracle.own(person);
    for yes in YES {
        prop_assert_eq!(yes.told(counts), last(&own, yes), "{:?} for {}", yes, name);
    }
    let (all, known) = (oracle.crossing(person, false), oracle.crossing(person, true));
    for no in NO {
        let mine = last(&own, no);
        prop_assert!(no.told(counts) >= mine.max(last(&all, no)), "{:?} for {} is lost", no, name);
        prop_assert_eq!(no.told(counts), mine.max(last(&known, no)), "{:?} for {}", no, name);
    }
    Ok(())
}

fn told_so(facts: &[Fact]) -> Result<(), TestCaseError> {
    let (oracle, village) = (Oracle::of(facts), Village::of(facts));
    let people = village.people();
    for (place, name) in village.names().into_iter().enumerate() {
        let over: Vec<_> = oracle.handed_over(name).into_iter().map(at).collect();
        prop_assert_eq!(people.handed_over(place), over, "{} is handed over", name);
        agrees(&oracle, &people.now(place), name, 100)?;
        for when in (0..14).step_by(4) {
            agrees(&oracle, &people.then(place, at(when)), name, when)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_counts_is_what_the_oracle_says(facts in vec(fact(), 0..14)) {
        told_so(&facts)?;
    }

    #[test]
    fn what_counts_of_two_numbers_and_a_few_facts_is_what_the_oracle_says(
        facts in vec(fact().prop_filter("few", |fact| fact.names().iter().all(|name| "ABUV".contains(*name))), 0..9),
    ) {
        told_so(&facts)?;
    }

    #[test]
    fn the_order_in_which_facts_become_known_and_their_repetition_change_nothing(
        (facts, shuffled) in vec(fact(), 0..16).prop_flat_map(|facts| {
            let twice = [facts.clone(), facts.clone()].concat();
            (Just(facts), Just(twice).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(Village::of(&facts).told(), Village::of(&shuffled).told());
    }

    #[test]
    fn whoever_is_asked_for_first_is_told_the_same(
        (facts, order) in vec(fact(), 1..16).prop_flat_map(|facts| {
            let names = Village::of(&facts).names();
            (Just(facts), Just(names).prop_shuffle())
        }),
    ) {
        let mut village = Village::of(&facts);
        let told = village.told();
        village.houses.sort_by_key(|house| order.iter().position(|name| *name == house.name));
        prop_assert_eq!(village.told(), told);
    }

    #[test]
    fn a_tie_that_only_one_end_knows_is_enough(facts in vec(fact(), 1..14), lost in any::<u64>()) {
        let mut village = Village::of(&facts);
        let people = village.people();
        let told: Vec<_> = (0..village.houses.len()).map(|place| people.handed_over(place).to_vec()).collect();
        let place = usize::try_from(lost % village.houses.len() as u64).unwrap();
        // What only this end knows is not lost: sightings are known to the user ID alone.
        let ties = &mut village.houses[place].ties;
        (ties.moved_to, ties.moved_from, ties.same, ties.linked) = Default::default();
        let people = village.people();
        for (place, over) in told.iter().enumerate() {
            prop_assert_eq!(people.handed_over(place), over);
        }
    }

    /// An acknowledged no is never followed by an ALLOW, until the person says yes later.
    #[test]
    fn a_no_reaches_whoever_may_be_who_said_it_until_they_say_yes(facts in vec(fact(), 0..14)) {
        let (oracle, village) = (Oracle::of(&facts), Village::of(&facts));
        let people = village.people();
        for fact in &facts {
            let Fact::Said(by, when, What::Out) = *fact else { continue };
            let speaker = oracle.holder(by, when);
            for (place, name) in village.names().into_iter().enumerate() {
                let person = oracle.holder(name, 100);
                let own = oracle.own(person);
                let Some(since) = oracle.in_doubt_since(person, speaker) else { continue };
                let lifted = |by: &[Statement], until: i64| {
                    by.iter().any(|said| said.what == What::In && when < said.at && said.at <= until)
                };
                let over = lifted(&own, i64::MAX) || lifted(&oracle.own(speaker), since);
                let out = people.now(place).everything_out().is_some();
                prop_assert!(out || over, "{} is not told of the no of {} at {}", name, by, when);
            }
        }
    }

    #[test]
    fn what_is_told_apart_loses_nothing_where_the_log_is_read_too(
        statements in vec((0..12_i64, proptest::sample::select([YES.as_slice(), NO.as_slice()].concat())), 0..14),
        steps in vec(proptest::collection::btree_set(0..12_i64, 0..4), 1..4),
    ) {
        let statements: Vec<_> = statements.into_iter().map(|(when, what)| (at(when), what)).collect();
        let (mut earlier, mut contact) = (Vec::new(), said(&statements));
        for over in steps {
            let over: Vec<_> = over.into_iter().map(at).collect();
            let mut parts = apart(&earlier, &contact, &over);
            prop_assert_eq!(parts.len(), over.len() + 1);
            let bare = parts.clone();
            let era = |when: &Time| over.iter().filter(|over| *over <= when).count();
            for (when, what) in &statements {
                parts[era(when)].join(&said(&[(*when, *what)]));
            }
            for (place, part) in parts.iter().enumerate() {
                let own: Vec<_> = statements.iter().filter(|(when, _)| era(when) == place).copied().collect();
                prop_assert_eq!(part, &said(&own));
                // Without the log nothing is given to anybody who did not say it.
                let mut with = part.clone();
                with.join(&bare[place]);
                prop_assert_eq!(&with, part);
            }
            contact = parts.pop().unwrap();
            earlier = over.into_iter().zip(parts).collect();
        }
    }
}
