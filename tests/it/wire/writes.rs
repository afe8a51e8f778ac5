//! The writes of ConsentService: what each does.

use sendgate::grpc::pb;

use crate::harness::{
    Server,
    say::{PERSON, SENDER, evidence, opt_in, opt_out, reply, scope, stamp, template, wrote},
};

const PROMPTS: &str = "policy: {opt_in_prompt: {enabled: true, disclosure_text: 'Receive offers and order updates on WhatsApp?'}}";

fn prompt(outcome: pb::OptInPromptOutcome, message_id: &str) -> pb::RecordOptInPromptRequest {
    pb::RecordOptInPromptRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        outcome: outcome as i32,
        message_id: message_id.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_opt_in_is_kept_with_its_evidence_and_findings() {
    let server = Server::new().await;
    let request = pb::RecordConsentRequest {
        scope: scope(&[pb::Category::Utility]),
        occurred_at: Some(stamp(-5_001)),
        expires_at: Some(stamp(10_002)),
        time_zone: "Europe/Berlin".to_owned(),
        ..opt_in(PERSON)
    };
    let recorded = server.consent().record_consent(request).await.unwrap().into_inner();
    assert!(recorded.applied && recorded.standing.is_none());
    assert!(recorded.findings.iter().any(|finding| finding.rule == "B05"), "{:?}", recorded.findings);
    assert_eq!(recorded.obligations, [pb::Obligation::SendOptInConfirmation as i32]);
    assert_eq!(recorded.durability(), pb::Durability::Stored);
    let contact = server.contact(PERSON).await;
    assert_eq!(contact.revision, recorded.revision);
    assert_eq!((contact.phone_number.as_str(), contact.time_zone.as_str()), (PERSON, "Europe/Berlin"));
    assert!(contact.known && contact.opt_in_confirmation_due && !contact.opt_out_confirmation_due);
    let status = &contact.scopes[0];
    assert_eq!((status.status(), status.voice()), (pb::ConsentStatus::OptedIn, pb::Voice::Own));
    assert_eq!(
        (&status.scope, status.method()),
        (&scope(&[pb::Category::Utility]), pb::ConsentMethod::Website)
    );
    assert_eq!((status.since, status.expires_at), (Some(stamp(-5_001)), Some(stamp(10_002))));
    let entry = server.entries(PERSON).await.remove(0);
    assert_eq!(entry.evidence, Some(evidence()));
    assert_eq!((entry.occurred_at, entry.recorded_at), (Some(stamp(-5_001)), Some(stamp(0))));
    server.turn_to(10_001);
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedIn);
    server.turn_to(10_002);
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptInExpired);
}

#[tokio::test]
async fn a_late_consent_does_not_lift_a_later_opt_out_and_says_what_stands() {
    let server = Server::new().await;
    let out = pb::RecordOptOutRequest { occurred_at: Some(stamp(-1000)), ..opt_out(PERSON) };
    let out = server.consent().record_opt_out(out).await.unwrap().into_inner();
    assert!(out.applied);
    assert_eq!(out.obligations, [pb::Obligation::SendOptOutConfirmation as i32]);
    for said in [-2000, -1000] {
        let late = pb::RecordConsentRequest { occurred_at: Some(stamp(said)), ..opt_in(PERSON) };
        let late = server.consent().record_consent(late).await.unwrap().into_inner();
        assert!(!late.applied);
        let standing = late.standing.unwrap();
        assert_eq!(standing.status(), pb::ConsentStatus::OptedOut);
        assert_eq!((standing.since, standing.channel()), (Some(stamp(-1000)), pb::OptOutChannel::Website));
    }
    // The business cannot lift what the person said; the person can.
    let asserted = pb::Evidence { method: pb::ConsentMethod::Import as i32, ..evidence() };
    let asserted = pb::RecordConsentRequest { evidence: Some(asserted), ..opt_in(PERSON) };
    assert!(!server.consent().record_consent(asserted).await.unwrap().into_inner().applied);
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedOut);
    assert!(server.consent().record_consent(opt_in(PERSON)).await.unwrap().into_inner().applied);
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedIn);
    let applied: Vec<bool> = server.entries(PERSON).await.iter().map(|entry| entry.applied).collect();
    assert_eq!(applied, [true, false, false, false, true], "refused statements are kept");
}

#[tokio::test]
async fn the_opt_in_conversation_goes_through_its_states() {
    let server = Server::with(PROMPTS).await;
    let ask = || pb::CheckSendRequest { kind: pb::MessageKind::OptInPrompt as i32, ..reply(PERSON) };
    assert_eq!(server.reason(ask()).await, pb::Reason::OptInPrompt);
    let sent = prompt(pb::OptInPromptOutcome::Sent, "wamid.p1");
    let sent = server.consent().record_opt_in_prompt(sent).await.unwrap().into_inner();
    assert_eq!((sent.state(), sent.applied), (pb::PromptState::Open, true));
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptInPending);
    server.turn_to(1000);
    let declined = prompt(pb::OptInPromptOutcome::Declined, "");
    let declined = server.consent().record_opt_in_prompt(declined).await.unwrap().into_inner();
    assert_eq!(declined.state(), pb::PromptState::Declined);
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptInDeclined);
    server.turn_to(2000);
    let accepted = prompt(pb::OptInPromptOutcome::Accepted, "");
    let accepted = server.consent().record_opt_in_prompt(accepted).await.unwrap().into_inner();
    assert_eq!((accepted.state(), accepted.applied), (pb::PromptState::Accepted, true));
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedIn);
    let gone = pb::RecordOptInPromptRequest {
        recipient: "4915112345679".to_owned(),
        ..prompt(pb::OptInPromptOutcome::NotOnWhatsapp, "")
    };
    let gone = server.consent().record_opt_in_prompt(gone).await.unwrap().into_inner();
    assert_eq!(gone.state(), pb::PromptState::NotOnWhatsapp);
    assert_eq!(gone.obligations, [pb::Obligation::FallBackToSms as i32]);
}

#[tokio::test]
async fn a_word_in_an_inbound_message_opts_out_and_its_repetition_changes_nothing() {
    let server = Server::new().await;
    let stop = pb::RecordInboundRequest { message_id: "wamid.1".to_owned(), ..wrote(PERSON, "STOP!") };
    let first = server.consent().record_inbound(stop.clone()).await.unwrap().into_inner();
    assert_eq!(first.effect(), pb::InboundEffect::OptedOut);
    assert_eq!(first.window_expires_at, Some(stamp(86_400_000)));
    server.turn_to(10);
    let again = server.consent().record_inbound(stop).await.unwrap().into_inner();
    assert_eq!((again.effect(), &again.revision), (pb::InboundEffect::OptedOut, &first.revision));
    assert_eq!(server.reason(reply(PERSON)).await, pb::Reason::OptedOut);
    let entries = server.entries(PERSON).await;
    assert_eq!((entries.len(), entries[0].channel()), (1, pb::OptOutChannel::Keyword));
    assert_eq!(entries[0].keyword, "stop");
}

#[tokio::test]
async fn an_ambiguous_word_holds_marketing_until_a_person_settles_it() {
    let server = Server::new().await;
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    server.turn_to(1);
    let held = server.consent().record_inbound(wrote(PERSON, "leave me alone")).await.unwrap().into_inner();
    assert_eq!(held.effect(), pb::InboundEffect::MarketingHeld);
    assert!(held.obligations.contains(&(pb::Obligation::AskAPerson as i32)));
    assert_eq!(server.reason(template(PERSON, pb::Category::Marketing)).await, pb::Reason::CategoryOptedOut);
    assert_ne!(server.ask(template(PERSON, pb::Category::Utility)).await.decision(), pb::Decision::Deny);
    server.turn_to(2);
    let settle = pb::SettleHoldRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        ..Default::default()
    };
    let settled = server.consent().settle_hold(settle).await.unwrap().into_inner();
    assert_eq!(settled.durability(), pb::Durability::Stored);
    assert_eq!(server.ask(template(PERSON, pb::Category::Marketing)).await.decision(), pb::Decision::Allow);
}

#[tokio::test]
async fn a_confirmation_passes_once() {
    let server = Server::new().await;
    server.consent().record_opt_out(opt_out(PERSON)).await.unwrap();
    let confirm =
        || pb::CheckSendRequest { kind: pb::MessageKind::OptOutConfirmation as i32, ..reply(PERSON) };
    let answer = server.ask(confirm()).await;
    assert_eq!((answer.decision(), answer.reason()), (pb::Decision::Allow, pb::Reason::OptOutConfirmation));
    server.turn_to(1);
    let sent = pb::RecordConfirmationRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        kind: pb::MessageKind::OptOutConfirmation as i32,
        ..Default::default()
    };
    server.consent().record_confirmation(sent).await.unwrap();
    assert_eq!(server.ask(confirm()).await.decision(), pb::Decision::Deny);
    assert!(!server.contact(PERSON).await.opt_out_confirmation_due);
}

#[tokio::test]
async fn blocks_are_kept_and_those_of_the_business_can_be_lifted() {
    let server = Server::new().await;
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    let block = |state: pb::BlockState| pb::RecordBlockRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        state: state as i32,
        ..Default::default()
    };
    for (at, state, expected) in [
        (1, pb::BlockState::BlockedByBusiness, pb::Reason::BlockedByBusiness),
        (2, pb::BlockState::UnblockedByBusiness, pb::Reason::OptedIn),
        (3, pb::BlockState::ReportedByUser, pb::Reason::BlockedByUser),
    ] {
        server.turn_to(at);
        server.consent().record_block(block(state)).await.unwrap();
        assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, expected);
    }
    let blocks = server.contact(PERSON).await.blocks;
    assert_eq!((blocks.len(), blocks[0].state()), (1, pb::BlockState::ReportedByUser));
    assert_eq!((blocks[0].sender.as_str(), blocks[0].since), (SENDER, Some(stamp(3))));
    server.turn_to(4);
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedIn);
    assert!(server.contact(PERSON).await.blocks.is_empty(), "a newer opt-in of their own ended it");
}

#[tokio::test]
async fn only_contacts_are_written_to_where_that_is_asked() {
    let server = Server::with("policy: {contacts_only: true}").await;
    let unasked = server.ask(reply(PERSON)).await;
    assert_eq!(unasked.decision(), pb::Decision::Deny);
    server.consent().record_inbound(wrote("4915112345679", "hi")).await.unwrap();
    let contact = pb::RecordContactRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        time_zone: "America/Sao_Paulo".to_owned(),
    };
    let known = server.consent().record_contact(contact).await.unwrap().into_inner();
    let shown = server.contact(PERSON).await;
    assert_eq!((shown.revision, shown.time_zone.as_str()), (known.revision, "America/Sao_Paulo"));
    assert!(shown.known && shown.scopes.is_empty(), "a contact, without any consent");
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::NoOptIn);
}

#[tokio::test]
async fn opt_outs_cross_a_link_and_opt_ins_do_not() {
    let server = Server::new().await;
    let user = "US.13491208655302741918";
    server.consent().record_consent(opt_in(user)).await.unwrap();
    let link = pb::LinkContactsRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        other: user.to_owned(),
        occurred_at: None,
    };
    server.consent().link_contacts(link).await.unwrap();
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::NoOptIn);
    assert_eq!(server.reason(template(user, pb::Category::Utility)).await, pb::Reason::OptedIn);
    server.turn_to(1);
    server.consent().record_opt_out(opt_out(PERSON)).await.unwrap();
    assert_eq!(server.reason(template(user, pb::Category::Utility)).await, pb::Reason::OptedOut);
}

#[tokio::test]
async fn a_key_is_the_same_key_however_the_numbers_are_spelled() {
    let server = Server::new().await;
    let keyed = |recipient: &str, sender: &str| pb::RecordOptOutRequest {
        idempotency_key: "k-1".to_owned(),
        sender: sender.to_owned(),
        ..opt_out(recipient)
    };
    server.consent().record_opt_out(keyed("+49 151 12345678", SENDER)).await.unwrap();
    for (recipient, sender) in [
        ("4915112345678", SENDER),
        ("+49 (0)151 12345678", SENDER),
        ("+49 0151 12345678", "+1 (555) 000-1111"),
    ] {
        let again = server.consent().record_opt_out(keyed(recipient, sender)).await;
        assert!(again.unwrap().into_inner().applied, "{recipient} {sender}");
    }
    assert_eq!(server.entries("4915112345678").await.len(), 1);
    let other = pb::RecordOptOutRequest {
        channel: pb::OptOutChannel::Email as i32,
        ..keyed("4915112345678", SENDER)
    };
    assert_eq!(server.consent().record_opt_out(other).await.unwrap_err().code(), tonic::Code::AlreadyExists);
}

#[tokio::test]
async fn nothing_is_known_of_a_stranger() {
    let server = Server::new().await;
    let contact = server.contact(PERSON).await;
    assert!(!contact.known && contact.scopes.is_empty() && contact.windows.is_empty());
    assert_eq!((contact.history_entries, contact.business.as_str()), (0, SENDER));
    assert!(server.entries(PERSON).await.is_empty());
}
