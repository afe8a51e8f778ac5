//! Listening to every master of a cluster, whichever they are.
//!
//! A master without slots is listened to as well: it may be about to receive some. Whenever the nodes or their slots
//! change, nothing remembered is trusted until all of them are heard again.

use std::{collections::BTreeMap, sync::Arc};

use redis::{ConnectionInfo, Value};
use tokio::{task::JoinSet, time::sleep};

use super::{Hearing, node};
use crate::store::{
    StoreError,
    redis::{answer, fault::senseless, pauses::Pauses, target},
};

/// Keeps one listener for each master.
pub(super) async fn oversee(hearing: Arc<Hearing>) {
    let mut known = String::new();
    let mut listeners = JoinSet::new();
    loop {
        if let Some((text, masters)) = topology(&hearing).await
            && text != known
        {
            known = text;
            listeners.abort_all();
            listeners = JoinSet::new();
            hearing.expect(masters.keys().cloned());
            for (name, info) in masters {
                let hearing = Arc::clone(&hearing);
                listeners.spawn(async move {
                    let mut pauses = Pauses::default();
                    loop {
                        if node::listen(&hearing, &name, &info).await {
                            pauses = Pauses::default();
                        }
                        hearing.lost(&name);
                        sleep(pauses.next()).await;
                    }
                });
            }
        }
        sleep(hearing.heartbeat).await;
    }
}

/// What identifies the nodes and their slots, and the masters by name.
async fn topology(hearing: &Hearing) -> Option<(String, BTreeMap<String, ConnectionInfo>)> {
    let like = hearing.connector.any_node()?;
    let answer = hearing.link.run(redis::cmd("CLUSTER").arg("NODES")).await.ok()?;
    let text = answer::text(answer).ok()??;
    let (mut seen, mut found) = (Vec::new(), BTreeMap::new());
    for line in text.lines() {
        let mut fields = line.split(' ');
        let (Some(name), Some(address), Some(flags)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let slots = fields.skip(5).collect::<Vec<_>>().join(" ");
        let has = |wanted: &str| flags.split(',').any(|flag| flag == wanted);
        let address = address.split(['@', ',']).next().unwrap_or_default();
        seen.push(format!("{name} {address} {} {slots}", flags.replace("myself,", "")));
        if !has("master") || has("fail") || has("handshake") || has("noaddr") {
            continue;
        }
        let (host, port) = address.rsplit_once(':')?;
        let host = if host.is_empty() { host_of(&like)? } else { host.to_owned() };
        found.insert(name.to_owned(), target::at(&like, &host, port.parse().ok()?));
    }
    seen.sort();
    (!found.is_empty()).then(|| (seen.join("\n"), found))
}

fn host_of(info: &ConnectionInfo) -> Option<String> {
    match info.addr() {
        redis::ConnectionAddr::Tcp(host, _) | redis::ConnectionAddr::TcpTls { host, .. } => Some(host.clone()),
        _ => None,
    }
}

/// Hosts and ports of the masters in an answer to `CLUSTER SLOTS`.
pub(in crate::store::redis) fn masters(slots: Value) -> Result<Vec<(String, u16)>, StoreError> {
    let mut found = Vec::new();
    for range in answer::items(slots)? {
        let master = answer::items(range)?.into_iter().nth(2).ok_or_else(|| senseless("cluster"))?;
        let mut parts = answer::items(master)?.into_iter();
        let host = parts.next().map(answer::text).transpose()?.flatten().ok_or_else(|| senseless("cluster"))?;
        let port = parts.next().map(answer::number).transpose()?.ok_or_else(|| senseless("cluster"))?;
        found.push((host, u16::try_from(port).map_err(|_| senseless("cluster"))?));
    }
    Ok(found)
}
