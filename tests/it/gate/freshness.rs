//! How fresh an answer is: a token is never answered from older state, and who reads together reads no older state.

use std::{sync::Arc, time::Duration};

use sendgate::{
    gate::{Check, Consistency, GateSettings, Revision},
    model::evidence::Channel,
    policy::{Kind, Reason},
    store::StoreError,
};

use super::world::{ACME, OWN, PERSON, World, recipient, settings};
use crate::{
    faults::{Fault, Faulty},
    harness::soon,
};

const USER: &str = "GB.13491208655302741918";

fn fresh(world: &World, person: &str, revision: Revision) -> Check {
    let consistency = Consistency::AtLeastAsFresh(revision);
    Check { consistency, ..world.check_of(person, Kind::Template) }
}

async fn reason_at(world: &World, person: &str, revision: Revision) -> Reason {
    world.gate.check(&fresh(world, person, revision)).await.verdict.reason
}

/// Somebody whose opt-out the store does not know of yet when it is read.
async fn opted_out_behind_a_stale_store() -> (World, Revision) {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    let revision = world.opt_out(PERSON, 5).await.revision;
    world.store.set(Fault::ReadsStale);
    (world, revision)
}

#[tokio::test]
async fn a_store_that_answers_older_than_the_token_is_a_no() {
    let (world, revision) = opted_out_behind_a_stale_store().await;
    assert_eq!(reason_at(&world, PERSON, revision).await, Reason::StateUnavailable);
    let many = [fresh(&world, PERSON, revision), fresh(&world, "447700900124", revision)];
    let answers = world.gate.check_many(&many).await;
    assert_eq!(answers[0].verdict.reason, Reason::StateUnavailable);
    assert_eq!(answers[1].verdict.reason, Reason::NoOptIn, "it is a token of another contact");
    let (profile, person) = (world.profile(), recipient(PERSON));
    let consistency = Consistency::AtLeastAsFresh(revision);
    let view = world.gate.view(&profile, &person, consistency, world.clock.now());
    assert!(matches!(view.await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn what_is_known_to_be_old_does_not_stay_in_memory() {
    let (world, revision) = opted_out_behind_a_stale_store().await;
    assert_eq!(reason_at(&world, PERSON, revision).await, Reason::StateUnavailable);
    world.gate.check_many(&[fresh(&world, PERSON, revision), fresh(&world, USER, revision)]).await;
    world.store.set(Fault::None);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(reason_at(&world, PERSON, revision).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_token_from_before_two_names_became_one_contact_is_answered() {
    let world = World::new().await;
    let of_user = world.opt_out(USER, 0).await.revision;
    let of_number = world.opt_in(PERSON, OWN, 1).await.done.revision;
    world.prove(PERSON, USER, 5).await;
    for person in [PERSON, USER] {
        for revision in [of_user, of_number] {
            assert_eq!(reason_at(&world, person, revision).await, Reason::OptedIn);
        }
    }
}

#[tokio::test]
async fn a_token_from_before_or_of_an_erasure_is_answered() {
    let world = World::new().await;
    let before = world.opt_out(PERSON, 0).await.revision;
    world.prove(PERSON, USER, 1).await;
    world.reach(5);
    let (erased, ..) = world.gate.erase(&world.who(USER, 5, "")).await.unwrap();
    for revision in [before, erased] {
        assert_eq!(reason_at(&world, PERSON, revision).await, Reason::OptedOut);
    }
}

#[tokio::test]
async fn those_who_miss_the_same_contact_at_once_cost_one_read() {
    let world = Arc::new(World::new().await);
    world.opt_in(PERSON, OWN, 0).await;
    world.reach(5);
    let before = world.store.loads();
    world.store.set(Fault::AnswersReadsLate);
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.reason(PERSON).await })
        })
        .collect();
    world.store.reached().await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    world.store.set(Fault::None);
    // Who asks after an opt-out is not answered by what was read before it.
    world.opt_out(PERSON, 5).await;
    assert_eq!(soon(world.reason(PERSON)).await, Reason::OptedOut);
    let writing = world.store.loads() - before - 1;
    world.store.release();
    for asking in asking {
        assert_eq!(soon(asking).await.unwrap(), Reason::OptedIn, "asked before the opt-out");
    }
    assert_eq!(world.store.loads() - before - 1, writing);
    assert!(writing <= 4, "{writing} reads besides");
}

#[tokio::test]
async fn a_read_that_is_lost_holds_up_nobody_who_asks_after_its_time() {
    let settings = GateSettings { read_timeout: Duration::from_millis(50), ..settings(ACME) };
    let world = World::with(settings, Faulty::new()).await;
    world.opt_in(PERSON, OWN, 0).await;
    world.store.set(Fault::Hangs);
    assert_eq!(world.reason(PERSON).await, Reason::StateUnavailable);
    world.store.set(Fault::None);
    // The one that is lost may be joined up to the very end of its time, and no longer.
    crate::harness::until(|| async { world.reason(PERSON).await == Reason::OptedIn }).await;
}

#[tokio::test]
async fn a_batch_that_waits_for_the_store_sees_an_opt_out_acknowledged_meanwhile() {
    let world = Arc::new(World::new().await);
    world.opt_in(PERSON, OWN, 0).await;
    world.reach(5);
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    world.store.set(Fault::AnswersReadsLate);
    let batch = tokio::spawn({
        let world = Arc::clone(&world);
        async move {
            let people = [PERSON, "447700900124", "447700900125"];
            world.gate.check_many(&people.map(|person| world.check_of(person, Kind::Template))).await
        }
    });
    world.store.reached().await;
    world.store.set(Fault::None);
    world.opt_out_by(world.who(PERSON, 5, ""), Channel::Website).await.unwrap();
    world.store.release();
    assert_eq!(soon(batch).await.unwrap()[0].verdict.reason, Reason::OptedOut);
}

#[tokio::test]
async fn a_batch_reads_each_contact_once() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    let before = world.store.loads();
    let answers = world.gate.check_many(&vec![world.check_of(PERSON, Kind::Template); 50]).await;
    assert!(answers.iter().all(|answer| answer.verdict.reason == Reason::OptedIn));
    assert_eq!(world.store.loads() - before, 1);
}
