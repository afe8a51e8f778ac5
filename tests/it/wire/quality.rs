//! Delivery events and quality over gRPC and webhooks.

use sendgate::grpc::pb::{self, DeliveryEventType as Type, Rating};
use serde_json::json;
use tonic::Code;

use crate::{
    harness::{START, Server, plain::WEBHOOK, say::PERSON},
    webhook::{NUMBER_ID, conversation},
};

fn event(message: usize, happened: Type) -> pb::DeliveryEvent {
    pb::DeliveryEvent {
        message_id: format!("wamid.{message}"),
        r#type: happened.into(),
        ..Default::default()
    }
}

async fn record(server: &Server, events: Vec<pb::DeliveryEvent>) -> (u32, u32) {
    let request = pb::RecordDeliveryEventsRequest { sender: NUMBER_ID.to_owned(), events };
    let told = server.quality().record_delivery_events(request).await.unwrap().into_inner();
    (told.counted, told.duplicates)
}

async fn quality(server: &Server) -> pb::SenderQuality {
    let request = pb::GetSenderQualityRequest { sender: NUMBER_ID.to_owned() };
    server.quality().get_sender_quality(request).await.unwrap().into_inner().quality.unwrap()
}

/// E01–E03, E07.
#[tokio::test(flavor = "multi_thread")]
async fn events_count_once_and_come_to_a_rating() {
    let server = Server::new().await;
    assert_eq!(quality(&server).await.rating(), Rating::Unspecified);
    let all: Vec<_> = (0..200).map(|message| event(message, Type::Read)).collect();
    assert_eq!(record(&server, all.clone()).await, (200, 0));
    assert_eq!(record(&server, all).await, (0, 200));
    let late: Vec<_> = (0..200).map(|message| event(message, Type::Sent)).collect();
    assert_eq!(record(&server, late).await, (0, 200), "what was read was sent");
    let told = quality(&server).await;
    assert_eq!(told.rating(), Rating::High);
    for period in &told.periods {
        assert_eq!((period.sent, period.delivered, period.read, period.undelivered), (200, 200, 200, 0));
    }
    let blocked = (0..6).map(|message| event(message, Type::Blocked)).collect();
    assert_eq!(record(&server, blocked).await, (6, 0));
    server.turn_to(60_000);
    let told = quality(&server).await;
    assert_eq!((told.rating(), told.own_rating()), (Rating::Low, Rating::Low));
    assert!((told.periods[0].negative_ratio - 0.03).abs() < 1e-9);
    let since = told.since;
    server.turn_to(120_000);
    assert_eq!(quality(&server).await.since, since);
    // A day of nothing else: it is sustained.
    server.turn_to(60_000 + 24 * 3_600_000);
    assert!(quality(&server).await.sustained_low);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_the_last_7_days_by_6_hours() {
    let server = Server::new().await;
    let at = |hours: i64| Some(prost_types::Timestamp { seconds: START / 1000 + hours * 3600, nanos: 0 });
    let of =
        |message, happened, hours| pb::DeliveryEvent { occurred_at: at(hours), ..event(message, happened) };
    let events =
        vec![of(1, Type::Read, -13), of(2, Type::Sent, -13), of(3, Type::Blocked, -1), of(4, Type::Sent, 0)];
    record(&server, events).await;
    let request = pb::GetSenderQualityRequest { sender: NUMBER_ID.to_owned() };
    let history = server.quality().get_sender_quality(request).await.unwrap().into_inner().history;
    // It is noon now.
    assert_eq!((history.len(), history[0].start, history[28].start), (29, at(-7 * 24), at(0)));
    let sums: Vec<_> =
        history.iter().map(|point| (point.sent, point.delivered, point.read, point.blocked)).collect();
    assert_eq!(sums[25..], [(2, 1, 1, 0), (0, 0, 0, 0), (0, 0, 0, 1), (1, 0, 0, 0)]);
    assert!(sums[..25].iter().all(|sum| *sum == (0, 0, 0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn activity_is_what_was_answered_for_each_sender_that_is_known() {
    let server = Server::with("senders: {auto_register: false}\nbusinesses: [{id: acme, names: [Acme], senders: [{id: '1001', number: '15550001111'}, '15550002222']}]").await;
    let ask = |sender: &str| pb::CheckSendRequest {
        sender: sender.to_owned(),
        ..crate::harness::say::template(PERSON, pb::Category::Utility)
    };
    for sender in ["1001", "15550001111", "15550009999"] {
        server.ask(ask(sender)).await;
    }
    let consent = crate::harness::say::opt_in(PERSON);
    server.consent().record_consent(consent).await.unwrap();
    server.ask(ask("15550001111")).await;
    let activity = server.quality().get_activity(pb::GetActivityRequest {}).await.unwrap().into_inner();
    let of =
        |sender: &str, allowed, denied| pb::SenderActivity { sender: sender.to_owned(), allowed, denied };
    assert_eq!(activity.senders, [of("1001", 1, 2), of("15550002222", 0, 0)]);
    assert_eq!((activity.others, activity.ready, activity.in_part), (Some(of("", 0, 1)), true, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_of_webhooks_are_counted_beside_what_is_told_by_call() {
    let server = Server::with(WEBHOOK).await;
    let status = |name: &str| json!({"id": "wamid.7", "status": name, "timestamp": (START / 1000).to_string(), "recipient_id": "4915112345678"});
    let body = conversation(&json!({"statuses": [status("delivered"), status("sent"), status("delivered")]}));
    for _ in 0..2 {
        assert_eq!(server.deliver(body.to_string().as_bytes()).await.status, 200);
    }
    assert_eq!(record(&server, vec![event(7, Type::Delivered), event(7, Type::Read)]).await, (1, 1));
    let day = &quality(&server).await.periods[1];
    assert_eq!((day.sent, day.delivered, day.read), (1, 1, 1));
}

/// A06, E06.
#[tokio::test(flavor = "multi_thread")]
async fn what_events_say_of_a_person_is_taken_from_them() {
    let server = Server::new().await;
    let of = |happened, code| pb::DeliveryEvent {
        recipient: PERSON.to_owned(),
        error_code: code,
        ..event(1, happened)
    };
    record(&server, vec![of(Type::Failed, 131_050)]).await;
    let get = pb::GetContactRequest {
        sender: NUMBER_ID.to_owned(),
        recipient: PERSON.to_owned(),
        ..Default::default()
    };
    let contact = server.consent().get_contact(get.clone()).await.unwrap().into_inner().contact.unwrap();
    assert!(contact.history_entries > 0, "error 131050 is recorded");
    record(&server, vec![of(Type::Blocked, 0)]).await;
    let contact = server.consent().get_contact(get.clone()).await.unwrap().into_inner().contact.unwrap();
    assert_eq!(contact.blocks.len(), 1);
    let both = vec![of(Type::Blocked, 0), of(Type::Reported, 0)];
    assert_eq!(record(&server, both).await, (1, 1), "both may follow one message");
    let entries = contact.history_entries;
    let contact = server.consent().get_contact(get).await.unwrap().into_inner().contact.unwrap();
    assert_eq!(contact.history_entries, entries + 1, "the report is recorded beside the block");
}

#[tokio::test]
async fn a_bad_event_is_named_and_nothing_of_its_batch_is_recorded() {
    let server = Server::new().await;
    let later = prost_types::Timestamp { seconds: START / 1000 + 3600, nanos: 0 };
    let bad = vec![
        event(1, Type::Sent),
        event(2, Type::Unspecified),
        pb::DeliveryEvent { message_id: String::new(), ..event(3, Type::Sent) },
        pb::DeliveryEvent { recipient: "nobody".to_owned(), ..event(4, Type::Sent) },
        pb::DeliveryEvent { occurred_at: Some(later), ..event(5, Type::Sent) },
        pb::DeliveryEvent { error_code: 5, ..event(6, Type::Sent) },
    ];
    let request = pb::RecordDeliveryEventsRequest { sender: NUMBER_ID.to_owned(), events: bad };
    let error = server.quality().record_delivery_events(request).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    for field in [
        "events[1].type",
        "events[2].message_id",
        "events[3].recipient",
        "events[4].occurred_at",
        "events[5].error_code",
    ] {
        assert!(error.message().contains(field), "{field}: {}", error.message());
    }
    assert_eq!(quality(&server).await.periods[0].sent, 0);
}
