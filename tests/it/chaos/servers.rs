//! What stands behind the sidecars: one Redis, a master with its replica, or a cluster.

use std::{path::Path, time::Duration};

use redis::{Role, Value};

use super::{draw::Draw, world::SIDECARS};
use crate::{
    proxy::Proxy,
    redis_cluster::{Cluster, text},
    redis_server::RedisServer,
};

/// Slots moved at once.
const SLOTS: usize = 6;
/// A replica that is asked to takes the place of its master within this time, or does not.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Alone,
    /// With a replica that writes wait for.
    Replica,
    /// Three masters, one with a replica.
    Cluster,
}

pub(crate) enum Servers {
    One { master: RedisServer, replica: Option<RedisServer> },
    Cluster(Cluster),
}

impl Shape {
    /// Of three runs one has a replica, and one of eight is on a cluster.
    pub(crate) fn of(seed: u64) -> Self {
        match (seed % 8, seed % 3) {
            (0, _) => Self::Cluster,
            (_, 2) => Self::Replica,
            _ => Self::Alone,
        }
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
        let place = |name: &str| {
            let path = folder.join(name);
            std::fs::create_dir(&path).unwrap();
            path.display().to_string()
        };
        let (first, second) = (place("redis"), place("replica"));
        let settings = |place| ["--repl-diskless-sync-delay", "0", "--dir", place];
        let master = RedisServer::with(&settings(&first)).await;
        let mut replica = None;
        if shape == Shape::Replica {
            replica = Some(RedisServer::following(master.port(), &settings(&second)).await);
        }
        for _ in 0..SIDECARS {
            proxies.push(Proxy::to(master.port()).await);
        }
        (Self::One { master, replica }, proxies)
    }

    /// What a sidecar is given.
    pub(crate) fn url(&self, sidecar: usize, proxies: &[Proxy]) -> String {
        match self {
            Self::One { .. } => proxies[sidecar].url(),
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
            Self::Cluster(cluster) => &mut cluster.nodes[place],
        }
    }

    /// The replica that writes wait for.
    pub(crate) fn replica(&mut self) -> Option<&mut RedisServer> {
        match self {
            Self::One { replica, .. } => replica.as_mut(),
            Self::Cluster(_) => None,
        }
    }

    /// The replica takes the place of its master, which is dead; what leads to Redis leads there from now on.
    pub(crate) async fn fail_over(&mut self, proxies: &[Proxy]) {
        let Self::One { master, replica: Some(replica) } = self else { return };
        replica.promote().await;
        std::mem::swap(master, replica);
        for proxy in proxies {
            proxy.lead_to(master.port());
        }
    }

    /// The dead master comes back, as the replica of who took its place.
    pub(crate) async fn come_back(&mut self) {
        if let Self::One { master, replica: Some(replica) } = self {
            replica.follow(master.port()).await;
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

    /// Waits until a replica that was away has what the master has, and a cluster knows itself to be whole: until then
    /// not every write can be confirmed.
    pub(crate) async fn whole(&self) {
        match self {
            Self::One { replica: None, .. } => {}
            Self::One { master, .. } => {
                let mut connection = master.connection().await;
                for _ in 0..200 {
                    let mut both = redis::pipe();
                    both.cmd("SET").arg("unrelated").arg(1).ignore().cmd("WAIT").arg(1).arg(100);
                    if both
                        .query_async::<(u64,)>(&mut connection)
                        .await
                        .is_ok_and(|(replicas,)| replicas == 1)
                    {
                        return;
                    }
                }
                panic!("the replica does not follow");
            }
            Self::Cluster(cluster) => cluster.agrees().await,
        }
    }
}

async fn is_master(node: &RedisServer) -> bool {
    let role = redis::from_redis_value::<Role>(node.command(&["ROLE"]).await);
    matches!(role, Ok(Role::Primary { .. }))
}
