//! Refusals in the journal: to whom they belong, what a failing store forgets, and when they are let go.

use std::sync::Arc;

use sendgate::{
    attest::PromptStep,
    gate::{Gate, PromptRequest, Who},
    model::{Time, evidence::Channel},
    policy::{Kind, Reason},
    store::journal::{Journal, Kept},
};

use super::world::{ACME, OWN, PERSON, World, at, settings};
use crate::faults::{Fault, Faulty};

const OTHER: &str = "447700900999";

pub(crate) fn with_journal(folder: &tempfile::TempDir) -> sendgate::gate::GateSettings {
    let journal = Journal::open(folder.path().join("journal")).unwrap();
    sendgate::gate::GateSettings { journal: Some(Arc::new(journal)), ..settings(ACME) }
}

/// What goes on beside answers goes on until something holds.
pub(crate) async fn attended(gate: &Gate, holds: impl AsyncFn() -> bool) {
    let until = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    let both = async {
        tokio::select! {
            () = gate.attend() => {}
            () = until => {}
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), both).await.unwrap();
}

pub(crate) async fn replayed(world: &World, gate: &Gate) {
    attended(gate, async || world.metric("journal_entries") == "0").await;
}

/// A world whose store may forget what it answered for, and its journal.
pub(crate) async fn forgetful(folder: &tempfile::TempDir, store: &Arc<Faulty>) -> (World, Arc<Journal>) {
    store.may_lose();
    let settings = with_journal(folder);
    let journal = settings.journal.clone().unwrap();
    let world = World::with(settings, Arc::clone(store)).await;
    store.hear();
    (world, journal)
}

async fn kept(journal: &Journal) -> Vec<Kept> {
    journal.page(0, 100).await.unwrap()
}

/// A failover, as the gate sees it.
pub(crate) async fn fail_over(store: &Faulty, lost: usize) {
    store.go_deaf();
    store.fail_over(lost).await;
    store.hear();
}

#[tokio::test]
async fn a_waiting_refusal_belongs_to_whoever_had_the_number_when_it_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.opt_in(PERSON, OWN, 0).await;
    world.number_changed(PERSON, OTHER, 10).await;
    world.opt_in(PERSON, OWN, 20).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedIn);
    store.set(Fault::Unavailable);
    world.opt_out_by(world.who(PERSON, 5, "late"), Channel::Website).await.unwrap();
    store.set(Fault::None);
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut, "a yes of who has the number now lifts nothing");
    replayed(&world, &world.gate).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_told_does_not_hold_up_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    store.set(Fault::Unavailable);
    let first = world.opt_out_by(world.who(PERSON, 1, "one"), Channel::Website).await.unwrap();
    world.opt_out_by(world.who(OTHER, 1, "two"), Channel::Website).await.unwrap();
    store.unreadable(Some(first.revision.contact));
    store.set(Fault::None);
    attended(&world.gate, async || world.metric("journal_entries") == "1").await;
    assert_eq!(world.log(OTHER).await.entries.len(), 1);
    store.unreadable(None);
    replayed(&world, &world.gate).await;
    assert_eq!(world.log(PERSON).await.entries.len(), 1);
}

#[tokio::test]
async fn an_opt_out_that_a_failing_server_forgot_is_honoured_and_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, journal) = forgetful(&folder, &store).await;
    world.opt_in(PERSON, OWN, 0).await;
    let done = world.opt_out(PERSON, 5).await;
    assert!(!done.journaled, "the store has it");
    assert_eq!(world.metric("journal_entries"), "0", "nothing waits");
    assert_eq!(kept(&journal).await.len(), 1);
    fail_over(&store, 1).await;
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    store.hear();
    assert_eq!(elsewhere.reason(PERSON).await, Reason::OptedIn, "the store has forgotten it");
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut, "this process has not");
    drop(elsewhere);
    attended(&world.gate, async || world.log(PERSON).await.entries.len() == 2).await;
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    elsewhere.reach(5);
    assert_eq!(elsewhere.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(kept(&journal).await.len(), 1, "another failure may come");
}

/// What was acknowledged is never lost: that its key stood for something else there does not make the store have it.
#[tokio::test]
async fn an_opt_out_under_a_key_used_for_something_else_is_told_again_when_it_was_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, _) = forgetful(&folder, &store).await;
    let who = |minutes, digest| Who { request_digest: [digest; 16], ..world.who(PERSON, minutes, "k") };
    let everything = sendgate::model::ScopeSet::everything();
    world.gate.record_opt_in(&world.opt_in_request(who(0, 1), OWN, everything)).await.unwrap();
    world.reach(5);
    store.set(Fault::Unavailable);
    assert!(world.opt_out_by(who(5, 2), Channel::Website).await.unwrap().journaled);
    store.set(Fault::None);
    replayed(&world, &world.gate).await;
    assert_eq!(world.log(PERSON).await.entries.len(), 2);
    fail_over(&store, 1).await;
    attended(&world.gate, async || world.log(PERSON).await.entries.len() == 2).await;
}

#[tokio::test]
async fn what_was_told_is_told_again_after_a_restart_with_a_failover_between() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, journal) = forgetful(&folder, &store).await;
    world.opt_in(PERSON, OWN, 0).await;
    world.says(PERSON, 5, "m1", "STOP").await;
    drop((world, journal));
    store.fail_over(1).await;
    let (world, _) = forgetful(&folder, &store).await;
    world.reach(5);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    attended(&world.gate, async || world.log(PERSON).await.entries.len() == 2).await;
}

#[tokio::test]
async fn a_restart_tells_nothing_that_the_store_has_or_had_erased() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, journal) = forgetful(&folder, &store).await;
    for person in [PERSON, OTHER] {
        world.opt_in(person, OWN, 0).await;
        world.says(person, 5, "m1", "STOP").await;
    }
    world.reach(9);
    world.erase(PERSON, 9).await;
    world.reach(20);
    world.opt_in(PERSON, OWN, 20).await;
    let lengths =
        async |world: &World| (world.log(PERSON).await.entries.len(), world.log(OTHER).await.entries.len());
    let before = lengths(&world).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    drop((world, journal));
    let (world, journal) = forgetful(&folder, &store).await;
    world.reach(21);
    assert_eq!(world.metric("journal_entries"), "0", "nothing waits");
    let asked = store.looked_up();
    attended(&world.gate, async || store.looked_up() >= asked + 2).await;
    assert_eq!(lengths(&world).await, before);
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    assert!(kept(&journal).await.iter().all(|kept| kept.told));
}

#[tokio::test]
async fn a_store_that_forgets_nothing_leaves_nothing_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let settings = with_journal(&folder);
    let journal = settings.journal.clone().unwrap();
    let world = World::with(settings, Faulty::new()).await;
    world.opt_out(PERSON, 5).await;
    assert_eq!(kept(&journal).await, []);
}

#[tokio::test]
async fn what_was_told_is_let_go_after_two_hours() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, journal) = forgetful(&folder, &store).await;
    world.opt_out(PERSON, 0).await;
    world.opt_out(OTHER, 60).await;
    world.reach(121);
    attended(&world.gate, async || kept(&journal).await.len() == 1).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn an_erasure_is_not_undone_by_what_the_journal_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, journal) = forgetful(&folder, &store).await;
    let service = async |minutes: i64| {
        world.says(PERSON, minutes, &format!("m{minutes}"), "hello").await;
        world.asks(PERSON, Kind::FreeForm).await.verdict.reason
    };
    world.opt_out(PERSON, 1).await;
    world.opt_in(PERSON, OWN, 2).await;
    world.erase(PERSON, 3).await;
    assert_eq!(kept(&journal).await.len(), 1, "for its two hours: the store may forget the erasure, too");
    assert_eq!(service(4).await, Reason::WindowOpen, "the opt-out had been lifted");
    world.reach(122);
    attended(&world.gate, async || kept(&journal).await.is_empty()).await;
}

#[tokio::test]
async fn an_erasure_elsewhere_is_not_undone_by_what_was_told_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, _) = forgetful(&folder, &store).await;
    world.opt_out(PERSON, 1).await;
    world.opt_in(PERSON, OWN, 2).await;
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    elsewhere.erase(PERSON, 3).await;
    world.says(PERSON, 4, "m4", "hello").await;
    assert_eq!(world.asks(PERSON, Kind::FreeForm).await.verdict.reason, Reason::WindowOpen);
}

#[tokio::test]
async fn a_declined_prompt_is_kept_while_the_store_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    let step = |step| PromptRequest { who: world.who(PERSON, 1, ""), step, message_id: String::new() };
    world.reach(1);
    store.set(Fault::Unavailable);
    assert!(world.gate.record_prompt(&step(PromptStep::Sent)).await.is_err());
    assert!(world.gate.record_prompt(&step(PromptStep::Declined)).await.unwrap().journaled);
    store.set(Fault::None);
    replayed(&world, &world.gate).await;
    assert_eq!(world.contact(PERSON).await.prompt.last_declined(), Some::<Time>(at(1)));
}
