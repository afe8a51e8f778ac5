//! What a person, the business or the platform said, as last-writer-wins registers hold it.
//!
//! Ordered by when it was said, then by id, so that two statements of the same instant still have one winner on
//! every sidecar. Between an opt-in and an opt-out of the same instant the opt-out wins; `Registers` sees to that.

use super::{
    evidence::{Channel, Method},
    time::Time,
};

/// Whose word a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// The person's own.
    Own,
    /// Asserted by the business.
    Asserted,
    /// Reported by WhatsApp.
    Platform,
}

/// Identifies a statement: the first 16 bytes of a digest of its idempotency key or message ID, or random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId(pub [u8; 16]);

/// Rules whose evidence is weak, as a set of bits; see `Weak::rule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Weak(pub u16);

impl Weak {
    /// Rules that can leave an accepted opt-in weak, in the order of their bits. Append only: records store the bits.
    pub const RULES: [&'static str; 7] = ["B02", "B03", "B04", "B05", "B06", "B09", "B10"];

    /// The set with one rule added; unchanged for a rule that leaves no weakness.
    #[must_use]
    pub fn with(self, rule: &str) -> Self {
        Self::RULES.iter().position(|known| *known == rule).map_or(self, |bit| Self(self.0 | 1 << bit))
    }

    /// True when nothing is weak.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The rules in the set.
    pub fn rules(self) -> impl Iterator<Item = &'static str> {
        Self::RULES
            .into_iter()
            .enumerate()
            .filter(move |(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, rule)| rule)
    }
}

/// An opt-in, as far as decisions need it; its evidence is in the attestation log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OptIn {
    /// When it was said.
    pub at: Time,
    /// Which statement it is.
    pub id: StatementId,
    /// When it ends.
    pub expires_at: Option<Time>,
    /// What is weak in its evidence.
    pub weak: Weak,
    /// The code of its method.
    pub method: u8,
}

/// An opt-out, as far as decisions need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OptOut {
    /// When it was said.
    pub at: Time,
    /// Which statement it is.
    pub id: StatementId,
    /// The code of its channel.
    pub channel: u8,
}

impl OptIn {
    /// True at or after its end.
    #[must_use]
    pub fn expired(&self, now: Time) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    /// That it was said and when, and nothing else of it.
    #[must_use]
    pub fn bare(self) -> Self {
        Self { expires_at: None, weak: Weak::default(), method: 0, ..self }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        Method::from_code(self.method)
    }
}

impl OptOut {
    /// The channel.
    #[must_use]
    pub fn channel(&self) -> Option<Channel> {
        Channel::from_code(self.channel)
    }
}

/// The registers of one scope. Own and asserted statements are kept apart, because the person's own opt-out is
/// lifted only by their own later opt-in: one register for both would let an import overwrite it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Registers {
    /// The person's latest opt-in.
    pub own_in: Option<OptIn>,
    /// The business's latest assertion of an opt-in.
    pub asserted_in: Option<OptIn>,
    /// The person's latest opt-out.
    pub own_out: Option<OptOut>,
    /// The business's latest assertion of an opt-out.
    pub asserted_out: Option<OptOut>,
}

impl Registers {
    /// Merges another state of the same scope.
    pub fn join(&mut self, other: &Self) {
        self.own_in = self.own_in.max(other.own_in);
        self.asserted_in = self.asserted_in.max(other.asserted_in);
        self.own_out = self.own_out.max(other.own_out);
        self.asserted_out = self.asserted_out.max(other.asserted_out);
    }

    /// Both opt-outs with whose word they are.
    pub fn outs(&self) -> impl Iterator<Item = (Voice, &OptOut)> {
        let own = self.own_out.iter().map(|out| (Voice::Own, out));
        own.chain(self.asserted_out.iter().map(|out| (Voice::Asserted, out)))
    }

    /// Both opt-ins with whose word they are.
    pub fn ins(&self) -> impl Iterator<Item = (Voice, &OptIn)> {
        let own = self.own_in.iter().map(|opt_in| (Voice::Own, opt_in));
        own.chain(self.asserted_in.iter().map(|opt_in| (Voice::Asserted, opt_in)))
    }
}
