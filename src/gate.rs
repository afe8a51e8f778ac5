//! The one module that orders I/O and policy: fetch everything, decide in one pure function, then write.
//!
//! ```text
//! check:  sender -> contact (memory, else store) -> facts -> policy::decide -> answer
//! write:  contact (store) -> plan: events and log entries, pure -> compare-and-set; again on conflict -> drop from memory
//! ```
//!
//! Knows nothing of gRPC, HTTP or the provider's JSON.

mod activity;
mod attend;
mod changes;
mod check;
mod circle;
mod consent;
mod erasure;
mod error;
mod events;
mod find;
mod flights;
mod identity;
mod inbound;
mod journal;
mod ledger;
mod log;
mod measure;
mod names;
mod outcome;
mod pending;
mod quality;
mod record;
mod registry;
mod release;
mod reserve;
mod retell;
mod sent;
mod signals;
mod silence;
mod statement;
mod times;
mod usage;
mod view;
mod watching;
mod write;

use std::sync::Arc;

use arc_swap::ArcSwap;

pub use activity::Decided;
pub use changes::{FeedItem, ResumePoint};
pub use check::{Answer, Check};
pub use consent::{OptInRecorded, OptInRequest, OptOutRequest, PromptRequest};
pub use error::{FieldError, GateError};
pub use events::{DeliveryEvent, EventsRecorded};
pub use find::Consistency;
pub use inbound::{Inbound, InboundRecorded};
pub use log::{LogItem, LogPage, LogPlace};
pub use names::{ContactNames, Revision, request_digest};
pub use quality::SenderQuality;
pub use registry::{Observed, SenderNames};
pub use signals::Signal;
pub use statement::{Acknowledged, Who};
pub use view::View;
pub use watching::QualityWatch;

use crate::{
    cache::{Bounds, Cache},
    clock::Clock,
    decisions::DecisionLog,
    metrics::Metrics,
    model::{Millis, Time},
    senders::{Business, Directory, Learned, Profile},
    store::{Store, StoreError, timed::Timed},
};

/// What a gate is set up with.
#[derive(Clone, Debug)]
pub struct GateSettings {
    /// The configured businesses.
    pub businesses: Vec<Business>,
    /// The settings of senders that register themselves.
    pub default_profile: Profile,
    /// Unknown senders register themselves.
    pub auto_register: bool,
    /// How much stays in memory.
    pub cache: Bounds,
    /// How long one read of the store may take before the answer is "state unavailable".
    pub read_timeout: std::time::Duration,
    /// How long one write may take before its outcome is "unknown".
    pub write_timeout: std::time::Duration,
    /// Where refusals are kept while the store does not have them for certain.
    pub journal: Option<Arc<crate::store::journal::Journal>>,
    /// Replies in a window that is remembered as open go out although the store cannot be asked.
    pub replies_unasked: bool,
    /// For how long an event that is told again is known again.
    pub events_guard: crate::model::Millis,
    /// Where decisions are logged; none = nowhere.
    pub decision_log: Option<Arc<DecisionLog>>,
    /// The key of contact ids; none = a random one, kept in the store.
    pub identity_key: Option<[u8; 32]>,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self {
            businesses: Vec::new(),
            default_profile: Profile::default(),
            auto_register: true,
            cache: Bounds { contacts: 1_000_000, memory: 512 << 20 },
            read_timeout: std::time::Duration::from_millis(250),
            write_timeout: std::time::Duration::from_secs(5),
            journal: None,
            events_guard: crate::model::Millis::days(7),
            replies_unasked: false,
            decision_log: None,
            identity_key: None,
        }
    }
}

/// Said while the registry cannot be read.
const UNREAD: &str = "what is known of senders, accounts and templates cannot be read";

/// How far ahead of our clock a statement's time may be.
pub const FUTURE_TOLERANCE: Millis = Millis::seconds(300);

/// Decides and records.
#[derive(Debug)]
pub struct Gate {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
    flights: flights::Flights,
    clock: Clock,
    metrics: Arc<Metrics>,
    names: ContactNames,
    directory: Arc<ArcSwap<Directory>>,
    ledger: Arc<ledger::Ledger>,
    settings: GateSettings,
    learning: registry::Learning,
    pending: pending::Pending,
    silence: silence::Silence,
    counting: events::Counting,
    counted: quality::Counted,
    remembered: usage::Remembered,
    turns: reserve::Turns,
    watching: watching::Watching,
    activity: activity::Activity,
}

impl Gate {
    /// A gate over a store: reads the identity key and what was learned before.
    ///
    /// # Errors
    /// When the store cannot be read, or was made with another identity key.
    pub async fn open(
        store: Arc<dyn Store>,
        settings: GateSettings,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StoreError> {
        let store: Arc<dyn Store> = Timed::over(store, Arc::clone(&metrics));
        let wanted = match settings.identity_key {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                let (front, back) = key.split_at_mut(16);
                front.copy_from_slice(&names::random_16()?);
                back.copy_from_slice(&names::random_16()?);
                key
            }
        };
        let key = store.identity_key(wanted).await?;
        if settings.identity_key.is_some_and(|wanted| wanted != key) {
            return Err(StoreError::Corrupt(
                "the store was made with another identity key; with this one none of its contacts would be found"
                    .to_owned(),
            ));
        }
        let directory = Directory::new(
            &settings.businesses,
            settings.default_profile.clone(),
            settings.auto_register,
            Learned::default(),
        );
        let cache = Arc::new(Cache::new(settings.cache));
        // Before anything is read: what is read unheard is not kept.
        store.listen(measure::Listening::new(&cache, &metrics));
        let directory = Arc::new(ArcSwap::from_pointee(directory));
        let gate = Self {
            ledger: ledger::Ledger::new(
                Arc::clone(&store),
                Arc::clone(&cache),
                Arc::clone(&directory),
                settings.read_timeout,
            ),
            pending: pending::Pending::default(),
            silence: silence::Silence::default(),
            counting: events::Counting::default(),
            counted: quality::Counted::default(),
            remembered: usage::Remembered::default(),
            turns: reserve::Turns::default(),
            watching: watching::Watching::default(),
            activity: activity::Activity::default(),
            cache,
            flights: flights::Flights::default(),
            names: ContactNames::new(&key),
            directory,
            store,
            clock,
            metrics,
            settings,
            learning: registry::Learning::default(),
        };
        gate.refresh_registry().await?;
        gate.take_up_journal().await?;
        gate.warn_of_unread();
        gate.note_configured().await;
        gate.begin_counting();
        Ok(gate)
    }

    /// The senders as they are known now.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The numbers of what happens here.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The decision log, when there is one.
    #[must_use]
    pub fn decision_log(&self) -> Option<&DecisionLog> {
        self.settings.decision_log.as_deref()
    }

    /// The store behind.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Asks whether the store can be read and written.
    ///
    /// # Errors
    /// When it cannot, within this time.
    pub async fn ping(&self, limit: std::time::Duration) -> Result<(), StoreError> {
        let result = within(limit, self.store.ping()).await;
        self.silence.wrote(result.as_ref().err());
        result?;
        if self.knows_registry(Consistency::MinimizeLatency) {
            return Ok(());
        }
        self.catch_up(limit).await
    }

    /// Makes sure that the store has every refusal that this process acknowledged: who copies the store would lose the others.
    ///
    /// # Errors
    /// While some wait in the journal.
    pub fn nothing_waits(&self) -> Result<(), GateError> {
        match self.pending.waiting() {
            0 => Ok(()),
            waiting => Err(GateError::RefusalsWait(waiting)),
        }
    }

    /// What works, but not as well as it should, in words.
    #[must_use]
    pub fn in_part(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if !self.cache.is_trusted() {
            parts.push(
                "writes of other processes may go unheard; every answer is read from the store".to_owned(),
            );
        }
        if self.settings.journal.as_ref().is_some_and(|journal| journal.is_failing()) {
            parts.push("the journal cannot be used: opt-outs are refused while the store is away".to_owned());
        }
        match self.pending.waiting() {
            0 => {}
            waiting => parts.push(format!("{waiting} refusals wait in the journal for the store")),
        }
        parts
    }

    /// Runs a read of the store within its time.
    async fn timed_read<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let result = within(self.settings.read_timeout, read).await;
        self.silence.heard(result.as_ref().err());
        result
    }

    /// Runs a read of the store that no decision waits for, within the time of a write.
    async fn patient_read<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        within(self.settings.write_timeout, read).await
    }

    /// Runs a write of the store within its time.
    async fn timed_write<T>(
        &self,
        write: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let result = match tokio::time::timeout(self.settings.write_timeout, write).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::UnknownOutcome),
        };
        self.silence.wrote(result.as_ref().err());
        result
    }
}

async fn within<T>(
    limit: std::time::Duration,
    read: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, StoreError> {
    match tokio::time::timeout(limit, read).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::Unavailable(format!("no answer to a read within {limit:?}"))),
    }
}
