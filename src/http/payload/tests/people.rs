//! Messages and calls: every shape, and whom it is about.

use serde_json::{Value, json};

use super::{
    super::{IgnoredBecause, InboundKind, Reason, What},
    NOW, at, bare, by_both, by_id, by_phone, conversation, deliver, message, only, refused, said, texted,
    why, with_parent,
};

const PHONE: &str = "16505551234";
const ID: &str = "US.13491208655302741918";
const PARENT: &str = "US.ENT.11815799212886844830";

/// Kind, text, button and button text of a message.
fn parts(members: &Value) -> (InboundKind, Option<String>, Option<String>, Option<String>) {
    match said(members) {
        What::Inbound { kind, text, button, button_text, .. } => (kind, text, button, button_text),
        other => panic!("{other:?}"),
    }
}

fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Who wrote, when these lists arrive with one message.
fn writer(message: &Value, contacts: &Value) -> super::Person {
    match only(&conversation("messages", &json!({"messages": [message], "contacts": contacts}))) {
        What::Inbound { from, .. } => from,
        other => panic!("{other:?}"),
    }
}

fn anonymous(members: &Value) -> Value {
    let mut message = message(members);
    message.as_object_mut().unwrap().remove("from");
    message
}

#[test]
fn every_kind_of_message_is_told_apart_and_its_words_are_found() {
    for (members, kind, text) in [
        (json!({"type": "text", "text": {"body": "STOP"}}), InboundKind::Text, owned("STOP")),
        (json!({"text": {"body": "STOP"}}), InboundKind::Text, owned("STOP")),
        (json!({"type": "text"}), InboundKind::Text, None),
        (
            json!({"type": "image", "image": {"id": "1", "caption": "stop"}}),
            InboundKind::Media,
            owned("stop"),
        ),
        (json!({"type": "video", "video": {"caption": "hi"}}), InboundKind::Media, owned("hi")),
        (json!({"type": "document", "document": {"filename": "a.pdf"}}), InboundKind::Media, None),
        (json!({"type": "audio", "audio": {"id": "1", "voice": true}}), InboundKind::Media, None),
        (json!({"type": "sticker", "sticker": {"id": "1"}}), InboundKind::Media, None),
        (
            json!({"type": "reaction", "reaction": {"message_id": "m", "emoji": "👍"}}),
            InboundKind::Reaction,
            None,
        ),
        (json!({"type": "order", "order": {"text": "please"}}), InboundKind::Order, owned("please")),
        (json!({"type": "location", "location": {"latitude": 1.5}}), InboundKind::Location, None),
        (json!({"type": "contacts", "contacts": []}), InboundKind::Contacts, None),
        (json!({"type": "unsupported", "errors": [{"code": 131_051}]}), InboundKind::Unsupported, None),
        (json!({"type": "unknown"}), InboundKind::Unsupported, None),
        (json!({"type": "hologram", "hologram": {"body": "x"}}), InboundKind::Other, None),
        (json!({}), InboundKind::Other, None),
        (json!({"type": "revoke", "revoke": {"original_message_id": "m"}}), InboundKind::Revoke, None),
        (json!({"type": "text", "text": "STOP"}), InboundKind::Text, owned("STOP")),
        // Somebody else's words, passed on.
        (
            json!({"type": "text", "text": {"body": "yes"}, "context": {"forwarded": true}}),
            InboundKind::Other,
            owned("yes"),
        ),
        // Words where the type has no place for them.
        (json!({"type": "button", "text": {"body": "STOP"}}), InboundKind::Other, owned("STOP")),
        (json!({"type": "image", "text": {"body": "STOP"}}), InboundKind::Other, owned("STOP")),
        (json!({"type": "hologram", "text": {"body": "STOP"}}), InboundKind::Other, owned("STOP")),
    ] {
        assert_eq!(parts(&members), (kind, text, None, None), "{members}");
    }
}

#[test]
fn a_button_is_read_wherever_it_stands() {
    let pressed = |kind| (kind, None, owned("opt-out"), owned("Stop"));
    let button = json!({"payload": "opt-out", "text": "Stop"});
    let reply = json!({"button_reply": {"id": "opt-out", "title": "Stop"}});
    for (members, kind) in [
        (json!({"button": button}), InboundKind::Button),
        (json!({"interactive": reply}), InboundKind::Interactive),
        (json!({"type": "text", "button": button}), InboundKind::Other),
        (json!({"type": "hologram", "interactive": reply}), InboundKind::Other),
    ] {
        assert_eq!(parts(&members), pressed(kind), "{members}");
    }
}

#[test]
fn a_message_where_a_list_belongs_is_a_list_of_one() {
    let body = conversation("messages", &json!({"messages": message(&json!({"text": {"body": "STOP"}}))}));
    assert!(matches!(only(&body), What::Inbound { text: Some(text), .. } if text == "STOP"));
}

#[test]
fn buttons_give_what_the_business_attached_and_what_the_person_saw() {
    let pressed = |kind, button, seen| (kind, None, owned(button), owned(seen));
    assert_eq!(
        parts(&json!({"type": "button", "button": {"payload": "opt-out", "text": "Stop promotions"}})),
        pressed(InboundKind::Button, "opt-out", "Stop promotions")
    );
    for reply in ["button_reply", "list_reply"] {
        let interactive = json!({"type": reply, reply: {"id": "yes-1", "title": "Yes", "description": "d"}});
        assert_eq!(
            parts(&json!({"type": "interactive", "interactive": interactive})),
            pressed(InboundKind::Interactive, "yes-1", "Yes")
        );
    }
}

#[test]
fn a_flow_or_a_call_permission_is_no_button() {
    for interactive in [
        json!({"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"yes\":1}"}}),
        json!({"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}),
    ] {
        assert_eq!(
            parts(&json!({"type": "interactive", "interactive": interactive})),
            (InboundKind::Interactive, None, None, None)
        );
    }
}

#[test]
fn an_edit_carries_its_new_words_but_opens_nothing_and_permits_nothing() {
    let text = json!({"original_message_id": "m", "message": {"type": "text", "text": {"body": "stop"}}});
    assert_eq!(parts(&json!({"type": "edit", "edit": text})), (InboundKind::Edit, owned("stop"), None, None));
    let caption = json!({"message": {"type": "image", "image": {"caption": "stop"}}});
    assert_eq!(
        parts(&json!({"type": "edit", "edit": caption})),
        (InboundKind::Edit, owned("stop"), None, None)
    );
    assert!(InboundKind::Edit.refusals_only() && !InboundKind::Edit.opens_window());
    assert!(!InboundKind::Revoke.opens_window());
    assert!(!InboundKind::Text.refusals_only() && InboundKind::Text.opens_window());
}

#[test]
fn an_answer_names_the_message_it_answers() {
    let members =
        json!({"type": "text", "text": {"body": "yes"}, "context": {"from": "1", "id": "wamid.PROMPT"}});
    let What::Inbound { context_id, .. } = said(&members) else { panic!() };
    assert_eq!(context_id.as_deref(), Some("wamid.PROMPT"));
    let What::Inbound { context_id, .. } = said(&json!({"type": "text", "context": {"forwarded": true}}))
    else {
        panic!()
    };
    assert_eq!(context_id, None);
}

#[test]
fn group_messages_are_marked() {
    let What::Inbound { in_group, from, .. } = said(&json!({"type": "text", "group_id": "HBgLMTY1"})) else {
        panic!()
    };
    assert!(in_group);
    assert_eq!(from, by_phone(PHONE));
}

#[test]
fn an_opened_chat_is_not_a_message() {
    assert_eq!(why(&said(&json!({"type": "request_welcome"}))), IgnoredBecause::ChatOpened);
}

#[test]
fn a_sender_without_number_is_known_by_user_id() {
    let own = anonymous(&json!({"from_user_id": ID, "from_parent_user_id": PARENT}));
    assert_eq!(writer(&own, &json!([])), with_parent(by_id(ID), PARENT));
    let empty = message(&json!({"from": "", "from_user_id": ID}));
    assert_eq!(writer(&empty, &json!([{"wa_id": "", "user_id": ID}])), by_id(ID));
    let misplaced = message(&json!({"from": ID}));
    assert_eq!(writer(&misplaced, &json!([])), by_id(ID));
}

#[test]
fn a_contact_completes_the_sender_only_where_they_share_a_name() {
    let by_id_only = anonymous(&json!({"from_user_id": ID}));
    let by_phone_only = message(&json!({}));
    let both = by_both(PHONE, ID);
    let others = json!({"wa_id": "16505559999", "user_id": "US.999"});
    let contact = json!({"wa_id": PHONE, "user_id": ID});
    assert_eq!(writer(&by_id_only, &json!([others, contact])), both);
    assert_eq!(writer(&by_phone_only, &json!([others, contact])), both);
    assert_eq!(writer(&by_phone_only, &json!([others])), by_phone(PHONE));
    // The sole contact has only a user ID and the message only a number: nothing ties them but their place.
    assert_eq!(writer(&by_phone_only, &json!([{"wa_id": "", "user_id": ID}])), by_phone(PHONE));
}

#[test]
fn a_contact_that_contradicts_the_sender_adds_nothing() {
    let own = message(&json!({"from_user_id": ID}));
    let contradicting = json!([{"wa_id": PHONE, "user_id": "US.999", "parent_user_id": PARENT}]);
    assert_eq!(writer(&own, &contradicting), by_both(PHONE, ID));
    let disagreeing = json!([{"wa_id": PHONE, "user_id": "US.1"}, {"wa_id": PHONE, "user_id": "US.2"}]);
    assert_eq!(writer(&message(&json!({})), &disagreeing), by_phone(PHONE));
}

#[test]
fn variants_of_a_number_are_the_same_contact() {
    let own = message(&json!({"from": "5511987654321"}));
    assert_eq!(
        writer(&own, &json!([{"wa_id": "551187654321", "user_id": "BR.1"}])),
        by_both("5511987654321", "BR.1")
    );
}

#[test]
fn a_message_that_names_nobody_belongs_to_the_contact_beside_it_if_there_is_one_of_each() {
    let contact = json!({"wa_id": PHONE, "user_id": ID});
    let nobody = anonymous(&json!({"type": "text"}));
    assert_eq!(writer(&nobody, &json!([contact])), by_both(PHONE, ID));
    let refused_at = |lists: &Value| refused(&conversation("messages", lists));
    let expected = (Reason::NoPerson, "/entry/0/changes/0/value/messages/0/from".to_owned());
    assert_eq!(refused_at(&json!({"messages": [nobody]})), expected);
    assert_eq!(
        refused_at(&json!({"messages": [nobody], "contacts": [contact, {"wa_id": "16505550000"}]})),
        expected
    );
    // Somebody was named, only not legibly: that the contact is meant would be a guess.
    let illegible = message(&json!({"from": "<PHONE>"}));
    assert_eq!(refused_at(&json!({"messages": [illegible], "contacts": [contact]})), expected);
    let two =
        deliver(&conversation("messages", &json!({"messages": [nobody, nobody], "contacts": [contact]})));
    assert_eq!((two.items.len(), two.rejected.len()), (0, 2));
}

#[test]
fn our_own_number_is_nobody() {
    let own = message(&json!({"from": "15550783881", "from_user_id": ID}));
    assert_eq!(writer(&own, &json!([{"wa_id": PHONE, "user_id": ID}])), by_both(PHONE, ID));
}

#[test]
fn a_number_shared_on_request_is_the_senders_and_a_forwarded_card_proves_nothing() {
    let card = |origin: &str, numbers: Value| json!([{"origin": origin, "phones": numbers}]);
    let number = json!([{"phone": "+1 650-555-1234", "wa_id": PHONE}]);
    let shared = |card: Value| anonymous(&json!({"type": "contacts", "from_user_id": ID, "contacts": card}));
    assert_eq!(writer(&shared(card("contact_request", number.clone())), &json!([])), by_both(PHONE, ID));
    assert_eq!(writer(&shared(card("other", number.clone())), &json!([])), by_id(ID));
    assert_eq!(writer(&shared(json!([{"phones": number}])), &json!([])), by_id(ID));
    let several = json!([{"phone": "+16505551234"}, {"phone": "+16505550000"}]);
    assert_eq!(writer(&shared(card("contact_request", several)), &json!([])), by_id(ID));
    // Who writes from a number is known by it, whatever they share.
    let known = message(
        &json!({"type": "contacts", "contacts": card("contact_request", json!([{"phone": "+16505550000"}]))}),
    );
    assert_eq!(writer(&known, &json!([])), by_phone(PHONE));
}

#[test]
fn the_origin_may_stand_at_the_message_too() {
    let message = anonymous(&json!({"type": "contacts", "from_user_id": ID, "origin": "contact_request",
        "contacts": [{"phones": [{"phone": "+16505551234"}]}]}));
    assert_eq!(writer(&message, &json!([])), by_both(PHONE, ID));
}

#[test]
fn times_are_seconds_or_milliseconds_as_text_or_number_and_nothing_else() {
    for time in [
        json!("1739321024"),
        json!(1_739_321_024),
        json!(" 1739321024 "),
        json!(1_739_321_024_000_i64),
        json!("1739321024000"),
    ] {
        let What::Inbound { at: read, .. } = said(&json!({"timestamp": time})) else { panic!() };
        assert_eq!(read, at(NOW));
    }
    for time in [
        json!(1_739_321_024_000_000_i64),
        json!(1_230_767_999),
        json!(1_230_767_999_999_i64),
        json!(0),
        json!(-5),
        json!(1.5),
        json!("soon"),
        json!(true),
        json!({}),
    ] {
        let body = conversation("messages", &json!({"messages": [message(&json!({"timestamp": time}))]}));
        assert_eq!(
            refused(&body),
            (Reason::BadTime, "/entry/0/changes/0/value/messages/0/timestamp".to_owned())
        );
    }
    let body = conversation("messages", &json!({"messages": [message(&json!({"timestamp": null}))]}));
    assert_eq!(refused(&body).0, Reason::Missing);
}

#[test]
fn calls_of_people_are_inbound_and_ours_are_not() {
    let call = |members: Value| {
        let mut call = message(&json!({"id": "wacid.A"}));
        for (name, member) in members.as_object().unwrap() {
            call[name] = member.clone();
        }
        conversation("calls", &json!({"calls": [call]}))
    };
    let connect = |direction: &str| call(json!({"event": "connect", "direction": direction}));
    assert_eq!(only(&connect("USER_INITIATED")), bare(by_phone(PHONE), "wacid.A", NOW, InboundKind::Call));
    assert_eq!(why(&only(&connect("BUSINESS_INITIATED"))), IgnoredBecause::OurCall);
    assert_eq!(
        why(&only(&call(json!({"event": "terminate", "direction": "USER_INITIATED"})))),
        IgnoredBecause::CallState
    );
    let direction = "/entry/0/changes/0/value/calls/0/direction".to_owned();
    assert_eq!(refused(&call(json!({"event": "connect"}))), (Reason::Missing, direction.clone()));
    assert_eq!(refused(&connect("SIDEWAYS")), (Reason::Malformed, direction));
}

#[test]
fn our_own_messages_are_echoes_in_every_shape_they_come_in() {
    let ours = json!({"from": "15550783881", "to": PHONE, "id": "wamid.E", "timestamp": "1739321024",
        "type": "text", "text": {"body": "STOP"}});
    for (field, list) in [
        ("smb_message_echoes", "message_echoes"),
        ("message_echoes", "message_echoes"),
        ("smb_message_echoes", "messages"),
        ("messages", "message_echoes"),
    ] {
        assert_eq!(only(&conversation(field, &json!({list: [ours]}))), What::Echo, "{field} {list}");
    }
}

#[test]
fn what_is_seen_on_standby_is_read_like_everything_else() {
    let lists = json!({"messages": [message(&json!({"type": "text", "text": {"body": "STOP"}}))],
        "contacts": [{"wa_id": PHONE, "user_id": ID}]});
    let expected = texted(by_both(PHONE, ID), "wamid.A", NOW, "STOP");
    assert_eq!(only(&conversation("standby", &lists)), expected);
    assert_eq!(only(&conversation("standby", &json!({"standby": lists}))), expected);
    let outer = json!({"standby": {"messages": lists["messages"]}, "contacts": lists["contacts"]});
    assert_eq!(only(&conversation("standby", &outer)), expected);
    let echo = json!({"standby": {"message_echoes": [{"id": "wamid.E"}]}});
    assert_eq!(only(&conversation("standby", &echo)), What::Echo);
    let bad = json!({"standby": {"messages": [5]}});
    assert_eq!(
        refused(&conversation("standby", &bad)),
        (Reason::NotAnObject, "/entry/0/changes/0/value/standby/messages/0".to_owned())
    );
}
