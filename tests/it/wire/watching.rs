//! WatchSenderQuality: the present state, then what changes, by whichever sidecar.

use std::time::Duration;

use sendgate::{
    clock,
    grpc::pb::{self, DeliveryEventType as Type, Rating},
};
use tonic::{Code, Streaming};

use crate::{
    harness::{Server, errors::expect, raw, say::SENDER, soon, until},
    redis_server::RedisServer,
};

type Changes = Streaming<pb::WatchSenderQualityResponse>;
const OTHER: &str = "15550002222";

async fn watch(server: &Server, sender: &str) -> Changes {
    let request = pb::WatchSenderQualityRequest { sender: sender.to_owned() };
    server.quality().watch_sender_quality(request).await.unwrap().into_inner()
}

async fn next(changes: &mut Changes) -> pb::SenderQuality {
    soon(changes.message()).await.unwrap().unwrap().quality.unwrap()
}

async fn record(server: &Server, sender: &str, happened: Type, messages: std::ops::Range<usize>) {
    let event = |message| pb::DeliveryEvent {
        message_id: format!("wamid.{message}"),
        r#type: happened.into(),
        ..Default::default()
    };
    let request =
        pb::RecordDeliveryEventsRequest { sender: sender.to_owned(), events: messages.map(event).collect() };
    server.quality().record_delivery_events(request).await.unwrap();
}

fn day(quality: &pb::SenderQuality) -> (u64, u64) {
    let [_, day, _] = quality.periods.as_slice() else { panic!("three periods") };
    (day.sent, day.blocked)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_present_state_comes_first_and_then_what_changes() {
    let server = Server::new().await;
    record(&server, SENDER, Type::Delivered, 0..200).await;
    let mut changes = watch(&server, SENDER).await;
    let first = next(&mut changes).await;
    assert_eq!((first.sender.as_str(), first.rating(), day(&first)), (SENDER, Rating::High, (200, 0)));
    record(&server, SENDER, Type::Blocked, 0..7).await;
    let second = next(&mut changes).await;
    assert_eq!((second.rating(), day(&second)), (Rating::Low, (200, 7)));
    assert!(second.since.is_some());
    // Whoever comes later is told at once, and of nothing that was before.
    assert_eq!(day(&next(&mut watch(&server, SENDER).await).await), (200, 7));
    // What is told again changes nothing, and what another sender does is not told.
    record(&server, SENDER, Type::Blocked, 0..7).await;
    record(&server, OTHER, Type::Sent, 0..1).await;
    record(&server, SENDER, Type::Sent, 200..201).await;
    assert_eq!(day(&next(&mut changes).await), (201, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_come_together_are_told_together() {
    let server = Server::new().await;
    let mut changes = watch(&server, SENDER).await;
    assert_eq!(day(&next(&mut changes).await), (0, 0));
    let began = clock::monotonic();
    for message in 0..100 {
        record(&server, SENDER, Type::Sent, message..message + 1).await;
    }
    let mut messages = 1;
    while day(&next(&mut changes).await).0 < 100 {
        messages += 1;
    }
    let seconds = began.elapsed().as_secs() + 2;
    assert!(messages <= seconds, "{messages} messages in less than {seconds} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_to_count_and_what_is_told_late_are_told_too() {
    let server = Server::new().await;
    record(&server, SENDER, Type::Sent, 0..5).await;
    let mut changes = watch(&server, SENDER).await;
    assert_eq!(next(&mut changes).await.periods[0].sent, 5);
    server.turn_to(2 * 3_600_000);
    let later = next(&mut changes).await;
    assert_eq!((later.periods[0].sent, later.periods[1].sent), (0, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_all_hears_of_those_that_become_known() {
    let server = Server::new().await;
    record(&server, SENDER, Type::Sent, 0..1).await;
    let mut changes = watch(&server, "").await;
    assert_eq!(next(&mut changes).await.sender, SENDER);
    record(&server, OTHER, Type::Sent, 0..3).await;
    let second = next(&mut changes).await;
    assert_eq!((second.sender.as_str(), day(&second)), (OTHER, (3, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_sidecars_count_is_told() {
    let redis = RedisServer::start().await;
    let (one, other) = (Server::at_now(&redis.url(), "").await, Server::at_now(&redis.url(), "").await);
    let mut one_sender = watch(&one, SENDER).await;
    assert_eq!(day(&next(&mut one_sender).await), (0, 0));
    record(&other, SENDER, Type::Delivered, 0..200).await;
    assert_eq!(day(&next(&mut one_sender).await), (200, 0));
    // Known to one sidecar, and soon to all.
    let mut all = watch(&one, "").await;
    assert_eq!(day(&next(&mut all).await), (200, 0));
    record(&other, OTHER, Type::Sent, 0..2).await;
    assert_eq!(next(&mut all).await.sender, OTHER);
    record(&other, SENDER, Type::Reported, 0..9).await;
    while next(&mut all).await.rating() != Rating::Low {}
    while next(&mut one_sender).await.rating() != Rating::Low {}
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_away_nothing_is_told_and_the_stream_goes_on_afterwards() {
    let mut redis = RedisServer::with(&["--appendonly", "yes"]).await;
    let server = Server::at_now(&redis.url(), "deadlines: {store_read: 200ms, store_write: 500ms}").await;
    record(&server, SENDER, Type::Sent, 0..1).await;
    let mut changes = watch(&server, SENDER).await;
    assert_eq!(day(&next(&mut changes).await), (1, 0));
    redis.kill();
    let request = || pb::WatchSenderQualityRequest { sender: SENDER.to_owned() };
    let refused = server.quality().watch_sender_quality(request()).await;
    expect(refused.map(drop), Code::Unavailable, "STORE_UNAVAILABLE");
    redis.restart().await;
    until(|| async { server.quality().watch_sender_quality(request()).await.is_ok() }).await;
    record(&server, SENDER, Type::Sent, 1..3).await;
    assert_eq!(day(&next(&mut changes).await), (3, 0));
}

#[tokio::test]
async fn a_bad_sender_is_told_at_once() {
    let server = Server::with("senders: {auto_register: false}").await;
    for (sender, code, reason) in [
        ("x y", Code::InvalidArgument, "INVALID_REQUEST"),
        (SENDER, Code::FailedPrecondition, "UNKNOWN_SENDER"),
    ] {
        let request = pb::WatchSenderQualityRequest { sender: sender.to_owned() };
        expect(server.quality().watch_sender_quality(request).await.map(drop), code, reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_as_other_streams_do() {
    let server = Server::with("limits: {open_streams: 1}").await;
    let everybody = pb::WatchSenderQualityRequest::default();
    let ended = raw::call_open(
        server.running.grpc.unwrap(),
        "/sendgate.v1.QualityService/WatchSenderQuality",
        &[("grpc-timeout", "200m")],
        &everybody,
    );
    assert_eq!(ended.await.get("grpc-status").unwrap(), "4");
    // Its place is free again; a second has none.
    let mut changes = watch(&server, SENDER).await;
    let request = pb::WatchSenderQualityRequest::default();
    let refused = server.quality().watch_sender_quality(request).await;
    expect(refused.map(drop), Code::ResourceExhausted, "LIMIT_EXCEEDED");
    next(&mut changes).await;
    let idle = tokio::time::timeout(Duration::from_millis(50), changes.message()).await;
    assert!(idle.is_err(), "nothing changed: {idle:?}");
    let stopping = tokio::spawn(server.stop());
    expect(soon(changes.message()).await, Code::Unavailable, "SHUTTING_DOWN");
    drop(changes);
    soon(stopping).await.unwrap();
}
