//! Sequences that an earlier version got wrong: what must not be sent, what must be recorded, and what may be sent after all.

use std::sync::Arc;

use sendgate::{
    attest::PromptStep,
    gate::{OptOutRequest, PromptRequest, Signal},
    model::{Category, Scope, ScopeSet, Topic, event::Block, evidence::Channel},
    policy::{Kind, Reason},
};

use super::world::{ACME, ASSERTED, OWN, World, recipient, settings};
use crate::faults::Faulty;

const A: &str = "447700900111";
const B: &str = "447700900222";
const C: &str = "447700900333";
const U: &str = "GB.1aaa";
const V: &str = "GB.2bbb";

fn renamed() -> String {
    ACME.replace("id: acme", "id: acme2\n    previous_ids: [acme]")
}

async fn may_reply(world: &World, person: &str) -> bool {
    world.asks(person, Kind::FreeForm).await.verdict.allowed
}

/// Rules 0: opt-outs cross identity links; README "An erasure of linked identities": that they belong together stays.
#[tokio::test]
async fn a_no_of_one_user_id_crosses_to_the_other_of_the_number_after_a_rename_and_an_erasure() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.prove(A, U, 1).await;
    let after = World::with(settings(&renamed()), store).await;
    after.prove(A, V, 2).await;
    after.erase(A, 5).await;
    after.opt_in(U, OWN, 10).await;
    after.opt_out(V, 20).await;
    assert_eq!(after.reason(U).await, Reason::OptedOut);
}

/// Rules 0: opt-outs cross identity links. The same with links of the business.
#[tokio::test]
async fn a_no_crosses_two_links_after_a_rename_and_an_erasure() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.link(A, B, 1).await;
    let after = World::with(settings(&renamed()), store).await;
    after.link(A, C, 2).await;
    after.erase(A, 5).await;
    after.opt_in(B, OWN, 10).await;
    after.opt_out(C, 20).await;
    assert_eq!(after.reason(B).await, Reason::OptedOut);
}

/// Rules 0: the own opt-out is lifted by the own opt-in only. D:C6: a user ID is new with each number; V is a newcomer's.
#[tokio::test]
async fn who_turns_up_at_a_recycled_number_does_not_lift_the_no_of_the_user_id_that_had_it() {
    let world = World::new().await;
    world.prove(A, U, 1).await;
    world.says(A, 5, "m1", "STOP").await;
    world.prove(A, V, 20).await;
    world.says(A, 30, "m2", "START").await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

/// Rules 0, D:C6: opt-ins cross proven links only; no webhook ever named U and V together.
#[tokio::test]
async fn who_turns_up_at_a_recycled_number_does_not_inherit_an_opt_in() {
    let world = World::new().await;
    world.prove(A, U, 1).await;
    world.opt_in(U, OWN, 2).await;
    world.prove(A, V, 20).await;
    assert_eq!(world.reason(V).await, Reason::NoOptIn);
}

/// Rules 0; README "Who may be the same person": who had a number before; a yes never crosses.
#[tokio::test]
async fn who_moves_to_a_number_does_not_lift_the_no_of_who_had_it_before() {
    let world = World::new().await;
    world.prove(B, V, 1).await;
    world.says(B, 2, "m1", "STOP").await;
    world.prove(A, U, 3).await;
    world.number_changed(A, B, 10).await;
    world.says(B, 20, "m2", "START").await;
    assert_eq!(world.reason(V).await, Reason::OptedOut);
}

/// Rules 0; README "Who may be the same person": a yes of who had the number before never crosses.
#[tokio::test]
async fn who_moves_to_a_number_does_not_inherit_the_opt_in_of_who_had_it_before() {
    let world = World::new().await;
    world.opt_in(B, OWN, 2).await;
    world.prove(A, U, 3).await;
    world.number_changed(A, B, 10).await;
    assert_eq!(world.reason(U).await, Reason::NoOptIn);
}

/// B11: a bare "yes" counts only as an answer; who has the number now was asked nothing.
#[tokio::test]
async fn a_bare_yes_of_who_got_a_number_does_not_answer_the_stop_of_who_had_it() {
    let world = World::new().await;
    world.says(A, 5, "m1", "STOP").await;
    world.number_changed(A, B, 10).await;
    world.says(A, 20, "m2", "yes").await;
    assert!(!world.asks(A, Kind::Template).await.verdict.allowed);
}

/// B11: a bare "yes" counts only as the answer to an open or declined prompt; B had none.
#[tokio::test]
async fn a_bare_yes_of_a_linked_identity_does_not_answer_the_prompt_that_another_declined() {
    let wording = "'Receive messages from Acme Shoes on WhatsApp'";
    let text = format!("{ACME}policy: {{opt_in_prompt: {{enabled: true, disclosure_text: {wording}}}}}\n");
    let world = World::with(settings(&text), Faulty::new()).await;
    for (step, minute) in [(PromptStep::Sent, 0), (PromptStep::Declined, 1)] {
        world.reach(minute);
        let who = world.who(A, minute, "");
        world.gate.record_prompt(&PromptRequest { who, step, message_id: String::new() }).await.unwrap();
    }
    world.link(A, B, 2).await;
    world.says(B, 20, "m2", "yes").await;
    assert!(!world.asks(B, Kind::Template).await.verdict.allowed);
}

/// Rules 0: opt-ins cross only proven links. The link was told before the "no"; its clock was four minutes ahead.
#[tokio::test]
async fn a_link_from_a_clock_ahead_does_not_let_a_yes_cross() {
    let world = World::new().await;
    world.opt_in(A, OWN, 0).await;
    world.reach(10);
    world.gate.link(&world.who(A, 14, ""), &recipient(B)).await.unwrap();
    world.opt_out(B, 11).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    world.opt_in(B, OWN, 12).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// A04, C05: one confirmation for one opt-out.
#[tokio::test]
async fn one_opt_out_is_not_confirmed_once_more_under_each_linked_identity() {
    let world = World::new().await;
    world.link(A, B, 1).await;
    world.says(A, 5, "m1", "STOP").await;
    world.reach(6);
    world.gate.record_confirmation(&world.who(A, 6, ""), false).await.unwrap();
    assert!(!world.asks(A, Kind::OptOutConfirmation).await.verdict.allowed);
    assert!(!world.asks(B, Kind::OptOutConfirmation).await.verdict.allowed);
}

/// What was acknowledged is never lost.
#[tokio::test]
async fn a_no_is_not_forgotten_after_256_sightings_elsewhere() {
    let world = World::new().await;
    world.opt_out(C, 0).await;
    world.prove(C, U, 1).await;
    for n in 0..140 {
        world.prove(A, U, 2 + 2 * n).await;
        world.prove(B, U, 3 + 2 * n).await;
    }
    world.opt_in(U, ASSERTED, 300).await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

/// C01: an opt-out counts. This one is refused for ever, with CONTENTION.
#[tokio::test]
async fn a_no_whose_key_was_erased_under_another_identity_can_be_recorded() {
    let world = World::new().await;
    world.opt_out_by(world.who(U, 0, "k1"), Channel::Website).await.unwrap();
    world.erase(U, 5).await;
    world.prove(A, U, 10).await;
    world.reach(20);
    world.opt_out_by(world.who(A, 20, "k1"), Channel::Website).await.unwrap();
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// C01. The same after a rename: an import run once more, whose keys follow from its rows.
#[tokio::test]
async fn a_no_whose_key_was_erased_before_a_rename_can_be_recorded() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.opt_out_by(before.who(A, 0, "k1"), Channel::Website).await.unwrap();
    before.erase(A, 5).await;
    let after = World::with(settings(&renamed()), store).await;
    after.reach(20);
    after.opt_out_by(after.who(A, 0, "k1"), Channel::Website).await.unwrap();
}

/// C02, E07: a redelivered stop is answered, not failed for as long as the platform tries.
#[tokio::test]
async fn a_stop_of_the_platform_that_comes_again_after_an_erasure_and_a_rename_is_taken() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    before.reach(1);
    before.gate.record_signal(&before.who(A, 1, ""), &Signal::Stop).await.unwrap();
    before.erase(A, 5).await;
    let after = World::with(settings(&renamed()), store).await;
    after.reach(10);
    after.gate.record_signal(&after.who(A, 1, ""), &Signal::Stop).await.unwrap();
}

/// EraseContact forgets the person, "under every identity that are theirs by proof or by the business's word"; B09 for others.
#[tokio::test]
async fn an_erasure_leaves_the_stranger_who_has_the_old_number_alone() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.opt_in(A, OWN, 15).await;
    world.erase(B, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

/// A wrong "no", and a STOP that cannot be stored: links that were accepted break when the business is renamed twice.
#[tokio::test]
async fn links_that_were_accepted_can_be_read_after_two_renames() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    for n in 0..100 {
        before.link(A, &format!("+4477009{n:05}"), 1).await;
    }
    before.opt_in(A, OWN, 2).await;
    let text = ACME.replace("id: acme", "id: acme3\n    previous_ids: [acme, acme2]");
    let after = World::with(settings(&text), store).await;
    after.reach(10);
    assert!(after.try_says(A, 10, "m1", "hello").await.is_ok());
    assert_eq!(after.reason(A).await, Reason::OptedIn);
}

/// README `LinkContacts`: told again it changes nothing. After one rename it is refused.
#[tokio::test]
async fn a_link_among_eighty_can_be_told_again_after_a_rename() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    for n in 0..80 {
        before.link(A, &format!("+4477009{n:05}"), 1).await;
    }
    let after = World::with(settings(&renamed()), store).await;
    after.reach(5);
    let again = after.gate.link(&after.who(A, 5, ""), &recipient("+447700900001")).await;
    assert!(again.is_ok(), "{again:?}");
}

/// B13: the person can opt in again at any time. A "no" from a clock ahead swallows it; a block's time is cut to now.
#[tokio::test]
async fn a_no_from_a_clock_ahead_does_not_swallow_the_opt_in_after_it() {
    let world = World::new().await;
    world.reach(10);
    world.opt_out_by(world.who(A, 14, ""), Channel::Website).await.unwrap();
    world.opt_in(A, OWN, 12).await;
    world.reach(60);
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

/// E07: a redelivered webhook changes nothing. The START after that STOP is a known repetition; the STOP is taken anew.
#[tokio::test]
async fn a_lifted_stop_that_comes_again_after_an_erasure_changes_nothing() {
    let world = World::new().await;
    world.says(A, 5, "m1", "STOP").await;
    world.says(A, 10, "m2", "START").await;
    world.erase(A, 20).await;
    world.says(A, 30, "m3", "where is my order?").await;
    assert!(may_reply(&world, A).await);
    world.says(A, 5, "m1", "STOP").await;
    world.says(A, 10, "m2", "START").await;
    assert!(may_reply(&world, A).await);
}

/// README: each "no" that counted stands after an erasure; one that was lifted did not count.
#[tokio::test]
async fn an_erasure_that_failed_half_way_and_is_repeated_does_not_revive_a_lifted_no() {
    let world = World::new().await;
    world.prove(A, U, 1).await;
    world.opt_out(A, 5).await;
    world.opt_in(U, OWN, 10).await;
    world.reach(20);
    world.store.fail_commit(2, false);
    assert!(world.gate.erase(&world.who(A, 20, "")).await.is_err());
    world.erase(A, 20).await;
    world.says(A, 30, "m1", "where is my order?").await;
    assert!(may_reply(&world, A).await);
}

/// A06: a block stands until a newer opt-in of their own, which was there.
#[tokio::test]
async fn an_erasure_does_not_revive_a_block_that_an_opt_in_had_lifted() {
    let world = World::new().await;
    world.block(A, Block::ByUser, 1).await;
    world.opt_in(A, OWN, 5).await;
    world.erase(A, 10).await;
    world.opt_in(A, ASSERTED, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

/// A07: who opts out of a category is out of that. The 256 topics are of another, whom the business linked.
#[tokio::test]
async fn topics_that_a_linked_identity_refused_do_not_widen_the_no_of_another() {
    let world = World::new().await;
    let refuses = |person: &'static str, minute: i64, scopes: Vec<Scope>| OptOutRequest {
        who: world.who(person, minute, ""),
        scope: ScopeSet::of(scopes),
        channel: Channel::Website,
        keyword: String::new(),
    };
    for part in 0..8 {
        let topic = |n: usize| Scope::Topic(Topic::parse(&format!("t{}", 32 * part + n)).unwrap());
        world.gate.record_opt_out(&refuses(A, 0, (0..32).map(topic).collect())).await.unwrap();
    }
    world.opt_in(B, OWN, 1).await;
    world.link(A, B, 2).await;
    world.reach(5);
    world.gate.record_opt_out(&refuses(B, 5, vec![Scope::Category(Category::Marketing)])).await.unwrap();
    assert_eq!(world.reason(B).await, Reason::OptedIn);
}

/// A stranger's log tells the new number of who had the number before.
#[tokio::test]
async fn the_log_of_a_number_does_not_hold_what_its_former_holder_says_at_another() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.opt_in(B, OWN, 20).await;
    let log = world.log(A).await;
    let entries = log.entries.iter().filter_map(|(_, _, entry)| entry.as_ref());
    assert_eq!(entries.filter(|entry| entry.recipient == Some(recipient(B))).count(), 0);
}

/// An opt-in from before an erasure does not count; one of somebody not known yet does.
#[tokio::test]
async fn an_assertion_from_before_the_erasure_of_somebody_unknown_does_not_count() {
    let world = World::new().await;
    world.erase(A, 10).await;
    world.reach(20);
    world.opt_in(A, ASSERTED, 5).await;
    assert_eq!(world.reason(A).await, Reason::NoOptIn);
}
