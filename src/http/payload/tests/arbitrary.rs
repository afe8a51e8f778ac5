//! Whatever arrives: no panic, nobody without a name, nothing of the input in what is rejected.

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

use super::{
    super::{Delivery, read},
    Person, SAMPLES, people,
};

/// Words that the platform uses, so that arbitrary JSON gets past the first checks.
const WORDS: &[&str] = &[
    "object",
    "entry",
    "changes",
    "field",
    "value",
    "messages",
    "statuses",
    "contacts",
    "calls",
    "user_preferences",
    "user_id_update",
    "standby",
    "message_echoes",
    "metadata",
    "from",
    "from_user_id",
    "wa_id",
    "user_id",
    "id",
    "timestamp",
    "time",
    "type",
    "system",
    "text",
    "body",
    "caption",
    "error",
    "edit",
    "message",
    "origin",
    "contact_request",
    "phones",
    "event",
    "connect",
    "status",
    "errors",
    "code",
    "restriction_info",
    "ban_info",
    "previous_user_id",
    "customer",
    "whatsapp_business_account",
    "stop",
    "failed",
    "user_changed_number",
    "user_changed_user_id",
    "US.1",
    "16505551234",
    "",
    "1739321024",
    "display_phone_number",
    "phone_number_id",
    "recipient_id",
    "account_update",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![9 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(1_739_321_024)),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((word(), inner), 0..6)
                .prop_map(|pairs| Value::from(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every place in a document, as JSON pointers.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                places(inner, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(object) => {
            for (name, inner) in object {
                places(inner, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// What holds for every delivery.
fn check(delivery: &Delivery) {
    for item in &delivery.items {
        for person in people(item) {
            assert!(!person.is_nobody(), "{item:?}");
        }
    }
    for salvaged in &delivery.salvaged {
        let Person { phone, user_id, parent_user_id } = &salvaged.from;
        let names = [phone.is_some(), user_id.is_some(), parent_user_id.is_some()];
        assert_eq!(names.iter().filter(|given| **given).count(), 1, "two names of it could be linked");
    }
    for rejected in &delivery.rejected {
        let ours = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '/' | '_');
        assert!(rejected.path.chars().all(ours), "{rejected:?}");
        let number =
            rejected.path.split('/').any(|part| part.len() > 4 && part.bytes().all(|b| b.is_ascii_digit()));
        assert!(!number, "{rejected:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_are_read_or_refused(body in vec(any::<u8>(), 0..200)) {
        if let Ok(delivery) = read(&body) {
            check(&delivery);
        }
    }

    #[test]
    fn arbitrary_json_is_read_or_refused(value in anything()) {
        if let Ok(delivery) = read(value.to_string().as_bytes()) {
            check(&delivery);
        }
    }

    #[test]
    fn arbitrary_values_in_the_usual_frame_are_read(
        field in prop::sample::select(&[
            "messages", "standby", "calls", "user_preferences", "user_id_update", "smb_message_echoes", "account_update",
            "message_template_status_update", "template_category_update", "business_capability_update",
        ][..]),
        list in prop::sample::select(&["messages", "statuses", "calls", "user_preferences", "user_id_update"][..]),
        items in vec(anything(), 0..4),
        contacts in anything(),
        value in anything(),
    ) {
        check(&super::deliver(&super::conversation(field, &json!({list: items, "contacts": contacts}))));
        check(&super::deliver(&super::webhook(field, &value)));
    }

    #[test]
    fn mutated_samples_are_read_or_refused(
        sample in 0..SAMPLES.len(),
        changes in vec((any::<prop::sample::Index>(), anything(), any::<bool>()), 1..4),
    ) {
        let mut body: Value = serde_json::from_str(SAMPLES[sample].1).unwrap();
        for (place, value, remove) in changes {
            let mut found = Vec::new();
            places(&body, "", &mut found);
            let path = &found[place.index(found.len())];
            if remove && let Some((parent, name)) = path.rsplit_once('/') {
                if let Some(Value::Object(object)) = body.pointer_mut(parent) {
                    object.remove(name);
                }
            } else if let Some(there) = body.pointer_mut(path) {
                *there = value;
            }
        }
        if let Ok(delivery) = read(body.to_string().as_bytes()) {
            check(&delivery);
        }
    }

    #[test]
    fn samples_with_broken_bytes_are_read_or_refused(
        sample in 0..SAMPLES.len(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut body = SAMPLES[sample].1.as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if let Ok(delivery) = read(&body) {
            check(&delivery);
        }
    }
}
