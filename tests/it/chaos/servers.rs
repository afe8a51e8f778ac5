//! What stands behind the sidecars: one Redis, a master with its replica, which sentinels may watch, or a cluster.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use redis::{Role, Value};

use super::{draw::Draw, world::SIDECARS};
use crate::{
    proxy::Proxy,
    proxy::Way,
    redis_cluster::{Cluster, text},
    redis_sentinel::Watched,
    redis_server::RedisServer,
};

/// Slots moved at once.
const SLOTS: usize = 6;
/// Sentinels wait so long before they switch once more.
const SWITCHES_AGAIN: Duration = Duration::from_secs(3);
/// The masters of a cluster have voted by then.
const VOTED: Duration = Duration::from_secs(90);
/// A replica that is asked to takes the place of its master within this time, or does not.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Alone,
    /// With a replica that writes wait for.
    Replica,
    /// With a replica that nobody waits for: a failover may lose what was acknowledged.
    Forgetful,
    /// With a replica that writes wait for, and sentinels that make it the master.
    Sentinel,
    /// Three masters, one with a replica.
    Cluster,
}

pub(crate) enum Servers {
    One { master: RedisServer, replica: Option<RedisServer>, copying: Option<Proxy> },
    Watched(Box<Watched>),
    Cluster(Cluster),
}

impl Shape {
    /// Of eight runs one is on a cluster, one forgets, and every other time one has sentinels; of the rest one in three
    /// has a replica.
    pub(crate) fn of(seed: u64) -> Self {
        match (seed % 16, seed % 3) {
            (0 | 8, _) => Self::Cluster,
            (4 | 12, _) => Self::Forgetful,
            (6, _) => Self::Sentinel,
            (_, 2) => Self::Replica,
            _ => Self::Alone,
        }
    }

    /// Writes are acknowledged once a replica has them.
    pub(crate) fn waits(self) -> bool {
        matches!(self, Self::Replica | Self::Sentinel)
    }
}

impl Servers {
    /// Starts servers, and the ways to them: one for each sidecar, or in a cluster one for each node.
    pub(crate) async fn start(shape: Shape, folder: &Path) -> (Self, Vec<Proxy>) {
        let mut proxies = Vec::new();
        if shape == Shape::Cluster {
            let (cluster, proxies) = Cluster::behind_proxies().await;
            return (Self::Cluster(cluster), proxies);
        }
        if shape == Shape::Sentinel {
            // Sentinel tells where the master is: there is no way there that could be cut.
            return (Self::Watched(Box::new(Watched::new(SWITCHES_AGAIN).await)), proxies);
        }
        let place = |name: &str| {
            let path = folder.join(name);
            std::fs::create_dir(&path).unwrap();
            path.display().to_string()
        };
        let (first, second) = (place("redis"), place("replica"));
        let settings = |place| ["--repl-diskless-sync-delay", "0", "--dir", place];
        let master = RedisServer::with(&settings(&first)).await;
        let (mut replica, mut copying) = (None, None);
        if shape == Shape::Forgetful {
            let way = Proxy::to(master.port()).await;
            replica = Some(RedisServer::following(way.port(), &settings(&second)).await);
            copying = Some(way);
        } else if shape == Shape::Replica {
            replica = Some(RedisServer::following(master.port(), &settings(&second)).await);
        }
        for _ in 0..SIDECARS {
            proxies.push(Proxy::to(master.port()).await);
        }
        (Self::One { master, replica, copying }, proxies)
    }

    /// What a sidecar is given.
    pub(crate) fn url(&self, sidecar: usize, proxies: &[Proxy]) -> String {
        match self {
            Self::One { .. } => proxies[sidecar].url(),
            Self::Watched(watched) => watched.url(),
            Self::Cluster(_) => {
                let hosts: Vec<_> =
                    proxies.iter().map(|proxy| format!("127.0.0.1:{}", proxy.port())).collect();
                format!("redis+cluster://{}", hosts.join(","))
            }
        }
    }

    /// The master there is, or one of the nodes of a cluster.
    pub(crate) fn one(&mut self, place: usize) -> &mut RedisServer {
        match self {
            Self::One { master, .. } => master,
            Self::Watched(watched) => &mut watched.master,
            Self::Cluster(cluster) => &mut cluster.nodes[place],
        }
    }

    /// The replica.
    pub(crate) fn replica(&mut self) -> Option<&mut RedisServer> {
        match self {
            Self::One { replica, .. } => replica.as_mut(),
            Self::Watched(watched) => Some(&mut watched.replica),
            Self::Cluster(_) => None,
        }
    }

    /// From now on the replica gets nothing of what is written.
    pub(crate) fn stop_copying(&self) {
        if let Self::One { copying: Some(copying), .. } = self {
            copying.set(Way { no_questions: true, no_answers: true, ..Way::default() });
        }
    }

    /// Sentinels find out by themselves what was done to their master.
    pub(crate) async fn lose_master(&mut self, how: impl FnOnce(&mut RedisServer)) {
        let Self::Watched(watched) = self else { return };
        watched.can_be_switched().await;
        how(&mut watched.master);
        watched.is_switched().await;
    }

    /// Sentinels are asked to make another master.
    pub(crate) async fn switch(&mut self) {
        let Self::Watched(watched) = self else { return };
        watched.can_be_switched().await;
        if watched.ask_for_a_switch().await {
            watched.is_switched().await;
        }
    }

    /// The replica takes the place of its master, which is dead; what leads to Redis leads there from now on.
    pub(crate) async fn fail_over(&mut self, proxies: &[Proxy]) {
        let Self::One { master, replica: Some(replica), copying } = self else { return };
        replica.promote().await;
        std::mem::swap(master, replica);
        if let Some(copying) = copying {
            copying.lead_to(master.port());
            copying.cut();
            copying.set(Way::default());
        }
        for proxy in proxies {
            proxy.lead_to(master.port());
        }
    }

    /// The dead master comes back, as the replica of who took its place.
    pub(crate) async fn come_back(&mut self) {
        match self {
            Self::One { master, replica: Some(replica), copying } => {
                let port = copying.as_ref().map_or(master.port(), Proxy::port);
                replica.follow(port).await;
            }
            Self::Watched(watched) => watched.replica.follow(watched.master.port()).await,
            Self::One { .. } | Self::Cluster(_) => {}
        }
    }

    /// Moves slots with people in them from one master to another while they are spoken of.
    pub(crate) async fn move_slots(&self, draw: &mut Draw) {
        let Self::Cluster(cluster) = self else { return };
        let mut masters = Vec::new();
        for (place, node) in cluster.nodes.iter().enumerate() {
            if is_master(node).await {
                masters.push(place);
            }
        }
        for _ in 0..SLOTS {
            let from = draw.one(&masters);
            let Value::Array(mut keys) = cluster.nodes[from].command(&["KEYS", "sg:c:*"]).await else {
                return;
            };
            if keys.is_empty() {
                continue;
            }
            let key = text(keys.swap_remove(draw.below(keys.len())));
            let slot = cluster.nodes[from].command(&["CLUSTER", "KEYSLOT", &key]).await;
            let (Value::Int(slot), to) = (slot, draw.one(&masters)) else { return };
            if to != from {
                let slot = u16::try_from(slot).unwrap();
                cluster.migrate(slot, to, async || tokio::time::sleep(Duration::from_millis(20)).await).await;
            }
        }
    }

    /// The replica of a cluster takes the place of its master, which hands over and becomes its replica.
    pub(crate) async fn hand_over(&self) {
        let Self::Cluster(cluster) = self else { return };
        for node in &cluster.nodes {
            if is_master(node).await {
                continue;
            }
            let mut connection = node.connection().await;
            // Refused while it does not follow its master.
            let mut ask = redis::cmd("CLUSTER");
            drop(ask.arg("FAILOVER").query_async::<Value>(&mut connection).await);
            let taken = async {
                while !is_master(node).await {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            drop(tokio::time::timeout(PATIENCE, taken).await);
            return;
        }
    }

    /// The master of a cluster that has a replica dies; the others vote for the replica.
    pub(crate) async fn replace_node(&mut self, proxies: &[Proxy]) {
        let Self::Cluster(cluster) = self else { return };
        let mut following = None;
        for (place, node) in cluster.nodes.iter().enumerate() {
            if let Some(port) = followed(node).await {
                // As others know it: by the way to it.
                let master = proxies.iter().position(|proxy| proxy.port() == port);
                following = master.map(|master| (place, master));
            }
        }
        let Some((replica, master)) = following else { return };
        cluster.nodes[master].kill();
        let taken = async {
            while !is_master(&cluster.nodes[replica]).await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(VOTED, taken).await.is_ok(), "nobody votes for the replica");
    }

    /// Starts every node again that is dead.
    pub(crate) async fn raise(&mut self) {
        let Self::Cluster(cluster) = self else { return };
        for node in cluster.nodes.iter_mut().filter(|node| node.is_dead()) {
            node.restart().await;
        }
    }

    /// Waits until a replica that was away has what the master has, and a cluster knows itself to be whole: until then
    /// not every write can be confirmed.
    pub(crate) async fn whole(&self) {
        match self {
            Self::One { replica: None, .. } => {}
            Self::One { master, .. } => is_followed(master).await,
            Self::Watched(watched) => is_followed(&watched.master).await,
            Self::Cluster(cluster) => {
                cluster.agrees().await;
                let by = Instant::now() + VOTED;
                for node in &cluster.nodes {
                    while !is_master(node).await && followed(node).await.is_none() {
                        assert!(Instant::now() < by, "a replica does not follow");
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            }
        }
    }
}

/// The port of the master that a replica keeps up with.
async fn followed(node: &RedisServer) -> Option<u16> {
    match redis::from_redis_value::<Role>(node.command(&["ROLE"]).await) {
        Ok(Role::Replica { primary_port, replication_state, .. }) if replication_state == "connected" => {
            Some(primary_port)
        }
        Ok(_) | Err(_) => None,
    }
}

async fn is_followed(master: &RedisServer) {
    let by = Instant::now() + VOTED;
    while Instant::now() < by {
        // Sentinels close the connections of a server whose role they change, this one too.
        let mut connection = master.connection().await;
        let mut both = redis::pipe();
        both.cmd("SET").arg("unrelated").arg(1).ignore().cmd("WAIT").arg(1).arg(100);
        if both.query_async::<(u64,)>(&mut connection).await.is_ok_and(|(replicas,)| replicas == 1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the replica does not follow");
}

async fn is_master(node: &RedisServer) -> bool {
    let role = redis::from_redis_value::<Role>(node.command(&["ROLE"]).await);
    matches!(role, Ok(Role::Primary { .. }))
}
