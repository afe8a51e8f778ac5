//! The commands that write.

use crate::{
    cli::{
        Exit,
        fake::{Call, Fake, hour},
    },
    grpc::pb::{
        BlockState, ConsentAction, ConsentMethod, ConsentStatus, Durability, Finding, MessageKind,
        Obligation, OptInPromptOutcome, OptOutChannel, RecordConsentResponse, Scope, ScopeStatus, Voice,
    },
};

const CONSENT: &str = "consent 15550001111 16505551234 --method website --action box-checked --business-name Acme \
    --text WhatsApp! --displayed-number +16505551234 --scope marketing,topic:order_updates \
    --occurred-at 2025-02-01T00:00:00Z --expires-at 2026-02-01 --key k1 --attribute form=v2 --jurisdiction BR";

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[test]
fn a_consent_is_recorded_with_its_evidence_and_findings_are_printed() {
    let fake = Fake::start();
    *fake.state.consent.lock().unwrap() = RecordConsentResponse {
        applied: true,
        findings: vec![Finding {
            rule: "B05".to_owned(),
            field: "evidence.disclosure_text".to_owned(),
            message: "does not have the recommended form".to_owned(),
        }],
        obligations: vec![Obligation::SendOptInConfirmation.into()],
        durability: Durability::Stored.into(),
        ..Default::default()
    };
    let ran = fake.run(&words(CONSENT));
    assert_eq!(ran.exit, Exit::Yes);
    assert_eq!(
        ran.out,
        "opted in to marketing, topic:order_updates\n  \
           finding B05 evidence.disclosure_text: does not have the recommended form\n  \
           stored\n  \
           - confirm the opt-in to the person on WhatsApp\n"
    );
    let Call::Consent(request) = fake.only_call() else { panic!() };
    let evidence = request.evidence.as_ref().unwrap();
    assert_eq!((evidence.method(), evidence.action()), (ConsentMethod::Website, ConsentAction::BoxChecked));
    assert_eq!((evidence.disclosure_text.as_str(), evidence.jurisdiction.as_str()), ("WhatsApp!", "BR"));
    assert_eq!(evidence.attributes["form"], "v2");
    assert_eq!(request.scope.as_ref().unwrap().topics, ["order_updates"]);
    assert_eq!(request.occurred_at.unwrap().seconds, 1_738_368_000);
    assert_eq!(request.expires_at.unwrap().seconds, 1_769_904_000);
    assert_eq!(request.idempotency_key, "k1");
}

#[test]
fn a_consent_that_does_not_take_effect_says_what_stands() {
    let fake = Fake::start();
    *fake.state.consent.lock().unwrap() = RecordConsentResponse {
        applied: false,
        standing: Some(ScopeStatus {
            scope: Some(Scope::default()),
            status: ConsentStatus::OptedOut.into(),
            since: Some(hour(0)),
            voice: Voice::Own.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        fake.run(&words(CONSENT)).out,
        "kept, not applied: another statement stands against marketing, topic:order_updates\n  \
           stands: everything opted-out (own statement) since 2025-02-19T09:30:00Z (10d ago)\n"
    );
}

#[test]
fn an_opt_out_is_about_everything_unless_it_says_otherwise() {
    let fake = Fake::start();
    let ran = fake.run(&words("opt-out 15550001111 16505551234 --channel phone-call"));
    assert_eq!(ran.exit, Exit::Yes);
    assert_eq!(
        ran.out,
        "opted out of everything\n  stored\n  - confirm the opt-out once, telling the person how to come back\n"
    );
    let Call::OptOut(request) = fake.only_call() else { panic!() };
    assert!(request.scope.is_none() && request.occurred_at.is_none());
    assert_eq!(request.channel(), OptOutChannel::PhoneCall);
}

#[test]
fn an_inbound_message_tells_what_it_did() {
    let fake = Fake::start();
    let ran = fake.run(&["inbound", "15550001111", "16505551234", "please stop", "--message-id", "wamid.1"]);
    assert_eq!(ran.out, "read as an opt-out\n  window open until 2025-03-02T09:30:00Z (in 1d)\n");
    let Call::Inbound(request) = fake.only_call() else { panic!() };
    assert_eq!((request.text.as_str(), request.message_id.as_str()), ("please stop", "wamid.1"));
}

#[test]
fn the_other_writes_reach_the_server_as_they_were_given() {
    let fake = Fake::start();
    for line in [
        "prompt 15550001111 16505551234 not-on-whatsapp --message-id wamid.2",
        "confirm 15550001111 16505551234 opt-out --key k2",
        "block 15550001111 16505551234 reported-by-user",
        "link 15550001111 16505551234 US.1349",
        "settle 15550001111 16505551234 --occurred-at 1740000000",
        "add-contact 15550001111 16505551234 --time-zone Europe/Berlin",
        "release c29tZSByZXNlcnZhdGlvbg",
    ] {
        let ran = fake.run(&words(line));
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Yes, ""), "{line}");
        assert!(!ran.out.is_empty(), "{line}");
    }
    let calls = fake.calls();
    let [
        Call::Prompt(prompt),
        Call::Confirmation(confirmation),
        Call::Block(block),
        Call::Link(link),
        Call::Settle(settle),
        Call::Contact(contact),
        Call::Release(release),
    ] = calls.as_slice()
    else {
        panic!("{calls:?}")
    };
    assert_eq!(prompt.outcome(), OptInPromptOutcome::NotOnWhatsapp);
    assert_eq!(confirmation.kind(), MessageKind::OptOutConfirmation);
    assert_eq!((block.state(), link.other.as_str()), (BlockState::ReportedByUser, "US.1349"));
    assert_eq!(settle.occurred_at.unwrap().seconds, 1_740_000_000);
    assert_eq!(contact.time_zone, "Europe/Berlin");
    assert_eq!(release.reservation_id, "c29tZSByZXNlcnZhdGlvbg");
}

#[test]
fn an_erasure_asks_first_and_only_yes_is_yes() {
    let fake = Fake::start();
    let line = words("erase 15550001111 16505551234");
    for answer in ["", "\n", "no\n", "yes please\n"] {
        let ran = fake.run_with(&line, answer);
        assert_eq!(ran.exit, Exit::Failed, "{answer}");
        assert!(
            ran.err.contains("cannot be undone") && ran.err.contains("nothing was erased"),
            "{}",
            ran.err
        );
    }
    assert_eq!(fake.calls(), []);
    let expected = "erased; 3 log entries lost their content\n  \
                    the opt-out stays in force, as a keyed hash that names nobody\n";
    assert_eq!(fake.run_with(&line, "yes\n").out, expected);
    let ran = fake.run(&words("erase 15550001111 16505551234 --yes"));
    assert_eq!((ran.out.as_str(), ran.err.as_str()), (expected, ""));
}
