//! Listing contacts: node by node, in the order Redis keeps its keys in.

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
        let from = from.map(|cursor| place(&cursor)).transpose()?;
        let nodes = self.nodes().await?;
        let (node, scan) = match from {
            Some((node, scan)) => (Some(node), scan),
            None => (nodes.first().cloned(), "0".to_owned()),
        };
        let Some(node) = node else { return Ok(Listing::default()) };
        let mut cmd = redis::cmd("SCAN");
        cmd.arg(&scan)
            .arg("MATCH")
            .arg(self.keys.contacts())
            .arg("COUNT")
            .arg(limit.max(1))
            .arg("TYPE")
            .arg("hash");
        let mut parts = items(self.ask_node(&node, &cmd).await?)?.into_iter();
        let mut part = || parts.next().ok_or_else(|| senseless("scan"));
        let (next, found) = (text(part()?)?.ok_or_else(|| senseless("scan"))?, items(part()?)?);
        let mut ids = Vec::with_capacity(found.len());
        for key in found {
            if let Some(Named::Contact(id)) = bytes(key)?.and_then(|key| self.keys.named(&key)) {
                ids.push(id);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let loaded = self.read_contacts(&ids, now).await;
        let contacts: Result<Vec<_>, _> =
            ids.into_iter().zip(loaded).map(|(id, loaded)| Ok((id, loaded?))).collect();
        let next = if next == "0" {
            nodes.into_iter().find(|other| *other > node).map(|other| cursor(&other, "0"))
        } else {
            Some(cursor(&node, &next))
        };
        Ok(Listing { contacts: contacts?, next })
    }

    /// The names of the masters, in order; one without a name for a single server.
    async fn nodes(&self) -> Result<Vec<String>, StoreError> {
        if !self.cluster {
            return Ok(vec![String::new()]);
        }
        let slots = self.ask(redis::cmd("CLUSTER").arg("SLOTS")).await?;
        let mut nodes = super::hear::masters(slots)?;
        nodes.sort();
        nodes.dedup();
        Ok(nodes.into_iter().map(|(host, port)| format!("{host}:{port}")).collect())
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

fn cursor(node: &str, scan: &str) -> Cursor {
    Cursor(format!("{scan} {node}").into_bytes())
}

fn place(cursor: &Cursor) -> Result<(String, String), StoreError> {
    let wrong = || StoreError::Corrupt("a listing goes on where none stopped".to_owned());
    let text = std::str::from_utf8(&cursor.0).map_err(|_| wrong())?;
    let (scan, node) = text.split_once(' ').ok_or_else(wrong)?;
    Ok((node.to_owned(), scan.to_owned()))
}
