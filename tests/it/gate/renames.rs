//! The same after a business was renamed.

use std::sync::Arc;

use sendgate::{model::ScopeSet, policy::Reason};

use super::world::{ACME, OWN, World, settings};
use crate::faults::Faulty;

const A: &str = "447700900111";
const B: &str = "447700900222";
const U: &str = "GB.1aaa";
const V: &str = "GB.2bbb";
const W: &str = "GB.3ccc";

fn renamed() -> String {
    ACME.replace("id: acme", "id: acme-group\n    previous_ids: [acme]")
}

/// Rules 0: an own opt-out is lifted by the own opt-in only.
#[tokio::test]
async fn a_start_at_a_number_left_behind_does_not_lift_the_no_of_a_user_id_after_a_rename() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.prove(A, U, 1).await;
    before.prove(A, V, 2).await;
    before.prove(B, V, 3).await;
    let after = World::with(settings(&renamed()), store).await;
    after.says(B, 10, "m1", "STOP").await;
    assert_eq!(after.reason(V).await, Reason::OptedOut);
    after.says(A, 20, "m2", "START").await;
    assert_eq!(after.reason(B).await, Reason::OptedOut);
    assert_eq!(after.reason(V).await, Reason::OptedOut);
}

#[tokio::test]
async fn erased_names_are_gone_after_a_rename_too() {
    use sendgate::store::Store as _;
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.prove(A, V, 50).await;
    before.reach(60);
    before.gate.erase(&before.who(V, 60, "")).await.unwrap();
    before.link(A, U, 70).await;
    before.prove(A, V, 50).await;
    before.link(W, U, 90).await;
    before.opt_out(W, 100).await;
    before.link(A, W, 110).await;
    let after = World::with(settings(&renamed()), Arc::clone(&store)).await;
    after.reach(140);
    after.gate.erase(&after.who(V, 140, "")).await.unwrap();
    for (_, loaded) in store.contacts(None, 100, super::world::at(20)).await.unwrap().contacts {
        assert_eq!(loaded.record.contact.names().count(), 0);
    }
}

/// An erasure under any identity forgets the person under all of them.
#[tokio::test]
async fn an_erasure_by_user_id_after_a_rename_erases_the_person() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.opt_in(A, OWN, 0).await;
    before.prove(A, U, 5).await;
    let after = World::with(settings(&renamed()), store).await;
    after.opt_in(A, OWN, 10).await;
    after.reach(20);
    let (_, entries, _) = after.gate.erase(&after.who(U, 20, "")).await.unwrap();
    assert_eq!((after.reason(A).await, entries > 0), (Reason::NoOptIn, true));
}

/// What is stored under an earlier name is read with the present one, under every identity of the person.
#[tokio::test]
async fn the_log_of_a_user_id_is_found_after_a_rename() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.opt_in(A, OWN, 0).await;
    before.prove(A, U, 5).await;
    assert!(!before.log(U).await.entries.is_empty());
    let after = World::with(settings(&renamed()), store).await;
    assert!(!after.log(A).await.entries.is_empty());
    assert!(!after.log(U).await.entries.is_empty());
}

/// A key is one key under whichever identity it is used.
#[tokio::test]
async fn a_key_is_known_under_every_identity_after_a_rename() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.prove(A, U, 5).await;
    let after = World::with(settings(&renamed()), store).await;
    let scope = ScopeSet::everything();
    let first = after.opt_in_request(after.who(A, 10, "k1"), OWN, scope.clone());
    after.reach(10);
    after.gate.record_opt_in(&first).await.unwrap();
    after.opt_out(A, 20).await;
    let again = after.opt_in_request(after.who(U, 30, "k1"), OWN, scope);
    after.reach(30);
    after.gate.record_opt_in(&again).await.unwrap();
    assert_eq!(after.reason(A).await, Reason::OptedOut, "a used key says nothing new");
}

#[tokio::test]
async fn a_message_under_a_user_id_that_comes_again_after_a_rename_changes_nothing() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.prove(A, U, 1).await;
    before.opt_out(A, 2).await;
    before.says(A, 5, "m1", "START").await;
    before.opt_out(A, 10).await;
    let after = World::with(settings(&renamed()), store).await;
    after.opt_in(A, super::world::ASSERTED, 15).await;
    after.says(U, 5, "m1", "START").await;
    assert_eq!(after.reason(A).await, Reason::OptedOut);
    assert_eq!(after.reason(U).await, Reason::OptedOut);
}

/// Rules 0: an own opt-out is lifted by the own opt-in only, also after a change of number.
#[tokio::test]
async fn a_user_id_follows_a_change_of_number_after_a_rename() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.opt_in(A, OWN, 0).await;
    before.prove(A, U, 1).await;
    let after = World::with(settings(&renamed()), store).await;
    after.number_changed(A, B, 10).await;
    let of_user = after.reason(U).await;
    after.says(B, 20, "m1", "STOP").await;
    assert_eq!(after.reason(U).await, Reason::OptedOut);
    after.says(A, 30, "m2", "START").await;
    assert_eq!(after.reason(U).await, Reason::OptedOut, "lifted by whoever has the old number now");
    assert_eq!(of_user, Reason::OptedIn, "and before the stop its opt-in was lost");
}

/// An acknowledged opt-out is never followed by an ALLOW, also where an erasure left records that name nobody.
#[tokio::test]
async fn a_no_of_a_user_id_that_was_erased_before_a_rename_holds_for_the_number() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.prove(A, U, 1).await;
    before.erase(A, 5).await;
    let after = World::with(settings(&renamed()), store).await;
    after.opt_in(A, OWN, 10).await;
    after.opt_out(U, 20).await;
    assert_eq!(after.reason(U).await, Reason::OptedOut);
    assert_eq!(after.reason(A).await, Reason::OptedOut);
}

/// Rules 0: opt-outs cross links.
#[tokio::test]
async fn a_no_under_one_earlier_name_crosses_a_link_under_another() {
    let store = Faulty::new();
    let one = World::with(settings(&ACME.replace("id: acme", "id: one")), Arc::clone(&store)).await;
    one.opt_out(A, 5).await;
    let two = World::with(settings(&ACME.replace("id: acme", "id: two")), Arc::clone(&store)).await;
    two.opt_in(B, OWN, 1).await;
    two.link(A, B, 2).await;
    let both = ACME.replace("id: acme", "id: acme\n    previous_ids: [one, two]");
    let after = World::with(settings(&both), store).await;
    assert_eq!(after.reason(A).await, Reason::OptedOut);
    assert_eq!(after.reason(B).await, Reason::OptedOut);
}

/// The same for a link of the present name and a "no" of the earlier one: linked before the number was given its id.
#[tokio::test]
async fn a_no_of_one_number_crosses_a_link_of_another_once_they_are_one_sender() {
    use sendgate::{gate::SenderNames, model::SenderId};
    let world = World::with(settings("senders: {auto_register: true}"), Faulty::new()).await;
    world.reach(10);
    let mut who = world.who(A, 5, "");
    who.sender = SenderId::parse("15550001111").unwrap();
    world.opt_out_by(who, sendgate::model::evidence::Channel::Website).await.unwrap();
    world.opt_in(B, OWN, 1).await;
    world.link(A, B, 2).await;
    let names = SenderNames {
        id: SenderId::parse("1001").ok(),
        number: SenderId::parse("15550001111").ok(),
        account: None,
    };
    world.gate.sender_named(&names).await.unwrap();
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    assert_eq!(world.reason(B).await, Reason::OptedOut);
}

/// A repetition after every failing commit, across a change of name.
#[tokio::test]
async fn a_stop_after_a_rename_that_failed_half_way_is_completed_by_its_repetition() {
    for failing in 1..=8 {
        for forgets in [false, true] {
            let store = Faulty::new();
            let before = World::with(settings(ACME), Arc::clone(&store)).await;
            before.opt_in(A, OWN, 0).await;
            before.prove(A, U, 1).await;
            before.opt_in(B, OWN, 1).await;
            before.link(A, B, 2).await;
            let after = World::with(settings(&renamed()), Arc::clone(&store)).await;
            after.reach(10);
            store.fail_commit(failing, forgets);
            let said =
                || after.opt_out_by(after.who(U, 10, "k"), sendgate::model::evidence::Channel::Website);
            let first = said().await;
            store.fail_commit(0, false);
            if first.is_err() {
                said().await.unwrap();
            }
            for id in [A, U, B] {
                assert_eq!(after.reason(id).await, Reason::OptedOut, "{id} {failing} {forgets}");
            }
            after.log(A).await;
        }
    }
}

/// Each step of a rename while several sidecars serve: who has the new id as a former one already sees what is said under it.
#[tokio::test]
async fn sidecars_that_know_both_ids_see_what_is_said_under_either() {
    let store = Faulty::new();
    let prepared = ACME.replace("id: acme", "id: acme\n    previous_ids: [acme-group]");
    let one = World::with(settings(&prepared), Arc::clone(&store)).await;
    one.opt_in(A, OWN, 0).await;
    one.opt_in(B, OWN, 0).await;
    let other = World::with(settings(&renamed()), Arc::clone(&store)).await;
    assert_eq!(other.reason(A).await, Reason::OptedIn);
    other.opt_out(A, 5).await;
    other.says(B, 5, "m1", "STOP").await;
    let one = World::with(settings(&prepared), Arc::clone(&store)).await;
    for id in [A, B] {
        assert_eq!(one.reason(id).await, Reason::OptedOut, "{id}");
    }
}

/// What waited under an id is told under it: sidecars that have not been renamed look nowhere else.
#[tokio::test]
async fn what_waits_in_the_journal_is_told_under_the_id_it_was_said_to() {
    use super::journal::{replayed, with_journal};
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.opt_in(A, OWN, 0).await;
    store.set(crate::faults::Fault::Unavailable);
    world.opt_out_by(world.who(A, 5, "out"), sendgate::model::evidence::Channel::Website).await.unwrap();
    store.set(crate::faults::Fault::None);
    drop(world);
    let journal = with_journal(&folder).journal;
    let after = sendgate::gate::GateSettings { journal, ..settings(&renamed()) };
    let after = World::with(after, Arc::clone(&store)).await;
    replayed(&after, &after.gate).await;
    assert_eq!(after.reason(A).await, Reason::OptedOut);
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    assert_eq!(before.reason(A).await, Reason::OptedOut);
}
