//! What is known of one identity's relation to others, by the names contacts have in a store.
//!
//! Ties only grow. They are written to both ends, so that either leads to the other, and they name nobody: an erasure
//! leaves them, and what was refused under one identity goes on being refused under the other.

use super::time::Time;

/// The name of a contact: a keyed hash of business and identity, so that no key holds a phone number and a record that
/// outlives an erasure names nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub [u8; 16]);

/// How many ties of one kind an identity keeps: the latest. A person with more numbers than this is none.
pub const TIES_MAX: usize = 64;

/// The relations of one identity.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ties {
    /// Of a user ID: the numbers it was seen with, each from its instant on.
    pub numbers: Vec<(Time, ContactId)>,
    /// Of a number: the user IDs it was ever seen with. When, is known to them.
    pub users: Vec<ContactId>,
    /// Of a number: whom its holder left for, and when.
    pub moved_to: Vec<(Time, ContactId)>,
    /// Of a number: where its holder came from, and when.
    pub moved_from: Vec<(Time, ContactId)>,
    /// Of a user ID: others of the same person.
    pub same: Vec<ContactId>,
    /// Identities that the business says are the same person, and since when it says so.
    pub linked: Vec<(Time, ContactId)>,
}

impl Ties {
    /// True when this identity has to do with no other.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every identity this one has to do with, some more than once.
    pub fn all(&self) -> impl Iterator<Item = ContactId> {
        let timed = [&self.numbers, &self.moved_to, &self.moved_from, &self.linked];
        let timed = timed.into_iter().flatten().map(|(_, id)| *id);
        timed.chain([&self.users, &self.same].into_iter().flatten().copied())
    }

    /// Adds what another state of the same identity knows.
    pub fn join(&mut self, other: &Self) {
        add_all(&mut self.numbers, &other.numbers);
        add_all(&mut self.users, &other.users);
        add_all(&mut self.moved_to, &other.moved_to);
        add_all(&mut self.moved_from, &other.moved_from);
        add_all(&mut self.same, &other.same);
        add_all(&mut self.linked, &other.linked);
    }

    /// True when some of these ties are not known here.
    #[must_use]
    pub fn lacks(&self, other: &Self) -> bool {
        let mut all = self.clone();
        all.join(other);
        all != *self
    }

    /// The ties that a link adds: none while an earlier one is known.
    #[must_use]
    pub fn linked_with(&self, other: ContactId, at: Time) -> Self {
        let known = self.linked.iter().any(|(since, linked)| *linked == other && *since <= at);
        let linked = if known { Vec::new() } else { vec![(at, other)] };
        Self { linked, ..Self::default() }
    }

    /// The ties that the user ID was seen with a number adds: none while that is where it was anyway. `handed_over` are
    /// the instants at which the number went to somebody else: seen again after one is news.
    #[must_use]
    pub fn seen_with(&self, number: ContactId, at: Time, handed_over: &[Time]) -> Self {
        let held_since = handed_over.iter().copied().filter(|over| *over <= at).max();
        let before = self.numbers.iter().filter(|(since, _)| *since <= at).max();
        let known = before
            .is_some_and(|(since, there)| *there == number && held_since.is_none_or(|held| *since >= held));
        let numbers = if known { Vec::new() } else { vec![(at, number)] };
        Self { numbers, ..Self::default() }
    }
}

fn add_all<T: Copy + Ord>(mine: &mut Vec<T>, others: &[T]) {
    for other in others {
        if let Err(at) = mine.binary_search(other) {
            mine.insert(at, *other);
        }
    }
    // The first are the oldest where there are times.
    let excess = mine.len().saturating_sub(TIES_MAX);
    mine.drain(..excess);
}

impl std::fmt::Debug for ContactId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "contact {a:02x}{b:02x}{c:02x}{d:02x}")
    }
}
