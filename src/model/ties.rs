//! What is known of one identity's relation to others, by the names contacts have in a store.
//!
//! Ties only grow. They are written to both ends, so that either leads to the other, and they name nobody: an erasure
//! leaves them, and what was refused under one identity goes on being refused under the other.

use std::collections::HashSet;

use super::time::Time;

/// The name of a contact: a keyed hash of business and identity, so that no key holds a phone number and a record that
/// outlives an erasure names nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub [u8; 16]);

/// How many ties of one kind an identity keeps: the latest. Never fewer than the identities that are ever read together:
/// who has more others than that is refused for this reason, not for want of a tie that was dropped.
pub const TIES_MAX: usize = 256;

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
    /// The same identity under other names of the business. Read by its own name it is found there anyway; after an erasure
    /// that is gone.
    pub names: Vec<ContactId>,
    /// Identities that the business says are the same person, and since when it first said so.
    pub linked: Vec<(Time, ContactId)>,
}

impl Ties {
    /// True when this identity has to do with no other.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every other identity this one has to do with, some more than once.
    pub fn all(&self) -> impl Iterator<Item = ContactId> {
        let timed = [&self.numbers, &self.moved_to, &self.moved_from, &self.linked];
        let timed = timed.into_iter().flatten().map(|(_, id)| *id);
        timed.chain([&self.users, &self.same].into_iter().flatten().copied())
    }

    /// Adds what another state of the same identity knows.
    pub fn join(&mut self, other: &Self) {
        add_sightings(&mut self.numbers, &other.numbers);
        add_all(&mut self.names, &other.names);
        add_all(&mut self.users, &other.users);
        add_all(&mut self.moved_to, &other.moved_to);
        add_all(&mut self.moved_from, &other.moved_from);
        add_all(&mut self.same, &other.same);
        // In the order of their times, so that the first word of each other is the one that stays.
        let mut linked = self.linked.clone();
        linked.extend(&other.linked);
        linked.sort_unstable();
        let mut known = HashSet::new();
        linked.retain(|(_, id)| known.insert(*id));
        linked.drain(..linked.len().saturating_sub(TIES_MAX));
        self.linked = linked;
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
    /// the instants at which the number went to somebody else: seen again after one is news, also for who was seen at that very
    /// instant, when it may have been they who left.
    #[must_use]
    pub fn seen_with(&self, number: ContactId, at: Time, handed_over: &[Time]) -> Self {
        let held_since = handed_over.iter().copied().filter(|over| *over <= at).max();
        let last = self.numbers.iter().map(|(since, _)| *since).filter(|since| *since <= at).max();
        let mut there = self.numbers.iter().filter(|(since, _)| Some(*since) == last);
        let known = last.is_some_and(|since| held_since.is_none_or(|held| since > held))
            && there.all(|(_, there)| *there == number);
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

/// As `add_all`, but what goes are the oldest sightings where the user ID was seen later, too: that it ever was somewhere is
/// not forgotten.
fn add_sightings(mine: &mut Vec<(Time, ContactId)>, others: &[(Time, ContactId)]) {
    for other in others {
        if let Err(at) = mine.binary_search(other) {
            mine.insert(at, *other);
        }
    }
    while mine.len() > TIES_MAX {
        let comes_again = |(at, (_, id)): &(usize, &(Time, ContactId))| {
            mine.iter().skip(at + 1).any(|(_, later)| later == id)
        };
        let oldest = mine.iter().enumerate().find(comes_again).map_or(0, |(at, _)| at);
        mine.remove(oldest);
    }
}

impl std::fmt::Debug for ContactId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "contact {a:02x}{b:02x}{c:02x}{d:02x}")
    }
}
