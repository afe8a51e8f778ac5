//! What is told of the gate: who opted in and out, how late others' writes are heard, and what only a look can tell when
//! the numbers are asked for.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Gate, quality::measure_of, write::Written};
use crate::{
    attest::{Content, Entry},
    cache::Cache,
    metrics::Metrics,
    model::{Contact, SenderId, evidence::Method},
    quality::{Standing, worse},
    senders::SenderProfile,
    store::{ContactId, Ear},
};

/// The ear of a cache, which measures as well.
#[derive(Debug)]
pub(super) struct Listening {
    cache: Arc<Cache>,
    metrics: Arc<Metrics>,
}

impl Listening {
    pub(super) fn new(cache: &Arc<Cache>, metrics: &Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { cache: Arc::clone(cache), metrics: Arc::clone(metrics) })
    }
}

impl Ear for Listening {
    fn changed(&self, id: ContactId) {
        self.cache.changed(id);
    }

    fn learned(&self) {
        Ear::learned(&*self.cache);
    }

    fn deaf(&self) {
        self.cache.deaf();
    }

    fn heard(&self, until: Instant) {
        self.cache.heard(until);
    }

    fn asked(&self, took: Duration) {
        self.metrics.cache.asked(took);
    }
}

impl Gate {
    /// The numbers, with what is looked at when they are asked for.
    #[must_use]
    pub fn measured(&self) -> &Metrics {
        let cache = &self.metrics.cache;
        cache.contacts.set(i64::try_from(self.cache.len()).unwrap_or(i64::MAX));
        cache.bytes.set(i64::try_from(self.cache.bytes()).unwrap_or(i64::MAX));
        let [written, heard] = self.cache.invalidations();
        cache.totals(written, heard, self.cache.deafened());
        let journal = &self.metrics.journal;
        let waited = self.pending.oldest_waiting().map(|recorded| self.now().since(recorded));
        #[expect(clippy::cast_precision_loss, reason = "lengths of time in milliseconds")]
        let seconds = waited.map_or(0.0, |waited| waited.get().max(0) as f64 / 1000.0);
        journal.oldest_seconds.set(seconds);
        let failing = self.settings.journal.as_ref().is_some_and(|journal| journal.is_failing());
        journal.failing.set(i64::from(failing));
        self.measure_ratings();
        &self.metrics
    }

    /// From memory: ratings are rows of the registry, so that every sidecar tells the same.
    fn measure_ratings(&self) {
        let directory = self.directory();
        for profile in directory.senders().into_iter().filter(|profile| profile.configured) {
            let sender = self.counted_as(&profile.sender.id);
            let Some(series) = self.metrics.senders.of(sender.as_str()) else { continue };
            let own = profile.quality.standing.unwrap_or_else(|| Standing::unrated(self.now()));
            let platform = profile.quality.platform;
            let measure = measure_of(&profile.profile.rules.quality, worse(own, platform), self.now());
            self.metrics.limits.throttled(sender.as_str(), measure as i64);
            series.rated(worse(own, platform), own.rating, platform.map(|(rating, _)| rating));
        }
    }

    /// Counts the opt-ins and opt-outs of a write, but for those that were counted when the journal took them.
    pub(super) fn count_written(&self, profile: &SenderProfile, written: &Written) {
        for (statement, entry) in &written.entries {
            if !self.pending.has(written.id, *statement) {
                self.count_statement(&profile.sender.id, entry, Some(&written.before));
            }
        }
    }

    /// Counts a statement that took effect on a contact as it was before.
    pub(super) fn count_statement(&self, sender: &SenderId, entry: &Entry, before: Option<&Contact>) {
        let counted_as = self.counted_as(sender);
        let Some(series) = self.metrics.senders.of(counted_as.as_str()).filter(|_| entry.applied) else {
            return;
        };
        match &entry.content {
            Content::OptIn { evidence, .. } => series.opted_in(evidence.method),
            Content::OptOut { channel, .. } | Content::PlatformStop(channel) => {
                series.opted_out(*channel);
                self.metrics.senders.opted_out_after(before.and_then(latest_method));
            }
            Content::PlatformResume
            | Content::Held(_)
            | Content::HoldSettled
            | Content::Prompt { .. }
            | Content::Confirmation { .. }
            | Content::Block(_)
            | Content::Linked { .. }
            | Content::Erased { .. } => {}
        }
    }
}

/// The method of a person's latest opt-in.
fn latest_method(contact: &Contact) -> Option<Method> {
    let opt_ins = contact.scopes.iter().flat_map(|(_, registers)| registers.ins());
    let (_, latest) = opt_ins.max_by_key(|(_, opt_in)| opt_in.at)?;
    Method::from_code(latest.method)
}
