//! Identities that have to do with each other: changes of number, user IDs, links, erasures, in every order.

use std::sync::Arc;

use sendgate::{
    model::ScopeSet,
    policy::{Kind, Reason},
};

use super::world::{OWN, World};

const A: &str = "447700900111";
const B: &str = "447700900222";
const C: &str = "447700900333";
const U: &str = "GB.1aaa";
const V: &str = "GB.2bbb";
const W: &str = "GB.3ccc";

async fn allows(world: &World, person: &str) -> bool {
    world.asks(person, Kind::Template).await.verdict.allowed
}

/// Rules 0: ordered by when it was said; opt-outs cross a change of number.
#[tokio::test]
async fn a_late_stop_follows_the_person_when_the_old_number_changed_hands_twice() {
    let world = World::new().await;
    world.opt_in(A, OWN, 0).await;
    world.number_changed(A, B, 10).await;
    assert_eq!(world.reason(B).await, Reason::OptedIn);
    world.number_changed(A, C, 20).await;
    world.reach(30);
    let stop =
        world.opt_out_by(world.who(A, 5, "k"), sendgate::model::evidence::Channel::Website).await.unwrap();
    assert!(stop.applied);
    assert_eq!(world.reason(B).await, Reason::OptedOut);
}

/// Rules 0: opt-outs cross a change of number, and what the person said goes along.
#[tokio::test]
async fn a_user_id_follows_a_change_of_number_after_an_erasure() {
    let world = World::new().await;
    world.prove(A, U, 0).await;
    world.reach(10);
    world.gate.erase(&world.who(A, 10, "")).await.unwrap();
    world.number_changed(A, B, 20).await;
    world.opt_out(U, 30).await;
    // Whoever has the old number now.
    world.opt_in(A, OWN, 40).await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

/// A crash in between leaves what the redelivery completes.
#[tokio::test]
async fn a_proof_that_failed_half_way_is_completed_by_its_redelivery() {
    for failing in 1..=6 {
        for forgets in [false, true] {
            let world = World::new().await;
            world.opt_in(A, OWN, 0).await;
            world.prove(A, U, 5).await;
            world.opt_in(B, OWN, 6).await;
            world.reach(10);
            let users = [sendgate::model::UserId::parse(U).unwrap()];
            world.store.fail_commit(failing, forgets);
            let first = world.gate.prove(&world.who(B, 10, ""), &users).await;
            world.store.fail_commit(0, false);
            if first.is_err() {
                world.gate.prove(&world.who(B, 10, ""), &users).await.unwrap();
            }
            world.opt_out(A, 20).await;
            for person in [A, U, B] {
                assert_eq!(
                    world.reason(person).await,
                    Reason::OptedOut,
                    "{person} commit {failing} {forgets}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_change_of_number_that_failed_half_way_is_completed_by_its_redelivery() {
    for failing in 1..=6 {
        for forgets in [false, true] {
            let world = World::new().await;
            world.opt_in(A, OWN, 0).await;
            world.prove(A, U, 5).await;
            world.reach(10);
            world.store.fail_commit(failing, forgets);
            let to = super::world::recipient(B);
            let first = world.gate.number_changed(&world.who(A, 10, ""), &to).await;
            world.store.fail_commit(0, false);
            world.opt_out(A, 15).await;
            if first.is_err() {
                world.gate.number_changed(&world.who(A, 10, ""), &to).await.unwrap();
            }
            for person in [A, U, B] {
                assert_eq!(
                    world.reason(person).await,
                    Reason::OptedOut,
                    "{person} commit {failing} {forgets}"
                );
            }
        }
    }
}

/// B09: evidence is append-only.
#[tokio::test]
async fn an_opt_in_of_a_user_id_survives_the_change_of_number_of_another_identity() {
    let world = World::new().await;
    world.prove(U, V, 1).await;
    world.prove(A, V, 2).await;
    world.opt_in(U, OWN, 10).await;
    assert_eq!(world.reason(U).await, Reason::OptedIn);
    let entries = world.log(U).await.entries.len();
    world.number_changed(A, B, 20).await;
    let has = world
        .log(U)
        .await
        .entries
        .iter()
        .filter(|(_, _, e)| {
            matches!(e.as_ref().map(|e| &e.content), Some(sendgate::attest::Content::OptIn { .. }))
        })
        .count();
    assert_eq!((world.reason(U).await, has), (Reason::OptedIn, 1), "had {entries}");
}

/// Rules 0: opt-outs cross a change of number, and what the person said goes along.
#[tokio::test]
async fn opt_ins_come_back_with_a_number_that_changes_back() {
    let world = World::new().await;
    world.opt_in(A, OWN, 0).await;
    world.number_changed(A, B, 10).await;
    assert_eq!(world.reason(B).await, Reason::OptedIn);
    world.number_changed(B, A, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

#[tokio::test]
async fn an_opt_in_at_the_number_in_between_comes_along_when_the_number_changes_back() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.opt_in(B, OWN, 15).await;
    world.number_changed(B, A, 20).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

/// Rules 0: ordered by when it was said, not by when it arrived.
#[tokio::test]
async fn an_opt_in_from_before_a_change_of_number_that_arrives_late_goes_along() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.reach(20);
    let request = world.opt_in_request(world.who(A, 5, "k"), OWN, ScopeSet::everything());
    world.gate.record_opt_in(&request).await.unwrap();
    assert_eq!(world.reason(B).await, Reason::OptedIn);
}

/// Rules 0: ordered by when it was said; C/E07: a redelivered webhook changes nothing.
#[tokio::test]
async fn a_redelivered_webhook_does_not_take_a_user_id_back() {
    let world = World::new().await;
    world.prove(A, U, 5).await;
    world.prove(B, U, 10).await;
    world.opt_in(B, OWN, 20).await;
    assert!(!allows(&world, A).await && allows(&world, B).await && allows(&world, U).await);
    world.reach(30);
    world.prove(A, U, 5).await;
    assert_eq!(world.reason(A).await, Reason::NoOptIn, "a redelivered webhook changes nothing");
}

/// Rules 0.
#[tokio::test]
async fn a_redelivered_webhook_does_not_let_a_stranger_lift_a_no() {
    let world = World::new().await;
    world.prove(A, U, 5).await;
    world.prove(B, U, 10).await;
    world.prove(A, U, 5).await;
    world.says(B, 20, "m1", "STOP").await;
    world.says(A, 30, "m2", "START").await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

#[tokio::test]
async fn blocks_go_along_with_proofs_and_changes() {
    use sendgate::model::event::Block;
    let world = World::new().await;
    world.opt_in(A, OWN, 0).await;
    world.prove(A, U, 1).await;
    world.gate.record_block(&world.who(U, 1, ""), Block::ByUser).await.unwrap();
    assert_eq!(world.reason(A).await, Reason::BlockedByUser);
    world.number_changed(A, B, 10).await;
    assert_eq!(world.reason(B).await, Reason::BlockedByUser);
    world.reach(20);
    world.gate.erase(&world.who(B, 20, "")).await.unwrap();
    assert_eq!(world.reason(B).await, Reason::BlockedByUser);
}

#[tokio::test]
async fn a_change_told_again_after_an_erasure_keeps_every_no() {
    let world = World::new().await;
    world.opt_in(A, OWN, 0).await;
    world.prove(A, U, 1).await;
    world.number_changed(A, B, 10).await;
    world.opt_out(U, 15).await;
    world.reach(20);
    world.gate.erase(&world.who(B, 20, "")).await.unwrap();
    world.number_changed(A, B, 10).await;
    for id in [A, B, U] {
        assert_eq!(world.reason(id).await, Reason::OptedOut, "{id}");
    }
}

#[tokio::test]
async fn a_redelivered_change_does_not_send_a_number_back() {
    let world = World::new().await;
    world.number_changed(A, B, 10).await;
    world.number_changed(B, C, 20).await;
    world.opt_in(C, OWN, 25).await;
    world.reach(30);
    world.number_changed(A, B, 10).await;
    assert_eq!(world.reason(C).await, Reason::OptedIn);
    assert_eq!(world.reason(B).await, Reason::NoOptIn);
    assert_eq!(world.reason(A).await, Reason::NoOptIn);
}

/// Rules 0: ordered by when it was said, not by when it arrived.
#[tokio::test]
async fn changes_of_number_in_the_other_order_lead_to_the_same() {
    let world = World::new().await;
    world.opt_in(A, OWN, 0).await;
    world.reach(30);
    world.number_changed(B, C, 20).await;
    world.number_changed(A, B, 10).await;
    assert_eq!(world.reason(C).await, Reason::OptedIn, "an opt-in is lost");
}

/// Rules 0: ordered by when it was said.
#[tokio::test]
async fn a_user_id_that_has_left_a_number_stays_when_the_number_changes() {
    let world = World::new().await;
    world.prove(A, U, 1).await;
    world.prove(B, U, 2).await;
    world.opt_in(B, OWN, 3).await;
    assert_eq!(world.reason(U).await, Reason::OptedIn);
    // Whoever has the old number now.
    world.number_changed(A, C, 10).await;
    assert_eq!(world.reason(U).await, Reason::OptedIn, "an opt-in is lost");
}

/// Rules 0.
#[tokio::test]
async fn a_stranger_who_had_the_number_last_does_not_lift_the_no_of_a_user_id() {
    let world = World::new().await;
    world.prove(A, U, 1).await;
    world.prove(B, U, 2).await;
    world.number_changed(A, C, 10).await;
    world.opt_out(B, 20).await;
    assert_eq!(world.reason(U).await, Reason::OptedOut);
    world.opt_in(C, OWN, 30).await;
    assert_eq!(world.reason(B).await, Reason::OptedOut);
    assert_eq!(world.reason(U).await, Reason::OptedOut);
}

/// B09: the log explains each state.
#[tokio::test]
async fn a_refusal_that_crossed_a_new_link_is_in_the_log() {
    let world = World::new().await;
    world.opt_in(A, OWN, 0).await;
    world.opt_out(B, 5).await;
    world.link(A, B, 10).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    let log = world.log(A).await;
    let outs = log.entries.iter().filter_map(|(_, _, entry)| entry.as_ref());
    assert_eq!(outs.filter(|e| matches!(e.content, sendgate::attest::Content::OptOut { .. })).count(), 1);
}

/// Rules 0 and "what was acknowledged is never lost".
#[tokio::test]
async fn a_refusal_of_a_user_id_with_a_log_of_its_own_is_not_wiped_by_a_change_of_number() {
    for failing in 1..=8 {
        let world = World::new().await;
        world.prove(U, V, 1).await;
        world.reach(2);
        let users = [sendgate::model::UserId::parse(V).unwrap()];
        world.store.fail_commit(failing, true);
        let first = world.gate.prove(&world.who(A, 2, ""), &users).await;
        world.store.fail_commit(0, false);
        if first.is_err() {
            world.gate.prove(&world.who(A, 2, ""), &users).await.unwrap();
        }
        world.opt_out(U, 10).await;
        assert_eq!(world.reason(U).await, Reason::OptedOut);
        world.number_changed(A, B, 20).await;
        assert_eq!(world.reason(U).await, Reason::OptedOut, "commit {failing}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refusals_links_proofs_and_changes_at_once() {
    const IDS: [&str; 6] = [A, B, C, U, V, W];
    for round in 0..8_u64 {
        let world = Arc::new(World::new().await);
        for id in IDS {
            world.opt_in(id, OWN, 0).await;
        }
        world.reach(10);
        let mut tasks = Vec::new();
        let mut random = Random(round);
        let mut edges = Vec::new();
        for n in 0..8_usize {
            let (a, b) = (random.below(6), random.below(6));
            if a == b {
                continue;
            }
            let what = random.below(3);
            let what = if what == 1 && b < 3 || what == 2 && (a > 2 || b > 2) { 0 } else { what };
            edges.push((a, b));
            let world = Arc::clone(&world);
            tasks.push(tokio::spawn(async move {
                let who = world.who(IDS[a], 10, &format!("e{n}"));
                match what {
                    0 => world.gate.link(&who, &super::world::recipient(IDS[b])).await.map(drop),
                    1 => world.gate.prove(&who, &[sendgate::model::UserId::parse(IDS[b]).unwrap()]).await,
                    _ => world.gate.number_changed(&who, &super::world::recipient(IDS[b])).await,
                }
            }));
        }
        let out = random.below(6);
        let stop = {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                world
                    .opt_out_by(world.who(IDS[out], 10, "o"), sendgate::model::evidence::Channel::Website)
                    .await
            })
        };
        stop.await.unwrap().unwrap();
        let mut acked = Vec::new();
        for (task, edge) in tasks.into_iter().zip(edges) {
            match task.await.unwrap() {
                Ok(()) => acked.push(edge),
                Err(error) => println!("{round}: {error:?}"),
            }
        }
        let mut reached = std::collections::BTreeSet::from([out]);
        for _ in 0..6 {
            for (a, b) in &acked {
                if reached.contains(a) || reached.contains(b) {
                    reached.extend([*a, *b]);
                }
            }
        }
        for id in reached {
            assert!(!allows(&world, IDS[id]).await, "round {round} {} out {} {acked:?}", IDS[id], IDS[out]);
        }
    }
}

/// Rules 0: opt-outs cross links.
#[tokio::test]
async fn a_link_told_again_after_an_erasure_carries_refusals() {
    let world = World::new().await;
    world.opt_in(B, OWN, 0).await;
    world.link(A, B, 10).await;
    world.reach(20);
    world.gate.erase(&world.who(A, 20, "")).await.unwrap();
    world.opt_in(B, OWN, 25).await;
    world.reach(30);
    let who = world.who(A, 10, "");
    assert!(world.gate.link(&who, &super::world::recipient(B)).await.unwrap().applied);
    world.opt_out(A, 40).await;
    assert_eq!(world.reason(B).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_link_that_failed_half_way_is_completed_by_a_repetition() {
    for failing in 1..=6 {
        for forgets in [false, true] {
            let world = World::new().await;
            world.opt_in(A, OWN, 0).await;
            world.opt_in(B, OWN, 0).await;
            world.opt_out(C, 1).await;
            world.link(A, C, 2).await;
            world.reach(10);
            world.store.fail_commit(failing, forgets);
            let first = world.gate.link(&world.who(A, 10, ""), &super::world::recipient(B)).await;
            world.store.fail_commit(0, false);
            if first.is_err() {
                world.link(A, B, 10).await;
            }
            for id in [A, B, C] {
                assert_eq!(world.reason(id).await, Reason::OptedOut, "{id} {failing} {forgets}");
            }
        }
    }
}

/// One webhook names the old number with the user ID it had, the new one with the one it has, and the change.
#[tokio::test]
async fn a_change_of_number_that_names_user_ids_is_one_of_these() {
    for (old, new) in [(U, V), (V, U), (U, U)] {
        let world = World::new().await;
        world.opt_in(A, OWN, 0).await;
        world.prove(A, old, 10).await;
        world.prove(B, new, 10).await;
        world.number_changed(A, B, 10).await;
        for id in [B, old, new] {
            assert_eq!(world.reason(id).await, Reason::OptedIn, "{id}");
        }
        assert_eq!(world.reason(A).await, Reason::NoOptIn);
        world.opt_out(old, 20).await;
        world.says(A, 30, "m1", "START").await;
        for id in [B, old, new] {
            assert_eq!(world.reason(id).await, Reason::OptedOut, "{id}");
        }
    }
}

#[tokio::test]
async fn a_user_id_that_changed_to_a_number_or_from_one_stays_the_same_person() {
    let world = World::new().await;
    world.opt_in(U, OWN, 0).await;
    world.number_changed(U, B, 10).await;
    world.number_changed(B, V, 20).await;
    world.prove(C, U, 30).await;
    for id in [U, V, C] {
        assert_eq!(world.reason(id).await, Reason::OptedIn, "{id}");
    }
    assert_eq!(world.reason(B).await, Reason::NoOptIn);
    world.says(V, 40, "m1", "STOP").await;
    assert_eq!(world.reason(C).await, Reason::OptedOut);
    world.says(U, 50, "m2", "START").await;
    assert_eq!(world.reason(C).await, Reason::OptedIn);
}

/// Rules 0: who asks is told the same under every name.
#[tokio::test]
async fn two_numbers_of_one_instant_are_both_the_persons_whoever_is_asked_for() {
    let world = World::new().await;
    world.opt_in(U, OWN, 0).await;
    world.prove(B, U, 10).await;
    world.prove(A, U, 10).await;
    for id in [A, B, U] {
        assert_eq!(world.reason(id).await, Reason::OptedIn, "{id}");
    }
    world.prove(B, U, 20).await;
    assert_eq!(world.reason(A).await, Reason::NoOptIn);
    assert_eq!(world.reason(B).await, Reason::OptedIn);
}

/// SplitMix64: the same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
}
