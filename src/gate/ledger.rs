//! What was learned of senders, accounts and templates, as checks go by it: read from the store whenever it may have been
//! written unheard.
//!
//! A check goes by the directory that is there as long as the cache knows the registry, which is two comparisons. Otherwise, and
//! for whoever asks for a fresh state, it is read first, and the contact beside it. Many ask at once: whoever comes while a
//! read is under way waits for the next one, which begins after they asked, and so do all the others. Where the registry
//! is as it was, that is one field.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::{
    cache::{Cache, Stamp},
    senders::Directory,
    store::{Registry, RegistryRow, RegistryState, Store, StoreError},
};

/// Whoever waits behind a read that takes longer begins another: it is lost, or there are very many rows.
const ALONE: Duration = Duration::from_millis(500);

type Answer = Result<(), StoreError>;
type Waiting = watch::Receiver<Option<Answer>>;

/// The directory, and how it is kept up.
#[derive(Debug)]
pub(super) struct Ledger {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
    directory: Arc<ArcSwap<Directory>>,
    /// The registry that the directory has all of. Held while a directory is made of the one before, never across await.
    known: Mutex<Known>,
    /// The read that nobody began yet.
    next: Mutex<Option<Waiting>>,
    turn: tokio::sync::Mutex<()>,
    /// How long a read may take.
    limit: Duration,
}

/// The state that was read last, and under which stamp.
type Known = Option<(Stamp, RegistryState)>;

impl Ledger {
    pub(super) fn new(
        store: Arc<dyn Store>,
        cache: Arc<Cache>,
        directory: Arc<ArcSwap<Directory>>,
        limit: Duration,
    ) -> Arc<Self> {
        let (known, next, turn) = Default::default();
        Arc::new(Self { store, cache, directory, known, next, turn, limit })
    }

    /// Waits until everything that was written to the registry before this call is in the directory.
    pub(super) async fn catch_up(self: &Arc<Self>) -> Answer {
        let mut waiting = self.join();
        let answered = waiting.wait_for(Option::is_some).await;
        let answer = answered.ok().and_then(|answer| answer.clone());
        answer.unwrap_or_else(|| Err(StoreError::Unavailable("a read was interrupted".to_owned())))
    }

    /// The read that begins next. It belongs to nobody: who gives up fails no other.
    fn join(self: &Arc<Self>) -> Waiting {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = next.as_ref() {
            return waiting.clone();
        }
        let (answer, waiting) = watch::channel(None);
        *next = Some(waiting.clone());
        drop(next);
        let ledger = Arc::clone(self);
        tokio::spawn(async move {
            let answered = ledger.carry_out().await;
            answer.send_replace(Some(answered));
        });
        waiting
    }

    async fn carry_out(&self) -> Answer {
        let turn = self.turn.lock().await;
        // From here on it is too late to join.
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut read = std::pin::pin!(self.read());
        if let Ok(answer) = tokio::time::timeout(ALONE, &mut read).await {
            return answer;
        }
        drop(turn);
        let limit = self.limit;
        let late = tokio::time::timeout(limit, read).await;
        late.unwrap_or_else(|_| Err(StoreError::Unavailable(format!("no answer to a read within {limit:?}"))))
    }

    /// Reads the registry, unless it is as it was.
    pub(super) async fn read(&self) -> Answer {
        let stamp = self.cache.registry_stamp();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Somebody was heard to write since: whoever that is may know nothing of states.
        let known = known.filter(|(read, _)| !stamp.has_heard_more_than(*read)).map(|(_, state)| state);
        if let Some(Registry { rows, unreadable, state }) = self.store.registry_unless(known.as_ref()).await?
        {
            self.put(&rows, Some((unreadable, state.map(|state| (stamp, state)))));
        }
        self.cache.registry_read(stamp);
        Ok(())
    }

    /// Puts rows into the directory that checks look into.
    pub(super) fn take(&self, rows: &[RegistryRow]) {
        self.put(rows, None);
    }

    /// Notes that the store has no row of this name any more.
    pub(super) fn lost(&self, key: &str) {
        let _known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = self.directory.load().with_lost(key);
        self.directory.store(Arc::new(directory));
    }

    /// The same; `all` of a whole registry: the names of the rows that make no sense, and its state.
    fn put(&self, rows: &[RegistryRow], all: Option<(Vec<String>, Known)>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.directory.load();
        let (mut directory, errors) = before.with_rows(rows);
        let mut unreadable = BTreeSet::clone(before.unreadable());
        if let Some((names, read)) = all {
            unreadable = names.into_iter().collect();
            *known = read;
        }
        for row in rows {
            unreadable.remove(&row.key);
        }
        unreadable.extend(errors.into_iter().map(|error| error.0));
        for name in unreadable.difference(before.unreadable()) {
            // Left as it is: a newer version may have written it.
            tracing::warn!(
                row = %name.replace('\0', "/"),
                "a row of the registry cannot be read; what it is about is denied"
            );
        }
        directory.cannot_read(unreadable);
        self.directory.store(Arc::new(directory));
    }
}
