//! What is malformed, from webhook to answer: a refusal in it counts, and nothing else does.

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
const USER: &str = "US.13491208655302741918";
const ACCOUNT: &str = "102290129340398";

/// A server whose number has an account, and a person who opted in an hour ago.
async fn server() -> Server {
    let yaml = format!(
        "{WEBHOOK}businesses: [{{id: acme, names: [Acme], senders: [{{id: '{NUMBER_ID}', account: '{ACCOUNT}'}}]}}]"
    );
    let server = Server::with(&yaml).await;
    let request = pb::RecordConsentRequest {
        sender: NUMBER_ID.to_owned(),
        recipient: PERSON.to_owned(),
        evidence: Some(evidence()),
        ..Default::default()
    };
    assert!(server.consent().record_consent(request).await.unwrap().into_inner().applied);
    server.turn_to(1000);
    server
}

async fn deliver(server: &Server, body: &Value) {
    let answer = server.deliver(body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn reason(server: &Server, recipient: &str, category: pb::Category) -> pb::Reason {
    let request = pb::CheckSendRequest { sender: NUMBER_ID.to_owned(), ..template(recipient, category) };
    server.reason(request).await
}

async fn replying(server: &Server) -> pb::Reason {
    server.reason(pb::CheckSendRequest { sender: NUMBER_ID.to_owned(), ..reply(PERSON) }).await
}

/// A body of one change that is about a field this version does not know.
fn of_field(field: &str, lists: &Value) -> Value {
    let mut body = conversation(lists);
    body["entry"][0]["changes"][0]["field"] = json!(field);
    body
}

/// Shapes in which words arrive that no message has: under these, a "no" counts and nothing else does.
fn shapes(words: &str) -> Vec<Value> {
    let with = |members: Value| {
        let mut message = text(PERSON, "wamid.1", NOW + 1, words);
        for (name, member) in members.as_object().unwrap() {
            message[name] = member.clone();
        }
        json!({"messages": [message], "contacts": [{"wa_id": PERSON}]})
    };
    vec![
        conversation(&with(json!({"type": "request_welcome"}))),
        conversation(&with(json!({"type": "system", "system": {"type": "hologram"}}))),
        conversation(&with(json!({"timestamp": "soon"}))),
        conversation(&with(json!({"from": "user"}))),
        conversation(&with(json!({"from": format!("{PERSON}@s.whatsapp.net")}))),
        of_field("Messages", &with(json!({}))),
        of_field("group_messages", &with(json!({}))),
    ]
}

#[tokio::test]
async fn a_stop_in_any_shape_is_one() {
    for shape in shapes("STOP") {
        let server = server().await;
        assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedIn);
        deliver(&server, &shape).await;
        assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedOut, "{shape}");
    }
}

#[tokio::test]
async fn nothing_but_a_refusal_is_read_from_what_is_malformed() {
    let server = server().await;
    for shape in shapes("hello").iter().chain(&shapes("START")) {
        let mut shape = shape.clone();
        shape["entry"][0]["changes"][0]["value"]["messages"][0]["from_user_id"] = json!("?");
        deliver(&server, &shape).await;
        assert_eq!(replying(&server).await, pb::Reason::TemplateRequired, "{shape}: no window opens");
    }
    let mut named = text(PERSON, "wamid.1", NOW + 1, "hello");
    named["from_user_id"] = json!(USER);
    deliver(&server, &of_field("Messages", &json!({"messages": [named]}))).await;
    assert_eq!(
        reason(&server, USER, pb::Category::Utility).await,
        pb::Reason::NoOptIn,
        "two names are not linked by it"
    );
    named["text"]["body"] = json!("STOP");
    deliver(&server, &of_field("Messages", &json!({"messages": [named]}))).await;
    for name in [USER, PERSON] {
        assert_eq!(reason(&server, name, pb::Category::Utility).await, pb::Reason::OptedOut, "{name}");
    }
    deliver(&server, &shapes("START")[0]).await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedOut);
}

/// Sent by the platform under a field that nobody knows, it comes again: it is the same "no", older than what came since.
#[tokio::test]
async fn a_dated_refusal_that_comes_again_counts_once() {
    let server = server().await;
    let stop = of_field("Messages", &json!({"messages": [text(PERSON, "wamid.1", NOW + 1, "STOP")]}));
    deliver(&server, &stop).await;
    server.turn_to(5000);
    deliver(&server, &conversation(&json!({"messages": [text(PERSON, "wamid.2", NOW + 4, "START")]}))).await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedIn);
    server.turn_to(9000);
    deliver(&server, &stop).await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedIn);
}

#[tokio::test]
async fn a_message_of_a_dead_number_shows_no_life_when_it_is_malformed() {
    let server = server().await;
    let failed = json!([{"id": "wamid.9", "status": "failed", "timestamp": (NOW + 1).to_string(),
        "recipient_id": PERSON, "errors": [{"code": 131_026}]}]);
    deliver(&server, &conversation(&json!({"statuses": failed}))).await;
    let gone = reason(&server, PERSON, pb::Category::Utility).await;
    assert_ne!(gone, pb::Reason::OptedIn);
    server.turn_to(3000);
    deliver(
        &server,
        &of_field("Messages", &json!({"messages": [text(PERSON, "wamid.1", NOW + 2, "hello")]})),
    )
    .await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, gone);
}

#[tokio::test]
async fn a_refusal_of_marketing_is_found_under_any_field() {
    let status = json!({"id": "wamid.1", "status": "failed", "timestamp": (NOW + 1).to_string(), "recipient_id": PERSON,
        "errors": [{"code": "(#131050)"}]});
    let preference = json!({"wa_id": PERSON, "value": "Opt-Out", "timestamp": (NOW + 1) * 1000});
    for lists in [json!({"statuses": [status]}), json!({"user_preferences": [preference]})] {
        let server = server().await;
        assert_eq!(reason(&server, PERSON, pb::Category::Marketing).await, pb::Reason::OptedIn);
        deliver(&server, &of_field("user_marketing_preferences", &lists)).await;
        assert_eq!(
            reason(&server, PERSON, pb::Category::Marketing).await,
            pb::Reason::CategoryOptedOut,
            "{lists}"
        );
    }
}

#[tokio::test]
async fn in_a_group_nobody_opts_in() {
    let server = server().await;
    let said = |id: &str, at: i64, words: &str, group: Value| {
        let mut message = text(PERSON, id, at, words);
        message["group_id"] = group;
        conversation(&json!({"messages": [message]}))
    };
    deliver(&server, &said("wamid.1", NOW + 1, "STOP", json!("HBgLMTY1"))).await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedOut);
    server.turn_to(5000);
    for (n, words) in ["yes", "START"].into_iter().enumerate() {
        deliver(&server, &said(&format!("wamid.g{n}"), NOW + 3, words, json!("HBgLMTY1"))).await;
        assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedOut, "{words}");
    }
    assert_eq!(replying(&server).await, pb::Reason::OptedOut);
    deliver(&server, &said("wamid.2", NOW + 4, "START", Value::Null)).await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::OptedIn, "here they do");
}

/// 131048 is about people who did not want to be written to first; 131031 locks the account.
#[tokio::test]
async fn error_131048_restricts_what_the_business_begins_and_no_replies() {
    let server = server().await;
    deliver(&server, &conversation(&json!({"messages": [text(PERSON, "wamid.1", NOW + 1, "hi")]}))).await;
    let failed = |code: u32| {
        let status = json!({"id": "wamid.2", "status": "failed", "timestamp": (NOW + 1).to_string(),
            "recipient_id": PERSON, "errors": [{"code": code}]});
        conversation(&json!({"statuses": [status]}))
    };
    deliver(&server, &failed(131_048)).await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::SenderRestricted);
    assert_eq!(replying(&server).await, pb::Reason::WindowOpen);
    deliver(&server, &failed(131_031)).await;
    assert_eq!(replying(&server).await, pb::Reason::SenderRestricted);
}

/// What forbids counts as of now when nobody can date it.
#[tokio::test]
async fn an_undated_ban_pause_or_move_to_marketing_counts() {
    let server = server().await;
    let told = |field: &str, value: &Value| {
        json!({"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "time": "soon",
            "changes": [{"field": field, "value": value}]}]})
    };
    let of_template = |name: &str| pb::CheckSendRequest {
        sender: NUMBER_ID.to_owned(),
        template: name.to_owned(),
        template_language: "en".to_owned(),
        ..template(PERSON, pb::Category::Utility)
    };
    let known = |name: &str, members: Value| {
        let mut value = json!({"message_template_name": name, "message_template_language": "en"});
        for (name, member) in members.as_object().unwrap() {
            value[name] = member.clone();
        }
        value
    };
    let before = server.ask(of_template("paused")).await;
    assert_eq!(before.decision(), pb::Decision::Allow);
    let pause = known("paused", json!({"event": "PAUSED"}));
    deliver(&server, &told("message_template_status_update", &pause)).await;
    assert_eq!(server.ask(of_template("paused")).await.decision(), pb::Decision::Deny);
    let stop = json!({"wa_id": PERSON, "value": "stop", "timestamp": NOW + 1});
    deliver(&server, &conversation(&json!({"user_preferences": [stop]}))).await;
    assert_eq!(server.reason(of_template("moved")).await, pb::Reason::OptedIn);
    let moved = known("moved", json!({"new_category": "UTILITY", "correct_category": "MARKETING"}));
    deliver(&server, &told("template_category_update", &moved)).await;
    assert_eq!(server.reason(of_template("moved")).await, pb::Reason::CategoryMismatch);
    let ban = json!({"ban_info": {"waba_ban_state": "DISABLE"}});
    deliver(&server, &told("account_update", &ban)).await;
    assert_eq!(reason(&server, PERSON, pb::Category::Utility).await, pb::Reason::SenderRestricted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_to_no_number_counts_for_the_account() {
    for account in [ACCOUNT, "0"] {
        let stop = text(PERSON, "wamid.1", NOW + 1, "STOP");
        let preference = json!({"wa_id": PERSON, "detail": "-", "category": "marketing_messages",
            "value": "stop", "timestamp": NOW + 1});
        let failed = json!({"id": "wamid.2", "status": "failed", "timestamp": NOW + 1, "recipient_id": PERSON,
            "errors": [{"code": 131_050}]});
        for lists in [
            json!({"messages": [stop]}),
            json!({"user_preferences": [preference]}),
            json!({"statuses": [failed]}),
        ] {
            let server = server().await;
            let mut body = conversation(&lists);
            body["entry"][0]["id"] = json!(account);
            body["entry"][0]["changes"][0]["value"].as_object_mut().unwrap().remove("metadata");
            deliver(&server, &body).await;
            let said = reason(&server, PERSON, pb::Category::Marketing).await;
            assert!(matches!(said, pb::Reason::OptedOut | pb::Reason::CategoryOptedOut), "{said:?}: {body}");
        }
        // Anything else needs to know which number it was said to.
        let server = server().await;
        let mut body = conversation(&json!({"messages": [text(PERSON, "wamid.1", NOW + 1, "Hello")]}));
        body["entry"][0]["id"] = json!(account);
        body["entry"][0]["changes"][0]["value"].as_object_mut().unwrap().remove("metadata");
        deliver(&server, &body).await;
        assert_eq!(replying(&server).await, pb::Reason::TemplateRequired);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_to_a_number_that_nobody_configured_counts_for_its_account_too() {
    for account in [ACCOUNT, "0"] {
        let server = server().await;
        let mut body = conversation(&json!({"messages": [text(PERSON, "wamid.1", NOW + 1, "STOP")]}));
        body["entry"][0]["id"] = json!(account);
        body["entry"][0]["changes"][0]["value"]["metadata"] =
            json!({"display_phone_number": "15559998888", "phone_number_id": "999000111222333"});
        deliver(&server, &body).await;
        let said = reason(&server, PERSON, pb::Category::Utility).await;
        assert_eq!(said, pb::Reason::OptedOut, "of account {account}: there is only this business");
    }
}
