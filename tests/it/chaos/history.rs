//! What was asked and answered: every operation with the times between which it happened.

use std::fmt;

use super::{faults::FORGET, world::SIDECARS};

/// What a master answered for longer ago than this is with a replica that follows it.
const REPLICATED: Micros = 1_000_000;

/// Microseconds on the clock that all operations of a run share.
pub(crate) type Micros = u64;

/// One operation as its caller saw it.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The sidecar that was asked.
    pub(crate) sidecar: usize,
    /// Before the request was sent.
    pub(crate) begin: Micros,
    /// After the answer was there, or given up.
    pub(crate) end: Micros,
    /// The time of day before the request was sent, in milliseconds of a clock that is right.
    pub(crate) day: i64,
    /// The person it is about.
    pub(crate) person: usize,
    pub(crate) what: What,
    pub(crate) answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A statement under a key; the same key again is the same statement.
    Said(Statement),
    /// A message that says nothing about consent, written at a time of day.
    Wrote(i64),
    /// May this be sent?
    Check(Ask, Fresh),
}

/// What a person says about consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Statement {
    /// When it was said, in milliseconds: the name of the statement, since no two of a person have the same.
    pub(crate) at: i64,
    pub(crate) yes: bool,
    /// About marketing only.
    pub(crate) narrow: bool,
    /// As a word in a message, which opens the window as well.
    pub(crate) word: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Marketing,
    Utility,
    Reply,
}

/// How fresh an answer was asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fresh {
    Memory,
    /// From the store.
    Full,
    /// Not older than the acknowledged statement of this time.
    Since(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Allow,
    /// With its reason.
    Deny(&'static str),
    /// Acknowledged: in the store.
    Stored,
    /// Acknowledged: in the sidecar's journal.
    Journaled,
    /// Acknowledged, and was no statement about consent in the state that was found.
    Nothing,
    /// Refused with the promise that nothing was recorded.
    Refused,
    /// Anything else: it may have happened.
    Unknown(String),
}

/// A fault and the time it lasted.
#[derive(Clone, Debug)]
pub(crate) struct Harm {
    pub(crate) name: &'static str,
    /// The sidecar it concerns; none = all.
    pub(crate) sidecar: Option<usize>,
    pub(crate) begin: Micros,
    pub(crate) end: Micros,
}

/// Everything of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) operations: Vec<Operation>,
    pub(crate) harms: Vec<Harm>,
    /// From here on every fault is over, and every journal was told to the store.
    pub(crate) settled: Micros,
    /// By how many milliseconds each sidecar's clock is ahead.
    pub(crate) ahead: [i64; SIDECARS],
}

/// What a sidecar tells of a person at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) sidecar: usize,
    pub(crate) person: usize,
    /// Of each opt-in (true) and opt-out: when it was said.
    pub(crate) entries: Vec<(bool, i64)>,
    /// The hash of the last entry.
    pub(crate) head: String,
    /// What `verify` finds wrong.
    pub(crate) faults: Vec<String>,
}

impl History {
    /// The store may have forgotten what it answered for: until everything is over it need not be known elsewhere, or, being
    /// a "yes", ever again.
    pub(crate) fn may_be_forgotten(&self, said: &Operation) -> Option<Micros> {
        let mut failovers = self.harms.iter().filter(|harm| FORGET.contains(&harm.name));
        failovers
            .find(|harm| said.begin < harm.end && harm.begin < said.end + REPLICATED)
            .map(|harm| harm.begin)
    }
}

impl Answer {
    pub(crate) fn acknowledged(&self) -> bool {
        matches!(self, Self::Stored | Self::Journaled)
    }
}

impl Statement {
    /// An opt-out that a check must respect.
    pub(crate) fn forbids(&self, ask: Ask) -> bool {
        !self.yes && (!self.narrow || ask == Ask::Marketing)
    }

    /// True when an opt-out does not stand beside this opt-in. A wider yes lifts no narrower no; which scopes a word
    /// lifts depends on what stood, so any is believed of it.
    pub(crate) fn lifts(&self, no: &Self, ask: Ask) -> bool {
        let scope = self.narrow == no.narrow || (self.narrow && ask == Ask::Marketing) || self.word;
        self.yes && self.at > no.at && scope
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begin, end) = (self.begin as f64 / 1000.0, self.end as f64 / 1000.0);
        write!(f, "{begin:9.2}..{end:9.2} ms  sidecar {}  person {:2}  ", self.sidecar, self.person)?;
        match &self.what {
            What::Said(said) => {
                let (what, scope) =
                    (if said.yes { "IN " } else { "OUT" }, if said.narrow { "marketing" } else { "all" });
                let word = if said.word { " by word" } else { "" };
                write!(f, "{what} {scope}{word} said at {}", said.at)?;
            }
            What::Wrote(at) => write!(f, "wrote at {at}")?,
            What::Check(ask, fresh) => write!(f, "check {ask:?} {fresh:?}")?,
        }
        write!(f, " -> {:?}", self.answer)
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begin, end) = (self.begin as f64 / 1000.0, self.end as f64 / 1000.0);
        write!(f, "{begin:9.2}..{end:9.2} ms  {}", self.name)?;
        self.sidecar.map_or(Ok(()), |sidecar| write!(f, " of sidecar {sidecar}"))
    }
}
