//! A master that Sentinel knows: found, followed when it changes, and left when it is none any more.

use std::process::{Child, Command, Stdio};

use ::redis::{Role, cmd};
use tempfile::TempDir;

use super::*;
use crate::{conformance::id, redis_server::free_port};

/// A master, a replica, and three sentinels that watch them.
struct Watched {
    master: RedisServer,
    replica: RedisServer,
    sentinels: Vec<(Child, u16, TempDir)>,
}

impl Watched {
    async fn new() -> Self {
        let master = RedisServer::with(&["--repl-diskless-sync-delay", "0"]).await;
        let master_port = master.port().to_string();
        let replica = RedisServer::with(&["--replicaof", &format!("127.0.0.1 {master_port}")]).await;
        let mut watched = Self { master, replica, sentinels: Vec::new() };
        for _ in 0..3 {
            watched.add_sentinel();
        }
        watched.agrees().await;
        watched
    }

    fn add_sentinel(&mut self) {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let path = folder.path().join("sentinel.conf");
        let monitored = self.master.port();
        let settings = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor main 127.0.0.1 {monitored} 2\n\
             sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 6000\n",
            folder.path().display()
        );
        std::fs::write(&path, settings).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&path).arg("--sentinel").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.sentinels.push((command.spawn().unwrap(), port, folder));
    }

    /// Waits until every sentinel knows the replica and the two others.
    async fn agrees(&self) {
        for (_, port, _) in &self.sentinels {
            let by = Instant::now() + PATIENCE;
            loop {
                let known = known(*port).await;
                if known == Some((1, 2)) {
                    break;
                }
                assert!(Instant::now() < by, "a sentinel knows (replicas, sentinels): {known:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Waits until the replica has all that was written.
    async fn is_replicated(&self) {
        let mut asked = self.master.connection().await;
        let by = Instant::now() + PATIENCE;
        while cmd("WAIT").arg(1).arg(100).query_async(&mut asked).await != Ok(1) {
            assert!(Instant::now() < by, "the replica does not keep up");
        }
    }

    fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|(_, port, _)| format!("127.0.0.1:{port}")).collect();
        // The first is nobody: one that is away must not matter.
        format!("redis+sentinel://127.0.0.1:{},{}/main", free_port(), hosts.join(","))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        for (child, _, _) in &mut self.sentinels {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

async fn known(port: u16) -> Option<(usize, usize)> {
    let client = ::redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.ok()?;
    let mut count = async |what: &str| {
        let mut ask = cmd("SENTINEL");
        ask.arg(what).arg("main");
        ask.query_async::<Vec<::redis::Value>>(&mut connection).await.ok().map(|found| found.len())
    };
    Some((count("replicas").await?, count("sentinels").await?))
}

/// A switch ends every connection, this one too: then it is not known, which counts as no.
async fn is_master(server: &RedisServer) -> bool {
    let client = ::redis::Client::open(server.url()).unwrap();
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return false };
    matches!(cmd("ROLE").query_async(&mut connection).await, Ok(Role::Primary { .. }))
}

/// Writes until it is done, and goes on until memory answers with it.
async fn resumes(side: &Side, id: ContactId, patience: Duration) -> u64 {
    let by = Instant::now() + patience;
    loop {
        assert!(Instant::now() < by, "writes do not resume");
        if let Ok(loaded) = side.store.load(id, at(0)).await
            && let Ok(Committed::Done(version)) = side.store.commit(commit(id, loaded.version)).await
        {
            side.cache.invalidate(id);
            while side.remembers(id) != Some(version) {
                assert!(Instant::now() < by, "hearing does not resume");
                drop(side.version(id).await);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            return version;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_new_master_is_followed_and_the_old_one_is_not_used_when_it_comes_back() {
    let mut watched = Watched::new().await;
    let side = Side::open(&watched.url()).await;
    assert_eq!(resumes(&side, id(1), PATIENCE).await, 1);
    // The replica has it before the master dies.
    watched.is_replicated().await;
    let (stamp, deafened) = (side.cache.stamp(id(1)), side.cache.deafened());
    watched.master.kill();
    let died = Instant::now();
    until("deaf", || side.cache.deafened() > deafened).await;
    assert_ne!(side.cache.stamp(id(1)), stamp, "a new generation");
    assert_eq!(side.remembers(id(1)), None);
    let version = resumes(&side, id(1), Duration::from_secs(60)).await;
    assert_eq!(version, 2, "nothing is lost");
    eprintln!("writes and memory resume {:?} after the master died", died.elapsed());
    // It comes back as a master, until a sentinel tells it that it is none.
    watched.master.restart().await;
    let by = Instant::now() + Duration::from_secs(60);
    let mut version = version;
    while is_master(&watched.master).await {
        assert!(Instant::now() < by, "the old master stays one");
        version += 1;
        assert_eq!(resumes(&side, id(1), PATIENCE).await, version);
    }
    assert_eq!(resumes(&side, id(1), PATIENCE).await, version + 1);
    let stored = open(&watched.replica.url(), options()).await.unwrap();
    assert_eq!(stored.load(id(1), at(0)).await.unwrap().version, version + 1);
}

#[tokio::test]
async fn a_master_that_was_stopped_and_replaced_is_left() {
    let watched = Watched::new().await;
    let side = Side::open(&watched.url()).await;
    resumes(&side, id(1), PATIENCE).await;
    watched.is_replicated().await;
    watched.master.pause();
    let paused = Instant::now();
    tokio::time::sleep_until((paused + TRUST + Duration::from_millis(50)).into()).await;
    assert_eq!(side.remembers(id(1)), None);
    let version = resumes(&side, id(1), Duration::from_secs(60)).await;
    watched.master.resume();
    for more in 1..20 {
        assert_eq!(resumes(&side, id(1), PATIENCE).await, version + more);
    }
    let stored = open(&watched.replica.url(), options()).await.unwrap();
    assert_eq!(stored.load(id(1), at(0)).await.unwrap().version, version + 19);
}

#[tokio::test]
async fn a_master_that_is_switched_by_hand_is_left_by_those_who_listen_to_it() {
    let watched = Watched::new().await;
    let side = Side::open(&watched.url()).await;
    resumes(&side, id(1), PATIENCE).await;
    watched.is_replicated().await;
    let client = ::redis::Client::open(format!("redis://127.0.0.1:{}", watched.sentinels[0].1)).unwrap();
    let mut sentinel = client.get_multiplexed_async_connection().await.unwrap();
    cmd("SENTINEL").arg("FAILOVER").arg("main").query_async::<()>(&mut sentinel).await.unwrap();
    let by = Instant::now() + Duration::from_secs(60);
    while !is_master(&watched.replica).await || is_master(&watched.master).await {
        assert!(Instant::now() < by, "the switch never happens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let version = resumes(&side, id(1), Duration::from_secs(60)).await;
    let stored = open(&watched.replica.url(), options()).await.unwrap();
    assert_eq!(stored.load(id(1), at(0)).await.unwrap().version, version);
}

#[tokio::test]
async fn a_name_that_no_sentinel_knows_is_told() {
    let mut watched = Watched {
        master: RedisServer::start().await,
        replica: RedisServer::start().await,
        sentinels: Vec::new(),
    };
    watched.add_sentinel();
    let by = Instant::now() + PATIENCE;
    while known(watched.sentinels[0].1).await.is_none() {
        assert!(Instant::now() < by);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let url = format!("redis+sentinel://127.0.0.1:{}/other", watched.sentinels[0].1);
    let error = open(&url, options()).await.unwrap_err().to_string();
    assert!(error.contains("knows no master `other`"), "{error}");
}
