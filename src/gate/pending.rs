//! Refusals that the store could not take: kept in the journal, honoured here at once, told to the store when it is back.
//!
//! A "no" is the safe direction, and must not be lost because a server is away; a "yes" is refused then. To tell a
//! refusal again changes nothing, so that it stays in the journal until the store has answered.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;

use super::{Acknowledged, Gate, GateError, Who, names::Revision, outcome::due, write::Draft};
use crate::{
    attest::Entry,
    cache::IdMap,
    metrics::WriteOutcome,
    model::{Contact, StatementId},
    senders::SenderProfile,
    store::{
        ContactId, Loaded, StoreError,
        journal::{Journal, Kept},
    },
};

/// How often the store is tried while something waits.
const TRY: Duration = Duration::from_millis(250);

/// What waits, by contact: joined to whatever is read of it.
#[derive(Debug, Default)]
pub(super) struct Pending {
    journal: Option<Arc<Journal>>,
    refusals: ArcSwap<IdMap<Contact>>,
    /// One change of what waits at a time.
    changing: tokio::sync::Mutex<()>,
}

impl Pending {
    pub(super) fn new(journal: Option<Arc<Journal>>) -> Self {
        Self { journal, ..Self::default() }
    }

    /// Adds to what was read of a contact what waits for the store.
    pub(super) fn over(&self, id: ContactId, loaded: Arc<Loaded>) -> Arc<Loaded> {
        let refusals = self.refusals.load();
        let Some(refused) = refusals.get(&id) else { return loaded };
        let mut over = Loaded::clone(&loaded);
        over.record.contact.join(refused);
        Arc::new(over)
    }

    /// What waits of a contact of which nothing else is known.
    pub(super) fn alone(&self, id: ContactId) -> Option<Arc<Loaded>> {
        self.refusals.load().contains_key(&id).then(|| self.over(id, Arc::default()))
    }
}

impl Gate {
    /// Takes up what waited when the process ended.
    pub(super) async fn take_up_journal(&self) -> Result<(), StoreError> {
        let Some(journal) = &self.pending.journal else { return Ok(()) };
        let _changing = self.pending.changing.lock().await;
        self.honour(&journal.all().await?);
        Ok(())
    }

    /// Keeps a refusal that the store did not take; the store's error where there is no journal, or it is no refusal.
    pub(super) async fn keep_refusal(
        &self,
        profile: &SenderProfile,
        who: &Who,
        statement: StatementId,
        entry: &Entry,
        error: GateError,
    ) -> Result<Acknowledged, GateError> {
        let away = matches!(error, GateError::Store(StoreError::Unavailable(_) | StoreError::UnknownOutcome));
        let Some(journal) = self.pending.journal.as_ref().filter(|_| away && entry.is_refusal()) else {
            return Err(error);
        };
        let _changing = self.pending.changing.lock().await;
        let payload = entry.to_payload(super::names::random_16()?);
        journal.keep(statement, payload).await?;
        self.honour(&journal.all().await?);
        tracing::warn!(%error, "a refusal is kept in the journal until the store can take it");
        let contact = entry.alone(statement);
        Ok(Acknowledged {
            revision: Revision::of(self.names.id(&profile.business, &who.recipient), 0),
            outcome: WriteOutcome::applied,
            applied: true,
            journaled: true,
            obligations: due(&profile.profile.rules, &contact, self.clock.now()),
            contact,
        })
    }

    /// Tells the store what waits, for as long as the server runs.
    pub(super) async fn replay_journal(&self) {
        let Some(journal) = self.pending.journal.clone() else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(TRY).await;
            if self.pending.refusals.load().is_empty() {
                continue;
            }
            if let Err(error) = self.replay_once(&journal).await {
                tracing::debug!(%error, "the store does not take what waits in the journal yet");
            }
        }
    }

    async fn replay_once(&self, journal: &Journal) -> Result<(), GateError> {
        for kept in journal.all().await? {
            let Some(entry) = read(&kept) else { continue };
            let Some(profile) = self.directory.load().find(&entry.sender) else { continue };
            let Some(recipient) = entry.recipient.clone() else { continue };
            let plan = |_: &super::write::Situation<'_>| {
                let mut draft = Draft::default();
                draft.state(kept.statement, entry.clone());
                Ok(draft)
            };
            self.write(&profile, &recipient, entry.occurred_at, plan).await?;
            let _changing = self.pending.changing.lock().await;
            journal.release(kept.place).await?;
            self.honour(&journal.all().await?);
            tracing::info!("the store has a refusal that waited in the journal");
        }
        Ok(())
    }

    /// From now on these refusals, and no others, count beside what is stored.
    fn honour(&self, kept: &[Kept]) {
        let mut refusals = IdMap::<Contact>::default();
        let directory = self.directory.load();
        for kept in kept {
            let Some(entry) = read(kept) else { continue };
            let (Some(profile), Some(recipient)) = (directory.find(&entry.sender), &entry.recipient) else {
                tracing::error!(
                    "a refusal in the journal is of a sender that is not known any more; it waits"
                );
                continue;
            };
            let id = self.names.id(&profile.business, recipient);
            refusals.entry(id).or_default().join(&entry.alone(kept.statement));
        }
        self.metrics.journal_entries.set(i64::try_from(kept.len()).unwrap_or(i64::MAX));
        self.pending.refusals.store(Arc::new(refusals));
    }
}

fn read(kept: &Kept) -> Option<Entry> {
    match Entry::from_payload(&kept.payload) {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::error!(%error, "an entry of the journal cannot be read; it is left there");
            None
        }
    }
}
