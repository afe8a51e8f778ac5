//! Connections that end, hang or lead to the wrong server: nothing that changed unheard is served.

use super::*;
use crate::{
    conformance::id,
    proxy::{Proxy, Way},
};

/// A server that is written to directly, and a sidecar that reaches it through a proxy.
struct Apart {
    server: RedisServer,
    proxy: Proxy,
    writer: Redis,
    side: Side,
}

impl Apart {
    async fn new() -> Self {
        Self::with(options()).await
    }

    async fn with(options: Options) -> Self {
        let server = RedisServer::start().await;
        let proxy = Proxy::to(server.port()).await;
        let writer = open(&server.url(), self::options()).await.unwrap();
        let side = Side::with(&proxy.url(), options).await;
        Self { server, proxy, writer, side }
    }

    /// Memory follows the store again.
    async fn recovers(&self) {
        let by = Instant::now() + PATIENCE;
        loop {
            let version = self.writer.load(id(1), at(0)).await.unwrap().version;
            if self.side.remembers(id(1)) == Some(version) {
                return;
            }
            assert!(Instant::now() < by, "memory does not recover");
            drop(self.side.version(id(1)).await);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Waits until the lease of everything that was asked before an instant has ended.
async fn lease_after(instant: Instant) {
    tokio::time::sleep_until((instant + TRUST).into()).await;
}

#[tokio::test]
async fn a_killed_connection_distrusts_everything_at_once_and_is_made_again() {
    let pair = Apart::new().await;
    write(&pair.writer, id(1)).await;
    pair.side.learn(id(1)).await;
    let (stamp, deafened) = (pair.side.cache.stamp(id(1)), pair.side.cache.deafened());
    pair.server.command(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    until("deaf", || pair.side.cache.deafened() > deafened).await;
    assert_ne!(pair.side.cache.stamp(id(1)), stamp, "a new generation");
    pair.side.hears().await;
    assert_eq!(pair.side.remembers(id(1)), None, "of before");
    pair.recovers().await;
}

#[tokio::test]
async fn a_write_made_while_nothing_is_heard_is_never_served_stale() {
    let mut pair = Apart::new().await;
    for version in 0..5 {
        pair.recovers().await;
        pair.proxy.refuse().await;
        pair.proxy.cut();
        let deafened = pair.side.cache.deafened();
        until("deaf", || !pair.side.cache.is_trusted() || pair.side.cache.deafened() > deafened).await;
        assert_eq!(write(&pair.writer, id(1)).await, version + 1);
        pair.proxy.admit().await;
        // From the moment it is trusted again nothing old is there.
        while !pair.side.cache.is_trusted() {
            assert_eq!(pair.side.remembers(id(1)), None);
            drop(pair.side.version(id(1)).await);
        }
        for _ in 0..100 {
            assert!(pair.side.remembers(id(1)).is_none_or(|found| found == version + 1));
            tokio::task::yield_now().await;
        }
    }
}

/// Reads while deaf put what they read in memory; what is written then, before tracking begins, is not heard.
#[tokio::test]
async fn what_was_read_while_nothing_was_heard_is_distrusted_once_it_is() {
    let mut pair = Apart::new().await;
    for _ in 0..3 {
        let version = write(&pair.writer, id(1)).await;
        pair.recovers().await;
        // Only the one that listens is lost: reads go on.
        pair.proxy.refuse().await;
        let deafened = pair.side.cache.deafened();
        kill_listeners(&pair.server).await;
        until("deaf", || pair.side.cache.deafened() > deafened).await;
        // By now the pauses between attempts are long: the next is the one that succeeds.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        pair.proxy.admit().await;
        assert_eq!(pair.side.version(id(1)).await, Ok(version));
        assert_eq!(write(&pair.writer, id(1)).await, version + 1);
        pair.side.hears().await;
        assert!(pair.side.remembers(id(1)).is_none_or(|found| found == version + 1));
    }
}

#[tokio::test]
async fn a_silent_connection_ends_trust_in_time_whichever_way_is_blocked() {
    let pair = Apart::new().await;
    for (no_questions, no_answers) in [(true, true), (true, false), (false, true)] {
        write(&pair.writer, id(1)).await;
        pair.recovers().await;
        pair.proxy.set(Way { no_questions, no_answers, ..Way::default() });
        let silent = Instant::now();
        write(&pair.writer, id(1)).await;
        lease_after(silent).await;
        assert_eq!(pair.side.remembers(id(1)), None, "{no_questions} {no_answers}");
        assert!(!pair.side.cache.is_trusted());
        write(&pair.writer, id(1)).await;
        pair.proxy.set(Way::default());
        pair.recovers().await;
    }
}

#[tokio::test]
async fn a_slow_connection_is_no_lost_one() {
    let pair = Apart::new().await;
    pair.proxy.set(Way { delay: Duration::from_millis(20), ..Way::default() });
    let deafened = pair.side.cache.deafened();
    for _ in 0..20 {
        let version = write(&pair.writer, id(1)).await;
        let by = Instant::now() + PATIENCE;
        while pair.side.version(id(1)).await.unwrap() != version {
            assert!(Instant::now() < by);
        }
    }
    // Unless this machine is so busy that the answers themselves are late.
    assert!(pair.side.cache.deafened() <= deafened + 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_not_trusted_and_served_from_again_afterwards() {
    let pair = Apart::new().await;
    write(&pair.writer, id(1)).await;
    pair.recovers().await;
    pair.server.pause();
    let paused = Instant::now();
    lease_after(paused + Duration::from_millis(50)).await;
    assert_eq!(pair.side.remembers(id(1)), None);
    pair.server.resume();
    pair.recovers().await;
}

#[tokio::test]
async fn a_server_that_was_killed_is_used_again_within_two_seconds_of_its_return() {
    let mut pair = Apart::new().await;
    let version = write(&pair.writer, id(1)).await;
    pair.side.learn(id(1)).await;
    pair.server.kill();
    until("deaf", || !pair.side.cache.is_trusted()).await;
    assert_eq!(pair.side.remembers(id(1)), None);
    pair.server.restart().await;
    let back = Instant::now();
    pair.side.learn(id(1)).await;
    let took = back.elapsed();
    assert_eq!(pair.side.remembers(id(1)), Some(version), "kept on disk");
    assert!(took < Duration::from_secs(4), "{took:?}");
    let by = Instant::now() + PATIENCE;
    while pair.writer.commit(commit(id(1), version)).await.is_err() {
        assert!(Instant::now() < by, "writes resume");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    pair.recovers().await;
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_not_trusted() {
    let pair = Apart::new().await;
    let other = RedisServer::start().await;
    write(&pair.writer, id(1)).await;
    pair.recovers().await;
    let port = other.port().to_string();
    pair.server.command(&["REPLICAOF", "127.0.0.1", &port]).await;
    let replica = Instant::now();
    lease_after(replica).await;
    assert!(!pair.side.cache.is_trusted());
    assert_eq!(pair.side.remembers(id(1)), None);
    // Nor is it read from.
    let by = Instant::now() + PATIENCE;
    while pair.side.version(id(1)).await.is_ok() {
        assert!(Instant::now() < by, "a replica is read from");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let error = pair.side.version(id(1)).await.unwrap_err();
    assert!(error.to_string().contains("replica"), "{error}");
    pair.server.command(&["REPLICAOF", "NO", "ONE"]).await;
    let by = Instant::now() + PATIENCE;
    while pair.side.version(id(1)).await.is_err() {
        assert!(Instant::now() < by, "a master again");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn without_redis_every_answer_comes_at_once_and_recovery_is_quick() {
    let mut pair = Apart::new().await;
    pair.recovers().await;
    pair.proxy.refuse().await;
    pair.proxy.cut();
    let by = Instant::now() + PATIENCE;
    while pair.side.version(id(1)).await.is_ok() {
        assert!(Instant::now() < by);
    }
    let asked = Instant::now();
    for _ in 0..1000 {
        let error = pair.side.version(id(1)).await.unwrap_err();
        assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("Redis")), "{error}");
        assert!(matches!(pair.side.store.commit(commit(id(1), 0)).await, Err(StoreError::Unavailable(_))));
    }
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?} for 2,000", asked.elapsed());
    pair.proxy.admit().await;
    let back = Instant::now();
    // Commands and what is heard have a connection each.
    pair.recovers().await;
    assert!(back.elapsed() < Duration::from_secs(4), "{:?}", back.elapsed());
}

#[tokio::test]
async fn callers_in_great_number_are_no_storm_of_connections() {
    let pair = Apart::new().await;
    pair.recovers().await;
    pair.proxy.set(Way { slam: true, ..Way::default() });
    let before = pair.proxy.accepted();
    pair.proxy.cut();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        for _ in 0..100 {
            drop(pair.side.version(id(1)).await);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let attempts = pair.proxy.accepted() - before;
    // Two connections, each with pauses of 25, 50, 100, … ms, of which at least half is waited.
    assert!(attempts <= 40, "{attempts} attempts in 2 s");
    let admitted = pair.proxy.accepted();
    pair.proxy.set(Way::default());
    pair.recovers().await;
    // A failure of the old connection must not end the new one.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let made = pair.proxy.accepted() - admitted;
    assert!(made <= 4, "{made} connections where two are enough");
}

#[tokio::test]
async fn commands_that_get_no_answer_end_in_time() {
    let pair = Apart::with(Options { response: Duration::from_millis(300), ..options() }).await;
    let version = write(&pair.writer, id(1)).await;
    pair.proxy.set(Way { no_answers: true, ..Way::default() });
    let asked = Instant::now();
    let (read, written) =
        tokio::join!(pair.side.store.load(id(1), at(0)), pair.side.store.commit(commit(id(1), version)),);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert_eq!(written, Err(StoreError::UnknownOutcome));
    // It did happen; asked again, that is found out.
    pair.proxy.set(Way::default());
    pair.recovers().await;
    assert_eq!(pair.side.version(id(1)).await, Ok(version + 1));
    assert_eq!(pair.side.store.commit(commit(id(1), version)).await, Ok(Committed::Conflict));
}

/// Each of many callers sees the same loss; the connection made after it is no worse for that.
#[tokio::test]
async fn one_loss_that_many_callers_see_costs_one_connection() {
    let pair = Apart::new().await;
    pair.recovers().await;
    for _ in 0..5 {
        let before = pair.proxy.accepted();
        pair.proxy.set(Way { no_answers: true, ..Way::default() });
        let store = &pair.side.store;
        let callers: Vec<_> = (0..50)
            .map(|_| {
                let store = Arc::clone(store);
                tokio::spawn(async move { store.load(id(1), at(0)).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        pair.proxy.cut();
        pair.proxy.set(Way::default());
        for caller in callers {
            drop(caller.await);
        }
        pair.recovers().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(pair.proxy.accepted() - before, 2, "one that listens, one for commands");
    }
}

/// Ids of contacts depend on the key: under another, opt-outs would be looked for where they are not.
#[tokio::test]
async fn a_redis_that_lost_the_key_of_contact_ids_gets_it_back_and_one_with_another_is_left() {
    let apart = Apart::new().await;
    assert_eq!(apart.writer.identity_key([7; 32]).await.unwrap(), [7; 32]);
    // Who listens to such a write connects anew.
    let by = Instant::now() + PATIENCE;
    while apart.side.store.identity_key([1; 32]).await != Ok([7; 32]) {
        assert!(Instant::now() < by, "the key is not read");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    apart.server.command(&["FLUSHALL"]).await;
    let by = Instant::now() + PATIENCE;
    while apart.writer.known_identity_key().await != Ok(Some([7; 32])) {
        assert!(Instant::now() < by, "the key is not put back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    write(&apart.writer, id(1)).await;
    apart.recovers().await;
    let name = "sg:k:{key}";
    apart.server.command(&["SET", name, &"8".repeat(32)]).await;
    let why = async || apart.side.store.load(id(1), at(0)).await.map_err(|error| error.to_string());
    let by = Instant::now() + PATIENCE;
    while !why().await.is_err_and(|why| why.contains("another key of contact ids")) {
        assert!(Instant::now() < by, "a Redis with another key is read");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(apart.side.remembers(id(1)), None);
}

/// A feed that went back, and has not grown past where it was.
#[tokio::test]
async fn watchers_are_woken_by_a_feed_that_goes_back() {
    let server = RedisServer::start().await;
    let store: Arc<dyn Store> = Arc::new(open(&server.url(), options()).await.unwrap());
    let mut latest = store.latest_change();
    crate::conformance::append(&store, id(1), &[1, 2]).await;
    tokio::time::timeout(PATIENCE, latest.wait_for(|position| *position == 2)).await.unwrap().unwrap();
    let keys = crate::redis_cluster::text(
        server.command(&["EVAL", "return table.concat(redis.call('KEYS', '*'), ' ')", "0"]).await,
    );
    let feed =
        keys.split(' ').find(|key| key.ends_with("{feed}")).unwrap_or_else(|| panic!("{keys}")).to_owned();
    server.command(&["DEL", &feed]).await;
    tokio::time::timeout(PATIENCE, latest.wait_for(|position| *position == 0)).await.unwrap().unwrap();
    assert_eq!(store.last_change().await, Ok(None));
}

/// One name that leads to another master while the old one lives on: a virtual IP, say. Only the connection that listens was
/// made anew.
#[tokio::test]
async fn commands_do_not_stay_with_a_server_that_is_not_the_one_that_is_heard() {
    let pair = Apart::new().await;
    write(&pair.writer, id(1)).await;
    pair.side.learn(id(1)).await;
    let other = RedisServer::start().await;
    pair.proxy.lead_to(other.port());
    let clients = crate::redis_cluster::text(pair.server.command(&["CLIENT", "LIST"]).await);
    let listening = clients.lines().find(|line| line.contains("redir=0"));
    let number = listening.and_then(|line| line.strip_prefix("id=")?.split(' ').next()).unwrap();
    pair.server.command(&["CLIENT", "KILL", "ID", number]).await;
    let cut = Instant::now();
    let reads_the_other =
        async || pair.side.store.load(id(1), at(0)).await.is_ok_and(|loaded| loaded.version == 0);
    while !reads_the_other().await {
        assert!(cut.elapsed() < PATIENCE, "it is read from the old one still");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whoever answers commands from now on may be another server, which never had what was heard.
#[tokio::test]
async fn a_new_connection_for_commands_distrusts_everything_too() {
    let pair = Apart::new().await;
    write(&pair.writer, id(1)).await;
    pair.side.learn(id(1)).await;
    let (stamp, deafened) = (pair.side.cache.stamp(id(1)), pair.side.cache.deafened());
    let clients = crate::redis_cluster::text(pair.server.command(&["CLIENT", "LIST"]).await);
    for line in clients.lines().filter(|line| !line.contains("redir=0")) {
        let number = line.strip_prefix("id=").and_then(|rest| rest.split(' ').next()).unwrap();
        pair.server.command(&["CLIENT", "KILL", "ID", number]).await;
    }
    until("deaf", || pair.side.cache.deafened() > deafened).await;
    assert_ne!(pair.side.cache.stamp(id(1)), stamp, "a new generation");
    pair.recovers().await;
}
