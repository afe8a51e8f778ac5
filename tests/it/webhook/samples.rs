//! The captured samples, each by itself against an empty store, with the clock at the time of its payload.

use sendgate::{grpc::pb, model::Time};

use super::sample;
use crate::harness::{
    Server,
    plain::WEBHOOK,
    say::{evidence, reply, template},
};

const PERSON: &str = "972987654321";
const USER: &str = "US.13491208655302741918";
const PARENT: &str = "US.ENT.11815799212886844830";
const DAY: i64 = 86_400;

/// A server whose clock stands at a time in seconds.
async fn server_at(seconds: i64) -> Server {
    server_with("", seconds).await
}

async fn server_with(yaml: &str, seconds: i64) -> Server {
    let server = Server::with(&format!("{WEBHOOK}{yaml}")).await;
    server.clock.set(Time::from_seconds(seconds).unwrap());
    server
}

fn may_reply(sender: &str, recipient: &str) -> pb::CheckSendRequest {
    pb::CheckSendRequest { sender: sender.to_owned(), ..reply(recipient) }
}

fn may_send(sender: &str, recipient: &str, category: pb::Category) -> pb::CheckSendRequest {
    pb::CheckSendRequest { sender: sender.to_owned(), ..template(recipient, category) }
}

fn seconds(at: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: at, nanos: 0 })
}

async fn delivered(server: &Server, name: &str) {
    let answer = server.deliver(&sample(name)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "stored\n"), "{name}");
    assert_eq!(super::malformed(server).await, 0, "{name}");
}

/// Asserts that a sample opens the window of a person with a sender, for exactly a day, and does nothing to consent.
async fn opens_a_window(name: &str, sender: &str, person: &str, at: i64) -> Server {
    let server = server_at(at).await;
    assert_eq!(server.reason(may_reply(sender, person)).await, pb::Reason::TemplateRequired, "{name}");
    assert!(!server.contact_of(sender, person).await.known);
    delivered(&server, name).await;
    let answer = server.ask(may_reply(sender, person)).await;
    assert_eq!(answer.reason(), pb::Reason::WindowOpen, "{name}");
    assert_eq!(answer.window_expires_at, seconds(at + DAY), "{name}");
    let contact = server.contact_of(sender, person).await;
    assert_eq!(contact.windows.len(), 1, "{name}");
    assert_eq!(
        (contact.windows[0].sender.as_str(), contact.windows[0].last_inbound_at),
        (sender, seconds(at))
    );
    assert!(contact.scopes.is_empty(), "{name}: writing is no opt-in");
    let utility = server.reason(may_send(sender, person, pb::Category::Utility)).await;
    assert_eq!(utility, pb::Reason::NoOptIn, "{name}");
    server.clock.set(Time::from_seconds(at + DAY).unwrap());
    assert_eq!(server.reason(may_reply(sender, person)).await, pb::Reason::TemplateRequired, "{name}");
    server
}

async fn opt_in_before(server: &Server, sender: &str, recipient: &str, at: i64) {
    let request = pb::RecordConsentRequest {
        sender: sender.to_owned(),
        recipient: recipient.to_owned(),
        evidence: Some(evidence()),
        occurred_at: seconds(at),
        ..Default::default()
    };
    assert!(server.consent().record_consent(request).await.unwrap().into_inner().applied);
}

#[tokio::test]
async fn a_text_with_a_user_id_opens_the_window_of_the_person_under_every_name() {
    let at = 1_697_043_223;
    let server = opens_a_window("messages_text_waid_and_bsuid", "1122334455667", PERSON, at).await;
    server.clock.set(Time::from_seconds(at).unwrap());
    for name in [USER, PARENT] {
        assert_eq!(server.reason(may_reply("1122334455667", name)).await, pb::Reason::WindowOpen, "{name}");
        let contact = server.contact_of("1122334455667", name).await;
        assert_eq!(contact.phone_number, PERSON);
        assert_eq!(contact.user_ids, [USER, PARENT]);
    }
}

#[tokio::test]
async fn a_text_of_an_older_payload_opens_the_window() {
    let sender = "409552778964973";
    opens_a_window("messages_text_legacy_waid_only", sender, "1111111111111", 1_672_947_578).await;
}

#[tokio::test]
async fn a_pressed_button_opens_the_window() {
    opens_a_window("messages_interactive_button_reply", "1122334455667", PERSON, 1_698_266_730).await;
}

#[tokio::test]
async fn a_chosen_row_opens_the_window() {
    opens_a_window("messages_interactive_list_reply", "10634295353625", "491234567890", 1_653_253_313).await;
}

#[tokio::test]
async fn a_sim_that_answers_no_prompt_opens_the_window_only() {
    opens_a_window("messages_button_sim_pt", "409552778964973", "1111111111111", 1_673_023_653).await;
}

#[tokio::test]
async fn a_call_opens_the_window() {
    opens_a_window("calls_connect_user_initiated", "743897493242", PERSON, 1_752_583_107).await;
}

#[tokio::test]
async fn a_read_message_shows_that_the_person_is_there() {
    let (at, sender) = (1_689_380_458, "1122334455667");
    let server = server_at(at).await;
    let gone = pb::RecordOptInPromptRequest {
        sender: sender.to_owned(),
        recipient: PERSON.to_owned(),
        outcome: pb::OptInPromptOutcome::NotOnWhatsapp as i32,
        occurred_at: seconds(at - 60),
        ..Default::default()
    };
    server.consent().record_opt_in_prompt(gone).await.unwrap();
    let request = || may_send(sender, PERSON, pb::Category::Utility);
    assert_eq!(server.reason(request()).await, pb::Reason::NotOnWhatsapp);
    delivered(&server, "statuses_read").await;
    assert_eq!(server.reason(request()).await, pb::Reason::NoOptIn);
    assert_eq!(server.contact_of(sender, PERSON).await.not_on_whatsapp_since, None);
    assert_eq!(server.reason(may_reply(sender, PERSON)).await, pb::Reason::TemplateRequired, "opens nothing");
}

#[tokio::test]
async fn a_sent_message_says_nothing_of_the_person() {
    let server = server_at(1_698_266_945).await;
    delivered(&server, "statuses_sent_biz_opaque").await;
    assert!(!server.contact_of("1122334455667", PERSON).await.known);
    let stored = "sendgate_webhook_items_total{item=\"status\",outcome=\"stored\"}";
    assert_eq!(server.series(stored).await, Some(1.0));
}

#[tokio::test]
async fn error_131047_closes_the_window() {
    let (at, sender, person) = (1_682_651_887, "109999999999999", "5511111111111");
    let server = server_at(at).await;
    let inbound = pb::RecordInboundRequest {
        sender: sender.to_owned(),
        recipient: person.to_owned(),
        text: "hi".to_owned(),
        occurred_at: seconds(at - 3600),
        ..Default::default()
    };
    server.consent().record_inbound(inbound.clone()).await.unwrap();
    assert_eq!(server.reason(may_reply(sender, person)).await, pb::Reason::WindowOpen);
    delivered(&server, "statuses_failed_131047").await;
    assert_eq!(server.reason(may_reply(sender, person)).await, pb::Reason::TemplateRequired);
    assert!(server.contact_of(sender, person).await.windows.is_empty());
    let disagreed = "sendgate_platform_disagreements_total{code=\"131047\"}";
    assert_eq!(server.series(disagreed).await, Some(1.0));
    let newer = pb::RecordInboundRequest { occurred_at: seconds(at + 1), ..inbound };
    server.clock.set(Time::from_seconds(at + 1).unwrap());
    server.consent().record_inbound(newer).await.unwrap();
    assert_eq!(
        server.reason(may_reply(sender, person)).await,
        pb::Reason::WindowOpen,
        "a newer message reopens it"
    );
}

#[tokio::test]
async fn a_signup_is_an_opt_in_to_marketing_of_the_person_it_names() {
    let (at, sender, person) = (1_731_705_721, "106540352242922", "16505551234");
    let server = server_at(at).await;
    let request = |person, category| may_send(sender, person, category);
    assert_eq!(server.reason(request(person, pb::Category::Marketing)).await, pb::Reason::NoOptIn);
    delivered(&server, "user_preferences_signup").await;
    assert_eq!(server.reason(request(person, pb::Category::Marketing)).await, pb::Reason::OptedIn);
    assert_eq!(server.reason(request(person, pb::Category::Utility)).await, pb::Reason::NoOptIn);
    let contact = server.contact_of(sender, person).await;
    assert_eq!(contact.scopes[0].method(), pb::ConsentMethod::PlatformSignup);
    assert!(contact.user_ids.is_empty(), "the card beside it is of somebody else");
    for other in [PERSON, USER, PARENT] {
        assert!(!server.contact_of(sender, other).await.known, "{other}");
        assert_eq!(server.reason(request(other, pb::Category::Marketing)).await, pb::Reason::NoOptIn);
    }
}

#[tokio::test]
async fn a_stop_in_whatsapp_ends_marketing_and_nothing_else() {
    let (at, sender, person) = (1_690_000_000, "987654321", "1234567890");
    let server = server_at(at).await;
    opt_in_before(&server, sender, person, at - 60).await;
    let of = |category| server.reason(may_send(sender, person, category));
    assert_eq!(of(pb::Category::Marketing).await, pb::Reason::OptedIn);
    delivered(&server, "batch_messages_and_user_preferences_stop").await;
    assert_eq!(of(pb::Category::Marketing).await, pb::Reason::CategoryOptedOut);
    assert_eq!(of(pb::Category::Utility).await, pb::Reason::OptedIn);
    let contact = server.contact_of(sender, person).await;
    let stop = contact.scopes.iter().find(|scope| scope.voice() == pb::Voice::Platform).unwrap();
    assert_eq!((stop.status(), stop.since), (pb::ConsentStatus::OptedOut, seconds(at)));
    assert!(contact.windows.is_empty(), "the message of the same batch is months old");
}

#[tokio::test]
async fn a_restricted_account_sends_replies_only_until_the_restriction_ends() {
    let (end, sender, person) = (1_641_330_498, "106540352242922", "4915112345678");
    let yaml = "businesses: [{id: acme, names: [Acme], senders: [{id: '106540352242922', account: '102290129340398'}]}]";
    let server = server_with(yaml, end - 60).await;
    opt_in_before(&server, sender, person, end - 120).await;
    let inbound = pb::RecordInboundRequest {
        sender: sender.to_owned(),
        recipient: person.to_owned(),
        ..Default::default()
    };
    server.consent().record_inbound(inbound).await.unwrap();
    let request = || may_send(sender, person, pb::Category::Utility);
    assert_eq!(server.ask(request()).await.decision(), pb::Decision::Allow);
    delivered(&server, "account_update_restriction").await;
    let answer = server.ask(request()).await;
    assert_eq!((answer.reason(), answer.retry_at), (pb::Reason::SenderRestricted, seconds(end)));
    assert_eq!(server.reason(may_reply(sender, person)).await, pb::Reason::WindowOpen);
    server.clock.set(Time::from_seconds(end).unwrap());
    assert_eq!(server.ask(request()).await.decision(), pb::Decision::Allow);
}

#[tokio::test]
async fn a_flagged_template_is_known_by_its_state() {
    let server = server_at(1_604_703_141).await;
    delivered(&server, "message_template_status_update_flagged").await;
    let directory = server.running.gate().directory();
    let rows = directory.learned().template("whatsapp-business-account-id", "My message template");
    let [(language, _, state)] = rows else { panic!("{rows:?}") };
    let status = state.template(server.clock.now()).status;
    assert_eq!((language.as_str(), status), ("en-US", Some(sendgate::policy::TemplateStatus::Flagged)));
}

#[tokio::test]
async fn a_flagged_number_is_known_by_its_quality_and_limit() {
    let server = server_at(1_608_243_062).await;
    delivered(&server, "phone_number_quality_update_flagged").await;
    let directory = server.running.gate().directory();
    let number = sendgate::model::SenderId::parse("16505551111").unwrap();
    let (_, learned) = directory.learned().senders.get(&number).unwrap();
    assert_eq!(learned.quality, Some((1_608_243_062_000, "FLAGGED".to_owned())));
    assert_eq!(learned.limit, Some((1_608_243_062_000, "10000".to_owned())));
}

#[tokio::test]
async fn every_sample_is_acknowledged_twice() {
    let directory = format!("{}/tests/fixtures/webhooks", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    assert_eq!(names.len(), 14);
    let server = server_at(1_772_452_800).await;
    for name in names.iter().chain(&names) {
        delivered(&server, name).await;
    }
}
