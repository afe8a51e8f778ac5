//! A master with a replica: what is acknowledged as replicated is.

use std::{sync::Arc, time::Duration};

use sendgate::{
    grpc::pb,
    store::{
        Commit, Committed, Durability, Store, StoreError,
        redis::{Options, Redis, Target},
    },
};
use tonic::Code;

use crate::{
    conformance::{at, commit, entry, id},
    harness::{
        Server,
        errors::expect,
        say::{PERSON, opt_out, template},
        soon, until,
    },
    proxy::Proxy,
    redis_server::RedisServer,
};

/// A master and a replica that follows it.
pub(crate) struct Pair {
    pub(crate) master: RedisServer,
    pub(crate) replica: RedisServer,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        let master = RedisServer::with(&["--repl-diskless-sync-delay", "0"]).await;
        let port = master.port().to_string();
        let replica = RedisServer::with(&["--replicaof", "127.0.0.1", &port]).await;
        let pair = Self { master, replica };
        pair.follows().await;
        pair
    }

    /// Waits until the replica has what the master has.
    async fn follows(&self) {
        // `WAIT` is about what its own connection wrote.
        let connection = self.master.connection().await;
        until(async || {
            let mut both = redis::pipe();
            both.cmd("SET").arg("unrelated").arg(1).ignore().cmd("WAIT").arg(1).arg(100);
            both.query_async::<(u64,)>(&mut connection.clone()).await.is_ok_and(|(replicas,)| replicas == 1)
        })
        .await;
        drop(connection);
    }

    pub(crate) async fn open(&self, durability: Duration) -> Arc<Redis> {
        let response = durability * 2 + Duration::from_secs(5);
        let options = Options { replicas: 1, durability, response, ..Options::default() };
        Arc::new(Redis::open(self.master.target(), options).await.unwrap())
    }
}

/// A commit of one statement to a contact nobody wrote to.
fn statement(contact: u8, statement: u64) -> Commit {
    Commit { entries: vec![entry(sendgate::store::LogHead::default(), statement)], ..commit(id(contact), 0) }
}

const SHORT: Duration = Duration::from_millis(500);
/// Longer than a busy machine takes for what is done meanwhile.
const LONG: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_replicas_have_is_called_replicated() {
    let pair = Pair::start().await;
    let yaml = "store: {replicas: 1, durability_timeout: 4s}";
    let waiting = Server::at(&pair.master.url(), yaml).await;
    let recorded = waiting.consent().record_opt_out(opt_out(PERSON)).await.unwrap().into_inner();
    assert_eq!(recorded.durability(), pb::Durability::Replicated);
    drop(waiting);
    let Pair { mut master, replica } = pair;
    master.kill();
    replica.command(&["REPLICAOF", "NO", "ONE"]).await;
    let promoted = Server::at(&replica.url(), "").await;
    assert_eq!(promoted.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedOut);
    let recorded = promoted.consent().record_opt_out(opt_out(PERSON)).await.unwrap().into_inner();
    assert_eq!(recorded.durability(), pb::Durability::Stored, "where nobody asked for replicas");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_replica_confirmed_is_not_acknowledged_until_one_does() {
    let pair = Pair::start().await;
    let server = Server::at(&pair.master.url(), "store: {replicas: 1, durability_timeout: 500ms}").await;
    let stop = pb::RecordOptOutRequest { idempotency_key: "once".to_owned(), ..opt_out(PERSON) };
    pair.replica.pause();
    for attempt in ["first", "repeated"] {
        let answer = server.consent().record_opt_out(stop.clone()).await;
        let fields = expect(answer, Code::Unavailable, "STORE_UNKNOWN_OUTCOME");
        assert!(fields.is_empty(), "{attempt}");
        // It is written all the same, and holds.
        assert_eq!(server.reason(template(PERSON, pb::Category::Utility)).await, pb::Reason::OptedOut);
    }
    pair.replica.resume();
    pair.follows().await;
    let recorded = server.consent().record_opt_out(stop).await.unwrap().into_inner();
    assert_eq!(recorded.durability(), pb::Durability::Replicated);
    assert_eq!(server.entries(PERSON).await.len(), 1, "and was written once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_no_replica_confirmed_are_not_acknowledged_until_one_does_and_count_once() {
    let pair = Pair::start().await;
    let server = Server::at(&pair.master.url(), "store: {replicas: 1, durability_timeout: 500ms}").await;
    // Redis forgets what is old by its own clock.
    server.clock.set(sendgate::clock::system_now());
    let event = |message_id: &str| pb::DeliveryEvent {
        message_id: message_id.to_owned(),
        r#type: pb::DeliveryEventType::Sent as i32,
        ..Default::default()
    };
    let told = |message_id| pb::RecordDeliveryEventsRequest {
        sender: crate::harness::say::SENDER.to_owned(),
        events: vec![event(message_id)],
    };
    let well = server.quality().record_delivery_events(told("m1")).await.unwrap().into_inner();
    assert_eq!((well.counted, well.duplicates), (1, 0));
    pair.replica.pause();
    for _ in ["first", "repeated"] {
        let answer = server.quality().record_delivery_events(told("m2")).await;
        expect(answer, Code::Unavailable, "STORE_UNKNOWN_OUTCOME");
    }
    pair.replica.resume();
    pair.follows().await;
    let repeated = server.quality().record_delivery_events(told("m2")).await.unwrap().into_inner();
    assert_eq!((repeated.counted, repeated.duplicates), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_sidecar_wrote_unconfirmed_is_not_called_known_before_it_is_confirmed() {
    let pair = Pair::start().await;
    let careless = Redis::open(pair.master.target(), Options::default()).await.unwrap();
    let careful = pair.open(SHORT).await;
    pair.replica.pause();
    let said = statement(1, 7);
    let name = said.entries[0].statement;
    assert_eq!(careless.commit(said.clone()).await, Ok(Committed::Done(1)));
    assert_eq!(careful.commit(said.clone()).await, Err(StoreError::UnknownOutcome));
    assert_eq!(careful.entry_of(id(1), name).await, Err(StoreError::UnknownOutcome));
    assert_eq!(careful.durability(), Durability::Stored, "something is in doubt");
    pair.replica.resume();
    pair.follows().await;
    assert_eq!(careful.commit(said).await, Ok(Committed::Known(name, 1)));
    assert!(careful.entry_of(id(1), name).await.unwrap().is_some());
    assert_eq!(careful.durability(), Durability::Replicated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_is_told_without_waiting_for_anybody() {
    let pair = Pair::start().await;
    let store = pair.open(SHORT).await;
    assert_eq!(store.commit(commit(id(1), 0)).await, Ok(Committed::Done(1)));
    pair.replica.pause();
    assert_eq!(store.commit(commit(id(1), 0)).await, Ok(Committed::Conflict));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_waits_delays_no_read() {
    let pair = Pair::start().await;
    let store = pair.open(LONG).await;
    pair.replica.pause();
    // As many as there are connections that wait; more would be written only when one of them is free.
    let writes: Vec<_> = (0..4)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(statement(n, u64::from(n))).await })
        })
        .collect();
    // The commits are there to be read long before anybody confirms them.
    for n in 0..4 {
        until(async || store.load(id(n), at(0)).await.unwrap().version == 1).await;
    }
    for _ in 0..200 {
        store.load(id(1), at(0)).await.unwrap();
    }
    assert!(writes.iter().all(|write| !write.is_finished()), "200 reads took less than one wait");
    pair.replica.resume();
    for write in writes {
        assert_eq!(soon(write).await.unwrap(), Ok(Committed::Done(1)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_share_one_wait() {
    const WRITERS: u8 = 200;
    let pair = Pair::start().await;
    let store = pair.open(LONG).await;
    let writes: Vec<_> = (0..WRITERS)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(statement(n, u64::from(n))).await })
        })
        .collect();
    for write in writes {
        assert_eq!(soon(write).await.unwrap(), Ok(Committed::Done(1)));
    }
    let waits = calls(&pair.master, "wait").await;
    assert!(waits < u64::from(WRITERS) / 2, "{waits} waits for {WRITERS} writes");
    // Redis 7.0 lets a wait cover what anybody wrote before, later versions only what its own connection wrote.
    let marks = calls(&pair.master, "set").await;
    assert!(marks >= waits, "a write of its own goes before each wait: {marks} for {waits}");
    let there = Redis::open(pair.replica.target(), Options::default()).await;
    assert!(there.is_err(), "a replica is no place to write to");
}

/// How often a command was called since the server started, less what making the pair called.
async fn calls(server: &RedisServer, command: &str) -> u64 {
    let stats = format!("{:?}", server.command(&["INFO", "commandstats"]).await);
    let (_, rest) = stats.split_once(&format!("cmdstat_{command}:calls=")).unwrap();
    rest.split(',').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgot_the_script_is_taught_again() {
    let pair = Pair::start().await;
    let store = pair.open(LONG).await;
    assert_eq!(store.commit(statement(1, 1)).await, Ok(Committed::Done(1)));
    pair.master.command(&["SCRIPT", "FLUSH"]).await;
    assert_eq!(store.commit(statement(2, 1)).await, Ok(Committed::Done(1)));
    assert_eq!(store.commit(statement(3, 1)).await, Ok(Committed::Done(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_writes_go_on_after_a_restart_of_the_master() {
    let mut pair = Pair::start().await;
    let store = pair.open(LONG).await;
    assert_eq!(store.commit(statement(1, 1)).await, Ok(Committed::Done(1)));
    pair.master.kill();
    until(async || store.ping().await.is_err()).await;
    let away = store.commit(statement(2, 1)).await;
    assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
    pair.master.restart().await;
    pair.follows().await;
    until(async || store.ping().await.is_ok()).await;
    // Connections that died meanwhile are noticed before anything is sent over them.
    assert_eq!(store.commit(statement(3, 1)).await, Ok(Committed::Done(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_writes_than_may_wait_are_refused_and_not_lost() {
    let pair = Pair::start().await;
    let store = pair.open(SHORT).await;
    pair.replica.pause();
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..2000_u64 {
        let store = Arc::clone(&store);
        let [high, low, ..] = n.to_le_bytes();
        writes.spawn(async move {
            let mut commit = statement(1, n);
            commit.id.0[..2].copy_from_slice(&[high, low]);
            store.commit(commit).await
        });
    }
    let (mut refused, mut unknown) = (0, 0);
    while let Some(done) = soon(writes.join_next()).await {
        match done.unwrap() {
            Err(StoreError::Unavailable(why)) if why.contains("too many writes") => refused += 1,
            Err(StoreError::UnknownOutcome) => unknown += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        refused > 0 && unknown >= 1024 && refused + unknown == 2000,
        "{refused} refused, {unknown} unknown"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_are_connected_before_anybody_writes_and_again_after_a_loss() {
    // The one for commands, and the writers'.
    const CONNECTIONS: usize = 5;
    let pair = Pair::start().await;
    let proxy = Proxy::to(pair.master.port()).await;
    let options = Options { replicas: 1, ..Options::default() };
    let store = Redis::open(Target::parse(&proxy.url()).unwrap(), options).await.unwrap();
    until(async || proxy.accepted() >= CONNECTIONS).await;
    let before = proxy.accepted();
    proxy.cut();
    until(async || proxy.accepted() >= before + CONNECTIONS).await;
    assert_eq!(store.commit(statement(1, 1)).await, Ok(Committed::Done(1)));
}
