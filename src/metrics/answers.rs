//! Decisions: how many, why, of what, and how long they took.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::words::snake;
use crate::{
    model::Category,
    policy::{Reason, RuleId, Verdict},
};

/// From 1 µs: a check from memory takes a few microseconds, one that has to read waits for the store.
const BUCKETS_SECONDS: [f64; 20] = [
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
    0.002_5,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
];

/// What is counted of decisions.
#[derive(Debug)]
pub struct Answers {
    /// By reason, then by category.
    decisions: Vec<[Counter; Category::ALL.len()]>,
    shadow_denials: Vec<Counter>,
    /// Seconds that one CheckSend took inside the server.
    pub check_seconds: Histogram,
    /// Answers from what was remembered, since the store gave none.
    pub degraded: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    decision: &'static str,
    reason: String,
    category: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabels {
    rule: &'static str,
}

impl Answers {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let family = Family::<DecisionLabels, Counter>::default();
        let by_category = |reason: Reason| {
            let decision = if reason.allows() { "allow" } else { "deny" };
            Category::ALL.map(|category| {
                let (reason, category) = (reason.label(), category.word());
                family.get_or_create_owned(&DecisionLabels { decision, reason, category })
            })
        };
        let decisions = Reason::ALL.into_iter().map(by_category).collect();
        let help = "Answers to checks, by decision, reason and the category that was asked for";
        r.register("decisions", help, family);
        let family = Family::<RuleLabels, Counter>::default();
        let by_rule = |rule: RuleId| family.get_or_create_owned(&RuleLabels { rule: rule.name() });
        let shadow_denials = RuleId::ALL.into_iter().map(by_rule).collect();
        r.register("shadow_denials", "Denials of rules in shadow mode, not enforced", family);
        let check_seconds = Histogram::new(BUCKETS_SECONDS);
        let help = "Time that one CheckSend, or one item of a stream, took inside the server";
        r.register_with_unit("check_duration", help, Unit::Seconds, check_seconds.clone());
        let degraded = Counter::default();
        let help = "Answers from what was remembered, since the store gave none";
        r.register("degraded_answers", help, degraded.clone());
        Self { decisions, shadow_denials, check_seconds, degraded }
    }

    /// Counts an answer.
    pub fn decided(&self, verdict: &Verdict, category: Category) {
        let by_category = self.decisions.get(verdict.reason as usize);
        if let Some(counter) = by_category.and_then(|counters| counters.get(category as usize)) {
            counter.inc();
        }
        for rule in verdict.shadow_denials.iter() {
            if let Some(counter) = self.shadow_denials.get(rule as usize) {
                counter.inc();
            }
        }
    }
}

impl Reason {
    /// The label value: the contract's name without its prefix, in lower case.
    #[must_use]
    pub fn label(self) -> String {
        snake(&self)
    }

    /// True when the reason goes with ALLOW, and not with DENY.
    const fn allows(self) -> bool {
        matches!(
            self,
            Self::OptedIn
                | Self::WindowOpen
                | Self::OptInPrompt
                | Self::OptOutConfirmation
                | Self::NotEnforced
        )
    }
}
