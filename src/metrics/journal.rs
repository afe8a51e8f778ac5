//! The journal: what waits there for the store.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::gauge::Gauge,
    registry::{Registry, Unit},
};

/// What is told of the journal.
#[derive(Debug)]
pub struct JournalMetrics {
    /// Refusals that wait for the store.
    pub entries: Gauge,
    /// For how many seconds the oldest of them has waited; set when scraped.
    pub oldest_seconds: Gauge<f64, AtomicU64>,
    /// 1 while the journal cannot be used; set when scraped.
    pub failing: Gauge,
}

impl JournalMetrics {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let metrics =
            Self { entries: Gauge::default(), oldest_seconds: Gauge::default(), failing: Gauge::default() };
        r.register(
            "journal_entries",
            "Refusals that wait in the journal for the store",
            metrics.entries.clone(),
        );
        let help = "For how long the oldest refusal in the journal has waited; 0 while none does";
        r.register_with_unit("journal_oldest", help, Unit::Seconds, metrics.oldest_seconds.clone());
        let help = "1 while the journal cannot be used: opt-outs are refused then while the store is away";
        r.register("journal_failing", help, metrics.failing.clone());
        metrics
    }
}
