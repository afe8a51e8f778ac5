//! Numbers that registered themselves, and were configured later.

use sendgate::{
    gate::{Check, Observed, SenderNames},
    model::{SenderId, evidence::Channel},
    policy::{Kind, Reason},
    senders::AccountState,
};

use super::world::{ACME, OWN, PERSON, World, at, settings};
use crate::faults::Faulty;

const AUTO: &str = "senders: {auto_register: true}";

async fn reason_for(world: &World, sender: &str) -> Reason {
    let check = Check { sender: SenderId::parse(sender).unwrap(), ..world.check_of(PERSON, Kind::Template) };
    world.gate.check(&check).await.verdict.reason
}

/// A sender registers itself through a webhook, and somebody opts out.
async fn opted_out_of_an_unknown_sender(store: &std::sync::Arc<Faulty>) {
    let before = World::with(settings(AUTO), std::sync::Arc::clone(store)).await;
    let names = SenderNames {
        id: SenderId::parse("1001").ok(),
        number: SenderId::parse("15550001111").ok(),
        account: Some((at(0), "77".to_owned())),
    };
    before.gate.sender_named(&names).await.unwrap();
    before.opt_in(PERSON, OWN, 0).await;
    assert_eq!(reason_for(&before, "15550001111").await, Reason::OptedIn);
    before.opt_out(PERSON, 5).await;
    assert_eq!(reason_for(&before, "15550001111").await, Reason::OptedOut);
}

#[tokio::test]
async fn a_sender_configured_later_keeps_its_opt_outs() {
    let store = Faulty::new();
    opted_out_of_an_unknown_sender(&store).await;
    let after = World::with(settings(ACME), store).await;
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
    after.opt_in(PERSON, OWN, 4).await;
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut, "an older yes does not lift it");
    after.opt_in(PERSON, OWN, 10).await;
    assert_eq!(after.reason(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn a_sender_configured_by_its_number_only_keeps_the_opt_outs_of_its_id() {
    let store = Faulty::new();
    opted_out_of_an_unknown_sender(&store).await;
    let by_number = ACME.replace("id: '1001', ", "");
    let after = World::with(settings(&by_number), store).await;
    assert_eq!(reason_for(&after, "15550001111").await, Reason::OptedOut);
}

#[tokio::test]
async fn a_sender_configured_by_its_id_only_keeps_the_opt_outs_of_its_number() {
    let store = Faulty::new();
    let before = World::with(settings(AUTO), std::sync::Arc::clone(&store)).await;
    let mut who = before.who(PERSON, 0, "");
    who.sender = SenderId::parse("15550001111").unwrap();
    before.opt_out_by(who, Channel::Website).await.unwrap();
    let names = SenderNames {
        id: SenderId::parse("1001").ok(),
        number: SenderId::parse("15550001111").ok(),
        account: None,
    };
    before.gate.sender_named(&names).await.unwrap();
    assert_eq!(reason_for(&before, "1001").await, Reason::OptedOut);
    let by_id = ACME.replace("number: '+15550001111', ", "");
    let after = World::with(settings(&by_id), store).await;
    assert_eq!(reason_for(&after, "1001").await, Reason::OptedOut);
}

#[tokio::test]
async fn a_business_under_a_new_id_keeps_the_opt_outs_of_the_old_one() {
    let store = Faulty::new();
    let before = World::with(settings(ACME), std::sync::Arc::clone(&store)).await;
    before.opt_out(PERSON, 0).await;
    let renamed = ACME.replace("id: acme", "id: acme-group\n    previous_ids: [acme]");
    let after = World::with(settings(&renamed), store).await;
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn an_opt_out_of_a_user_id_under_an_old_name_holds_once_proven() {
    const USER: &str = "GB.13491208655302741918";
    let store = Faulty::new();
    let before = World::with(settings(AUTO), std::sync::Arc::clone(&store)).await;
    before.opt_out(USER, 0).await;
    let after = World::with(settings(ACME), store).await;
    assert_eq!(after.reason(USER).await, Reason::OptedOut);
    after.prove(PERSON, USER, 10).await;
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(after.reason(USER).await, Reason::OptedOut);
}

#[tokio::test]
async fn an_erasure_reaches_the_old_name_too() {
    let store = Faulty::new();
    opted_out_of_an_unknown_sender(&store).await;
    let after = World::with(settings(ACME), store).await;
    after.reach(20);
    let (_, erased, kept) = after.gate.erase(&after.who(PERSON, 20, "")).await.unwrap();
    assert_eq!((erased, kept), (2, true));
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn what_was_said_under_an_old_name_is_in_the_log_of_the_present_one() {
    let store = Faulty::new();
    opted_out_of_an_unknown_sender(&store).await;
    let after = World::with(settings(ACME), store).await;
    assert_eq!(after.log(PERSON).await.entries.len(), 2);
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn an_opt_out_of_a_number_under_an_old_name_holds_for_the_user_id_proven_later() {
    const USER: &str = "GB.13491208655302741918";
    let store = Faulty::new();
    let before = World::with(settings(ACME), std::sync::Arc::clone(&store)).await;
    before.opt_out(PERSON, 0).await;
    let renamed = ACME.replace("id: acme", "id: acme-group\n    previous_ids: [acme]");
    let after = World::with(settings(&renamed), store).await;
    after.prove(PERSON, USER, 10).await;
    after.opt_in(PERSON, super::world::ASSERTED, 20).await;
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(after.reason(USER).await, Reason::OptedOut);
}

#[tokio::test]
async fn an_opt_out_of_a_user_id_proven_under_an_old_name_holds_for_the_number() {
    const USER: &str = "GB.13491208655302741918";
    let store = Faulty::new();
    let before = World::with(settings(ACME), std::sync::Arc::clone(&store)).await;
    before.opt_in(PERSON, OWN, 0).await;
    before.prove(PERSON, USER, 5).await;
    let renamed = ACME.replace("id: acme", "id: acme-group\n    previous_ids: [acme]");
    let after = World::with(settings(&renamed), store).await;
    after.opt_out(USER, 10).await;
    assert_eq!(after.reason(USER).await, Reason::OptedOut);
    assert_eq!(after.reason(PERSON).await, Reason::OptedOut);
}

#[tokio::test]
async fn what_one_number_heard_before_it_was_configured_holds_for_every_number_of_the_business() {
    let store = Faulty::new();
    opted_out_of_an_unknown_sender(&store).await;
    let two = ACME.replace("senders: [", "senders: [{id: '1002', number: '+15550005555'}, ");
    let after = World::with(settings(&two), store).await;
    assert_eq!(reason_for(&after, "1002").await, Reason::OptedOut);
}

#[tokio::test]
async fn an_erasure_follows_links_that_were_made_under_an_old_name() {
    const OTHERS: [&str; 2] = ["447700900201", "447700900202"];
    let store = Faulty::new();
    let before = World::with(settings(ACME), std::sync::Arc::clone(&store)).await;
    for person in [PERSON, OTHERS[0], OTHERS[1]] {
        before.opt_in(person, OWN, 0).await;
    }
    before.link(PERSON, OTHERS[0], 1).await;
    before.link(OTHERS[0], OTHERS[1], 2).await;
    let renamed = ACME.replace("id: acme", "id: acme-group\n    previous_ids: [acme]");
    let after = World::with(settings(&renamed), store).await;
    after.reach(20);
    after.gate.erase(&after.who(PERSON, 20, "")).await.unwrap();
    for person in [PERSON, OTHERS[0], OTHERS[1]] {
        assert_eq!(after.reason(person).await, Reason::NoOptIn, "{person}");
    }
}

#[tokio::test]
async fn a_start_at_one_number_does_not_lift_a_stop_at_another_after_a_change_of_name() {
    const USER: &str = "GB.13491208655302741918";
    const SECOND: &str = "447700900222";
    let store = Faulty::new();
    let before = World::with(settings(ACME), std::sync::Arc::clone(&store)).await;
    before.opt_in(PERSON, OWN, 0).await;
    before.prove(PERSON, USER, 1).await;
    before.opt_in(SECOND, OWN, 2).await;
    let renamed = ACME.replace("id: acme", "id: acme-group\n    previous_ids: [acme]");
    let after = World::with(settings(&renamed), store).await;
    after.prove(SECOND, USER, 10).await;
    after.says(SECOND, 20, "m1", "STOP").await;
    for person in [PERSON, USER, SECOND] {
        assert_eq!(after.reason(person).await, Reason::OptedOut, "{person}");
    }
    after.says(PERSON, 30, "m2", "START").await;
    for person in [USER, SECOND] {
        assert_eq!(after.reason(person).await, Reason::OptedOut, "{person}");
    }
}

/// A payload that names one configured number by its ID and another by its number makes no one number of them.
#[tokio::test]
async fn two_configured_numbers_are_not_one_because_a_webhook_mixes_them_up() {
    let yaml = "
businesses:
  - {id: a, names: [Acme Shoes], senders: [{id: '1001', number: '+15550001111'}]}
  - {id: b, names: [Acme Shoes], senders: [{id: '1003', number: '+15550003333'}]}
";
    let world = World::with(settings(yaml), Faulty::new()).await;
    let named = |id: &str, number: &str| SenderNames {
        id: SenderId::parse(id).ok(),
        number: SenderId::parse(number).ok(),
        account: None,
    };
    let of =
        async |id, number| world.gate.sender_named(&named(id, number)).await.unwrap().as_str().to_owned();
    assert_eq!(of("1001", "15550003333").await, "1001");
    assert_eq!(of("7778", "15550001111").await, "1001", "a new ID of the first");
    for name in ["1001", "15550001111", "7778"] {
        let mut who = world.who(PERSON, 0, "");
        who.sender = SenderId::parse(name).unwrap();
        world.opt_in(PERSON, OWN, 0).await;
        world.opt_out_by(who, Channel::Website).await.unwrap();
        for asked in ["1001", "15550001111", "7778"] {
            assert_eq!(reason_for(&world, asked).await, Reason::OptedOut, "said to {name}, asked of {asked}");
        }
        assert_eq!(reason_for(&world, "15550003333").await, Reason::NoOptIn);
    }
}

/// A number moves to another account, and that one is disabled.
#[tokio::test]
async fn a_sender_is_of_the_account_that_it_was_seen_on_last() {
    let world = World::with(settings(AUTO), Faulty::new()).await;
    let seen_on = |account: &str, seconds| SenderNames {
        id: SenderId::parse("1001").ok(),
        number: SenderId::parse("15550001111").ok(),
        account: Some((at(seconds), account.to_owned())),
    };
    world.gate.sender_named(&seen_on("77", 1)).await.unwrap();
    world.opt_in(PERSON, OWN, 0).await;
    let disabled = AccountState { disabled: Some(at(2).millis()), ..AccountState::default() };
    world.gate.observe(&Observed::Account("88".to_owned(), disabled)).await.unwrap();
    assert_eq!(reason_for(&world, "1001").await, Reason::OptedIn);
    world.gate.sender_named(&seen_on("88", 5)).await.unwrap();
    assert_eq!(reason_for(&world, "1001").await, Reason::SenderRestricted);
    world.gate.sender_named(&seen_on("77", 3)).await.unwrap();
    assert_eq!(reason_for(&world, "15550001111").await, Reason::SenderRestricted, "that came late");
}
