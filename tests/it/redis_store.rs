//! What only the Redis store does: hearing of others' writes, keeping its connections up, telling what is wrong.

mod access;
mod cluster;
mod damaged;
mod delay;
mod hearing;
mod lost;
mod refused;
mod sentinel;
mod tls;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use sendgate::{
    cache::Cache,
    clock,
    model::Time,
    store::{
        Commit, Committed, ContactId, Ear, Store, StoreError,
        redis::{Options, Redis, Target},
    },
};

use crate::{
    conformance::{at, commit},
    redis_server::RedisServer,
};

/// Nothing here takes this long unless it never happens.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long memory is trusted at most, in all of these tests.
const TRUST: Duration = Duration::from_millis(350);

/// What an ear was told.
#[derive(Debug, Default)]
struct Recorder(Mutex<Told>);

#[derive(Clone, Debug, Default)]
struct Told {
    changed: BTreeMap<ContactId, usize>,
    learned: usize,
    deaf: usize,
    heard: usize,
    until: Option<Instant>,
    /// How long each question took.
    asked: Vec<Duration>,
}

impl Recorder {
    fn told(&self) -> Told {
        self.0.lock().unwrap().clone()
    }

    fn changed(&self, id: ContactId) -> usize {
        self.told().changed.get(&id).copied().unwrap_or_default()
    }

    fn hears(&self) -> bool {
        self.told().until.is_some_and(|until| clock::monotonic() < until)
    }
}

impl Ear for Recorder {
    fn changed(&self, id: ContactId) {
        *self.0.lock().unwrap().changed.entry(id).or_default() += 1;
    }

    fn learned(&self) {
        self.0.lock().unwrap().learned += 1;
    }

    fn deaf(&self) {
        let mut told = self.0.lock().unwrap();
        told.deaf += 1;
        told.until = None;
    }

    fn heard(&self, until: Instant) {
        let mut told = self.0.lock().unwrap();
        told.heard += 1;
        told.until = Some(until);
    }

    fn asked(&self, took: Duration) {
        self.0.lock().unwrap().asked.push(took);
    }
}

/// A store with a memory of its own before it, read as a sidecar reads.
struct Side {
    store: Arc<Redis>,
    cache: Arc<Cache>,
}

impl Side {
    /// Opens a store and waits until it hears.
    async fn open(url: &str) -> Self {
        Self::with(url, options()).await
    }

    async fn with(url: &str, options: Options) -> Self {
        let side = Self::deaf(url, options).await;
        side.hears().await;
        side
    }

    /// Opens a store that may hear or not.
    async fn deaf(url: &str, options: Options) -> Self {
        let store = Arc::new(open(url, options).await.unwrap());
        let cache = Arc::new(Cache::new(sendgate::cache::Bounds { contacts: 100_000, memory: 1 << 30 }));
        store.listen(Arc::clone(&cache) as Arc<dyn Ear>);
        Self { store, cache }
    }

    async fn hears(&self) {
        until("memory is trusted", || self.cache.is_trusted()).await;
    }

    /// The version of a contact, from memory if it is there and trusted.
    async fn version(&self, id: ContactId) -> Result<u64, StoreError> {
        // Neither an answer from memory nor a failure without a connection waits for anything.
        tokio::task::yield_now().await;
        if let Some(loaded) = self.cache.get(id) {
            return Ok(loaded.version);
        }
        let stamp = self.cache.stamp(id);
        let loaded = Arc::new(self.store.load(id, at(0)).await?);
        self.cache.insert(id, stamp, Arc::clone(&loaded));
        Ok(loaded.version)
    }

    /// The version that memory answers with, if it does.
    fn remembers(&self, id: ContactId) -> Option<u64> {
        self.cache.get(id).map(|loaded| loaded.version)
    }

    /// Reads contacts into memory until it answers for them.
    async fn learn(&self, id: ContactId) {
        let by = Instant::now() + PATIENCE;
        while self.remembers(id).is_none() {
            assert!(Instant::now() < by, "memory never answers");
            drop(self.version(id).await);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn options() -> Options {
    Options { trust: TRUST, ..Options::default() }
}

async fn open(url: &str, options: Options) -> Result<Redis, StoreError> {
    Redis::open(Target::parse(url).unwrap(), options).await
}

/// Waits until something is true.
#[track_caller]
fn until(what: &str, is: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let what = what.to_owned();
    async move {
        let by = Instant::now() + PATIENCE;
        while !is() {
            assert!(Instant::now() < by, "{caller}: never: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Writes a contact once more, whatever its version; the version after.
async fn write(store: &Redis, id: ContactId) -> u64 {
    let version = store.load(id, at(0)).await.unwrap().version;
    let done = store.commit(commit(id, version)).await.unwrap();
    assert_eq!(done, Committed::Done(version + 1));
    version + 1
}

/// Ends the connections of a server over which somebody listens.
async fn kill_listeners(server: &RedisServer) {
    let ::redis::Value::BulkString(clients) = server.command(&["CLIENT", "LIST"]).await else {
        panic!("no clients")
    };
    let clients = String::from_utf8(clients).unwrap();
    let listens =
        |line: &&str| line.split(' ').any(|field| field.starts_with("flags=") && field.contains('B'));
    let mut killed = 0;
    for client in clients.lines().filter(listens) {
        let number = client.strip_prefix("id=").unwrap().split(' ').next().unwrap();
        server.command(&["CLIENT", "KILL", "ID", number]).await;
        killed += 1;
    }
    assert!(killed > 0, "nobody listens: {clients}");
}
