//! Every metric: its name, help and labels, and a method or a handle for each thing that is counted.
//!
//! All series exist at zero from the start, so that a rate is right from the first event. Labels come from closed lists,
//! and from the configuration where they name a sender; nothing here takes the number of a person. What a decision counts
//! is a counter by place, with no look-up of labels. Each group below owns its metrics and registers them.

mod answers;
mod cache;
mod calls;
mod decisions;
mod journal;
mod limits;
mod senders;
mod store;
mod webhooks;
mod words;
mod writes;

use prometheus_client::{
    encoding::text::encode,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

pub use answers::Answers;
pub use cache::CacheMetrics;
pub use calls::{CallCounters, Calls};
pub use decisions::DecisionLogCounters;
pub use journal::JournalMetrics;
pub use limits::Limits;
pub use senders::{OTHERS, SenderSeries, Senders};
pub use store::{StoreMetrics, StoreOperation, StoreOutcome};
pub use webhooks::{DISAGREEMENT_CODES, Webhooks};
pub use writes::{WRITE_KINDS, WriteOutcome, Writes};

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Decisions.
    pub answers: Answers,
    /// Memory, and hearing of what others write.
    pub cache: CacheMetrics,
    /// What the store was asked.
    pub store: StoreMetrics,
    /// Refusals that wait for the store.
    pub journal: JournalMetrics,
    /// What was recorded.
    pub writes: Writes,
    /// What the platform told.
    pub webhooks: Webhooks,
    /// Numbers by sender.
    pub senders: Senders,
    /// What limits count.
    pub limits: Limits,
    /// Calls by method.
    pub calls: Calls,
    /// 1 while ready.
    pub ready: Gauge,
    /// Lines of the decision log.
    pub decision_log: DecisionLogCounters,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("sendgate");
        let r = &mut registry;
        // A gauge and no info: promtool does not know the types that only OpenMetrics has.
        let build = Family::<_, Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        r.register("build_info", "The version that runs; always 1", build);
        let ready = Gauge::default();
        r.register("ready", "1 while the sidecar is ready, as /readyz answered last", ready.clone());
        let answers = Answers::registered(r);
        let cache = CacheMetrics::registered(r);
        let store = StoreMetrics::registered(r);
        let journal = JournalMetrics::registered(r);
        let writes = Writes::registered(r);
        let webhooks = Webhooks::registered(r);
        let senders = Senders::registered(r);
        let limits = Limits::registered(r);
        let calls = Calls::registered(r);
        let decision_log = DecisionLogCounters::registered(r);
        Self {
            registry,
            answers,
            cache,
            store,
            journal,
            writes,
            webhooks,
            senders,
            limits,
            calls,
            ready,
            decision_log,
        }
    }

    /// The text that Prometheus scrapes.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a String does not fail.
            Err(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Category,
        policy::{Reason, Verdict},
    };

    #[test]
    fn every_series_of_decisions_exists_at_zero_from_the_start() {
        let text = Metrics::new().render();
        for reason in Reason::ALL {
            for category in Category::ALL {
                let labels = format!("reason=\"{}\",category=\"{}\"}} 0\n", reason.label(), category.word());
                assert!(text.contains(&labels), "{labels} in {text}");
            }
        }
        assert!(text.contains("sendgate_check_duration_seconds_count 0"));
    }

    #[test]
    fn a_denial_is_counted_under_its_reason_and_category() {
        let metrics = Metrics::new();
        metrics.answers.decided(&Verdict::state_unavailable(), Category::Utility);
        let line =
            "sendgate_decisions_total{decision=\"deny\",reason=\"state_unavailable\",category=\"utility\"} 1";
        assert!(metrics.render().contains(line));
    }

    #[test]
    fn the_version_is_told() {
        let line = format!("sendgate_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"));
        assert!(Metrics::new().render().contains(&line));
    }
}
