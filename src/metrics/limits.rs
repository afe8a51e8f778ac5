//! Numbers of what limits count: how much of them is used, what was reserved, and what a low rating does.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// What can become of a reservation.
const OUTCOMES: [&str; 4] = ["made", "refused", "failed", "given_back"];

/// What is measured of limits.
#[derive(Debug)]
pub struct Limits {
    used: Family<PortfolioLabels, Gauge<f64, AtomicU64>>,
    throttle: Family<SenderLabels, Gauge>,
    reservations: [Counter; OUTCOMES.len()],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PortfolioLabels {
    portfolio: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SenderLabels {
    sender: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

impl Limits {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let used = Family::default();
        let help = "People that a configured portfolio reached outside a window within 24 hours, as a part of its messaging limit; 0 \
            while no limit is known";
        r.register("messaging_limit_used_ratio", help, Family::clone(&used));
        let throttle = Family::default();
        let help = "What the quality rating of a configured sender does: 0 nothing, 1 throttles, 2 pauses";
        r.register("sender_throttle", help, Family::clone(&throttle));
        let reservations = Family::<OutcomeLabels, Counter>::default();
        let help = "Checks with reserve by what became of them, and reservations given back";
        r.register("reservations", help, reservations.clone());
        let reservations =
            OUTCOMES.map(|outcome| reservations.get_or_create(&OutcomeLabels { outcome }).clone());
        Self { used, throttle, reservations }
    }

    /// The series of a portfolio and of its number are there from the start.
    pub fn expect(&self, portfolio: &str, sender: &str) {
        drop(self.used.get_or_create(&PortfolioLabels { portfolio: portfolio.to_owned() }));
        drop(self.throttle.get_or_create(&SenderLabels { sender: sender.to_owned() }));
    }

    /// So many people of so many were reached.
    #[expect(clippy::cast_precision_loss, reason = "people are fewer than 2^53")]
    pub fn reached(&self, portfolio: &str, used: u64, max: u32) {
        let part = used as f64 / f64::from(max.max(1));
        self.used.get_or_create(&PortfolioLabels { portfolio: portfolio.to_owned() }).set(part);
    }

    /// What the rating of a sender does: 0 nothing, 1 throttles, 2 pauses.
    pub fn throttled(&self, sender: &str, measure: i64) {
        self.throttle.get_or_create(&SenderLabels { sender: sender.to_owned() }).set(measure);
    }

    /// A check that was to be counted: allowed, denied, or not to be told.
    pub fn reserved(&self, allowed: Option<bool>) {
        let [made, refused, failed, _] = &self.reservations;
        match allowed {
            Some(true) => made.inc(),
            Some(false) => refused.inc(),
            None => failed.inc(),
        };
    }

    /// A reservation was given back.
    pub fn given_back(&self) {
        let [.., given_back] = &self.reservations;
        given_back.inc();
    }
}
