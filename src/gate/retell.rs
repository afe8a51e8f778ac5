//! The journal: refusals that the store could not take, or may forget, are kept there, honoured here at once, and told to
//! the store for as long as that is so.
//!
//! A "no" is the safe direction, and must not be lost because a server is away; a "yes" is refused then. To tell a
//! refusal again changes nothing. A server that fails may forget what it answered for, unless replicas or its file have
//! it: then refusals stay here for a while after they were told, and whenever writes may have gone unheard, which is when
//! another server may have taken over, the store is asked whether it still has them.

use std::time::Duration;

use super::{
    Acknowledged, Gate, GateError, Who,
    feed::content_of,
    names::{Revision, derived_id, random_16},
    outcome::due,
    pending::Refusal,
    times::{said_after, told_late},
    write::Draft,
};
use crate::{
    attest::Entry,
    metrics::WriteOutcome,
    model::{Millis, StatementId, Time},
    senders::SenderProfile,
    store::{
        ContactId, StoreError,
        journal::{Journal, Kept},
    },
};

/// How often the store is tried while something waits.
const TRY: Duration = Duration::from_millis(250);

/// A journal that cannot be used is tried after so many rounds.
const MEND_ROUNDS: u64 = 8;

/// Refusals that may wait at once. A journal beyond that is not drained at all, and somebody must know.
const WAITING_MAX: usize = 100_000;

/// How long a told refusal stays: twice as long as a Redis of default settings waits before a single change is on disk.
const TOLD_FOR: Millis = Millis::hours(2);

/// Refusals that were told and stay all the same, the latest.
const TOLD_MAX: usize = 10_000;

/// Refusals that are let go together, and rows read together.
const TOGETHER: usize = 32;
const PAGE: usize = 1024;

/// What cannot be told is tried again after twice as many rounds, up to this many: about every four minutes.
const ROUNDS_MAX: u64 = 1 << 10;

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
                    self.pending.add(kept.place, pending(id, refusal.statement, &entry, None));
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
        let yes = recalled.and_then(|recalled| recalled.view.record.contact.latest_permission());
        let entry = said_after(yes, who, entry);
        self.keep(journal, profile, id, statement, &entry, None).await?;
        tracing::debug!(%error, "a refusal is kept in the journal");
        let contact = entry.alone(statement);
        Ok(Acknowledged {
            revision: Revision::of(id, 0),
            outcome: WriteOutcome::applied,
            applied: true,
            journaled: true,
            obligations: due(&profile.profile.rules, &contact, self.clock.now()),
            contact,
        })
    }

    /// Keeps the refusals among what the store took, when it may forget them. `generation` is that of memory before they
    /// were written.
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
        for (statement, entry) in entries.iter().filter(|(_, entry)| entry.is_refusal()) {
            if let Err(error) = self.keep(journal, profile, id, *statement, entry, Some(generation)).await {
                tracing::warn!(%error, "a refusal that the store took is not in the journal too");
            }
        }
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
        let place = journal.keep(kept).await?;
        self.pending.add(place, pending(id, statement, entry, told));
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

    /// Tells the store what it does not have, for as long as the server runs.
    pub(super) async fn retell(&self) {
        let Some(journal) = self.settings.journal.clone() else {
            return std::future::pending().await;
        };
        let mut failing = Failing::default();
        loop {
            tokio::time::sleep(TRY).await;
            failing.round += 1;
            if journal.is_broken() && failing.round.is_multiple_of(MEND_ROUNDS) {
                // A write of nothing: as soon as the disk lets it the file is opened again.
                drop(journal.release(Vec::new()).await);
            }
            if let Err(error) = self.retell_once(&journal, &mut failing).await {
                tracing::debug!(%error, "the store does not take what waits in the journal yet");
            }
        }
    }

    async fn retell_once(&self, journal: &Journal, failing: &mut Failing) -> Result<(), StoreError> {
        // Before the store is asked: what it answers may be forgotten in a failure that is heard of meanwhile.
        let generation = self.cache.generation();
        // Whether the store has forgotten something is asked once the failure is over.
        let mut untold = self.pending.untold(self.cache.is_trusted().then_some(generation));
        untold.retain(|(place, _)| failing.is_due(*place));
        for some in untold.chunks(TOGETHER) {
            let (mut away, mut told) = (None, 0_usize);
            let mut had = Vec::new();
            for (place, refusal) in some {
                match self.tell(journal, *place, refusal).await {
                    Ok(news) => {
                        told += usize::from(news);
                        self.pending.told(*place, generation);
                        failing.again.remove(place);
                        had.push(*place);
                    }
                    Err(GateError::Store(
                        error @ (StoreError::Unavailable(_) | StoreError::UnknownOutcome),
                    )) => {
                        away = Some(error);
                        break;
                    }
                    // One that cannot be told does not hold up the others.
                    Err(error) => failing.failed(*place, &error),
                }
            }
            if told > 0 {
                tracing::info!(
                    refusals = told,
                    "the store was told what waited in the journal, or what it had forgotten"
                );
            }
            if !self.store.may_forget() {
                self.let_go(journal, had).await?;
            }
            self.count_waiting();
            if let Some(away) = away {
                return Err(away);
            }
        }
        self.let_go(journal, self.pending.over_age(self.clock.now() - TOLD_FOR, TOLD_MAX)).await
    }

    /// Makes sure that the store has a refusal; true when it did not.
    async fn tell(&self, journal: &Journal, place: u64, refusal: &Refusal) -> Result<bool, GateError> {
        let Some(kept) = journal.at(place).await? else { return Ok(false) };
        let entry = Entry::from_payload(&kept.payload)
            .map_err(|error| StoreError::Corrupt(format!("an entry of the journal is {error}")))?;
        if refusal.told.is_some() && self.has_still(refusal, &entry).await? {
            return Ok(false);
        }
        let Some(recipient) = entry.recipient.clone() else { return Ok(false) };
        let profile = self.directory.load().as_of(&entry.sender, &kept.business);
        let mut statement = kept.statement;
        loop {
            let plan = |situation: &super::write::Situation<'_>| {
                let mut draft = Draft::default();
                let yes = situation.before.latest_permission().filter(|_| refusal.told.is_none());
                let occurred_at = told_late(yes, entry.occurred_at, entry.recorded_at);
                draft.state(statement, Entry { occurred_at, ..entry.clone() });
                Ok(draft)
            };
            let written = self.write_unkept(&profile, &recipient, entry.occurred_at, plan).await?;
            match written.known_entry() {
                // Its key stands for something else there. It was acknowledged all the same.
                Some(known) if !is_same(known, &entry) && statement == kept.statement => {
                    let key = data_encoding::HEXLOWER.encode(&kept.statement.0);
                    statement = derived_id("journal", &format!("{key}\0{}", entry.occurred_at.millis()));
                }
                _ => return Ok(true),
            }
        }
    }

    /// True when the store has what it was told, or has erased it: not something else under the same key.
    async fn has_still(&self, refusal: &Refusal, entry: &Entry) -> Result<bool, StoreError> {
        let sealed = self.timed_read(self.store.entry_of(refusal.id, refusal.statement)).await?;
        let Some(sealed) = sealed else { return Ok(false) };
        Ok(content_of(&sealed)?.is_none_or(|known| is_same(&known, entry)))
    }

    async fn let_go(&self, journal: &Journal, places: Vec<u64>) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        journal.release(places.clone()).await?;
        self.pending.drop_all(&places);
        self.count_waiting();
        Ok(())
    }

    fn count_waiting(&self) {
        self.metrics.journal_entries.set(i64::try_from(self.pending.waiting()).unwrap_or(i64::MAX));
    }
}

/// What cannot be told for another reason than that the store is away.
#[derive(Default)]
struct Failing {
    round: u64,
    /// By place: the round in which it is tried again, and how many rounds after the last try that is.
    again: std::collections::HashMap<u64, (u64, u64)>,
}

impl Failing {
    fn is_due(&self, place: u64) -> bool {
        self.again.get(&place).is_none_or(|(round, _)| *round <= self.round)
    }

    fn failed(&mut self, place: u64, error: &GateError) {
        let pause = self.again.get(&place).map_or(1, |(_, pause)| (pause * 2).min(ROUNDS_MAX));
        self.again.insert(place, (self.round + pause, pause));
        if pause == 1 {
            tracing::error!(%error, "a refusal in the journal cannot be told to the store; it stays there and counts here");
        }
    }
}

/// True when an entry records what another would.
fn is_same(known: &Entry, entry: &Entry) -> bool {
    let [known_digest, digest] = [known.request_digest, entry.request_digest];
    // A webhook has none; one message may come by both ways.
    if known_digest == [0; 16] || digest == [0; 16] {
        return known.content == entry.content;
    }
    known_digest == digest
}

fn pending(id: ContactId, statement: StatementId, entry: &Entry, told: Option<u32>) -> Refusal {
    let refused = entry.alone(statement);
    Refusal { id, statement, at: entry.occurred_at, recorded: entry.recorded_at, refused, told }
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
