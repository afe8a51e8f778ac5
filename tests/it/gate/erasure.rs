//! Forgetting a person, and what has to be remembered all the same.

use sendgate::{
    attest::Content,
    policy::{Kind, Reason},
};

use super::world::{ASSERTED, OWN, PERSON, World};

const USER: &str = "GB.13491208655302741918";
const OTHER: &str = "447700900999";

#[tokio::test]
async fn an_opt_out_survives_and_the_content_of_the_log_does_not() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.opt_out(PERSON, 10).await;
    world.reach(20);
    let (_, erased, kept) = world.gate.erase(&world.who(PERSON, 20, "")).await.unwrap();
    assert_eq!((erased, kept), (2, true));
    let log = world.log(PERSON).await;
    assert!(log.entries.iter().take(2).all(|(_, sealed, entry)| sealed.payload.is_none() && entry.is_none()));
    let (_, _, last) = log.entries.last().unwrap();
    assert!(matches!(last.as_ref().unwrap().content, Content::Erased { entries: 2 }));
    assert_eq!(last.as_ref().unwrap().recipient, None);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(world.contact(PERSON).await.phone, None);
}

#[tokio::test]
async fn an_old_assertion_imported_after_an_erasure_does_not_count() {
    let world = World::new().await;
    world.opt_in(PERSON, ASSERTED, 0).await;
    world.reach(20);
    let (_, _, kept) = world.gate.erase(&world.who(PERSON, 20, "")).await.unwrap();
    assert!(!kept, "nothing stood");
    assert_eq!(world.reason(PERSON).await, Reason::NoOptIn);
    assert!(!world.opt_in(PERSON, ASSERTED, 0).await.done.applied);
    assert!(!world.opt_in(PERSON, OWN, 20).await.done.applied, "nor one of the same instant");
    assert_eq!(world.reason(PERSON).await, Reason::NoOptIn);
    assert!(world.opt_in(PERSON, OWN, 21).await.done.applied);
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn the_window_and_what_is_in_memory_are_forgotten_too() {
    let world = World::new().await;
    world.says(PERSON, 0, "m1", "hello").await;
    assert!(world.asks(PERSON, Kind::FreeForm).await.verdict.allowed);
    world.gate.erase(&world.who(PERSON, 0, "")).await.unwrap();
    assert_eq!(world.asks(PERSON, Kind::FreeForm).await.verdict.reason, Reason::TemplateRequired);
}

#[tokio::test]
async fn all_identities_of_a_person_are_forgotten() {
    let world = World::new().await;
    world.opt_in(USER, OWN, 0).await;
    world.opt_out(USER, 1).await;
    world.prove(PERSON, USER, 10).await;
    world.reach(20);
    let (_, erased, kept) = world.gate.erase(&world.who(USER, 20, "")).await.unwrap();
    assert_eq!((kept, erased), (true, 4), "two statements, and at both identities that they are one person");
    let after = world.contact(PERSON).await;
    assert!(after.user_ids.is_empty() && after.phone.is_none());
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(world.reason(USER).await, Reason::OptedOut);
    world.log(USER).await;
}

#[tokio::test]
async fn an_erasure_twice_leaves_a_chain_that_verifies() {
    let world = World::new().await;
    world.opt_out(PERSON, 0).await;
    world.gate.erase(&world.who(PERSON, 0, "")).await.unwrap();
    world.reach(5);
    world.gate.erase(&world.who(PERSON, 5, "")).await.unwrap();
    world.says(PERSON, 6, "m1", "START").await;
    assert_eq!(world.log(PERSON).await.entries.len(), 4);
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn a_key_from_before_an_erasure_writes_nothing_after_it() {
    let world = World::new().await;
    let scope = sendgate::model::ScopeSet::everything();
    let request = world.opt_in_request(world.who(PERSON, 0, "k1"), OWN, scope);
    world.gate.record_opt_in(&request).await.unwrap();
    world.reach(10);
    world.gate.erase(&world.who(PERSON, 10, "")).await.unwrap();
    let again = world.gate.record_opt_in(&request).await.unwrap();
    assert!(!again.done.applied);
    assert_eq!(world.log(PERSON).await.entries.len(), 2);
}

#[tokio::test]
async fn a_no_under_a_key_whose_statement_was_erased_is_kept() {
    let world = World::new().await;
    let request =
        world.opt_in_request(world.who(PERSON, 0, "k1"), OWN, sendgate::model::ScopeSet::everything());
    world.gate.record_opt_in(&request).await.unwrap();
    world.reach(5);
    world.gate.erase(&world.who(PERSON, 5, "")).await.unwrap();
    world.reach(10);
    let again = || world.opt_out_by(world.who(PERSON, 10, "k1"), sendgate::model::evidence::Channel::Website);
    let first = again().await.unwrap();
    assert!(first.applied);
    assert_eq!(again().await.unwrap().revision, first.revision, "and a repetition of it is one");
    world.opt_in(PERSON, super::world::ASSERTED, 20).await;
    assert_eq!(world.reason(PERSON).await, sendgate::policy::Reason::OptedOut);
}

#[tokio::test]
async fn an_erasure_leaves_each_identity_refused_and_without_opt_in_and_links_that_name_nobody() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.opt_in(OTHER, OWN, 0).await;
    world.link(PERSON, OTHER, 1).await;
    world.opt_out(OTHER, 2).await;
    world.opt_in(PERSON, OWN, 3).await;
    world.opt_in(OTHER, OWN, 3).await;
    world.says(OTHER, 4, "m1", "me deixa em paz").await;
    world.erase(PERSON, 5).await;
    for person in [PERSON, OTHER] {
        let contact = world.contact(person).await;
        assert_eq!(contact.names().count(), 0);
        assert!(contact.hold().is_some(), "what was refused before had crossed");
        assert_eq!(world.reason(person).await, sendgate::policy::Reason::NoOptIn);
    }
    // Contact ids say nothing of whom they are of, so that a "no" still crosses.
    world.opt_out(OTHER, 10).await;
    assert_eq!(world.reason(PERSON).await, sendgate::policy::Reason::OptedOut);
}
