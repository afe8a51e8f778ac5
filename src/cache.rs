//! Contacts in memory, each valid only under the stamp that stood before it was read.
//!
//! A stamp is (generation, epoch of the contact's shard). It is taken *before* a read is sent, stored in the entry, and
//! compared on every look-up; a write or an invalidation bumps the epoch first and then drops the entry. So a value
//! that was read before a write can never be served after it, however reads and writes interleave: the entry carries an
//! older stamp. An own write never inserts what it wrote.
//!
//! What others write is heard through the store. When it may go unheard, the generation distrusts everything at once;
//! and what is in memory counts only until an instant that the store moves on as long as it hears. A process that was
//! stopped, or whose runtime is stuck, finds that instant passed. What is distrusted stays in memory: a remembered no is
//! still a no when nothing better can be had.

mod footprint;
mod registry;

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::{
    clock,
    store::{ContactId, Ear, Loaded},
};

/// Epochs: 256 KiB. At 5,000 writes a second one is bumped about every 13 seconds.
const SHARDS: usize = 1 << 16;

/// How much is kept in memory: whichever bound is reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Contacts.
    pub contacts: u64,
    /// Bytes that they take, about.
    pub memory: u64,
}

/// The cache of contacts.
#[derive(Debug)]
pub struct Cache {
    entries: moka::sync::Cache<ContactId, Entry, BuildHasherDefault<IdHasher>>,
    generation: AtomicU32,
    shards: Box<[AtomicU32]>,
    /// Nanoseconds after `start` until which memory counts; for ever until a store listens.
    trusted: AtomicU64,
    start: Instant,
    registry: registry::Told,
    learned: tokio::sync::Notify,
    deafened: AtomicU64,
    deaf: AtomicBool,
    /// Invalidations after own writes, and after announcements.
    written: AtomicU64,
    heard_of: AtomicU64,
    /// What is kept of everybody of whom nothing is known: most of those who are asked for are strangers.
    nobody: Arc<Loaded>,
}

/// A map by contact.
pub type IdMap<T> = HashMap<ContactId, T, BuildHasherDefault<IdHasher>>;

/// What stood when a read was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp(u64);

impl Stamp {
    fn new(generation: u32, epoch: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(epoch))
    }

    fn generation(self) -> u32 {
        let [a, b, c, d, ..] = self.0.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// True when something was heard between two stamps of the same thing.
    #[must_use]
    pub fn has_heard_more_than(self, other: Self) -> bool {
        self.epoch() != other.epoch()
    }

    fn epoch(self) -> u32 {
        let [.., a, b, c, d] = self.0.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

#[derive(Clone, Debug)]
struct Entry {
    stamp: Stamp,
    loaded: Arc<Loaded>,
}

impl Cache {
    /// An empty cache.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        // There is one bound, of weight: none weighs less than its share, so that there are never more than allowed.
        let share = u32::try_from(bounds.memory / bounds.contacts.max(1)).unwrap_or(u32::MAX);
        Self {
            entries: moka::sync::Cache::builder()
                .max_capacity(bounds.memory)
                .weigher(move |_, entry: &Entry| footprint::of(&entry.loaded).max(share))
                .build_with_hasher(BuildHasherDefault::default()),
            generation: AtomicU32::new(0),
            shards: (0..SHARDS).map(|_| AtomicU32::new(0)).collect(),
            trusted: AtomicU64::new(u64::MAX),
            start: clock::monotonic(),
            registry: registry::Told::default(),
            learned: tokio::sync::Notify::new(),
            deafened: AtomicU64::new(0),
            deaf: AtomicBool::new(false),
            written: AtomicU64::new(0),
            heard_of: AtomicU64::new(0),
            nobody: Arc::default(),
        }
    }

    /// A contact, if it is in memory, nothing was written to it since it was read, and such a write would have been heard.
    #[must_use]
    pub fn get(&self, id: ContactId) -> Option<Arc<Loaded>> {
        self.get_stamped(id).map(|(_, loaded)| loaded)
    }

    /// The same with the stamp under which it is good.
    #[must_use]
    pub fn get_stamped(&self, id: ContactId) -> Option<(Stamp, Arc<Loaded>)> {
        let entry = self.entries.get(&id)?;
        self.stands(id, entry.stamp).then_some((entry.stamp, entry.loaded))
    }

    /// True while what was read under a stamp is still good.
    #[must_use]
    pub fn stands(&self, id: ContactId, stamp: Stamp) -> bool {
        stamp == self.stamp(id) && self.is_trusted()
    }

    /// A contact as it was when it was read last, however much may have been written to it since. Enough for a no, never
    /// for a yes.
    #[must_use]
    pub fn remembered(&self, id: ContactId) -> Option<Arc<Loaded>> {
        self.entries.get(&id).map(|entry| entry.loaded)
    }

    /// True while a write by others would have been heard.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        match self.trusted.load(Ordering::Acquire) {
            u64::MAX => true,
            until => self.since_start(clock::monotonic()) < until,
        }
    }

    /// True of the cache of a store that nobody else writes to.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.trusted.load(Ordering::Acquire) == u64::MAX
    }

    /// True while what is known of the registry is as good as what is in memory of contacts.
    #[must_use]
    pub fn knows_registry(&self) -> bool {
        let now = || self.since_start(clock::monotonic());
        self.is_trusted() && self.registry.is_known(self.generation(), now)
    }

    /// The stamp of the registry that stands now: take it before the read is sent.
    #[must_use]
    pub fn registry_stamp(&self) -> Stamp {
        self.registry.stamp(self.generation())
    }

    /// What was read of the registry under a stamp is what decisions go by from now on.
    pub fn registry_read(&self, stamp: Stamp) {
        self.registry.read(stamp);
    }

    /// Waits until somebody else may have written to the registry.
    pub async fn learned(&self) {
        self.learned.notified().await;
    }

    /// How often everything was distrusted.
    #[must_use]
    pub fn deafened(&self) -> u64 {
        self.deafened.load(Ordering::Relaxed)
    }

    /// Counts every time that writes may have gone unheard.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// The stamp that stands now: take it before the read is sent.
    #[must_use]
    pub fn stamp(&self, id: ContactId) -> Stamp {
        let epoch = self.shard(id).map_or(0, |shard| shard.load(Ordering::Acquire));
        Stamp::new(self.generation(), epoch)
    }

    /// Keeps what was read under the stamp that stood before the read.
    pub fn insert(&self, id: ContactId, stamp: Stamp, loaded: Arc<Loaded>) {
        let loaded = if *loaded == *self.nobody { Arc::clone(&self.nobody) } else { loaded };
        self.entries.insert(id, Entry { stamp, loaded });
    }

    /// How often contacts were dropped: after a write of this process, and after an announcement.
    #[must_use]
    pub fn invalidations(&self) -> [u64; 2] {
        [&self.written, &self.heard_of].map(|count| count.load(Ordering::Relaxed))
    }

    /// This process wrote to this contact.
    pub fn invalidate(&self, id: ContactId) {
        self.forget(id);
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    fn forget(&self, id: ContactId) {
        if let Some(shard) = self.shard(id) {
            shard.fetch_add(1, Ordering::Release);
        }
        self.entries.invalidate(&id);
    }

    /// About how many contacts are in memory.
    #[must_use]
    pub fn len(&self) -> u64 {
        // The count is kept up lazily, so that a small cache would be shown as empty for ever.
        self.entries.run_pending_tasks();
        self.entries.entry_count()
    }

    /// About how many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.run_pending_tasks();
        self.entries.weighted_size()
    }

    /// True when none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn since_start(&self, instant: Instant) -> u64 {
        let nanos = instant.saturating_duration_since(self.start).as_nanos();
        // Never the value that stands for ever.
        u64::try_from(nanos).unwrap_or(u64::MAX).min(u64::MAX - 1)
    }

    fn shard(&self, id: ContactId) -> Option<&AtomicU32> {
        let [a, b, ..] = id.0;
        self.shards.get(usize::from(u16::from_le_bytes([a, b])))
    }
}

impl Ear for Cache {
    fn changed(&self, id: ContactId) {
        self.forget(id);
        self.heard_of.fetch_add(1, Ordering::Relaxed);
    }

    fn learned(&self) {
        self.registry.tell(self.trusted.load(Ordering::Acquire));
        self.learned.notify_one();
    }

    fn deaf(&self) {
        self.trusted.store(0, Ordering::Release);
        self.generation.fetch_add(1, Ordering::Release);
        // The registry may have been written unheard, too.
        self.learned.notify_one();
        // Told again and again while it lasts, counted once.
        if !self.deaf.swap(true, Ordering::Relaxed) {
            self.deafened.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn heard(&self, until: Instant) {
        self.deaf.store(false, Ordering::Relaxed);
        self.trusted.store(self.since_start(until), Ordering::Release);
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
    use std::time::Duration;

    use super::*;

    const ID: ContactId = ContactId([7; 16]);
    const BOUNDS: Bounds = Bounds { contacts: 100, memory: 1 << 20 };

    fn version(version: u64) -> Arc<Loaded> {
        Arc::new(Loaded { version, ..Loaded::default() })
    }

    #[test]
    fn what_was_read_before_a_write_is_not_served_after_it() {
        let cache = Cache::new(BOUNDS);
        let stamp = cache.stamp(ID);
        cache.invalidate(ID);
        cache.insert(ID, stamp, version(1));
        assert!(cache.get(ID).is_none());
        cache.insert(ID, cache.stamp(ID), version(2));
        assert_eq!(cache.get(ID).unwrap().version, 2);
    }

    #[test]
    fn what_was_read_before_a_deafness_is_remembered_but_not_served() {
        let cache = Cache::new(BOUNDS);
        let stamp = cache.stamp(ID);
        cache.insert(ID, stamp, version(1));
        assert!(cache.get(ID).is_some());
        cache.deaf();
        cache.insert(ID, stamp, version(1));
        cache.heard(clock::monotonic() + Duration::from_secs(60));
        assert!(cache.get(ID).is_none());
        assert_eq!(cache.remembered(ID).unwrap().version, 1);
        cache.insert(ID, cache.stamp(ID), version(2));
        assert_eq!(cache.get(ID).unwrap().version, 2);
    }

    #[test]
    fn memory_counts_only_as_long_as_the_store_hears() {
        let cache = Cache::new(BOUNDS);
        cache.insert(ID, cache.stamp(ID), version(1));
        assert!(cache.get(ID).is_some(), "a store that nobody else writes to has nothing to hear");
        cache.heard(clock::monotonic());
        assert!(cache.get(ID).is_none(), "the time is over");
        cache.heard(clock::monotonic() + Duration::from_secs(60));
        assert!(cache.get(ID).is_some(), "nothing was missed");
    }

    #[test]
    fn a_deafness_is_counted_once_however_often_it_is_told() {
        let cache = Cache::new(BOUNDS);
        cache.deaf();
        cache.deaf();
        assert_eq!(cache.deafened(), 1);
        cache.heard(clock::monotonic());
        cache.deaf();
        assert_eq!(cache.deafened(), 2);
    }

    fn filled(bounds: Bounds, loaded: &Arc<Loaded>) -> Cache {
        let cache = Cache::new(bounds);
        for name in 0..10_000_u128 {
            let id = ContactId(name.to_be_bytes());
            cache.insert(id, cache.stamp(id), Arc::clone(loaded));
        }
        cache
    }

    #[test]
    fn neither_bound_is_passed() {
        let few = filled(Bounds { contacts: 100, memory: 1 << 30 }, &version(1));
        assert!((1..=100).contains(&few.len()), "{}", few.len());
        let small = filled(Bounds { contacts: 1 << 30, memory: 1 << 20 }, &version(1));
        assert!(small.bytes() <= 1 << 20 && small.len() > 100, "{} {}", small.bytes(), small.len());
        let mut large = Loaded { version: 1, ..Loaded::default() };
        large.record.earlier = vec![(crate::model::Time::EPOCH, crate::model::Contact::default()); 10];
        let larger = filled(Bounds { contacts: 1 << 30, memory: 1 << 20 }, &Arc::new(large));
        assert!(larger.bytes() <= 1 << 20 && larger.len() * 3 < small.len(), "{}", larger.len());
    }

    #[test]
    fn strangers_share_what_is_known_of_them() {
        let cache = Cache::new(BOUNDS);
        for name in 1..=2 {
            let id = ContactId([name; 16]);
            cache.insert(id, cache.stamp(id), Arc::default());
        }
        let [one, other] = [1, 2].map(|name| cache.get(ContactId([name; 16])).unwrap());
        assert!(Arc::ptr_eq(&one, &other));
    }
}
