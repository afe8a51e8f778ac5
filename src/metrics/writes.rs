//! What was recorded, and how long that took.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

/// From 10 µs, a store in memory, to the longest that a write is waited for.
const BUCKETS_SECONDS: [f64; 16] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 5.0,
];

/// What is counted of writes.
#[derive(Debug)]
pub struct Writes {
    writes: Family<WriteLabels, Counter>,
    /// Seconds that one write took inside the server.
    pub seconds: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    kind: &'static str,
    outcome: WriteOutcome,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "they are label values, which are snake case")]
pub enum WriteOutcome {
    /// Written, and it took effect.
    applied,
    /// Written to the log, but another statement stands.
    not_applied,
    /// Known already.
    repeated,
    /// Refused as malformed.
    refused,
    /// The store failed.
    failed,
}

/// The kinds of write that are counted.
pub const WRITE_KINDS: [&str; 11] = [
    "consent",
    "opt_out",
    "opt_in_prompt",
    "inbound",
    "confirmation",
    "block",
    "link",
    "hold",
    "contact",
    "erase",
    "signal",
];

const WRITE_OUTCOMES: [WriteOutcome; 5] = [
    WriteOutcome::applied,
    WriteOutcome::not_applied,
    WriteOutcome::repeated,
    WriteOutcome::refused,
    WriteOutcome::failed,
];

impl Writes {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let metrics = Self { writes: Family::default(), seconds: Histogram::new(BUCKETS_SECONDS) };
        for kind in WRITE_KINDS {
            for outcome in WRITE_OUTCOMES {
                drop(metrics.writes.get_or_create(&WriteLabels { kind, outcome }));
            }
        }
        r.register("writes", "Writes, by kind and outcome", metrics.writes.clone());
        let help = "Time that one write took inside the server, by call or webhook, until it was durable";
        r.register_with_unit("write_duration", help, Unit::Seconds, metrics.seconds.clone());
        metrics
    }

    /// Counts a write.
    pub fn wrote(&self, kind: &'static str, outcome: WriteOutcome) {
        self.writes.get_or_create(&WriteLabels { kind, outcome }).inc();
    }
}
