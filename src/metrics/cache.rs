//! Memory: what was found there, what was dropped, and whether what others write is heard.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// From 100 µs, a good network, to beyond what memory may be behind by default.
const LAG_SECONDS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 1.0, 2.5];

/// What is counted of memory.
#[derive(Debug)]
pub struct CacheMetrics {
    /// Contacts found in memory.
    pub hits: Counter,
    /// Contacts read from the store.
    pub misses: Counter,
    /// Contacts in memory; set when scraped.
    pub contacts: Gauge,
    /// About the bytes that they take; set when scraped.
    pub bytes: Gauge,
    written: Counter,
    heard: Counter,
    /// 1 while a write of another process would be heard.
    pub trusted: Gauge,
    distrusted: Counter,
    lag_seconds: Histogram,
    bound_seconds: Gauge<f64, AtomicU64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    cause: &'static str,
}

impl CacheMetrics {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let invalidations = Family::<CauseLabels, Counter>::default();
        let caused_by = |cause| invalidations.get_or_create_owned(&CauseLabels { cause });
        let (written, heard) = (caused_by("own_write"), caused_by("heard"));
        let metrics = Self {
            hits: Counter::default(),
            misses: Counter::default(),
            contacts: Gauge::default(),
            bytes: Gauge::default(),
            written,
            heard,
            trusted: Gauge::default(),
            distrusted: Counter::default(),
            lag_seconds: Histogram::new(LAG_SECONDS),
            bound_seconds: Gauge::default(),
        };
        r.register("cache_hits", "Contacts found in memory", metrics.hits.clone());
        r.register("cache_misses", "Contacts read from the store", metrics.misses.clone());
        r.register("cached_contacts", "Contacts in memory, about", metrics.contacts.clone());
        r.register("cached_bytes", "Bytes that contacts in memory take, about", metrics.bytes.clone());
        let help = "Contacts dropped from memory, after a write of this process (own_write) or an announcement of the store \
            (heard), which tells of own writes as well";
        r.register("cache_invalidations", help, invalidations);
        let help =
            "1 while a write of another process would be heard; with 0 every answer is read from the store";
        r.register("cache_trusted", help, metrics.trusted.clone());
        let help = "Times that everything in memory was distrusted, since writes may have gone unheard";
        r.register("cache_distrusted", help, metrics.distrusted.clone());
        let help = "Time from a question on a connection that hears of writes to its answer, for each heartbeat and each \
            master: by then every write acknowledged before the question was heard here. One that was given up counts with \
            the time it was waited for";
        r.register_with_unit("invalidation_lag", help, Unit::Seconds, metrics.lag_seconds.clone());
        let help = "The longest that memory is trusted after a question that was answered (store.trust); 0 where nobody \
            else writes to the store";
        r.register_with_unit("invalidation_bound", help, Unit::Seconds, metrics.bound_seconds.clone());
        metrics
    }

    /// A question on a connection that hears of writes was answered, or given up, after this time.
    pub fn asked(&self, took: Duration) {
        self.lag_seconds.observe(took.as_secs_f64());
    }

    /// How long memory is trusted without an answer.
    pub fn bounded_by(&self, trust: Duration) {
        self.bound_seconds.set(trust.as_secs_f64());
    }

    /// Totals that the cache keeps itself: contacts dropped after own writes and after announcements, and how often everything
    /// was distrusted. Told by several at once they count once.
    pub fn totals(&self, written: u64, heard: u64, distrusted: u64) {
        for (counter, total) in
            [(&self.written, written), (&self.heard, heard), (&self.distrusted, distrusted)]
        {
            counter.inner().fetch_max(total, Ordering::Relaxed);
        }
    }
}
