//! What each sample says, exactly.

use super::{
    super::{
        DeliveryStatus, InboundKind, Item, Limit, NumberEvent, Origin, PreferenceChange, Restriction,
        RestrictionKind, What, read,
    },
    SAMPLES, at, bare, by_both, by_phone, origin, texted, with_parent,
};

use crate::{model::Category, policy::TemplateStatus};

/// Everything a sample says; all of it has to be readable.
fn items(name: &str) -> Vec<Item> {
    let (_, body) = SAMPLES.iter().find(|(sample, _)| *sample == name).unwrap();
    let delivery = read(body.as_bytes()).unwrap();
    assert_eq!(delivery.rejected, []);
    delivery.items
}

fn test_name() -> super::Person {
    with_parent(by_both("972987654321", "US.13491208655302741918"), "US.ENT.11815799212886844830")
}

fn israel() -> Origin {
    origin("5467539754836534", Some("1122334455667"), Some("972123456789"))
}

fn brazil() -> Origin {
    origin("880480571844883", Some("409552778964973"), Some("43330585569"))
}

#[test]
fn account_update_restriction() {
    let until = Some(at(1_641_330_498));
    let told = |kind| {
        let what =
            What::AccountRestriction { restriction: Restriction { kind, until }, at: at(1_641_330_498) };
        Item { origin: origin("102290129340398", None, None), what }
    };
    assert_eq!(
        items("account_update_restriction"),
        [told(RestrictionKind::BizInitiated), told(RestrictionKind::Other)]
    );
}

#[test]
fn batch_messages_and_user_preferences_stop() {
    let origin = origin("111111111111", Some("987654321"), Some("15551234567"));
    let alex = by_phone("1234567890");
    let text = texted(alex.clone(), "wamid.TEXTXYZ123", 1_680_123_456, "Hello from a text message");
    let stop = What::Preference { person: alex, change: PreferenceChange::Stop, at: at(1_690_000_000) };
    assert_eq!(
        items("batch_messages_and_user_preferences_stop"),
        [Item { origin: origin.clone(), what: text }, Item { origin, what: stop }]
    );
}

#[test]
fn calls_connect_user_initiated() {
    let origin = origin("100293269804676", Some("743897493242"), Some("16315553601"));
    let what = bare(test_name(), "wacid.xxxx=", 1_752_583_107, InboundKind::Call);
    assert_eq!(items("calls_connect_user_initiated"), [Item { origin, what }]);
}

#[test]
fn message_template_status_update_flagged() {
    let what = What::TemplateStatus {
        name: "My message template".to_owned(),
        language: Some("en-US".to_owned()),
        status: TemplateStatus::Flagged,
        category: None,
        at: at(1_604_703_141),
    };
    let origin = origin("whatsapp-business-account-id", None, None);
    assert_eq!(items("message_template_status_update_flagged"), [Item { origin, what }]);
}

#[test]
fn messages_button_sim_pt() {
    let id = "wamid.nBgN6TUyN2k5NzAzM5kzNhUCABI8FDNFQjAxQkE5REI4NEUzQ5Y5QTNgAA==";
    let what = What::Inbound {
        from: by_phone("1111111111111"),
        message_id: id.to_owned(),
        at: at(1_673_023_653),
        kind: InboundKind::Button,
        text: None,
        button: Some("SIM".to_owned()),
        button_text: Some("SIM".to_owned()),
        stray: Vec::new(),
        context_id: Some(id.to_owned()),
        in_group: false,
    };
    assert_eq!(items("messages_button_sim_pt"), [Item { origin: brazil(), what }]);
}

#[test]
fn messages_interactive_button_reply() {
    let what = What::Inbound {
        from: test_name(),
        message_id: "wamid.xyzxyz".to_owned(),
        at: at(1_698_266_730),
        kind: InboundKind::Interactive,
        text: None,
        button: Some("callback_data".to_owned()),
        button_text: Some("title".to_owned()),
        stray: Vec::new(),
        context_id: Some("wamid.xyzxyz".to_owned()),
        in_group: false,
    };
    assert_eq!(items("messages_interactive_button_reply"), [Item { origin: israel(), what }]);
}

#[test]
fn messages_interactive_list_reply() {
    let what = What::Inbound {
        from: by_phone("491234567890"),
        message_id: "wamid.HBgNNDkxNTIwOTgzMzM5OBUCABIYHGDEHJVFHJEVCFHJEVBCMTkyODk1OEIyAA==".to_owned(),
        at: at(1_653_253_313),
        kind: InboundKind::Interactive,
        text: None,
        button: Some("list_reply_id".to_owned()),
        button_text: Some("list_reply_title".to_owned()),
        stray: Vec::new(),
        context_id: None,
        in_group: false,
    };
    let origin = origin("101809759215303", Some("10634295353625"), Some("1234567891"));
    // The description below the title is the business's.
    assert_eq!(items("messages_interactive_list_reply"), [Item { origin, what }]);
}

#[test]
fn messages_text_legacy_waid_only() {
    let id = "wamid.nBgN6TUyN2k5NzAzM5kzNhUCABI8FDNFQjAxQkE5REI4NEUzQ5Y5QTNgAA==";
    let what = texted(by_phone("1111111111111"), id, 1_672_947_578, "hi everyone!");
    assert_eq!(items("messages_text_legacy_waid_only"), [Item { origin: brazil(), what }]);
}

#[test]
fn messages_text_waid_and_bsuid() {
    let what = texted(test_name(), "wamid.xyzxyz", 1_697_043_223, "Body Text");
    let origin = origin("1234567890987654321", Some("1122334455667"), Some("972123456789"));
    assert_eq!(items("messages_text_waid_and_bsuid"), [Item { origin, what }]);
}

#[test]
fn phone_number_quality_update_flagged() {
    let what = What::NumberQuality {
        event: NumberEvent::Flagged,
        limit: Some(Limit::People(10_000)),
        at: at(1_608_243_062),
    };
    let origin = origin("whatsapp-business-account-id", None, Some("16505551111"));
    assert_eq!(items("phone_number_quality_update_flagged"), [Item { origin, what }]);
}

#[test]
fn statuses_failed_131047() {
    let what = What::Status {
        message_id: "wamid.HBgNN5NzAzMDkTUyNzkzNhUEjA1MjUwNCAUIyNEYUQ0OTVGNTY0MwA=".to_owned(),
        person: Some(by_phone("5511111111111")),
        status: DeliveryStatus::Failed,
        at: at(1_682_651_887),
        errors: vec![131_047],
        category: None,
        callback_data: None,
    };
    let origin = origin("111111111111111", Some("109999999999999"), Some("101010101010"));
    assert_eq!(items("statuses_failed_131047"), [Item { origin, what }]);
}

#[test]
fn statuses_read() {
    let what = What::Status {
        message_id: "wamid.xyzxyz".to_owned(),
        person: Some(test_name()),
        status: DeliveryStatus::Read,
        at: at(1_689_380_458),
        errors: Vec::new(),
        category: Some(Category::Service),
        callback_data: None,
    };
    assert_eq!(items("statuses_read"), [Item { origin: israel(), what }]);
}

#[test]
fn statuses_sent_biz_opaque() {
    let what = What::Status {
        message_id: "wamid.xyzxyz".to_owned(),
        person: Some(test_name()),
        status: DeliveryStatus::Sent,
        at: at(1_698_266_945),
        errors: Vec::new(),
        category: Some(Category::Service),
        callback_data: Some("some data".to_owned()),
    };
    assert_eq!(items("statuses_sent_biz_opaque"), [Item { origin: israel(), what }]);
}

/// The contact beside the preference has another number: its user IDs are not this person's.
#[test]
fn user_preferences_signup() {
    let what = What::Preference {
        person: by_phone("16505551234"),
        change: PreferenceChange::Signup { signup_id: Some("13176843987434774".to_owned()) },
        at: at(1_731_705_721),
    };
    let origin = origin("102290129340398", Some("106540352242922"), Some("15550783881"));
    assert_eq!(items("user_preferences_signup"), [Item { origin, what }]);
}
