//! Listening to every master of a cluster, whichever they are.
//!
//! A master without slots is listened to as well: it may be about to receive some. Which masters there are is asked of
//! any node; that they have all slots among them each says of itself.

use std::{collections::BTreeMap, sync::Arc};

use redis::{ConnectionInfo, Value};
use tokio::{task::JoinHandle, time::sleep};

use super::{Hearing, node};
use crate::store::{
    StoreError,
    redis::{answer, fault::senseless, pauses::Pauses, target},
};

/// A task that listens to one master, and where; it ends with its handle.
struct Listener {
    place: String,
    task: JoinHandle<()>,
}

/// Keeps one listener for each master.
pub(super) async fn oversee(hearing: Arc<Hearing>) {
    let mut listeners: BTreeMap<String, Listener> = BTreeMap::new();
    loop {
        if let Some(masters) = masters_now(&hearing).await {
            let is_same = |name: &String, place: &str| {
                masters.get(name).is_some_and(|info| info.addr().to_string() == place)
            };
            let before = listeners.len();
            listeners.retain(|name, listener| is_same(name, &listener.place));
            if before != listeners.len() || masters.len() != listeners.len() {
                let names: Vec<String> = masters.keys().cloned().collect();
                hearing.expect(&names);
            }
            for (name, info) in masters {
                listeners.entry(name.clone()).or_insert_with(|| listener(&hearing, name, info));
            }
        }
        sleep(hearing.heartbeat).await;
    }
}

fn listener(hearing: &Arc<Hearing>, name: String, info: ConnectionInfo) -> Listener {
    let (hearing, place) = (Arc::clone(hearing), info.addr().to_string());
    let task = tokio::spawn(async move {
        let mut pauses = Pauses::default();
        loop {
            if node::listen(&hearing, &name, &info).await {
                pauses = Pauses::default();
            }
            hearing.lost(&name);
            sleep(pauses.next()).await;
        }
    });
    Listener { place, task }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The masters by name, as any node knows them.
async fn masters_now(hearing: &Hearing) -> Option<BTreeMap<String, ConnectionInfo>> {
    let like = hearing.connector.any_node()?;
    let answer = hearing.link.run(redis::cmd("CLUSTER").arg("NODES")).await.ok()?;
    let text = answer::text(answer).ok()??;
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let mut fields = line.split(' ');
        let (Some(name), Some(address), Some(flags)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let has = |wanted: &str| flags.split(',').any(|flag| flag == wanted);
        if !has("master") || has("fail") || has("handshake") || has("noaddr") {
            continue;
        }
        let address = address.split(['@', ',']).next().unwrap_or_default();
        let (host, port) = address.rsplit_once(':')?;
        let host = if host.is_empty() { host_of(&like)? } else { host.to_owned() };
        found.insert(name.to_owned(), target::at(&like, &host, port.parse().ok()?));
    }
    (!found.is_empty()).then_some(found)
}

fn host_of(info: &ConnectionInfo) -> Option<String> {
    match info.addr() {
        redis::ConnectionAddr::Tcp(host, _) | redis::ConnectionAddr::TcpTls { host, .. } => {
            Some(host.clone())
        }
        _ => None,
    }
}

/// First and last slot, and the host and port of their master.
pub(in crate::store::redis) type Range = ((u64, u64), String, u16);

/// The ranges of slots in an answer to `CLUSTER SLOTS`, each with the host and port of its master.
pub(in crate::store::redis) fn masters(slots: Value) -> Result<Vec<Range>, StoreError> {
    let mut found = Vec::new();
    for range in answer::items(slots)? {
        let mut parts = answer::items(range)?.into_iter();
        let mut part = || parts.next().ok_or_else(|| senseless("cluster"));
        let range = (answer::number(part()?)?, answer::number(part()?)?);
        let mut master = answer::items(part()?)?.into_iter();
        let mut part = || master.next().ok_or_else(|| senseless("cluster"));
        let host = answer::text(part()?)?.ok_or_else(|| senseless("cluster"))?;
        let port = u16::try_from(answer::number(part()?)?).map_err(|_| senseless("cluster"))?;
        found.push((range, host, port));
    }
    Ok(found)
}
