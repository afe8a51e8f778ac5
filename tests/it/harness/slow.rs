//! A store that can be held up and made to fail.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use sendgate::{
    limits::SendLog,
    model::{StatementId, Time},
    store::{
        Change, Commit, Committed, ContactId, Cursor, Entered, Entry, Found, Leaving, Listing, Loaded,
        RegistryRow, SealedEntry, Sends, SendsCommitted, Store, StoreError, embedded::Embedded,
    },
};
use tokio::sync::watch;

/// A store in memory with a brake on reads and a switch that makes writes fail.
#[derive(Debug)]
pub(crate) struct Slow {
    store: Embedded,
    held: watch::Sender<bool>,
    waiting: AtomicUsize,
    commits_left: AtomicUsize,
    failing: AtomicBool,
}

impl Slow {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            store: Embedded::in_memory().unwrap(),
            held: watch::Sender::new(false),
            waiting: AtomicUsize::new(0),
            commits_left: AtomicUsize::new(usize::MAX),
            failing: AtomicBool::new(false),
        })
    }

    /// From now on reads of contacts wait; or go on.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// How many reads wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Writes of contacts fail after so many more.
    pub(crate) fn fail_after(&self, commits: usize) {
        self.commits_left.store(commits, Ordering::SeqCst);
    }

    /// Everything fails, or works again.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    fn works(&self) -> Result<(), StoreError> {
        if self.failing.load(Ordering::SeqCst) { Err(away()) } else { Ok(()) }
    }

    async fn pass(&self) -> Result<(), StoreError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let passed = self.held.subscribe().wait_for(|held| !held).await.map(drop).map_err(|_| away());
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        passed?;
        self.works()
    }
}

fn away() -> StoreError {
    StoreError::Unavailable("the disk of this test is away".to_owned())
}

#[async_trait]
impl Store for Slow {
    async fn load(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        self.pass().await?;
        self.store.load(id, now).await
    }

    async fn load_many(&self, ids: &[ContactId], now: Time) -> Vec<Result<Loaded, StoreError>> {
        match self.pass().await {
            Ok(()) => self.store.load_many(ids, now).await,
            Err(error) => vec![Err(error); ids.len()],
        }
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.works()?;
        let less = |left: usize| left.checked_sub(1);
        self.commits_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).map_err(|_| away())?;
        self.store.commit(commit).await
    }

    async fn history(&self, id: ContactId, after: u64, limit: usize) -> Result<Vec<SealedEntry>, StoreError> {
        self.works()?;
        self.store.history(id, after, limit).await
    }

    async fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        self.works()?;
        self.store.entry_of(id, statement).await
    }

    async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, StoreError> {
        self.works()?;
        self.store.contacts(from, limit, now).await
    }

    async fn last_change(&self) -> Result<Option<Change>, StoreError> {
        self.works()?;
        self.store.last_change().await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.works()?;
        self.store.changes(after, limit).await
    }

    fn latest_change(&self) -> watch::Receiver<u64> {
        self.store.latest_change()
    }

    async fn registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        self.works()?;
        self.store.registry().await
    }

    async fn commit_registry(&self, row: RegistryRow) -> Result<Committed, StoreError> {
        self.works()?;
        self.store.commit_registry(row).await
    }

    async fn count(
        &self,
        tally: sendgate::store::Tally,
    ) -> Result<Vec<sendgate::quality::Statuses>, StoreError> {
        self.works()?;
        self.store.count(tally).await
    }

    async fn counted(
        &self,
        sender: &sendgate::model::SenderId,
        from: i64,
        to: i64,
    ) -> Result<sendgate::store::Tallied, StoreError> {
        self.works()?;
        self.store.counted(sender, from, to).await
    }

    async fn tally_page(
        &self,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<sendgate::store::TallyPage, StoreError> {
        self.works()?;
        self.store.tally_page(from, limit).await
    }

    async fn tally_values(&self, keys: &[sendgate::store::TallyKey]) -> Result<Vec<u64>, StoreError> {
        self.works()?;
        self.store.tally_values(keys).await
    }

    async fn put_tally(&self, rows: Vec<(sendgate::store::TallyKey, u64)>) -> Result<(), StoreError> {
        self.works()?;
        self.store.put_tally(rows).await
    }

    async fn sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError> {
        self.works()?;
        self.store.sends(ids).await
    }

    async fn commit_sends(
        &self,
        id: ContactId,
        expected: u64,
        log: &SendLog,
        kept_until: Option<Time>,
    ) -> Result<SendsCommitted, StoreError> {
        self.works()?;
        self.store.commit_sends(id, expected, log, kept_until).await
    }

    async fn look(&self, entry: &Entry, now: Time) -> Result<Found, StoreError> {
        self.works()?;
        self.store.look(entry, now).await
    }

    async fn enter(&self, entries: &[Entry], now: Time) -> Result<Entered, StoreError> {
        self.works()?;
        self.store.enter(entries, now).await
    }

    async fn leave(&self, leaving: &[Leaving]) -> Result<(), StoreError> {
        self.works()?;
        self.store.leave(leaving).await
    }

    async fn sweep(&self, now: Time, limit: usize) -> Result<usize, StoreError> {
        self.store.sweep(now, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.works()
    }

    async fn known_identity_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.store.known_identity_key().await
    }

    async fn identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.store.identity_key(wanted).await
    }
}
