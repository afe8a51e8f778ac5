//! Real Redis clusters, and one that tests share.

use std::{
    process::Command,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ::redis::Value;
use tokio::sync::Mutex;

use crate::{
    proxy::Proxy,
    redis_server::{RedisServer, free_port},
};

/// Forming a cluster takes seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster of masters.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<RedisServer>,
    prefixes: AtomicUsize,
}

impl Cluster {
    /// Three masters that have all slots among them.
    pub(crate) async fn start() -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            nodes.push(node(&[]).await);
        }
        Self::of(nodes).await
    }

    /// Three masters and a replica of the first, each of which clients are told to find at a proxy.
    pub(crate) async fn behind_proxies() -> (Self, Vec<Proxy>) {
        let (mut nodes, mut proxies) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let proxy = Proxy::to(0).await;
            let node = node(&["--cluster-announce-port", &proxy.port().to_string()]).await;
            proxy.lead_to(node.port());
            nodes.push(node);
            proxies.push(proxy);
        }
        let Some(replica) = nodes.pop() else { panic!("no nodes") };
        let mut cluster = Self::of(nodes).await;
        let (new, known) = (host(&replica), host(&cluster.nodes[0]));
        let master = cluster.id(0).await;
        cli(&["--cluster", "add-node", &new, &known, "--cluster-slave", "--cluster-master-id", &master], &[])
            .await;
        cluster.nodes.push(replica);
        cluster.agrees().await;
        (cluster, proxies)
    }

    async fn of(nodes: Vec<RedisServer>) -> Self {
        let cluster = Self { nodes, prefixes: AtomicUsize::new(0) };
        let hosts: Vec<_> = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        cli(
            &[&["--cluster", "create"], hosts.iter().map(String::as_str).collect::<Vec<_>>().as_slice()]
                .concat(),
            &["--cluster-yes"],
        )
        .await;
        cluster.agrees().await;
        cluster
    }

    /// The cluster of all tests that leave it as it is; gone when none of them runs.
    pub(crate) async fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::const_new(Weak::new());
        let mut shared = SHARED.lock().await;
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Arc::new(Self::start().await);
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    /// A prefix that nobody else uses.
    pub(crate) fn prefix(&self) -> String {
        format!("t{}", self.prefixes.fetch_add(1, Ordering::SeqCst))
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// Adds a master without slots.
    pub(crate) async fn add(&mut self) {
        let new = node(&[]).await;
        let known = format!("127.0.0.1:{}", self.nodes[0].port());
        cli(&["--cluster", "add-node", &format!("127.0.0.1:{}", new.port()), &known], &[]).await;
        self.nodes.push(new);
        self.agrees().await;
    }

    /// The name of a node.
    pub(crate) async fn id(&self, node: usize) -> String {
        text(self.nodes[node].command(&["CLUSTER", "MYID"]).await)
    }

    /// Which node has a slot.
    pub(crate) async fn owner(&self, slot: u16) -> usize {
        for (place, node) in self.nodes.iter().enumerate() {
            let nodes = text(node.command(&["CLUSTER", "NODES"]).await);
            let own = nodes.lines().find(|line| line.contains("myself")).unwrap().to_owned();
            for field in own.split(' ').skip(8).filter(|field| !field.starts_with('[')) {
                let (first, last) = field.split_once('-').unwrap_or((field, field));
                if (first.parse::<u16>().unwrap()..=last.parse().unwrap()).contains(&slot) {
                    return place;
                }
            }
        }
        panic!("nobody has slot {slot}");
    }

    /// Moves a slot with its keys to another node, key by key, as tools do.
    pub(crate) async fn migrate(&self, slot: u16, to: usize, between_keys: impl AsyncFn()) {
        let from = self.owner(slot).await;
        let (name, target) = (slot.to_string(), self.nodes[to].port().to_string());
        let (from_id, to_id) = (self.id(from).await, self.id(to).await);
        let set = async |node: usize, words: &[&str]| {
            self.nodes[node].command(&[&["CLUSTER", "SETSLOT", &name], words].concat()).await;
        };
        set(to, &["IMPORTING", &from_id]).await;
        set(from, &["MIGRATING", &to_id]).await;
        let by = Instant::now() + PATIENCE;
        loop {
            between_keys().await;
            let keys = self.nodes[from].command(&["CLUSTER", "GETKEYSINSLOT", &name, "1"]).await;
            let Value::Array(keys) = keys else { panic!("{keys:?}") };
            let Some(key) = keys.into_iter().next() else { break };
            let mut connection = self.nodes[from].connection().await;
            let mut moving = redis::cmd("MIGRATE");
            moving.arg("127.0.0.1").arg(&target).arg(text(key)).arg(0).arg(5000);
            // One that thinks for a moment that the cluster is down takes no key; it is asked for the same one again.
            if let Err(error) = moving.query_async::<Value>(&mut connection).await {
                assert!(Instant::now() < by, "a key does not move: {error}");
            }
        }
        set(to, &["NODE", &to_id]).await;
        set(from, &["NODE", &to_id]).await;
        between_keys().await;
    }

    /// Waits until all nodes know of each other and of all slots.
    pub(crate) async fn agrees(&self) {
        let by = Instant::now() + PATIENCE;
        for node in &self.nodes {
            loop {
                let info = text(node.command(&["CLUSTER", "INFO"]).await);
                let known = format!("cluster_known_nodes:{}\r", self.nodes.len());
                if info.contains("cluster_state:ok")
                    && info.contains("cluster_slots_ok:16384")
                    && info.contains(&known)
                {
                    break;
                }
                assert!(Instant::now() < by, "{info}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

fn host(node: &RedisServer) -> String {
    format!("127.0.0.1:{}", node.port())
}

async fn node(more: &[&str]) -> RedisServer {
    // The default is a port that does not exist above 55,535.
    let bus = free_port().to_string();
    let cluster = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        &bus,
        "--cluster-node-timeout",
        "3000",
        "--repl-diskless-sync-delay",
        "0",
    ];
    RedisServer::with(&[&cluster, more].concat()).await
}

/// On a thread of its own: what it connects to may be a proxy of the same runtime.
async fn cli(words: &[&str], options: &[&str]) {
    let words: Vec<_> = words.iter().chain(options).map(|word| (*word).to_owned()).collect();
    let run = move || Command::new("redis-cli").args(words).output().expect("redis-cli is installed");
    let ran = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}

pub(crate) fn text(value: Value) -> String {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).unwrap(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text,
        other => panic!("{other:?}"),
    }
}
