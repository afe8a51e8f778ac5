//! Whether everything that anybody wrote to the registry is known.
//!
//! As with contacts: what is known carries the stamp that stood before it was read. Rows are few and each may concern
//! every check, so there is one stamp for all of them. What is told is not read at once but gathered for a moment, and what
//! is known counts meanwhile: until the instant until which memory counted when it was told. Whatever was told then was
//! written after the question that this instant is reckoned from, so that nothing counts for longer than it would have
//! unheard.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use super::Stamp;

/// Tellings kept apart; of more the later ones count as long as the last of these.
const UNREAD_MAX: usize = 64;

/// What was told of the registry, and what of it is known.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The stamp under which it was read last.
    known: AtomicU64,
    /// How often it was told that somebody wrote.
    told: AtomicU32,
    unread: Mutex<VecDeque<Unread>>,
}

/// Something told and not read yet.
#[derive(Clone, Copy, Debug)]
struct Unread {
    /// Its number, or that of the last with the same end.
    number: u32,
    /// Until when what is known counts all the same.
    until: u64,
}

impl Told {
    /// Somebody wrote; what is known counts until an instant.
    pub(super) fn tell(&self, until: u64) {
        let mut unread = self.unread();
        let number = self.number().wrapping_add(1);
        if unread.len() < UNREAD_MAX {
            unread.push_back(Unread { number, until });
        } else if let Some(last) = unread.back_mut() {
            last.number = number;
        }
        self.told.store(number, Ordering::Release);
    }

    /// The stamp that stands now: take it before the read is sent.
    pub(super) fn stamp(&self, generation: u32) -> Stamp {
        Stamp::new(generation, self.number())
    }

    /// What was read under a stamp is taken in.
    pub(super) fn read(&self, stamp: Stamp) {
        let mut unread = self.unread();
        // Numbers go round after billions of writes: compared by their distance.
        let is_later = |number: u32| number.wrapping_sub(stamp.epoch()).cast_signed() > 0;
        unread.retain(|one| is_later(one.number));
        self.known.fetch_max(stamp.0, Ordering::AcqRel);
    }

    /// True while what is known counts, at an instant.
    pub(super) fn is_known(&self, generation: u32, now: impl FnOnce() -> u64) -> bool {
        let known = Stamp(self.known.load(Ordering::Acquire));
        if known == self.stamp(generation) {
            return true;
        }
        known.generation() == generation && self.unread().front().is_none_or(|first| now() < first.until)
    }

    fn number(&self) -> u32 {
        self.told.load(Ordering::Acquire)
    }

    fn unread(&self) -> MutexGuard<'_, VecDeque<Unread>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_counts_until_what_was_told_is_due() {
        let told = Told::default();
        told.read(told.stamp(1));
        assert!(told.is_known(1, || u64::MAX - 1));
        told.tell(100);
        assert!(told.is_known(1, || 99) && !told.is_known(1, || 100));
        let stamp = told.stamp(1);
        told.tell(200);
        told.read(stamp);
        assert!(told.is_known(1, || 199), "the first was read");
        assert!(!told.is_known(1, || 200), "and the second was not");
        told.read(told.stamp(1));
        assert!(told.is_known(1, || 200));
    }

    #[test]
    fn nothing_counts_that_was_read_before_a_deafness() {
        let told = Told::default();
        let stamp = told.stamp(1);
        assert!(!told.is_known(2, || 0), "nothing was read at all");
        told.read(stamp);
        assert!(told.is_known(1, || 0) && !told.is_known(2, || 0));
        told.read(told.stamp(2));
        told.read(stamp);
        assert!(told.is_known(2, || 0), "an older read that ends later takes nothing away");
    }

    #[test]
    fn of_many_tellings_none_is_lost() {
        let told = Told::default();
        told.read(told.stamp(1));
        for until in 0..1000 {
            told.tell(until);
        }
        assert_eq!(told.unread().len(), UNREAD_MAX);
        let stamp = told.stamp(1);
        told.tell(5_000);
        told.read(stamp);
        assert!(!told.is_known(1, || 5_000), "the last was not read");
        told.read(told.stamp(1));
        assert!(told.is_known(1, || 5_000));
    }
}
