//! Whoever watches the quality of senders. The counts are the store's, where other sidecars count as well and tell nobody; so
//! it is looked at, once for all who watch, and not at all while nobody does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use tokio::sync::{Notify, watch};

use super::{Gate, GateError, SenderQuality};
use crate::{
    model::{Millis, SenderId, Time},
    quality::{Rating, Standing},
    store::{Tallied, tally::hour_of},
};

/// The pause between two looks at a sender: what changes meanwhile is told together.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What nearly all that is counted is counted in. A look reads no more than that.
const RECENT: Millis = Millis::hours(1);
/// Every so many looks all 7 days are read: for what was told late, and for what is too old to count by now.
const WHOLE_EVERY: u32 = 30;
/// Senders that are looked at together.
const AT_ONCE_MAX: usize = 16;

/// What is watched, and what was seen last.
#[derive(Debug, Default)]
pub(super) struct Watching {
    seen: Mutex<Seen>,
    /// Changes with what was seen.
    news: watch::Sender<u64>,
    /// Somebody began to watch.
    wanted: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    /// How many watch all senders.
    all: usize,
    /// How many watch one.
    one: BTreeMap<SenderId, usize>,
    latest: BTreeMap<SenderId, Arc<SenderQuality>>,
}

/// Our standing and the platform's word.
type Rated = (Option<Standing>, Option<(Rating, Time)>);

/// What the last look at a sender saw.
#[derive(Debug)]
struct Look {
    recent: Tallied,
    rated: Rated,
    /// Looks since all of it was read.
    age: u32,
}

/// Follows the quality of one sender, or of all.
#[derive(Debug)]
pub struct QualityWatch {
    gate: Arc<Gate>,
    only: Option<SenderId>,
    told: BTreeMap<SenderId, Arc<SenderQuality>>,
    news: watch::Receiver<u64>,
}

impl Seen {
    fn is_watched(&self) -> bool {
        self.all > 0 || !self.one.is_empty()
    }
}

impl Watching {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QualityWatch {
    /// What was not told yet: at first the present state of each sender, later whatever changed.
    pub async fn next(&mut self) -> Vec<Arc<SenderQuality>> {
        loop {
            self.news.mark_unchanged();
            let fresh = self.fresh();
            if !fresh.is_empty() {
                return fresh;
            }
            // Never fails: the gate has the other end.
            if self.news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn fresh(&mut self) -> Vec<Arc<SenderQuality>> {
        let seen = self.gate.watching.seen();
        let wanted =
            seen.latest.iter().filter(|(sender, _)| self.only.as_ref().is_none_or(|only| only == *sender));
        let is_told = |sender, latest| self.told.get(sender).is_some_and(|told| Arc::ptr_eq(told, latest));
        let fresh: Vec<_> = wanted
            .filter(|(sender, latest)| !is_told(*sender, *latest))
            .map(|(_, latest)| Arc::clone(latest))
            .collect();
        drop(seen);
        self.told.extend(fresh.iter().map(|quality| (quality.sender.clone(), Arc::clone(quality))));
        fresh
    }
}

impl Drop for QualityWatch {
    fn drop(&mut self) {
        let mut seen = self.gate.watching.seen();
        match &self.only {
            None => seen.all = seen.all.saturating_sub(1),
            Some(sender) => {
                if let Some(count) = seen.one.get_mut(sender) {
                    *count -= 1;
                    if *count == 0 {
                        seen.one.remove(sender);
                    }
                }
            }
        }
    }
}

impl Gate {
    /// Follows the quality of a sender, or of every sender that is known.
    ///
    /// # Errors
    /// When the sender is unknown, or what is counted of it cannot be read.
    pub async fn watch_quality(self: &Arc<Self>, only: Option<&SenderId>) -> Result<QualityWatch, GateError> {
        if let Some(sender) = only {
            self.quality(sender).await?;
        }
        let only = only.map(|sender| self.counted_as(sender));
        let mut seen = self.watching.seen();
        match &only {
            None => seen.all += 1,
            Some(sender) => *seen.one.entry(sender.clone()).or_default() += 1,
        }
        drop(seen);
        let news = self.watching.news.subscribe();
        self.watching.wanted.notify_one();
        Ok(QualityWatch { gate: Arc::clone(self), only, told: BTreeMap::new(), news })
    }

    /// Looks at the senders that are watched, for as long as the server runs.
    pub(super) async fn look(&self) {
        let mut looks = BTreeMap::new();
        loop {
            let watched = self.watched();
            looks.retain(|sender, _| watched.contains(sender));
            self.watching.seen().latest.retain(|sender, _| watched.contains(sender));
            if watched.is_empty() && !self.watching.seen().is_watched() {
                self.watching.wanted.notified().await;
                continue;
            }
            self.look_at(watched, &mut looks).await;
            let pause = tokio::time::sleep(LOOK_EVERY);
            tokio::pin!(pause);
            // Who begins to watch is told at once; the others hear no more often for it.
            while tokio::select! { () = &mut pause => false, () = self.watching.wanted.notified() => true } {
                let mut new = self.watched();
                new.retain(|sender| !looks.contains_key(sender));
                self.look_at(new, &mut looks).await;
            }
        }
    }

    fn watched(&self) -> BTreeSet<SenderId> {
        let seen = self.watching.seen();
        let mut watched: BTreeSet<_> = seen.one.keys().cloned().collect();
        let all = seen.all > 0;
        drop(seen);
        if all {
            let senders = self.directory().senders();
            watched.extend(senders.iter().map(|profile| self.counted_as(&profile.sender.id)));
        }
        watched
    }

    async fn look_at(&self, senders: BTreeSet<SenderId>, looks: &mut BTreeMap<SenderId, Look>) {
        let due: Vec<_> = senders.into_iter().map(|sender| (looks.remove(&sender), sender)).collect();
        let looked = stream::iter(due).map(|(before, sender)| async {
            let looked = self.look_once(&sender, before).await;
            (sender, looked)
        });
        let mut looked = looked.buffer_unordered(AT_ONCE_MAX);
        while let Some((sender, look)) = looked.next().await {
            match look {
                Ok(look) => drop(looks.insert(sender, look)),
                // Looked at again soon; who watches hears when it can be read.
                Err(error) => tracing::debug!(%error, "the quality of a sender that is watched was not read"),
            }
        }
    }

    async fn look_once(&self, sender: &SenderId, before: Option<Look>) -> Result<Look, GateError> {
        let now = self.clock.now();
        let (from, to) = (hour_of(now - RECENT), hour_of(now));
        let recent = self.patient_read(self.store.counted(sender, from, to)).await?;
        if let Some(before) = before
            && before.recent == recent
            && before.rated == self.rated_as(sender)
            && before.age < WHOLE_EVERY
        {
            return Ok(Look { age: before.age + 1, ..before });
        }
        let quality = self.quality(sender).await?;
        let mut seen = self.watching.seen();
        if seen.latest.get(sender).is_none_or(|latest| quality.is_news_after(latest)) {
            seen.latest.insert(sender.clone(), Arc::new(quality));
            drop(seen);
            self.watching.news.send_modify(|count| *count += 1);
        }
        Ok(Look { recent, rated: self.rated_as(sender), age: 0 })
    }
}
