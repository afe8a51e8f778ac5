//! Hearing of what others write: one connection of our own to each master, with tracking in broadcast mode.
//!
//! A connection that is silently dead hears nothing, so it is asked for a sign of life again and again, and what it
//! heard counts only for a while after the *question* of its last answer was sent. Whatever was acknowledged before
//! that question has been heard; hence nothing remembered is trusted for longer than `trust` after a write that was
//! missed. Whenever writes may have been missed, everything remembered is distrusted at once.

mod cluster;
mod node;
mod view;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
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
use view::View;

/// What every listening task shares.
struct Hearing {
    ear: Arc<dyn Ear>,
    connector: Arc<Connector>,
    link: Arc<Link>,
    keys: Keys,
    heartbeat: Duration,
    trust: Duration,
    cluster: bool,
    nodes: Mutex<Nodes>,
    /// The connection for commands that there was at the last beat.
    linked: AtomicU64,
    /// That a server tells of no writes was said, and not all were heard since.
    told: AtomicBool,
}

/// The masters that must be heard, by name.
#[derive(Default)]
struct Nodes {
    each: BTreeMap<String, Node>,
    /// True while they have all slots among them, as each said of itself. A single server has no slots to tell of.
    whole: bool,
}

#[derive(Default)]
struct Node {
    /// Until when what it told is known to be all; none while it is not heard.
    until: Option<Instant>,
    /// What it said of itself last.
    view: View,
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
            cluster: self.cluster,
            nodes: Mutex::default(),
            linked: AtomicU64::new(0),
            told: AtomicBool::new(false),
        });
        if self.cluster {
            self.spawn(cluster::oversee(hearing));
        } else {
            hearing.expect(&[String::new()]);
            self.spawn(node::listen_to_master(hearing));
        }
    }
}

impl Hearing {
    /// From now on these masters, and no others, must be heard.
    fn expect(&self, names: &[String]) {
        let mut nodes = self.lock();
        nodes.each.retain(|name, _| names.contains(name));
        for name in names {
            nodes.each.entry(name.clone()).or_default();
        }
        self.look_for_slots(&mut nodes);
        self.deaf();
    }

    /// A master answered a question that was sent at some instant.
    fn beat(&self, name: &str, asked: Instant, view: View) {
        if self.link.is_foreign() {
            self.deaf();
            return;
        }
        self.follow_link();
        let mut nodes = self.lock();
        let Some(node) = nodes.each.get_mut(name) else { return };
        node.until = asked.checked_add(self.trust);
        if node.view != view {
            node.view = view;
            self.look_for_slots(&mut nodes);
        }
        let all: Option<Vec<Instant>> = nodes.each.values().map(|node| node.until).collect();
        // Told under the lock: a master that is lost meanwhile must not be followed by a promise made before.
        if let Some(first) = all.and_then(|all| all.into_iter().min())
            && nodes.whole
        {
            self.ear.heard(first);
            self.link.are_heard(true);
            self.told.store(false, Ordering::Relaxed);
        }
    }

    /// A server tells of no writes: said once, however often it is tried until all are heard again.
    fn is_not_told(&self, why: &str) {
        if self.told.swap(true, Ordering::Relaxed) {
            tracing::debug!(why, "Redis still tells of no writes");
        } else {
            tracing::warn!(why, "Redis tells of no writes; every yes is read from it");
        }
    }

    /// A master may have told something that did not arrive.
    fn lost(&self, name: &str) {
        let mut nodes = self.lock();
        if let Some(node) = nodes.each.get_mut(name) {
            *node = Node::default();
            self.look_for_slots(&mut nodes);
            self.deaf();
        }
    }

    /// A slot that no master we listen to claims is written to where nobody hears.
    fn look_for_slots(&self, nodes: &mut Nodes) {
        let was = nodes.whole;
        let views: Vec<_> = nodes.each.iter().map(|(name, node)| (name.as_str(), &node.view)).collect();
        nodes.whole = !self.cluster || view::is_whole(&views);
        if was && !nodes.whole {
            self.deaf();
        }
    }

    /// What was read over another connection may come from another server, which nobody listens to any more; and what was
    /// written over it may be forgotten.
    fn follow_link(&self) {
        if let Some((number, _)) = self.link.now()
            && self.linked.swap(number, Ordering::SeqCst) != number
        {
            self.ear.deaf();
        }
    }

    /// Not every master is heard.
    fn deaf(&self) {
        self.ear.deaf();
        self.link.are_heard(false);
    }

    /// Takes what a server pushed. Runs inside the connection's own task: notes, and nothing else.
    fn pushed(&self, node: &str, push: PushInfo) {
        match push.kind {
            PushKind::Disconnection => self.lost(node),
            PushKind::Invalidate => {
                for value in push.data {
                    match value {
                        Value::Array(keys) => keys.into_iter().for_each(|key| self.written(key)),
                        _ => {
                            self.ear.deaf();
                            self.link.look_again("the whole database was flushed");
                        }
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
            Some(Named::IdentityKey) => {
                self.ear.deaf();
                self.link.look_again("the key of contact ids was written");
            }
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
