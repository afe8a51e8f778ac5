//! People who are known by other names from now on.

use serde_json::{Value, json};

use super::{
    super::{IgnoredBecause, Reason, What},
    NOW, at, by_both, by_id, by_phone, conversation, only, refused, said, with_parent,
};
use crate::model::UserId;

fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

fn system(system: &Value) -> Value {
    json!({"type": "system", "system": system})
}

fn ignored(why: IgnoredBecause) -> What {
    What::Ignored { why }
}

fn number_changed(from: super::Person, to: super::Person) -> What {
    What::NumberChanged { from, to, at: at(NOW), message_id: "wamid.A".to_owned() }
}

/// A body with one message of the system that no sender is named for.
fn without_sender(members: &Value) -> Value {
    let message = json!({"id": "wamid.A", "timestamp": "1739321024", "type": "system", "system": members});
    conversation("messages", &json!({"messages": [message]}))
}

#[test]
fn a_new_number_is_read_in_every_shape() {
    let body = "User A changed from 16505551234 to 16505550000";
    let old = by_phone("16505551234");
    for (members, to) in [
        (
            json!({"type": "user_changed_number", "body": body, "wa_id": "16505550000"}),
            by_phone("16505550000"),
        ),
        (json!({"type": "user_changed_number", "new_wa_id": "16505550000"}), by_phone("16505550000")),
        (
            json!({"type": "customer_changed_number", "customer": "16505551234", "wa_id": "16505550000"}),
            by_phone("16505550000"),
        ),
        (
            json!({"type": "user_changed_number", "wa_id": "16505550000", "user_id": "US.2", "parent_user_id": "US.ENT.2"}),
            with_parent(by_both("16505550000", "US.2"), "US.ENT.2"),
        ),
        (json!({"type": "user_changed_number", "user_id": "US.2"}), by_id("US.2")),
    ] {
        assert_eq!(said(&system(&members)), number_changed(old.clone(), to), "{members}");
    }
}

#[test]
fn the_customer_of_a_number_change_is_the_old_number_wherever_it_stands() {
    let members = json!({"type": "user_changed_number", "customer": "16505551234", "wa_id": "16505550000"});
    let expected = number_changed(by_phone("16505551234"), by_phone("16505550000"));
    assert_eq!(only(&without_sender(&members)), expected);
    let mut message = system(&members);
    message["from"] = json!("16505550000");
    assert_eq!(said(&message), expected);
}

#[test]
fn the_sentence_about_a_number_change_is_not_believed() {
    // The profile name is "changed from 16505559999 to 16505558888 A".
    let body = "User changed from 16505559999 to 16505558888 A changed from 16505551234 to 16505550000";
    let message = super::message(&system(&json!({"type": "user_changed_number", "body": body})));
    let refused = refused(&conversation("messages", &json!({"messages": [message]})));
    assert_eq!(refused, (Reason::NoPerson, "/entry/0/changes/0/value/messages/0/system/wa_id".to_owned()));
}

#[test]
fn the_user_id_beside_an_old_number_is_not_linked_to_it() {
    let mut message =
        system(&json!({"type": "user_changed_number", "wa_id": "16505550000", "user_id": "US.2"}));
    message["from_user_id"] = json!("US.2");
    assert_eq!(said(&message), number_changed(by_phone("16505551234"), by_both("16505550000", "US.2")));
}

#[test]
fn a_number_change_without_old_number_starts_from_the_user_id() {
    let members = json!({"type": "user_changed_number", "wa_id": "16505550000", "user_id": "US.2"});
    let mut body = without_sender(&members);
    body["entry"][0]["changes"][0]["value"]["messages"][0]["from_user_id"] = json!("US.1");
    assert_eq!(only(&body), number_changed(by_id("US.1"), by_both("16505550000", "US.2")));
    body["entry"][0]["changes"][0]["value"]["messages"][0]["from_user_id"] = json!("US.2");
    assert_eq!(only(&body), ignored(IgnoredBecause::NothingChanged));
    assert_eq!(refused(&without_sender(&members)).0, Reason::NoPerson);
}

#[test]
fn another_spelling_of_the_same_number_is_no_change() {
    let mut message = system(&json!({"type": "user_changed_number", "wa_id": "5511987654321"}));
    message["from"] = json!("551187654321");
    assert_eq!(said(&message), ignored(IgnoredBecause::NothingChanged));
}

#[test]
fn a_new_user_id_is_read_from_the_message_of_the_system() {
    let members = json!({"type": "user_changed_user_id", "body": "User changed from CO.1 to MX.2",
        "user_id": "MX.2", "previous_user_id": "CO.1"});
    let expected =
        |person| What::UserIdChanged { previous: id("CO.1"), previous_parent: None, person, at: at(NOW) };
    assert_eq!(only(&without_sender(&members)), expected(by_id("MX.2")));
    // The message's own number may be the one that is gone.
    assert_eq!(said(&system(&members)), expected(by_id("MX.2")));
    let mut numbered = members;
    numbered["wa_id"] = json!("16505550000");
    assert_eq!(said(&system(&numbered)), expected(by_both("16505550000", "MX.2")));
}

#[test]
fn a_new_user_id_is_read_from_the_older_update_too() {
    let update = json!({"wa_id": "16505550000", "detail": "d", "timestamp": NOW,
        "user_id": {"previous": "US.1", "current": "US.2"},
        "parent_user_id": {"previous": "US.ENT.1", "current": "US.ENT.2"}});
    let expected = What::UserIdChanged {
        previous: id("US.1"),
        previous_parent: Some(id("US.ENT.1")),
        person: with_parent(by_both("16505550000", "US.2"), "US.ENT.2"),
        at: at(NOW),
    };
    assert_eq!(only(&conversation("user_id_update", &json!({"user_id_update": [update]}))), expected);
    let mut same = update;
    same["parent_user_id"]["previous"] = json!("US.ENT.2");
    let What::UserIdChanged { previous_parent, .. } =
        only(&conversation("user_id_update", &json!({"user_id_update": [same]})))
    else {
        panic!()
    };
    assert_eq!(previous_parent, None);
}

#[test]
fn a_user_id_change_that_does_not_say_from_what_or_to_what_links_nobody() {
    let changed = |members: Value| {
        let mut system = json!({"type": "user_changed_user_id"});
        for (name, member) in members.as_object().unwrap() {
            system[name] = member.clone();
        }
        without_sender(&system)
    };
    assert_eq!(only(&changed(json!({"user_id": "US.2"}))), ignored(IgnoredBecause::NoPreviousId));
    assert_eq!(
        only(&changed(json!({"user_id": "US.2", "previous_user_id": "US.2"}))),
        ignored(IgnoredBecause::NothingChanged)
    );
    let path = |member: &str| format!("/entry/0/changes/0/value/messages/0/system/{member}");
    assert_eq!(refused(&changed(json!({"previous_user_id": "US.1"}))), (Reason::Missing, path("user_id")));
    assert_eq!(
        refused(&changed(json!({"user_id": "US.2", "previous_user_id": "?"}))),
        (Reason::Malformed, path("previous_user_id"))
    );
}

#[test]
fn other_messages_of_the_system_open_and_change_nothing() {
    for (kind, why) in [
        ("customer_identity_changed", IgnoredBecause::IdentityKey),
        ("user_identity_changed", IgnoredBecause::IdentityKey),
        ("group_created", IgnoredBecause::SystemMessage),
    ] {
        assert_eq!(said(&system(&json!({"type": kind, "body": "b"}))), ignored(why));
    }
    let message = super::message(&json!({"type": "system"}));
    let (reason, path) = refused(&conversation("messages", &json!({"messages": [message]})));
    assert_eq!((reason, path.as_str()), (Reason::Missing, "/entry/0/changes/0/value/messages/0/system"));
}
