//! The limits themselves, as they are set.

use crate::model::{Category, Millis, Topic};

/// So many in any period of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The most.
    pub max: u32,
    /// The length of the rolling period.
    pub per: Millis,
}

/// A21: so many messages of some kinds to one person in any period of this length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrequencyCap {
    /// How many.
    pub quota: Quota,
    /// Only these categories; empty = any.
    pub categories: Vec<Category>,
    /// Only these topics; empty = any.
    pub topics: Vec<Topic>,
}

impl FrequencyCap {
    /// True when it counts a message. One without categories and topics counts what the business sends of its own accord,
    /// replies do not count.
    #[must_use]
    pub fn counts(&self, category: Option<Category>, topic: Option<&Topic>) -> bool {
        let of_category = match category {
            Some(category) if self.categories.is_empty() => {
                !self.topics.is_empty() || category != Category::Service
            }
            Some(category) => self.categories.contains(&category),
            // Nobody said what it was: it may have been anything, but was not said to be one of these.
            None => self.categories.is_empty(),
        };
        let of_topic = self.topics.is_empty() || topic.is_some_and(|topic| self.topics.contains(topic));
        of_category && of_topic
    }
}

/// A24: the rate of messages from one number to one person. Each takes its time; some may be sent at once, borrowed from the
/// time to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairRate {
    /// One message in this time.
    pub every: Millis,
    /// So many at once.
    pub burst: u32,
}

impl PairRate {
    /// How far ahead of the clock the time that messages took may be, for one more to be sent.
    pub(super) fn ahead_max(self) -> Millis {
        let others = i64::from(self.burst.saturating_sub(1));
        Millis::new(self.every.get().saturating_mul(others))
    }
}

impl Quota {
    /// The greatest maximum of a frequency cap.
    pub const MAX: u32 = 1000;
}
