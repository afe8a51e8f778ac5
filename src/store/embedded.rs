//! The store of a single process: one crash-safe file, no server.
//!
//! Reads are snapshots on the blocking pool. Writes go through one thread that commits what has queued up together,
//! so that many writers share one sync of the disk, and answers only when the file has it. Must not know: what a
//! record means, the clock.

mod apply;
mod open;
mod read;
mod tables;
mod tally;
#[cfg(test)]
mod tests;
mod usage;
mod writer;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use redb::Database;
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    task::spawn_blocking,
};

use super::{
    Change, Commit, Committed, ContactId, Cursor, Entered, Entry, Found, Leaving, Listing, Loaded,
    RegistryRow, SealedEntry, SenderId, Sends, SendsCommitted, Store, StoreError, Tallied, Tally, TallyKey,
    TallyPage, record,
};
use crate::{
    limits::SendLog,
    model::{StatementId, Time},
    quality::Statuses,
};
pub use open::OpenError;
use read::View;
use usage::SendsCommit;
use writer::{Job, Op, Outcome};

/// How long a write waits for a place in the queue, and then for its answer. A disk that hangs must not hang callers.
const WAIT: Duration = Duration::from_secs(10);

/// Settings of an embedded store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Memory for pages of the file. The library's own default is a gigabyte, too much for a sidecar.
    pub cache_bytes: usize,
    /// How many writes may wait for the writer before further ones wait outside.
    pub queue: usize,
    /// How many reads may be in progress or wait for a thread. One that has begun goes on when nobody waits for it any
    /// more, so on a disk that hangs they would pile up without end; further ones are refused at once.
    pub reads: usize,
    /// Check every page when opening. Reads the whole file, and is what finds silent damage: pages are not verified
    /// when they are read later.
    pub check: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, queue: 1024, reads: 4096, check: true }
    }
}

/// A store in one file, or in memory.
pub struct Embedded {
    /// None once closed.
    database: ArcSwapOption<Database>,
    /// None once closed: without a sender the writer empties its queue and ends.
    jobs: ArcSwapOption<mpsc::Sender<Job>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    reads: Arc<Semaphore>,
    feed: watch::Receiver<u64>,
}

impl Embedded {
    /// Opens the store in a file, creating file and directories where there are none. Blocks.
    ///
    /// # Errors
    /// When the file is held by another process, damaged, no store, of another format, or out of reach.
    pub fn open(path: impl AsRef<Path>, options: &Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        Self::start(open::file(path, options)?, path, options)
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// When the system has no memory or thread to give.
    pub fn in_memory() -> Result<Self, OpenError> {
        let options = Options::default();
        let path = Path::new("memory:");
        Self::start(open::backend(redb::backends::InMemoryBackend::new(), path, &options)?, path, &options)
    }

    fn start(database: Database, path: &Path, options: &Options) -> Result<Self, OpenError> {
        let latest = read::guarded(|| View::of(&database)?.latest_change());
        let latest = latest.map_err(|error| open::damaged(path, &error))?;
        let database = Arc::new(database);
        let (jobs, queue) = mpsc::channel(options.queue.max(1));
        let (announce, feed) = watch::channel(latest);
        let written = Arc::clone(&database);
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::run(&written, queue, &announce))
            .map_err(|reason| OpenError::Access { path: path.to_owned(), reason })?;
        Ok(Self {
            database: ArcSwapOption::from(Some(database)),
            jobs: ArcSwapOption::from_pointee(jobs),
            writer: Mutex::new(Some(writer)),
            reads: Arc::new(Semaphore::new(options.reads.clamp(1, Semaphore::MAX_PERMITS))),
            feed,
        })
    }

    /// Finishes every write that was accepted, then releases the file. Later calls find the store unavailable.
    ///
    /// # Errors
    /// When the file cannot be closed cleanly; the next opening repairs it.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.jobs.store(None);
        if let Some(writer) = self.take_writer() {
            // Ends only after the writes still on their way into the queue, since each holds a sender.
            drop(spawn_blocking(move || writer.join()).await);
        }
        match self.database.swap(None).map(Arc::try_unwrap) {
            Some(Ok(database)) => {
                let closed = spawn_blocking(|| read::guarded(|| database.close().map_err(tables::fault)));
                closed.await.unwrap_or_else(|_| Err(stopped()))
            }
            // A read still holds it, and closes it when it ends; or it was closed before.
            Some(Err(_)) | None => Ok(()),
        }
    }

    fn take_writer(&self) -> Option<JoinHandle<()>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Runs on the blocking pool over one snapshot.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&View) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let place = Arc::clone(&self.reads).try_acquire_owned();
        let place =
            place.map_err(|_| StoreError::Unavailable("too many reads wait for the disk".to_owned()))?;
        let database = self.database.load_full().ok_or_else(closed)?;
        let done = spawn_blocking(move || {
            let _place = place;
            read::guarded(|| work(&View::of(&database)?))
        });
        done.await.unwrap_or_else(|_| Err(stopped()))
    }

    async fn ask(&self, op: Op) -> Result<Outcome, StoreError> {
        let jobs = self.jobs.load_full().ok_or_else(closed)?;
        let (answer, answered) = oneshot::channel();
        jobs.send_timeout(Job { op, answer }, WAIT).await.map_err(|refused| match refused {
            mpsc::error::SendTimeoutError::Timeout(_) => {
                StoreError::Unavailable("too many writes wait for the disk".to_owned())
            }
            mpsc::error::SendTimeoutError::Closed(_) => stopped(),
        })?;
        // From here on the write may happen, whatever becomes of its answer.
        drop(jobs);
        // No time limit here: whoever waits for a write has one, and whoever invalidates must wait for the write itself.
        answered.await.unwrap_or(Err(StoreError::UnknownOutcome))
    }

    async fn ask_commit(&self, op: Op) -> Result<Committed, StoreError> {
        match self.ask(op).await? {
            Outcome::Committed(committed) => Ok(committed),
            _ => Err(StoreError::UnknownOutcome),
        }
    }
}

impl Drop for Embedded {
    /// Finishes accepted writes, so that whoever opens the file next finds it released.
    fn drop(&mut self) {
        self.jobs.store(None);
        if let Some(writer) = self.take_writer() {
            drop(writer.join());
        }
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedded")
    }
}

#[async_trait]
impl Store for Embedded {
    async fn load(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        self.read(move |view| view.load(id, now)).await
    }

    async fn load_many(&self, ids: &[ContactId], now: Time) -> Vec<Result<Loaded, StoreError>> {
        let wanted = ids.to_vec();
        let each = move |view: &View| {
            Ok(wanted.into_iter().map(|id| read::guarded(|| view.load(id, now))).collect::<Vec<_>>())
        };
        self.read(each).await.unwrap_or_else(|error| vec![Err(error); ids.len()])
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.ask_commit(Op::Commit(Box::new(commit))).await
    }

    async fn history(&self, id: ContactId, after: u64, limit: usize) -> Result<Vec<SealedEntry>, StoreError> {
        self.read(move |view| view.history(id, after, limit)).await
    }

    async fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        self.read(move |view| view.entry_of(id, statement)).await
    }

    async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, StoreError> {
        let after = from.map(|cursor| cursor.0.try_into().map(ContactId)).transpose();
        let after =
            after.map_err(|_| StoreError::Corrupt("a listing goes on where none stopped".to_owned()))?;
        let contacts = self.read(move |view| view.contacts(after, limit, now)).await?;
        let next = contacts.last().filter(|_| contacts.len() == limit).map(|(id, _)| Cursor(id.0.to_vec()));
        Ok(Listing { contacts, next })
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.read(move |view| view.changes(after, limit)).await
    }

    async fn last_change(&self) -> Result<Option<Change>, StoreError> {
        self.read(View::last_change).await
    }

    fn latest_change(&self) -> watch::Receiver<u64> {
        self.feed.clone()
    }

    async fn registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        self.read(View::registry).await
    }

    async fn registry_row(&self, key: &str) -> Result<Option<RegistryRow>, StoreError> {
        let key = key.to_owned();
        self.read(move |view| view.registry_row(&key)).await
    }

    async fn commit_registry(&self, row: RegistryRow) -> Result<Committed, StoreError> {
        self.ask_commit(Op::Registry(row)).await
    }

    async fn count(&self, tally: Tally) -> Result<Vec<Statuses>, StoreError> {
        match self.ask(Op::Tally(Box::new(tally))).await? {
            Outcome::Counted(fresh) => Ok(fresh),
            _ => Err(StoreError::UnknownOutcome),
        }
    }

    async fn counted(&self, sender: &SenderId, from: i64, to: i64) -> Result<Tallied, StoreError> {
        let sender = sender.clone();
        self.read(move |view| view.counted(&sender, from, to)).await
    }

    async fn tally_page(&self, from: Option<Cursor>, limit: usize) -> Result<TallyPage, StoreError> {
        self.read(move |view| view.tally_page(from.as_ref(), limit)).await
    }

    async fn tally_values(&self, keys: &[TallyKey]) -> Result<Vec<u64>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |view| view.tally_values(&keys)).await
    }

    async fn put_tally(&self, rows: Vec<(TallyKey, u64)>) -> Result<(), StoreError> {
        match self.ask(Op::PutTally(rows)).await? {
            Outcome::Put => Ok(()),
            _ => Err(StoreError::UnknownOutcome),
        }
    }

    async fn sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError> {
        let ids = ids.to_vec();
        self.read(move |view| view.sends(&ids)).await
    }

    async fn commit_sends(
        &self,
        id: ContactId,
        expected: u64,
        log: &SendLog,
        kept_until: Option<Time>,
    ) -> Result<SendsCommitted, StoreError> {
        let commit = SendsCommit { id, expected, bytes: Sends::encode(log)?, kept_until };
        match self.ask(Op::Sends(Box::new(commit))).await? {
            Outcome::Sends(committed) => Ok(committed),
            _ => Err(StoreError::UnknownOutcome),
        }
    }

    async fn look(&self, entry: &Entry, now: Time) -> Result<Found, StoreError> {
        let entry = entry.clone();
        self.read(move |view| view.look(&entry, now)).await
    }

    async fn enter(&self, entries: &[Entry], now: Time) -> Result<Entered, StoreError> {
        match self.ask(Op::Enter { entries: entries.to_vec(), now }).await? {
            Outcome::Entered(entered) => Ok(entered),
            _ => Err(StoreError::UnknownOutcome),
        }
    }

    async fn leave(&self, leaving: &[Leaving]) -> Result<(), StoreError> {
        self.ask(Op::Leave(leaving.to_vec())).await.map(drop)
    }

    async fn sweep(&self, now: Time, limit: usize) -> Result<usize, StoreError> {
        match self.ask(Op::Sweep { now, limit }).await? {
            Outcome::Swept(count) => Ok(count),
            _ => Err(StoreError::UnknownOutcome),
        }
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(View::latest_change).await?;
        self.ask(Op::Ping).await.map(drop)
    }

    async fn identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError> {
        match self.ask(Op::IdentityKey(wanted)).await? {
            Outcome::Key(key) => Ok(key),
            _ => Err(StoreError::UnknownOutcome),
        }
    }

    async fn known_identity_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.read(View::identity_key).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        Self::close(self).await
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the store has stopped".to_owned())
}
