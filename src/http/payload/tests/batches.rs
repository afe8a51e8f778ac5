//! Whole bodies: what is an error, what is tolerated, and that one bad item costs no other.

use serde_json::{Value, json};

use super::{
    super::{IgnoredBecause, PayloadError, Reason, Rejected, What, read},
    NOW, SAMPLES, conversation, deliver, message, only, refused, webhook,
};

/// Every item of these lists says something; each stands for its list.
fn batch() -> Value {
    let text = |id: &str| message(&json!({"id": id, "type": "text", "text": {"body": "hi"}}));
    let status =
        json!({"id": "wamid.S", "status": "sent", "timestamp": "1739321024", "recipient_id": "16505551234"});
    let metadata = json!({"display_phone_number": "15550783881", "phone_number_id": "106540352242922"});
    let messages = json!({"metadata": metadata, "messages": [text("wamid.1"), text("wamid.2"), text("wamid.3")],
        "statuses": [status, status], "contacts": [{"wa_id": "16505551234", "user_id": "US.1"}]});
    let preference =
        json!({"wa_id": "16505551234", "category": "marketing_messages", "value": "stop", "timestamp": NOW});
    let call = json!({"id": "wacid.1", "from": "16505551234", "event": "connect", "direction": "USER_INITIATED",
        "timestamp": "1739321024"});
    let template = json!({"event": "PAUSED", "message_template_name": "welcome"});
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "time": NOW, "changes": [
            {"field": "messages", "value": messages},
            {"field": "user_preferences", "value": {"metadata": metadata, "user_preferences": [preference, preference]}}]},
        {"id": "2", "time": NOW, "changes": [
            {"field": "calls", "value": {"metadata": metadata, "calls": [call]}},
            {"field": "message_template_status_update", "value": template}]}]})
}

/// Where the items of the batch stand, in the order in which they are read, and the member each cannot do without.
const PLACES: [(&str, &str); 9] = [
    ("/entry/0/changes/0/value/messages/0", "id"),
    ("/entry/0/changes/0/value/messages/1", "timestamp"),
    ("/entry/0/changes/0/value/messages/2", "from"),
    ("/entry/0/changes/0/value/statuses/0", "status"),
    ("/entry/0/changes/0/value/statuses/1", "id"),
    ("/entry/0/changes/1/value/user_preferences/0", "wa_id"),
    ("/entry/0/changes/1/value/user_preferences/1", "value"),
    ("/entry/1/changes/0/value/calls/0", "direction"),
    ("/entry/1/changes/1/value", "message_template_name"),
];

#[test]
fn a_corrupted_item_is_the_only_one_lost() {
    let whole = deliver(&batch());
    assert_eq!((whole.items.len(), whole.rejected.len()), (PLACES.len(), 0));
    for (index, (place, member)) in PLACES.iter().enumerate() {
        let mut others = whole.items.clone();
        others.remove(index);
        for corrupted in [json!(null), json!(5), json!("x"), json!([[]])] {
            let mut body = batch();
            *body.pointer_mut(place).unwrap() = corrupted.clone();
            let delivery = deliver(&body);
            assert_eq!(delivery.items, others, "{place} {corrupted}");
            assert_eq!(delivery.rejected.len(), 1, "{place} {corrupted}");
            assert_eq!(delivery.rejected[0].path, *place);
        }
        let mut body = batch();
        body.pointer_mut(place).unwrap()[*member] = json!({"unexpected": ["16505551234"]});
        let delivery = deliver(&body);
        assert_eq!(delivery.items, others, "{place}/{member}");
        assert_eq!(delivery.rejected.len(), 1, "{place}/{member}");
        assert_eq!(delivery.rejected[0].path, format!("{place}/{member}"));
    }
}

#[test]
fn a_corrupted_change_or_entry_costs_no_other() {
    let count = |pointer: &str| {
        let mut body = batch();
        *body.pointer_mut(pointer).unwrap() = json!(7);
        let delivery = deliver(&body);
        assert_eq!(delivery.rejected.len(), 1, "{pointer}");
        assert_eq!(delivery.rejected[0].path, pointer);
        delivery.items.len()
    };
    assert_eq!(count("/entry/0"), 2);
    assert_eq!(count("/entry/0/changes"), 2);
    assert_eq!(count("/entry/0/changes/0"), 4);
    assert_eq!(count("/entry/0/changes/0/field"), 4);
    assert_eq!(count("/entry/0/changes/0/value"), 4);
    assert_eq!(count("/entry/0/changes/0/value/messages"), 6);
}

#[test]
fn corrupted_contacts_or_metadata_cost_no_item() {
    for pointer in ["/entry/0/changes/0/value/contacts", "/entry/0/changes/0/value/metadata"] {
        for corrupted in [json!(7), json!([7]), json!({"a": {}}), json!(null)] {
            let mut body = batch();
            *body.pointer_mut(pointer).unwrap() = corrupted;
            let delivery = deliver(&body);
            assert_eq!((delivery.items.len(), delivery.rejected.len()), (PLACES.len(), 0), "{pointer}");
        }
    }
}

#[test]
fn text_cut_in_the_middle_of_a_character_costs_nothing() {
    let body = conversation(
        "messages",
        &json!({"messages": [
        message(&json!({"id": "wamid.1", "type": "text", "text": {"body": "CUT"}})),
        message(&json!({"id": "wamid.2", "type": "text", "text": {"body": "STOP"}}))]}),
    )
    .to_string();
    let (before, after) = body.split_once("CUT").unwrap();
    for cut in [&b"\\ud83d"[..], b"\xf0\x9f", b"\xff", b"\\udc00 \\ud800"] {
        let body = [before.as_bytes(), cut, after.as_bytes()].concat();
        let delivery = read(&body).unwrap();
        assert_eq!((delivery.items.len(), delivery.rejected.len()), (2, 0));
        let What::Inbound { text: Some(text), .. } = &delivery.items[0].what else { panic!() };
        assert!(text.contains('\u{fffd}'));
    }
}

#[test]
fn a_thousand_updates_in_one_body_are_all_read() {
    let messages: Vec<_> = (0..1000)
        .map(|n| message(&json!({"id": format!("wamid.{n}"), "from": (16_505_550_000_u64 + n).to_string()})))
        .collect();
    let contacts: Vec<_> = (0..1000)
        .map(|n| json!({"wa_id": (16_505_550_000_u64 + n).to_string(), "user_id": format!("US.{n}")}))
        .collect();
    let delivery = deliver(&conversation("messages", &json!({"messages": messages, "contacts": contacts})));
    assert_eq!((delivery.items.len(), delivery.rejected.len()), (1000, 0));
    for (n, item) in delivery.items.iter().enumerate() {
        let What::Inbound { from, .. } = &item.what else { panic!() };
        assert_eq!(from.user_id.as_ref().map(|id| id.reveal().to_owned()), Some(format!("US.{n}")));
    }
}

#[test]
fn bodies_that_are_no_webhook_at_all_are_errors() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for body in ["", "{", "nonsense", "{\"entry\": [1e999]}", &deep] {
        assert_eq!(read(body.as_bytes()), Err(PayloadError::NotJson), "{body}");
    }
    for body in ["null", "[]", "5", "{}", "{\"entry\": {}}", "{\"object\": \"whatsapp_business_account\"}"] {
        assert_eq!(read(body.as_bytes()), Err(PayloadError::NotAWebhook), "{body}");
    }
    for body in ["{\"object\": \"page\", \"entry\": []}", "{\"object\": 5, \"entry\": []}"] {
        assert_eq!(read(body.as_bytes()), Err(PayloadError::OtherProduct), "{body}");
    }
}

#[test]
fn a_body_without_object_or_items_is_tolerated() {
    for body in
        ["{\"entry\": []}", "{\"object\": \"whatsapp_business_account\", \"entry\": [{\"changes\": []}]}"]
    {
        let delivery = read(body.as_bytes()).unwrap();
        assert_eq!((delivery.items.len(), delivery.rejected.len()), (0, 0), "{body}");
    }
    assert_eq!(refused(&json!({"entry": [{"id": "1"}]})), (Reason::Missing, "/entry/0/changes".to_owned()));
}

#[test]
fn fields_of_no_consequence_are_counted_not_refused() {
    for (body, why) in [
        (webhook("account_review_update", &json!({"decision": "APPROVED"})), IgnoredBecause::Field),
        (webhook("some_field_of_next_year", &json!({"x": 1})), IgnoredBecause::Field),
        (webhook("history", &json!({"history": [{"threads": []}]})), IgnoredBecause::History),
        (webhook("messages", &json!({"messaging_product": "whatsapp"})), IgnoredBecause::Empty),
        (webhook("messages", &json!({"errors": [{"code": 130_429}]})), IgnoredBecause::PlatformErrors),
    ] {
        assert_eq!(only(&body), What::Ignored { why });
    }
}

#[test]
fn names_of_absurd_length_are_rejected() {
    let body = conversation("messages", &json!({"messages": [message(&json!({"id": "x".repeat(513)}))]}));
    let id = "/entry/0/changes/0/value/messages/0/id".to_owned();
    assert_eq!(refused(&body), (Reason::Malformed, id));
}

#[test]
fn nothing_shown_for_logs_holds_what_a_person_is_known_by_or_wrote() {
    let secrets = [
        "16505551234",
        "1650",
        "5551234",
        "972987654321",
        "5511111111111",
        "13491208655302741918",
        "wamid",
        "Hello",
        "Body Text",
        "hi everyone",
        "SIM",
        "13176843987434774",
    ];
    let mut shown = String::new();
    for (_, sample) in SAMPLES {
        for item in read(sample.as_bytes()).unwrap().items {
            shown += &format!("{:?}\n", item.what);
        }
    }
    let system =
        json!({"type": "system", "system": {"type": "user_changed_number", "wa_id": "5511111111111"}});
    let update = json!({"wa_id": "972987654321", "user_id": {"previous": "US.13491208655302741918", "current": "US.1"},
        "timestamp": NOW});
    let lists = json!({"messages": [message(&system)], "user_id_update": [update]});
    shown += &format!(
        "{:?}\n",
        deliver(&conversation("messages", &lists)).items.iter().map(|it| &it.what).collect::<Vec<_>>()
    );
    let bad = json!({"messages": [{"from": "+16505551234", "id": {"16505551234": 1}, "timestamp": "16505551234x"}]});
    shown += &format!("{:?}\n", deliver(&conversation("messages", &bad)).rejected);
    shown += &format!("{:?}\n", Rejected { reason: Reason::Missing, path: String::new() });
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
