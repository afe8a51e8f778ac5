//! Sequences about changes told twice, erasures beside other writes, and keys in the journal.

use std::sync::Arc;

use sendgate::{
    gate::Who,
    model::{ScopeSet, evidence::Channel},
    policy::Reason,
};

use super::{
    journal::{replayed, with_journal},
    world::{ACME, ASSERTED, OWN, World, settings},
};
use crate::faults::{Fault, Faulty};

const A: &str = "447700900111";
const B: &str = "447700900222";
const U: &str = "GB.1aaa";
const V: &str = "GB.2bbb";

/// What one webhook that tells of a change makes of it (http::intake::number_changed): who had the old number, who has the new
/// one, the change.
async fn change_with_user_ids(world: &World, minutes: i64) {
    world.prove(A, U, minutes).await;
    world.prove(B, V, minutes).await;
    world.number_changed(A, B, minutes).await;
}

/// An erasure, and what happens while its commit of this number is on its way.
async fn erases_beside(
    world: &World,
    person: &str,
    minutes: i64,
    commit: usize,
    beside: impl Future<Output = ()>,
) {
    world.reach(minutes);
    world.store.set(Fault::WritesLate);
    let who = world.who(person, minutes, "");
    let meanwhile = async {
        for _ in 1..commit {
            world.store.reached().await;
            world.store.release();
        }
        world.store.reached().await;
        world.store.set(Fault::None);
        beside.await;
        world.store.set(Fault::None);
        world.store.release();
    };
    let (erased, ()) = tokio::join!(world.gate.erase(&who), meanwhile);
    erased.unwrap();
}

/// Rules 0: the own "no" is lifted by the own "yes" only. The same change told by another of the business's numbers is no other,
/// nor is what it says of the user ID that the old number had.
#[tokio::test]
async fn a_change_with_user_ids_told_by_a_second_number_does_not_let_a_stranger_lift_a_no() {
    let world = World::new().await;
    change_with_user_ids(&world, 10).await;
    change_with_user_ids(&world, 13).await;
    world.says(B, 14, "m1", "STOP").await;
    world.opt_in(A, OWN, 15).await;
    for person in [B, U, V] {
        assert_eq!(world.reason(person).await, Reason::OptedOut, "{person}");
    }
}

/// Rules 0: opt-ins cross proven links only; whoever has the old number is somebody unknown. Told again as above.
#[tokio::test]
async fn a_change_with_user_ids_told_by_a_second_number_does_not_bring_a_yes_of_a_stranger() {
    let world = World::new().await;
    change_with_user_ids(&world, 10).await;
    world.opt_in(A, OWN, 12).await;
    assert_eq!(world.reason(B).await, Reason::NoOptIn);
    change_with_user_ids(&world, 13).await;
    assert_eq!(world.reason(B).await, Reason::NoOptIn);
}

/// README "A number was changed?": what the person said counts at the new number. Only the old user ID is told, twice.
#[tokio::test]
async fn a_change_that_names_the_old_user_id_told_by_a_second_number_leaves_the_person_at_the_new_one() {
    let world = World::new().await;
    for minutes in [10, 13] {
        world.prove(A, U, minutes).await;
        world.number_changed(A, B, minutes).await;
    }
    world.says(B, 14, "m1", "STOP").await;
    world.opt_in(A, OWN, 15).await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

/// Rules 0: the own "no" is lifted by the own "yes" only. The change is to a user ID, and told by a second number.
#[tokio::test]
async fn a_change_to_a_user_id_told_by_a_second_number_does_not_let_a_stranger_lift_a_no() {
    let world = World::new().await;
    world.number_changed(A, U, 10).await;
    world.number_changed(A, U, 13).await;
    world.says(U, 14, "m1", "STOP").await;
    world.opt_in(A, OWN, 15).await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

/// Rules 0; README: a number is a person's until they change to another. They had it again, and changed again.
#[tokio::test]
async fn a_number_that_is_given_up_for_a_user_id_a_second_time_is_somebody_elses() {
    let world = World::new().await;
    world.number_changed(A, U, 10).await;
    world.prove(A, U, 15).await;
    world.number_changed(A, U, 30).await;
    world.says(U, 35, "m1", "STOP").await;
    world.opt_in(A, OWN, 40).await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

/// Rules 0: opt-outs cross a change of number. Who had A by then was known to be another, and moves to the same number.
#[tokio::test]
async fn who_got_a_number_and_changes_to_where_its_former_holder_went_takes_their_no_along() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.prove(A, U, 12).await;
    world.says(U, 15, "m1", "STOP").await;
    world.opt_in(B, OWN, 20).await;
    world.prove(A, U, 30).await;
    world.number_changed(A, B, 30).await;
    assert_eq!(world.reason(B).await, Reason::OptedOut);
}

/// What was acknowledged is never lost; README: a "no" under a key whose statement was erased is another one, and is kept.
#[tokio::test]
async fn an_opt_out_in_the_journal_under_a_key_that_was_erased_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.reach(1);
    world.opt_out_by(world.who(A, 1, "k"), Channel::Website).await.unwrap();
    world.opt_in(A, OWN, 2).await;
    world.erase(A, 3).await;
    world.reach(10);
    store.set(Fault::Unavailable);
    assert!(world.opt_out_by(world.who(A, 10, "k"), Channel::Website).await.unwrap().journaled);
    store.set(Fault::None);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    replayed(&world, &world.gate).await;
    world.opt_in(A, ASSERTED, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// What was acknowledged is never lost. With the store there this is refused, with KEY_REUSED; away, it was taken.
#[tokio::test]
async fn an_opt_out_in_the_journal_under_a_key_used_for_something_else_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.reach(1);
    let who = Who { request_digest: [1; 16], ..world.who(A, 1, "k") };
    world.gate.record_opt_in(&world.opt_in_request(who, OWN, ScopeSet::everything())).await.unwrap();
    world.reach(5);
    store.set(Fault::Unavailable);
    let who = Who { request_digest: [2; 16], ..world.who(A, 5, "k") };
    assert!(world.opt_out_by(who, Channel::Website).await.unwrap().journaled);
    store.set(Fault::None);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    replayed(&world, &world.gate).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// Rules 0: never lifted by deletion. As in attacked_again, where only the other takes it back,
/// with a message of the person while the erasure's first commit is on its way.
#[tokio::test]
async fn an_erasure_beside_a_message_does_not_lift_the_no_of_a_linked_identity() {
    let world = World::new().await;
    world.link(A, B, 1).await;
    world.opt_out(B, 5).await;
    world.opt_in(B, OWN, 6).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    erases_beside(&world, A, 10, 1, async { drop(world.says(A, 10, "m1", "hello").await) }).await;
    world.opt_in(A, ASSERTED, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// Rules 0: never lifted by deletion. The record of who has the number now is not erased, so no conflict shows there later.
#[tokio::test]
async fn an_erasure_beside_a_message_of_who_has_a_number_now_does_not_lift_the_no_that_counts_for_them() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.opt_in(A, OWN, 12).await;
    world.opt_out(B, 13).await;
    world.opt_in(B, OWN, 15).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    erases_beside(&world, B, 20, 2, async { drop(world.says(A, 20, "m1", "hello").await) }).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// What was acknowledged is never lost. The "no" came to the journal after the erasure had read what there was.
#[tokio::test]
async fn an_opt_out_that_comes_to_the_journal_during_an_erasure_is_not_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.opt_in(A, OWN, 1).await;
    let beside = async {
        store.set(Fault::Unavailable);
        assert!(world.opt_out(A, 10).await.journaled);
    };
    erases_beside(&world, A, 10, 1, beside).await;
    world.opt_in(A, ASSERTED, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// docs/architecture "The journal": a refusal that this process acknowledged counts in all its answers, whatever happens to Redis.
/// The erasure elsewhere kept nothing of it, since Redis had forgotten it by then.
#[tokio::test]
async fn an_opt_out_that_was_forgotten_before_an_erasure_elsewhere_counts_before_it_is_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    store.may_lose();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    store.hear();
    world.opt_out(A, 1).await;
    store.go_deaf();
    store.fail_over(1).await;
    store.hear();
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    elsewhere.erase(A, 2).await;
    elsewhere.opt_in(A, ASSERTED, 3).await;
    world.reach(4);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}
