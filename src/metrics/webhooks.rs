//! What the platform told, and where it contradicts an answer.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// What can become of a webhook delivery.
const DELIVERY_OUTCOMES: [&str; 4] = ["stored", "bad_signature", "malformed", "failed"];

/// Platform error codes that contradict an answer of ours (E06).
pub const DISAGREEMENT_CODES: [u32; 6] = [131_026, 131_047, 131_049, 131_050, 132_015, 132_016];

/// What is counted of webhooks.
#[derive(Debug)]
pub struct Webhooks {
    items: Family<ItemLabels, Counter>,
    deliveries: Family<DeliveryLabels, Counter>,
    disagreements: Family<CodeLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ItemLabels {
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

impl Webhooks {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let metrics = Self {
            items: Family::default(),
            deliveries: Family::default(),
            disagreements: Family::default(),
        };
        for outcome in DELIVERY_OUTCOMES {
            drop(metrics.deliveries.get_or_create(&DeliveryLabels { outcome }));
        }
        for code in DISAGREEMENT_CODES {
            drop(metrics.disagreements.get_or_create(&CodeLabels { code }));
        }
        r.register(
            "webhook_items",
            "Items of webhook deliveries, by kind and outcome",
            metrics.items.clone(),
        );
        r.register("webhook_deliveries", "Webhook deliveries, by outcome", metrics.deliveries.clone());
        let help = "Platform errors that contradict an answer given before, by error code";
        r.register("platform_disagreements", help, metrics.disagreements.clone());
        metrics
    }

    /// Makes a series of items, at zero: their kinds and outcomes are known where they are read.
    pub fn expect_item(&self, item: &'static str, outcome: &'static str) {
        drop(self.items.get_or_create(&ItemLabels { item, outcome }));
    }

    /// Counts an item of a delivery.
    pub fn item(&self, item: &'static str, outcome: &'static str) {
        self.items.get_or_create(&ItemLabels { item, outcome }).inc();
    }

    /// Counts a delivery.
    pub fn delivery(&self, outcome: &'static str) {
        self.deliveries.get_or_create(&DeliveryLabels { outcome }).inc();
    }

    /// Counts a platform error that contradicts us.
    pub fn disagreed(&self, code: u32) {
        if DISAGREEMENT_CODES.contains(&code) {
            self.disagreements.get_or_create(&CodeLabels { code }).inc();
        }
    }
}
