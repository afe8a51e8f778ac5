//! A store that fails on demand, around one that does not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use sendgate::{
    model::{StatementId, Time},
    store::{
        Change, Commit, Committed, ContactId, Cursor, Listing, Loaded, RegistryRow, SealedEntry, Store, StoreError,
        embedded::Embedded,
    },
};
use tokio::sync::{Notify, watch};

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Refuses everything.
    Unavailable,
    /// Never answers.
    Hangs,
    /// Finds what it reads unreadable.
    Corrupt,
    /// Writes, and does not know that it did.
    ForgetsToAnswer,
    /// Writes only once `release` was called.
    WritesLate,
    /// Reads, and answers only once `release` was called.
    AnswersReadsLate,
}

#[derive(Debug)]
pub(crate) struct Faulty {
    inner: Embedded,
    fault: ArcSwap<Fault>,
    released: Notify,
    reached: Notify,
    done: Notify,
    commits: AtomicU64,
}

impl Faulty {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: Embedded::in_memory().unwrap(),
            fault: ArcSwap::from_pointee(Fault::None),
            released: Notify::new(),
            reached: Notify::new(),
            done: Notify::new(),
            commits: AtomicU64::new(0),
        })
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.fault.store(Arc::new(fault));
    }

    /// Lets one late read or write go on.
    pub(crate) fn release(&self) {
        self.released.notify_one();
    }

    /// Waits until a late read or write waits for its release.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Waits until this many commits were carried out.
    pub(crate) async fn committed(&self, wanted: u64) {
        let enough = async {
            while self.commits() < wanted {
                self.done.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), enough).await.unwrap();
    }

    /// How many commits were carried out.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    async fn pass(&self) -> Result<Fault, StoreError> {
        let fault = **self.fault.load();
        match fault {
            Fault::Unavailable => Err(StoreError::Unavailable("switched off".to_owned())),
            Fault::Hangs => std::future::pending().await,
            Fault::Corrupt => Err(StoreError::Corrupt("made up".to_owned())),
            Fault::None | Fault::ForgetsToAnswer | Fault::WritesLate | Fault::AnswersReadsLate => Ok(fault),
        }
    }

    async fn hold(&self) {
        self.reached.notify_one();
        self.released.notified().await;
    }
}

#[async_trait]
impl Store for Faulty {
    async fn load(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        let fault = self.pass().await?;
        let loaded = self.inner.load(id, now).await;
        if fault == Fault::AnswersReadsLate {
            self.hold().await;
        }
        loaded
    }

    async fn load_many(&self, ids: &[ContactId], now: Time) -> Vec<Result<Loaded, StoreError>> {
        match self.pass().await {
            Ok(_) => self.inner.load_many(ids, now).await,
            Err(error) => vec![Err(error); ids.len()],
        }
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let fault = self.pass().await?;
        if fault == Fault::WritesLate {
            self.hold().await;
        }
        let committed = self.inner.commit(commit).await?;
        if matches!(committed, Committed::Done(_)) {
            self.commits.fetch_add(1, Ordering::SeqCst);
            self.done.notify_one();
        }
        if fault == Fault::ForgetsToAnswer { Err(StoreError::UnknownOutcome) } else { Ok(committed) }
    }

    async fn history(&self, id: ContactId, after: u64, limit: usize) -> Result<Vec<SealedEntry>, StoreError> {
        self.pass().await?;
        self.inner.history(id, after, limit).await
    }

    async fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        self.pass().await?;
        self.inner.entry_of(id, statement).await
    }

    async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, StoreError> {
        self.pass().await?;
        self.inner.contacts(from, limit, now).await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.pass().await?;
        self.inner.changes(after, limit).await
    }

    fn latest_change(&self) -> watch::Receiver<u64> {
        self.inner.latest_change()
    }

    async fn registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        self.pass().await?;
        self.inner.registry().await
    }

    async fn commit_registry(&self, row: RegistryRow) -> Result<Committed, StoreError> {
        self.pass().await?;
        self.inner.commit_registry(row).await
    }

    async fn sweep(&self, now: Time, limit: usize) -> Result<usize, StoreError> {
        self.pass().await?;
        self.inner.sweep(now, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.pass().await?;
        self.inner.ping().await
    }

    async fn identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.pass().await?;
        self.inner.identity_key(wanted).await
    }
}
