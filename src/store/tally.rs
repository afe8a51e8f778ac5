//! What happened to the messages of a sender, on its way into a store and out of it again.
//!
//! A store keeps two things: which message had which statuses already, for as long as they may be told again, and the
//! counts of each hour. The first is kept in generations, so that it can be forgotten as a whole: a status is new when
//! none of the generations that are looked at has it.

mod rows;

pub use rows::{TallyKey, TallyPage};

use super::SenderId;
use crate::{
    model::{Millis, Time},
    quality::{Counter, FailureClass, History, SLOT, Split, Splits, Statuses, slot_of},
};

/// A generation of messages that were told of. Fixed, so that another `guard` forgets nothing that was told before.
const GENERATION: Millis = Millis::days(2);
const HOUR: Millis = Millis::hours(1);
/// Counts are kept for longer than the longest period asks for, since a period begins within a slot of an hour.
const KEPT: Millis = Millis::days(8);
/// As many numbers are kept of an hour of a sender; when there are more, what is told apart by a new name is counted together.
pub(crate) const FIELDS_MAX: usize = 1000;
/// The name of those that are counted together.
pub(crate) const OTHERS: &str = "*";

/// Things that happened to messages of one sender, to be counted once each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Whose messages.
    pub sender: SenderId,
    /// What happened to them.
    pub marks: Vec<Mark>,
    /// When they are counted.
    pub now: Time,
    /// For how long a status that is told again is known again.
    pub guard: Millis,
}

/// What one event proves of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// A keyed hash of the message's ID.
    pub message: u64,
    /// What is proven.
    pub statuses: Statuses,
    /// What a failure among it counts as.
    pub class: FailureClass,
    /// When it happened.
    pub at: Time,
    /// What it is counted under besides.
    pub splits: Vec<Split>,
}

/// Some hours of a sender.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tallied {
    /// The counts by slot.
    pub history: History,
    /// The counts told apart, of all these hours together.
    pub splits: Splits,
}

impl Tally {
    /// The generation that is written to.
    #[must_use]
    pub const fn generation(&self) -> i64 {
        self.now.millis().div_euclid(GENERATION.get())
    }

    /// The generations that are looked at, the newest first: the one that a sidecar whose clock is ahead writes to
    /// already, and all that hold what was told within the guard.
    pub fn generations(&self) -> impl Iterator<Item = i64> + use<> {
        let since = (self.now - self.guard).millis().div_euclid(GENERATION.get());
        (since..=self.generation() + 1).rev()
    }

    /// When the generation that is written to can be forgotten.
    #[must_use]
    pub fn forgotten_at(&self) -> Time {
        let ends = (self.generation() + 1).saturating_mul(GENERATION.get());
        Time::from_millis(ends).unwrap_or(Time::MAX) + self.guard + GENERATION
    }
}

impl Mark {
    /// The hour that it counts in.
    #[must_use]
    pub const fn hour(&self) -> i64 {
        hour_of(self.at)
    }
}

/// The number of an hour since the epoch.
#[must_use]
pub const fn hour_of(at: Time) -> i64 {
    at.millis().div_euclid(HOUR.get())
}

/// When the counts of an hour can be forgotten.
#[must_use]
pub fn hour_forgotten_at(hour: i64) -> Time {
    Time::from_millis(hour.saturating_mul(HOUR.get())).unwrap_or(Time::MAX) + HOUR + KEPT
}

/// The place of a slot within its hour.
pub(crate) const fn slot_in_hour(at: Time) -> i64 {
    slot_of(at).rem_euclid(SLOTS_PER_HOUR)
}

const SLOTS_PER_HOUR: i64 = HOUR.get() / SLOT.get();

/// What a split is stored under, after the place of its counter.
pub(crate) fn split_name(split: &Split) -> (char, &str) {
    match split {
        Split::Method(name) => ('m', name),
        Split::Template(name) => ('t', name),
    }
}

impl Tallied {
    /// Adds what was counted under another name.
    pub fn join(&mut self, other: &Self) {
        self.history.add_all(&other.history);
        for (split, counts) in &other.splits {
            self.splits.entry(split.clone()).or_default().add_all(counts);
        }
    }

    /// Adds a stored number: `3.0` is the first counter in the fourth slot of the hour, `t0.name` that of a template. False
    /// when the name makes no sense.
    pub(crate) fn add(&mut self, hour: i64, field: &str, count: u64) -> bool {
        let Some((first, second)) = field.split_once('.') else { return false };
        let split = match first.split_at_checked(1) {
            Some(("t", place)) => Some((Split::Template(second.to_owned()), place)),
            Some(("m", place)) => Some((Split::Method(second.to_owned()), place)),
            _ => None,
        };
        match split {
            Some((split, place)) => {
                let Some(counter) = counter_at(place) else { return false };
                self.splits.entry(split).or_default().add(counter, count);
            }
            None => {
                let Some(counter) = counter_at(second) else { return false };
                let slot = first.parse::<i64>().ok().filter(|slot| (0..SLOTS_PER_HOUR).contains(slot));
                let Some(slot) = slot else { return false };
                self.history.add(hour.saturating_mul(SLOTS_PER_HOUR).saturating_add(slot), counter, count);
            }
        }
        true
    }
}

fn counter_at(place: &str) -> Option<Counter> {
    Counter::all().get(place.parse::<usize>().ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Tally {
        let sender = SenderId::parse("15550001111").unwrap();
        let now = Time::EPOCH + Millis::days(20_000) + Millis::days(days);
        Tally { sender, marks: Vec::new(), now, guard: Millis::days(7) }
    }

    #[test]
    fn what_was_told_within_the_guard_is_looked_at_also_by_clocks_apart() {
        let written = at(0).generation();
        for days in 0..=7 {
            assert!(at(days).generations().any(|looked| looked == written), "{days}");
        }
        assert!(at(-1).generations().any(|looked| looked == written), "by a clock behind");
        assert!(!at(30).generations().any(|looked| looked == written));
    }

    #[test]
    fn a_generation_is_kept_until_nobody_looks_at_it() {
        let written = at(0);
        let gone =
            (0..100).find(|days| !at(*days).generations().any(|looked| looked == written.generation()));
        assert!(at(gone.unwrap()).now <= written.forgotten_at());
    }

    #[test]
    fn a_stored_number_is_read_back_where_it_counts() {
        let mut tallied = Tallied::default();
        assert!(
            tallied.add(10, "11.0", 5)
                && tallied.add(10, "t2.hello.world", 7)
                && tallied.add(10, "m3.ivr", 1)
        );
        let end_of_hour = Time::EPOCH + Millis::hours(11) - Millis::seconds(1);
        assert_eq!(tallied.history.over(SLOT, end_of_hour).get(Counter::Sent), 5);
        assert_eq!(tallied.splits[&Split::Template("hello.world".to_owned())].get(Counter::Read), 7);
        assert_eq!(tallied.splits[&Split::Method("ivr".to_owned())].get(Counter::Blocked), 1);
        for senseless in ["", "1", "12.0", "-1.0", "0.99", "x0.name", "t99.name", "0.x"] {
            assert!(!tallied.add(10, senseless, 1), "{senseless}");
        }
    }
}
