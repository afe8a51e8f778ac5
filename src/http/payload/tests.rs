//! Tests of the reader: the samples, every shape known, and what must never happen.

mod arbitrary;
mod batches;
mod events;
mod identities;
mod malformed;
mod outcomes;
mod people;
mod samples;

use serde_json::{Value, json};

use super::{Delivery, IgnoredBecause, InboundKind, Item, Origin, Person, Reason, What, read};
use crate::model::{Phone, SenderId, Time, UserId};

macro_rules! sample {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/webhooks/", $name, ".json")),
        )
    };
}

/// Bodies taken from public test fixtures; see the README beside them.
const SAMPLES: &[(&str, &str)] = &[
    sample!("account_update_restriction"),
    sample!("batch_messages_and_user_preferences_stop"),
    sample!("calls_connect_user_initiated"),
    sample!("message_template_status_update_flagged"),
    sample!("messages_button_sim_pt"),
    sample!("messages_interactive_button_reply"),
    sample!("messages_interactive_list_reply"),
    sample!("messages_text_legacy_waid_only"),
    sample!("messages_text_waid_and_bsuid"),
    sample!("phone_number_quality_update_flagged"),
    sample!("statuses_failed_131047"),
    sample!("statuses_read"),
    sample!("statuses_sent_biz_opaque"),
    sample!("user_preferences_signup"),
];

/// Entry time of the hand-made bodies.
const NOW: i64 = 1_739_321_024;

fn deliver(body: &Value) -> Delivery {
    read(body.to_string().as_bytes()).unwrap()
}

/// A body with one change.
fn webhook(field: &str, value: &Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "102290129340398", "time": NOW, "changes": [{"field": field, "value": value}]}]})
}

/// A body of the field `messages` with the usual metadata and some lists.
fn conversation(field: &str, lists: &Value) -> Value {
    let mut value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}});
    for (name, list) in lists.as_object().unwrap() {
        value[name] = list.clone();
    }
    webhook(field, &value)
}

/// The one thing that a body says.
fn only(body: &Value) -> What {
    let mut delivery = deliver(body);
    assert_eq!(delivery.rejected, []);
    assert_eq!(delivery.items.len(), 1, "{:?}", delivery.items);
    delivery.items.remove(0).what
}

/// Why a body of one item is rejected, and where.
fn refused(body: &Value) -> (Reason, String) {
    let mut delivery = deliver(body);
    assert_eq!(delivery.items, []);
    assert_eq!(delivery.rejected.len(), 1, "{:?}", delivery.rejected);
    let rejected = delivery.rejected.remove(0);
    (rejected.reason, rejected.path)
}

/// A message of 16505551234 with some members more.
fn message(members: &Value) -> Value {
    let mut message = json!({"from": "16505551234", "id": "wamid.A", "timestamp": "1739321024"});
    for (name, member) in members.as_object().unwrap() {
        message[name] = member.clone();
    }
    message
}

/// What one message says.
fn said(members: &Value) -> What {
    only(&conversation("messages", &json!({"messages": [message(members)]})))
}

fn at(seconds: i64) -> Time {
    Time::from_seconds(seconds).unwrap()
}

fn by_phone(digits: &str) -> Person {
    Person { phone: Some(Phone::parse(digits).unwrap()), ..Person::default() }
}

fn by_id(id: &str) -> Person {
    Person { user_id: Some(UserId::parse(id).unwrap()), ..Person::default() }
}

fn by_both(digits: &str, id: &str) -> Person {
    Person { user_id: by_id(id).user_id, ..by_phone(digits) }
}

fn with_parent(person: Person, parent: &str) -> Person {
    Person { parent_user_id: Some(UserId::parse(parent).unwrap()), ..person }
}

/// An inbound message with nothing but its kind.
fn bare(from: Person, id: &str, seconds: i64, kind: InboundKind) -> What {
    What::Inbound {
        from,
        message_id: id.to_owned(),
        at: at(seconds),
        kind,
        text: None,
        button: None,
        button_text: None,
        stray: Vec::new(),
        context_id: None,
        in_group: false,
    }
}

/// A text message.
fn texted(from: Person, id: &str, seconds: i64, words: &str) -> What {
    let mut what = bare(from, id, seconds, InboundKind::Text);
    if let What::Inbound { text, .. } = &mut what {
        *text = Some(words.to_owned());
    }
    what
}

fn origin(account: &str, phone_number_id: Option<&str>, display_number: Option<&str>) -> Origin {
    let sender = |name: &str| SenderId::parse(name).unwrap();
    Origin {
        account: Some(account.to_owned()),
        phone_number_id: phone_number_id.map(sender),
        display_number: display_number.map(sender),
    }
}

/// Why something is of no consequence.
fn why(what: &What) -> IgnoredBecause {
    match what {
        What::Ignored { why } => *why,
        other => panic!("{other:?}"),
    }
}

/// Everybody an item names.
fn people(item: &Item) -> Vec<&Person> {
    match &item.what {
        What::Inbound { from, .. } => vec![from],
        What::Status { person, .. } => person.iter().collect(),
        What::Preference { person, .. } | What::UserIdChanged { person, .. } => vec![person],
        What::NumberChanged { from, to, .. } => vec![from, to],
        _ => Vec::new(),
    }
}
