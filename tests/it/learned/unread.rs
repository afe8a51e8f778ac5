//! While the registry, or a row of it, cannot be read.

use sendgate::senders::{account_key, sender_key, template_key};

use super::*;
use crate::harness::{plain::send, process::Served, until};

const REGISTRY: &str = "sg:r:{registry}";

async fn ready(server: &Server) -> (u16, String) {
    let answer = send(server.http(), "GET /readyz", &[], b"").await;
    (answer.status, answer.body)
}

/// Somebody else writes a row that makes no sense.
async fn spoil(redis: &RedisServer, row: &str) {
    redis.command(&["HSET", REGISTRY, row, "nonsense"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_makes_no_sense_holds_up_no_other() {
    let two = Two::start().await;
    two.prepare(News::Disabled).await;
    spoil(&two.redis, "sender 999").await;
    two.tell(News::Disabled).await;
    two.is_never_allowed_late(News::Disabled, Instant::now()).await;
    assert_eq!(two.other.reason(Two::question(News::Disabled)).await, pb::Reason::SenderRestricted);
    assert_eq!(ready(&two.other).await, (200, "ready\n".to_owned()));
    let third = Server::at(&two.redis.url(), YAML).await;
    assert_eq!(third.reason(Two::question(News::Disabled)).await, pb::Reason::SenderRestricted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_unreadable_row_is_about_is_denied_and_nothing_else() {
    let sender = |text: &str| sender_key(&SenderId::parse(text).unwrap());
    for (row, denies_other_template) in [
        (account_key("77"), true),
        (template_key("77", "promo", "en_US"), false),
        (template_key("77", "promo", "de"), false),
        (sender("15550009999"), true),
        (sender("1001"), true),
    ] {
        let two = Two::start().await;
        two.prepare(News::Tie(1)).await;
        two.prepare(News::Paused).await;
        spoil(&two.redis, &row).await;
        let reason = async |question| two.other.reason(question).await;
        let mine = Two::question(News::Paused);
        let others = pb::CheckSendRequest { template: "other".to_owned(), ..mine.clone() };
        until(async || reason(mine.clone()).await == pb::Reason::StateUnavailable).await;
        let unread = reason(others).await == pb::Reason::StateUnavailable;
        assert_eq!(unread, denies_other_template, "{row:?}");
        assert_eq!(reason(Two::question(News::Tie(1))).await, pb::Reason::OptedIn, "{row:?}");
        two.redis.command(&["HDEL", REGISTRY, &row]).await;
        until(async || reason(mine.clone()).await == pb::Reason::OptedIn).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_registry_cannot_be_read_checks_are_denied_and_readyz_and_the_log_say_so() {
    let redis = RedisServer::start().await;
    redis.command(&["ACL", "SETUSER", "b", "on", ">b", "~*", "&*", "+@all"]).await;
    let one = Server::at(&redis.url(), YAML).await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sendgate.yaml");
    crate::harness::process::write(&config, YAML);
    let url = format!("redis://b:b@127.0.0.1:{}", redis.port());
    let mut served = Served::on(&url, &["--config", config.to_str().unwrap(), "--set", "store.journal=none"]);
    let channel =
        tonic::transport::Endpoint::from_shared(served.grpc.clone()).unwrap().connect().await.unwrap();
    let policy = pb::policy_service_client::PolicyServiceClient::new(channel);
    one.consent().record_consent(opt_in_to("1001")).await.unwrap();
    let reason = async || {
        let question = Two::question(News::Disabled);
        policy.clone().check_send(question).await.unwrap().into_inner().reason()
    };
    let ready = async || {
        let answer = send(served.http.parse().unwrap(), "GET /readyz", &[], b"").await;
        (answer.status, answer.body)
    };
    assert_eq!(reason().await, pb::Reason::OptedIn);
    until(async || ready().await.0 == 200).await;

    redis.command(&["ACL", "SETUSER", "b", "-hgetall"]).await;
    let state = AccountState { disabled: Some(START), ..AccountState::default() };
    one.running.gate().observe(&Observed::Account("77".to_owned(), state)).await.unwrap();
    let told = Instant::now();
    while told.elapsed() < WATCHED {
        let began = told.elapsed();
        let reason = reason().await;
        assert!(began <= TRUST || reason == pb::Reason::StateUnavailable, "{reason:?} after {began:?}");
    }
    let (status, why) = ready().await;
    assert!(status == 503 && why.contains("senders, accounts and templates"), "{status} {why}");
    redis.command(&["ACL", "SETUSER", "b", "+hgetall"]).await;
    until(async || reason().await == pb::Reason::SenderRestricted).await;
    until(async || ready().await.0 == 200).await;
    served.wait_for("can be read again");
    let log = served.said();
    assert_eq!(log.matches("templates cannot be read").count(), 1, "{log}");
}
