//! Where contacts live: one trait, the records it moves, and the errors it may answer with.
//!
//! A contact is written whole, by compare-and-set on its version, together with its windows and its new log entries.
//! What a write *means* is decided before it comes here; a store merges nothing. Must not know: policy, the wire.

pub mod embedded;
pub mod journal;
pub(crate) mod record;
pub mod redis;
mod registry;
pub mod tally;
pub mod timed;
pub mod usage;

use std::fmt;

use async_trait::async_trait;

use crate::{
    limits::SendLog,
    model::{BusinessId, Contact, SenderId, StatementId, Ties, Time},
    quality::Statuses,
};
pub use registry::{Registry, RegistryRow, RegistryState};
pub use tally::{Mark, Tallied, Tally, TallyKey, TallyPage};
pub use usage::{Entered, Entry, Found, Gauge, Leaving, Sends, SendsCommitted};

pub use crate::{
    attest::{LogHead, SealedEntry},
    model::ContactId,
};

/// A contact as stored.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Record {
    /// Whose contact it is; none only while nothing is stored.
    pub business: Option<BusinessId>,
    /// What was said under this identity since it was last handed over, and its name.
    pub contact: Contact,
    /// What was said before, by who had it until when, oldest first.
    pub earlier: Vec<(Time, Contact)>,
    /// Its relations to other identities.
    pub ties: Ties,
}

impl Record {
    /// What was said by whoever had the identity at an instant.
    #[must_use]
    pub fn said_at(&self, at: Time) -> &Contact {
        self.earlier.iter().find(|(until, _)| at < *until).map_or(&self.contact, |(_, said)| said)
    }

    /// The same, to add to.
    pub fn said_at_mut(&mut self, at: Time) -> &mut Contact {
        let Self { earlier, contact, .. } = self;
        earlier.iter_mut().find(|(until, _)| at < *until).map_or(contact, |(_, said)| said)
    }
}

/// What is known of one contact at one version.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The record; empty when nothing is stored.
    pub record: Record,
    /// The last inbound time by sender, for windows that have not reached their end.
    pub windows: Vec<(SenderId, Time)>,
    /// Counts the commits; 0 when nothing is stored.
    pub version: u64,
    /// The end of the attestation log.
    pub head: LogHead,
}

/// One atomic write to one contact.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Which contact.
    pub id: ContactId,
    /// The version it was computed from.
    pub expected: u64,
    /// The whole new record.
    pub record: Record,
    /// Windows to open or extend: sender, last inbound, end. An earlier last inbound than the stored one changes nothing.
    pub windows: Vec<(SenderId, Time, Time)>,
    /// New entries, chained to the head that was loaded.
    pub entries: Vec<SealedEntry>,
    /// What is erased of what is older.
    pub erase: Erase,
}

/// What a commit takes away.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Erase {
    /// Nothing.
    #[default]
    Nothing,
    /// The payloads of these entries.
    Payloads(Vec<u64>),
    /// The payload of every entry, and every window.
    Everything,
}

/// What became of a commit that the store could answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Written and durable; the new version.
    Done(u64),
    /// Somebody else wrote first; load again.
    Conflict,
    /// A statement of this commit is recorded already, as this entry; nothing was written.
    Known(StatementId, u64),
}

/// What is true of a commit that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It is in the store.
    Stored,
    /// It is in the store and on the configured number of replicas.
    Replicated,
}

/// One step of the feed of consent changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place in the feed, from 1, increasing.
    pub position: u64,
    /// Whose log grew.
    pub id: ContactId,
    /// The entry.
    pub sequence: u64,
}

/// Where a listing goes on: opaque, and only for the store that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<u8>);

/// Some contacts of a listing; a page may be empty and yet not be the last.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Listing {
    /// The contacts.
    pub contacts: Vec<(ContactId, Loaded)>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

/// Whoever must hear of what others write to the same store: `cache::Cache`. Its methods only take note: they are called from inside
/// connections.
pub trait Ear: fmt::Debug + Send + Sync + 'static {
    /// Somebody wrote to this contact.
    fn changed(&self, id: ContactId);
    /// Somebody wrote to the registry.
    fn learned(&self);
    /// Writes may have gone unheard: nothing remembered is certain, until `heard` says so again for what is read anew.
    fn deaf(&self);
    /// Until this instant nothing that was remembered since the last `deaf` can have changed unheard.
    fn heard(&self, until: std::time::Instant);
    /// A question on a connection that hears of writes was answered, or given up, after this time. For who measures.
    fn asked(&self, took: std::time::Duration) {
        let _ = took;
    }
}

/// Why a store gave no answer: by the variant a caller knows whether to ask again, and whether a write may have happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not reachable, or refuses; nothing was written.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// No answer in time; a write may have happened.
    #[error("the store did not answer in time")]
    UnknownOutcome,
    /// A stored record cannot be read. It is left untouched.
    #[error("stored state cannot be read: {0}")]
    Corrupt(String),
}

/// A place for contacts. Every implementation passes the same conformance suite.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Reads one contact; unknown contacts are empty, not errors. `now` tells which windows have ended.
    async fn load(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError>;

    /// Reads many contacts in one go, in order; each may fail by itself.
    async fn load_many(&self, ids: &[ContactId], now: Time) -> Vec<Result<Loaded, StoreError>>;

    /// Writes one contact, durably before it returns.
    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError>;

    /// The log entries after a sequence number, oldest first.
    async fn history(&self, id: ContactId, after: u64, limit: usize) -> Result<Vec<SealedEntry>, StoreError>;

    /// The entry that records a statement, if one does.
    async fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError>;

    /// A page of all contacts, of about this many. Every contact that is there from the first page to the last comes at
    /// least once; a store that reorganises itself meanwhile may repeat some.
    async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, StoreError>;

    /// The feed after a position, oldest first.
    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// The last change of the feed, if there is one.
    async fn last_change(&self) -> Result<Option<Change>, StoreError>;

    /// Tells the latest feed position that is known of, and wakes when it changes.
    fn latest_change(&self) -> tokio::sync::watch::Receiver<u64>;

    /// Every registry row. Where one cannot be read, none is answered: for who must have all of them.
    async fn registry(&self) -> Result<Vec<RegistryRow>, StoreError>;

    /// The registry, unless it is still in a state that is known; what cannot be read of it holds up nothing else.
    async fn registry_unless(&self, known: Option<&RegistryState>) -> Result<Option<Registry>, StoreError> {
        // A store that cannot tell states apart.
        let _ = known;
        Ok(Some(Registry { rows: self.registry().await?, ..Registry::default() }))
    }

    /// One registry row, if there is one.
    async fn registry_row(&self, key: &str) -> Result<Option<RegistryRow>, StoreError> {
        Ok(self.registry().await?.into_iter().find(|row| row.key == key))
    }

    /// Writes a registry row by compare-and-set; an expected version of 0 creates it.
    async fn commit_registry(&self, row: RegistryRow) -> Result<Committed, StoreError>;

    /// Counts what happened to messages, durably before it returns: of each mark what was new. What is told twice, at once
    /// or later, is new once.
    async fn count(&self, tally: Tally) -> Result<Vec<Statuses>, StoreError>;

    /// What was counted of a sender in some hours, both inclusive.
    async fn counted(&self, sender: &SenderId, from: i64, to: i64) -> Result<Tallied, StoreError>;

    /// A page of everything that is kept of what was counted, of about this many rows; each at least once, as contacts are listed.
    async fn tally_page(&self, from: Option<Cursor>, limit: usize) -> Result<TallyPage, StoreError>;

    /// What is kept under some keys, in order; 0 where nothing is.
    async fn tally_values(&self, keys: &[TallyKey]) -> Result<Vec<u64>, StoreError>;

    /// Keeps rows of another store, in place of what is there, durably before it returns.
    async fn put_tally(&self, rows: Vec<(TallyKey, u64)>) -> Result<(), StoreError>;

    /// The messages to some people, in order.
    async fn sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError>;

    /// Writes the messages to one person, if nobody wrote since they were read; until when they are kept, or none to
    /// forget them.
    async fn commit_sends(
        &self,
        id: ContactId,
        expected: u64,
        log: &SendLog,
        kept_until: Option<Time>,
    ) -> Result<SendsCommitted, StoreError>;

    /// How full a gauge is for one more member.
    async fn look(&self, entry: &Entry, now: Time) -> Result<Found, StoreError>;

    /// Makes entries in gauges of one owner: all, or none when one must stay out.
    async fn enter(&self, entries: &[Entry], now: Time) -> Result<Entered, StoreError>;

    /// Takes entries back that were made in gauges of one owner.
    async fn leave(&self, leaving: &[Leaving]) -> Result<(), StoreError>;

    /// Deletes windows whose end has passed and what was counted long ago, at most `limit`; returns how many. Housekeeping only.
    async fn sweep(&self, now: Time, limit: usize) -> Result<usize, StoreError>;

    /// Answers when the store can be read and written.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The secret that contact ids are keyed with: `wanted` on first use, afterwards what was first stored.
    async fn identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError>;

    /// The secret that contact ids are keyed with, when one is stored.
    async fn known_identity_key(&self) -> Result<Option<[u8; 32]>, StoreError>;

    /// What is true now of every commit that was answered.
    fn durability(&self) -> Durability {
        Durability::Stored
    }

    /// True when a failure may lose a commit that was answered.
    fn may_forget(&self) -> bool {
        false
    }

    /// From now on tells an ear what others write. A store that nobody else writes to has nothing to tell, and what was
    /// read from it stays true until this process writes.
    fn listen(&self, ear: std::sync::Arc<dyn Ear>) {
        drop(ear);
    }

    /// Finishes what was accepted and lets go of what it holds. A store that holds nothing has nothing to do.
    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
