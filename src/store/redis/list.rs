//! Listing contacts and other hashes: node by node, in the order Redis keeps its keys in.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use redis::Value;

use super::{
    Redis,
    answer::{bytes, items, text},
    fault::senseless,
    keys::Named,
    link::Wire,
};
use crate::{
    model::Time,
    store::{Cursor, Listing, StoreError},
};

impl Redis {
    pub(super) async fn list_contacts(
        &self,
        from: Option<Cursor>,
        limit: usize,
        now: Time,
    ) -> Result<Listing, StoreError> {
        let (found, next) = self.list_hashes(from, limit, &self.keys.contacts()).await?;
        let mut ids = Vec::with_capacity(found.len());
        for key in found {
            if let Some(Named::Contact(id)) = self.keys.named(&key) {
                ids.push(id);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let loaded = self.read_contacts(&ids, now).await;
        let contacts: Result<Vec<_>, _> =
            ids.into_iter().zip(loaded).map(|(id, loaded)| Ok((id, loaded?))).collect();
        Ok(Listing { contacts: contacts?, next })
    }

    /// Some hashes whose keys are like a pattern, and where it goes on.
    pub(super) async fn list_hashes(
        &self,
        from: Option<Cursor>,
        limit: usize,
        pattern: &str,
    ) -> Result<(Vec<Vec<u8>>, Option<Cursor>), StoreError> {
        let (nodes, slots) = self.nodes().await?;
        // When slots have another place now, what was on its way was passed by: everything is listed again.
        let from = from.map(|cursor| place(&cursor)).transpose()?.filter(|from| from.slots == slots);
        let (node, scan) = match from {
            Some(from) => (Some(from.node), from.scan),
            None => (nodes.first().cloned(), "0".to_owned()),
        };
        let Some(node) = node else { return Ok((Vec::new(), None)) };
        let mut cmd = redis::cmd("SCAN");
        cmd.arg(&scan).arg("MATCH").arg(pattern).arg("COUNT").arg(limit.max(1)).arg("TYPE").arg("hash");
        let mut parts = items(self.ask_node(&node, &cmd).await?)?.into_iter();
        let mut part = || parts.next().ok_or_else(|| senseless("scan"));
        let (next, found) = (text(part()?)?.ok_or_else(|| senseless("scan"))?, items(part()?)?);
        let mut keys = Vec::with_capacity(found.len());
        for key in found {
            keys.extend(bytes(key)?);
        }
        let next = if next == "0" {
            match nodes.into_iter().find(|other| *other > node) {
                Some(other) => Some(cursor(&other, "0", slots)),
                None if self.nodes().await?.1 == slots => None,
                None => Some(cursor(&node, "0", slots)),
            }
        } else {
            Some(cursor(&node, &next, slots))
        };
        Ok((keys, next))
    }

    /// The names of the masters, in order, and a number for who has which slots; one without a name for a single server.
    async fn nodes(&self) -> Result<(Vec<String>, u64), StoreError> {
        if !self.cluster {
            return Ok((vec![String::new()], 0));
        }
        let slots = self.ask(redis::cmd("CLUSTER").arg("SLOTS")).await?;
        let mut ranges = super::hear::masters(slots)?;
        ranges.sort();
        let mut hasher = DefaultHasher::new();
        ranges.hash(&mut hasher);
        let mut nodes: Vec<_> = ranges.into_iter().map(|(_, host, port)| format!("{host}:{port}")).collect();
        nodes.sort();
        nodes.dedup();
        Ok((nodes, hasher.finish()))
    }

    async fn ask_node(&self, node: &str, cmd: &redis::Cmd) -> Result<Value, StoreError> {
        use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
        match (self.link.wire(), node.rsplit_once(':')) {
            (Some(Wire::Cluster(mut connection)), Some((host, port))) => {
                let port = port.parse().map_err(|_| senseless("node"))?;
                let there = SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port };
                let answer = connection.route_command(cmd.clone(), RoutingInfo::SingleNode(there)).await;
                answer.map_err(|error| super::fault::of_read(&error))
            }
            _ => self.ask(cmd).await,
        }
    }
}

/// Where a listing goes on.
struct Place {
    node: String,
    scan: String,
    slots: u64,
}

fn cursor(node: &str, scan: &str, slots: u64) -> Cursor {
    Cursor(format!("{scan} {slots:016x} {node}").into_bytes())
}

fn place(cursor: &Cursor) -> Result<Place, StoreError> {
    let wrong = || StoreError::Corrupt("a listing goes on where none stopped".to_owned());
    let text = std::str::from_utf8(&cursor.0).map_err(|_| wrong())?;
    let (scan, rest) = text.split_once(' ').ok_or_else(wrong)?;
    let (slots, node) = rest.split_once(' ').ok_or_else(wrong)?;
    let slots = u64::from_str_radix(slots, 16).map_err(|_| wrong())?;
    Ok(Place { node: node.to_owned(), scan: scan.to_owned(), slots })
}
