//! Refusals in what is malformed: each is found, and nothing else is.

use serde_json::{Value, json};

use super::{
    super::{Delivery, InboundKind, PreferenceChange, Salvaged, What},
    NOW, at, by_id, by_phone, conversation, deliver, message, only, said, webhook,
};
use crate::model::Time;

const PHONE: &str = "16505551234";
const ID: &str = "US.13491208655302741918";
const OURS: &str = "15550783881";

/// Every word that somebody said to us, wherever it stood.
fn words(delivery: &Delivery) -> Vec<String> {
    let mut found = Vec::new();
    for item in &delivery.items {
        if let What::Inbound { text, button, button_text, stray, .. } = &item.what {
            found.extend([text, button, button_text].into_iter().flatten().chain(stray).cloned());
        }
    }
    for Salvaged { text, button, button_text, stray, .. } in &delivery.salvaged {
        found.extend([text, button, button_text].into_iter().chain(stray).cloned());
    }
    found.retain(|word| !word.is_empty());
    found
}

/// The people of whom words were salvaged.
fn salvaged(body: &Value) -> Vec<super::Person> {
    deliver(body).salvaged.into_iter().map(|it| it.from).collect()
}

#[test]
fn words_are_found_where_the_type_has_no_place_for_them() {
    let stop = json!({"caption": "STOP"});
    let reply = json!({"button_reply": {"id": "b-1", "title": "STOP"}});
    for members in [
        json!({"image": stop}),
        json!({"type": "gif", "gif": stop}),
        json!({"type": "text", "image": stop}),
        json!({"type": "unsupported", "image": stop}),
        json!({"type": "group_invite", "group_invite": {"body": "STOP"}}),
        json!({"type": "edit", "edit": {"message": {"image": stop}}}),
        json!({"type": "edit", "edit": {"text": {"body": "STOP"}}}),
        json!({"type": "edit", "edit": {"message": {"interactive": reply}}}),
        json!({"type": "interactive", "interactive": {"button_reply": {}, "list_reply": {"title": "STOP"}}}),
        json!({"type": "interactive", "interactive": {"list_reply": {"description": "STOP"}}}),
        json!({"type": "interactive", "interactive": {"nfm_reply": {"body": "STOP"}}}),
        json!({"type": "interactive", "interactive": {"poll_reply": {"id": "STOP"}}}),
        json!({"type": "system", "system": {"type": "hologram"}, "text": {"body": "STOP"}}),
        json!({"type": "system", "text": {"body": "STOP"}}),
        json!({"type": "system", "system": {"type": "user_changed_number", "wa_id": "16505550000"},
            "text": {"body": "STOP"}}),
        json!({"type": "request_welcome", "text": {"body": "STOP"}}),
        json!({"type": "text", "text": [{"body": "STOP"}]}),
        json!({"type": "text", "text": {"body": ["STOP"]}}),
        json!({"type": "image", "order": {"text": "STOP"}}),
        json!({"Text": {"Body": "STOP"}}),
    ] {
        let delivery = deliver(&conversation("messages", &json!({"messages": [message(&members)]})));
        assert!(words(&delivery).contains(&"STOP".to_owned()), "{members}");
        for Salvaged { from, message_id, at: when, .. } in &delivery.salvaged {
            assert_eq!((from, message_id.as_str(), *when), (&by_phone(PHONE), "wamid.A", at(NOW)));
        }
    }
}

#[test]
fn words_of_others_are_not_the_persons() {
    let stop = json!({"body": "STOP", "title": "STOP", "description": "STOP", "text": "STOP"});
    for name in ["context", "referral", "contacts", "location", "order", "errors", "system"] {
        let mut members = json!({"type": "hologram", name: stop});
        members["order"]["text"] = Value::Null;
        let delivery = deliver(&conversation("messages", &json!({"messages": [message(&members)]})));
        assert_eq!(words(&delivery), [""; 0], "{name}");
    }
    let sentence = json!({"type": "system", "system": {"type": "hologram", "body": "STOP"}});
    let delivery = deliver(&conversation("messages", &json!({"messages": [message(&sentence)]})));
    assert_eq!(words(&delivery), [""; 0], "the profile's name may stand in it");
    let media = json!({"type": "image", "image": {"id": "STOP", "mime_type": "STOP"}});
    let What::Inbound { stray, .. } = said(&media) else { panic!() };
    assert_eq!(stray, [""; 0]);
}

#[test]
fn words_in_their_place_are_not_stray_and_stray_words_are_bounded() {
    let What::Inbound { stray, kind, .. } = said(&json!({"type": "text", "text": {"body": "STOP"}})) else {
        panic!()
    };
    assert_eq!((stray, kind), (Vec::new(), InboundKind::Text));
    let many: Vec<_> = (0..1000).map(|n| json!({"caption": n.to_string()})).collect();
    let What::Inbound { stray, .. } = said(&json!({"x": many})) else { panic!() };
    assert_eq!(stray.len(), 64);
    let deep = (0..40).fold(json!({"caption": "STOP"}), |inner, _| json!([inner]));
    let What::Inbound { stray, .. } = said(&json!({"x": deep})) else { panic!() };
    assert_eq!(stray, [""; 0]);
}

/// A "stop" whose sender is written in some way, with contacts beside it.
fn stop_of(members: &Value, contacts: &Value) -> Value {
    let mut message = message(&json!({"type": "text", "text": {"body": "STOP"}}));
    message.as_object_mut().unwrap().remove("from");
    for (name, member) in members.as_object().unwrap() {
        message[name] = member.clone();
    }
    conversation("messages", &json!({"messages": [message], "contacts": contacts}))
}

#[test]
fn who_refuses_is_found_by_the_contact_beside_it() {
    let unknown = json!({"from_user_id": "user:1"});
    let cards = json!([{"wa_id": "16505559999", "user_id": "user:2"}, {"wa_id": PHONE, "user_id": "user:1"}]);
    assert_eq!(salvaged(&stop_of(&unknown, &cards)), [by_phone(PHONE)]);
    let twice = json!([{"wa_id": "16505559999", "user_id": "user:1"}, {"wa_id": PHONE, "user_id": "user:1"}]);
    assert_eq!(salvaged(&stop_of(&unknown, &twice)), [], "two are named so");
    let one = json!([{"wa_id": PHONE}]);
    for from in [json!("16505551234@s.whatsapp.net"), json!("0016505551234"), json!("user"), json!(0.5)] {
        let body = stop_of(&json!({"from": from}), &one);
        assert_eq!(salvaged(&body), [by_phone(PHONE)], "{from}");
        assert_eq!(deliver(&body).items, [], "only a refusal counts");
    }
    for from in [json!("16505551234@s.whatsapp.net"), json!("0016505551234"), json!(16_505_551_234.0)] {
        assert_eq!(salvaged(&stop_of(&json!({"from": from}), &json!([]))), [by_phone(PHONE)], "{from}");
    }
    // A list of one, as everywhere.
    let What::Inbound { from, .. } = only(&stop_of(&json!({}), &json!({"wa_id": PHONE}))) else { panic!() };
    assert_eq!(from, by_phone(PHONE));
}

#[test]
fn nobody_refuses_from_our_own_number_or_for_another() {
    let one = json!([{"wa_id": PHONE}]);
    let dressed = format!("{OURS}@s.whatsapp.net");
    for from in [json!(OURS), json!(dressed), json!(format!("00{OURS}")), json!(15_550_783_881.0)] {
        assert_eq!(salvaged(&stop_of(&json!({"from": from}), &one)), [], "{from}");
    }
    let two = json!([{"wa_id": PHONE}, {"wa_id": "16505559999"}]);
    assert_eq!(salvaged(&stop_of(&json!({"from": "user"}), &two)), []);
}

#[test]
fn two_names_in_what_is_malformed_are_not_one_person() {
    let body = stop_of(&json!({"from": PHONE, "from_user_id": ID, "timestamp": "?"}), &json!([]));
    let delivery = deliver(&body);
    let told: Vec<_> = delivery.salvaged.iter().map(|it| (&it.from, it.message_id.as_str(), it.at)).collect();
    assert_eq!(told, [(&by_phone(PHONE), "", Time::MAX), (&by_id(ID), "", Time::MAX)]);
}

/// What stands in a value that has all three kinds of refusal in it, and things that are none.
fn refusals() -> Value {
    let status = |code: u32| {
        json!({"id": "wamid.S", "status": "failed", "timestamp": NOW, "recipient_id": PHONE,
        "errors": [{"code": code}, {"code": 131_047}]})
    };
    let preference = |value: &str| {
        json!({"wa_id": PHONE, "category": "marketing_messages", "value": value,
        "timestamp": NOW})
    };
    json!({"metadata": {"display_phone_number": OURS, "phone_number_id": "106540352242922"},
        "messages": [message(&json!({"type": "text", "text": {"body": "STOP"}}))],
        "statuses": [status(131_050), status(131_026), {"status": "read", "recipient_id": PHONE}],
        "user_preferences": [preference("stop"), preference("resume"), preference("signup")]})
}

/// That exactly the refusals were found, besides one thing that is counted.
fn check_refusals(body: &Value) {
    let delivery = deliver(body);
    assert_eq!(words(&delivery), ["STOP"], "{body}");
    assert_eq!(delivery.salvaged[0].origin.phone_number_id.as_ref().unwrap().as_str(), "106540352242922");
    let found: Vec<_> = delivery.items.iter().filter(|it| !matches!(it.what, What::Ignored { .. })).collect();
    assert!(
        matches!(&found[0].what, What::Status { person: Some(who), errors, .. }
            if *who == by_phone(PHONE) && *errors == [131_050]),
        "{body}"
    );
    assert!(matches!(&found[1].what, What::Preference { change: PreferenceChange::Stop, .. }), "{body}");
    assert_eq!(found.len(), 2, "{body}");
    let counted = delivery.items.len() - found.len() + delivery.rejected.len();
    assert_eq!(counted, 1, "{body}");
}

#[test]
fn refusals_are_found_in_changes_that_are_not_what_they_should_be() {
    for field in
        ["Messages", "group_messages", "user_marketing_preferences", "message", "some_field_of_next_year"]
    {
        check_refusals(&webhook(field, &refusals()));
        check_refusals(&webhook(field, &json!({"metadata": refusals()["metadata"], "standby": refusals()})));
    }
    let mut without_field = webhook("messages", &refusals());
    without_field["entry"][0]["changes"][0].as_object_mut().unwrap().remove("field");
    check_refusals(&without_field);
    check_refusals(&webhook("messages", &json!([refusals()])));
    check_refusals(&webhook("standby", &json!({"standby": [refusals()]})));
    let metadata = refusals()["metadata"].clone();
    let bare = json!({"metadata": metadata, "standby": refusals()["messages"]});
    assert_eq!(salvaged(&webhook("standby", &bare)), [by_phone(PHONE)]);
}

#[test]
fn our_own_messages_and_those_of_before_are_never_refusals() {
    for (field, value) in [
        ("history", refusals()),
        ("history", json!([refusals()])),
        ("smb_message_echoes", json!([refusals()])),
        ("message_echoes", json!([refusals()])),
    ] {
        let delivery = deliver(&webhook(field, &value));
        assert_eq!(delivery.salvaged.len(), 0, "{field}");
        assert!(delivery.items.iter().all(|it| matches!(it.what, What::Ignored { .. })), "{field}");
    }
}

#[test]
fn a_stop_is_one_in_whatever_dress() {
    let read = |value: &Value| {
        let preference =
            json!({"wa_id": PHONE, "category": "marketing_messages", "timestamp": NOW, "value": value});
        let body = conversation("user_preferences", &json!({"user_preferences": [preference]}));
        let item = deliver(&body).items.pop();
        item.is_some_and(|it| matches!(it.what, What::Preference { change: PreferenceChange::Stop, .. }))
    };
    for value in [
        json!("stop"),
        json!("STOP"),
        json!("Stop"),
        json!(" stop"),
        json!("opt_out"),
        json!("OPT-OUT"),
        json!("unsubscribe"),
        json!({"type": "stop"}),
        json!({"value": "STOP"}),
        json!(["stop"]),
    ] {
        assert!(read(&value), "{value}");
    }
    for value in
        [json!("pause"), json!("nonstop"), json!("Resume"), json!({"type": "resume"}), json!([]), json!(5)]
    {
        assert!(!read(&value), "{value}");
    }
}

#[test]
fn error_131050_counts_wherever_it_stands() {
    let read = |members: &Value| {
        let mut status =
            json!({"id": "wamid.S", "status": "failed", "timestamp": NOW, "recipient_id": PHONE});
        for (name, member) in members.as_object().unwrap() {
            status[name] = member.clone();
        }
        let item = deliver(&conversation("messages", &json!({"statuses": [status]}))).items.pop();
        item.is_some_and(|it| matches!(it.what, What::Status { errors, .. } if errors.contains(&131_050)))
    };
    for members in [
        json!({"errors": [{"code": 131_050.0}]}),
        json!({"errors": [{"code": "(#131050)"}]}),
        json!({"errors": [{"code": "131050 the person wants no marketing"}]}),
        json!({"error": {"code": 131_050}}),
        json!({"errors": [], "error": {"code": 131_050}}),
        json!({"errors": 7, "error": {"code": 131_050}}),
        json!({"errors": [{"code": 100, "error_data": {"code": 131_050}}]}),
        json!({"errors": [{"code": 100, "error_subcode": 131_050}]}),
        json!({"errors": [131_050]}),
        json!({"errors": [{"code": 131_050}], "recipient_id": "16505551234@s.whatsapp.net"}),
    ] {
        assert!(read(&members), "{members}");
    }
    for members in [
        json!({"errors": [{"code": 1_310_500}]}),
        json!({"errors": [{"code": 131_049, "title": "131050"}]}),
        json!({"errors": [{"code": "100 131050"}]}),
        json!({"type": "payment", "error": {"code": 131_050}}),
        json!({"recipient_type": "group", "error": {"code": 131_050}}),
    ] {
        assert!(!read(&members), "{members}");
    }
}
