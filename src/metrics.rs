//! Every metric: its name, help and labels, and a method for each thing that is counted. All series exist at zero from
//! the start, so that a rate is right from the first event. Nothing here takes a phone number.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::policy::{Reason, RuleId, Verdict};

/// Buckets from 1 µs to 2.5 s: a warm check takes a few microseconds, a cold one waits for the store.
const LATENCY_BUCKETS_SECONDS: [f64; 15] = [
    0.000_001,
    0.000_002_5,
    0.000_005,
    0.000_01,
    0.000_025,
    0.000_05,
    0.000_1,
    0.000_25,
    0.000_5,
    0.001,
    0.005,
    0.025,
    0.1,
    0.5,
    2.5,
];

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    decisions: Vec<[Counter; 2]>,
    shadow_denials: Vec<Counter>,
    /// Contacts found in memory.
    pub cache_hits: Counter,
    /// Contacts read from the store.
    pub cache_misses: Counter,
    /// Contacts in memory; set when scraped.
    pub cached_contacts: Gauge,
    /// About the bytes that they take; set when scraped.
    pub cached_bytes: Gauge,
    /// Seconds that one CheckSend took inside the server.
    pub check_seconds: Histogram,
    /// Seconds that one write took inside the server.
    pub write_seconds: Histogram,
    writes: Family<WriteLabels, Counter>,
    webhook_items: Family<WebhookLabels, Counter>,
    webhook_deliveries: Family<DeliveryLabels, Counter>,
    disagreements: Family<CodeLabels, Counter>,
    messages: Family<MessageLabels, Counter>,
    calls: Family<CallLabels, Counter>,
    /// 1 while ready.
    pub ready: Gauge,
    /// 1 while a write of another process would be heard.
    pub cache_trusted: Gauge,
    /// Times that everything in memory was distrusted.
    pub cache_distrusted: Counter,
    /// Answers from what was remembered, since the store gave none.
    pub degraded_answers: Counter,
    /// Refusals that wait in the journal for the store.
    pub journal_entries: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    decision: &'static str,
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabels {
    rule: &'static str,
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

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WebhookLabels {
    item: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    sender: String,
    happened: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: String,
    code: &'static str,
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

/// The status codes of gRPC, by number.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The counters of one method, by status code.
#[derive(Clone, Debug)]
pub struct CallCounters(Vec<Counter>);

impl CallCounters {
    /// Counts a call that ended with a code.
    pub fn count(&self, code: tonic::Code) {
        if let Some(counter) = usize::try_from(code as i32).ok().and_then(|code| self.0.get(code)) {
            counter.inc();
        }
    }
}

/// What can become of a webhook delivery.
pub const DELIVERY_OUTCOMES: [&str; 4] = ["stored", "bad_signature", "malformed", "failed"];

/// Platform error codes that contradict an answer of ours (E06).
pub const DISAGREEMENT_CODES: [u32; 6] = [131_026, 131_047, 131_049, 131_050, 132_015, 132_016];

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
        let decisions = Family::<DecisionLabels, Counter>::default();
        let decision_handles = Reason::ALL.into_iter().map(|reason| {
            ["deny", "allow"].map(|decision| {
                let labels = DecisionLabels { decision, reason: reason.label() };
                if reason.is_possible(decision == "allow") {
                    decisions.get_or_create(&labels).clone()
                } else {
                    Counter::default()
                }
            })
        });
        let decision_handles = decision_handles.collect();
        registry.register("decisions", "Answers of CheckSend, by decision and reason", decisions);
        let shadow = Family::<RuleLabels, Counter>::default();
        let shadow_denials =
            RuleId::ALL.map(|rule| shadow.get_or_create(&RuleLabels { rule: rule.name() }).clone()).to_vec();
        registry.register("shadow_denials", "Denials of rules in shadow mode, not enforced", shadow);
        let metrics = Self {
            decisions: decision_handles,
            shadow_denials,
            cache_hits: Counter::default(),
            cache_misses: Counter::default(),
            cached_contacts: Gauge::default(),
            cached_bytes: Gauge::default(),
            check_seconds: Histogram::new(LATENCY_BUCKETS_SECONDS),
            write_seconds: Histogram::new(LATENCY_BUCKETS_SECONDS),
            writes: Family::default(),
            webhook_items: Family::default(),
            webhook_deliveries: Family::default(),
            disagreements: Family::default(),
            messages: Family::default(),
            calls: Family::default(),
            ready: Gauge::default(),
            cache_trusted: Gauge::default(),
            cache_distrusted: Counter::default(),
            degraded_answers: Counter::default(),
            journal_entries: Gauge::default(),
            registry,
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let r = &mut self.registry;
        r.register("cache_hits", "Contacts found in memory", self.cache_hits.clone());
        r.register("cache_misses", "Contacts read from the store", self.cache_misses.clone());
        r.register("cached_contacts", "Contacts in memory", self.cached_contacts.clone());
        r.register("cached_bytes", "Bytes that contacts in memory take, about", self.cached_bytes.clone());
        let help = "Time one CheckSend took inside the server";
        r.register_with_unit("check_duration", help, Unit::Seconds, self.check_seconds.clone());
        let help = "Time one write took inside the server, until it was durable";
        r.register_with_unit("write_duration", help, Unit::Seconds, self.write_seconds.clone());
        r.register("writes", "Writes, by kind and outcome", self.writes.clone());
        r.register(
            "webhook_items",
            "Items of webhook deliveries, by kind and outcome.",
            self.webhook_items.clone(),
        );
        r.register("webhook_deliveries", "Webhook deliveries, by outcome", self.webhook_deliveries.clone());
        let help = "Platform errors that contradict an answer given before, by error code";
        r.register("platform_disagreements", help, self.disagreements.clone());
        let help = "What happened to messages, each thing once, by configured sender (`other` for the rest)";
        r.register("messages", help, self.messages.clone());
        r.register("calls", "gRPC calls, by method and status code", self.calls.clone());
        r.register("ready", "1 while the sidecar is ready to answer", self.ready.clone());
        let help = "1 while a write of another process would be heard";
        r.register("cache_trusted", help, self.cache_trusted.clone());
        let help = "Times that everything in memory was distrusted, since writes may have gone unheard";
        r.register("cache_distrusted", help, self.cache_distrusted.clone());
        let help = "Answers from what was remembered, since the store gave none";
        r.register("degraded_answers", help, self.degraded_answers.clone());
        let help = "Refusals that wait in the journal for the store";
        r.register("journal_entries", help, self.journal_entries.clone());
        for kind in WRITE_KINDS {
            for outcome in WRITE_OUTCOMES {
                drop(self.writes.get_or_create(&WriteLabels { kind, outcome }));
            }
        }
        for outcome in DELIVERY_OUTCOMES {
            drop(self.webhook_deliveries.get_or_create(&DeliveryLabels { outcome }));
        }
        for code in DISAGREEMENT_CODES {
            drop(self.disagreements.get_or_create(&CodeLabels { code }));
        }
        self
    }

    /// Counts an answer.
    pub fn decided(&self, verdict: &Verdict) {
        let handles = self.decisions.get(verdict.reason as usize);
        if let Some(counter) = handles.and_then(|pair| pair.get(usize::from(verdict.allowed))) {
            counter.inc();
        }
        for rule in verdict.shadow_denials.iter() {
            if let Some(counter) = self.shadow_denials.get(rule as usize) {
                counter.inc();
            }
        }
    }

    /// Counts something that happened to messages of a sender.
    pub fn message(&self, sender: &str, happened: &'static str, more: u64) {
        self.messages.get_or_create(&MessageLabels { sender: sender.to_owned(), happened }).inc_by(more);
    }

    /// Counts a write.
    pub fn wrote(&self, kind: &'static str, outcome: WriteOutcome) {
        self.writes.get_or_create(&WriteLabels { kind, outcome }).inc();
    }

    /// Counts an item of a webhook delivery.
    pub fn webhook_item(&self, item: &'static str, outcome: &'static str) {
        self.webhook_items.get_or_create(&WebhookLabels { item, outcome }).inc();
    }

    /// Counts a webhook delivery.
    pub fn webhook_delivery(&self, outcome: &'static str) {
        self.webhook_deliveries.get_or_create(&DeliveryLabels { outcome }).inc();
    }

    /// Counts a platform error that contradicts us.
    pub fn disagreed(&self, code: u32) {
        if DISAGREEMENT_CODES.contains(&code) {
            self.disagreements.get_or_create(&CodeLabels { code }).inc();
        }
    }

    /// The counters of one method, to be held: calls are many.
    #[must_use]
    pub fn call_counters(&self, method: &str) -> CallCounters {
        let counter =
            |code| self.calls.get_or_create(&CallLabels { method: method.to_owned(), code }).clone();
        CallCounters(CODES.map(counter).to_vec())
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

impl Reason {
    /// The label value: the contract's name without its prefix, in lower case.
    #[must_use]
    pub fn label(self) -> String {
        let mut label = String::new();
        for (at, c) in format!("{self:?}").char_indices() {
            if c.is_ascii_uppercase() && at > 0 {
                label.push('_');
            }
            label.push(c.to_ascii_lowercase());
        }
        label
    }

    /// True when the reason goes with ALLOW, or else with DENY.
    const fn is_possible(self, allowed: bool) -> bool {
        let allows = matches!(
            self,
            Self::OptedIn
                | Self::WindowOpen
                | Self::OptInPrompt
                | Self::OptOutConfirmation
                | Self::NotEnforced
        );
        allows == allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_of_decisions_exists_at_zero_from_the_start() {
        let text = Metrics::new().render();
        for reason in Reason::ALL {
            let label = format!("reason=\"{}\"", reason.label());
            assert!(text.contains(&label), "{label} in {text}");
        }
        assert!(text.contains("sendgate_check_duration_seconds_count 0"));
    }

    #[test]
    fn a_denial_is_counted_under_its_reason() {
        let metrics = Metrics::new();
        metrics.decided(&Verdict::state_unavailable());
        let line = "sendgate_decisions_total{decision=\"deny\",reason=\"state_unavailable\"} 1";
        assert!(metrics.render().contains(line));
    }
}
