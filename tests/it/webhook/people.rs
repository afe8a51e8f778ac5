//! What people say, from webhook to answer: words, prompts, new numbers, new names.

use sendgate::grpc::pb;
use serde_json::{Value, json};

use super::{NUMBER_ID, conversation, text};
use crate::harness::{
    START, Server,
    plain::WEBHOOK,
    say::{evidence, reply, template},
};

const NOW: i64 = START / 1000;
const PERSON: &str = "4915112345678";
const PROMPTS: &str = "policy: {opt_in_prompt: {enabled: true, disclosure_text: 'Receive offers and order updates on WhatsApp?'}}\n";

async fn server() -> Server {
    Server::with(&format!("{WEBHOOK}{PROMPTS}")).await
}

async fn deliver(server: &Server, lists: &Value) {
    let body = conversation(lists).to_string();
    let answer = server.deliver(body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The reason of a utility template.
async fn utility(server: &Server, recipient: &str) -> pb::Reason {
    let request =
        pb::CheckSendRequest { sender: NUMBER_ID.to_owned(), ..template(recipient, pb::Category::Utility) };
    server.reason(request).await
}

async fn opt_in(server: &Server, recipient: &str) {
    let request = pb::RecordConsentRequest {
        sender: NUMBER_ID.to_owned(),
        recipient: recipient.to_owned(),
        evidence: Some(evidence()),
        ..Default::default()
    };
    assert!(server.consent().record_consent(request).await.unwrap().into_inner().applied);
}

async fn prompted(server: &Server, message_id: &str) {
    let request = pb::RecordOptInPromptRequest {
        sender: NUMBER_ID.to_owned(),
        recipient: PERSON.to_owned(),
        outcome: pb::OptInPromptOutcome::Sent as i32,
        message_id: message_id.to_owned(),
        ..Default::default()
    };
    server.consent().record_opt_in_prompt(request).await.unwrap();
}

/// A button of a template, pressed in answer to a message.
fn pressed(id: &str, at: i64, context: &str, button: &str) -> Value {
    json!({"from": PERSON, "id": id, "timestamp": at.to_string(), "type": "button",
        "context": {"from": "15550783881", "id": context}, "button": {"payload": button, "text": button}})
}

#[tokio::test]
async fn a_word_stops_everything_and_another_brings_the_person_back() {
    let server = server().await;
    opt_in(&server, PERSON).await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedIn);
    server.turn_to(1000);
    deliver(&server, &json!({"messages": [text(PERSON, "wamid.1", NOW + 1, "Sair.")]})).await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedOut);
    let reply = pb::CheckSendRequest { sender: NUMBER_ID.to_owned(), ..reply(PERSON) };
    assert_eq!(server.reason(reply).await, pb::Reason::OptedOut, "free-form too");
    server.turn_to(2000);
    deliver(&server, &json!({"messages": [text(PERSON, "wamid.2", NOW + 2, "START")]})).await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedIn);
}

#[tokio::test]
async fn words_that_arrive_in_another_order_count_in_theirs() {
    let server = server().await;
    server.turn_to(10_000);
    deliver(&server, &json!({"messages": [text(PERSON, "wamid.2", NOW + 5, "STOP")]})).await;
    deliver(&server, &json!({"messages": [text(PERSON, "wamid.1", NOW + 4, "START")]})).await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedOut);
}

#[tokio::test]
async fn a_sim_to_a_prompt_is_an_opt_in_with_the_prompt_as_evidence() {
    let server = server().await;
    prompted(&server, "wamid.prompt").await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptInPending);
    server.turn_to(1000);
    deliver(&server, &json!({"messages": [pressed("wamid.1", NOW + 1, "wamid.prompt", "SIM")]})).await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedIn);
    let contact = server.contact_of(NUMBER_ID, PERSON).await;
    assert_eq!(contact.prompt_state(), pb::PromptState::Accepted);
    let request = pb::ListConsentHistoryRequest {
        sender: NUMBER_ID.to_owned(),
        recipient: PERSON.to_owned(),
        ..Default::default()
    };
    let entries = server.consent().list_consent_history(request).await.unwrap().into_inner().entries;
    let evidence = entries.iter().find_map(|entry| entry.evidence.as_ref()).unwrap();
    assert_eq!(evidence.disclosure_text, "Receive offers and order updates on WhatsApp?");
    assert_eq!(evidence.action(), pb::ConsentAction::Button);
}

#[tokio::test]
async fn a_no_to_a_prompt_declines_and_a_later_yes_opts_in() {
    let server = server().await;
    prompted(&server, "wamid.prompt").await;
    server.turn_to(1000);
    deliver(&server, &json!({"messages": [pressed("wamid.1", NOW + 1, "wamid.prompt", "NÃO")]})).await;
    let declined = server.contact_of(NUMBER_ID, PERSON).await;
    assert_eq!(declined.prompt_state(), pb::PromptState::Declined);
    server.turn_to(2000);
    deliver(&server, &json!({"messages": [text(PERSON, "wamid.2", NOW + 2, "Sim, quero")]})).await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedIn);
}

#[tokio::test]
async fn a_prompt_that_could_not_be_delivered_means_not_on_whatsapp() {
    let server = server().await;
    prompted(&server, "wamid.prompt").await;
    let failed = json!([{"id": "wamid.prompt", "status": "failed", "timestamp": NOW.to_string(),
        "recipient_id": PERSON, "errors": [{"code": 131_026}]}]);
    deliver(&server, &json!({"statuses": failed})).await;
    assert_eq!(utility(&server, PERSON).await, pb::Reason::NotOnWhatsapp);
    let contact = server.contact_of(NUMBER_ID, PERSON).await;
    assert_eq!(contact.prompt_state(), pb::PromptState::NotOnWhatsapp);
}

#[tokio::test]
async fn error_131049_rests_marketing_for_a_day_and_is_no_opt_out() {
    let server = server().await;
    opt_in(&server, PERSON).await;
    let failed = json!([{"id": "wamid.1", "status": "failed", "timestamp": NOW.to_string(),
        "recipient_id": PERSON, "errors": [{"code": 131_049}]}]);
    deliver(&server, &json!({"statuses": failed})).await;
    let request =
        || pb::CheckSendRequest { sender: NUMBER_ID.to_owned(), ..template(PERSON, pb::Category::Marketing) };
    let answer = server.ask(request()).await;
    assert_eq!(answer.reason(), pb::Reason::PlatformCoolOff);
    assert_eq!(answer.retry_at.unwrap().seconds, NOW + 86_400);
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedIn);
    server.turn_to(86_400_000);
    assert_eq!(server.reason(request()).await, pb::Reason::OptedIn);
}

#[tokio::test]
async fn a_new_number_takes_everything_along_and_leaves_the_old_one_without_consent() {
    let server = server().await;
    let new = "4915187654321";
    opt_in(&server, PERSON).await;
    server.turn_to(1000);
    let system = json!({"from": PERSON, "id": "wamid.1", "timestamp": (NOW + 1).to_string(), "type": "system",
        "system": {"type": "user_changed_number", "wa_id": new, "body": "changed"}});
    let lists = json!({"messages": [system]});
    deliver(&server, &lists).await;
    assert_eq!(utility(&server, new).await, pb::Reason::OptedIn);
    assert_ne!(utility(&server, PERSON).await, pb::Reason::OptedIn, "it may be somebody else's now");
    let before = server.contact_of(NUMBER_ID, new).await;
    server.turn_to(2000);
    deliver(&server, &lists).await;
    assert_eq!(server.contact_of(NUMBER_ID, new).await, before, "a redelivery changes nothing");
}

#[tokio::test]
async fn an_opt_out_goes_along_to_a_new_number_and_stays_with_the_old_one() {
    let server = server().await;
    let new = "4915187654321";
    deliver(&server, &json!({"messages": [text(PERSON, "wamid.0", NOW, "STOP")]})).await;
    let system = json!({"from": PERSON, "id": "wamid.1", "timestamp": NOW.to_string(), "type": "system",
        "system": {"type": "user_changed_number", "wa_id": new, "body": "changed"}});
    deliver(&server, &json!({"messages": [system]})).await;
    assert_eq!(utility(&server, new).await, pb::Reason::OptedOut);
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedOut);
}

#[tokio::test]
async fn a_signed_webhook_makes_a_user_id_and_a_number_one_person() {
    let server = server().await;
    let user = "US.13491208655302741918";
    opt_in(&server, PERSON).await;
    let mut message = text(PERSON, "wamid.1", NOW, "hello");
    message["from_user_id"] = json!(user);
    deliver(&server, &json!({"messages": [message]})).await;
    server.turn_to(1000);
    assert_ne!(utility(&server, user).await, pb::Reason::NoOptIn, "consent is known under both names");
    let mut stop = text(PERSON, "wamid.2", NOW + 1, "STOP");
    stop.as_object_mut().unwrap().remove("from");
    stop["from_user_id"] = json!(user);
    deliver(&server, &json!({"messages": [stop]})).await;
    assert_eq!(utility(&server, user).await, pb::Reason::OptedOut);
    assert_eq!(utility(&server, PERSON).await, pb::Reason::OptedOut);
    // Each identity has its own state, and so its own token of it.
    let [mut by_name, mut by_number] =
        [server.contact_of(NUMBER_ID, user).await, server.contact_of(NUMBER_ID, PERSON).await];
    by_name.revision.clear();
    by_number.revision.clear();
    assert_eq!(by_name, by_number);
}

#[tokio::test]
async fn an_unsigned_webhook_proves_nothing_and_opt_outs_cross_all_the_same() {
    let server = Server::with("webhook: {allow_unsigned: true}").await;
    let user = "US.13491208655302741918";
    opt_in(&server, PERSON).await;
    let mut message = text(PERSON, "wamid.1", NOW, "hello");
    message["from_user_id"] = json!(user);
    deliver(&server, &json!({"messages": [message]})).await;
    assert_eq!(utility(&server, user).await, pb::Reason::NoOptIn, "opt-ins do not cross");
    server.turn_to(1000);
    deliver(&server, &json!({"messages": [text(PERSON, "wamid.2", NOW + 1, "STOP")]})).await;
    assert_eq!(utility(&server, user).await, pb::Reason::OptedOut);
}
