//! Bad input: every malformed field is named, all of them at once.

use sendgate::grpc::pb;
use tonic::Code;

use crate::harness::{
    Server,
    errors::{bad_fields, expect},
    say::{PERSON, SENDER, evidence, fresh, opt_in, opt_out, reply, stamp, template, wrote},
};

const ACME: &str = "businesses: [{id: acme, names: [Acme], senders: ['+15550001111']}]";

#[tokio::test]
async fn each_malformed_field_of_a_check_is_named() {
    let server = Server::new().await;
    let good = || template(PERSON, pb::Category::Utility);
    let recipient = |text: &str| pb::CheckSendRequest { recipient: text.to_owned(), ..good() };
    let sender = |text: &str| pb::CheckSendRequest { sender: text.to_owned(), ..good() };
    let cases = [
        (sender(""), "sender"),
        (sender("  "), "sender"),
        (sender("acme"), "sender"),
        (sender(&"1".repeat(33)), "sender"),
        (recipient(""), "recipient"),
        (recipient("0151"), "recipient"),
        (recipient("+49151123456789012345"), "recipient"),
        (recipient("+49151x2345678"), "recipient"),
        (recipient("alice"), "recipient"),
        (recipient("us.123"), "recipient"),
        (recipient("+34 0612 345 678"), "recipient"),
        (recipient("\u{0}4915112345678"), "recipient"),
        (pb::CheckSendRequest { kind: 0, ..good() }, "kind"),
        (pb::CheckSendRequest { kind: 99, ..good() }, "kind"),
        (pb::CheckSendRequest { category: 0, ..good() }, "category"),
        (pb::CheckSendRequest { category: 4, ..good() }, "category"),
        (pb::CheckSendRequest { category: -1, ..good() }, "category"),
        (pb::CheckSendRequest { topic: "a".repeat(5000), ..good() }, "topic"),
        (pb::CheckSendRequest { topic: "order updates".to_owned(), ..good() }, "topic"),
        (pb::CheckSendRequest { template: "t".repeat(513), ..good() }, "template"),
        (pb::CheckSendRequest { template: "a\u{7}".to_owned(), ..good() }, "template"),
        (pb::CheckSendRequest { template_language: "pt_BR".to_owned(), ..good() }, "template_language"),
        (pb::CheckSendRequest { consistency: fresh("x"), ..good() }, "consistency.at_least_as_fresh"),
        (pb::CheckSendRequest { consistency: fresh(""), ..good() }, "consistency.at_least_as_fresh"),
    ];
    for (request, field) in cases {
        let named = bad_fields(server.policy().check_send(request.clone()).await);
        assert_eq!(named, [field], "{request:?}");
    }
}

#[tokio::test]
async fn several_bad_fields_are_all_named_at_once() {
    let server = Server::new().await;
    let request = pb::CheckSendRequest { topic: "?".to_owned(), kind: 77, category: 9, ..Default::default() };
    let named = bad_fields(server.policy().check_send(request).await);
    assert_eq!(named, ["sender", "recipient", "kind", "category", "topic"]);
    let request = pb::CheckSendBatchRequest { kind: 77, ..Default::default() };
    assert_eq!(bad_fields(server.policy().check_send_batch(request).await), ["sender", "kind"]);
}

#[tokio::test]
async fn an_error_does_not_repeat_the_number_it_refuses() {
    let server = Server::new().await;
    let request = template("+491511234567x", pb::Category::Utility);
    let status = server.policy().check_send(request).await.unwrap_err();
    assert!(!format!("{status:?}").contains("1511234567"), "{status:?}");
}

#[tokio::test]
async fn each_malformed_field_of_an_opt_in_is_named() {
    let server = Server::new().await;
    let with = |evidence| pb::RecordConsentRequest { evidence: Some(evidence), ..opt_in(PERSON) };
    let method = |code| with(pb::Evidence { method: code, ..evidence() });
    let action = |code| with(pb::Evidence { action: code, ..evidence() });
    let scoped = |categories: Vec<i32>, topics: Vec<String>| pb::RecordConsentRequest {
        scope: Some(pb::Scope { categories, topics }),
        ..opt_in(PERSON)
    };
    let dated = |seconds, nanos| pb::RecordConsentRequest {
        occurred_at: Some(prost_types::Timestamp { seconds, nanos }),
        ..opt_in(PERSON)
    };
    let attributes = |key: &str, value: &str, count: usize| {
        let pairs = (0..count).map(|n| (format!("{key}{n}"), value.to_owned()));
        with(pb::Evidence { attributes: pairs.collect(), ..evidence() })
    };
    let text = |change: fn(&mut pb::Evidence)| {
        let mut changed = evidence();
        change(&mut changed);
        with(changed)
    };
    let cases = [
        (pb::RecordConsentRequest { evidence: None, ..opt_in(PERSON) }, "evidence"),
        (method(0), "evidence.method"),
        (method(99), "evidence.method"),
        (method(pb::ConsentMethod::Other as i32), "evidence.method_description"),
        (action(0), "evidence.action"),
        (action(99), "evidence.action"),
        (action(pb::ConsentAction::PreTickedBox as i32), "evidence.action"),
        (action(pb::ConsentAction::Implied as i32), "evidence.action"),
        (action(pb::ConsentAction::PurchasedList as i32), "evidence.action"),
        (scoped(vec![0], Vec::new()), "scope.categories[0]"),
        (scoped(vec![1, 42], Vec::new()), "scope.categories[1]"),
        (scoped(Vec::new(), vec!["a".repeat(5000)]), "scope.topics[0]"),
        (scoped(Vec::new(), vec!["t".to_owned(); 33]), "scope.topics"),
        (dated(1_772_452_800 + 301, 0), "occurred_at"),
        (dated(-1, 0), "occurred_at"),
        (dated(i64::MAX, 0), "occurred_at"),
        (dated(i64::MIN, 0), "occurred_at"),
        (dated(1_700_000_000, -1), "occurred_at"),
        (dated(1_700_000_000, 1_000_000_000), "occurred_at"),
        (pb::RecordConsentRequest { expires_at: Some(stamp(0)), ..opt_in(PERSON) }, "expires_at"),
        (pb::RecordConsentRequest { time_zone: "Mars/Base".to_owned(), ..opt_in(PERSON) }, "time_zone"),
        (pb::RecordConsentRequest { idempotency_key: "k".repeat(129), ..opt_in(PERSON) }, "idempotency_key"),
        (attributes("k", "v", 33), "evidence.attributes"),
        (attributes(&"k".repeat(65), "v", 1), "evidence.attributes"),
        (attributes("k", &"v".repeat(1025), 1), "evidence.attributes"),
        (text(|e| e.business_name = "b".repeat(257)), "evidence.business_name"),
        (text(|e| e.business_name = String::new()), "evidence.business_name"),
        (text(|e| e.disclosure_text = "WhatsApp ".repeat(1000)), "evidence.disclosure_text"),
        (text(|e| e.disclosure_text = "Offers by SMS from Acme".to_owned()), "evidence.disclosure_text"),
        (text(|e| e.source_uri = "u".repeat(2049)), "evidence.source_uri"),
        (text(|e| e.jurisdiction = "Bavaria".to_owned()), "evidence.jurisdiction"),
        (text(|e| e.collected_by = "c".repeat(257)), "evidence.collected_by"),
    ];
    for (request, field) in cases {
        let named = bad_fields(server.consent().record_consent(request.clone()).await);
        assert_eq!(named, [field], "{request:?}");
    }
    assert!(!server.contact(PERSON).await.known, "nothing was recorded");
}

#[tokio::test]
async fn a_statement_up_to_five_minutes_ahead_is_taken() {
    let server = Server::new().await;
    let request = |millis| pb::RecordOptOutRequest { occurred_at: Some(stamp(millis)), ..opt_out(PERSON) };
    let late = server.consent().record_opt_out(request(300_001)).await;
    assert_eq!(bad_fields(late), ["occurred_at"]);
    server.consent().record_opt_out(request(300_000)).await.unwrap();
    assert_eq!(server.reason(reply(PERSON)).await, pb::Reason::OptedOut);
}

#[tokio::test]
async fn each_malformed_field_of_the_other_writes_is_named() {
    let server = Server::new().await;
    let mut consent = server.consent();
    let (sender, recipient) = (SENDER.to_owned(), PERSON.to_owned());
    let out = pb::RecordOptOutRequest { channel: 99, keyword: "k".repeat(129), ..opt_out(PERSON) };
    assert_eq!(bad_fields(consent.record_opt_out(out).await), ["channel", "keyword"]);
    for outcome in [0, 5, -7] {
        let prompt = pb::RecordOptInPromptRequest {
            sender: sender.clone(),
            recipient: recipient.clone(),
            outcome,
            ..Default::default()
        };
        assert_eq!(bad_fields(consent.record_opt_in_prompt(prompt).await), ["outcome"]);
    }
    for kind in [0, 1, 2, 3, 9] {
        let confirmation = pb::RecordConfirmationRequest {
            sender: sender.clone(),
            recipient: recipient.clone(),
            kind,
            ..Default::default()
        };
        assert_eq!(bad_fields(consent.record_confirmation(confirmation).await), ["kind"]);
    }
    for state in [0, 5] {
        let block = pb::RecordBlockRequest {
            sender: sender.clone(),
            recipient: recipient.clone(),
            state,
            ..Default::default()
        };
        assert_eq!(bad_fields(consent.record_block(block).await), ["state"]);
    }
    let inbound = pb::RecordInboundRequest {
        message_id: "m".repeat(513),
        button_id: "b".repeat(513),
        context_message_id: "c".repeat(513),
        ..wrote("12", &"x".repeat(65_537))
    };
    let expected = ["recipient", "message_id", "text", "button_id", "context_message_id"];
    assert_eq!(bad_fields(consent.record_inbound(inbound).await), expected);
    let link = |other: &str| pb::LinkContactsRequest {
        sender: sender.clone(),
        recipient: recipient.clone(),
        other: other.to_owned(),
        occurred_at: None,
    };
    for other in ["", "x", PERSON] {
        assert_eq!(bad_fields(consent.link_contacts(link(other)).await), ["other"]);
    }
    let contact = pb::RecordContactRequest { sender, recipient, time_zone: "here".to_owned() };
    assert_eq!(bad_fields(consent.record_contact(contact).await), ["time_zone"]);
}

#[tokio::test]
async fn every_call_with_an_empty_request_names_sender_and_recipient() {
    let server = Server::new().await;
    let mut consent = server.consent();
    macro_rules! names_both {
        ($($call:ident($request:ident)),* $(,)?) => {$(
            let named = bad_fields(consent.$call(pb::$request::default()).await);
            assert_eq!(named.get(..2), Some(["sender".to_owned(), "recipient".to_owned()].as_slice()), stringify!($call));
        )*};
    }
    names_both! {
        record_consent(RecordConsentRequest), record_opt_out(RecordOptOutRequest),
        record_opt_in_prompt(RecordOptInPromptRequest), record_inbound(RecordInboundRequest),
        record_confirmation(RecordConfirmationRequest), record_block(RecordBlockRequest),
        settle_hold(SettleHoldRequest), record_contact(RecordContactRequest),
        link_contacts(LinkContactsRequest), get_contact(GetContactRequest),
        list_consent_history(ListConsentHistoryRequest), erase_contact(EraseContactRequest),
    }
}

#[tokio::test]
async fn a_key_used_again_for_something_else_is_refused_and_changes_nothing() {
    let server = Server::new().await;
    let keyed = pb::RecordOptOutRequest { idempotency_key: "k1".to_owned(), ..opt_out(PERSON) };
    let first = server.consent().record_opt_out(keyed.clone()).await.unwrap().into_inner();
    let again = server.consent().record_opt_out(keyed.clone()).await.unwrap().into_inner();
    assert_eq!(first, again, "the same request under the same key");
    let other = pb::RecordOptOutRequest { keyword: "stop".to_owned(), ..keyed };
    let refused = server.consent().record_opt_out(other).await;
    assert!(expect(refused, Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED").is_empty());
    let consent = pb::RecordConsentRequest { idempotency_key: "k1".to_owned(), ..opt_in(PERSON) };
    expect(server.consent().record_consent(consent).await, Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(server.entries(PERSON).await.len(), 1);
}

#[tokio::test]
async fn a_repetition_is_known_whatever_the_order_of_its_attributes() {
    let server = Server::new().await;
    let request = || {
        let attributes = (0..32).map(|n| (format!("k{n}"), "v".to_owned())).collect();
        let evidence = Some(pb::Evidence { attributes, ..evidence() });
        pb::RecordConsentRequest { evidence, idempotency_key: "k1".to_owned(), ..opt_in(PERSON) }
    };
    let first = server.consent().record_consent(request()).await.unwrap().into_inner();
    for _ in 0..5 {
        assert_eq!(server.consent().record_consent(request()).await.unwrap().into_inner(), first);
    }
}

#[tokio::test]
async fn an_unknown_sender_is_a_denial_for_a_check_and_an_error_for_a_write() {
    let server = Server::with(ACME).await;
    let sender = "15559999999".to_owned();
    let request = pb::CheckSendRequest { sender: sender.clone(), ..template(PERSON, pb::Category::Utility) };
    let answer = server.ask(request).await;
    assert_eq!((answer.decision(), answer.reason()), (pb::Decision::Deny, pb::Reason::UnknownSender));
    assert_eq!((answer.rule.as_str(), answer.revision.as_str()), ("A01", ""));
    let mut consent = server.consent();
    let out = pb::RecordOptOutRequest { sender: sender.clone(), ..opt_out(PERSON) };
    expect(consent.record_opt_out(out).await, Code::FailedPrecondition, "UNKNOWN_SENDER");
    let yes = pb::RecordConsentRequest { sender: sender.clone(), ..opt_in(PERSON) };
    expect(consent.record_consent(yes).await, Code::FailedPrecondition, "UNKNOWN_SENDER");
    let inbound = pb::RecordInboundRequest { sender: sender.clone(), ..wrote(PERSON, "hi") };
    expect(consent.record_inbound(inbound).await, Code::FailedPrecondition, "UNKNOWN_SENDER");
    let get =
        pb::GetContactRequest { sender: sender.clone(), recipient: PERSON.to_owned(), consistency: None };
    expect(consent.get_contact(get).await, Code::FailedPrecondition, "UNKNOWN_SENDER");
    let erase = pb::EraseContactRequest { sender: sender.clone(), recipient: PERSON.to_owned() };
    expect(consent.erase_contact(erase).await, Code::FailedPrecondition, "UNKNOWN_SENDER");
    let watch = pb::WatchConsentRequest { sender, resume_after: String::new() };
    expect(consent.watch_consent(watch).await.map(drop), Code::FailedPrecondition, "UNKNOWN_SENDER");
}
