//! Sequences by which a store that fails and forgets was made to allow what had been refused.

use std::sync::Arc;

use sendgate::{
    gate::{Inbound, Who},
    model::evidence::Channel,
    policy::Reason,
};

use super::{
    journal::{fail_over, forgetful, replayed, with_journal},
    world::{ACME, OWN, PERSON, World, at, settings},
};
use crate::faults::{Fault, Faulty};

const OTHER: &str = "447700900999";
const USER: &str = "GB.1aaa";

/// A process whose clock is so many minutes ahead of that of another takes a yes, and then that other a no while the store is
/// away: without a time of its own, and with one.
async fn a_no_after_a_yes_of_a_clock_ahead(ahead: i64, told: Option<i64>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    elsewhere.opt_in(PERSON, OWN, 10 + ahead).await;
    world.reach(10);
    store.set(Fault::Unavailable);
    let who = Who { occurred_at: told.map(at), ..world.who(PERSON, 0, "") };
    assert!(world.opt_out_by(who, Channel::Website).await.unwrap().journaled);
    store.set(Fault::None);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut, "{ahead} {told:?}");
    replayed(&world, &world.gate).await;
    for minutes in [10, 10 + ahead, 60] {
        world.reach(minutes);
        elsewhere.reach(minutes);
        assert_eq!(world.reason(PERSON).await, Reason::OptedOut, "{ahead} {told:?} at {minutes}");
        assert_eq!(elsewhere.reason(PERSON).await, Reason::OptedOut, "{ahead} {told:?} at {minutes}");
    }
}

#[tokio::test]
async fn a_journaled_no_counts_after_the_yes_of_a_clock_ahead() {
    for ahead in [1, 4, 12] {
        for told in [None, Some(10), Some(9)] {
            a_no_after_a_yes_of_a_clock_ahead(ahead, told).await;
        }
    }
}

#[tokio::test]
async fn a_tie_that_a_failing_server_forgot_goes_on_to_count_and_is_told_again() {
    for proven in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = Faulty::new();
        let (world, _) = forgetful(&folder, &store).await;
        let other = if proven { USER } else { OTHER };
        world.opt_in(PERSON, OWN, 0).await;
        world.opt_in(other, OWN, 0).await;
        let commits = store.commits();
        if proven {
            world.prove(PERSON, other, 1).await;
        } else {
            world.link(PERSON, other, 1).await;
        }
        world.opt_out(PERSON, 5).await;
        assert_eq!(world.reason(other).await, Reason::OptedOut);
        fail_over(&store, usize::try_from(store.commits() - commits).unwrap()).await;
        assert_eq!(world.reason(other).await, Reason::OptedOut, "{proven}: this process has not forgotten");
        super::journal::attended(&world.gate, async || world.log(PERSON).await.entries.len() >= 5).await;
        let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
        elsewhere.reach(5);
        for person in [PERSON, other] {
            assert_eq!(elsewhere.reason(person).await, Reason::OptedOut, "{proven}: {person} elsewhere");
        }
    }
}

#[tokio::test]
async fn a_number_change_that_a_failing_server_forgot_goes_on_to_count() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let (world, _) = forgetful(&folder, &store).await;
    world.opt_out(PERSON, 0).await;
    world.opt_in(OTHER, OWN, 0).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedIn);
    let commits = store.commits();
    world.number_changed(PERSON, OTHER, 5).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    fail_over(&store, usize::try_from(store.commits() - commits).unwrap()).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    super::journal::attended(&world.gate, async || world.log(OTHER).await.entries.len() >= 4).await;
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    elsewhere.reach(5);
    assert_eq!(elsewhere.reason(OTHER).await, Reason::OptedOut);
}

/// Two processes acknowledge the same refusal. The one that recorded it is lost with the server.
#[tokio::test]
async fn whoever_acknowledges_a_repetition_keeps_it_too() {
    for by_word in [false, true] {
        let store = Faulty::new();
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (first, _) = forgetful(&folders[0], &store).await;
        let (second, _) = forgetful(&folders[1], &store).await;
        first.opt_in(PERSON, OWN, 0).await;
        let commits = store.commits();
        for world in [&first, &second] {
            world.reach(5);
            if by_word {
                let (message_id, text) = ("m1".to_owned(), "STOP".to_owned());
                let inbound = Inbound { message_id, text, opens_window: true, ..Inbound::default() };
                world.gate.record_inbound(&world.who(PERSON, 5, ""), &inbound).await.unwrap();
            } else {
                world.opt_out_by(world.who(PERSON, 5, "k1"), Channel::Website).await.unwrap();
            }
        }
        drop(first);
        fail_over(&store, usize::try_from(store.commits() - commits).unwrap()).await;
        assert_eq!(second.reason(PERSON).await, Reason::OptedOut, "{by_word}");
    }
}
