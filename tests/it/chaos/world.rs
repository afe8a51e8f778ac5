//! One real Redis, or a master with its replica, and real sidecars, each behind a way to Redis of its own.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::{clocks::Clocks, doors::Doors};
use crate::{harness::process::Served, proxy::Proxy, redis_server::RedisServer};

pub(crate) const SIDECARS: usize = 3;
/// Time for a request, as the sidecars grant it to callers who set none.
pub(crate) const DEADLINE: Duration = Duration::from_millis(1500);
const RESTARTS_MAX: usize = 20;

/// What stands behind the sidecars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Alone,
    /// With a replica that writes wait for.
    Replica,
}

/// Everything that can fail.
pub(crate) struct World {
    pub(crate) redis: RedisServer,
    pub(crate) replica: Option<RedisServer>,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) sidecars: Vec<Option<Served>>,
    pub(crate) doors: Arc<Doors>,
    clocks: Clocks,
    pub(crate) folder: TempDir,
}

impl Shape {
    /// Every third run has a replica.
    pub(crate) fn of(seed: u64) -> Self {
        match seed % 3 {
            2 => Self::Replica,
            _ => Self::Alone,
        }
    }
}

impl World {
    /// Starts everything.
    pub(crate) async fn start(shape: Shape, clocks: Clocks) -> Self {
        // What a kill loses is the same; other work's disk is left alone, and leaves this alone.
        let fast = Path::new("/dev/shm");
        let folder = if fast.is_dir() { tempfile::tempdir_in(fast) } else { tempfile::tempdir() }.unwrap();
        let place = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path.display().to_string()
        };
        let settings = ["--repl-diskless-sync-delay", "0", "--dir"];
        let redis = RedisServer::with(&[&settings[..], &[&place("redis")]].concat()).await;
        let mut replica = None;
        if shape == Shape::Replica {
            let second = place("replica");
            let settings = [&settings[..], &[&second]].concat();
            replica = Some(RedisServer::following(redis.port(), &settings).await);
        }
        let mut proxies = Vec::new();
        for _ in 0..SIDECARS {
            proxies.push(Proxy::to(redis.port()).await);
        }
        let sidecars = (0..SIDECARS).map(|_| None).collect();
        let doors = Arc::new(Doors::new());
        let mut world = Self { redis, replica, proxies, sidecars, doors, clocks, folder };
        world.whole().await;
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
        let environment = self.clocks.environment(sidecar);
        for _ in 0..RESTARTS_MAX {
            let (url, settings, environment) = (url.clone(), settings.clone(), environment.clone());
            let started = tokio::task::spawn_blocking(move || {
                let more: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
                let environment: Vec<_> =
                    environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Served::on_in(&url, &environment, &more)
            });
            if let Ok(served) = started.await {
                self.doors.moved(sidecar, &served);
                self.sidecars[sidecar] = Some(served);
                return;
            }
        }
        panic!("sidecar {sidecar} does not start");
    }

    /// The replica takes the place of its master, which is dead; what leads to Redis leads there from now on.
    pub(crate) async fn fail_over(&mut self) {
        let Some(replica) = &mut self.replica else { return };
        replica.promote().await;
        std::mem::swap(&mut self.redis, replica);
        for proxy in &self.proxies {
            proxy.lead_to(self.redis.port());
        }
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
