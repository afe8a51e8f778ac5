//! Two sidecars on one Redis, with traffic, scraped.

use std::time::{Duration, Instant};

use sendgate::{
    clock::system_now,
    grpc::pb::{self, DeliveryEventType as Type},
};
use serde_json::json;

use super::{CONFIGURED, dashboard, rules, server::Prometheus};
use crate::{
    harness::{
        START, Server,
        plain::WEBHOOK,
        say::{SENDER, opt_in, opt_out, reply, template, wrote},
        until,
    },
    redis_server::RedisServer,
    webhook::{conversation, text},
};

/// Until then every query has returned data, or never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// A little of everything, by both sidecars.
async fn traffic(round: usize, one: &Server, other: &Server) {
    let person = format!("4915112{:06}", round % 1_000_000);
    one.consent().record_consent(opt_in(&person)).await.unwrap();
    for server in [one, other] {
        for category in [pb::Category::Utility, pb::Category::Marketing] {
            server.ask(template(&person, category)).await;
        }
        server.ask(reply(&person)).await;
    }
    other.consent().record_opt_out(opt_out(&person)).await.unwrap();
    other.consent().record_opt_out(opt_out("x")).await.unwrap_err();
    one.ask(template(&person, pb::Category::Utility)).await;
    one.consent().record_inbound(wrote(&person, "hello")).await.unwrap();
    let id = format!("wamid.in-{round}");
    let delivery = conversation(&json!({"messages": [text(&person, &id, START / 1000, "hello")]}));
    assert_eq!(one.deliver(delivery.to_string().as_bytes()).await.status, 200);
    let event = |happened: Type, message: usize| pb::DeliveryEvent {
        message_id: format!("wamid.{round}-{message}"),
        r#type: happened.into(),
        ..Default::default()
    };
    let events = (0..120).map(|n| event(if n % 3 == 0 { Type::Read } else { Type::Delivered }, n));
    let events = events.chain([event(Type::Blocked, 0), event(Type::Failed, 200)]).collect();
    let request = pb::RecordDeliveryEventsRequest { sender: SENDER.to_owned(), events };
    one.quality().record_delivery_events(request).await.unwrap();
    let request = pb::GetSenderQualityRequest { sender: SENDER.to_owned() };
    one.quality().get_sender_quality(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_of_the_dashboard_returns_data_and_every_rule_is_evaluated() {
    let redis = RedisServer::start().await;
    let yaml = format!("{WEBHOOK}{CONFIGURED}");
    let one = Server::at(&redis.url(), &yaml).await;
    let other = Server::at(&redis.url(), &yaml).await;
    // Redis lets go of old numbers by its own clock.
    one.clock.set(system_now());
    other.clock.set(system_now());
    let prometheus = Prometheus::start(&[one.http(), other.http()], &rules().join("sendgate.yaml")).await;
    let mut pending = dashboard::queries();
    let begun = Instant::now();
    for round in 0.. {
        traffic(round, &one, &other).await;
        let mut still = Vec::new();
        for query in pending {
            // What is no number is no data, as where a rate is divided by none.
            if prometheus.query(&query).await.iter().all(|value| value.is_nan()) {
                still.push(query);
            }
        }
        pending = still;
        if pending.is_empty() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "without data: {pending:#?}\n{}", prometheus.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    until(async || prometheus.rules().await.iter().all(|rule| rule["health"] != "unknown")).await;
    let evaluated = prometheus.rules().await;
    for rule in &evaluated {
        assert_eq!((&rule["health"], &rule["lastError"]), (&json!("ok"), &json!(null)), "{rule}");
    }
    let text = std::fs::read_to_string(rules().join("sendgate.yaml")).unwrap();
    let written = text.matches("- alert: ").count() + text.matches("- record: ").count();
    assert_eq!(evaluated.len(), written);
    assert_eq!(prometheus.query("sum(sendgate_ready)").await, [2.0]);
    assert_eq!(prometheus.query("max(sendgate_invalidation_bound_seconds)").await, [0.35]);
    let heard = "min(sendgate_cache_invalidations_total{cause=\"heard\"}) > 0";
    assert!(!prometheus.query(heard).await.is_empty(), "each heard what was written");
}
