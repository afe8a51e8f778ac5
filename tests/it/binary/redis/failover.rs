//! A failover to a replica that never had what the master answered for, since nobody waited for it.

use std::time::{Duration, Instant};

use sendgate::grpc::pb::{
    self, consent_service_client::ConsentServiceClient, policy_service_client::PolicyServiceClient,
};

use super::{Served, connect, reason};
use crate::{
    harness::{
        say::{PERSON, history, opt_in, opt_out, template},
        soon, until,
    },
    proxy::{Proxy, Way},
    redis_server::RedisServer,
};

/// How long the answers of the sidecar that took the opt-out are watched.
const WATCHED: Duration = Duration::from_millis(1_500);

async fn digest(server: &RedisServer) -> redis::Value {
    server.command(&["DEBUG", "DIGEST"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opt_out_that_a_failover_lost_goes_on_to_count_and_is_told_to_the_new_master() {
    let mut master = RedisServer::start().await;
    let copying = Proxy::to(master.port()).await;
    let mut replica = RedisServer::following(copying.port(), &["--repl-diskless-load", "disabled"]).await;
    let way = Proxy::to(master.port()).await;
    let folder = tempfile::tempdir().unwrap();
    let journal = |name: &str| format!("store.journal={}", folder.path().join(name).display());
    let one = Served::on(&way.url(), &["--set", &journal("one")]);
    let other = Served::on(&way.url(), &["--set", &journal("other")]);
    let mut consent = ConsentServiceClient::new(connect(&one).await);
    let mut policy = PolicyServiceClient::new(connect(&one).await);
    soon(consent.record_consent(opt_in(PERSON))).await.unwrap();
    until(async || digest(&replica).await == digest(&master).await).await;

    copying.set(Way { no_questions: true, no_answers: true, ..Way::default() });
    let done = soon(consent.record_opt_out(opt_out(PERSON))).await.unwrap().into_inner();
    assert_eq!(done.durability(), pb::Durability::Stored, "by the master");
    master.kill();
    replica.promote().await;
    way.lead_to(replica.port());
    way.cut();

    let began = Instant::now();
    while began.elapsed() < WATCHED {
        let answer = soon(policy.check_send(template(PERSON, pb::Category::Utility))).await.unwrap();
        assert_eq!(answer.into_inner().decision(), pb::Decision::Deny, "after {:?}", began.elapsed());
    }
    until(async || reason(&other, PERSON).await == pb::Reason::OptedOut).await;
    let log = soon(consent.list_consent_history(history(PERSON))).await.unwrap().into_inner();
    assert_eq!(log.entries.len(), 2, "told once");
}
