//! Writing one identity: load, plan, compare-and-set; again when somebody else was first.
//!
//! A plan is pure: from what is stored it makes a `Draft` of events and log entries. The state follows from the
//! entries (`Entry::events`), so the log alone can rebuild what people said. A write is one record, whatever else the
//! identity has to do with: what counts for whom is found out when it is read.

mod draft;
mod known;

use std::collections::HashSet;

pub(super) use self::draft::{Draft, Situation};
use super::{
    Gate, GateError,
    circle::Circle,
    find::Consistency,
    names::{Revision, random_16},
};
use crate::{
    attest::{self, Entry},
    model::{Contact, Recipient, SenderId, StatementId, Time},
    policy::Rules,
    senders::SenderProfile,
    store::{Commit, Committed, ContactId, Erase, Loaded, StoreError},
};

/// Writers on one contact at once are few; more conflicts in a row than this is a storm.
const ATTEMPTS_MAX: usize = 64;

/// What became of a write.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) id: ContactId,
    pub(super) version: u64,
    pub(super) before: Contact,
    pub(super) after: Contact,
    pub(super) windows: Vec<(SenderId, Time)>,
    /// The statements written now.
    pub(super) entries: Vec<(StatementId, Entry)>,
    /// Set when the statement was recorded before: its entry, unless erased since.
    pub(super) known: Option<(StatementId, Option<Entry>)>,
    /// When what was recorded before was erased.
    pub(super) erased: Option<Time>,
    /// Something was written.
    pub(super) wrote: bool,
}

impl Written {
    /// Nothing was written, or is not yet.
    fn nothing(id: ContactId, version: u64, before: Contact, windows: Vec<(SenderId, Time)>) -> Self {
        let (after, entries) = (before.clone(), Vec::new());
        Self { id, version, before, after, windows, entries, known: None, erased: None, wrote: false }
    }

    pub(super) fn revision(&self) -> Revision {
        Revision::of(self.id, self.version)
    }

    /// What was recorded before under the same statement, unless it was erased.
    pub(super) fn known_entry(&self) -> Option<&Entry> {
        self.known.as_ref().and_then(|(_, entry)| entry.as_ref())
    }
}

/// What earlier attempts of a write found.
#[derive(Default)]
struct Tried {
    /// Statements that are recorded already.
    known: HashSet<StatementId>,
    /// What the key of a "no" stood for was erased at this time: it is written under another.
    erased: Option<Time>,
}

/// What an attempt came to.
enum Attempt {
    Done(Box<Written>),
    /// Another attempt, of which there is no end: somebody else wrote meanwhile.
    Conflict,
    /// Another attempt, of which there are as many as there are things to find out.
    Learned,
}

impl Gate {
    /// Writes what was said under an identity at an instant; refusals go into the journal too, where the store may forget them.
    pub(super) async fn write<P>(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        at: Time,
        plan: P,
    ) -> Result<Written, GateError>
    where
        P: Fn(&Situation<'_>) -> Result<Draft, GateError> + Sync + Send,
    {
        let generation = self.cache.generation();
        let written = self.write_to_store(profile, recipient, at, plan).await?;
        self.count_written(profile, &written);
        self.keep_told(profile, written.id, &written.entries, generation).await;
        self.keep_repeated(profile, &written, generation).await;
        Ok(written)
    }

    /// As `write`, for what comes from the journal.
    pub(super) async fn write_to_store<P>(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        at: Time,
        plan: P,
    ) -> Result<Written, GateError>
    where
        P: Fn(&Situation<'_>) -> Result<Draft, GateError> + Sync + Send,
    {
        self.register(profile).await?;
        let mut tried = Tried::default();
        let mut conflicts = 0;
        while conflicts < ATTEMPTS_MAX {
            match self.attempt(profile, recipient, at, &plan, &mut tried).await? {
                Attempt::Done(written) => return Ok(*written),
                Attempt::Conflict => conflicts += 1,
                Attempt::Learned => {}
            }
        }
        Err(GateError::Contention)
    }

    async fn attempt<P>(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        at: Time,
        plan: &P,
        tried: &mut Tried,
    ) -> Result<Attempt, GateError>
    where
        P: Fn(&Situation<'_>) -> Result<Draft, GateError> + Sync + Send,
    {
        let now = self.clock.now();
        let circle = self.circle(profile, recipient, Consistency::FullyConsistent, now).await?;
        let people = circle.people();
        let (id, stored) = circle.own();
        if self.divide(id, &stored, people.handed_over(0)).await? {
            return Ok(Attempt::Learned);
        }
        let before = people.then(0, at);
        let own = people.own_then(0, at);
        let windows = people.windows_then(0, at);
        let situation = Situation { before: &before, own: &own, windows, ties: &stored.record.ties, now };
        let mut draft = plan(&situation)?;
        draft.entries.retain(|(statement, _)| !tried.known.contains(statement));
        if let Some(erased) = tried.erased {
            draft.rename(erased);
        }
        let windows = draft.windows_after(windows, now);
        let written = Written::nothing(id, stored.version, before, windows);
        if draft.changes_nothing(&stored, at, now) {
            // An earlier attempt may have written it without hearing so.
            self.cache.invalidate(id);
            return Ok(Attempt::Done(Box::new(written)));
        }
        if let Some((log, statement)) = self.known_elsewhere(&circle, &people, at, &draft).await? {
            return self.is_known(log, statement, &circle, &draft, written, tried).await;
        }
        if !self.name_again(&circle, recipient).await? {
            return Ok(Attempt::Conflict);
        }
        let commit = self.commit_of(profile, recipient, id, &stored, &draft, at)?;
        match self.commit(commit).await? {
            Committed::Conflict => Ok(Attempt::Conflict),
            Committed::Known(statement, _) => {
                self.is_known(id, statement, &circle, &draft, written, tried).await
            }
            Committed::Done(version) => {
                let after = draft.after(&written.before);
                let entries = draft.entries;
                Ok(Attempt::Done(Box::new(Written { version, after, entries, wrote: true, ..written })))
            }
        }
    }

    /// What becomes of an attempt of which a statement is recorded already.
    async fn is_known(
        &self,
        log: ContactId,
        statement: StatementId,
        circle: &Circle,
        draft: &Draft,
        written: Written,
        tried: &mut Tried,
    ) -> Result<Attempt, GateError> {
        if draft.skips_known {
            tried.known.insert(statement);
            return Ok(Attempt::Learned);
        }
        let entry = self.known_entry(log, statement).await?;
        if entry.is_none() && tried.erased.is_none() && draft.refuses() {
            // What the key stood for was erased; a "no" under it may be another one, and is kept.
            tried.erased = circle.erased(log).or(Some(Time::EPOCH));
            return Ok(Attempt::Learned);
        }
        Ok(Attempt::Done(Box::new(Written { known: Some((statement, entry)), ..written })))
    }

    /// Names what an erasure left under earlier names of the business, so that whoever comes to one record of an identity finds
    /// the others. False when somebody wrote there meanwhile.
    async fn name_again(&self, circle: &Circle, recipient: &Recipient) -> Result<bool, StoreError> {
        let (own, _) = circle.own();
        let stored = circle.members().first().map(|member| member.stored.as_slice()).unwrap_or_default();
        for (id, loaded) in stored.iter().filter(|(id, loaded)| *id != own && loaded.version != 0) {
            if loaded.record.contact.names().next().is_some() {
                continue;
            }
            let mut record = loaded.record.clone();
            record.contact.join(&recipient.identity());
            let (windows, entries, erase) = (Vec::new(), Vec::new(), Erase::Nothing);
            let commit = Commit { id: *id, expected: loaded.version, record, windows, entries, erase };
            if !matches!(self.commit(commit).await?, Committed::Done(_)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn commit_of(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        id: ContactId,
        stored: &Loaded,
        draft: &Draft,
        at: Time,
    ) -> Result<Commit, GateError> {
        let mut record = stored.record.clone();
        record.said_at_mut(at).join(&draft.join);
        record.contact.join(&recipient.identity());
        record.ties.join(&draft.ties);
        record.business = Some(profile.business.clone());
        let mut head = stored.head;
        let mut entries = Vec::with_capacity(draft.entries.len());
        for (statement, entry) in &draft.entries {
            let (sealed, next) = attest::seal(head, *statement, entry.to_payload(random_16()?));
            entries.push(sealed);
            head = next;
        }
        let windows = draft
            .windows
            .iter()
            .map(|(sender, wrote)| (sender.clone(), *wrote, *wrote + Rules::WINDOW))
            .collect();
        Ok(Commit { id, expected: stored.version, record, windows, entries, erase: Erase::Nothing })
    }

    /// Commits, and drops the contact from memory before the writer is answered. Runs to its end even when the caller has
    /// gone: a write that happened while nobody dropped the old value would leave it in memory for good.
    pub(super) async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let (store, cache) = (std::sync::Arc::clone(&self.store), std::sync::Arc::clone(&self.cache));
        let id = commit.id;
        let task = tokio::spawn(async move {
            let committed = store.commit(commit).await;
            cache.invalidate(id);
            committed
        });
        self.timed_write(async { task.await.unwrap_or(Err(StoreError::UnknownOutcome)) }).await
    }
}
