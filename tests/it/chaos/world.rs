//! One real Redis, or a master with its replica, and real sidecars, each behind a way to Redis of its own.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sendgate::clock;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use super::{draw::Draw, history::Micros};
use crate::{harness::process::Served, proxy::Proxy, redis_server::RedisServer};

pub(crate) const SIDECARS: usize = 3;
/// Time for a request, as the sidecars grant it to callers who set none.
pub(crate) const DEADLINE: Duration = Duration::from_millis(1500);
const RESTARTS_MAX: usize = 20;
/// What lies less than this apart is the same to whoever looks for a sidecar that is well.
const UNWELL: Micros = 1_000_000;

/// Everything that can fail.
pub(crate) struct World {
    pub(crate) redis: RedisServer,
    pub(crate) replica: Option<RedisServer>,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) sidecars: Vec<Option<Served>>,
    pub(crate) doors: Arc<Doors>,
    folder: TempDir,
}

/// Where clients find the sidecars, and the clock of a run.
pub(crate) struct Doors {
    channels: Vec<RwLock<Option<Channel>>>,
    /// When each last gave no good answer.
    unwell: [AtomicU64; SIDECARS],
    start: Instant,
}

impl Doors {
    pub(crate) fn channel(&self, sidecar: usize) -> Channel {
        self.channels[sidecar].read().unwrap().clone().unwrap()
    }

    pub(crate) fn now(&self) -> Micros {
        u64::try_from(clock::monotonic().duration_since(self.start).as_micros()).unwrap()
    }

    pub(crate) fn is_unwell(&self, sidecar: usize) {
        self.unwell[sidecar].store(self.now(), Ordering::Relaxed);
    }

    /// A sidecar that was well for the longest time, or nearly.
    pub(crate) fn well(&self, draw: &mut Draw) -> usize {
        let first = draw.below(SIDECARS);
        let unwell = |sidecar: &usize| self.unwell[*sidecar].load(Ordering::Relaxed) / UNWELL;
        (0..SIDECARS).map(|n| (first + n) % SIDECARS).min_by_key(unwell).unwrap_or(first)
    }

    fn moved(&self, sidecar: usize, served: &Served) {
        let channel = Endpoint::from_shared(served.grpc.clone()).unwrap().connect_lazy();
        *self.channels[sidecar].write().unwrap() = Some(channel);
    }
}

/// The time of day in milliseconds, as sidecars read it.
pub(crate) fn day() -> i64 {
    clock::system_now().millis()
}

impl World {
    /// Starts everything; with a replica, writes wait for it.
    pub(crate) async fn start(with_replica: bool) -> Self {
        // What a kill loses is the same; other work's disk is left alone, and leaves this alone.
        let fast = Path::new("/dev/shm");
        let folder = if fast.is_dir() { tempfile::tempdir_in(fast) } else { tempfile::tempdir() }.unwrap();
        let place = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path.display().to_string()
        };
        let (first, second) = (place("redis"), place("replica"));
        let redis = RedisServer::with(&["--repl-diskless-sync-delay", "0", "--dir", &first]).await;
        let mut replica = None;
        if with_replica {
            let port = redis.port().to_string();
            replica = Some(RedisServer::with(&["--replicaof", "127.0.0.1", &port, "--dir", &second]).await);
        }
        let mut proxies = Vec::new();
        for _ in 0..SIDECARS {
            proxies.push(Proxy::to(redis.port()).await);
        }
        let doors = Doors {
            channels: (0..SIDECARS).map(|_| RwLock::new(None)).collect(),
            unwell: Default::default(),
            start: clock::monotonic(),
        };
        let sidecars = (0..SIDECARS).map(|_| None).collect();
        let mut world = Self { redis, replica, proxies, sidecars, doors: Arc::new(doors), folder };
        for sidecar in 0..SIDECARS {
            world.launch(sidecar).await;
        }
        world
    }

    /// Starts a sidecar, again and again if need be: one that finds no Redis does not start.
    pub(crate) async fn launch(&mut self, sidecar: usize) {
        let url = self.proxies[sidecar].url();
        let journal = self.folder.path().join(format!("journal-{sidecar}")).display().to_string();
        let mut settings = vec![
            format!("store.journal={journal}"),
            format!("deadlines.request_default={}ms", DEADLINE.as_millis()),
            "deadlines.store_read=250ms".to_owned(),
            "deadlines.store_write=600ms".to_owned(),
            "store.durability_timeout=400ms".to_owned(),
        ];
        if self.replica.is_some() {
            settings.push("store.replicas=1".to_owned());
        }
        for _ in 0..RESTARTS_MAX {
            let (url, settings) = (url.clone(), settings.clone());
            let started = tokio::task::spawn_blocking(move || {
                let more: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
                Served::on(&url, &more)
            });
            if let Ok(served) = started.await {
                self.doors.moved(sidecar, &served);
                self.sidecars[sidecar] = Some(served);
                return;
            }
        }
        panic!("sidecar {sidecar} does not start");
    }

    /// Waits until a replica that was away has what the master has: until then no write can be confirmed.
    pub(crate) async fn whole(&mut self) {
        if self.replica.is_none() {
            return;
        }
        let mut connection = self.redis.connection().await;
        for _ in 0..200 {
            let mut both = redis::pipe();
            both.cmd("SET").arg("unrelated").arg(1).ignore().cmd("WAIT").arg(1).arg(100);
            if both.query_async::<(u64,)>(&mut connection).await.is_ok_and(|(replicas,)| replicas == 1) {
                return;
            }
        }
        panic!("the replica does not follow");
    }

    /// Sends a signal to a sidecar that runs.
    pub(crate) fn signal(&self, sidecar: usize, name: &str) {
        if let Some(served) = &self.sidecars[sidecar] {
            let id = served.id().to_string();
            let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
            assert!(sent.is_ok_and(|status| status.success()), "kill -{name}");
        }
    }
}
