//! Redis dies and comes back: what callers are told meanwhile, and what is there afterwards.

use sendgate::grpc::pb::{
    self, consent_service_client::ConsentServiceClient, policy_service_client::PolicyServiceClient,
};

use super::{OTHER, Served, connect};
use crate::{
    harness::{
        say::{PERSON, history, opt_in, opt_out, template},
        soon, until,
    },
    proxy::{Proxy, Way, Whom},
    redis_server::RedisServer,
};

async fn ready(served: &Served) -> (u16, String) {
    let answer = crate::harness::plain::send(served.http.parse().unwrap(), "GET /readyz", &[], b"").await;
    (answer.status, answer.body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opt_out_while_redis_is_dead_is_acknowledged_honoured_and_in_redis_when_it_is_back() {
    let mut server = RedisServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let journal = format!("store.journal={}", folder.path().join("journal").display());
    let mut served = Served::on(&server.url(), &["--set", &journal]);
    let mut consent = ConsentServiceClient::new(connect(&served).await);
    let mut policy = PolicyServiceClient::new(connect(&served).await);
    for person in [PERSON, OTHER] {
        soon(consent.record_consent(opt_in(person))).await.unwrap();
    }
    server.kill();
    until(async || ready(&served).await.0 == 503).await;
    let (_, why) = ready(&served).await;
    assert!(why.contains("store"), "{why}");

    let done = soon(consent.record_opt_out(opt_out(PERSON))).await.unwrap().into_inner();
    assert_eq!(done.durability(), pb::Durability::Journaled);
    let refused = soon(consent.record_consent(opt_in("447700900555"))).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unavailable, "a yes is not taken");
    let (_, why) = ready(&served).await;
    assert!(why.contains("1 refusals wait in the journal"), "{why}");
    for (person, reason) in [(PERSON, pb::Reason::OptedOut), (OTHER, pb::Reason::StateUnavailable)] {
        let answer =
            soon(policy.check_send(template(person, pb::Category::Utility))).await.unwrap().into_inner();
        assert_eq!(answer.reason(), reason);
    }

    server.restart().await;
    until(async || ready(&served).await == (200, "ready\n".to_owned())).await;
    let logged = async || {
        let page = soon(consent.clone().list_consent_history(history(PERSON))).await;
        page.map_or(0, |page| page.into_inner().entries.len())
    };
    until(async || logged().await == 2).await;
    let second = Served::on(&server.url(), &[]);
    assert_eq!(super::reason(&second, PERSON).await, pb::Reason::OptedOut);
    assert_eq!(super::reason(&second, OTHER).await, pb::Reason::OptedIn);
    // Once it was well for a second, which a question notices.
    let by = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !served.said().contains("the store answers again") {
        assert!(std::time::Instant::now() < by, "{}", served.said());
        logged().await;
    }
    served.terminate();
    let (status, log) = served.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    for line in ["the store does not answer", "the store answers again"] {
        assert_eq!(log.matches(line).count(), 1, "one line for each transition: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_tells_that_nothing_is_heard_however_often_it_is_tried() {
    let server = RedisServer::start().await;
    let way = Proxy::to(server.port()).await;
    let mut served = Served::on(&way.url(), &["--set", "store.journal=none"]);
    until(async || ready(&served).await == (200, "ready\n".to_owned())).await;
    for transition in 1..=2 {
        way.set(Way { no_answers: true, whom: Whom::Hearing, ..Way::default() });
        let before = way.accepted();
        until(async || way.accepted() >= before + 5).await;
        let log = served.said();
        for line in ["Redis tells of no writes", "writes of other processes may go unheard"] {
            assert_eq!(log.matches(line).count(), transition, "{log}");
        }
        way.set(Way::default());
        until(async || ready(&served).await == (200, "ready\n".to_owned())).await;
    }
}
