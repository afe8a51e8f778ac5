//! What limits count of the messages that were sent, and when there is room for one more.
//!
//! Two shapes do for all of them. A [`SendLog`] holds the messages to one person: frequency caps and the rate to one
//! person are read from it. A gauge counts different members over a rolling period: the people that a portfolio reached,
//! or the messages that a number sent within a second; what a decision needs of it is its [`Room`]. Must not know: the
//! store, the wire, the clock.

mod cap;
mod log;
#[cfg(test)]
mod tests;

pub use cap::{FrequencyCap, PairRate, Quota};
pub use log::{Counted, Pair, Reached, SendLog, Sent, Told};

use crate::model::Time;

/// How full a gauge is, as it was looked at for one more member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Room {
    /// Members within the period.
    pub used: u64,
    /// The member is one of them already: one more message of it takes no more room.
    pub counted: bool,
    /// When so many have left that there is room for another; none when there is room, or never will be.
    pub frees_at: Option<Time>,
}

impl Room {
    /// How full a gauge is whose members' times are these, oldest first, for one more that is among them or not.
    #[must_use]
    pub fn of(times: &[Time], counted: bool, quota: Quota) -> Self {
        let max = usize::try_from(quota.max).unwrap_or(usize::MAX);
        // When the last of those that are too many has left.
        let leaves = times.len().checked_sub(max).and_then(|place| times.get(place));
        Self {
            used: u64::try_from(times.len()).unwrap_or(u64::MAX),
            counted,
            frees_at: leaves.map(|at| *at + quota.per),
        }
    }

    /// True when one more message goes over a maximum at an instant.
    #[must_use]
    pub fn is_full(&self, max: u32, now: Time) -> bool {
        let is_over = !self.counted && self.used >= u64::from(max);
        is_over && self.frees_at.is_none_or(|frees_at| now < frees_at)
    }
}
