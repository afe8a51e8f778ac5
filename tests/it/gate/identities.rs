//! One person under several numbers and user IDs.

use sendgate::{
    attest::Content,
    model::{event::Block, evidence::Channel},
    policy::{Kind, Reason},
};

use super::world::{ASSERTED, OWN, PERSON, World};

const USER: &str = "GB.13491208655302741918";
const OTHER: &str = "447700900999";
const THIRD: &str = "447700900555";

#[tokio::test]
async fn the_spellings_of_a_number_are_one_person() {
    for (long, short) in [
        ("5511987654321", "551187654321"),
        ("5215512345678", "525512345678"),
        ("5491123456789", "541123456789"),
    ] {
        let world = World::new().await;
        world.opt_out(short, 0).await;
        assert_eq!(world.reason(long).await, Reason::OptedOut);
        assert_eq!(world.log(long).await.entries.len(), 1);
    }
}

#[tokio::test]
async fn an_opt_out_under_a_user_id_holds_for_the_number_once_proven() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    world.opt_out(USER, 10).await;
    world.prove(PERSON, USER, 20).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    assert_eq!(world.reason(USER).await, Reason::OptedOut);
}

#[tokio::test]
async fn an_opt_out_under_a_number_holds_for_the_user_id_once_proven() {
    let world = World::new().await;
    world.opt_in(USER, OWN, 0).await;
    assert_eq!(world.reason(USER).await, Reason::OptedIn);
    world.opt_out(PERSON, 10).await;
    world.prove(PERSON, USER, 20).await;
    assert_eq!(world.reason(USER).await, Reason::OptedOut);
}

#[tokio::test]
async fn opt_ins_under_a_proven_identity_count_for_both() {
    let world = World::new().await;
    world.opt_in(USER, OWN, 0).await;
    assert_eq!(world.reason(PERSON).await, Reason::NoOptIn);
    world.prove(PERSON, USER, 10).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    assert_eq!(world.reason(USER).await, Reason::OptedIn);
}

#[tokio::test]
async fn the_logs_of_proven_identities_are_read_together() {
    let world = World::new().await;
    world.opt_in(USER, OWN, 0).await;
    world.opt_out(USER, 1).await;
    world.opt_in(PERSON, OWN, 2).await;
    world.prove(PERSON, USER, 10).await;
    let version = world.version(PERSON).await;
    world.prove(PERSON, USER, 11).await;
    assert_eq!(world.version(PERSON).await, version, "proven already");
    let log = world.log(PERSON).await;
    assert_eq!(log.entries.len(), 5, "three statements, and the proof at both");
    assert_eq!(world.log(USER).await.entries.len(), log.entries.len());
}

#[tokio::test]
async fn a_key_used_under_a_user_id_is_known_under_the_number() {
    let world = World::new().await;
    world.opt_out_by(world.who(USER, 0, "k1"), Channel::Website).await.unwrap();
    world.prove(PERSON, USER, 10).await;
    let entries = world.log(PERSON).await.entries.len();
    world.opt_out_by(world.who(PERSON, 0, "k1"), Channel::Website).await.unwrap();
    assert_eq!(world.log(PERSON).await.entries.len(), entries);
}

#[tokio::test]
async fn the_window_of_a_user_id_is_open_for_the_number_once_proven() {
    let world = World::new().await;
    world.says(USER, 0, "m1", "hello").await;
    world.prove(PERSON, USER, 10).await;
    assert!(world.asks(PERSON, Kind::FreeForm).await.verdict.allowed);
    assert!(world.asks(USER, Kind::FreeForm).await.verdict.allowed);
}

#[tokio::test]
async fn a_changed_number_takes_its_opt_outs_along() {
    let world = World::new().await;
    world.opt_out(PERSON, 0).await;
    world.number_changed(PERSON, OTHER, 10).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    world.log(OTHER).await;
}

#[tokio::test]
async fn opt_ins_move_with_the_number_and_stop_counting_at_the_old_one() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.prove(PERSON, USER, 5).await;
    world.number_changed(PERSON, OTHER, 10).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedIn);
    assert_eq!(world.reason(PERSON).await, Reason::NoOptIn);
    assert_eq!(world.reason(USER).await, Reason::OptedIn, "the user ID goes with the person");
    world.opt_in(PERSON, OWN, 20).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn, "somebody has the number now");
}

#[tokio::test]
async fn an_opt_out_at_the_old_number_crosses_to_the_new_one() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.number_changed(PERSON, OTHER, 10).await;
    world.opt_out(PERSON, 20).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_changed_number_told_again_changes_nothing() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.number_changed(PERSON, OTHER, 10).await;
    let versions = (world.version(PERSON).await, world.version(OTHER).await);
    world.reach(20);
    world.number_changed(PERSON, OTHER, 10).await;
    assert_eq!((world.version(PERSON).await, world.version(OTHER).await), versions);
}

#[tokio::test]
async fn a_late_message_from_the_old_number_does_not_take_the_user_id_back() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.prove(PERSON, USER, 5).await;
    world.number_changed(PERSON, OTHER, 10).await;
    world.opt_in(OTHER, OWN, 20).await;
    // A webhook of minute 5 is delivered again.
    world.prove(PERSON, USER, 5).await;
    assert_eq!(world.reason(USER).await, Reason::OptedIn);
    assert_eq!(world.reason(PERSON).await, Reason::NoOptIn, "the old number may be somebody else's");
}

#[tokio::test]
async fn a_user_id_that_turns_up_at_another_number_brings_what_was_said_but_not_the_number() {
    let world = World::new().await;
    world.opt_out(PERSON, 0).await;
    world.prove(PERSON, USER, 5).await;
    // "447700900999" is larger: the smaller number would win a merge.
    world.prove(OTHER, USER, 10).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    let phone = world.contact(OTHER).await.phone.map(sendgate::model::Phone::digits);
    assert_eq!(phone.map(|digits| digits.to_string()).as_deref(), Some(OTHER));
    world.log(OTHER).await;
}

#[tokio::test]
async fn a_user_id_given_up_for_another_does_not_make_the_number_look_given_up() {
    const NEW: &str = "GB.2";
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.number_changed(USER, NEW, 5).await;
    world.prove(PERSON, USER, 10).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
}

#[tokio::test]
async fn refusals_cross_an_asserted_link_both_ways_and_opt_ins_do_not() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.link(PERSON, OTHER, 10).await;
    assert_eq!(world.reason(OTHER).await, Reason::NoOptIn);
    world.opt_out(OTHER, 20).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    world.opt_in(PERSON, OWN, 30).await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedIn);
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut, "a yes does not cross");
}

#[tokio::test]
async fn refusals_from_before_a_link_cross_it() {
    for (one, other) in [(PERSON, OTHER), (OTHER, PERSON)] {
        let world = World::new().await;
        world.opt_out(PERSON, 0).await;
        world.link(one, other, 10).await;
        assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    }
}

#[tokio::test]
async fn refusals_from_before_a_link_cross_the_links_behind_it() {
    let world = World::new().await;
    world.link(OTHER, THIRD, 0).await;
    world.opt_out(PERSON, 1).await;
    world.link(PERSON, OTHER, 10).await;
    assert_eq!(world.reason(THIRD).await, Reason::OptedOut);
}

#[tokio::test]
async fn refusals_from_before_a_proof_cross_the_links_it_brings() {
    let world = World::new().await;
    world.opt_out(PERSON, 0).await;
    world.link(USER, THIRD, 1).await;
    world.prove(PERSON, USER, 10).await;
    assert_eq!(world.reason(THIRD).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_refusal_crosses_a_chain_of_links_once() {
    let world = World::new().await;
    world.link(PERSON, OTHER, 0).await;
    world.link(OTHER, THIRD, 1).await;
    world.opt_out_by(world.who(PERSON, 1, "k1"), Channel::Website).await.unwrap();
    assert_eq!(world.reason(THIRD).await, Reason::OptedOut);
    let versions = (world.version(OTHER).await, world.version(THIRD).await);
    world.opt_out_by(world.who(PERSON, 1, "k1"), Channel::Website).await.unwrap();
    assert_eq!(
        (world.version(OTHER).await, world.version(THIRD).await),
        versions,
        "a repetition adds nothing"
    );
    for person in [PERSON, OTHER, THIRD] {
        let log = world.log(person).await;
        let entries = log.entries.iter().filter_map(|(_, _, entry)| entry.as_ref());
        assert_eq!(entries.filter(|e| matches!(e.content, Content::OptOut { .. })).count(), 1);
    }
}

#[tokio::test]
async fn what_the_business_asserts_after_a_crossed_refusal_does_not_count() {
    let world = World::new().await;
    world.opt_out(PERSON, 0).await;
    world.link(PERSON, OTHER, 10).await;
    assert!(!world.opt_in(OTHER, ASSERTED, 20).await.done.applied);
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
}

#[tokio::test]
async fn a_block_crosses_a_link_and_its_end_does_not() {
    for (block, reason) in [
        (Block::ByUser, Reason::BlockedByUser),
        (Block::ReportedByUser, Reason::BlockedByUser),
        (Block::ByBusiness, Reason::BlockedByBusiness),
    ] {
        let world = World::new().await;
        world.opt_in(OTHER, OWN, 0).await;
        world.link(PERSON, OTHER, 1).await;
        world.block(PERSON, block, 10).await;
        assert_eq!(world.reason(OTHER).await, reason, "{block:?}");
        world.block(PERSON, Block::LiftedByBusiness, 20).await;
        world.opt_in(PERSON, OWN, 20).await;
        assert_ne!(world.reason(PERSON).await, Reason::BlockedByBusiness);
        assert_eq!(world.reason(OTHER).await, reason, "{block:?}: its end does not cross");
    }
}

#[tokio::test]
async fn a_block_from_before_a_link_crosses_it_while_it_stands() {
    for (one, other) in [(PERSON, OTHER), (OTHER, PERSON)] {
        let world = World::new().await;
        world.opt_in(OTHER, OWN, 0).await;
        world.block(PERSON, Block::ByBusiness, 1).await;
        world.link(one, other, 10).await;
        assert_eq!(world.reason(OTHER).await, Reason::BlockedByBusiness);
    }
    let world = World::new().await;
    world.opt_in(OTHER, OWN, 0).await;
    world.block(PERSON, Block::ByBusiness, 1).await;
    world.block(PERSON, Block::LiftedByBusiness, 2).await;
    world.block(PERSON, Block::ByUser, 3).await;
    world.opt_in(PERSON, OWN, 4).await;
    world.link(PERSON, OTHER, 10).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedIn, "it was over before the link");
}

#[tokio::test]
async fn what_crosses_a_link_is_in_the_log_of_both() {
    let world = World::new().await;
    world.opt_out_by(world.who(PERSON, 0, "k1"), Channel::Website).await.unwrap();
    world.says(PERSON, 1, "m1", "me deixa em paz").await;
    world.block(PERSON, Block::ByUser, 2).await;
    let stop = sendgate::gate::Signal::Stop;
    world.gate.record_signal(&world.who(PERSON, 2, ""), &stop).await.unwrap();
    world.link(PERSON, OTHER, 10).await;
    let explains = |log: &sendgate::gate::LogPage| {
        let entries = log.entries.iter().filter_map(|(_, _, entry)| entry.as_ref());
        let crossed = entries.filter(|entry| entry.is_refusal());
        crossed.map(|entry| (entry.occurred_at, entry.content.clone())).collect::<Vec<_>>()
    };
    let here = explains(&world.log(OTHER).await);
    assert_eq!(here, explains(&world.log(PERSON).await));
    assert_eq!(here.len(), 4);
    let version = world.version(OTHER).await;
    world.link(PERSON, OTHER, 20).await;
    assert_eq!(world.version(OTHER).await, version, "told again, nothing is added");
}

#[tokio::test]
async fn what_an_erasure_left_of_a_refusal_crosses_a_later_link() {
    let world = World::new().await;
    world.opt_in(OTHER, OWN, 0).await;
    world.opt_out_by(world.who(PERSON, 0, "k1"), Channel::Website).await.unwrap();
    world.erase(PERSON, 5).await;
    world.link(PERSON, OTHER, 10).await;
    assert_eq!(world.reason(OTHER).await, Reason::OptedOut);
    let erased = |log: &sendgate::gate::LogPage| {
        log.entries.iter().filter(|(_, sealed, _)| sealed.payload.is_none()).count()
    };
    let log = world.log(OTHER).await;
    assert_eq!(erased(&log), 1, "that something was said, and no more, is left to explain it");
    let before = log.entries.len();
    world.opt_out_by(world.who(OTHER, 10, "k1"), Channel::Email).await.unwrap();
    assert_eq!(
        world.log(OTHER).await.entries.len(),
        before + 1,
        "a key of somebody who may be another is free"
    );
}

#[tokio::test]
async fn a_user_id_proven_at_two_numbers_carries_an_opt_out_to_both() {
    const USER: &str = "GB.13491208655302741918";
    const SECOND: &str = "+447700900222";
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.prove(PERSON, USER, 5).await;
    world.prove(SECOND, USER, 10).await;
    world.opt_out(SECOND, 20).await;
    for person in [PERSON, SECOND, USER] {
        assert_eq!(world.reason(person).await, sendgate::policy::Reason::OptedOut, "{person}");
    }
}

#[tokio::test]
async fn an_opt_out_reaches_every_linked_identity_however_many_there_are() {
    let world = World::new().await;
    let others: Vec<String> = (0..80).map(|n| format!("+4477009{n:05}")).collect();
    for other in &others {
        world.opt_in(other, OWN, 0).await;
        world.link(PERSON, other, 1).await;
    }
    world.opt_out(PERSON, 10).await;
    for other in &others {
        assert_eq!(world.reason(other).await, sendgate::policy::Reason::OptedOut);
    }
}

#[tokio::test]
async fn an_opt_out_of_any_of_many_linked_identities_reaches_the_one_that_all_are_linked_with() {
    let others: Vec<String> = (0..80).map(|n| format!("+4477009{n:05}")).collect();
    let world = World::new().await;
    for other in &others {
        world.link(PERSON, other, 1).await;
    }
    for (minute, other) in [(10, &others[0]), (20, &others[40]), (30, &others[79])] {
        world.opt_in(PERSON, OWN, minute).await;
        world.opt_out(other, minute + 5).await;
        assert_eq!(world.reason(PERSON).await, Reason::OptedOut, "{other}");
    }
}

#[tokio::test]
async fn a_stop_reaches_the_user_id_of_before_whatever_the_ids_are_called() {
    for (before, after) in [("GB.9x", "GB.1x"), ("GB.1x", "GB.9x")] {
        let world = World::new().await;
        world.opt_in(before, OWN, 0).await;
        // The user ID changed, and no number is known yet; then the new one turns up with a number.
        world.prove(before, after, 5).await;
        world.prove(PERSON, after, 10).await;
        world.says(PERSON, 20, "m1", "STOP").await;
        for person in [PERSON, before, after] {
            assert_eq!(
                world.reason(person).await,
                sendgate::policy::Reason::OptedOut,
                "{before} {after} {person}"
            );
        }
    }
}

#[tokio::test]
async fn a_stop_under_a_message_id_that_was_used_before_is_kept() {
    let world = World::new().await;
    world.opt_in(PERSON, OWN, 0).await;
    world.says(PERSON, 5, "m1", "STOP").await;
    world.says(PERSON, 10, "m2", "START").await;
    assert_eq!(world.reason(PERSON).await, sendgate::policy::Reason::OptedIn);
    world.says(PERSON, 20, "m2", "STOP").await;
    assert_eq!(world.reason(PERSON).await, sendgate::policy::Reason::OptedOut);
}
