//! Sequences about erasures, numbers that are handed over, clocks and the journal.

use std::sync::Arc;

use sendgate::{
    attest::PromptStep,
    gate::{OptInRequest, PromptRequest},
    model::{Category, ScopeSet, event::Block},
    policy::{Kind, Reason},
    store::journal::Journal,
};

use super::{
    journal::{replayed, with_journal},
    world::{ACME, ASSERTED, OWN, World, at, recipient, settings},
};
use crate::faults::{Fault, Faulty};

const A: &str = "447700900111";
const B: &str = "447700900222";
const C: &str = "447700900333";
const U: &str = "GB.1aaa";

async fn may_reply(world: &World, person: &str) -> bool {
    world.asks(person, Kind::FreeForm).await.verdict.allowed
}

/// Rules 0: a "no" is never lifted by deletion. README "Who may be the same person": it counts until the person opts in again.
#[tokio::test]
async fn an_erasure_of_who_had_a_number_before_does_not_lift_the_no_that_counts_for_who_has_it_now() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.opt_in(A, OWN, 12).await;
    world.opt_out(B, 13).await;
    world.opt_in(B, OWN, 15).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    world.erase(B, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// README "Who may be the same person": what a person took back themselves holds for nobody else that came later. An
/// erasure of theirs does not hand it on.
#[tokio::test]
async fn an_erasure_does_not_hand_a_no_that_was_lifted_to_who_may_be_the_same() {
    let world = World::new().await;
    world.prove(C, U, 0).await;
    world.opt_in(U, OWN, 0).await;
    world.opt_out(A, 1).await;
    world.number_changed(A, B, 5).await;
    world.opt_in(B, OWN, 6).await;
    world.number_changed(A, C, 8).await;
    world.says(U, 9, "m1", "hello").await;
    assert_eq!(world.reason(U).await, Reason::OptedIn);
    world.erase(B, 20).await;
    assert_eq!(world.reason(U).await, Reason::OptedIn);
}

/// docs/evidence "Erasure": a number that somebody else has by now keeps what that one said.
#[tokio::test]
async fn an_erasure_of_who_had_a_number_before_leaves_alone_who_had_it_next_and_left() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.opt_in(A, OWN, 15).await;
    world.erase(B, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
    world.number_changed(A, C, 30).await;
    assert_eq!(world.reason(C).await, Reason::OptedIn);
}

/// docs/evidence "Erasure": the person's identities. Who moves there later was not erased.
#[tokio::test]
async fn an_erasure_of_who_had_a_number_does_not_take_the_opt_in_of_who_changes_to_it_later() {
    let world = World::new().await;
    world.opt_in(A, OWN, 1).await;
    world.erase(B, 5).await;
    world.number_changed(A, B, 10).await;
    assert_eq!(world.reason(B).await, Reason::OptedIn);
}

/// README, erasure of linked identities: every "no" that counted stands at each. Rules 0: never lifted by deletion.
#[tokio::test]
async fn an_erasure_does_not_lift_the_no_of_a_linked_identity_that_only_the_other_took_back() {
    let world = World::new().await;
    world.link(A, B, 1).await;
    world.opt_out(B, 5).await;
    world.opt_in(B, OWN, 6).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    world.erase(A, 10).await;
    world.opt_in(A, ASSERTED, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// README "A number was changed?": what the person said counts at the new number. The change failed half-way, and was completed
/// by its redelivery; a message in between named the user ID.
#[tokio::test]
async fn a_sighting_between_a_change_that_failed_half_way_and_its_redelivery_is_not_lost() {
    let world = World::new().await;
    world.prove(B, U, 1).await;
    world.opt_in(U, OWN, 2).await;
    world.reach(10);
    world.store.fail_commit(2, false);
    assert!(world.gate.number_changed(&world.who(C, 10, ""), &recipient(B)).await.is_err());
    world.prove(B, U, 11).await;
    world.number_changed(C, B, 10).await;
    assert_eq!(world.reason(B).await, Reason::OptedIn);
}

/// Rules 0: the own "no" is lifted by the own "yes" only. The same change told by another of the business's numbers is no other.
#[tokio::test]
async fn a_change_told_by_a_second_number_does_not_let_a_stranger_at_the_old_number_lift_a_no() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.says(B, 11, "m1", "STOP").await;
    world.says(A, 12, "m2", "START").await;
    assert_eq!(world.reason(B).await, Reason::OptedOut);
    world.number_changed(A, B, 13).await;
    assert_eq!(world.reason(B).await, Reason::OptedOut);
}

/// README "A number was changed?": whoever has the old number starts anew; told once more, the change is no other.
#[tokio::test]
async fn a_change_told_by_a_second_number_does_not_take_the_opt_in_of_a_stranger_at_the_old_number() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.opt_in(A, OWN, 12).await;
    world.number_changed(A, B, 13).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
    assert_eq!(world.reason(B).await, Reason::NoOptIn);
}

/// README "Does an old opt-in come back once a no is lifted? No." The erasure failed, and nobody repeats it.
#[tokio::test]
async fn an_erasure_that_failed_half_way_does_not_bring_an_opt_in_of_before_a_no_back() {
    for commit in 1..=8 {
        let world = World::new().await;
        world.prove(A, U, 0).await;
        world.opt_in(A, OWN, 0).await;
        let utility = ScopeSet::category(Category::Utility);
        world.reach(5);
        let out = sendgate::gate::OptOutRequest {
            who: world.who(A, 5, ""),
            scope: utility.clone(),
            channel: sendgate::model::evidence::Channel::Website,
            keyword: String::new(),
        };
        world.gate.record_opt_out(&out).await.unwrap();
        world.reach(7);
        let again = world.opt_in_request(world.who(U, 7, ""), OWN, utility);
        let again = OptInRequest { expires_at: Some(at(10)), ..again };
        world.gate.record_opt_in(&again).await.unwrap();
        world.reach(20);
        assert_eq!(world.reason(A).await, Reason::OptInExpired);
        world.store.fail_commit(commit, false);
        let failed = world.gate.erase(&world.who(A, 20, "")).await.is_err();
        for person in [A, U] {
            let reason = world.reason(person).await;
            assert!(
                matches!(reason, Reason::OptInExpired | Reason::NoOptIn),
                "{commit} {person}: {reason:?}"
            );
        }
        if !failed {
            assert!(commit > 2, "each of two records is erased in a commit of its own");
        }
    }
}

/// E07: a redelivered webhook changes nothing. Who is erased has left the number by now.
#[tokio::test]
async fn a_lifted_stop_at_a_former_number_that_comes_again_after_an_erasure_changes_nothing() {
    let world = World::new().await;
    world.says(A, 5, "m1", "STOP").await;
    world.says(A, 7, "m2", "START").await;
    world.number_changed(A, B, 10).await;
    world.erase(B, 20).await;
    world.says(B, 30, "m3", "where is my order?").await;
    assert!(may_reply(&world, B).await);
    world.says(A, 5, "m1", "STOP").await;
    assert!(may_reply(&world, B).await);
}

/// C01: what was acknowledged counts. The ID is that of another message, which was no "no", and was erased.
#[tokio::test]
async fn a_stop_under_an_id_whose_message_was_erased_counts() {
    let world = World::new().await;
    world.opt_out(A, 1).await;
    world.says(A, 5, "m1", "START").await;
    world.erase(A, 20).await;
    world.says(A, 6, "m1", "STOP").await;
    world.opt_in(A, ASSERTED, 30).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// Two sidecars, the clock of the other two minutes ahead, where A opted in a moment ago.
async fn beside_a_clock_ahead(store: &Arc<Faulty>, world: &World) {
    let ahead = World::with(settings(ACME), Arc::clone(store)).await;
    world.reach(10);
    ahead.opt_in(A, OWN, 12).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

/// A06: blocked until a newer opt-in; a "no" said now counts after every "yes" that is known, as an opt-out does.
#[tokio::test]
async fn a_block_said_after_the_yes_of_a_clock_ahead_counts() {
    let store = Faulty::new();
    let world = World::with(settings(ACME), Arc::clone(&store)).await;
    beside_a_clock_ahead(&store, &world).await;
    world.block(A, Block::ByUser, 11).await;
    assert_eq!(world.reason(A).await, Reason::BlockedByUser);
}

/// A17: declined; as above.
#[tokio::test]
async fn a_decline_said_after_the_yes_of_a_clock_ahead_counts() {
    let store = Faulty::new();
    let world = World::with(settings(ACME), Arc::clone(&store)).await;
    beside_a_clock_ahead(&store, &world).await;
    world.reach(11);
    let (who, step) = (world.who(A, 11, ""), PromptStep::Declined);
    world.gate.record_prompt(&PromptRequest { who, step, message_id: String::new() }).await.unwrap();
    assert_eq!(world.reason(A).await, Reason::OptInDeclined);
}

/// C04: an acknowledged opt-out counts; as above, while the store is away.
#[tokio::test]
async fn an_opt_out_in_the_journal_said_after_the_yes_of_a_clock_ahead_counts() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    beside_a_clock_ahead(&store, &world).await;
    store.set(Fault::Unavailable);
    assert!(world.opt_out(A, 11).await.journaled);
    store.set(Fault::None);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    replayed(&world, &world.gate).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// README, erasure: a "no" that was lifted did not count. It was said at a number that somebody else has by now.
#[tokio::test]
async fn an_erasure_elsewhere_is_not_undone_by_what_was_told_of_a_former_holder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    store.may_lose();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    store.hear();
    world.opt_out(A, 1).await;
    world.opt_in(A, OWN, 2).await;
    world.number_changed(A, B, 3).await;
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    elsewhere.erase(B, 4).await;
    world.says(B, 5, "m1", "hello").await;
    assert!(may_reply(&world, B).await);
}

/// docs/architecture "The journal": what Redis may forget stays for two hours. The erasure is of a stranger.
#[tokio::test]
async fn an_erasure_of_who_has_a_number_now_leaves_the_no_of_who_had_it_before_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    store.may_lose();
    let settings = with_journal(&folder);
    let journal: Arc<Journal> = settings.journal.clone().unwrap();
    let world = World::with(settings, Arc::clone(&store)).await;
    store.hear();
    world.opt_out(A, 1).await;
    world.number_changed(A, B, 3).await;
    world.erase(A, 4).await;
    assert_eq!(journal.page(0, 100).await.unwrap().len(), 3, "the refusal, and both ends of the change");
}

/// docs/architecture "The journal": a refusal that was acknowledged counts, whatever happens to Redis.
#[tokio::test]
async fn an_opt_out_that_was_erased_counts_after_a_failover_that_lost_both() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    store.may_lose();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    store.hear();
    world.opt_out(A, 1).await;
    world.erase(A, 2).await;
    store.go_deaf();
    store.fail_over(usize::try_from(store.commits()).unwrap()).await;
    store.hear();
    world.opt_in(A, ASSERTED, 5).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// README, erasure: a "no" that was lifted did not count. It waited in the journal under the business's former name.
#[tokio::test]
async fn an_erasure_reaches_what_waits_in_the_journal_under_a_former_name_of_the_business() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let before = World::with(with_journal(&folder), Arc::clone(&store)).await;
    before.reach(5);
    store.set(Fault::Unavailable);
    assert!(before.opt_out(A, 5).await.journaled);
    store.set(Fault::None);
    drop(before);
    let renamed = ACME.replace("id: acme", "id: acme2\n    previous_ids: [acme]");
    let journal = Journal::open(folder.path().join("journal")).unwrap();
    let settings = sendgate::gate::GateSettings { journal: Some(Arc::new(journal)), ..settings(&renamed) };
    let after = World::with(settings, store).await;
    after.reach(6);
    assert_eq!(after.reason(A).await, Reason::OptedOut);
    after.opt_in(A, OWN, 10).await;
    assert_eq!(after.reason(A).await, Reason::OptedIn);
    after.erase(A, 20).await;
    after.says(A, 30, "m1", "where is my order?").await;
    assert!(may_reply(&after, A).await);
}

/// model/ties: seen again after a number went to somebody else is news. Here it was seen there in the instant of the change, too.
#[tokio::test]
async fn a_user_id_that_writes_again_from_the_number_it_was_given_up_for_has_it_again() {
    let world = World::new().await;
    world.number_changed(A, U, 10).await;
    world.prove(A, U, 15).await;
    world.opt_in(U, OWN, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}
