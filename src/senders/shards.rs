//! A map of which a changed copy costs little: the copy shares every part but the one that changed.
//!
//! Checks read one snapshot from beginning to end, so that nothing is changed in place; and thousands of senders register
//! themselves one by one, so that not all of them can be copied each time.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher},
    sync::Arc,
};

/// With ten thousand rows, one change copies about forty.
const PARTS: usize = 256;

/// The map.
#[derive(Clone, Debug)]
pub struct Shards<K, V>(Vec<Arc<HashMap<K, V>>>);

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        Self((0..PARTS).map(|_| Arc::default()).collect())
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Shards<K, V> {
    /// The value of a key.
    #[must_use]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(part_of(key))?.get(key)
    }

    /// Puts a value in place of what is there.
    pub fn insert(&mut self, key: K, value: V) {
        if let Some(part) = self.0.get_mut(part_of(&key)) {
            Arc::make_mut(part).insert(key, value);
        }
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &K) {
        if let Some(part) = self.0.get_mut(part_of(key)).filter(|part| part.contains_key(key)) {
            Arc::make_mut(part).remove(key);
        }
    }

    /// Every key and value, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().flat_map(|part| part.iter())
    }

    /// Every value, in no order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

fn part_of<Q: Hash + ?Sized>(key: &Q) -> usize {
    // Another hash than that of the parts: with the same one, all keys of a part would crowd its buckets.
    let hash = BuildHasherDefault::<Fnv>::default().hash_one(key);
    usize::try_from(hash % PARTS as u64).unwrap_or_default()
}

/// FNV-1a: a few nanoseconds for a dozen digits. Who makes names collide makes their own registration slower, no check.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        // The low bits of the product depend on the low bits of each byte only.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
