//! What was counted, row by row: what a copy of a store is made of.

use super::{GENERATION, HOUR, KEPT};
use crate::{
    model::{Millis, SenderId, Time},
    store::Cursor,
};

/// Messages that were told of are kept in a copy as long as any setting may ask for: the setting is not known there.
const GUARD_MAX: Millis = Millis::days(30);

/// What a store keeps a number under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TallyKey {
    /// A count: sender, hour, name.
    Count(SenderId, i64, String),
    /// The statuses of a message that are known, as bits: sender, generation, message.
    Message(SenderId, i64, u64),
}

/// Some rows of a listing; a page may be empty and yet not be the last.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TallyPage {
    /// The rows.
    pub rows: Vec<(TallyKey, u64)>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

impl TallyKey {
    /// When it can be forgotten.
    #[must_use]
    pub fn forgotten_at(&self) -> Time {
        let end = |of: i64, length: Millis| {
            let end = of.saturating_add(1).saturating_mul(length.get());
            Time::from_millis(end).unwrap_or(Time::MAX)
        };
        match self {
            Self::Count(_, hour, _) => end(*hour, HOUR) + KEPT,
            Self::Message(_, generation, _) => end(*generation, GENERATION) + GUARD_MAX + GENERATION,
        }
    }

    /// True when one store has something under it that another has not.
    #[must_use]
    pub const fn is_beyond(&self, here: u64, there: u64) -> bool {
        match self {
            Self::Count(..) => here > there,
            Self::Message(..) => here & !there != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Mark, Tally, tally::hour_forgotten_at};

    #[test]
    fn a_row_of_a_copy_is_kept_for_at_least_as_long_as_the_row_itself() {
        let sender = SenderId::parse("15550001111").unwrap();
        let now = Time::EPOCH + Millis::days(20_001);
        let tally = Tally { sender: sender.clone(), marks: Vec::<Mark>::new(), now, guard: GUARD_MAX };
        let message = TallyKey::Message(sender.clone(), tally.generation(), 1);
        assert_eq!(message.forgotten_at(), tally.forgotten_at());
        let count = TallyKey::Count(sender, 480_000, "0.0".to_owned());
        assert_eq!(count.forgotten_at(), hour_forgotten_at(480_000));
    }

    #[test]
    fn one_is_beyond_another_by_what_the_other_lacks() {
        let sender = SenderId::parse("15550001111").unwrap();
        let count = TallyKey::Count(sender.clone(), 1, "0.0".to_owned());
        assert!(count.is_beyond(3, 2) && !count.is_beyond(2, 2) && !count.is_beyond(1, 2));
        let message = TallyKey::Message(sender, 1, 1);
        assert!(message.is_beyond(0b100, 0b011) && !message.is_beyond(0b001, 0b011));
    }
}
