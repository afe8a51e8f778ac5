//! Every unary call as JSON, through the same layers as gRPC.

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, SerializeOptions};
use sendgate::grpc::{DESCRIPTORS, pb};
use serde_json::{Value, json};

use crate::harness::{
    Server,
    plain::send,
    say::{PERSON, SENDER, opt_in, opt_out, template, wrote},
    slow::Slow,
};

fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

fn json_name(method: &MethodDescriptor) -> String {
    let (first, rest) = method.name().split_at(1);
    format!("{}{rest}", first.to_lowercase())
}

/// A message as the JSON mapping has it.
fn mapped(type_name: &str, message: &impl Message) -> Value {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let descriptor = pool.get_message_by_name(&format!("sendgate.v1.{type_name}")).unwrap();
    let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap();
    let options = SerializeOptions::new().skip_default_fields(true);
    message.serialize_with_options(serde_json::value::Serializer, &options).unwrap()
}

fn details<'a>(answer: &'a Value, kind: &str) -> &'a Value {
    let list = answer["details"].as_array().unwrap();
    let name = format!("type.googleapis.com/google.rpc.{kind}");
    list.iter().find(|detail| detail["@type"] == name.as_str()).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn every_unary_call_answers_under_its_json_name() {
    let server = Server::new().await;
    let mut unary = 0;
    for method in methods() {
        let answer = server.call(&json_name(&method), "{}").await;
        assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
        let expected = if method.is_client_streaming() || method.is_server_streaming() {
            404
        } else if method.name() == "GetActivity" {
            // It asks for nothing that could be missing.
            unary += 1;
            200
        } else {
            unary += 1;
            assert_eq!(details(&answer.json(), "ErrorInfo")["reason"], "INVALID_REQUEST", "{answer:?}");
            400
        };
        assert_eq!(answer.status, expected, "{}: {answer:?}", method.name());
    }
    assert_eq!(unary, 18);
}

#[tokio::test]
async fn the_example_of_the_documentation_works() {
    let server = Server::new().await;
    let body = json!({
        "sender": SENDER, "recipient": "+4915112345678",
        "category": "CATEGORY_UTILITY", "kind": "MESSAGE_KIND_TEMPLATE",
    });
    let answer = server.call("checkSend", &body.to_string()).await;
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    assert_eq!(answer["decision"], "DECISION_DENY");
    assert_eq!((&answer["reason"], &answer["rule"]), (&json!("REASON_NO_OPT_IN"), &json!("A14")));
    assert_eq!(answer["obligations"], json!(["OBLIGATION_REQUEST_OPT_IN"]));
    let snake = json!({"sender": SENDER, "recipient": PERSON, "kind": 2, "human_escalation": true});
    assert_eq!(
        server.call("checkSend", &snake.to_string()).await.status,
        200,
        "the names of the contract too"
    );
}

#[tokio::test]
async fn who_names_two_recipients_is_asked_which() {
    let server = Server::new().await;
    let body = format!(
        r#"{{"sender": "{SENDER}", "recipient": "{PERSON}", "kind": 2, "recipient": "15550009999"}}"#
    );
    let answer = server.call("checkSend", &body).await;
    assert_eq!(answer.status, 400);
    let answer = answer.json();
    let violation = &details(&answer, "BadRequest")["fieldViolations"][0];
    assert_eq!(violation["field"], "recipient");
    assert!(violation["description"].as_str().unwrap().starts_with("is given twice"), "{violation}");
}

#[tokio::test]
async fn a_request_as_json_is_answered_as_over_grpc() {
    let server = Server::new().await;
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    server.consent().record_inbound(wrote(PERSON, "hello")).await.unwrap();
    server.turn_to(1234);
    server.consent().record_opt_out(opt_out("4915112345679")).await.unwrap();
    for recipient in [PERSON, "4915112345679", "4915112345670"] {
        let request = pb::CheckSendRequest { explain: true, ..template(recipient, pb::Category::Marketing) };
        let over_grpc = mapped("CheckSendResponse", &server.ask(request.clone()).await);
        let body = mapped("CheckSendRequest", &request).to_string();
        assert_eq!(server.call("checkSend", &body).await.json(), over_grpc);

        let who = json!({"sender": SENDER, "recipient": recipient}).to_string();
        let contact = pb::GetContactResponse { contact: Some(server.contact(recipient).await) };
        assert_eq!(server.call("getContact", &who).await.json(), mapped("GetContactResponse", &contact));

        let log = pb::ListConsentHistoryResponse {
            entries: server.entries(recipient).await,
            next_page_token: String::new(),
        };
        let answer = server.call("listConsentHistory", &who).await.json();
        assert_eq!(answer, mapped("ListConsentHistoryResponse", &log));
    }
}

#[tokio::test]
async fn a_write_as_json_holds_for_grpc() {
    let server = Server::new().await;
    let body = mapped("RecordConsentRequest", &opt_in(PERSON)).to_string();
    let recorded = server.call("recordConsent", &body).await;
    assert_eq!((recorded.status, &recorded.json()["applied"]), (200, &json!(true)));
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedIn);
    let out = json!({"sender": SENDER, "recipient": PERSON, "occurredAt": "2026-03-02T12:00:00.250Z"});
    let out = server.call("recordOptOut", &out.to_string()).await.json();
    assert_eq!(out["durability"], "DURABILITY_STORED");
    let answer = server.ask(template(PERSON, pb::Category::Utility)).await;
    assert_eq!((answer.reason(), &json!(answer.revision)), (pb::Reason::OptedOut, &out["revision"]));
}

#[tokio::test]
async fn a_name_that_is_none_is_answered_with_the_names_there_are() {
    let server = Server::new().await;
    for (call, body, field, names) in [
        ("checkSend", json!({"kind": "NOPE"}), "kind", ["MESSAGE_KIND_TEMPLATE", "MESSAGE_KIND_FREE_FORM"]),
        ("checkSend", json!({"category": "NOPE"}), "category", ["CATEGORY_MARKETING", "CATEGORY_SERVICE"]),
        ("checkSend", json!({"category": true}), "category", ["CATEGORY_MARKETING", "CATEGORY_SERVICE"]),
        (
            "recordConsent",
            json!({"scope": {"categories": ["CATEGORY_UTILITY", "NOPE"]}}),
            "scope.categories[1]",
            ["CATEGORY_MARKETING", "CATEGORY_UTILITY"],
        ),
        (
            "recordConsent",
            json!({"evidence": {"method": "NOPE"}}),
            "evidence.method",
            ["CONSENT_METHOD_WEBSITE", "CONSENT_METHOD_OTHER"],
        ),
        ("recordBlock", json!({"state": "NOPE"}), "state", ["BLOCK_STATE_BLOCKED_BY_USER", "BLOCK_STATE_UN"]),
    ] {
        let answer = server.call(call, &body.to_string()).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        let violation = details(&answer.json(), "BadRequest")["fieldViolations"][0].clone();
        assert_eq!(violation["field"], field, "{answer:?}");
        let description = violation["description"].as_str().unwrap();
        assert!(description.starts_with("must be one of "), "{description}");
        assert!(names.iter().all(|name| description.contains(name)), "{description}");
        assert!(!description.contains("UNSPECIFIED") && !description.contains("NOPE"), "{description}");
    }
    let answer = server.call("checkSend", r#"{"sender": 15550001111}"#).await;
    assert!(answer.body.contains("is of the wrong type"), "{answer:?}");
}

#[tokio::test]
async fn a_field_is_named_alike_whatever_is_wrong_with_it() {
    let server = Server::new().await;
    for (call, body, field) in [
        ("recordOptOut", json!({"occurredAt": 5}), "occurred_at"),
        ("recordOptOut", json!({"occurred_at": 5}), "occurred_at"),
        ("recordConsent", json!({"evidence": {"disclosureText": 5}}), "evidence.disclosure_text"),
        ("checkSend", json!({"sendr": "1"}), "sendr"),
        ("recordConsent", json!({"evidence": {"methd": 1}}), "evidence.methd"),
        ("checkSend", json!({"4915112345678": 1}), ""),
    ] {
        let answer = server.call(call, &body.to_string()).await;
        let violation = details(&answer.json(), "BadRequest")["fieldViolations"][0].clone();
        assert_eq!((answer.status, &violation["field"]), (400, &json!(field)), "{answer:?}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_without_repeating_it() {
    let server = Server::new().await;
    for (body, word) in [
        (r#"{"sendr": "15550001111"}"#.to_owned(), "sendr"),
        (r#"{"sender": 15550001111}"#.to_owned(), "wrong type"),
        (r#"{"sender": "15550001111", "kind": "TEMPLATE"}"#.to_owned(), "\"field\":\"kind\""),
        (r#"{"4915112345678": 1}"#.to_owned(), ""),
        (r#"{"sender": "4915112345678"#.to_owned(), "not valid JSON"),
        (r#"{} {}"#.to_owned(), "not valid JSON"),
        ("[]".to_owned(), ""),
        ("null".to_owned(), ""),
        ("\u{feff}{}".to_owned(), "not valid JSON"),
        (format!("{}{}", "{\"a\":".repeat(500), "}".repeat(500)), ""),
    ] {
        let answer = server.call("checkSend", &body).await;
        assert_eq!((answer.status, answer.json()["code"].as_i64()), (400, Some(3)), "{body}: {answer:?}");
        assert!(answer.body.contains(word), "{word} in {}", answer.body);
        assert!(
            !answer.body.contains("4915112345678") && !answer.body.contains("15550001111"),
            "{}",
            answer.body
        );
    }
    let empty = server.call("checkSend", "").await;
    assert_eq!(empty.status, 400, "an empty body is an empty request");
    assert_eq!(details(&empty.json(), "BadRequest")["fieldViolations"][0]["field"], "sender");
}

#[tokio::test]
async fn an_unknown_call_is_not_found_and_the_known_ones_are_listed() {
    let server = Server::new().await;
    let answer = server.call("checkSned", "{}").await;
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (404, Some(12)));
    assert!(answer.body.contains("checkSend, "), "{}", answer.body);
    assert_eq!(server.get("/v1/checkSend").await.status, 405);
    assert_eq!(server.call("checkSend/extra", "{}").await.status, 404);
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let server = Server::with("limits: {request_bytes: 1KiB}").await;
    let body = json!({"sender": SENDER, "topic": "t".repeat(1024)}).to_string();
    let answer = server.call("checkSend", &body).await;
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (413, Some(8)));
    assert!(answer.body.contains("limits.request_bytes"), "{}", answer.body);
}

#[tokio::test]
async fn errors_have_the_http_status_of_their_code_and_their_details() {
    let store = Slow::new();
    let server = Server::over(store.clone(), "").await;
    let who = |key: &str, word: &str| {
        json!({"sender": SENDER, "recipient": PERSON, "idempotencyKey": key, "keyword": word}).to_string()
    };
    assert_eq!(server.call("recordOptOut", &who("k", "a")).await.status, 200);
    let reused = server.call("recordOptOut", &who("k", "b")).await;
    assert_eq!(reused.status, 409);
    let info = reused.json();
    assert_eq!(details(&info, "ErrorInfo")["reason"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(details(&info, "ErrorInfo")["domain"], "sendgate");
    let bad = server.call("recordOptOut", r#"{"channel": 99}"#).await.json();
    let fields = details(&bad, "BadRequest")["fieldViolations"].as_array().unwrap().clone();
    let names: Vec<&str> = fields.iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(names, ["sender", "recipient", "channel"]);
    store.fail(true);
    let away = server.call("recordOptOut", &who("", "")).await;
    assert_eq!(away.status, 503);
    assert_eq!(details(&away.json(), "RetryInfo")["retryDelay"], "0.5s");
}

#[tokio::test]
async fn an_unknown_sender_of_a_write_is_a_bad_request() {
    let server = Server::with("businesses: [{id: acme, names: [Acme], senders: ['+15550001111']}]").await;
    let body = json!({"sender": "15559999999", "recipient": PERSON}).to_string();
    let answer = server.call("recordOptOut", &body).await;
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (400, Some(9)));
}

#[tokio::test]
async fn the_default_deadline_holds_for_json_too() {
    let store = Slow::new();
    let server = Server::over(store.clone(), "deadlines: {store_read: 1m, request_default: 30ms}").await;
    store.hold(true);
    let body = mapped("CheckSendRequest", &template(PERSON, pb::Category::Utility)).to_string();
    let headers = [("content-type", "application/json")];
    let answer = send(server.http(), "POST /v1/checkSend", &headers, body.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (504, Some(4)));
    store.hold(false);
}

#[tokio::test]
async fn a_call_from_a_web_page_is_refused() {
    let server = Server::new().await;
    let answer = server.call_from("https://page.example", "checkSend", "{}").await;
    assert_eq!(answer.status, 403, "{answer:?}");
}
