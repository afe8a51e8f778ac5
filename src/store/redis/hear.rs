//! Hearing of what others write: one connection of our own to each master, with tracking in broadcast mode.
//!
//! A connection that is silently dead hears nothing, so it is asked for a sign of life again and again, and what it
//! heard counts only for a while after the *question* of its last answer was sent. Whatever was acknowledged before
//! that question has been heard; hence nothing remembered is trusted for longer than `trust` after a write that was
//! missed. Whenever writes may have been missed, everything remembered is distrusted at once.

mod cluster;
mod node;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{PushInfo, PushKind, Value};

use super::{
    Redis,
    connect::Connector,
    keys::{Keys, Named},
    link::Link,
};
use crate::store::Ear;
pub(super) use cluster::masters;

/// What every listening task shares.
struct Hearing {
    ear: Arc<dyn Ear>,
    connector: Arc<Connector>,
    link: Arc<Link>,
    keys: Keys,
    heartbeat: Duration,
    trust: Duration,
    /// Until when what each master told is known to be all; none while it is not heard.
    nodes: Mutex<BTreeMap<String, Option<Instant>>>,
}

impl Redis {
    /// Starts to listen, for as long as the store is open.
    pub(super) fn hear(&self, ear: Arc<dyn Ear>) {
        // Nothing is heard yet.
        ear.deaf();
        let hearing = Arc::new(Hearing {
            ear,
            connector: Arc::clone(&self.connector),
            link: Arc::clone(&self.link),
            keys: self.keys.clone(),
            heartbeat: self.options.heartbeat,
            trust: self.options.trust,
            nodes: Mutex::default(),
        });
        if self.cluster {
            self.spawn(cluster::oversee(hearing));
        } else {
            hearing.expect([String::new()]);
            self.spawn(node::listen_to_master(hearing));
        }
    }
}

impl Hearing {
    /// From now on these masters, and no others, must be heard.
    fn expect(&self, nodes: impl IntoIterator<Item = String>) {
        let mut expected = self.lock();
        *expected = nodes.into_iter().map(|node| (node, None)).collect();
        self.ear.deaf();
    }

    /// A master answered a question that was sent at some instant.
    fn beat(&self, node: &str, asked: Instant) {
        let mut nodes = self.lock();
        let Some(until) = nodes.get_mut(node) else { return };
        *until = asked.checked_add(self.trust);
        let all: Option<Vec<Instant>> = nodes.values().copied().collect();
        // Told under the lock: a master that is lost meanwhile must not be followed by a promise made before.
        if let Some(first) = all.and_then(|all| all.into_iter().min()) {
            self.ear.heard(first);
        }
    }

    /// A master may have told something that did not arrive.
    fn lost(&self, node: &str) {
        let mut nodes = self.lock();
        if let Some(until) = nodes.get_mut(node) {
            *until = None;
            self.ear.deaf();
        }
    }

    /// Takes what a server pushed. Runs inside the connection's own task: notes, and nothing else.
    fn pushed(&self, node: &str, push: PushInfo) {
        match push.kind {
            PushKind::Disconnection => self.lost(node),
            PushKind::Invalidate => {
                for value in push.data {
                    match value {
                        Value::Array(keys) => keys.into_iter().for_each(|key| self.written(key)),
                        // The whole database was flushed.
                        _ => self.ear.deaf(),
                    }
                }
            }
            _ => {}
        }
    }

    fn written(&self, key: Value) {
        let named = match key {
            Value::BulkString(key) => self.keys.named(&key),
            Value::SimpleString(key) => self.keys.named(key.as_bytes()),
            _ => None,
        };
        match named {
            Some(Named::Contact(id)) => self.ear.changed(id),
            Some(Named::Registry) => self.ear.learned(),
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Option<Instant>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
