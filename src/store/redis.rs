//! The store of many sidecars: one Redis, a master that Sentinel knows, or a cluster.
//!
//! A contact is one slot: its record, log and windows are read by one script and written by another, atomically. A
//! window's key ends with the window. What others write is heard on connections of its own; see `hear`. Must not know:
//! what a record means, the clock.

mod answer;
mod connect;
mod durable;
mod examine;
mod fault;
mod feed;
mod hear;
mod intent;
mod keys;
mod link;
mod list;
mod pauses;
mod read;
mod registry;
mod script;
mod tally;
mod target;
mod usage;
mod write;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{sync::watch, task::AbortHandle, time::timeout};

use super::{
    Change, Commit, Committed, ContactId, Cursor, Durability, Ear, Entered, Entry, Found, Leaving, Listing,
    Loaded, Registry, RegistryRow, RegistryState, SealedEntry, SenderId, Sends, SendsCommitted, Store,
    StoreError, Tallied, Tally, TallyKey, TallyPage,
};
use crate::{
    limits::SendLog,
    model::{StatementId, Time},
    quality::Statuses,
};
pub use connect::RedisTls;
pub use keys::PREFIX;
pub use target::{Target, TargetError};

use connect::Connector;
use durable::Durable;
use feed::Feed;
use keys::Keys;
use link::Link;
use script::Scripts;

/// How long a stopping store waits for the answers of what it sent.
const CLOSE: Duration = Duration::from_millis(500);

/// Settings of a Redis store.
#[derive(Clone, Debug)]
pub struct Options {
    /// What begins every key.
    pub prefix: String,
    /// TLS, for `rediss` URLs.
    pub tls: Option<RedisTls>,
    /// How long making a connection may take.
    pub connect: Duration,
    /// How long one command may take before its outcome is unknown.
    pub response: Duration,
    /// How often the connections that hear of writes are asked whether they still lead anywhere.
    pub heartbeat: Duration,
    /// How long memory is trusted after what was heard last. Longer than a heartbeat and its answer take.
    pub trust: Duration,
    /// How many replicas must have a commit before it is answered. None in a cluster.
    pub replicas: u32,
    /// Whether the append-only file must have it, and that of the replicas. Not in a cluster.
    pub fsync: bool,
    /// How long these are waited for; shorter than `response`.
    pub durability: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: PREFIX.to_owned(),
            tls: None,
            connect: Duration::from_secs(1),
            response: Duration::from_secs(5),
            heartbeat: Duration::from_millis(100),
            trust: Duration::from_millis(350),
            replicas: 0,
            fsync: false,
            durability: Duration::from_secs(1),
        }
    }
}

/// A store in Redis.
pub struct Redis {
    link: Arc<Link>,
    connector: Arc<Connector>,
    keys: Keys,
    scripts: Arc<Scripts>,
    options: Options,
    cluster: bool,
    feed: Arc<Feed>,
    tasks: Mutex<Vec<AbortHandle>>,
    /// How commits go when they must be confirmed.
    durable: Option<Durable>,
}

impl Redis {
    /// Connects. Fails when Redis cannot be reached, is too old, or refuses the login; afterwards the connection is kept
    /// up whatever happens.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn open(target: Target, options: Options) -> Result<Self, StoreError> {
        let cluster = target.is_cluster();
        let connector =
            Arc::new(Connector::new(target, options.tls.clone(), options.connect, options.response));
        let link = Link::new();
        let (keys, scripts) = (Keys::new(&options.prefix), Arc::new(Scripts::new()));
        let feed = Feed {
            link: Arc::clone(&link),
            keys: keys.clone(),
            scripts: Arc::clone(&scripts),
            cluster,
            overdue: options.response,
            latest: watch::Sender::new(0),
        };
        let mut store = Self {
            keys,
            scripts,
            cluster,
            feed: Arc::new(feed),
            tasks: Mutex::default(),
            durable: None,
            link: Arc::clone(&link),
            connector: Arc::clone(&connector),
            options,
        };
        let mut up = link.up();
        store.spawn(Arc::clone(&link).keep_up(connector));
        // Twice the time of one attempt: the first may meet a server that is just starting.
        let connected = timeout(store.options.connect * 2, up.wait_for(|up| *up)).await;
        if !matches!(connected, Ok(Ok(_))) {
            return Err(StoreError::Unavailable(link.why()));
        }
        drop(connected);
        store.examine().await?;
        store.examine_durability().await?;
        store.confirm_commits();
        store.feed.look().await?;
        store.follow_feed();
        Ok(store)
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(work).abort_handle();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    fn stop(&self) {
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redis({})", self.connector)
    }
}

#[async_trait]
impl Store for Redis {
    async fn load(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        self.read_contact(id, now).await
    }

    async fn load_many(&self, ids: &[ContactId], now: Time) -> Vec<Result<Loaded, StoreError>> {
        self.read_contacts(ids, now).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.write_contact(&commit).await
    }

    async fn history(&self, id: ContactId, after: u64, limit: usize) -> Result<Vec<SealedEntry>, StoreError> {
        self.read_log(id, after, limit).await
    }

    async fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        let found = self.read_entry_of(id, statement).await?;
        // Asked for by who repeats a write, and then answers that it is kept.
        let gone = match (&found, &self.durable) {
            (Some(_), Some(durable)) => {
                durable.ask(self.entry_command(id, statement)).await? == redis::Value::Nil
            }
            _ => false,
        };
        Ok(found.filter(|_| !gone))
    }

    async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, StoreError> {
        self.list_contacts(from, limit, now).await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.read_changes(after, limit).await
    }

    async fn last_change(&self) -> Result<Option<Change>, StoreError> {
        self.feed.settle_overdue().await?;
        self.feed.last().await
    }

    fn latest_change(&self) -> watch::Receiver<u64> {
        self.feed.latest.subscribe()
    }

    async fn registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        self.read_registry().await
    }

    async fn registry_unless(&self, known: Option<&RegistryState>) -> Result<Option<Registry>, StoreError> {
        self.read_registry_unless(known).await
    }

    async fn registry_row(&self, key: &str) -> Result<Option<RegistryRow>, StoreError> {
        self.read_registry_row(key).await
    }

    async fn commit_registry(&self, row: RegistryRow) -> Result<Committed, StoreError> {
        self.write_registry(&row).await
    }

    async fn count(&self, tally: Tally) -> Result<Vec<Statuses>, StoreError> {
        self.write_tally(&tally).await
    }

    async fn counted(&self, sender: &SenderId, from: i64, to: i64) -> Result<Tallied, StoreError> {
        self.read_tally(sender, from, to).await
    }

    async fn tally_page(&self, from: Option<Cursor>, limit: usize) -> Result<TallyPage, StoreError> {
        self.list_tally(from, limit).await
    }

    async fn tally_values(&self, keys: &[TallyKey]) -> Result<Vec<u64>, StoreError> {
        self.tally_there(keys).await
    }

    async fn put_tally(&self, rows: Vec<(TallyKey, u64)>) -> Result<(), StoreError> {
        self.keep_tally(&rows).await
    }

    async fn sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError> {
        self.read_sends(ids).await
    }

    async fn commit_sends(
        &self,
        id: ContactId,
        expected: u64,
        log: &SendLog,
        kept_until: Option<Time>,
    ) -> Result<SendsCommitted, StoreError> {
        self.write_sends(id, expected, log, kept_until).await
    }

    async fn look(&self, entry: &Entry, now: Time) -> Result<Found, StoreError> {
        let looked = self.gauge(std::slice::from_ref(entry), now, false).await?;
        Ok(looked.found.into_iter().next().unwrap_or_default())
    }

    async fn enter(&self, entries: &[Entry], now: Time) -> Result<Entered, StoreError> {
        self.gauge(entries, now, true).await
    }

    async fn leave(&self, leaving: &[Leaving]) -> Result<(), StoreError> {
        self.take_back(leaving).await
    }

    /// Redis ends windows by itself.
    async fn sweep(&self, _: Time, _: usize) -> Result<usize, StoreError> {
        Ok(0)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask(redis::cmd("SET").arg(self.keys.mark()).arg("")).await.map(drop)?;
        if self.link.masters_answer().await {
            return Ok(());
        }
        Err(StoreError::Unavailable("a master of the cluster gives no answer".to_owned()))
    }

    async fn known_identity_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.stored_identity_key().await
    }

    async fn identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.first_identity_key(wanted).await
    }

    fn durability(&self) -> Durability {
        self.durable.as_ref().map_or(Durability::Stored, Durable::durability)
    }

    fn may_forget(&self) -> bool {
        // What is in the file of a master that is replaced is forgotten, too, and so is what one replica has when another is
        // made master.
        true
    }

    fn listen(&self, ear: Arc<dyn Ear>) {
        self.hear(ear);
    }

    async fn close(&self) -> Result<(), StoreError> {
        // A connection answers in order: after this, everything sent before it is answered.
        drop(timeout(CLOSE, self.ask(&redis::cmd("PING"))).await);
        self.stop();
        Ok(())
    }
}
