//! Refusals that the store does not have for certain, joined to whatever is read of their contacts.
//!
//! A refusal is *waiting* while the store has not taken it, and *told* once it has; what was told may be lost again, as
//! long as a failing server may forget what it answered for. Each is joined to the state of whoever had the identity when
//! it was said, so that no answer of this process misses it, whatever the store lost.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU32, Ordering},
    },
};

use super::times::told_late;
use crate::{
    cache::IdMap,
    model::{Contact, StatementId, Ties, Time},
    store::{ContactId, Loaded},
};

/// Marks of contacts for which something is here, so that looking for most of them costs nothing.
const MARKS: usize = 1 << 12;

/// A refusal.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// Of which contact.
    pub(super) id: ContactId,
    pub(super) statement: StatementId,
    /// When it was said.
    pub(super) at: Time,
    /// When it was recorded.
    pub(super) recorded: Time,
    /// What follows from it.
    pub(super) refused: Contact,
    /// With whom it says that they are one person: no refusal then, but what one crosses by.
    pub(super) ties: Ties,
    /// The generation of memory in which the store was known to have it; none while it never was.
    pub(super) told: Option<u32>,
}

/// What is here.
#[derive(Debug)]
pub(super) struct Pending {
    marks: Box<[AtomicU32]>,
    refusals: RwLock<Refusals>,
}

#[derive(Debug, Default)]
struct Refusals {
    /// By their places in the journal.
    each: BTreeMap<u64, Arc<Refusal>>,
    of: IdMap<Vec<u64>>,
    waiting: usize,
}

impl Default for Pending {
    fn default() -> Self {
        Self { marks: (0..MARKS).map(|_| AtomicU32::new(0)).collect(), refusals: RwLock::default() }
    }
}

impl Pending {
    /// Adds to what was read of a contact, in this generation of memory, what is here.
    pub(super) fn over(&self, id: ContactId, loaded: Arc<Loaded>, generation: u32, now: Time) -> Arc<Loaded> {
        if self.mark(id).is_none_or(|mark| mark.load(Ordering::Acquire) == 0) {
            return loaded;
        }
        let refusals = self.read();
        let mut over = None;
        for refusal in refusals.of(id) {
            // An erasure kept what stood of what the store had, and forgot the rest. What it may have forgotten since it was
            // told it may not have had then.
            let erased =
                loaded.record.said_at(refusal.at).erased.is_some_and(|erased| refusal.recorded <= erased);
            if refusal.told != Some(generation) || !erased {
                let over = over.get_or_insert_with(|| Loaded::clone(&loaded));
                over.record.ties.join(&refusal.ties);
                let said = over.record.said_at_mut(refusal.at);
                let yes = said.latest_permission().filter(|_| refusal.told.is_none());
                match told_late(yes, refusal.at, refusal.recorded, now) {
                    at if at == refusal.at => said.join(&refusal.refused),
                    at => said.join(&refusal.refused.restated(at)),
                }
            }
        }
        over.map_or(loaded, Arc::new)
    }

    /// What is here of a contact of which nothing else is known.
    pub(super) fn alone(&self, id: ContactId, generation: u32, now: Time) -> Option<Arc<Loaded>> {
        let there = self.read().of.contains_key(&id);
        there.then(|| self.over(id, Arc::default(), generation, now))
    }

    /// The place of what came last.
    pub(super) fn last(&self) -> u64 {
        self.read().each.last_key_value().map_or(0, |(place, _)| *place)
    }

    pub(super) fn add(&self, place: u64, refusal: Refusal) {
        let mut refusals = self.write();
        if let Some(mark) = self.mark(refusal.id) {
            mark.fetch_add(1, Ordering::Release);
        }
        refusals.of.entry(refusal.id).or_default().push(place);
        refusals.waiting += usize::from(refusal.told.is_none());
        refusals.each.insert(place, Arc::new(refusal));
    }

    /// The store has a refusal: it was asked in this generation of memory.
    pub(super) fn told(&self, place: u64, generation: u32) {
        let mut refusals = self.write();
        let Some(refusal) = refusals.each.get_mut(&place) else { return };
        let waited = refusal.told.is_none();
        Arc::make_mut(refusal).told = Some(generation);
        refusals.waiting -= usize::from(waited);
    }

    /// Forgets some.
    pub(super) fn drop_all(&self, places: &[u64]) {
        let mut refusals = self.write();
        for place in places {
            let Some(refusal) = refusals.each.remove(place) else { continue };
            refusals.waiting -= usize::from(refusal.told.is_none());
            if let Some(of) = refusals.of.get_mut(&refusal.id) {
                of.retain(|known| known != place);
                if of.is_empty() {
                    refusals.of.remove(&refusal.id);
                }
            }
            if let Some(mark) = self.mark(refusal.id) {
                mark.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.read().waiting
    }

    /// When the oldest of those that wait was recorded.
    pub(super) fn oldest_waiting(&self) -> Option<Time> {
        let refusals = self.read();
        let mut waiting = refusals.each.values().filter(|refusal| refusal.told.is_none());
        // Most scrapes find none, and need not look through what was told.
        (refusals.waiting > 0).then(|| waiting.next()).flatten().map(|refusal| refusal.recorded)
    }

    /// Those that the store does not have, oldest first; then those it may have forgotten before this generation of memory,
    /// newest first: what was told last is what a failure forgets.
    pub(super) fn untold(&self, generation: Option<u32>) -> Vec<(u64, Arc<Refusal>)> {
        let refusals = self.read();
        let untold = refusals.each.iter().filter(|(_, refusal)| match refusal.told {
            None => true,
            told => generation.is_some() && told != generation,
        });
        let untold = untold.map(|(place, refusal)| (*place, Arc::clone(refusal)));
        let (mut untold, told): (Vec<_>, Vec<_>) = untold.partition(|(_, refusal)| refusal.told.is_none());
        untold.extend(told.into_iter().rev());
        untold
    }

    /// True while a refusal is here.
    pub(super) fn is_there(&self, place: u64) -> bool {
        self.read().each.contains_key(&place)
    }

    /// True when a statement of a contact is here.
    pub(super) fn has(&self, id: ContactId, statement: StatementId) -> bool {
        self.read().of(id).any(|refusal| refusal.statement == statement)
    }

    /// True when exactly this refusal waits already.
    pub(super) fn waits(&self, id: ContactId, statement: StatementId, refused: &Contact) -> bool {
        self.read().of(id).any(|refusal| {
            refusal.told.is_none() && refusal.statement == statement && refusal.refused == *refused
        })
    }

    /// The places of those that were told and recorded before an instant, and of the oldest told that are more than `max`;
    /// of refusals and of ties each, so that neither crowds out the other.
    pub(super) fn over_age(&self, before: Time, max: usize, generation: u32) -> Vec<u64> {
        let refusals = self.read();
        let mut old = Vec::new();
        for ties in [false, true] {
            let told = || {
                let all = refusals.each.iter();
                all.filter(|(_, it)| it.told.is_some() && it.ties.is_empty() != ties)
            };
            let mut more = told().count().saturating_sub(max);
            for (place, refusal) in told() {
                // What the store may have forgotten meanwhile is asked for before it is let go.
                if more > 0 || (refusal.recorded < before && refusal.told == Some(generation)) {
                    more = more.saturating_sub(1);
                    old.push(*place);
                }
            }
        }
        old
    }

    /// The places, up to one, of what waits of a contact, by when it was said.
    pub(super) fn waiting_of(&self, id: ContactId, last: u64, said: impl Fn(Time) -> bool) -> Vec<u64> {
        let refusals = self.read();
        let places = refusals.of.get(&id).into_iter().flatten().copied();
        let waits = |place: &u64| {
            *place <= last
                && refusals.each.get(place).is_some_and(|refusal| refusal.told.is_none() && said(refusal.at))
        };
        places.filter(waits).collect()
    }

    fn mark(&self, id: ContactId) -> Option<&AtomicU32> {
        let [a, b, ..] = id.0;
        self.marks.get(usize::from(u16::from_le_bytes([a, b])) % MARKS)
    }

    fn read(&self) -> RwLockReadGuard<'_, Refusals> {
        self.refusals.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Refusals> {
        self.refusals.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refusals {
    fn of(&self, id: ContactId) -> impl Iterator<Item = &Refusal> {
        let places = self.of.get(&id).into_iter().flatten();
        places.filter_map(|place| self.each.get(place).map(AsRef::as_ref))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Add(u8, bool),
        Told(u64, u32),
        Drop(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..4_u8, any::<bool>()).prop_map(|(id, told)| Step::Add(id, told)),
            (1..20_u64, 0..3_u32).prop_map(|(place, generation)| Step::Told(place, generation)),
            (1..20_u64).prop_map(Step::Drop),
        ]
    }

    fn id(name: u8) -> ContactId {
        ContactId([name; 16])
    }

    proptest! {
        #[test]
        fn what_is_here_is_what_was_added_and_not_dropped(steps in proptest::collection::vec(step(), 0..40)) {
            let pending = Pending::default();
            let mut naive = BTreeMap::<u64, (u8, Option<u32>)>::new();
            let mut next = 0;
            for step in steps {
                match step {
                    Step::Add(name, told) => {
                        next += 1;
                        let told = told.then_some(0);
                        let recorded = Time::EPOCH + crate::model::Millis::new(i64::try_from(next).unwrap());
                        pending.add(next, Refusal {
                            id: id(name),
                            statement: StatementId([0; 16]),
                            at: recorded,
                            recorded,
                            refused: Contact::default(),
                            ties: Ties::default(),
                            told,
                        });
                        naive.insert(next, (name, told));
                    }
                    Step::Told(place, generation) => {
                        pending.told(place, generation);
                        naive.entry(place).and_modify(|(_, told)| *told = Some(generation));
                    }
                    Step::Drop(place) => {
                        pending.drop_all(&[place]);
                        naive.remove(&place);
                    }
                }
                let count = naive.values().filter(|(_, told)| told.is_none()).count();
                prop_assert_eq!(pending.waiting(), count);
                for name in 0..4 {
                    let there: Vec<u64> =
                        naive.iter().filter(|(_, (of, _))| *of == name).map(|(place, _)| *place).collect();
                    prop_assert_eq!(pending.alone(id(name), 0, Time::EPOCH).is_some(), !there.is_empty());
                    let waits = |place: &u64| naive.get(place).is_some_and(|(_, told)| told.is_none());
                    let waiting: Vec<u64> = there.into_iter().filter(waits).collect();
                    prop_assert_eq!(pending.waiting_of(id(name), u64::MAX, |_| true), waiting);
                    prop_assert!(pending.waiting_of(id(name), pending.last(), |_| false).is_empty());
                }
                for generation in [None, Some(0), Some(2)] {
                    let waiting = naive.iter().filter(|(_, (_, told))| told.is_none());
                    let old = |told: &Option<u32>| told.is_some() && generation.is_some() && *told != generation;
                    let forgotten = naive.iter().rev().filter(|(_, (_, told))| old(told));
                    let untold: Vec<u64> = waiting.chain(forgotten).map(|(place, _)| *place).collect();
                    let found = pending.untold(generation);
                    prop_assert_eq!(found.into_iter().map(|(place, _)| place).collect::<Vec<_>>(), untold);
                }
                let told: Vec<u64> =
                    naive.iter().filter(|(_, (_, told))| told.is_some()).map(|(place, _)| *place).collect();
                let kept = told.len().saturating_sub(2);
                prop_assert_eq!(pending.over_age(Time::EPOCH, 2, 0), &told[..kept]);
                let before = Time::EPOCH + crate::model::Millis::new(10);
                for generation in 0..3 {
                    // Only what the store was asked for in this generation is let go for its age.
                    let had = |place: &&u64| naive.get(place).is_some_and(|(_, told)| *told == Some(generation));
                    let old = told.iter().filter(|place| **place < 10).filter(had).copied();
                    prop_assert_eq!(pending.over_age(before, 1000, generation), old.collect::<Vec<_>>());
                }
            }
        }
    }
}
