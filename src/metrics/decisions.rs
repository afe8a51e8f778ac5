//! What became of the lines of the decision log.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// The counters, to be held by the log.
#[derive(Clone, Debug)]
pub struct DecisionLogCounters {
    /// Written.
    pub written: Counter,
    /// Not noted, since too many waited.
    pub dropped: Counter,
    /// Lost, since they could not be written.
    pub failed: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LineLabels {
    outcome: &'static str,
}

impl DecisionLogCounters {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let lines = Family::<LineLabels, Counter>::default();
        let line = |outcome| lines.get_or_create(&LineLabels { outcome }).clone();
        let (written, dropped, failed) = (line("written"), line("dropped"), line("failed"));
        r.register("decision_log_lines", "Lines of the decision log, by outcome", lines);
        Self { written, dropped, failed }
    }
}
