//! Numbers over time.

use std::collections::BTreeMap;

use super::Counter;
use crate::model::{Millis, Time};

/// What is counted together. A period begins with the whole of the slot that it begins in.
pub const SLOT: Millis = Millis::seconds(300);

/// The periods that are told of: an hour, a day, a week.
pub const PERIODS: [Millis; 3] = [Millis::hours(1), Millis::hours(24), Millis::days(7)];

/// The slot of an instant: its number since the epoch.
#[must_use]
pub const fn slot_of(at: Time) -> i64 {
    at.millis().div_euclid(SLOT.get())
}

/// One number for each counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts([u64; Counter::COUNT]);

impl Counts {
    /// One of them.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter.place()).copied().unwrap_or_default()
    }

    /// Adds to one of them.
    pub fn add(&mut self, counter: Counter, more: u64) {
        if let Some(count) = self.0.get_mut(counter.place()) {
            *count = count.saturating_add(more);
        }
    }

    /// Adds all of another.
    pub fn add_all(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_add(theirs);
        }
    }

    /// Messages that failed, whyever.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.0.iter().skip(Counter::COUNT - super::FailureClass::ALL.len()).sum()
    }

    /// Blocks and reports.
    #[must_use]
    pub fn negative(&self) -> u64 {
        self.get(Counter::Blocked) + self.get(Counter::Reported)
    }

    /// E02: what was sent and not delivered, as far as is known. Directional only: a phone that is off looks the same.
    #[must_use]
    pub fn undelivered(&self) -> u64 {
        self.get(Counter::Sent).saturating_sub(self.get(Counter::Delivered))
    }

    /// What blocks and reports are held against: messages delivered, or sent where nobody tells of deliveries.
    #[must_use]
    pub fn reached(&self) -> u64 {
        match self.get(Counter::Delivered) {
            0 => self.get(Counter::Sent),
            delivered => delivered,
        }
    }

    /// Blocks and reports per message that reached somebody, from 0 to 1; none while none did.
    #[must_use]
    pub fn negative_ratio(&self) -> Option<f64> {
        ratio(self.negative(), self.reached())
    }

    /// Reads per delivery, from 0 to 1; none while nothing was delivered.
    #[must_use]
    pub fn read_ratio(&self) -> Option<f64> {
        ratio(self.get(Counter::Read), self.get(Counter::Delivered))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64).min(1.0))
}

/// By what else than time numbers are told apart (E05).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// The method by which the person had opted in.
    Method(String),
    /// The template that was sent.
    Template(String),
}

/// Numbers of one sender told apart, over the last 7 days.
pub type Splits = BTreeMap<Split, Counts>;

/// The numbers of one sender by slot.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct History {
    slots: BTreeMap<i64, Counts>,
}

impl History {
    /// Adds to a slot.
    pub fn add(&mut self, slot: i64, counter: Counter, more: u64) {
        self.slots.entry(slot).or_default().add(counter, more);
    }

    /// Adds all numbers of another.
    pub fn add_all(&mut self, other: &Self) {
        for (slot, counts) in &other.slots {
            self.slots.entry(*slot).or_default().add_all(counts);
        }
    }

    /// Puts other numbers in the place of those from one slot up to and without another.
    pub fn replace(&mut self, from: i64, to: i64, by: &Self) {
        self.slots.retain(|slot, _| !(from..to).contains(slot));
        self.slots.extend(by.slots.range(from..to).map(|(slot, counts)| (*slot, *counts)));
    }

    /// Forgets what no period reaches any more.
    pub fn forget(&mut self, now: Time) {
        let first = slot_of(now - Millis::days(7));
        self.slots = self.slots.split_off(&first);
    }

    /// The sums over a period that ends now.
    #[must_use]
    pub fn over(&self, period: Millis, now: Time) -> Counts {
        let mut sum = Counts::default();
        for (_, counts) in self.slots.range(slot_of(now - period)..=slot_of(now)) {
            sum.add_all(counts);
        }
        sum
    }

    /// The sums of each step of a period that ends now, oldest first; steps begin at multiples of their length.
    #[must_use]
    pub fn steps(&self, step: Millis, period: Millis, now: Time) -> Vec<(Time, Counts)> {
        let step = step.get().max(SLOT.get());
        let (first, last) = ((now - period).millis().div_euclid(step), now.millis().div_euclid(step));
        let sum = |number: i64| {
            let start = Time::from_millis(number * step)?;
            let mut sum = Counts::default();
            for (_, counts) in self.slots.range(slot_of(start)..slot_of(start + Millis::new(step))) {
                sum.add_all(counts);
            }
            Some((start, sum))
        };
        (first..=last).filter_map(sum).collect()
    }

    /// Blocks and reports, and messages that reached somebody, over 7 days, those of a half-life ago weighing half.
    #[must_use]
    pub fn weighted(&self, half_life: Millis, now: Time) -> (f64, f64) {
        let (now, half_life) = (slot_of(now), half_life.get().max(1));
        let mut sums = (0.0, 0.0);
        for (slot, counts) in self.slots.range(now - slots_in(Millis::days(7))..=now) {
            let weight = weight((now - slot) * SLOT.get(), half_life);
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
            let (negative, reached) = (counts.negative() as f64, counts.reached() as f64);
            sums = (sums.0 + weight * negative, sums.1 + weight * reached);
        }
        sums
    }

    /// True when nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

const fn slots_in(period: Millis) -> i64 {
    period.get() / SLOT.get()
}

/// 1 now, one half a half-life ago.
#[expect(clippy::cast_precision_loss, reason = "lengths of days in milliseconds")]
fn weight(age: i64, half_life: i64) -> f64 {
    (-(age as f64) / half_life as f64).exp2()
}
