//! Finding a contact: in memory, else in the store, under every name it may be stored by. Warm contacts take no I/O and no
//! lock across an await.

use std::{collections::HashMap, sync::Arc};

use super::{Gate, check::Check, names::Revision, view::View};
use crate::{
    cache::{IdMap, Stamp},
    model::{Recipient, Time},
    senders::{Directory, SenderProfile},
    store::{ContactId, Loaded, StoreError},
};

/// How fresh the state behind an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Consistency {
    /// From memory when possible.
    #[default]
    MinimizeLatency,
    /// Not older than this.
    AtLeastAsFresh(Revision),
    /// From the store.
    FullyConsistent,
}

/// What a batch found of a contact before it decides.
#[derive(Clone, Debug)]
enum Found {
    /// In memory, while this stamp stands: the batch may wait for the store, and an opt-out be acknowledged meanwhile.
    Warm(Stamp, Arc<Loaded>),
    /// In the store, or not.
    Read(Result<Arc<Loaded>, StoreError>),
}

/// Where the search for a contact begins.
#[derive(Clone, Debug)]
pub(super) struct Start {
    id: ContactId,
    found: Option<Found>,
}

/// What a batch found.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// For each check its sender, and where the search begins; none for an unknown sender.
    pub(super) starts: Vec<Option<(Arc<SenderProfile>, Start)>>,
    /// What was read, and what is in memory under other names of the businesses.
    known: IdMap<Found>,
}

impl Gate {
    /// What is stored of one person.
    ///
    /// # Errors
    /// When it cannot be read, or only an older state than was asked for.
    pub async fn view(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        consistency: Consistency,
        now: Time,
    ) -> Result<View, StoreError> {
        let start = Start { id: self.names.id(&profile.business, recipient), found: None };
        self.view_from(&Batch::default(), start, profile, recipient, consistency, now).await
    }

    pub(super) async fn view_from(
        &self,
        batch: &Batch,
        start: Start,
        profile: &SenderProfile,
        recipient: &Recipient,
        consistency: Consistency,
        now: Time,
    ) -> Result<View, StoreError> {
        let id = start.id;
        let first = self.obtain(batch, start, consistency, now).await?;
        let record = &first.record;
        if profile.also.is_empty() && record.ties.is_empty() && record.earlier.is_empty() {
            return Ok(View::shared(id, first));
        }
        Ok(self.circle(profile, recipient, consistency, now).await?.view())
    }

    /// What is stored under an id.
    async fn obtain(
        &self,
        batch: &Batch,
        start: Start,
        consistency: Consistency,
        now: Time,
    ) -> Result<Arc<Loaded>, StoreError> {
        let Start { id, found } = start;
        let loaded = match found.or_else(|| batch.known.get(&id).cloned()) {
            Some(Found::Warm(stamp, loaded)) if self.cache.stands(id, stamp) => {
                self.metrics.cache.hits.inc();
                loaded
            }
            Some(Found::Read(read)) => read?,
            Some(Found::Warm(..)) | None => self.fetch(id, consistency, now).await?,
        };
        if consistency.is_newer_than(id, &loaded) {
            return Err(StoreError::Unavailable("the store answers with an older state".to_owned()));
        }
        Ok(self.pending.over(id, loaded, self.cache.generation(), now))
    }

    /// What is stored under some ids, in order.
    pub(super) async fn obtain_all(
        &self,
        ids: &[ContactId],
        consistency: Consistency,
        now: Time,
    ) -> Result<Vec<Arc<Loaded>>, StoreError> {
        let mut batch = Batch::default();
        let cold = ids.iter().filter(|id| self.warm(**id, consistency).is_none());
        self.read_many(cold.map(|id| (*id, consistency)).collect(), &mut batch.known, now).await;
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let start = Start { id: *id, found: None };
            all.push(self.obtain(&batch, start, consistency, now).await?);
        }
        Ok(all)
    }

    async fn fetch(
        &self,
        id: ContactId,
        consistency: Consistency,
        now: Time,
    ) -> Result<Arc<Loaded>, StoreError> {
        if let Some(loaded) = self.cache.get(id).filter(|loaded| consistency.accepts(id, loaded)) {
            self.metrics.cache.hits.inc();
            return Ok(loaded);
        }
        self.metrics.cache.misses.inc();
        let stamp = self.cache.stamp(id);
        let (store, cache) = (Arc::clone(&self.store), Arc::clone(&self.cache));
        let read = move || async move {
            let loaded = Arc::new(store.load(id, now).await?);
            // What is known to be old is no use to anybody.
            if !consistency.is_newer_than(id, &loaded) {
                cache.insert(id, stamp, Arc::clone(&loaded));
            }
            Ok(loaded)
        };
        match consistency {
            // While writes of others may go unheard, a read that began earlier may be out of date without a sign of it.
            Consistency::MinimizeLatency if self.cache.is_trusted() => {
                let limit = self.settings.read_timeout;
                self.timed_read(self.flights.read((id, stamp), limit, read)).await
            }
            // A read that began before the request may be older than what the caller knows of from another process.
            Consistency::MinimizeLatency | Consistency::AtLeastAsFresh(_) | Consistency::FullyConsistent => {
                self.timed_read(read()).await
            }
        }
    }

    /// Looks up the contacts of many checks, and reads those that are not in memory in one go; what fails here is each
    /// check's answer.
    pub(super) async fn prefetch(&self, directory: &Directory, checks: &[Check], now: Time) -> Batch {
        let mut batch = Batch { starts: Vec::with_capacity(checks.len()), known: HashMap::default() };
        let mut cold = Vec::new();
        for check in checks {
            let Some(profile) = directory.find(&check.sender) else {
                batch.starts.push(None);
                continue;
            };
            let recipient = &check.request.recipient;
            let id = self.names.id(&profile.business, recipient);
            let found = self.warm(id, check.consistency);
            if found.is_none() {
                cold.push((id, check.consistency));
            }
            for business in &profile.also {
                let id = self.names.id(business, recipient);
                match self.warm(id, check.consistency) {
                    Some(found) => drop(batch.known.insert(id, found)),
                    None => cold.push((id, check.consistency)),
                }
            }
            batch.starts.push(Some((profile, Start { id, found })));
        }
        self.read_many(cold, &mut batch.known, now).await;
        batch
    }

    fn warm(&self, id: ContactId, consistency: Consistency) -> Option<Found> {
        let (stamp, loaded) = self.cache.get_stamped(id)?;
        consistency.accepts(id, &loaded).then_some(Found::Warm(stamp, loaded))
    }

    /// Reads each of some contacts once.
    async fn read_many(&self, cold: Vec<(ContactId, Consistency)>, known: &mut IdMap<Found>, now: Time) {
        let mut seen = IdMap::default();
        let cold: Vec<_> = cold.into_iter().filter(|(id, _)| seen.insert(*id, ()).is_none()).collect();
        if let [(id, consistency)] = cold.as_slice() {
            // Others may be reading just this one.
            known.insert(*id, Found::Read(self.fetch(*id, *consistency, now).await));
            return;
        }
        let ids: Vec<_> = cold.iter().map(|(id, _)| *id).collect();
        let stamps: Vec<_> = ids.iter().map(|id| self.cache.stamp(*id)).collect();
        if ids.is_empty() {
            return;
        }
        self.metrics.cache.misses.inc_by(u64::try_from(ids.len()).unwrap_or(u64::MAX));
        let read = self.timed_read(async { Ok(self.store.load_many(&ids, now).await) });
        let loaded = match read.await {
            Ok(loaded) => loaded,
            // One store, one answer: to ask again for each of thousands would only add to what it cannot do.
            Err(error) => ids.iter().map(|_| Err(error.clone())).collect(),
        };
        for (((id, consistency), stamp), loaded) in cold.into_iter().zip(stamps).zip(loaded) {
            self.silence.heard(loaded.as_ref().err());
            let loaded = loaded.map(Arc::new);
            if let Ok(loaded) = &loaded
                && !consistency.is_newer_than(id, loaded)
            {
                self.cache.insert(id, stamp, Arc::clone(loaded));
            }
            known.insert(id, Found::Read(loaded));
        }
    }
}

impl Consistency {
    /// True when what is in memory is fresh enough. A token of another contact says nothing about this one, so the
    /// store is read.
    fn accepts(self, id: ContactId, loaded: &Loaded) -> bool {
        match self {
            Self::MinimizeLatency => true,
            Self::FullyConsistent => false,
            Self::AtLeastAsFresh(revision) => revision.is_of(id) && revision.version <= loaded.version,
        }
    }

    /// True when a token proves that a read of this contact is out of date. One of another contact proves nothing.
    fn is_newer_than(self, id: ContactId, loaded: &Loaded) -> bool {
        match self {
            Self::MinimizeLatency | Self::FullyConsistent => false,
            Self::AtLeastAsFresh(revision) => revision.is_of(id) && loaded.version < revision.version,
        }
    }
}
