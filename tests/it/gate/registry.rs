//! Thousands of senders that register themselves, learners at once, and what other processes learned.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sendgate::{
    clock::Clock,
    gate::{Check, Gate, Observed, SenderNames},
    metrics::Metrics,
    model::{SenderId, evidence::Channel},
    policy::{Kind, Reason},
    senders::{AccountState, Directory},
};

use super::world::{ACME, OWN, PERSON, World, at, settings};
use crate::faults::{Fault, Faulty};

const AUTO: &str = "senders: {auto_register: true}";
const MANY: u64 = 5_000;
const OTHER: &str = "447700900999";

fn sender(n: u64) -> SenderId {
    SenderId::parse(&format!("1555{n:07}")).unwrap()
}

fn names(n: u64) -> SenderNames {
    let id = SenderId::parse(&format!("10{n:09}")).ok();
    SenderNames { id, number: Some(sender(n)), account: Some((at(0), "77".to_owned())) }
}

/// How long some look-ups of a sender take.
fn looking_up(directory: &Directory, name: &SenderId) -> Duration {
    let fastest = (0..20).map(|_| {
        let started = Instant::now();
        for _ in 0..1000 {
            assert!(std::hint::black_box(directory.find(name)).is_some());
        }
        started.elapsed()
    });
    fastest.min().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_senders_register_in_seconds_and_a_check_finds_one_as_fast() {
    let world = Arc::new(World::with(settings(AUTO), Faulty::new()).await);
    world.gate.sender_named(&names(0)).await.unwrap();
    let few = looking_up(&world.gate.directory(), &sender(0));
    let started = Instant::now();
    let learners: Vec<_> = (0..8)
        .map(|learner| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                for n in (0..MANY).filter(|n| n % 8 == learner) {
                    world.gate.sender_named(&names(n)).await.unwrap();
                }
            })
        })
        .collect();
    for learner in learners {
        learner.await.unwrap();
    }
    let took = started.elapsed();
    let directory = world.gate.directory();
    let many = looking_up(&directory, &sender(MANY / 2));
    println!("{MANY} senders in {took:?}; 1,000 look-ups: {few:?} with one, {many:?} with all");
    assert_eq!(directory.senders().len() as u64, MANY);
    // About a second for each thousand on a busy machine without optimisation; the rest is room.
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(many < few * 5 + Duration::from_millis(1), "{few:?} with one, {many:?} with all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn learners_of_one_row_at_once_lose_nothing() {
    let world = Arc::new(World::with(settings(AUTO), Faulty::new()).await);
    let learners: Vec<_> = (0..50)
        .map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let state = AccountState { limit: Some((n, n.to_string())), ..AccountState::default() };
                world.gate.observe(&Observed::Account("77".to_owned(), state)).await.unwrap();
            })
        })
        .collect();
    for learner in learners {
        learner.await.unwrap();
    }
    let (_, state) = world.gate.directory().learned().accounts.get("77").cloned().unwrap();
    assert_eq!(state.limit, Some((49, "49".to_owned())));
}

#[tokio::test]
async fn what_another_process_learned_is_seen_after_a_refresh_and_by_who_learns_the_same() {
    let world = World::with(settings(AUTO), Faulty::new()).await;
    let shared: Arc<Faulty> = Arc::clone(&world.store);
    let clock = Clock::manual(at(0));
    let other = Gate::open(shared, settings(AUTO), clock, Arc::new(Metrics::new())).await.unwrap();
    other.sender_named(&names(1)).await.unwrap();
    let disabled = AccountState { disabled: Some(1), ..AccountState::default() };
    other.observe(&Observed::Account("77".to_owned(), disabled)).await.unwrap();
    assert!(world.gate.directory().get(sender(1).as_str()).is_none());
    world.gate.sender_named(&names(1)).await.unwrap();
    let canonical = names(1).id.unwrap();
    assert_eq!(world.gate.directory().get(sender(1).as_str()).unwrap().sender.id, canonical);
    assert!(world.gate.directory().learned().accounts.get("77").is_none());
    world.gate.refresh_registry().await.unwrap();
    assert_eq!(world.gate.directory().learned().accounts.get("77").unwrap().1.disabled, Some(1));
}

#[tokio::test]
async fn an_opt_out_under_the_number_holds_for_the_id_as_soon_as_both_are_known_to_be_one() {
    let world = World::with(settings(AUTO), Faulty::new()).await;
    let names = names(1);
    let (id, number) = (names.id.clone().unwrap(), names.number.clone().unwrap());
    let mut who = world.who(PERSON, 0, "");
    who.sender = number.clone();
    world.opt_out_by(who, Channel::Website).await.unwrap();
    let reason = async |sender: &SenderId| {
        let check = Check { sender: sender.clone(), ..world.check_of(PERSON, Kind::Template) };
        world.gate.check(&check).await.verdict.reason
    };
    assert_eq!(reason(&number).await, Reason::OptedOut);
    // Nobody has told that this ID is that number: it is another sender, as far as anybody can know.
    assert_eq!(reason(&id).await, Reason::NoOptIn);
    world.gate.sender_named(&names).await.unwrap();
    for sender in [&id, &number] {
        assert_eq!(reason(sender).await, Reason::OptedOut);
    }
}

#[tokio::test]
async fn a_business_renamed_without_previous_ids_is_warned_of() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), Arc::clone(&store)).await;
    assert_eq!(before.gate.directory().unread(), []);
    before.opt_out(PERSON, 0).await;
    assert_eq!(before.gate.directory().unread(), []);
    let renamed = ACME.replace("id: acme", "id: acme-group");
    let after = World::with(settings(&renamed), Arc::clone(&store)).await;
    let unread = after.gate.directory().unread();
    assert_eq!(unread.len(), 1);
    assert_eq!((unread[0].path.as_str(), unread[0].is_configured), ("businesses[0].senders[0]", false));
    assert_eq!(
        (unread[0].business.as_str(), &unread[0].stored_under[..]),
        ("acme-group", &["acme".to_owned()][..])
    );
    let by_number = renamed.replace("id: '1001', ", "");
    let after = World::with(settings(&by_number), Arc::clone(&store)).await;
    assert_eq!(after.gate.directory().unread().len(), 0, "nobody said yet that the number is that ID");
    let named = renamed.replace("id: acme-group", "id: acme-group\n    previous_ids: [acme]");
    let after = World::with(settings(&named), Arc::clone(&store)).await;
    assert_eq!(after.gate.directory().unread(), []);
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
}

fn disabled() -> Observed {
    Observed::Account(
        "77".to_owned(),
        AccountState { disabled: Some(at(1).millis()), ..AccountState::default() },
    )
}

#[tokio::test]
async fn what_was_learned_unheard_counts_in_the_first_answer_after() {
    let store = Faulty::new();
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    let world = World::with(settings(ACME), Arc::clone(&store)).await;
    store.hear();
    world.opt_in(PERSON, OWN, 0).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    let before = store.registries();
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    assert_eq!(store.registries(), before, "as long as all is heard a check reads nothing");
    elsewhere.gate.observe(&disabled()).await.unwrap();
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn, "nothing was heard of it");
    store.go_deaf();
    store.hear();
    assert_eq!(world.reason(PERSON).await, Reason::SenderRestricted);
    let known = store.registries();
    assert_eq!(world.reason(PERSON).await, Reason::SenderRestricted);
    assert_eq!(store.registries(), known, "and is known from then on");
}

/// While nothing is heard every check waits for a read that began after it, and all that came meanwhile for one.
#[tokio::test]
async fn those_who_ask_at_once_while_nothing_is_heard_wait_for_one_read_of_what_was_learned() {
    let store = Faulty::new();
    let elsewhere = World::with(settings(ACME), Arc::clone(&store)).await;
    let world = Arc::new(World::with(settings(ACME), Arc::clone(&store)).await);
    world.opt_in(PERSON, OWN, 0).await;
    store.go_deaf();
    let ask = || {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.reason(PERSON).await })
    };
    let before = store.registries();
    store.set(Fault::AnswersRegistryLate);
    let first = ask();
    store.reached().await;
    elsewhere.gate.observe(&disabled()).await.unwrap();
    let later: Vec<_> = (0..20).map(|_| ask()).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.registries() - before, 1);
    store.set(Fault::None);
    store.release();
    // It began before, and may have seen either.
    first.await.unwrap();
    for later in later {
        assert_eq!(later.await.unwrap(), Reason::SenderRestricted);
    }
    assert_eq!(store.registries() - before, 2);
}

#[tokio::test]
async fn without_what_was_learned_a_remembered_no_is_a_no_and_nothing_is_allowed() {
    let store = Faulty::new();
    let world = World::with(settings(ACME), Arc::clone(&store)).await;
    store.hear();
    world.opt_in(PERSON, OWN, 0).await;
    world.opt_out(OTHER, 0).await;
    for person in [PERSON, OTHER] {
        world.reason(person).await;
    }
    store.registry_fails(true);
    store.go_deaf();
    store.hear();
    assert_eq!(world.reason(PERSON).await, Reason::StateUnavailable, "its contact can be read");
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    let many = [world.check_of(PERSON, Kind::Template), world.check_of(OTHER, Kind::Template)];
    let reasons: Vec<_> =
        world.gate.check_many(&many).await.into_iter().map(|answer| answer.verdict.reason).collect();
    assert_eq!(reasons, [Reason::StateUnavailable, Reason::OptedOut]);
    assert!(world.gate.ping(Duration::from_secs(5)).await.is_err(), "it is not ready");
    store.registry_fails(false);
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    assert_eq!(world.gate.ping(Duration::from_secs(5)).await, Ok(()));
}
