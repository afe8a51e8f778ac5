//! Writing one identity: load, plan, compare-and-set; again when somebody else was first.
//!
//! A plan is pure: from what is stored it makes a `Draft` of events and log entries. The state follows from the
//! entries (`Entry::events`), so the log alone can rebuild what people said. A write is one record, whatever else the
//! identity has to do with: what counts for whom is found out when it is read.

use std::collections::HashSet;

use super::{
    Gate, GateError,
    circle::Circle,
    consent::Who,
    feed::content_of,
    find::Consistency,
    names::{Revision, random_16},
};
use crate::{
    attest::{self, Content, Entry},
    model::{Contact, Event, People, Recipient, SenderId, StatementId, Ties, Time},
    policy::Rules,
    senders::SenderProfile,
    store::{Commit, Committed, ContactId, Erase, Loaded, StoreError},
};

/// Writers on one contact at once are few; more conflicts in a row than this is a storm.
const ATTEMPTS_MAX: usize = 64;

/// What a plan sees.
#[derive(Debug)]
pub(super) struct Situation<'a> {
    /// What counts for whoever had the identity when the statement was made.
    pub(super) before: &'a Contact,
    /// What they said themselves.
    pub(super) own: &'a Contact,
    /// What the identity has to do with others.
    pub(super) ties: &'a Ties,
    /// The time.
    pub(super) now: Time,
}

/// What a plan wants written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    join: Contact,
    ties: Ties,
    entries: Vec<(StatementId, Entry)>,
    windows: Vec<(SenderId, Time)>,
    /// Entries that are recorded already are left out, and the rest is written all the same; else the draft is a
    /// repetition as a whole.
    skips_known: bool,
}

impl Draft {
    /// Something that happened and leaves no entry.
    pub(super) fn event(&mut self, event: &Event) {
        self.join.apply(event);
    }

    /// A statement: its entry, and what follows from it.
    pub(super) fn state(&mut self, statement: StatementId, entry: Entry) {
        for event in entry.events(statement) {
            self.join.apply(&event);
        }
        self.entries.push((statement, entry));
    }

    /// The same draft with an entry told apart: whether it applied is known only once the draft is complete.
    pub(super) fn replaying(mut self, statement: StatementId, entry: Entry) -> Self {
        if let Some((_, known)) = self.entries.iter_mut().find(|(id, _)| *id == statement) {
            *known = entry;
        }
        self
    }

    /// What the identity turns out to have to do with others, and the entry that says so, unless it is there already.
    pub(super) fn relate(&mut self, ties: &Ties, statement: StatementId, entry: Entry) {
        self.skips_known = true;
        self.ties.join(ties);
        self.entries.push((statement, entry));
    }

    /// The person wrote to a sender.
    pub(super) fn window(&mut self, sender: SenderId, wrote: Time) {
        self.windows.push((sender, wrote));
    }

    fn refuses(&self) -> bool {
        // A lifted block, too, is another statement under a key whose statement was erased.
        let counts = |entry: &Entry| entry.is_refusal() || matches!(entry.content, Content::Block(_));
        self.entries.iter().any(|(_, entry)| counts(entry))
    }

    /// Gives its statements other ids, the same ones whenever it is done again.
    fn rename(&mut self, since: Time) {
        for (statement, _) in &mut self.entries {
            let old = data_encoding::HEXLOWER.encode(&statement.0);
            *statement = super::names::derived_id("after erasure", &format!("{old}\0{}", since.millis()));
        }
    }

    /// What the contact would be.
    pub(super) fn after(&self, before: &Contact) -> Contact {
        let mut after = before.clone();
        after.join(&self.join);
        after
    }

    fn changes_nothing(&self, stored: &Loaded, at: Time, now: Time) -> bool {
        let extends = |(sender, wrote): &(SenderId, Time)| {
            let known =
                stored.windows.iter().filter(|(name, _)| name == sender).map(|(_, known)| *known).max();
            now < *wrote + Rules::WINDOW && known.is_none_or(|known| known < *wrote)
        };
        let said = stored.record.said_at(at);
        self.entries.is_empty()
            && self.after(said) == *said
            && !stored.record.ties.lacks(&self.ties)
            && !self.windows.iter().any(extends)
    }
}

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
    /// Writes what was said under an identity at an instant.
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
        let written = self.write_unkept(profile, recipient, at, plan).await?;
        self.keep_told(profile, written.id, &written.entries, generation).await;
        Ok(written)
    }

    /// Writes what the journal has, if it is to have it.
    pub(super) async fn write_unkept<P>(
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
        let mut draft = plan(&Situation { before: &before, own: &own, ties: &stored.record.ties, now })?;
        draft.entries.retain(|(statement, _)| !tried.known.contains(statement));
        if let Some(erased) = tried.erased {
            draft.rename(erased);
        }
        let mut written = Written {
            id,
            version: stored.version,
            after: draft.after(&before),
            windows: windows_after(people.windows_then(0, at), &draft, now),
            entries: Vec::new(),
            known: None,
            erased: None,
            wrote: false,
            before,
        };
        if draft.changes_nothing(&stored, at, now) {
            // An earlier attempt may have written it without hearing so.
            self.cache.invalidate(id);
            return Ok(Attempt::Done(Box::new(written)));
        }
        let (log, committed) = match self.known_elsewhere(&circle, &people, at, &draft).await? {
            Some((log, statement)) => (log, Committed::Known(statement, 0)),
            None if !self.name_again(&circle, recipient).await? => (id, Committed::Conflict),
            None => {
                let commit = self.commit_of(profile, recipient, id, &stored, &draft, at)?;
                (id, self.commit(commit).await?)
            }
        };
        match committed {
            Committed::Conflict => return Ok(Attempt::Conflict),
            Committed::Done(version) => {
                written.version = version;
                written.entries = draft.entries;
                written.wrote = true;
            }
            Committed::Known(statement, _) if draft.skips_known => {
                tried.known.insert(statement);
                return Ok(Attempt::Learned);
            }
            Committed::Known(statement, _) => {
                let entry = self.known_entry(log, statement).await?;
                if entry.is_none() && tried.erased.is_none() && draft.refuses() {
                    // What the key stood for was erased; a "no" under it may be another one, and is kept.
                    tried.erased = circle.erased(log).or(Some(Time::EPOCH));
                    return Ok(Attempt::Learned);
                }
                written.known = Some((statement, entry));
                written.after = written.before.clone();
            }
        }
        Ok(Attempt::Done(Box::new(written)))
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

    /// The log of another identity of the same person that holds a statement of a draft, if one does: a key is one key
    /// under whichever identity it is used.
    async fn known_elsewhere(
        &self,
        circle: &Circle,
        people: &People,
        at: Time,
        draft: &Draft,
    ) -> Result<Option<(ContactId, StatementId)>, StoreError> {
        let (own, _) = circle.own();
        for (place, member) in circle.members().iter().enumerate() {
            if !people.have_met(place, 0, at) {
                continue;
            }
            let logs = member.stored.iter().filter(|(id, loaded)| *id != own && loaded.head.length > 0);
            for (id, _) in logs {
                for (statement, _) in &draft.entries {
                    if self.patient_read(self.store.entry_of(*id, *statement)).await?.is_some() {
                        return Ok(Some((*id, *statement)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Writes a statement, or answers from what was recorded under its key: what refuses a statement now need not have
    /// refused it then.
    pub(super) async fn write_once<P>(
        &self,
        profile: &SenderProfile,
        who: &Who,
        at: Time,
        statement: StatementId,
        plan: P,
    ) -> Result<Written, GateError>
    where
        P: Fn(&Situation<'_>) -> Result<Draft, GateError> + Sync + Send,
    {
        match self.write(profile, &who.recipient, at, plan).await {
            Err(error) => self.repetition_instead(profile, who, statement, error).await,
            written => written,
        }
    }

    /// What was recorded under the key of a request that is refused now; the refusal when nothing was.
    pub(super) async fn repetition_instead(
        &self,
        profile: &SenderProfile,
        who: &Who,
        statement: StatementId,
        error: GateError,
    ) -> Result<Written, GateError> {
        if who.key.is_empty() || !matches!(error, GateError::Invalid(_)) {
            return Err(error);
        }
        self.repetition(profile, &who.recipient, statement).await?.ok_or(error)
    }

    /// The write that a statement made when it was first recorded, if it was: so that a repetition is answered from what
    /// was recorded, not from what the same words would mean by now.
    pub(super) async fn repetition(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        statement: StatementId,
    ) -> Result<Option<Written>, GateError> {
        let now = self.clock.now();
        let circle = self.circle(profile, recipient, Consistency::FullyConsistent, now).await?;
        let people = circle.people();
        let (id, stored) = circle.own();
        for (place, member) in circle.members().iter().enumerate() {
            if place != 0 && !people.have_met(place, 0, now) {
                continue;
            }
            for (log, _) in member.stored.iter().filter(|(_, loaded)| loaded.head.length > 0) {
                if self.patient_read(self.store.entry_of(*log, statement)).await?.is_none() {
                    continue;
                }
                self.cache.invalidate(*log);
                let contact = people.now(0);
                return Ok(Some(Written {
                    id,
                    version: stored.version,
                    before: contact.clone(),
                    after: contact,
                    windows: people.windows(0).to_vec(),
                    entries: Vec::new(),
                    known: Some((statement, self.known_entry(*log, statement).await?)),
                    erased: circle.erased(*log),
                    wrote: false,
                }));
            }
        }
        Ok(None)
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

    /// Commits, and drops the contact from memory before anybody hears of it. Runs to its end even when the caller has
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

    async fn known_entry(&self, id: ContactId, statement: StatementId) -> Result<Option<Entry>, StoreError> {
        let sealed = self.patient_read(self.store.entry_of(id, statement)).await?;
        sealed.map_or(Ok(None), |sealed| content_of(&sealed))
    }
}

fn windows_after(before: &[(SenderId, Time)], draft: &Draft, now: Time) -> Vec<(SenderId, Time)> {
    let mut windows = before.to_vec();
    windows.extend(draft.windows.iter().filter(|(_, wrote)| now < *wrote + Rules::WINDOW).cloned());
    windows
}
