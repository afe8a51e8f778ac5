//! What the store was asked: how often, how long it took, and what failed.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::words::snake;

/// From 100 µs, a good network, to the longest that a write is waited for.
const BUCKETS_SECONDS: [f64; 12] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0];

/// What is counted of the store, by operation.
#[derive(Debug)]
pub struct StoreMetrics(Vec<OfOperation>);

#[derive(Debug)]
struct OfOperation {
    ended: [Counter; StoreOutcome::ALL.len()],
    seconds: Histogram,
}

/// What a store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreOperation {
    /// To read a contact.
    Load,
    /// To read many.
    LoadMany,
    /// To write a contact.
    Commit,
    /// To read a log.
    History,
    /// To find an entry of a log.
    EntryOf,
    /// To list contacts.
    Contacts,
    /// To read the feed.
    Changes,
    /// To read the end of the feed.
    LastChange,
    /// To read what was learned.
    Registry,
    /// To read one row of it.
    RegistryRow,
    /// To write one row of it.
    CommitRegistry,
    /// To count what happened to messages.
    Count,
    /// To read what was counted.
    Counted,
    /// To read what limits counted of people.
    Sends,
    /// To write it.
    CommitSends,
    /// To see how full a gauge is.
    Look,
    /// To enter gauges.
    Enter,
    /// To take entries back.
    Leave,
    /// To delete what has ended.
    Sweep,
    /// For a sign of life.
    Ping,
    /// For the key of contact ids.
    IdentityKey,
}

impl StoreOperation {
    /// Every operation.
    pub const ALL: [Self; 21] = [
        Self::Load,
        Self::LoadMany,
        Self::Commit,
        Self::History,
        Self::EntryOf,
        Self::Contacts,
        Self::Changes,
        Self::LastChange,
        Self::Registry,
        Self::RegistryRow,
        Self::CommitRegistry,
        Self::Count,
        Self::Counted,
        Self::Sends,
        Self::CommitSends,
        Self::Look,
        Self::Enter,
        Self::Leave,
        Self::Sweep,
        Self::Ping,
        Self::IdentityKey,
    ];
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreOutcome {
    /// It was answered; a conflict with another writer is an answer.
    Ok,
    /// The store could not be reached, or refused; nothing was written.
    Unavailable,
    /// No answer came in time; a write may have happened.
    UnknownOutcome,
    /// What is stored cannot be read.
    Corrupt,
    /// Nobody waited for the answer any more: its time was over, or the caller went.
    Abandoned,
}

impl StoreOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Ok, Self::Unavailable, Self::UnknownOutcome, Self::Corrupt, Self::Abandoned];
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    operation: String,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: String,
}

impl StoreMetrics {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let ended = Family::<EndLabels, Counter>::default();
        let seconds =
            Family::<OperationLabels, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS_SECONDS));
        let of = |operation: StoreOperation| {
            let operation = snake(&operation);
            let counter = |outcome: StoreOutcome| {
                let outcome = snake(&outcome);
                ended.get_or_create_owned(&EndLabels { operation: operation.clone(), outcome })
            };
            OfOperation {
                ended: StoreOutcome::ALL.map(counter),
                seconds: seconds.get_or_create_owned(&OperationLabels { operation: operation.clone() }),
            }
        };
        let metrics = Self(StoreOperation::ALL.map(of).into_iter().collect());
        let help = "What the store was asked by answers, writes and housekeeping, by operation and outcome; all outcomes \
            but ok are errors";
        r.register("store_operations", help, ended);
        let help = "Time that the store took for an operation, however it ended";
        r.register_with_unit("store_operation_duration", help, Unit::Seconds, seconds);
        metrics
    }

    /// Counts an operation that ended.
    pub fn ended(&self, operation: StoreOperation, outcome: StoreOutcome, took: Duration) {
        let Some(of) = self.0.get(operation as usize) else { return };
        of.seconds.observe(took.as_secs_f64());
        if let Some(counter) = of.ended.get(outcome as usize) {
            counter.inc();
        }
    }
}
