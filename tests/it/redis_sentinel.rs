//! A real master with a replica, and sentinels that watch them.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ::redis::{Role, cmd};
use tempfile::TempDir;

use crate::redis_server::{RedisServer, free_port};

/// What takes longer than this does not happen.
const PATIENCE: Duration = Duration::from_secs(60);
/// Sentinels that did not agree wait for twice the time of a failover before they try again.
const SWITCHED: Duration = Duration::from_secs(90);

/// A master, a replica, and three sentinels that watch them.
pub(crate) struct Watched {
    pub(crate) master: RedisServer,
    pub(crate) replica: RedisServer,
    sentinels: Vec<(Child, u16, TempDir)>,
}

impl Watched {
    /// Sentinels that may switch again so soon after a switch.
    pub(crate) async fn new(again_after: Duration) -> Self {
        let master = RedisServer::with(&["--repl-diskless-sync-delay", "0"]).await;
        let replica = RedisServer::following(master.port(), &["--repl-diskless-sync-delay", "0"]).await;
        let mut watched = Self { master, replica, sentinels: Vec::new() };
        for _ in 0..3 {
            watched.add_sentinel(again_after);
        }
        watched.agrees().await;
        watched
    }

    /// One sentinel that watches a server without a replica.
    pub(crate) async fn alone() -> Self {
        let (master, replica) = (RedisServer::start().await, RedisServer::start().await);
        let mut watched = Self { master, replica, sentinels: Vec::new() };
        watched.add_sentinel(Duration::from_secs(6));
        let by = Instant::now() + PATIENCE;
        while known(watched.sentinels[0].1).await.is_none() {
            assert!(Instant::now() < by, "a sentinel does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        watched
    }

    fn add_sentinel(&mut self, again_after: Duration) {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let path = folder.path().join("sentinel.conf");
        let (monitored, again_after) = (self.master.port(), again_after.as_millis());
        let settings = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor main 127.0.0.1 {monitored} 2\n\
             sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main {again_after}\n",
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
    pub(crate) async fn is_replicated(&self) {
        let mut asked = self.master.connection().await;
        let by = Instant::now() + PATIENCE;
        while cmd("WAIT").arg(1).arg(100).query_async(&mut asked).await != Ok(1) {
            assert!(Instant::now() < by, "the replica does not keep up");
        }
    }

    /// A switch that somebody asks for; refused while another goes on.
    pub(crate) async fn ask_for_a_switch(&self) -> bool {
        let client = ::redis::Client::open(format!("redis://127.0.0.1:{}", self.sentinels[0].1)).unwrap();
        let mut sentinel = client.get_multiplexed_async_connection().await.unwrap();
        cmd("SENTINEL").arg("FAILOVER").arg("main").query_async::<()>(&mut sentinel).await.is_ok()
    }

    /// From now on the first sentinel names this server the master.
    pub(crate) async fn watch(&self, port: u16) {
        let client = ::redis::Client::open(format!("redis://127.0.0.1:{}", self.sentinels[0].1)).unwrap();
        let mut sentinel = client.get_multiplexed_async_connection().await.unwrap();
        let mut both = ::redis::pipe();
        both.cmd("SENTINEL").arg("REMOVE").arg("main");
        both.cmd("SENTINEL").arg("MONITOR").arg("main").arg("127.0.0.1").arg(port).arg(1);
        both.query_async::<()>(&mut sentinel).await.unwrap();
    }

    /// Waits until the replica follows the master: one that was stopped believes it is a master itself,
    /// until the sentinels tell it otherwise, and must not be taken for the one that took the other's place.
    pub(crate) async fn can_be_switched(&self) {
        let by = Instant::now() + SWITCHED;
        while !follows(&self.replica, self.master.port()).await {
            assert!(Instant::now() < by, "the replica never follows its master");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the replica has become a master; from then on it is called one here.
    pub(crate) async fn is_switched(&mut self) {
        let by = Instant::now() + SWITCHED;
        while !is_master(&self.replica).await {
            assert!(Instant::now() < by, "the switch never happens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::mem::swap(&mut self.master, &mut self.replica);
    }

    /// Where each sentinel is.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.sentinels.iter().map(|(_, port, _)| *port).collect()
    }

    /// Where sentinels are, the first of them nobody: one that is away must not matter.
    pub(crate) fn hosts(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|(_, port, _)| format!("127.0.0.1:{port}")).collect();
        format!("127.0.0.1:{},{}", free_port(), hosts.join(","))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+sentinel://{}/main", self.hosts())
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
pub(crate) async fn is_master(server: &RedisServer) -> bool {
    let client = ::redis::Client::open(server.url()).unwrap();
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return false };
    matches!(cmd("ROLE").query_async(&mut connection).await, Ok(Role::Primary { .. }))
}

/// Whether a server has all that another tells it.
async fn follows(server: &RedisServer, master: u16) -> bool {
    let client = ::redis::Client::open(server.url()).unwrap();
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return false };
    let role = cmd("ROLE").query_async(&mut connection).await;
    matches!(role, Ok(Role::Replica { primary_port, replication_state, .. })
        if primary_port == master && replication_state == "connected")
}
