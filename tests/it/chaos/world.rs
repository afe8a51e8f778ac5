//! Real servers and real sidecars, with ways between them that can fail.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::{
    clocks::{self, Clocks},
    doors::Doors,
    servers::{Servers, Shape},
};
use crate::{harness::process::Served, proxy::Proxy};

pub(crate) const SIDECARS: usize = 3;
/// Time for a request, as the sidecars grant it to callers who set none.
pub(crate) const DEADLINE: Duration = Duration::from_millis(1500);
const RESTARTS_MAX: usize = 20;

/// Everything that can fail.
pub(crate) struct World {
    pub(crate) servers: Servers,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) sidecars: Vec<Option<Served>>,
    pub(crate) doors: Arc<Doors>,
    shape: Shape,
    clocks: Clocks,
    pub(crate) folder: TempDir,
}

impl World {
    /// Starts everything.
    pub(crate) async fn start(shape: Shape, clocks: Clocks) -> Self {
        // What a kill loses is the same; other work's disk is left alone, and leaves this alone.
        let fast = Path::new("/dev/shm");
        let folder = if fast.is_dir() { tempfile::tempdir_in(fast) } else { tempfile::tempdir() }.unwrap();
        let (servers, proxies) = Servers::start(shape, folder.path()).await;
        let sidecars = (0..SIDECARS).map(|_| None).collect();
        let doors = Arc::new(Doors::new());
        let mut world = Self { servers, proxies, sidecars, doors, shape, clocks, folder };
        world.servers.whole().await;
        for sidecar in 0..SIDECARS {
            world.launch(sidecar).await;
        }
        world
    }

    /// Starts a sidecar, again and again if need be: one that finds no Redis does not start.
    pub(crate) async fn launch(&mut self, sidecar: usize) {
        let url = self.servers.url(sidecar, &self.proxies);
        let journal = self.folder.path().join(format!("journal-{sidecar}")).display().to_string();
        let mut settings = vec![
            format!("store.journal={journal}"),
            format!("deadlines.request_default={}ms", DEADLINE.as_millis()),
            "deadlines.store_read=250ms".to_owned(),
            "deadlines.store_write=600ms".to_owned(),
            "store.durability_timeout=400ms".to_owned(),
        ];
        if self.shape.waits() {
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

    /// Sends a signal to a sidecar that runs.
    pub(crate) fn signal(&self, sidecar: usize, name: &str) {
        if let Some(served) = &self.sidecars[sidecar] {
            let id = served.id().to_string();
            let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
            assert!(sent.is_ok_and(|status| status.success()), "kill -{name}");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.sidecars.clear();
        self.doors.processes().into_iter().for_each(clocks::clear);
    }
}
