//! Sequences about what words mean after erasures and disorder, keys and IDs that come twice, and clocks far ahead.

use std::sync::Arc;

use sendgate::{
    attest::PromptStep,
    conversation::Effect,
    gate::{Inbound, OptOutRequest, PromptRequest, Signal, Who},
    model::{Category, Scope, ScopeSet, Topic, event::Block, evidence::Channel},
    policy::{Kind, Reason},
};

use super::{
    journal::{replayed, with_journal},
    world::{ASSERTED, OWN, World, at, settings},
};
use crate::faults::{Fault, Faulty};

const A: &str = "447700900111";
const U: &str = "GB.1aaa";

const PROMPTS: &str = "
businesses:
  - id: acme
    names: [Acme Shoes]
    policy: {opt_in_prompt: {enabled: true, disclosure_text: 'Receive offers and order updates on WhatsApp from Acme Shoes?'}}
    senders: [{id: '1001', number: '+15550001111', account: '77'}]
";

fn platform(who: Who) -> Who {
    Who { from_platform: true, whole_seconds: true, ..who }
}

async fn marketing(world: &World) -> Reason {
    let mut check = world.check_of(A, Kind::Template);
    check.request.category = Category::Marketing;
    world.gate.check(&check).await.verdict.reason
}

async fn presses(world: &World, button: &str, label: &str, minutes: i64) -> Effect {
    world.reach(minutes);
    let inbound = Inbound {
        message_id: format!("b{minutes}"),
        button: button.to_owned(),
        button_text: label.to_owned(),
        opens_window: true,
        ..Inbound::default()
    };
    world.gate.record_inbound(&world.who(A, minutes, ""), &inbound).await.unwrap().effect
}

/// C03: a button is read like words, its label as well; in doubt it is a "no".
#[tokio::test]
async fn a_button_whose_label_refuses_is_a_no_whatever_its_payload_says() {
    for (payload, label) in [("NO", "Unsubscribe"), ("OK", "Unsubscribe"), ("no", "STOP"), ("START", "Stop")]
    {
        let world = World::new().await;
        world.opt_in(A, OWN, 1).await;
        let effect = presses(&world, payload, label, 2).await;
        assert!(matches!(effect, Effect::OptOut(..)), "{payload} {label}: {effect:?}");
        assert_eq!(world.reason(A).await, Reason::OptedOut);
    }
    let world = World::new().await;
    world.opt_in(A, OWN, 1).await;
    world.says(A, 2, "m1", "STOP").await;
    presses(&world, "START", "No thanks", 3).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// README "A bare yes": as the first thing written after opting out. Nobody knows any more what they wrote.
#[tokio::test]
async fn a_bare_yes_after_an_erasure_answers_nothing() {
    let world = World::new().await;
    world.says(A, 10, "m1", "STOP").await;
    world.says(A, 15, "m2", "hello").await;
    world.erase(A, 20).await;
    assert_eq!(world.says(A, 25, "m3", "yes").await.effect, Effect::None);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    assert!(matches!(world.says(A, 30, "m4", "START").await.effect, Effect::OptIn { .. }));
}

/// docs/webhooks: disorder changes no answer. What was written before the "no" was told is known to the window, and afterwards.
#[tokio::test]
async fn a_bare_yes_after_another_message_answers_that_though_the_no_was_told_late() {
    for minutes in [25, 25 + 30 * 60] {
        let world = World::new().await;
        world.says(A, 15, "m2", "hello").await;
        world.says(A, 10, "m1", "STOP").await;
        assert_eq!(world.says(A, minutes, "m3", "yes").await.effect, Effect::None);
        assert_eq!(world.reason(A).await, Reason::OptedOut);
    }
}

/// The same where that they are one person is found out late.
#[tokio::test]
async fn a_bare_yes_after_another_message_answers_that_though_the_tie_was_proven_late() {
    let world = World::new().await;
    world.says(A, 10, "m1", "STOP").await;
    world.says(U, 15, "m2", "hello").await;
    world.prove(A, U, 20).await;
    assert_eq!(world.says(A, 25, "m3", "yes").await.effect, Effect::None);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// B13: at any time.
#[tokio::test]
async fn a_bare_yes_long_after_the_no_is_the_next_word() {
    let world = World::new().await;
    world.says(A, 10, "m1", "STOP").await;
    assert!(matches!(world.says(A, 10_000, "m2", "yes").await.effect, Effect::OptIn { .. }));
}

/// C04, whatever the clocks say: an acknowledged "no" counts, after the "yes" of a clock that is hours ahead, too.
#[tokio::test]
async fn a_no_after_the_yes_of_a_clock_far_ahead_counts() {
    for by_word in [false, true] {
        let world = World::new().await;
        world.opt_in(A, OWN, 600).await;
        world.clock.set(at(1));
        if by_word {
            assert!(matches!(world.says(A, 1, "m1", "STOP").await.effect, Effect::OptOut(..)));
        } else {
            let who = Who { occurred_at: None, ..world.who(A, 1, "") };
            assert!(world.opt_out_by(who, Channel::Website).await.unwrap().applied);
        }
        for minutes in [1, 60, 700] {
            world.clock.set(at(minutes));
            assert_eq!(world.reason(A).await, Reason::OptedOut, "{minutes}");
        }
    }
}

/// The same where the store was away when the "no" was said, and its "yes" is not remembered here.
#[tokio::test]
async fn a_no_in_the_journal_after_the_yes_of_a_clock_ahead_that_nobody_here_knows_counts() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    let ahead = World::with(settings(PROMPTS), Arc::clone(&store)).await;
    ahead.opt_in(A, OWN, 4).await;
    world.reach(1);
    store.set(Fault::Unavailable);
    let who = Who { occurred_at: None, ..world.who(A, 1, "") };
    assert!(world.opt_out_by(who, Channel::Website).await.unwrap().journaled);
    store.set(Fault::None);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    replayed(&world, &world.gate).await;
    for minutes in [1, 5, 60] {
        world.reach(minutes);
        assert_eq!(world.reason(A).await, Reason::OptedOut, "{minutes}");
    }
    world.opt_in(A, OWN, 61).await;
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

/// The same of a block by the business.
#[tokio::test]
async fn a_block_after_the_unblock_of_a_clock_far_ahead_counts() {
    let world = World::new().await;
    world.block(A, Block::LiftedByBusiness, 600).await;
    world.clock.set(at(1));
    world.block(A, Block::ByBusiness, 1).await;
    world.says(A, 2, "m1", "hello").await;
    assert_eq!(world.asks(A, Kind::FreeForm).await.verdict.reason, Reason::BlockedByBusiness);
}

/// What was acknowledged is never lost. With the store there this is refused, with KEY_REUSED; away, it was taken.
#[tokio::test]
async fn an_opt_out_in_the_journal_under_the_key_of_an_equal_one_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    let who = |minutes, digest| Who { request_digest: [digest; 16], ..world.who(A, minutes, "k") };
    world.reach(10);
    world.opt_out_by(who(10, 1), Channel::Website).await.unwrap();
    world.opt_in(A, OWN, 20).await;
    world.reach(30);
    store.set(Fault::Unavailable);
    assert!(world.opt_out_by(who(30, 2), Channel::Website).await.unwrap().journaled);
    store.set(Fault::None);
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    replayed(&world, &world.gate).await;
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// C03: "stop" is a "no" also under the ID of something less clear.
#[tokio::test]
async fn a_stop_under_the_id_of_an_unclear_refusal_counts() {
    let world = World::new().await;
    world.opt_in(A, OWN, 1).await;
    assert!(matches!(world.says(A, 2, "m1", "not interested").await.effect, Effect::Held(_)));
    assert!(matches!(world.says(A, 3, "m1", "STOP").await.effect, Effect::OptOut(..)));
    assert_eq!(world.reason(A).await, Reason::OptedOut);
    assert!(matches!(world.says(A, 3, "m1", "STOP").await.effect, Effect::OptOut(..)));
    assert_eq!(world.log(A).await.entries.len(), 3, "once");
}

/// README: idempotent under its key, over an erasure too; standing blocks stay.
#[tokio::test]
async fn an_unblock_that_comes_again_after_an_erasure_lifts_no_newer_block() {
    let world = World::new().await;
    world.block(A, Block::ByBusiness, 10).await;
    world.reach(20);
    let who = Who { occurred_at: None, ..world.who(A, 20, "u") };
    world.gate.record_block(&who, Block::LiftedByBusiness).await.unwrap();
    world.block(A, Block::ByBusiness, 25).await;
    world.erase(A, 30).await;
    world.says(A, 35, "m1", "hello").await;
    world.reach(40);
    world.gate.record_block(&who, Block::LiftedByBusiness).await.unwrap();
    assert_eq!(world.asks(A, Kind::FreeForm).await.verdict.reason, Reason::BlockedByBusiness);
}

/// 131047: closed until the person writes again. A redelivery is not that.
#[tokio::test]
async fn a_message_from_before_an_erasure_opens_no_window() {
    let world = World::new().await;
    world.says(A, 2, "m1", "hello").await;
    world.reach(3);
    world.gate.record_signal(&platform(world.who(A, 3, "w")), &Signal::WindowClosed).await.unwrap();
    world.erase(A, 4).await;
    world.says(A, 2, "m1", "hello").await;
    assert_eq!(world.asks(A, Kind::FreeForm).await.verdict.reason, Reason::TemplateRequired);
    world.says(A, 5, "m2", "hello?").await;
    assert_eq!(world.asks(A, Kind::FreeForm).await.verdict.reason, Reason::WindowOpen);
}

/// E07: a redelivered webhook changes nothing, over an erasure too.
#[tokio::test]
async fn a_stop_of_the_platform_that_was_resumed_and_comes_again_after_an_erasure_changes_nothing() {
    let world = World::new().await;
    let signal = async |signal: Signal, minutes: i64| {
        world.reach(minutes);
        world.gate.record_signal(&platform(world.who(A, minutes, "")), &signal).await.unwrap();
    };
    signal(Signal::Stop, 10).await;
    signal(Signal::Resume, 20).await;
    world.erase(A, 30).await;
    world.opt_in(A, ASSERTED, 40).await;
    signal(Signal::Stop, 10).await;
    assert_eq!(marketing(&world).await, Reason::OptedIn);
    signal(Signal::Stop, 50).await;
    assert_eq!(marketing(&world).await, Reason::CategoryOptedOut);
}

/// A03: any message ends it, in whatever order they are told.
#[tokio::test]
async fn an_undeliverable_message_of_before_the_persons_own_does_not_make_them_unreachable() {
    let world = World::new().await;
    world.opt_in(A, OWN, 1).await;
    world.says(A, 15, "m1", "hello").await;
    let late = platform(world.who(A, 10, "w1"));
    world.gate.record_signal(&late, &Signal::Undeliverable { message_id: "w1".to_owned() }).await.unwrap();
    assert_eq!(world.reason(A).await, Reason::OptedIn);
}

/// A18: not twice in 24 hours, neither after an erasure nor where the person turned out to be on WhatsApp.
#[tokio::test]
async fn nobody_is_prompted_twice_in_a_day() {
    let world = World::with(settings(PROMPTS), Faulty::new()).await;
    let prompt =
        |minutes, step| PromptRequest { who: world.who(A, minutes, ""), step, message_id: "p1".to_owned() };
    let ask = async || world.asks(A, Kind::OptInPrompt).await.verdict.reason;
    world.gate.record_prompt(&prompt(0, PromptStep::Sent)).await.unwrap();
    world.reach(1);
    world.gate.record_prompt(&prompt(1, PromptStep::NotOnWhatsapp)).await.unwrap();
    world.says(A, 2, "m1", "hi").await;
    assert_eq!(ask().await, Reason::OptInPromptTooSoon);
    world.erase(A, 3).await;
    assert_eq!(ask().await, Reason::OptInPromptTooSoon);
    world.reach(24 * 60);
    assert_eq!(ask().await, Reason::OptInPrompt);
}

/// A scope too many becomes a "no" to everything, and is acknowledged as one that applies.
#[tokio::test]
async fn an_opt_out_of_one_scope_too_many_applies() {
    let world = World::new().await;
    let topic = |name: String| ScopeSet::of(vec![Scope::Topic(Topic::parse(&name).unwrap())]);
    let request = |name: String| OptOutRequest {
        who: world.who(A, 0, &name),
        scope: topic(name),
        channel: Channel::Website,
        keyword: String::new(),
    };
    for n in 0..256 {
        assert!(world.gate.record_opt_out(&request(format!("t{n}"))).await.unwrap().applied);
    }
    for _ in 0..2 {
        assert!(world.gate.record_opt_out(&request("more".to_owned())).await.unwrap().applied);
    }
    assert_eq!(world.reason(A).await, Reason::OptedOut);
}

/// D, rules 0: statements are ordered by when they were made. Told late, a refusal between the prompt and the answer to it counts.
#[tokio::test]
async fn a_refusal_before_the_answer_to_the_prompt_counts_when_it_comes_after_it() {
    for (first, late) in [("ok", "STOP"), ("Okay thanks", "No"), ("yes", "STOP")] {
        let world = World::with(settings(PROMPTS), Faulty::new()).await;
        world.reach(20);
        let prompt = PromptRequest {
            who: world.who(A, 0, "prompt"),
            step: PromptStep::Sent,
            message_id: "wamid.prompt".to_owned(),
        };
        world.gate.record_prompt(&prompt).await.unwrap();
        world.says(A, 10, "m2", first).await;
        assert_eq!(world.reason(A).await, Reason::OptedIn, "{first}");
        world.says(A, 5, "m1", late).await;
        assert_ne!(world.reason(A).await, Reason::OptedIn, "{late} before {first}");
    }
}
