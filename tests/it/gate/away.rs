//! While the store is away: a remembered "no" is a "no", a refusal is kept and honoured, and nothing else is sent.

use std::sync::Arc;

use sendgate::{
    gate::{GateError, Signal},
    model::evidence::Channel,
    policy::{Kind, Reason},
};

use super::{
    journal::{replayed, with_journal},
    world::{ACME, OWN, PERSON, World, settings},
};
use crate::faults::{Fault, Faulty};

const OTHER: &str = "447700900999";

#[tokio::test]
async fn an_opt_out_that_the_store_does_not_take_is_honoured_at_once_and_told_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.opt_in(PERSON, OWN, 0).await;
    store.set(Fault::Unavailable);
    let done = world.opt_out_by(world.who(PERSON, 5, "k"), Channel::Website).await.unwrap();
    assert!(done.journaled && done.applied);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut, "while the store is away");
    store.set(Fault::None);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut, "before the store knows");
    replayed(&world, &world.gate).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    let log = world.log(PERSON).await;
    assert_eq!(log.entries.len(), 2);
    assert!(!world.opt_out_by(world.who(PERSON, 5, "k"), Channel::Website).await.unwrap().journaled);
    assert_eq!(world.log(PERSON).await.entries.len(), 2, "its key is known");
}

#[tokio::test]
async fn what_waits_in_the_journal_is_honoured_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.opt_in(PERSON, OWN, 0).await;
    world.link(PERSON, OTHER, 1).await;
    world.opt_in(OTHER, OWN, 1).await;
    store.set(Fault::Unavailable);
    world.opt_out(PERSON, 5).await;
    drop(world);
    store.set(Fault::None);
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.reach(5);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut, "it crosses links as if it were stored");
    replayed(&world, &world.gate).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_yes_is_refused_and_a_stop_in_a_message_is_kept_while_the_store_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    store.set(Fault::Unavailable);
    assert!(matches!(world.try_opt_in(PERSON, OWN, 0).await, Err(GateError::Store(_))));
    assert!(world.try_says(PERSON, 1, "m1", "STOP").await.is_err(), "its window is to come again");
    world.gate.record_signal(&world.who(OTHER, 1, ""), &Signal::Stop).await.unwrap();
    store.set(Fault::None);
    replayed(&world, &world.gate).await;
    assert_eq!(world.log(PERSON).await.entries.len(), 1);
    world.says(PERSON, 1, "m1", "STOP").await;
    assert_eq!(world.log(PERSON).await.entries.len(), 1, "told again, it is the same");
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert!(world.contact(OTHER).await.platform_stop().is_some());
}

#[tokio::test]
async fn without_a_journal_an_opt_out_that_is_not_stored_is_not_acknowledged() {
    let world = World::new().await;
    world.store.set(Fault::Unavailable);
    let refused = world.opt_out_by(world.who(PERSON, 5, "k"), Channel::Website).await;
    assert!(matches!(refused, Err(GateError::Store(_))));
}

#[tokio::test]
async fn a_remembered_no_says_why_and_a_remembered_yes_is_no_yes() {
    let world = World::new().await;
    world.opt_out(PERSON, 0).await;
    world.opt_in(OTHER, OWN, 0).await;
    world.says(OTHER, 1, "m1", "hello").await;
    for person in [PERSON, OTHER] {
        world.reason(person).await;
    }
    world.go_deaf();
    world.store.set(Fault::Unavailable);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(world.reason(OTHER).await, Reason::StateUnavailable);
    assert_eq!(world.asks(OTHER, Kind::FreeForm).await.verdict.reason, Reason::StateUnavailable);
}

#[tokio::test]
async fn replies_in_a_remembered_window_go_out_where_the_settings_say_so() {
    let unasked = sendgate::gate::GateSettings { replies_unasked: true, ..settings(ACME) };
    let world = World::with(unasked, Faulty::new()).await;
    world.opt_in(OTHER, OWN, 0).await;
    world.says(OTHER, 1, "m1", "hello").await;
    world.says(PERSON, 1, "m2", "STOP").await;
    for person in [PERSON, OTHER] {
        world.reason(person).await;
    }
    world.go_deaf();
    world.store.set(Fault::Unavailable);
    assert!(world.asks(OTHER, Kind::FreeForm).await.verdict.allowed);
    assert!(!world.asks(PERSON, Kind::FreeForm).await.verdict.allowed);
    assert_eq!(world.reason(OTHER).await, Reason::StateUnavailable, "business-initiated messages do not");
    world.reach(1 + 24 * 60);
    assert!(!world.asks(OTHER, Kind::FreeForm).await.verdict.allowed, "nor after the window's end");
}

/// Only what is the same takes no second place in the journal: a key may be used again for something else, or later.
#[tokio::test]
async fn another_refusal_under_the_same_key_is_kept_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    store.may_lose();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    store.hear();
    world.opt_in(PERSON, OWN, 0).await;
    world.reach(20);
    // The store took this one, and it stays in the journal.
    world.opt_out_by(world.who(PERSON, 5, "unsubscribe"), Channel::Website).await.unwrap();
    world.opt_in(PERSON, OWN, 10).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    store.set(Fault::Unavailable);
    for _ in 0..3 {
        let again = world.opt_out_by(world.who(PERSON, 15, "unsubscribe"), Channel::Website).await.unwrap();
        assert!(again.journaled);
    }
    assert_eq!(world.metric("journal_entries"), "1", "told three times");
    store.set(Fault::None);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    replayed(&world, &world.gate).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}
