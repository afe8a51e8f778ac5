//! Many at once on one contact.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sendgate::{
    attest::Content,
    model::{ScopeSet, evidence::Channel},
    policy::{Kind, Reason},
};

use super::world::{ASSERTED, OWN, PERSON, World, at};

/// What one task does: an opt-in, an opt-out or a message, each at a time of its own.
async fn act(world: &World, n: i64) {
    let (who, key) = (world.who(PERSON, n % 17, &format!("k{n}")), n);
    match key % 3 {
        0 => {
            let method = if n % 2 == 0 { OWN } else { ASSERTED };
            let request = world.opt_in_request(who, method, ScopeSet::everything());
            world.gate.record_opt_in(&request).await.unwrap();
        }
        1 => {
            world.opt_out_by(who, if n % 2 == 0 { Channel::Website } else { Channel::Api }).await.unwrap();
        }
        _ => {
            world.says(PERSON, n % 17, &format!("m{n}"), "hello").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_writers_at_once_leave_what_they_would_leave_one_by_one() {
    let (together, one_by_one) = (Arc::new(World::new().await), World::new().await);
    for world in [&*together, &one_by_one] {
        world.reach(60);
    }
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let world = Arc::clone(&together);
            tokio::spawn(async move { act(&world, n).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for n in 0..50 {
        act(&one_by_one, n).await;
    }
    let (mut a, mut b) = (together.contact(PERSON).await, one_by_one.contact(PERSON).await);
    // Kept only while a refusal stands, so that it depends on who came first; it never turns a no into a yes.
    a.last_inbound = None;
    b.last_inbound = None;
    assert_eq!(a, b);
    let statements = (0..50).filter(|n| n % 3 != 2).count();
    assert_eq!(together.log(PERSON).await.entries.len(), statements, "no entry is lost");
    assert_eq!(one_by_one.log(PERSON).await.entries.len(), statements);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_an_acknowledged_opt_out_nothing_is_allowed() {
    for round in 0..20 {
        let world = Arc::new(World::new().await);
        world.opt_in(PERSON, OWN, 0).await;
        world.says(PERSON, 0, "m0", "hello").await;
        world.reach(60);
        let acknowledged = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for n in 0..6 {
            let (world, acknowledged) = (Arc::clone(&world), Arc::clone(&acknowledged));
            tasks.push(tokio::spawn(async move {
                let kind = if n % 2 == 0 { Kind::Template } else { Kind::FreeForm };
                let mut after = 0;
                while after < 20 {
                    let stands = acknowledged.load(Ordering::SeqCst);
                    let answer = if n == 5 {
                        world.gate.check_many(&vec![world.check_of(PERSON, kind); 3]).await.pop().unwrap()
                    } else {
                        world.asks(PERSON, kind).await
                    };
                    assert!(!(stands && answer.verdict.allowed), "round {round}");
                    after += i32::from(stands);
                    tokio::task::yield_now().await;
                }
            }));
        }
        for n in 0..6 {
            let world = Arc::clone(&world);
            tasks.push(tokio::spawn(async move {
                // Late statements and assertions go on; none of them may lift it.
                let request = world.opt_in_request(
                    world.who(PERSON, if n % 2 == 0 { 5 } else { 30 }, ""),
                    if n % 2 == 0 { OWN } else { ASSERTED },
                    ScopeSet::everything(),
                );
                world.gate.record_opt_in(&request).await.unwrap();
                world.says(PERSON, 7, &format!("late-{n}"), "hello").await;
            }));
        }
        world.opt_out_by(world.who(PERSON, 20, "out"), Channel::Website).await.unwrap();
        acknowledged.store(true, Ordering::SeqCst);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
        world.log(PERSON).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_used_by_many_at_once_is_recorded_once() {
    let world = Arc::new(World::new().await);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                world.opt_out_by(world.who(PERSON, 0, "k1"), Channel::Website).await.unwrap().applied
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    let log = world.log(PERSON).await;
    assert_eq!(log.entries.len(), 1);
    assert!(matches!(log.entries[0].2.as_ref().unwrap().content, Content::OptOut { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn proofs_and_refusals_at_once_lose_no_refusal() {
    const USER: &str = "GB.13491208655302741918";
    for _ in 0..10 {
        let world = Arc::new(World::new().await);
        world.opt_in(PERSON, OWN, 0).await;
        world.reach(60);
        let prove = tokio::spawn({
            let world = Arc::clone(&world);
            async move { world.prove(PERSON, USER, 30).await }
        });
        let refuse = tokio::spawn({
            let world = Arc::clone(&world);
            async move { world.opt_out(USER, 20).await.applied }
        });
        prove.await.unwrap();
        assert!(refuse.await.unwrap());
        world.prove(PERSON, USER, 31).await;
        assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
        assert!(world.contact(PERSON).await.everything_out().is_some_and(|(_, out)| out.at == at(20)));
        world.log(PERSON).await;
    }
}
