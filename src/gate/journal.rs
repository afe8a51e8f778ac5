//! The journal: refusals that the store could not take, or may forget, are kept there, honoured here at once, and told to
//! the store for as long as that is so (`retell`).
//!
//! A "no" is the safe direction, and must not be lost because a server is away; a "yes" is refused then. A server that
//! fails may forget what it answered for, unless replicas have it: then refusals stay here for a while after they were
//! told, and whenever writes may have gone unheard, which is when another server may have taken over, the store is asked
//! whether it still has them.

use super::{
    Acknowledged, Gate, GateError, Who,
    names::{Revision, random_16},
    outcome::due,
    pending::Refusal,
    times::said_after,
    write::Written,
};
use crate::{
    attest::{Content, Entry},
    metrics::WriteOutcome,
    model::{BusinessId, Contact, StatementId, Time},
    senders::SenderProfile,
    store::{
        ContactId, StoreError,
        journal::{Journal, Kept},
    },
};

/// Refusals that may wait at once. A journal beyond that is not drained at all, and somebody must know.
const WAITING_MAX: usize = 100_000;

/// Rows read together.
const PAGE: usize = 1024;

impl Gate {
    /// Takes up what is in the journal from an earlier process.
    pub(super) async fn take_up_journal(&self) -> Result<(), StoreError> {
        let Some(journal) = &self.settings.journal else { return Ok(()) };
        let mut after = 0;
        loop {
            let page = journal.page(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.place;
            for kept in &page {
                if let Some(entry) = read(kept) {
                    let refusal = &kept.refusal;
                    let Some(recipient) = &entry.recipient else { continue };
                    let id = self.names.id(&refusal.business, recipient);
                    // What the store had is asked for before it is told again: it may have been erased since.
                    let told = kept.told.then(|| self.cache.generation().wrapping_sub(1));
                    let waits = self.pending_of(&refusal.business, id, refusal.statement, &entry, told);
                    self.pending.add(kept.place, waits);
                }
            }
        }
        self.count_waiting();
        Ok(())
    }

    /// Keeps a refusal that the store did not take; the store's error where there is no journal, or it is no refusal.
    pub(super) async fn keep_refusal(
        &self,
        profile: &SenderProfile,
        who: &Who,
        statement: StatementId,
        entry: Entry,
        error: GateError,
    ) -> Result<Acknowledged, GateError> {
        let away = matches!(error, GateError::Store(StoreError::Unavailable(_) | StoreError::UnknownOutcome));
        let Some(journal) = self.settings.journal.as_ref().filter(|_| away && entry.is_refusal()) else {
            return Err(error);
        };
        if self.pending.waiting() >= WAITING_MAX {
            let full = format!("{error}; and {WAITING_MAX} refusals wait in the journal already");
            return Err(StoreError::Unavailable(full).into());
        }
        let id = self.names.id(&profile.business, &who.recipient);
        // A "yes" that is remembered is as good as one that is stored: this "no" is said after it.
        let recalled = self.recall(profile, &who.recipient);
        let before = recalled.map(|recalled| recalled.view.record.contact.clone());
        let yes = before.as_ref().and_then(Contact::latest_permission);
        let entry = said_after(yes, who, entry);
        let contact = entry.alone(statement);
        // Told again it takes no second place. Another under the same key, or of another time, is another.
        if !self.pending.waits(id, statement, &contact) {
            self.keep(journal, profile, id, statement, &entry, None).await?;
            self.count_statement(&profile.sender.id, &entry, before.as_ref());
        }
        tracing::debug!(%error, "a refusal is kept in the journal");
        Ok(Acknowledged {
            revision: Revision::of(id, 0),
            outcome: WriteOutcome::applied,
            applied: true,
            journaled: true,
            obligations: due(&profile.profile.rules, &contact, self.clock.now()),
            contact,
        })
    }

    /// Keeps the refusals among what the store took, when it may forget them, and whom they cross to: who is one person with
    /// whom. `generation` is that of memory before they were written.
    pub(super) async fn keep_told(
        &self,
        profile: &SenderProfile,
        id: ContactId,
        entries: &[(StatementId, Entry)],
        generation: u32,
    ) {
        let Some(journal) = self.settings.journal.as_ref().filter(|_| self.store.may_forget()) else {
            return;
        };
        let matters = |entry: &Entry| entry.is_refusal() || matches!(entry.content, Content::Linked { .. });
        for (statement, entry) in entries.iter().filter(|(_, entry)| matters(entry)) {
            if self.pending.has(id, *statement) {
                continue;
            }
            if let Err(error) = self.keep(journal, profile, id, *statement, entry, Some(generation)).await {
                // That the journal fails is told once, where it is noticed.
                tracing::debug!(%error, "a refusal that the store took is not in the journal too");
            }
        }
    }

    /// As `keep_told`, of a refusal that was recorded before, by another process perhaps, and is acknowledged by this one now.
    pub(super) async fn keep_repeated(&self, profile: &SenderProfile, written: &Written, generation: u32) {
        let Some((statement, Some(entry))) = &written.known else { return };
        let Some(recipient) = &entry.recipient else { return };
        let id = self.names.id(&profile.business, recipient);
        self.keep_told(profile, id, &[(*statement, entry.clone())], generation).await;
    }

    async fn keep(
        &self,
        journal: &Journal,
        profile: &SenderProfile,
        id: ContactId,
        statement: StatementId,
        entry: &Entry,
        told: Option<u32>,
    ) -> Result<(), StoreError> {
        let business = profile.business.clone();
        let payload = entry.to_payload(random_16()?);
        let kept = crate::store::journal::Refusal { business, statement, payload };
        let place = journal.keep(kept, told.is_some()).await?;
        self.pending.add(place, self.pending_of(&profile.business, id, statement, entry, told));
        if told.is_none() && self.pending.waiting() == 1 {
            tracing::warn!("refusals are kept in the journal until the store can take them");
        }
        self.count_waiting();
        Ok(())
    }

    /// Lets go of what waits of a contact, came up to a place and was said at some time: it was erased, and what stands of
    /// it is stored. What was told stays for its time, since the store may forget the erasure as well.
    pub(super) async fn erase_waiting(
        &self,
        id: ContactId,
        last: u64,
        said: impl Fn(Time) -> bool,
    ) -> Result<(), StoreError> {
        let Some(journal) = &self.settings.journal else { return Ok(()) };
        self.let_go(journal, self.pending.waiting_of(id, last, said)).await
    }

    /// Lets refusals go.
    pub(super) async fn let_go(&self, journal: &Journal, places: Vec<u64>) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        journal.release(places.clone()).await?;
        self.pending.drop_all(&places);
        self.count_waiting();
        Ok(())
    }

    fn pending_of(
        &self,
        business: &BusinessId,
        id: ContactId,
        statement: StatementId,
        entry: &Entry,
        told: Option<u32>,
    ) -> Refusal {
        let (at, recorded) = (entry.occurred_at, entry.recorded_at);
        let (refused, ties) = (entry.alone(statement), self.ties_in(business, entry));
        Refusal { id, statement, at, recorded, refused, ties, told }
    }

    pub(super) fn count_waiting(&self) {
        self.metrics.journal.entries.set(i64::try_from(self.pending.waiting()).unwrap_or(i64::MAX));
    }
}

fn read(kept: &Kept) -> Option<Entry> {
    match Entry::from_payload(&kept.refusal.payload) {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::error!(%error, "an entry of the journal cannot be read; it is left there");
            None
        }
    }
}
