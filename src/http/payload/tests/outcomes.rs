//! Statuses and preferences: every shape, and whom it is about.

use serde_json::{Value, json};

use super::{
    super::{DeliveryStatus, IgnoredBecause, PreferenceChange, What},
    NOW, at, by_id, by_phone, conversation, only, why,
};

const PHONE: &str = "16505551234";
const ID: &str = "US.13491208655302741918";

/// What a status of a message to 16505551234 says, with some members more.
fn status(members: &Value) -> What {
    let mut status =
        json!({"id": "wamid.S", "status": "failed", "timestamp": "1739321024", "recipient_id": PHONE});
    for (name, member) in members.as_object().unwrap() {
        status[name] = member.clone();
    }
    only(&conversation("messages", &json!({"statuses": [status]})))
}

#[test]
fn every_status_is_told_apart() {
    for (word, known) in [
        ("sent", DeliveryStatus::Sent),
        ("delivered", DeliveryStatus::Delivered),
        ("read", DeliveryStatus::Read),
        ("played", DeliveryStatus::Played),
        ("failed", DeliveryStatus::Failed),
        ("deleted", DeliveryStatus::Deleted),
    ] {
        let What::Status { status, person, .. } = status(&json!({"status": word})) else { panic!() };
        assert_eq!((status, person), (known, Some(by_phone(PHONE))));
    }
    assert_eq!(why(&status(&json!({"status": "warning"}))), IgnoredBecause::StatusWord);
}

#[test]
fn statuses_of_calls_and_payments_are_not_statuses_of_messages() {
    assert_eq!(why(&status(&json!({"type": "payment"}))), IgnoredBecause::NotAMessageStatus);
    let ringing = json!({"id": "wacid.A", "type": "call", "status": "RINGING", "timestamp": "1671644824"});
    assert_eq!(
        why(&only(&conversation("calls", &json!({"statuses": [ringing]})))),
        IgnoredBecause::NotAMessageStatus
    );
}

#[test]
fn error_codes_are_read_as_numbers_or_texts_each_once() {
    let entries =
        json!([{"code": 131_047}, {"code": "131050"}, {"code": 131_047}, {"title": "?"}, {"code": -1}, 7]);
    let What::Status { errors, .. } = status(&json!({"errors": entries})) else { panic!() };
    assert_eq!(errors, [131_047, 131_050]);
}

#[test]
fn a_status_without_legible_recipient_counts_by_its_message() {
    for members in [
        json!({"recipient_id": null}),
        json!({"recipient_id": ""}),
        json!({"recipient_id": "<PHONE>"}),
        json!({"recipient_type": "group", "recipient_id": "Y2FwaV9ncm91cDox"}),
        json!({"recipient_type": "group"}),
    ] {
        let What::Status { person, message_id, .. } = status(&members) else { panic!() };
        assert_eq!((person, message_id.as_str()), (None, "wamid.S"), "{members}");
    }
    let What::Status { person, .. } = status(&json!({"recipient_id": "", "recipient_user_id": ID})) else {
        panic!()
    };
    assert_eq!(person, Some(by_id(ID)));
}

#[test]
fn a_refusal_in_a_status_is_read_whatever_else_is_wrong_with_it() {
    let refused = json!({"code": 131_050});
    for members in [
        json!({"errors": [refused], "timestamp": "?"}),
        json!({"errors": [refused], "timestamp": null}),
        json!({"errors": [refused], "id": null}),
        json!({"errors": refused}),
        json!({"errors": [refused], "status": "rebuffed"}),
        json!({"errors": [refused], "status": null}),
    ] {
        let What::Status { person, status, errors, .. } = status(&members) else { panic!("{members}") };
        let expected = (Some(by_phone(PHONE)), DeliveryStatus::Failed, vec![131_050]);
        assert_eq!((person, status, errors), expected, "{members}");
    }
}

/// A preference of 16505551234 with some members more.
fn preference(members: &Value) -> Value {
    let mut preference = json!({"wa_id": PHONE, "category": "marketing_messages", "timestamp": NOW});
    for (name, member) in members.as_object().unwrap() {
        preference[name] = member.clone();
    }
    conversation("user_preferences", &json!({"user_preferences": [preference]}))
}

#[test]
fn the_three_preferences_are_told_apart() {
    let id = Some("99".to_owned());
    for (members, change) in [
        (json!({"value": "stop"}), PreferenceChange::Stop),
        (json!({"value": "resume"}), PreferenceChange::Resume),
        (json!({"value": "resume", "category": "marketing"}), PreferenceChange::Resume),
        (json!({"value": "signup", "signup_id": "99"}), PreferenceChange::Signup { signup_id: id.clone() }),
        (json!({"value": "signup", "signup_id": 99}), PreferenceChange::Signup { signup_id: id }),
        (json!({"value": "signup"}), PreferenceChange::Signup { signup_id: None }),
    ] {
        let expected = What::Preference { person: by_phone(PHONE), change, at: at(NOW) };
        assert_eq!(only(&preference(&members)), expected, "{members}");
    }
    assert_eq!(why(&only(&preference(&json!({"value": "pause"})))), IgnoredBecause::PreferenceWord);
}

#[test]
fn under_an_unknown_category_a_stop_is_honoured_and_a_permission_is_not() {
    for category in [json!("utility_messages"), json!(null), json!(7)] {
        let read = |value: &str| only(&preference(&json!({"value": value, "category": category})));
        assert!(matches!(read("stop"), What::Preference { change: PreferenceChange::Stop, .. }));
        for permission in ["resume", "signup"] {
            assert_eq!(why(&read(permission)), IgnoredBecause::PreferenceCategory);
        }
    }
}

#[test]
fn a_preference_of_a_person_without_number_is_theirs() {
    let body = preference(&json!({"wa_id": "", "user_id": ID, "value": "stop"}));
    assert!(matches!(only(&body), What::Preference { person, .. } if person == by_id(ID)));
}
