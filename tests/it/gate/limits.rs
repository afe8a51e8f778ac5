//! Counting before sending: exactly, whoever counts at once, and given back when a message is not sent.

use std::{collections::BTreeSet, sync::Arc};

use sendgate::{
    clock::Clock,
    gate::{Answer, Check, Consistency, DeliveryEvent, Gate, GateError, Signal},
    metrics::Metrics,
    model::{
        Category, Millis, ScopeSet, SenderId,
        evidence::{Action, Evidence},
    },
    policy::{Kind, Reason},
    quality::{FailureClass, Happened},
    store::redis::{self, Redis},
};

use super::world::{ACME, OWN, PERSON, SENDER, World, recipient, settings};
use crate::{
    faults::{Fault, Faulty},
    redis_server::RedisServer,
};

/// A sidecar is as many gates as there are processes; these are eight over one Redis.
const SIDECARS: usize = 8;

fn limits(policy: &str) -> String {
    format!("policy: {policy}\n{ACME}")
}

fn check(person: &str, reserve: bool) -> Check {
    let request = sendgate::policy::Request {
        recipient: recipient(person),
        kind: Kind::Template,
        category: Category::Marketing,
        topic: None,
        template: None,
        automated: false,
        human_escalation: false,
    };
    let sender = SenderId::parse(SENDER).unwrap();
    Check { sender, request, consistency: Consistency::MinimizeLatency, explain: false, reserve }
}

fn event(message: &str, happened: Happened, category: Option<Category>) -> DeliveryEvent {
    DeliveryEvent {
        message_id: message.to_owned(),
        happened,
        code: 0,
        recipient: Some(recipient(PERSON)),
        at: None,
        template: None,
        category,
        topic: None,
        reservation: None,
    }
}

impl World {
    async fn limited(policy: &str) -> Self {
        let world = Self::with(settings(&limits(policy)), Faulty::new()).await;
        world.opt_in(PERSON, OWN, 0).await;
        world
    }

    async fn reserves(&self, person: &str) -> Answer {
        self.gate.check(&check(person, true)).await
    }

    /// The reason of an answer that is not counted.
    async fn would(&self, person: &str) -> Reason {
        self.gate.check(&check(person, false)).await.verdict.reason
    }

    async fn tells(&self, events: &[DeliveryEvent]) {
        self.gate.record_events(&SenderId::parse(SENDER).unwrap(), events).await.unwrap();
    }
}

async fn sidecars(server: &RedisServer, text: &str, clock: &Clock) -> Vec<Arc<Gate>> {
    let mut gates = Vec::new();
    for _ in 0..SIDECARS {
        let store = Redis::open(server.target(), redis::Options::default()).await.unwrap();
        let gate = Gate::open(Arc::new(store), settings(text), clock.clone(), Arc::new(Metrics::new()));
        gates.push(Arc::new(gate.await.unwrap()));
    }
    gates
}

async fn opt_in(gate: &Gate, person: &str) {
    let text = "Receive offers, codes and order updates on WhatsApp from Acme Shoes";
    let who = sendgate::gate::Who {
        sender: SenderId::parse(SENDER).unwrap(),
        recipient: recipient(person),
        occurred_at: None,
        key: String::new(),
        request_digest: [0; 16],
        from_platform: false,
        whole_seconds: false,
    };
    let evidence = Evidence::new(OWN, Action::BoxChecked, "Acme Shoes".to_owned(), text.to_owned());
    let scope = ScopeSet::everything();
    let request = sendgate::gate::OptInRequest { who, scope, evidence, expires_at: None, time_zone: None };
    gate.record_opt_in(&request).await.unwrap();
}

/// Everybody asks at once; the answers.
async fn hammer(gates: &[Arc<Gate>], people: &[String], each: usize) -> Vec<Answer> {
    let mut asking = Vec::new();
    for n in 0..each {
        for (place, gate) in gates.iter().enumerate() {
            let gate = Arc::clone(gate);
            let person = people[(n * gates.len() + place) % people.len()].clone();
            asking.push(tokio::spawn(async move { gate.check(&check(&person, true)).await }));
        }
    }
    let mut answers = Vec::new();
    for one in asking {
        answers.push(one.await.unwrap());
    }
    answers
}

fn allowed(answers: &[Answer]) -> usize {
    let tokens: BTreeSet<_> = answers.iter().filter_map(|answer| answer.reservation.clone()).collect();
    assert_eq!(tokens.len(), answers.iter().filter(|answer| answer.verdict.allowed).count());
    tokens.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_sidecars_that_hammer_one_cap_never_go_over_it() {
    // Redis forgets by its own clock.
    let start = sendgate::clock::system_now();
    let (server, clock) = (RedisServer::start().await, Clock::manual(start));
    let text = limits("{frequency_caps: [{max: 5, per: 24h}], throughput: none}");
    let gates = sidecars(&server, &text, &clock).await;
    opt_in(&gates[0], PERSON).await;
    let answers = hammer(&gates, &[PERSON.to_owned()], 25).await;
    assert_eq!(allowed(&answers), 5);
    let denied = answers.iter().filter(|answer| !answer.verdict.allowed);
    for answer in denied {
        assert_eq!(answer.verdict.reason, Reason::FrequencyCapped);
        assert_eq!(answer.verdict.retry_at, Some(start + Millis::hours(24)));
    }
    // What is given back, on any sidecar, is there for others again, exactly.
    for (answer, gate) in answers.iter().filter(|answer| answer.verdict.allowed).take(2).zip(&gates) {
        assert!(gate.release(answer.reservation.as_deref().unwrap()).await.unwrap());
    }
    assert_eq!(allowed(&hammer(&gates, &[PERSON.to_owned()], 5).await), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_sidecars_reach_no_more_people_than_the_limit_and_send_no_more_within_a_second() {
    // Redis forgets by its own clock.
    let start = sendgate::clock::system_now();
    let (server, clock) = (RedisServer::start().await, Clock::manual(start));
    let people: Vec<String> = (0..40).map(|n| format!("4477009001{n:02}")).collect();
    let gates = sidecars(&server, &limits("{messaging_limit: 12, throughput: none}"), &clock).await;
    for person in &people {
        opt_in(&gates[0], person).await;
    }
    let answers = hammer(&gates, &people, 20).await;
    let reached: BTreeSet<usize> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.verdict.allowed)
        .map(|(place, _)| place % people.len())
        .collect();
    assert_eq!(reached.len(), 12, "people");
    // Who was reached is reached again, and nobody else.
    for (place, answer) in answers.iter().enumerate() {
        let is_reached = reached.contains(&(place % people.len()));
        assert!(!answer.verdict.allowed || is_reached);
        assert!(answer.verdict.allowed || answer.verdict.reason == Reason::MessagingLimit, "{answer:?}");
    }
    drop(gates);
    let gates = sidecars(&server, &limits("{messaging_limit: none, throughput: 15}"), &clock).await;
    assert_eq!(allowed(&hammer(&gates, &people, 10).await), 15);
    clock.set(start + Millis::seconds(1));
    assert_eq!(allowed(&hammer(&gates, &people, 10).await), 15);
}

#[tokio::test]
async fn a_batch_counts_each_recipient_and_a_person_twice() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    world.opt_in("447700900124", OWN, 0).await;
    let checks = [PERSON, "447700900124", PERSON].map(|person| check(person, true));
    let answers = world.gate.check_many(&checks).await;
    let reasons: Vec<_> = answers.iter().map(|answer| answer.verdict.reason).collect();
    assert_eq!(reasons, [Reason::OptedIn, Reason::OptedIn, Reason::FrequencyCapped]);
    assert_eq!(answers.iter().filter(|answer| answer.reservation.is_some()).count(), 2);
}

#[tokio::test]
async fn identities_that_become_one_person_bring_what_was_sent_to_each() {
    const USER: &str = "GB.13491208655302741918";
    let world = World::limited("{frequency_caps: [{max: 2, per: 24h}]}").await;
    world.opt_in(USER, OWN, 0).await;
    assert!(world.reserves(PERSON).await.verdict.allowed && world.reserves(USER).await.verdict.allowed);
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
    world.prove(PERSON, USER, 1).await;
    for name in [PERSON, USER] {
        assert_eq!(world.would(name).await, Reason::FrequencyCapped, "{name}");
        assert_eq!(world.reserves(name).await.verdict.reason, Reason::FrequencyCapped, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_sent() {
    let world = World::limited("{frequency_caps: [{max: 2, per: 24h}]}").await;
    assert!(world.reserves(PERSON).await.verdict.allowed);
    world.store.set(Fault::Unavailable);
    let answer = world.reserves(PERSON).await;
    assert_eq!((answer.verdict.reason, answer.reservation), (Reason::StateUnavailable, None));
    world.store.set(Fault::None);
    assert!(world.reserves(PERSON).await.verdict.allowed, "nothing was counted of it");
    assert_eq!(world.would(PERSON).await, Reason::FrequencyCapped);
}

#[tokio::test]
async fn who_gives_up_waiting_has_reserved_nothing() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    world.store.set(Fault::CommitsSendsLate);
    let gate = Arc::clone(&world.gate);
    let asking = tokio::spawn(async move { gate.check(&check(PERSON, true)).await });
    world.store.reached().await;
    asking.abort();
    drop(asking.await);
    world.store.set(Fault::None);
    world.store.release();
    // What was written after all is taken off again, in the background.
    for _ in 0..500 {
        if world.reserves(PERSON).await.verdict.allowed {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a reservation that nobody knows of stays");
}

#[tokio::test]
async fn a_failure_gives_back_once_however_often_it_is_told() {
    let world = World::limited("{frequency_caps: [{max: 2, per: 24h}]}").await;
    for _ in 0..2 {
        assert!(world.reserves(PERSON).await.verdict.allowed);
    }
    let failed = event("m1", Happened::Failed(FailureClass::Other), None);
    for _ in 0..3 {
        world.tells(std::slice::from_ref(&failed)).await;
    }
    assert!(world.reserves(PERSON).await.verdict.allowed);
    assert_eq!(world.would(PERSON).await, Reason::FrequencyCapped);
}

#[tokio::test]
async fn a_failure_with_its_reservation_gives_back_that_one() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    let reservation = world.reserves(PERSON).await.reservation;
    let failed = event("m1", Happened::Failed(FailureClass::Other), None);
    world.tells(&[DeliveryEvent { reservation, recipient: None, ..failed }]).await;
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn a_message_told_again_counts_once_for_caps_too() {
    let world = World::limited("{frequency_caps: [{max: 2, per: 24h}]}").await;
    for happened in [Happened::Sent, Happened::Delivered, Happened::Read, Happened::Sent] {
        world.tells(&[event("m1", happened, Some(Category::Marketing))]).await;
    }
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
    world.tells(&[event("m2", Happened::Read, Some(Category::Marketing))]).await;
    assert_eq!(world.would(PERSON).await, Reason::FrequencyCapped);
}

#[tokio::test]
async fn a_token_that_is_none_of_ours_releases_nothing() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    let token = world.reserves(PERSON).await.reservation.unwrap();
    let mut other = token.clone().into_bytes();
    other[3] = if other[3] == b'A' { b'B' } else { b'A' };
    for wrong in ["", "x", "AAAA", &String::from_utf8(other).unwrap()] {
        let refused = world.gate.release(wrong).await;
        assert!(matches!(refused, Err(GateError::Invalid(_))), "{wrong}: {refused:?}");
    }
    assert_eq!(world.would(PERSON).await, Reason::FrequencyCapped);
    assert!(world.gate.release(&token).await.unwrap());
    assert!(!world.gate.release(&token).await.unwrap());
}

#[tokio::test]
async fn an_erasure_forgets_what_was_sent() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    assert!(world.reserves(PERSON).await.verdict.allowed);
    world.erase(PERSON, 1).await;
    world.opt_in(PERSON, OWN, 2).await;
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn an_event_without_a_time_that_is_told_again_corrects_nothing_that_happened_since() {
    let world = World::limited("{}").await;
    let failed = |code: u32| DeliveryEvent {
        code,
        ..event(&format!("m{code}"), Happened::Failed(FailureClass::of_code(code)), None)
    };
    let all = [131_050, 131_047, 131_026, 131_049].map(failed);
    world.tells(&all).await;
    assert_ne!(world.would(PERSON).await, Reason::OptedIn);
    // Two days later they wrote and opted in again.
    world.reach(3000);
    world.says(PERSON, 3000, "in", "hello").await;
    world.gate.record_signal(&world.who(PERSON, 3000, "r"), &Signal::Resume).await.unwrap();
    world.opt_in(PERSON, OWN, 3000).await;
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
    world.reach(3001);
    world.tells(&all).await;
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
    assert_eq!(world.asks(PERSON, Kind::FreeForm).await.verdict.reason, Reason::WindowOpen);
}

#[tokio::test]
async fn who_is_reached_by_another_message_stays_reached() {
    let world = World::limited("{messaging_limit: 1}").await;
    world.opt_in("447700900124", OWN, 0).await;
    let answers = world.gate.check_many(&[check(PERSON, true), check(PERSON, true)]).await;
    let tokens: Vec<_> = answers.into_iter().filter_map(|answer| answer.reservation).collect();
    assert_eq!(tokens.len(), 2);
    for (token, reason) in tokens.iter().zip([Reason::MessagingLimit, Reason::OptedIn]) {
        assert!(world.gate.release(token).await.unwrap());
        assert_eq!(world.would("447700900124").await, reason);
    }
}

#[tokio::test]
async fn what_was_sent_is_not_released() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    let reservation = world.reserves(PERSON).await.reservation;
    let read = event("m1", Happened::Sent, Some(Category::Marketing));
    world.tells(&[DeliveryEvent { reservation: reservation.clone(), ..read }]).await;
    assert!(!world.gate.release(&reservation.clone().unwrap()).await.unwrap());
    assert_eq!(world.would(PERSON).await, Reason::FrequencyCapped);
    // The platform says that it failed: then it was not.
    let failed = event("m1", Happened::Failed(FailureClass::Other), None);
    world.tells(&[DeliveryEvent { reservation, ..failed }]).await;
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn a_message_that_is_read_a_day_later_is_no_other_one() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    world.tells(&[event("m1", Happened::Sent, Some(Category::Marketing))]).await;
    assert_eq!(world.would(PERSON).await, Reason::FrequencyCapped);
    world.reach(25 * 60);
    world.tells(&[event("m1", Happened::Read, Some(Category::Marketing))]).await;
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn a_refusal_that_comes_while_it_is_counted_denies_and_nothing_stays_counted() {
    let world = World::limited("{frequency_caps: [{max: 1, per: 24h}]}").await;
    world.store.set(Fault::CommitsSendsLate);
    let gate = Arc::clone(&world.gate);
    let asking = tokio::spawn(async move { gate.check(&check(PERSON, true)).await });
    world.store.reached().await;
    world.store.set(Fault::None);
    world.opt_out(PERSON, 0).await;
    world.store.release();
    let answer = asking.await.unwrap();
    assert_eq!((answer.verdict.reason, answer.reservation), (Reason::OptedOut, None));
    world.opt_in(PERSON, OWN, 1).await;
    assert_eq!(world.would(PERSON).await, Reason::OptedIn);
}
