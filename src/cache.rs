//! Contacts in memory, each valid only under the stamp that stood before it was read.
//!
//! A stamp is (generation, epoch of the contact's shard). It is taken *before* a read is sent, stored in the entry, and
//! compared on every look-up; a write or an invalidation bumps the epoch first and then drops the entry. So a value
//! that was read before a write can never be served after it, however reads and writes interleave: the entry carries an
//! older stamp. An own write never inserts what it wrote.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::store::{ContactId, Loaded};

/// Epochs: 256 KiB. At 5,000 writes a second one is bumped about every 13 seconds.
const SHARDS: usize = 1 << 16;

/// The cache of contacts.
#[derive(Debug)]
pub struct Cache {
    entries: moka::sync::Cache<ContactId, Entry, BuildHasherDefault<IdHasher>>,
    generation: AtomicU32,
    shards: Box<[AtomicU32]>,
}

/// A map by contact.
pub type IdMap<T> = HashMap<ContactId, T, BuildHasherDefault<IdHasher>>;

/// What stood when a read was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp(u64);

#[derive(Clone, Debug)]
struct Entry {
    stamp: Stamp,
    loaded: Arc<Loaded>,
}

impl Cache {
    /// A cache for this many contacts.
    #[must_use]
    pub fn new(contacts_max: u64) -> Self {
        Self {
            entries: moka::sync::Cache::builder()
                .max_capacity(contacts_max)
                .build_with_hasher(BuildHasherDefault::default()),
            generation: AtomicU32::new(0),
            shards: (0..SHARDS).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// A contact, if it is in memory and nothing was written to it since it was read.
    #[must_use]
    pub fn get(&self, id: ContactId) -> Option<Arc<Loaded>> {
        self.get_stamped(id).map(|(_, loaded)| loaded)
    }

    /// The same with the stamp under which it is good.
    #[must_use]
    pub fn get_stamped(&self, id: ContactId) -> Option<(Stamp, Arc<Loaded>)> {
        let entry = self.entries.get(&id)?;
        (entry.stamp == self.stamp(id)).then_some((entry.stamp, entry.loaded))
    }

    /// The stamp that stands now: take it before the read is sent.
    #[must_use]
    pub fn stamp(&self, id: ContactId) -> Stamp {
        let epoch = self.shard(id).map_or(0, |shard| shard.load(Ordering::Acquire));
        Stamp(u64::from(self.generation.load(Ordering::Acquire)) << 32 | u64::from(epoch))
    }

    /// Keeps what was read under the stamp that stood before the read.
    pub fn insert(&self, id: ContactId, stamp: Stamp, loaded: Arc<Loaded>) {
        self.entries.insert(id, Entry { stamp, loaded });
    }

    /// Somebody wrote to this contact.
    pub fn invalidate(&self, id: ContactId) {
        if let Some(shard) = self.shard(id) {
            shard.fetch_add(1, Ordering::Release);
        }
        self.entries.invalidate(&id);
    }

    /// Anything may have been written: nothing in memory is trusted any more.
    pub fn invalidate_all(&self) {
        self.generation.fetch_add(1, Ordering::Release);
        self.entries.invalidate_all();
    }

    /// About how many contacts are in memory.
    #[must_use]
    pub fn len(&self) -> u64 {
        // The count is kept up lazily, so that a small cache would be shown as empty for ever.
        self.entries.run_pending_tasks();
        self.entries.entry_count()
    }

    /// True when none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, id: ContactId) -> Option<&AtomicU32> {
        let [a, b, ..] = id.0;
        self.shards.get(usize::from(u16::from_le_bytes([a, b])))
    }
}

/// Contact ids are keyed hashes already; their bytes serve as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let taken = bytes.last_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk));
        self.0 ^= taken;
    }

    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ContactId = ContactId([7; 16]);

    fn version(version: u64) -> Arc<Loaded> {
        Arc::new(Loaded { version, ..Loaded::default() })
    }

    #[test]
    fn what_was_read_before_a_write_is_not_served_after_it() {
        let cache = Cache::new(100);
        let stamp = cache.stamp(ID);
        cache.invalidate(ID);
        cache.insert(ID, stamp, version(1));
        assert!(cache.get(ID).is_none());
        cache.insert(ID, cache.stamp(ID), version(2));
        assert_eq!(cache.get(ID).unwrap().version, 2);
    }

    #[test]
    fn a_generation_distrusts_everything() {
        let cache = Cache::new(100);
        let stamp = cache.stamp(ID);
        cache.insert(ID, stamp, version(1));
        assert!(cache.get(ID).is_some());
        cache.invalidate_all();
        cache.insert(ID, stamp, version(1));
        assert!(cache.get(ID).is_none());
    }
}
