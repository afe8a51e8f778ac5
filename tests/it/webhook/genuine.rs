//! The handshake and the signature.

use sendgate::grpc::pb;
use serde_json::json;

use super::{NUMBER_ID, conversation, text};
use crate::harness::{
    START, Server,
    plain::{SECRET, TOKEN, WEBHOOK, send, signature},
};

const PERSON: &str = "4915112345678";

fn stop() -> Vec<u8> {
    conversation(&json!({"messages": [text(PERSON, "wamid.1", START / 1000, "STOP")]}))
        .to_string()
        .into_bytes()
}

async fn opted_out(server: &Server) -> bool {
    let contact = server.contact_of(NUMBER_ID, PERSON).await;
    contact.scopes.iter().any(|scope| scope.status() == pb::ConsentStatus::OptedOut)
}

#[tokio::test]
async fn the_handshake_answers_the_challenge_to_who_knows_the_token() {
    let server = Server::with(WEBHOOK).await;
    let path =
        format!("/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=1158201444");
    let answer = server.get(&path).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "1158201444"));
    assert!(answer.head.contains("content-type: text/plain"), "{}", answer.head);
    for query in [
        "hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=unsubscribe&hub.verify_token=verify-me&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=verify-me",
        "",
    ] {
        let answer = server.get(&format!("/webhooks/whatsapp?{query}")).await;
        assert_eq!(answer.status, 403, "{query}");
        assert!(!answer.body.contains(TOKEN));
    }
}

#[tokio::test]
async fn without_a_configured_token_no_handshake_succeeds() {
    let server = Server::new().await;
    let answer = server.get("/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=&hub.challenge=1").await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn only_the_signature_of_exactly_this_body_is_accepted() {
    let server = Server::with(WEBHOOK).await;
    let body = stop();
    let right = signature(SECRET, &body);
    let mut changed = body.clone();
    changed.push(b' ');
    let headers = |value| [("content-type", "application/json"), ("x-hub-signature-256", value)];
    let post = "POST /webhooks/whatsapp";
    for (what, signature, body) in [
        ("another body", right.as_str(), &changed),
        ("another secret", &signature("third-secret", &body), &body),
        ("no secret", &signature("", &body), &body),
        ("no digits", "sha256=", &body),
        ("another digest", &right.replace("sha256", "sha1"), &body),
        ("bare digits", &right.replace("sha256=", ""), &body),
        ("one digit less", right.split_at(right.len() - 1).0, &body),
    ] {
        assert_eq!(send(server.http(), post, &headers(signature), body).await.status, 401, "{what}");
    }
    let unsigned = send(server.http(), post, &[("content-type", "application/json")], &body).await;
    assert_eq!(unsigned.status, 401, "no signature");
    assert!(!opted_out(&server).await, "nothing of it was taken in");
    assert_eq!(
        server.series("sendgate_webhook_deliveries_total{outcome=\"bad_signature\"}").await,
        Some(8.0)
    );
    assert_eq!(server.deliver_signed(&body, &right).await.status, 200);
    assert!(opted_out(&server).await);
}

#[tokio::test]
async fn either_secret_signs_while_one_replaces_the_other() {
    let server = Server::with(WEBHOOK).await;
    let body = stop();
    let upper = signature("second-secret", &body).replace("sha256=", "").to_uppercase();
    assert_eq!(server.deliver_signed(&body, &format!("sha256={upper}")).await.status, 200);
    assert!(opted_out(&server).await);
}

#[tokio::test]
async fn without_a_secret_everything_is_refused() {
    let server = Server::new().await;
    let body = stop();
    let answer = server.deliver_signed(&body, &signature("", &body)).await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("webhook.app_secrets"), "{}", answer.body);
    assert!(!opted_out(&server).await);
}

#[tokio::test]
async fn unsigned_webhooks_are_read_only_where_that_is_switched_on() {
    let server = Server::with("webhook: {allow_unsigned: true}").await;
    let body = stop();
    assert_eq!(send(server.http(), "POST /webhooks/whatsapp", &[], &body).await.status, 200);
    assert!(opted_out(&server).await);
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let yaml = "webhook: {app_secrets: [first-secret], body_bytes_max: 2KiB}";
    let server = Server::with(yaml).await;
    let mut body = stop();
    body.resize(2048, b' ');
    assert_eq!(server.deliver(&body).await.status, 200, "exactly the limit");
    body.push(b' ');
    assert_eq!(server.deliver(&body).await.status, 413);
}

#[tokio::test]
async fn a_webhook_of_three_megabytes_is_read() {
    let server = Server::with(WEBHOOK).await;
    let mut body = stop();
    body.resize(3_000_000, b' ');
    assert_eq!(server.deliver(&body).await.status, 200);
    assert!(opted_out(&server).await);
}

#[tokio::test]
async fn garbage_is_a_bad_request_even_when_signed() {
    let server = Server::with(WEBHOOK).await;
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for body in [
        b"".as_slice(),
        b"garbage",
        b"{",
        b"null",
        b"[]",
        b"{}",
        br#"{"object": "whatsapp_business_account"}"#,
        br#"{"object": "page", "entry": []}"#,
        br#"{"object": 1, "entry": []}"#,
        br#"{"entry": {}}"#,
        b"\xff\xfe{}",
        nested.as_bytes(),
    ] {
        let answer = server.deliver(body).await;
        assert_eq!(answer.status, 400, "{}: {}", String::from_utf8_lossy(body), answer.body);
    }
    assert_eq!(server.deliver(br#"{"object": "whatsapp_business_account", "entry": []}"#).await.status, 200);
    assert_eq!(server.deliver(br#"{"entry": [7, {}, {"changes": [null, {"field": 1}]}]}"#).await.status, 200);
}
