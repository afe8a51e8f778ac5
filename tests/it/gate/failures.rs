//! Stores that are away, hang, forget to answer or hold what nobody can read; and callers that go away.

use std::{sync::Arc, time::Duration};

use sendgate::{
    gate::{Consistency, GateError, GateSettings},
    model::{ScopeSet, evidence::Channel},
    policy::{Kind, Reason, RuleId},
    store::StoreError,
};

use super::world::{ACME, OWN, PERSON, World, settings};
use crate::faults::{Fault, Faulty};

async fn impatient() -> World {
    let settings = GateSettings { read_timeout: Duration::from_millis(250), ..settings(ACME) };
    World::with(settings, Faulty::new()).await
}

#[tokio::test]
async fn a_store_that_is_away_is_a_no_that_says_so() {
    let world = World::new().await;
    for fault in [Fault::Unavailable, Fault::Corrupt] {
        world.store.set(fault);
        for kind in [Kind::Template, Kind::FreeForm, Kind::OptOutConfirmation, Kind::OptInPrompt] {
            let answer = world.asks(PERSON, kind).await;
            assert_eq!((answer.verdict.allowed, answer.verdict.reason), (false, Reason::StateUnavailable));
            assert_eq!((answer.verdict.rule, answer.revision), (RuleId::A27, None));
        }
        let many = world.gate.check_many(&vec![world.check_of(PERSON, Kind::Template); 3]).await;
        assert!(many.iter().all(|answer| answer.verdict.reason == Reason::StateUnavailable));
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_a_no_in_time() {
    let world = impatient().await;
    world.store.set(Fault::Hangs);
    assert_eq!(world.reason(PERSON).await, Reason::StateUnavailable);
    let many = world.gate.check_many(&vec![world.check_of(PERSON, Kind::Template); 2]).await;
    assert!(many.iter().all(|answer| answer.verdict.reason == Reason::StateUnavailable));
    let refused = world.opt_out_by(world.who(PERSON, 0, ""), Channel::Website).await;
    assert!(matches!(refused, Err(GateError::Store(StoreError::Unavailable(_)))), "{refused:?}");
}

#[tokio::test]
async fn a_write_that_takes_too_long_has_an_unknown_outcome_and_counts_once_it_happens() {
    let settings = GateSettings { write_timeout: Duration::from_millis(200), ..settings(ACME) };
    let world = World::with(settings, Faulty::new()).await;
    world.store.set(Fault::WritesLate);
    let late = world.opt_out_by(world.who(PERSON, 0, ""), Channel::Website).await;
    assert!(matches!(late, Err(GateError::Store(StoreError::UnknownOutcome))), "{late:?}");
    assert_eq!(world.reason(PERSON).await, Reason::NoOptIn, "not yet");
    world.store.release();
    world.store.committed(1).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn writes_say_which_kind_of_failure_it_was() {
    let world = World::new().await;
    world.store.set(Fault::Unavailable);
    let failed = world.opt_out_by(world.who(PERSON, 0, ""), Channel::Website).await;
    assert!(matches!(failed, Err(GateError::Store(StoreError::Unavailable(_)))));
    world.store.set(Fault::Corrupt);
    let failed = world.opt_out_by(world.who(PERSON, 0, ""), Channel::Website).await;
    assert!(matches!(failed, Err(GateError::Store(StoreError::Corrupt(_)))));
    world.store.set(Fault::ForgetsToAnswer);
    let failed = world.opt_out_by(world.who(PERSON, 0, ""), Channel::Website).await;
    assert!(matches!(failed, Err(GateError::Store(StoreError::UnknownOutcome))));
}

#[tokio::test]
async fn a_write_of_unknown_outcome_counts_at_once_when_it_happened_and_repeats_harmlessly() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    world.reach(5);
    world.store.set(Fault::ForgetsToAnswer);
    assert!(world.opt_out_by(world.who(PERSON, 5, "k1"), Channel::Website).await.is_err());
    world.store.set(Fault::None);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut, "nothing stale stays in memory");
    assert!(world.opt_out_by(world.who(PERSON, 5, "k1"), Channel::Website).await.unwrap().applied);
    assert_eq!(world.log(PERSON).await.entries.len(), 2);
}

#[tokio::test]
async fn a_refusal_that_crossed_only_in_part_crosses_when_it_is_repeated() {
    const OTHER: &str = "447700900999";
    let world = World::new().await;
    world.link(PERSON, OTHER, 0).await;
    world.store.set(Fault::ForgetsToAnswer);
    assert!(world.opt_out_by(world.who(PERSON, 0, "k1"), Channel::Website).await.is_err());
    world.store.set(Fault::None);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    world.opt_out_by(world.who(PERSON, 0, "k1"), Channel::Website).await.unwrap();
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_stale_contact_in_memory() {
    let world = Arc::new(World::new().await);
    world.opt_in(PERSON, OWN, 0).await;
    world.reach(5);
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    world.store.set(Fault::WritesLate);
    let caller = tokio::spawn({
        let world = Arc::clone(&world);
        async move { world.opt_out_by(world.who(PERSON, 5, ""), Channel::Website).await.is_ok() }
    });
    world.store.reached().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    // Read before the write is carried out: this is what must not stay.
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    let commits = world.store.commits();
    world.store.release();
    world.store.committed(commits + 1).await;
    let mut check = world.check_of(PERSON, Kind::Template);
    check.consistency = Consistency::FullyConsistent;
    assert_eq!(world.gate.check(&check).await.verdict.reason, Reason::OptedOut);
    // Counting and dropping are two steps of one task, which a runtime of one thread takes together.
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn what_was_read_before_a_write_does_not_enter_memory_after_it() {
    let world = Arc::new(World::new().await);
    world.opt_in(PERSON, OWN, 0).await;
    world.reach(5);
    world.store.set(Fault::AnswersReadsLate);
    let reader = tokio::spawn({
        let world = Arc::clone(&world);
        async move { world.reason(PERSON).await }
    });
    world.store.reached().await;
    world.store.set(Fault::None);
    world.opt_out(PERSON, 5).await;
    world.store.release();
    // It was asked before the opt-out was acknowledged; what counts is what is asked after.
    reader.await.unwrap();
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn state_in_memory_answers_while_the_store_is_away() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    world.store.set(Fault::Unavailable);
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    let mut check = world.check_of(PERSON, Kind::Template);
    check.consistency = Consistency::FullyConsistent;
    assert_eq!(world.gate.check(&check).await.verdict.reason, Reason::StateUnavailable);
    let request = world.opt_in_request(world.who(PERSON, 0, ""), OWN, ScopeSet::everything());
    assert!(world.gate.record_opt_in(&request).await.is_err());
}
