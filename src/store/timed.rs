//! A store whose every operation is counted and timed, whoever asks for it. Must forward all of `Store`, also what has a
//! default there.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use tokio::sync::watch;

use super::{
    Change, Commit, Committed, ContactId, Cursor, Durability, Ear, Entered, Entry, Found, Leaving, Listing,
    Loaded, Registry, RegistryRow, RegistryState, SealedEntry, Sends, SendsCommitted, Store, StoreError,
    Tallied, Tally, TallyKey, TallyPage,
};
use crate::{
    clock,
    limits::SendLog,
    metrics::{Metrics, StoreOperation, StoreOutcome},
    model::{SenderId, StatementId, Time},
    quality::Statuses,
};

/// A store that is watched.
#[derive(Debug)]
pub struct Timed {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
}

/// An operation under way; counted when it ends, however it ends.
struct Asked<'a> {
    metrics: &'a Metrics,
    operation: StoreOperation,
    since: Instant,
    outcome: StoreOutcome,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let took = clock::monotonic().duration_since(self.since);
        self.metrics.store.ended(self.operation, self.outcome, took);
    }
}

impl Timed {
    /// Watches a store.
    #[must_use]
    pub fn over(store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { store, metrics })
    }

    /// Waits for an answer. Whoever stops waiting drops this before it ends.
    async fn timed<T>(
        &self,
        operation: StoreOperation,
        answer: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let mut asked = self.asked(operation);
        let answer = answer.await;
        asked.outcome = outcome_of(answer.as_ref().err());
        answer
    }

    fn asked(&self, operation: StoreOperation) -> Asked<'_> {
        let (metrics, since) = (&*self.metrics, clock::monotonic());
        Asked { metrics, operation, since, outcome: StoreOutcome::Abandoned }
    }
}

const fn outcome_of(error: Option<&StoreError>) -> StoreOutcome {
    match error {
        None => StoreOutcome::Ok,
        Some(StoreError::Unavailable(_)) => StoreOutcome::Unavailable,
        Some(StoreError::UnknownOutcome) => StoreOutcome::UnknownOutcome,
        Some(StoreError::Corrupt(_)) => StoreOutcome::Corrupt,
    }
}

#[async_trait]
impl Store for Timed {
    async fn load(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        self.timed(StoreOperation::Load, self.store.load(id, now)).await
    }

    /// One operation; it failed if any of them did.
    async fn load_many(&self, ids: &[ContactId], now: Time) -> Vec<Result<Loaded, StoreError>> {
        let mut asked = self.asked(StoreOperation::LoadMany);
        let loaded = self.store.load_many(ids, now).await;
        asked.outcome = outcome_of(loaded.iter().find_map(|one| one.as_ref().err()));
        loaded
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.timed(StoreOperation::Commit, self.store.commit(commit)).await
    }

    async fn history(&self, id: ContactId, after: u64, limit: usize) -> Result<Vec<SealedEntry>, StoreError> {
        self.timed(StoreOperation::History, self.store.history(id, after, limit)).await
    }

    async fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        self.timed(StoreOperation::EntryOf, self.store.entry_of(id, statement)).await
    }

    async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, StoreError> {
        self.timed(StoreOperation::Contacts, self.store.contacts(from, limit, now)).await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.timed(StoreOperation::Changes, self.store.changes(after, limit)).await
    }

    async fn last_change(&self) -> Result<Option<Change>, StoreError> {
        self.timed(StoreOperation::LastChange, self.store.last_change()).await
    }

    fn latest_change(&self) -> watch::Receiver<u64> {
        self.store.latest_change()
    }

    async fn registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        self.timed(StoreOperation::Registry, self.store.registry()).await
    }

    async fn registry_row(&self, key: &str) -> Result<Option<RegistryRow>, StoreError> {
        self.timed(StoreOperation::RegistryRow, self.store.registry_row(key)).await
    }

    async fn commit_registry(&self, row: RegistryRow) -> Result<Committed, StoreError> {
        self.timed(StoreOperation::CommitRegistry, self.store.commit_registry(row)).await
    }

    async fn count(&self, tally: Tally) -> Result<Vec<Statuses>, StoreError> {
        self.timed(StoreOperation::Count, self.store.count(tally)).await
    }

    async fn counted(&self, sender: &SenderId, from: i64, to: i64) -> Result<Tallied, StoreError> {
        self.timed(StoreOperation::Counted, self.store.counted(sender, from, to)).await
    }

    async fn registry_unless(&self, known: Option<&RegistryState>) -> Result<Option<Registry>, StoreError> {
        self.timed(StoreOperation::Registry, self.store.registry_unless(known)).await
    }

    async fn tally_page(&self, from: Option<Cursor>, limit: usize) -> Result<TallyPage, StoreError> {
        self.timed(StoreOperation::Counted, self.store.tally_page(from, limit)).await
    }

    async fn tally_values(&self, keys: &[TallyKey]) -> Result<Vec<u64>, StoreError> {
        self.timed(StoreOperation::Counted, self.store.tally_values(keys)).await
    }

    async fn put_tally(&self, rows: Vec<(TallyKey, u64)>) -> Result<(), StoreError> {
        self.timed(StoreOperation::Count, self.store.put_tally(rows)).await
    }

    async fn sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError> {
        self.timed(StoreOperation::Sends, self.store.sends(ids)).await
    }

    async fn commit_sends(
        &self,
        id: ContactId,
        expected: u64,
        log: &SendLog,
        kept_until: Option<Time>,
    ) -> Result<SendsCommitted, StoreError> {
        let commit = self.store.commit_sends(id, expected, log, kept_until);
        self.timed(StoreOperation::CommitSends, commit).await
    }

    async fn look(&self, entry: &Entry, now: Time) -> Result<Found, StoreError> {
        self.timed(StoreOperation::Look, self.store.look(entry, now)).await
    }

    async fn enter(&self, entries: &[Entry], now: Time) -> Result<Entered, StoreError> {
        self.timed(StoreOperation::Enter, self.store.enter(entries, now)).await
    }

    async fn leave(&self, leaving: &[Leaving]) -> Result<(), StoreError> {
        self.timed(StoreOperation::Leave, self.store.leave(leaving)).await
    }

    async fn sweep(&self, now: Time, limit: usize) -> Result<usize, StoreError> {
        self.timed(StoreOperation::Sweep, self.store.sweep(now, limit)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.timed(StoreOperation::Ping, self.store.ping()).await
    }

    async fn identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.timed(StoreOperation::IdentityKey, self.store.identity_key(wanted)).await
    }

    async fn known_identity_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.timed(StoreOperation::IdentityKey, self.store.known_identity_key()).await
    }

    fn durability(&self) -> Durability {
        self.store.durability()
    }

    fn may_forget(&self) -> bool {
        self.store.may_forget()
    }

    fn listen(&self, ear: Arc<dyn Ear>) {
        self.store.listen(ear);
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

#[cfg(test)]
mod tests {
    /// The names of the methods in a text.
    fn methods(text: &str) -> Vec<&str> {
        let lines = text.lines().filter_map(|line| {
            let line = line.strip_prefix("    ")?;
            let line = line.strip_prefix("async ").unwrap_or(line);
            line.strip_prefix("fn ")?.split(['(', '<']).next()
        });
        lines.collect()
    }

    /// A method with a default that is not forwarded would be the default for every store.
    #[test]
    fn every_method_of_a_store_is_forwarded() {
        let (_, declared) = include_str!("../store.rs").split_once("pub trait Store").unwrap();
        let (_, forwarded) = include_str!("timed.rs").split_once("impl Store for Timed").unwrap();
        let forwarded = methods(forwarded.split_once("#[cfg(test)]").unwrap().0);
        let declared = methods(declared);
        assert!(declared.len() > 20, "{declared:?}");
        assert_eq!(
            declared.iter().filter(|name| !forwarded.contains(name)).collect::<Vec<_>>(),
            [""; 0].iter().collect::<Vec<_>>()
        );
    }
}
