//! Calls by method and status code.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

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

/// What is counted of calls.
#[derive(Debug)]
pub struct Calls(Family<CallLabels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: String,
    code: &'static str,
}

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

impl Calls {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let family = Family::default();
        r.register("calls", "Calls over gRPC and JSON, by method and status code", family.clone());
        Self(family)
    }

    /// The counters of one method, to be held: calls are many.
    #[must_use]
    pub fn of(&self, method: &str) -> CallCounters {
        let counter = |code| self.0.get_or_create_owned(&CallLabels { method: method.to_owned(), code });
        CallCounters(CODES.map(counter).to_vec())
    }
}
