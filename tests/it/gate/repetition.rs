//! The same write twice, writes that come late, and writes that are refused.

use sendgate::{
    attest::{Content, PromptStep},
    conversation::Effect,
    gate::{ContactNames, GateError, PromptRequest},
    model::{Category, ScopeSet, evidence::Channel},
    policy::{Kind, Reason},
};

use super::world::{ASSERTED, OWN, PERSON, World};

#[tokio::test]
async fn the_same_key_has_the_same_result_and_writes_once() {
    let world = World::new().await;
    let request = world.opt_in_request(world.who(PERSON, 0, "k1"), OWN, ScopeSet::everything());
    let first = world.gate.record_opt_in(&request).await.unwrap();
    let again = world.gate.record_opt_in(&request).await.unwrap();
    assert_eq!((first.done.applied, first.done.revision), (again.done.applied, again.done.revision));
    assert_eq!(first.findings, again.findings);
    assert_eq!(world.log(PERSON).await.entries.len(), 1);
}

#[tokio::test]
async fn a_repeated_statement_says_whether_it_stands_by_now() {
    let world = World::new().await;
    let request = world.opt_in_request(world.who(PERSON, 0, "k1"), OWN, ScopeSet::everything());
    world.gate.record_opt_in(&request).await.unwrap();
    world.opt_out(PERSON, 5).await;
    let again = world.gate.record_opt_in(&request).await.unwrap();
    assert!(!again.done.applied, "the opt-out stands by now");
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(world.log(PERSON).await.entries.len(), 2);
    world.reach(9);
    let out = world.who(PERSON, 6, "unsubscribe");
    assert!(world.opt_out_by(out.clone(), Channel::Website).await.unwrap().applied);
    let later = world.opt_in_request(world.who(PERSON, 7, "k2"), OWN, ScopeSet::everything());
    assert!(world.gate.record_opt_in(&later).await.unwrap().done.applied);
    let again = world.opt_out_by(out, Channel::Website).await.unwrap();
    assert!(!again.applied, "who repeats it is told that it no longer counts");
}

#[tokio::test]
async fn a_key_with_other_content_is_refused() {
    let world = World::new().await;
    let mut request = world.opt_in_request(world.who(PERSON, 0, "k1"), OWN, ScopeSet::everything());
    request.who.request_digest = [1; 16];
    world.gate.record_opt_in(&request).await.unwrap();
    request.who.request_digest = [2; 16];
    assert!(matches!(world.gate.record_opt_in(&request).await, Err(GateError::KeyReused)));
    let mut who = world.who(PERSON, 1, "k1");
    who.request_digest = [3; 16];
    assert!(matches!(world.opt_out_by(who, Channel::Website).await, Err(GateError::KeyReused)));
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn one_key_may_be_used_for_two_people() {
    let world = World::new().await;
    for person in [PERSON, "447700900124"] {
        let who = world.who(person, 0, "campaign-7");
        assert!(world.opt_out_by(who, Channel::Website).await.unwrap().applied);
    }
    assert_eq!(world.reason("447700900124").await, Reason::OptedOut);
}

#[tokio::test]
async fn a_message_delivered_again_changes_nothing() {
    let world = World::new().await;
    for (n, text) in ["hello", "STOP", "me deixa em paz", "yes"].into_iter().enumerate() {
        let minute = i64::try_from(n).unwrap() * 10;
        let id = format!("wamid.{n}");
        world.says(PERSON, minute, &id, text).await;
        let (version, log) = (world.version(PERSON).await, world.log(PERSON).await.entries.len());
        world.reach(minute + 5);
        world.says(PERSON, minute, &id, text).await;
        assert_eq!(world.version(PERSON).await, version, "{text}");
        assert_eq!(world.log(PERSON).await.entries.len(), log, "{text}");
    }
}

#[tokio::test]
async fn an_opt_out_delivered_again_after_a_later_opt_in_does_not_count_again() {
    let world = World::new().await;
    world.says(PERSON, 0, "wamid.stop", "STOP").await;
    world.says(PERSON, 10, "wamid.yes", "yes").await;
    let again = world.says(PERSON, 0, "wamid.stop", "STOP").await;
    assert!(matches!(again.effect, Effect::OptOut(..)), "it says what it did");
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn a_late_consent_never_overrides_a_later_opt_out() {
    for method in [OWN, ASSERTED] {
        let world = World::new().await;
        world.opt_out(PERSON, 10).await;
        assert!(!world.opt_in(PERSON, method, 9).await.done.applied);
        assert!(!world.opt_in(PERSON, method, 10).await.done.applied, "at equal times the opt-out wins");
        assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    }
}

#[tokio::test]
async fn a_refused_write_is_kept_in_the_log_and_says_what_stands() {
    let world = World::new().await;
    world.opt_out(PERSON, 10).await;
    let refused = world.opt_in(PERSON, ASSERTED, 20).await;
    assert!(!refused.done.applied && refused.standing.is_some());
    let log = world.log(PERSON).await;
    let (_, _, entry) = log.entries.last().unwrap();
    let entry = entry.as_ref().unwrap();
    assert!(!entry.applied && matches!(entry.content, Content::OptIn { .. }));
}

#[tokio::test]
async fn an_opt_out_leaves_the_proof_of_the_opt_in() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.opt_out(PERSON, 1).await;
    let log = world.log(PERSON).await;
    let kept = log.entries.iter().filter_map(|(_, _, entry)| entry.as_ref());
    assert!(kept.filter(|entry| matches!(entry.content, Content::OptIn { .. })).count() == 1);
}

#[tokio::test]
async fn the_order_of_arrival_changes_nothing() {
    let (forth, back) = (World::new().await, World::new().await);
    for world in [&forth, &back] {
        world.reach(60);
    }
    forth.opt_in(PERSON, OWN, 1).await;
    forth.opt_out(PERSON, 2).await;
    forth.opt_in(PERSON, OWN, 3).await;
    back.opt_in(PERSON, OWN, 3).await;
    back.opt_out(PERSON, 2).await;
    back.opt_in(PERSON, OWN, 1).await;
    for world in [&forth, &back] {
        assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
        assert_eq!(world.log(PERSON).await.entries.len(), 3);
    }
}

#[tokio::test]
async fn keys_and_message_ids_do_not_meet() {
    let names = ContactNames::new(&[1; 32]);
    assert_ne!(names.statement("key", "a"), names.statement("message", "a"));
    let others = ContactNames::new(&[2; 32]);
    assert_ne!(
        names.statement("key", "a"),
        others.statement("key", "a"),
        "nobody can search for what was a key"
    );
    let world = World::new().await;
    world.says(PERSON, 0, "same", "STOP").await;
    let request = world.opt_in_request(world.who(PERSON, 1, "same"), OWN, ScopeSet::everything());
    world.reach(1);
    assert!(world.gate.record_opt_in(&request).await.unwrap().done.applied);
    assert!(world.asks(PERSON, Kind::Template).await.verdict.allowed);
}

#[tokio::test]
async fn an_opt_out_beyond_the_most_scopes_becomes_one_of_everything_and_an_opt_in_is_refused() {
    use sendgate::model::{Scope, Topic};
    let world = World::new().await;
    let topics = |from: usize| {
        let topic = |n| Scope::Topic(Topic::parse(&format!("t{n}")).unwrap());
        ScopeSet::of((from..from + 32).map(topic).collect())
    };
    for batch in 0..8 {
        let request = world.opt_in_request(world.who(PERSON, 0, ""), OWN, topics(batch * 32));
        world.gate.record_opt_in(&request).await.unwrap();
    }
    let request = world.opt_in_request(world.who(PERSON, 0, ""), OWN, topics(256));
    assert!(matches!(world.gate.record_opt_in(&request).await, Err(GateError::Invalid(_))));
    world.reach(1);
    let request = sendgate::gate::OptOutRequest {
        who: world.who(PERSON, 1, ""),
        scope: topics(256),
        channel: Channel::Website,
        keyword: String::new(),
    };
    assert!(world.gate.record_opt_out(&request).await.unwrap().contact.everything_out().is_some());
}

#[tokio::test]
async fn a_yes_dated_ahead_of_the_clock_does_not_outlive_the_no_after_it() {
    let world = World::new().await;
    let ahead = world.opt_in_request(world.who(PERSON, 4, ""), OWN, ScopeSet::everything());
    world.gate.record_opt_in(&ahead).await.unwrap();
    assert!(world.opt_out(PERSON, 1).await.applied);
    world.reach(10);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_stop_of_the_platform_beats_a_yes_within_its_second() {
    let world = World::new().await;
    world.reach(1);
    let mut yes = world.who(PERSON, 0, "");
    let second = yes.occurred_at.unwrap();
    yes.occurred_at = Some(second + sendgate::model::Millis::new(500));
    let request = world.opt_in_request(yes, OWN, ScopeSet::everything());
    world.gate.record_opt_in(&request).await.unwrap();
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    let mut who = world.who(PERSON, 0, "");
    who.from_platform = true;
    who.whole_seconds = true;
    let stop = sendgate::gate::Inbound {
        message_id: "wamid.1".to_owned(),
        text: "STOP".to_owned(),
        ..sendgate::gate::Inbound::default()
    };
    world.gate.record_inbound(&who, &stop).await.unwrap();
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}

fn accepted(world: &World, minutes: i64) -> PromptRequest {
    let who = world.who(PERSON, minutes, "k1");
    PromptRequest { who, step: PromptStep::Accepted, message_id: "p1".to_owned() }
}

#[tokio::test]
async fn an_acceptance_told_again_after_an_erasure_is_a_repetition() {
    let world = World::new().await;
    let sent = PromptRequest {
        who: world.who(PERSON, 0, "k0"),
        step: PromptStep::Sent,
        message_id: "p1".to_owned(),
    };
    world.gate.record_prompt(&sent).await.unwrap();
    assert!(world.gate.record_prompt(&accepted(&world, 0)).await.unwrap().applied);
    world.erase(PERSON, 5).await;
    let entries = world.log(PERSON).await.entries.len();
    assert!(!world.gate.record_prompt(&accepted(&world, 0)).await.unwrap().applied, "it no longer stands");
    assert_eq!(world.log(PERSON).await.entries.len(), entries);
    let mut other = accepted(&world, 0);
    other.who.key = "k2".to_owned();
    assert!(!world.gate.record_prompt(&other).await.unwrap().applied, "from before the erasure");
}

#[tokio::test]
async fn an_acceptance_told_again_answers_as_it_did() {
    let world = World::new().await;
    let sent = PromptRequest { step: PromptStep::Sent, ..accepted(&world, 0) };
    let sent = PromptRequest { who: world.who(PERSON, 0, "k0"), ..sent };
    world.gate.record_prompt(&sent).await.unwrap();
    world.reach(1);
    assert!(world.gate.record_prompt(&accepted(&world, 1)).await.unwrap().applied);
    world.opt_out(PERSON, 5).await;
    assert!(world.gate.record_prompt(&accepted(&world, 1)).await.unwrap().applied);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn an_opt_in_told_again_is_not_judged_again() {
    let world = World::new().await;
    let scope = ScopeSet::everything();
    let request = world.opt_in_request(world.who(PERSON, 0, "k1"), OWN, scope.clone());
    let first = world.gate.record_opt_in(&request).await.unwrap();
    // As if the business had another name by now.
    let mut other = request.clone();
    other.evidence.business_name = "Somebody Else".to_owned();
    let again = world.gate.record_opt_in(&other).await.unwrap();
    assert_eq!((again.done.applied, again.done.revision), (true, first.done.revision));
    other.who.key = "k2".to_owned();
    assert!(matches!(world.gate.record_opt_in(&other).await, Err(GateError::Invalid(_))));
    other.who.key = "k1".to_owned();
    (other.who.request_digest, other.evidence.business_name) = ([7; 16], "Somebody Else".to_owned());
    assert!(world.gate.record_opt_in(&other).await.is_ok(), "the first had no digest to differ from");
}

/// A "stop" that was told late, of before an opt-in, is kept and did not opt out.
#[tokio::test]
async fn a_stop_that_is_lifted_already_when_it_is_told_says_so_each_time() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 10).await;
    for _ in 0..2 {
        let told = world.says(PERSON, 5, "m1", "STOP").await;
        assert_eq!((told.effect, told.done.applied), (Effect::None, false));
    }
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    assert!(!world.log(PERSON).await.entries.last().unwrap().2.as_ref().unwrap().applied);
    let told = world.says(PERSON, 11, "m2", "STOP").await;
    assert!(matches!(told.effect, Effect::OptOut(..)));
    world.says(PERSON, 12, "m3", "START").await;
    let told = world.says(PERSON, 11, "m2", "STOP").await;
    assert!(matches!(told.effect, Effect::OptOut(..)), "as it was answered before");
}

#[tokio::test]
async fn an_opt_out_of_everything_that_parts_were_permitted_after_says_that_it_does_not_stand() {
    let world = World::new().await;
    world.reach(9);
    let utility =
        world.opt_in_request(world.who(PERSON, 6, "in"), OWN, ScopeSet::category(Category::Utility));
    assert!(world.gate.record_opt_in(&utility).await.unwrap().done.applied);
    let late = world.opt_out_by(world.who(PERSON, 5, "late"), Channel::Website).await.unwrap();
    assert!(!late.applied);
    let out = world.opt_out_by(world.who(PERSON, 7, "out"), Channel::Website).await.unwrap();
    assert!(out.applied);
}
