//! A store that fails on demand, around one that does not.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use sendgate::{
    limits::SendLog,
    model::{StatementId, Time},
    store::{
        Change, Commit, Committed, ContactId, Cursor, Ear, Entered, Entry, Found, Leaving, Listing, Loaded,
        RegistryRow, SealedEntry, Sends, SendsCommitted, Store, StoreError, embedded::Embedded,
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
    /// Writes messages to a person only once `release` was called.
    CommitsSendsLate,
    /// Writes, and does not know that it did.
    ForgetsToAnswer,
    /// Writes only once `release` was called.
    WritesLate,
    /// Reads, and answers only once `release` was called.
    AnswersReadsLate,
    /// Reads the registry, and answers only once `release` was called.
    AnswersRegistryLate,
    /// Reads what it read last before this began, as a replica that lags does.
    ReadsStale,
}

#[derive(Debug)]
pub(crate) struct Faulty {
    inner: ArcSwap<Embedded>,
    /// Everything that was written, in order.
    written: Mutex<Vec<Commit>>,
    may_forget: std::sync::atomic::AtomicBool,
    /// The contact that cannot be read, by the first half of its id.
    unreadable: Mutex<Option<[u8; 8]>>,
    fault: ArcSwap<Fault>,
    released: Arc<Notify>,
    reached: Notify,
    done: Notify,
    commits: AtomicU64,
    loads: AtomicU64,
    looked_up: AtomicU64,
    registries: AtomicU64,
    no_registry: std::sync::atomic::AtomicBool,
    seen: Mutex<HashMap<ContactId, Loaded>>,
    ear: Mutex<Option<Arc<dyn Ear>>>,
    /// Commits until one fails; 0 = none does.
    countdown: AtomicU64,
    /// The one that fails is written all the same.
    forgets: std::sync::atomic::AtomicBool,
}

impl Faulty {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: ArcSwap::from_pointee(Embedded::in_memory().unwrap()),
            written: Mutex::default(),
            may_forget: std::sync::atomic::AtomicBool::new(false),
            unreadable: Mutex::default(),
            fault: ArcSwap::from_pointee(Fault::None),
            released: Arc::default(),
            reached: Notify::new(),
            done: Notify::new(),
            commits: AtomicU64::new(0),
            loads: AtomicU64::new(0),
            looked_up: AtomicU64::new(0),
            registries: AtomicU64::new(0),
            no_registry: std::sync::atomic::AtomicBool::new(false),
            seen: Mutex::default(),
            ear: Mutex::default(),
            countdown: AtomicU64::new(0),
            forgets: std::sync::atomic::AtomicBool::new(false),
        })
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.fault.store(Arc::new(fault));
    }

    /// Lets the commit of this number fail, counted from now; 0 = none.
    pub(crate) fn fail_commit(&self, number: u64, forgets: bool) {
        self.forgets.store(forgets, Ordering::SeqCst);
        self.countdown.store(number, Ordering::SeqCst);
    }

    /// As a store that may no longer hear what others write.
    pub(crate) fn go_deaf(&self) {
        self.ear.lock().unwrap().as_ref().unwrap().deaf();
    }

    /// As a store that hears again what others write.
    pub(crate) fn hear(&self) {
        let until = std::time::Instant::now() + Duration::from_secs(3600);
        self.ear.lock().unwrap().as_ref().unwrap().heard(until);
    }

    /// From now on a server that fails may forget what it answered for.
    pub(crate) fn may_lose(&self) {
        self.may_forget.store(true, Ordering::SeqCst);
    }

    /// Another server takes over, which never had the last so many writes.
    pub(crate) async fn fail_over(&self, lost: usize) {
        let old = self.inner.load_full();
        let new = Embedded::in_memory().unwrap();
        new.identity_key(old.known_identity_key().await.unwrap().unwrap()).await.unwrap();
        let written = {
            let mut written = self.written.lock().unwrap();
            let kept = written.len().checked_sub(lost).unwrap();
            written.truncate(kept);
            written.clone()
        };
        for commit in written {
            assert!(matches!(new.commit(commit).await.unwrap(), Committed::Done(_)));
        }
        self.inner.store(Arc::new(new));
    }

    /// One contact cannot be read, or each can.
    pub(crate) fn unreadable(&self, contact: Option<[u8; 8]>) {
        *self.unreadable.lock().unwrap() = contact;
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

    /// How many reads of single contacts were begun.
    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }

    /// The registry cannot be read, or it can.
    pub(crate) fn registry_fails(&self, fails: bool) {
        self.no_registry.store(fails, Ordering::SeqCst);
    }

    /// How often the registry was read.
    pub(crate) fn registries(&self) -> u64 {
        self.registries.load(Ordering::SeqCst)
    }

    /// How many statements were looked up.
    pub(crate) fn looked_up(&self) -> u64 {
        self.looked_up.load(Ordering::SeqCst)
    }

    async fn read(&self, fault: Fault, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        if fault == Fault::ReadsStale {
            return Ok(self.seen.lock().unwrap().get(&id).cloned().unwrap_or_default());
        }
        if self.unreadable.lock().unwrap().is_some_and(|half| id.0.starts_with(&half)) {
            return Err(StoreError::Corrupt("made up".to_owned()));
        }
        let loaded = self.inner.load_full().load(id, now).await?;
        self.seen.lock().unwrap().insert(id, loaded.clone());
        Ok(loaded)
    }

    async fn pass(&self) -> Result<Fault, StoreError> {
        let fault = **self.fault.load();
        match fault {
            Fault::Unavailable => Err(StoreError::Unavailable("switched off".to_owned())),
            Fault::Hangs => std::future::pending().await,
            Fault::Corrupt => Err(StoreError::Corrupt("made up".to_owned())),
            Fault::None
            | Fault::ForgetsToAnswer
            | Fault::WritesLate
            | Fault::AnswersReadsLate
            | Fault::CommitsSendsLate
            | Fault::AnswersRegistryLate
            | Fault::ReadsStale => Ok(fault),
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
        self.loads.fetch_add(1, Ordering::SeqCst);
        let fault = self.pass().await?;
        let loaded = self.read(fault, id, now).await;
        if fault == Fault::AnswersReadsLate {
            self.hold().await;
        }
        loaded
    }

    async fn load_many(&self, ids: &[ContactId], now: Time) -> Vec<Result<Loaded, StoreError>> {
        let fault = match self.pass().await {
            Ok(fault) => fault,
            Err(error) => return vec![Err(error); ids.len()],
        };
        let mut loaded = Vec::with_capacity(ids.len());
        for id in ids {
            loaded.push(self.read(fault, *id, now).await);
        }
        if fault == Fault::AnswersReadsLate {
            self.hold().await;
        }
        loaded
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let fault = self.pass().await?;
        if fault == Fault::WritesLate {
            self.hold().await;
        }
        let left = self.countdown.load(Ordering::SeqCst);
        let fails = left == 1;
        self.countdown.store(left.saturating_sub(1), Ordering::SeqCst);
        if fails && !self.forgets.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("this one fails".to_owned()));
        }
        let committed = self.inner.load_full().commit(commit.clone()).await?;
        if matches!(committed, Committed::Done(_)) {
            self.written.lock().unwrap().push(commit);
        }
        if fails {
            return Err(StoreError::UnknownOutcome);
        }
        if matches!(committed, Committed::Done(_)) {
            self.commits.fetch_add(1, Ordering::SeqCst);
            self.done.notify_one();
        }
        if fault == Fault::ForgetsToAnswer { Err(StoreError::UnknownOutcome) } else { Ok(committed) }
    }

    async fn history(&self, id: ContactId, after: u64, limit: usize) -> Result<Vec<SealedEntry>, StoreError> {
        self.pass().await?;
        self.inner.load_full().history(id, after, limit).await
    }

    async fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        self.pass().await?;
        let found = self.inner.load_full().entry_of(id, statement).await;
        self.looked_up.fetch_add(1, Ordering::SeqCst);
        found
    }

    async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, StoreError> {
        self.pass().await?;
        self.inner.load_full().contacts(from, limit, now).await
    }

    async fn last_change(&self) -> Result<Option<Change>, StoreError> {
        self.pass().await?;
        self.inner.load_full().last_change().await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.pass().await?;
        self.inner.load_full().changes(after, limit).await
    }

    fn latest_change(&self) -> watch::Receiver<u64> {
        self.inner.load().latest_change()
    }

    async fn registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        self.registries.fetch_add(1, Ordering::SeqCst);
        let fault = self.pass().await?;
        if self.no_registry.load(Ordering::SeqCst) {
            return Err(StoreError::Corrupt("made up".to_owned()));
        }
        let registry = self.inner.load_full().registry().await;
        if fault == Fault::AnswersRegistryLate {
            self.hold().await;
        }
        registry
    }

    async fn commit_registry(&self, row: RegistryRow) -> Result<Committed, StoreError> {
        self.pass().await?;
        self.inner.load_full().commit_registry(row).await
    }

    async fn count(
        &self,
        tally: sendgate::store::Tally,
    ) -> Result<Vec<sendgate::quality::Statuses>, StoreError> {
        self.pass().await?;
        self.inner.load_full().count(tally).await
    }

    async fn counted(
        &self,
        sender: &sendgate::model::SenderId,
        from: i64,
        to: i64,
    ) -> Result<sendgate::store::Tallied, StoreError> {
        self.pass().await?;
        self.inner.load_full().counted(sender, from, to).await
    }

    async fn tally_page(
        &self,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<sendgate::store::TallyPage, StoreError> {
        self.inner.load_full().tally_page(from, limit).await
    }

    async fn tally_values(&self, keys: &[sendgate::store::TallyKey]) -> Result<Vec<u64>, StoreError> {
        self.inner.load_full().tally_values(keys).await
    }

    async fn put_tally(&self, rows: Vec<(sendgate::store::TallyKey, u64)>) -> Result<(), StoreError> {
        self.inner.load_full().put_tally(rows).await
    }

    async fn sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError> {
        self.pass().await?;
        self.inner.load_full().sends(ids).await
    }

    async fn commit_sends(
        &self,
        id: ContactId,
        expected: u64,
        log: &SendLog,
        kept_until: Option<Time>,
    ) -> Result<SendsCommitted, StoreError> {
        if self.pass().await? == Fault::CommitsSendsLate {
            // As when the request was sent: it is carried out, whoever gave up waiting.
            self.reached.notify_one();
            let (inner, log) = (self.inner.load_full(), log.clone());
            let released = Arc::clone(&self.released);
            let write = tokio::spawn(async move {
                released.notified().await;
                inner.commit_sends(id, expected, &log, kept_until).await
            });
            return write.await.unwrap();
        }
        self.inner.load_full().commit_sends(id, expected, log, kept_until).await
    }

    async fn look(&self, entry: &Entry, now: Time) -> Result<Found, StoreError> {
        self.pass().await?;
        self.inner.load_full().look(entry, now).await
    }

    async fn enter(&self, entries: &[Entry], now: Time) -> Result<Entered, StoreError> {
        self.pass().await?;
        self.inner.load_full().enter(entries, now).await
    }

    async fn leave(&self, leaving: &[Leaving]) -> Result<(), StoreError> {
        self.pass().await?;
        self.inner.load_full().leave(leaving).await
    }

    async fn sweep(&self, now: Time, limit: usize) -> Result<usize, StoreError> {
        self.pass().await?;
        self.inner.load_full().sweep(now, limit).await
    }

    fn may_forget(&self) -> bool {
        self.may_forget.load(Ordering::SeqCst)
    }

    fn listen(&self, ear: Arc<dyn Ear>) {
        *self.ear.lock().unwrap() = Some(ear);
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.pass().await?;
        self.inner.load_full().ping().await
    }

    async fn known_identity_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.inner.load_full().known_identity_key().await
    }

    async fn identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.pass().await?;
        self.inner.load_full().identity_key(wanted).await
    }
}
