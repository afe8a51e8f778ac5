//! Telling the store what waits in the journal, and what it may have forgotten. To tell a refusal again changes nothing.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::{
    Gate, GateError, log::content_of, names::derived_id, pending::Refusal, times::told_late, write::Draft,
};
use crate::{
    attest::{Content, Entry},
    cache::IdMap,
    model::Millis,
    store::{StoreError, journal::Journal},
};

/// How often the store is tried while something waits.
const TRY: Duration = Duration::from_millis(250);

/// A journal that cannot be used is tried after so many rounds.
const MEND_ROUNDS: u64 = 8;

/// How long a told refusal stays: twice as long as a Redis of default settings waits before a single change is on disk.
const TOLD_FOR: Millis = Millis::hours(2);

/// Refusals that were told and stay all the same, the latest.
const TOLD_MAX: usize = 10_000;

/// Refusals that are told and let go together.
const TOGETHER: usize = 32;

/// What cannot be told is tried again after twice as many rounds, up to this many: about every four minutes.
const ROUNDS_MAX: u64 = 1 << 10;

impl Gate {
    /// Tells the store what it does not have, for as long as the server runs.
    pub(super) async fn retell(&self) {
        let Some(journal) = self.settings.journal.clone() else {
            return std::future::pending().await;
        };
        let mut failing = Failing::default();
        loop {
            tokio::time::sleep(TRY).await;
            failing.round += 1;
            if journal.is_failing() && failing.round.is_multiple_of(MEND_ROUNDS) {
                journal.mend().await;
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
        // One first, to see whether the store is there.
        let (first, rest) = untold.split_at(untold.len().min(1));
        let (mut news, mut ended) = (0, Ok(()));
        for some in first.chunks(1).chain(rest.chunks(TOGETHER)) {
            ended = self.tell_some(journal, some, generation, failing, &mut news).await;
            // After another failure what was told last before it comes first.
            if ended.is_err() || self.cache.generation() != generation {
                break;
            }
        }
        if news > 0 {
            let what = "the store was told what waited in the journal, or what it had forgotten";
            tracing::info!(refusals = news, "{what}");
        }
        ended?;
        self.let_go(journal, self.pending.over_age(self.clock.now() - TOLD_FOR, TOLD_MAX, generation)).await
    }

    /// Tells the store some, all at once but for those of one contact, which would only be in each other's way. Counts those
    /// that it did not have.
    async fn tell_some(
        &self,
        journal: &Journal,
        some: &[(u64, Arc<Refusal>)],
        generation: u32,
        failing: &mut Failing,
        news: &mut usize,
    ) -> Result<(), StoreError> {
        let mut of = IdMap::<Vec<&(u64, Arc<Refusal>)>>::default();
        for one in some {
            of.entry(one.1.id).or_default().push(one);
        }
        let telling = of.into_values().map(|of_one| async move {
            let mut told = Vec::with_capacity(of_one.len());
            for (place, refusal) in of_one {
                told.push((*place, self.tell(journal, *place, refusal).await));
            }
            told
        });
        let waited: Vec<u64> =
            some.iter().filter(|(_, refusal)| refusal.told.is_none()).map(|(place, _)| *place).collect();
        let (mut had, mut away) = (Vec::new(), Ok(()));
        for (place, told) in join_all(telling).await.into_iter().flatten() {
            match told {
                Ok(is_news) => {
                    *news += usize::from(is_news);
                    self.pending.told(place, generation);
                    failing.again.remove(&place);
                    had.push(place);
                }
                Err(GateError::Store(error @ (StoreError::Unavailable(_) | StoreError::UnknownOutcome))) => {
                    away = Err(error);
                }
                // Others wrote to the contact just then.
                Err(GateError::Contention) => {}
                // One that cannot be told does not hold up the others.
                Err(error) => failing.failed(place, &error),
            }
        }
        if self.store.may_forget() {
            had.retain(|place| waited.contains(place));
            // Without the mark a later process tells them again, which changes nothing: it holds nobody up.
            if !had.is_empty()
                && let Err(error) = journal.told(had).await
            {
                tracing::debug!(%error, "what the store was told is not marked in the journal");
            }
        } else {
            self.let_go(journal, had).await?;
        }
        self.count_waiting();
        away
    }

    /// Makes sure that the store has a refusal; true when it did not.
    async fn tell(&self, journal: &Journal, place: u64, refusal: &Refusal) -> Result<bool, GateError> {
        let Some(kept) = journal.at(place).await? else {
            // Let go meanwhile; or lost with the file, which does not mean that it was told.
            if self.pending.is_there(place) {
                return Err(StoreError::Corrupt("a refusal is gone from the journal".to_owned()).into());
            }
            return Ok(false);
        };
        let entry = Entry::from_payload(&kept.payload)
            .map_err(|error| StoreError::Corrupt(format!("an entry of the journal is {error}")))?;
        if refusal.told.is_some() && self.has_still(refusal, &entry).await? {
            return Ok(false);
        }
        let Some(recipient) = entry.recipient.clone() else { return Ok(false) };
        let profile = self.directory.load().as_of(&entry.sender, &kept.business);
        if matches!(entry.content, Content::Linked { .. }) {
            self.relate_again(&profile, kept.statement, &entry).await?;
            return Ok(true);
        }
        let mut statement = kept.statement;
        loop {
            let plan = |situation: &super::write::Situation<'_>| {
                let mut draft = Draft::default();
                let yes = situation.before.latest_permission().filter(|_| refusal.told.is_none());
                let occurred_at = told_late(yes, entry.occurred_at, entry.recorded_at, situation.now);
                draft.state(statement, Entry { occurred_at, ..entry.clone() });
                Ok(draft)
            };
            let written = self.write_to_store(&profile, &recipient, entry.occurred_at, plan).await?;
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
