//! StreamCheckSend: answers in order, errors in place, an end when either side ends.

use sendgate::grpc::pb::{self, consent_service_client::ConsentServiceClient};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

use crate::harness::{
    Server, channel,
    errors::{expect, metadata},
    raw,
    say::{SENDER, opt_in, opt_out, template},
    soon, until,
};

fn item(recipient: &str) -> pb::StreamCheckSendRequest {
    pb::StreamCheckSendRequest {
        sender: SENDER.to_owned(),
        recipient: recipient.to_owned(),
        category: pb::Category::Utility as i32,
        kind: pb::MessageKind::Template as i32,
        ..Default::default()
    }
}

async fn open(
    server: &Server,
) -> (mpsc::Sender<pb::StreamCheckSendRequest>, Streaming<pb::StreamCheckSendResponse>) {
    let (requests, waiting) = mpsc::channel(8);
    let answers = server.policy().stream_check_send(ReceiverStream::new(waiting)).await.unwrap();
    (requests, answers.into_inner())
}

async fn next(answers: &mut Streaming<pb::StreamCheckSendResponse>) -> pb::StreamCheckSendResponse {
    soon(answers.message()).await.unwrap().unwrap()
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests() {
    let server = Server::new().await;
    let number = |n: u32| format!("49151000{n:05}");
    for n in (0..300).step_by(7) {
        server.consent().record_consent(opt_in(&number(n))).await.unwrap();
    }
    let requests = tokio_stream::iter((0..300).map(move |n| item(&number(n))).collect::<Vec<_>>());
    let mut answers = server.policy().stream_check_send(requests).await.unwrap().into_inner();
    for n in 0..300 {
        let expected = if n % 7 == 0 { pb::Reason::OptedIn } else { pb::Reason::NoOptIn };
        assert_eq!(next(&mut answers).await.reason(), expected, "item {n}");
    }
    assert!(soon(answers.message()).await.unwrap().is_none(), "the stream ends after its last answer");
}

#[tokio::test]
async fn a_malformed_item_is_told_in_its_place_and_the_stream_goes_on() {
    let server = Server::new().await;
    let (requests, mut answers) = open(&server).await;
    let reserving =
        pb::StreamCheckSendRequest { reserve: true, topic: "a b".to_owned(), ..item("4915112345678") };
    let kindless = pb::StreamCheckSendRequest { kind: 0, ..item("4915112345678") };
    for request in [item("4915112345678"), item("x"), kindless, reserving, item("4915112345678")] {
        requests.send(request).await.unwrap();
    }
    assert_eq!(next(&mut answers).await.reason(), pb::Reason::NoOptIn);
    for (field, reason) in
        [("recipient", "INVALID_REQUEST"), ("kind", "INVALID_REQUEST"), ("topic", "INVALID_REQUEST")]
    {
        let answer = next(&mut answers).await;
        let error = answer.error.clone().unwrap();
        assert_eq!((error.field.as_str(), error.reason.as_str()), (field, reason));
        assert_eq!(answer.decision(), pb::Decision::Unspecified);
    }
    let last = next(&mut answers).await;
    assert_eq!((last.reason(), last.error), (pb::Reason::NoOptIn, None));
}

#[tokio::test]
async fn an_open_stream_sees_what_is_recorded_meanwhile() {
    let server = Server::new().await;
    let (requests, mut answers) = open(&server).await;
    for (round, expected) in
        [pb::Reason::NoOptIn, pb::Reason::OptedIn, pb::Reason::OptedOut].into_iter().enumerate()
    {
        requests.send(item("4915112345678")).await.unwrap();
        assert_eq!(next(&mut answers).await.reason(), expected);
        server.turn_to(i64::try_from(round).unwrap());
        match round {
            0 => drop(server.consent().record_consent(opt_in("4915112345678")).await.unwrap()),
            _ => drop(server.consent().record_opt_out(opt_out("4915112345678")).await.unwrap()),
        }
    }
}

#[tokio::test]
async fn open_streams_are_told_of_the_drain_and_end() {
    let server = Server::new().await;
    let (requests, mut answers) = open(&server).await;
    requests.send(item("4915112345678")).await.unwrap();
    assert_eq!(next(&mut answers).await.reason(), pb::Reason::NoOptIn);
    let watch = pb::WatchConsentRequest::default();
    let mut changes = server.consent().watch_consent(watch).await.unwrap().into_inner();
    let stopping = tokio::spawn(server.stop());
    expect(soon(answers.message()).await, Code::Unavailable, "SHUTTING_DOWN");
    expect(soon(changes.message()).await, Code::Unavailable, "SHUTTING_DOWN");
    drop((requests, answers, changes));
    soon(stopping).await.unwrap();
}

#[tokio::test]
async fn a_stream_whose_caller_goes_away_is_forgotten() {
    let server = Server::new().await;
    for _ in 0..50 {
        let (requests, mut answers) = open(&server).await;
        requests.send(item("4915112345678")).await.unwrap();
        assert_eq!(next(&mut answers).await.reason(), pb::Reason::NoOptIn);
    }
    // Nothing of them holds the server up.
    soon(server.stop()).await;
}

#[tokio::test]
async fn streams_over_the_limit_are_refused_on_any_connection_and_requests_keep_theirs() {
    let server = Server::with("limits: {open_streams: 2, concurrent_requests: 1}").await;
    let first = open(&server).await;
    let watch = || pb::WatchConsentRequest::default();
    let second = server.consent().watch_consent(watch()).await.unwrap();
    let other = channel(server.running.grpc.unwrap()).await;
    let refused = ConsentServiceClient::new(other.clone()).watch_consent(watch()).await.unwrap_err();
    assert_eq!(metadata(&refused, "limit"), "limits.open_streams");
    expect(Err::<(), _>(refused), Code::ResourceExhausted, "LIMIT_EXCEEDED");
    assert_eq!(server.reason(template("4915112345678", pb::Category::Utility)).await, pb::Reason::NoOptIn);
    drop(second);
    until(|| async { ConsentServiceClient::new(other.clone()).watch_consent(watch()).await.is_ok() }).await;
    drop(first);
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline() {
    let server = Server::with("limits: {open_streams: 2}").await;
    let headers = [("grpc-timeout", "200m")];
    let address = server.running.grpc.unwrap();
    for path in ["/sendgate.v1.ConsentService/WatchConsent", "/sendgate.v1.PolicyService/StreamCheckSend"] {
        for _ in 0..3 {
            let ended = raw::call_open(address, path, &headers, &pb::WatchConsentRequest::default()).await;
            assert_eq!(ended.get("grpc-status").unwrap(), "4", "{path}: {ended:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_without_a_deadline_outlives_that_of_requests() {
    let server =
        Server::with("deadlines: {request_default: 50ms, request_max: 100ms, store_read: 20s}").await;
    let (requests, mut answers) = open(&server).await;
    let mut watch =
        server.consent().watch_consent(pb::WatchConsentRequest::default()).await.unwrap().into_inner();
    // Long enough for every deadline of a request to pass.
    let waited = tokio::time::timeout(std::time::Duration::from_millis(300), watch.message()).await;
    assert!(waited.is_err(), "{waited:?}");
    requests.send(item("4915112345678")).await.unwrap();
    assert_eq!(next(&mut answers).await.reason(), pb::Reason::NoOptIn);
}
