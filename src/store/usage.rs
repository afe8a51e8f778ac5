//! What limits count, on its way into a store and out of it again.
//!
//! The messages to one person are one small record, written whole by compare-and-set: what it means is decided before it
//! comes here. A gauge is a set of members with the time each was seen last; that a maximum is not gone over is the one
//! thing that the store itself sees to, since thousands of writers share a gauge.

use super::StoreError;
use crate::{
    limits::{Quota, Room, SendLog},
    model::{BusinessId, Millis, SenderId, Time},
};

/// No gauge looks back further; what is older is forgotten.
pub(crate) const GAUGE_KEPT: Millis = Millis::hours(24);

/// The messages to one person as stored.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sends {
    /// Tells whether they changed since: equal for equal messages, 0 while there are none.
    pub tag: u64,
    /// The messages.
    pub log: SendLog,
}

/// What became of a write of the messages to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendsCommitted {
    /// Written.
    Done,
    /// Somebody else wrote first; what they wrote.
    Changed(Sends),
}

/// A set of members over a rolling period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gauge {
    /// The people that a portfolio reached.
    Reached(BusinessId),
    /// The messages of a number within a second.
    Throughput(SenderId),
    /// The messages of a number that throttling left.
    Throttle(SenderId),
}

/// One more member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of which gauge.
    pub gauge: Gauge,
    /// Which.
    pub member: u64,
    /// When it is seen.
    pub at: Time,
    /// The most members, and the period.
    pub quota: Quota,
    /// It stays out when the gauge is full; otherwise it is counted all the same.
    pub enforced: bool,
}

/// How a gauge was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Found {
    /// How full it was.
    pub room: Room,
    /// When the member was seen before.
    pub before: Option<Time>,
}

/// What became of some entries: all of them were made, or none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Entered {
    /// They were made.
    pub done: bool,
    /// How each gauge was found.
    pub found: Vec<Found>,
}

/// An entry that is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Of which gauge.
    pub gauge: Gauge,
    /// Which member.
    pub member: u64,
    /// The time that it was entered with; one that was seen again since stays.
    pub at: Time,
    /// When it was seen before.
    pub before: Option<Time>,
}

impl Gauge {
    /// Whose it is, and which of theirs.
    pub(crate) fn parts(&self) -> (&str, &'static str) {
        match self {
            Self::Reached(portfolio) => (portfolio.as_str(), "p"),
            Self::Throughput(sender) => (sender.as_str(), "t"),
            Self::Throttle(sender) => (sender.as_str(), "q"),
        }
    }

    /// Its name in a table.
    pub(crate) fn name(&self) -> String {
        let (owner, kind) = self.parts();
        format!("{kind} {owner}")
    }
}

impl Entry {
    /// Members seen then or earlier have left.
    pub(crate) fn left_at(&self, now: Time) -> i64 {
        now.millis().saturating_sub(self.quota.per.get())
    }
}

impl Found {
    /// A gauge with so many members, one of which leaves first and makes room.
    pub(crate) fn of(
        entry: &Entry,
        used: u64,
        before: Option<Time>,
        now: Time,
        leaves: Option<Time>,
    ) -> Self {
        let counted = before.is_some_and(|before| before.millis() > entry.left_at(now));
        let frees_at = leaves.map(|at| at + entry.quota.per);
        Self { room: Room { used, counted, frees_at }, before }
    }

    /// True when the entry must stay out.
    pub(crate) fn refuses(&self, entry: &Entry) -> bool {
        entry.enforced && !self.room.counted && self.room.used >= u64::from(entry.quota.max)
    }
}

impl Sends {
    /// Bytes to store: the tag, then the messages.
    pub(crate) fn encode(log: &SendLog) -> Result<Vec<u8>, StoreError> {
        use sha2::Digest as _;
        let body = super::record::encode_sends(log)?;
        let digest = sha2::Sha256::digest(&body);
        let tag = digest.first_chunk::<8>().copied().unwrap_or_default();
        Ok([tag.as_slice(), &body].concat())
    }

    /// What some bytes mean; none are none.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let cut = || StoreError::Corrupt("the messages to a person are cut short".to_owned());
        let (tag, body) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
        Ok(Self { tag: u64::from_be_bytes(*tag), log: super::record::decode_sends(body)? })
    }
}
