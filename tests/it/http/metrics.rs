//! What Prometheus scrapes.

use sendgate::{grpc::pb, model::Category, policy::Reason};

use crate::{
    harness::{
        Server,
        plain::WEBHOOK,
        say::{PERSON, SENDER, opt_in, opt_out, reply, template, wrote},
        slow::Slow,
    },
    webhook::{conversation, text},
};

#[tokio::test]
async fn every_decision_series_is_there_at_zero_before_the_first_check() {
    let server = Server::new().await;
    let page = server.get("/metrics").await;
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: application/openmetrics-text"), "{}", page.head);
    for reason in Reason::ALL {
        for category in Category::ALL {
            let series = format!("reason=\"{}\",category=\"{}\"}} 0\n", reason.label(), category.word());
            assert!(page.body.contains(&series), "{series}");
        }
    }
    for series in [
        "sendgate_check_duration_seconds_count 0",
        "sendgate_write_duration_seconds_count 0",
        "sendgate_writes_total{kind=\"opt_out\",outcome=\"applied\"} 0",
        "sendgate_webhook_deliveries_total{outcome=\"stored\"} 0",
        "sendgate_calls_total{method=\"PolicyService/CheckSend\",code=\"OK\"} 0",
        "sendgate_ready 1",
    ] {
        assert!(page.body.contains(&format!("{series}\n")), "{series} in {}", page.body);
    }
    assert!(page.body.ends_with("# EOF\n"));
}

#[tokio::test]
async fn answers_writes_and_latencies_are_counted() {
    let server = Server::new().await;
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    for _ in 0..3 {
        server.ask(template(PERSON, pb::Category::Utility)).await;
    }
    server.ask(reply(PERSON)).await;
    let batch = pb::CheckSendBatchRequest {
        sender: SENDER.to_owned(),
        recipients: vec![PERSON.to_owned(), "x".to_owned(), PERSON.to_owned()],
        category: pb::Category::Utility as i32,
        kind: pb::MessageKind::Template as i32,
        ..Default::default()
    };
    server.policy().check_send_batch(batch).await.unwrap();
    let keyed = || pb::RecordOptOutRequest { idempotency_key: "k".to_owned(), ..opt_out(PERSON) };
    server.consent().record_opt_out(keyed()).await.unwrap();
    server.consent().record_opt_out(keyed()).await.unwrap();
    let other = pb::RecordOptOutRequest { keyword: "x".to_owned(), ..keyed() };
    server.consent().record_opt_out(other).await.unwrap_err();
    for (series, expected) in [
        ("sendgate_decisions_total{decision=\"allow\",reason=\"opted_in\",category=\"utility\"}", 5.0),
        (
            "sendgate_decisions_total{decision=\"deny\",reason=\"template_required\",category=\"service\"}",
            1.0,
        ),
        ("sendgate_check_duration_seconds_count", 4.0),
        ("sendgate_write_duration_seconds_count", 4.0),
        ("sendgate_writes_total{kind=\"consent\",outcome=\"applied\"}", 1.0),
        ("sendgate_writes_total{kind=\"opt_out\",outcome=\"applied\"}", 1.0),
        ("sendgate_writes_total{kind=\"opt_out\",outcome=\"repeated\"}", 1.0),
        ("sendgate_writes_total{kind=\"opt_out\",outcome=\"refused\"}", 1.0),
        ("sendgate_calls_total{method=\"PolicyService/CheckSend\",code=\"OK\"}", 4.0),
        ("sendgate_calls_total{method=\"ConsentService/RecordOptOut\",code=\"ALREADY_EXISTS\"}", 1.0),
    ] {
        assert_eq!(server.series(series).await, Some(expected), "{series}");
    }
    assert_eq!(server.series("sendgate_cached_contacts").await, Some(0.0), "what was written to is dropped");
    server.ask(reply(PERSON)).await;
    assert_eq!(server.series("sendgate_cached_contacts").await, Some(1.0));
    assert!(server.series("sendgate_cache_hits_total").await.unwrap() >= 3.0);
}

#[tokio::test]
async fn a_write_is_counted_and_timed_whichever_door_it_came_through() {
    let store = Slow::new();
    let server = Server::over(store.clone(), WEBHOOK).await;
    let message = |id: &str| {
        let messages = serde_json::json!([text(PERSON, id, crate::harness::START / 1000, "hello")]);
        conversation(&serde_json::json!({ "messages": messages })).to_string()
    };
    let json = format!("{{\"sender\":\"{SENDER}\",\"recipient\":\"{PERSON}\",\"text\":\"hello\"}}");
    server.consent().record_inbound(wrote(PERSON, "hello")).await.unwrap();
    assert_eq!(server.call("recordInbound", &json).await.status, 200);
    assert_eq!(server.deliver(message("wamid.1").as_bytes()).await.status, 200);
    let inbound = |outcome: &str| format!("sendgate_writes_total{{kind=\"inbound\",outcome=\"{outcome}\"}}");
    assert_eq!(server.series(&inbound("applied")).await, Some(3.0));
    store.fail(true);
    server.consent().record_inbound(wrote(PERSON, "hello")).await.unwrap_err();
    assert_ne!(server.call("recordInbound", &json).await.status, 200);
    assert_eq!(server.deliver(message("wamid.2").as_bytes()).await.status, 503);
    assert_eq!(server.series(&inbound("failed")).await, Some(3.0));
    assert_eq!(server.series("sendgate_write_duration_seconds_count").await, Some(6.0));
}

#[tokio::test]
async fn malformed_writes_are_counted_as_refused() {
    let server = Server::new().await;
    server.consent().record_opt_out(opt_out("x")).await.unwrap_err();
    let code = "sendgate_calls_total{method=\"ConsentService/RecordOptOut\",code=\"INVALID_ARGUMENT\"}";
    assert_eq!(server.series(code).await, Some(1.0));
    let refused = "sendgate_writes_total{kind=\"opt_out\",outcome=\"refused\"}";
    assert_eq!(server.series(refused).await, Some(1.0));
}

#[tokio::test]
async fn a_rule_in_shadow_is_counted_and_not_enforced() {
    let server = Server::with("policy: {shadow: [A14]}").await;
    let answer = server.ask(template(PERSON, pb::Category::Utility)).await;
    assert_eq!(answer.decision(), pb::Decision::Allow);
    assert_eq!(server.series("sendgate_shadow_denials_total{rule=\"A14\"}").await, Some(1.0));
}

#[tokio::test]
async fn no_number_of_a_person_is_anywhere_on_the_page() {
    let server = Server::with(WEBHOOK).await;
    let numbers = ["4915112345678", "5511987654321", "972987654321", "US.13491208655302741918"];
    for number in numbers {
        server.consent().record_consent(opt_in(number)).await.unwrap();
        server.consent().record_inbound(wrote(number, "hello")).await.unwrap();
        server.ask(template(number, pb::Category::Marketing)).await;
        server.consent().record_opt_out(opt_out(number)).await.unwrap();
    }
    let sample = include_bytes!("../../fixtures/webhooks/messages_text_waid_and_bsuid.json");
    server.turn_to(0);
    assert_eq!(server.deliver(sample).await.status, 200);
    let page = server.get("/metrics").await.body;
    for number in numbers.into_iter().chain(["wamid", SENDER, "1122334455667"]) {
        assert!(!page.contains(number.split_at(2).1), "{number} in {page}");
    }
}

const CONFIGURED: &str = "
businesses:
  - id: acme
    names: [Acme]
    senders: [{number: '+15550001111'}]
";

#[tokio::test(flavor = "multi_thread")]
async fn ratings_are_told_as_numbers_with_their_beginning() {
    let server = Server::with(CONFIGURED).await;
    let tell = async |messages: usize, happened: pb::DeliveryEventType| {
        let event = |message| pb::DeliveryEvent {
            message_id: format!("wamid.{message}"),
            r#type: happened.into(),
            ..Default::default()
        };
        let events = (0..messages).map(event).collect();
        let request = pb::RecordDeliveryEventsRequest { sender: SENDER.to_owned(), events };
        server.quality().record_delivery_events(request).await.unwrap();
        let request = pb::GetSenderQualityRequest { sender: SENDER.to_owned() };
        server.quality().get_sender_quality(request).await.unwrap();
    };
    let rating = async |by: &str| {
        let series = format!("sendgate_sender_rating{{sender=\"{SENDER}\",by=\"{by}\"}}");
        server.series(&series).await.unwrap()
    };
    assert_eq!((rating("ruling").await, rating("own").await), (0.0, 0.0), "unrated");
    tell(100, pb::DeliveryEventType::Delivered).await;
    assert_eq!((rating("ruling").await, rating("own").await), (3.0, 3.0), "high");
    server.turn_to(60_000);
    tell(4, pb::DeliveryEventType::Blocked).await;
    assert_eq!((rating("ruling").await, rating("own").await), (1.0, 1.0), "low: 4 % blocked it");
    #[expect(clippy::cast_precision_loss, reason = "a time of this era")]
    let since = (crate::harness::START / 1000 + 60) as f64;
    let of = format!("{{sender=\"{SENDER}\"");
    for (series, expected) in [
        (format!("sendgate_sender_rating_since_timestamp_seconds{of}}}"), since),
        (format!("sendgate_sender_negative_ratio{of},period=\"7d\"}}"), 0.04),
        (format!("sendgate_sender_undelivered_messages{of},period=\"1h\"}}"), 0.0),
        (format!("sendgate_messages_total{of},happened=\"delivered\"}}"), 100.0),
        (format!("sendgate_messages_total{of},happened=\"blocked\"}}"), 4.0),
    ] {
        assert_eq!(server.series(&series).await, Some(expected), "{series}");
    }
}

#[tokio::test]
async fn readiness_is_what_readyz_answered_last() {
    let store = Slow::new();
    let server = Server::over(store.clone(), "").await;
    assert_eq!(server.series("sendgate_ready").await, Some(1.0));
    store.fail(true);
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.series("sendgate_ready").await, Some(0.0));
    store.fail(false);
    assert_eq!(server.get("/readyz").await.status, 200);
    assert_eq!(server.series("sendgate_ready").await, Some(1.0));
}

/// The series of a page, without their values.
fn series_of(page: &str) -> Vec<&str> {
    let series = page.lines().filter(|line| !line.starts_with('#'));
    let mut series: Vec<_> = series.filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name).collect();
    series.sort_unstable();
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_happens_makes_a_series_that_was_not_there() {
    let server = Server::with(&format!("{WEBHOOK}{CONFIGURED}")).await;
    let before = server.get("/metrics").await.body;
    server.turn_to(0);
    let samples = format!("{}/tests/fixtures/webhooks", env!("CARGO_MANIFEST_DIR"));
    for file in std::fs::read_dir(samples).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            server.deliver(&std::fs::read(path).unwrap()).await;
        }
    }
    let malformed = serde_json::json!([text(PERSON, "", 1, "x"), 5, {"from": []}]);
    server.deliver(conversation(&serde_json::json!({"messages": malformed})).to_string().as_bytes()).await;
    server.deliver(b"{").await;
    server.deliver_signed(b"{}", "sha256=00").await;
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    server.consent().record_opt_out(opt_out(PERSON)).await.unwrap();
    server.consent().record_opt_out(opt_out("x")).await.unwrap_err();
    server.ask(template(PERSON, pb::Category::Marketing)).await;
    let after = server.get("/metrics").await.body;
    assert_eq!(series_of(&before), series_of(&after));
    assert_ne!(before, after);
}
