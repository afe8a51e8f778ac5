//! Limits and deadlines: what is too much is refused before work is done for it.

use std::{sync::Arc, time::Duration};

use sendgate::grpc::pb;
use tonic::{Code, Request};

use crate::harness::{
    Server,
    errors::{expect, metadata},
    raw,
    say::{PERSON, SENDER, opt_out, template},
    slow::Slow,
    soon, until,
};

/// Reads of the store may take longer than any of these tests.
const PATIENT: &str = "deadlines: {store_read: 1m, request_default: 1m, request_max: 1m}\n";

fn batch(count: usize) -> pb::CheckSendBatchRequest {
    pb::CheckSendBatchRequest {
        sender: SENDER.to_owned(),
        recipients: vec![PERSON.to_owned(); count],
        category: pb::Category::Utility as i32,
        kind: pb::MessageKind::Template as i32,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_batch_over_the_limit_is_refused_and_names_it() {
    let server = Server::with("limits: {request_bytes: 8MiB}").await;
    let status = server.policy().check_send_batch(batch(100_000)).await.unwrap_err();
    assert_eq!(metadata(&status, "limit"), "limits.batch_recipients");
    expect(Err::<(), _>(status), Code::ResourceExhausted, "LIMIT_EXCEEDED");
    let full = server.policy().check_send_batch(batch(10_000)).await.unwrap().into_inner();
    assert_eq!(full.results.len(), 10_000);
    let one_more = server.policy().check_send_batch(batch(10_001)).await;
    expect(one_more, Code::ResourceExhausted, "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn a_request_over_the_size_limit_is_refused_and_names_it() {
    let server = Server::with("limits: {request_bytes: 4KiB}").await;
    let status = server.policy().check_send_batch(batch(1000)).await.unwrap_err();
    assert_eq!(metadata(&status, "limit"), "limits.request_bytes");
    expect(Err::<(), _>(status), Code::ResourceExhausted, "LIMIT_EXCEEDED");
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::NoOptIn);
}

#[tokio::test]
async fn an_item_of_a_stream_over_the_size_limit_is_refused_and_names_it() {
    let server = Server::with("limits: {request_bytes: 4KiB}").await;
    let large = pb::StreamCheckSendRequest { topic: "t".repeat(5000), ..Default::default() };
    let requests = tokio_stream::once(large);
    let mut answers = server.policy().stream_check_send(requests).await.unwrap().into_inner();
    let status = soon(answers.message()).await.unwrap_err();
    assert_eq!(metadata(&status, "limit"), "limits.request_bytes");
    expect(Err::<(), _>(status), Code::ResourceExhausted, "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn a_call_beyond_the_concurrency_limit_is_refused_at_once_and_the_others_finish() {
    let store = Slow::new();
    let server = Server::over(store.clone(), &format!("{PATIENT}limits: {{concurrent_requests: 2}}")).await;
    store.hold(true);
    let ask = |recipient: &'static str| {
        let mut policy = server.policy();
        tokio::spawn(async move { policy.check_send(template(recipient, pb::Category::Utility)).await })
    };
    let waiting = [ask("4915100000001"), ask("4915100000002")];
    until(|| async { store.waiting() == 2 }).await;
    let refused = soon(ask("4915100000003")).await.unwrap();
    let status = refused.unwrap_err();
    assert_eq!(metadata(&status, "limit"), "limits.concurrent_requests");
    expect(Err::<(), _>(status), Code::ResourceExhausted, "LIMIT_EXCEEDED");
    // The doors share one limit.
    let refused = server.call("checkSend", "{}").await;
    assert_eq!((refused.status, refused.json()["code"].as_i64()), (429, Some(8)));
    store.hold(false);
    for call in waiting {
        assert_eq!(soon(call).await.unwrap().unwrap().into_inner().reason(), pb::Reason::NoOptIn);
    }
    assert_eq!(server.reason(template("4915100000003", pb::Category::Utility)).await, pb::Reason::NoOptIn);
}

#[tokio::test]
async fn the_callers_deadline_ends_a_call_with_deadline_exceeded() {
    let store = Slow::new();
    let server = Server::over(store.clone(), PATIENT).await;
    store.hold(true);
    let request = template(PERSON, pb::Category::Utility);
    let address = server.running.grpc.unwrap();
    for timeout in ["20m", "5m", "1m", "100u", "1n", "0S"] {
        let headers = [("grpc-timeout", timeout)];
        let method = "/sendgate.v1.PolicyService/CheckSend";
        let answer = raw::call(address, method, &headers, &request).await;
        assert_eq!(answer.get("grpc-status").unwrap(), "4", "{timeout}: {answer:?}");
    }
    store.hold(false);
    let name = "sendgate_calls_total{method=\"PolicyService/CheckSend\",code=\"DEADLINE_EXCEEDED\"}";
    assert_eq!(server.series(name).await, Some(6.0), "and is counted");
}

#[tokio::test]
async fn a_deadline_nobody_can_read_is_none() {
    let server = Server::new().await;
    let request = template(PERSON, pb::Category::Utility);
    let address = server.running.grpc.unwrap();
    for timeout in ["", "soon", "-1S", "999999999S", "5x"] {
        let method = "/sendgate.v1.PolicyService/CheckSend";
        let answer = raw::call(address, method, &[("grpc-timeout", timeout)], &request).await;
        assert_eq!(answer.get("grpc-status").unwrap(), "0", "`{timeout}`: {answer:?}");
    }
}

#[tokio::test]
async fn the_default_deadline_ends_a_call_that_names_none() {
    let store = Slow::new();
    let yaml = "deadlines: {store_read: 1m, request_default: 30ms, request_max: 60ms}";
    let server = Server::over(store.clone(), yaml).await;
    store.hold(true);
    let request = || template(PERSON, pb::Category::Utility);
    let status = soon(server.policy().check_send(request())).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    let mut patient = Request::new(request());
    patient.set_timeout(Duration::from_secs(3600));
    let status = soon(server.policy().check_send(patient)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "longer ones are cut: {status:?}");
    store.hold(false);
}

#[tokio::test]
async fn a_store_that_is_slow_is_a_denial_and_not_an_error() {
    let store = Slow::new();
    let server = Server::over(store.clone(), "deadlines: {store_read: 20ms}").await;
    store.hold(true);
    let answer = soon(server.ask(template(PERSON, pb::Category::Utility))).await;
    assert_eq!((answer.decision(), answer.reason()), (pb::Decision::Deny, pb::Reason::StateUnavailable));
    assert_eq!(answer.rule, "A27");
    store.hold(false);
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_for_writes_with_a_time_to_retry() {
    use tonic_types::StatusExt as _;
    let store = Slow::new();
    let server = Server::over(Arc::clone(&store) as _, "").await;
    store.fail(true);
    let status = server.consent().record_opt_out(opt_out(PERSON)).await.unwrap_err();
    let retry = status.get_error_details().retry_info().and_then(|retry| retry.retry_delay);
    assert!(retry.is_some_and(|delay| !delay.is_zero()));
    assert!(!status.message().contains("disk of this test"), "the log gets to know more than callers");
    expect(Err::<(), _>(status), Code::Unavailable, "STORE_UNAVAILABLE");
    assert_eq!(server.get("/readyz").await.status, 503);
    store.fail(false);
    assert_eq!(server.get("/readyz").await.status, 200);
    server.consent().record_opt_out(opt_out(PERSON)).await.unwrap();
}

#[tokio::test]
async fn a_broken_frame_is_an_error_of_that_call_alone() {
    let server = Server::new().await;
    let address = server.running.grpc.unwrap();
    // Field 1 of a WatchConsentRequest is a string as in CheckSendRequest; field 3 is one there and a varint here.
    let odd = pb::DeliveryEvent { r#type: 1, message_id: "x".to_owned(), ..Default::default() };
    let answer = raw::call(address, "/sendgate.v1.PolicyService/CheckSend", &[], &odd).await;
    assert_ne!(answer.get("grpc-status").unwrap(), "0");
    assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::NoOptIn);
    let unknown = raw::call(address, "/sendgate.v1.PolicyService/Nothing", &[], &odd).await;
    assert_eq!(unknown.get("grpc-status").unwrap(), "12");
}
