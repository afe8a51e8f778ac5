//! One person under several identities: user IDs that a signed webhook proved, numbers given up, links the business
//! asserts, and forgetting.
//!
//! A proven identity becomes an *alias*: its log is copied into the contact's, its state is joined in, and from then on
//! every look-up leads to the contact. The copy is written before the alias, and both before the webhook is answered,
//! so that a crash in between leaves a state that the redelivery completes.

use std::collections::VecDeque;

use super::{
    Gate, GateError,
    consent::{Acknowledged, Who},
    find::ALIASES_MAX,
    names::{Revision, random_16, statement_id},
    write::{Draft, Situation},
};
use crate::{
    attest::{self, Content, Entry},
    model::{Contact, Event, Recipient, Time, UserId},
    senders::SenderProfile,
    store::{Commit, Committed, ContactId, Loaded, StoreError},
};

const ATTEMPTS_MAX: usize = 16;

/// Entries of a log read in one go while it is copied.
const COPY_PAGE: usize = 256;

impl Gate {
    /// Makes several identities one contact; says whether they were not yet.
    pub(super) async fn write_proof(&self, who: &Who, others: &[UserId]) -> Result<bool, GateError> {
        let profile = self.sender_of(who)?;
        let at = self.said_at(who)?;
        let mut wrote = false;
        for other in others {
            let other = Recipient::User(other.clone());
            if other != who.recipient {
                wrote |= self.absorb(&profile, &other, &who.recipient, at).await?;
            }
        }
        Ok(wrote)
    }

    /// Makes one identity an alias of another's contact; says whether it was none yet.
    async fn absorb(
        &self,
        profile: &SenderProfile,
        from: &Recipient,
        into: &Recipient,
        at: Time,
    ) -> Result<bool, GateError> {
        let into = &self.number_after(profile, into, at).await?;
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock.now();
            let (target, contact) = self.load(&profile.business, into, now).await?;
            let own = self.names.id(&profile.business, from);
            let is_known =
                matches!(from, Recipient::User(id) if contact.record.contact.user_ids.contains(id));
            let stored = self.timed_read(self.store.load(own, now)).await?;
            if own == target || is_known && stored.record.alias == Some(target) {
                return Ok(false);
            }
            // The identity led elsewhere before: what was known there is this person's too.
            let (source, source_state) = match stored.record.alias {
                Some(_) => self.load(&profile.business, from, now).await?,
                None => (own, stored.clone()),
            };
            let mut state = source_state.record.contact.clone();
            state.join(&self.also(profile, from, now).await?);
            // Where the identity was before is not where it is now.
            state.moved = None;
            if stored.record.alias.is_some() || into.phone().is_some() {
                state.phone = None;
            }
            let copied = self.copied_log(source, source_state.head.length).await?;
            let written = self
                .write(profile, into, |situation| {
                    let mut draft = merged(profile, situation, from, &state, &copied, at);
                    for (sender, wrote) in &source_state.windows {
                        draft.window(sender.clone(), *wrote);
                    }
                    Ok(draft)
                })
                .await?;
            self.spread(profile, &written).await?;
            if self.point(profile, own, stored, target).await? {
                if source != own {
                    self.leave(profile, source, &source_state.record.contact, into, at).await?;
                }
                return Ok(true);
            }
        }
        Err(GateError::Contention)
    }

    /// An identity led to another contact before. A refusal may have been written there after it was copied: the link
    /// makes writers that still hold the old state read again, and what they wrote before it crosses now.
    async fn leave(
        &self,
        profile: &SenderProfile,
        source: ContactId,
        contact: &Contact,
        into: &Recipient,
        at: Time,
    ) -> Result<(), GateError> {
        // Of the names it is known by, the one it is stored under.
        let stored_as = |name: &Recipient| self.names.id(&profile.business, name) == source && name != into;
        let Some(name) = contact.names().find(stored_as) else { return Ok(()) };
        // Both ways: they are one person, and a "no" to either is a "no" to both.
        for (one, other) in [(into, &name), (&name, into)] {
            let plan = |_: &Situation<'_>| {
                let mut draft = Draft::default();
                draft.event(&Event::Linked(other.clone(), at));
                Ok(draft)
            };
            let written = self.write(profile, one, plan).await?;
            self.spread(profile, &written).await?;
        }
        Ok(())
    }

    /// What is stored of a person under an earlier name of the business moves to its present one, the log with it: the
    /// proof of an opt-in must be found where the business looks for it.
    pub(super) async fn gather(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
    ) -> Result<(), GateError> {
        for business in &profile.also {
            for _ in 0..ATTEMPTS_MAX {
                let now = self.clock.now();
                let (old, stored) = self.load(business, recipient, now).await?;
                let (present, _) = self.load(&profile.business, recipient, now).await?;
                // What belongs to the present name already may be another identity of the person: linked, not the same.
                let moved = stored.record.business.as_ref() == Some(&profile.business);
                if stored.version == 0 || old == present || moved {
                    break;
                }
                let copied = self.copied_log(old, stored.head.length).await?;
                let plan = |_: &Situation<'_>| {
                    let mut draft = Draft::default();
                    draft.merge(&stored.record.contact);
                    for (statement, entry) in &copied {
                        draft.copy(*statement, entry.clone());
                    }
                    for (sender, wrote) in &stored.windows {
                        draft.window(sender.clone(), *wrote);
                    }
                    Ok(draft)
                };
                let written = self.write_one(profile, recipient, &plan).await?;
                self.spread(profile, &written).await?;
                if self.point(profile, old, stored, present).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The identity that a person had at an instant, or the number they have changed to since: a message may come late,
    /// and the number it came from may be somebody else's by now.
    async fn number_after(
        &self,
        profile: &SenderProfile,
        number: &Recipient,
        at: Time,
    ) -> Result<Recipient, GateError> {
        let (mut number, mut since) = (number.clone(), at);
        for _ in 0..ALIASES_MAX {
            let (_, loaded) = self.load(&profile.business, &number, self.clock.now()).await?;
            match loaded.record.contact.moved {
                Some((moved, to)) if since <= moved && to != number => (number, since) = (to, moved),
                Some(_) | None => break,
            }
        }
        Ok(number)
    }

    /// Points an identity at its contact; says whether nobody wrote to it in between.
    async fn point(
        &self,
        profile: &SenderProfile,
        own: ContactId,
        stored: Loaded,
        target: ContactId,
    ) -> Result<bool, StoreError> {
        let mut record = stored.record;
        record.business = Some(profile.business.clone());
        record.contact = Contact::default();
        record.alias = Some(target);
        let commit = Commit {
            id: own,
            expected: stored.version,
            record,
            windows: Vec::new(),
            entries: Vec::new(),
            erase: false,
        };
        Ok(matches!(self.commit(commit).await?, Committed::Done(_)))
    }

    pub(super) async fn copied_log(
        &self,
        id: ContactId,
        length: u64,
    ) -> Result<Vec<(crate::model::StatementId, Entry)>, StoreError> {
        let mut entries = Vec::new();
        let mut after = 0;
        while after < length {
            let page = self.timed_read(self.store.history(id, after, COPY_PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for sealed in &page {
                if let Some(payload) = &sealed.payload {
                    let entry = Entry::from_payload(payload)
                        .map_err(|error| StoreError::Corrupt(format!("a log entry is {error}")))?;
                    // Where nothing was erased, no record of an erasure may excuse what is missing.
                    if !matches!(entry.content, Content::Erased { .. }) {
                        entries.push((sealed.statement, entry));
                    }
                }
            }
        }
        Ok(entries)
    }

    /// Moves a person to another number; says whether they had not moved yet.
    pub(super) async fn write_number_change(&self, who: &Who, to: &Recipient) -> Result<bool, GateError> {
        let profile = &*self.sender_of(who)?;
        let (from, at) = (&who.recipient, self.said_at(who)?);
        let now = self.clock.now();
        let (old_id, old) = self.load(&profile.business, from, now).await?;
        let (new_id, _) = self.load(&profile.business, to, now).await?;
        if old_id == new_id
            || old.record.contact.moved.as_ref().is_some_and(|(moved, target)| *moved >= at && target == to)
        {
            return Ok(false);
        }
        let mut state = old.record.contact.clone();
        state.join(&self.also(profile, from, now).await?);
        state.phone = None;
        state.moved = None;
        let copied = self.copied_log(old_id, old.head.length).await?;
        let written = self
            .write(profile, to, |situation| {
                let mut draft = merged(profile, situation, from, &state, &copied, at);
                // Known at the new number too: what is said there later crosses back, and an erasure finds the old one.
                draft.event(&Event::Linked(from.clone(), at));
                Ok(draft)
            })
            .await?;
        self.spread(profile, &written).await?;
        for id in &old.record.contact.user_ids {
            self.repoint(profile, id, new_id).await?;
        }
        let statement =
            statement_id("moved", &format!("{}\0{}", data_encoding::HEXLOWER.encode(&new_id.0), at.millis()));
        let left = self
            .write(profile, from, |situation| {
                let mut draft = Draft::default();
                let content = Content::Linked { other: to.clone(), proven: true, moved: true };
                draft.state(statement, who.entry(at, situation.now, content));
                Ok(draft)
            })
            .await?;
        // What was refused between the copy and the link.
        self.spread(profile, &left).await?;
        Ok(true)
    }

    async fn repoint(
        &self,
        profile: &SenderProfile,
        user: &UserId,
        target: ContactId,
    ) -> Result<(), GateError> {
        let own = self.names.id(&profile.business, &Recipient::User(user.clone()));
        for _ in 0..ATTEMPTS_MAX {
            let stored = self.timed_read(self.store.load(own, self.clock.now())).await?;
            if own == target
                || stored.record.alias == Some(target)
                || self.point(profile, own, stored, target).await?
            {
                return Ok(());
            }
        }
        Err(GateError::Contention)
    }

    pub(super) async fn write_link(&self, who: &Who, other: &Recipient) -> Result<Acknowledged, GateError> {
        if who.recipient == *other {
            return Err(GateError::field("other", "must be another identity than `recipient`"));
        }
        let profile = self.sender_of(who)?;
        let at = self.said_at(who)?;
        let mut both = Vec::with_capacity(2);
        for (one, two) in [(&who.recipient, other), (other, &who.recipient)] {
            let named = Who { recipient: one.clone(), ..who.clone() };
            let content = Content::Linked { other: two.clone(), proven: false, moved: false };
            let linked = self
                .write(&profile, one, |situation| {
                    let mut draft = Draft::default();
                    if situation.before.links.get(two).is_none() {
                        let id = statement_id("linked", &format!("{}{at}", two.reveal()));
                        draft.state(id, named.entry(at, situation.now, content.clone()));
                    }
                    Ok(draft)
                })
                .await?;
            both.push(linked);
        }
        // Both know of each other now, so that a refusal said meanwhile has crossed by itself; here cross the earlier ones.
        for linked in &both {
            self.spread(&profile, linked).await?;
        }
        let written = self.write(&profile, &who.recipient, |_: &Situation<'_>| Ok(Draft::default())).await?;
        Ok(self.acknowledge(&profile, &written, true))
    }

    pub(super) async fn write_erasure(&self, who: &Who) -> Result<(Revision, u64, bool), GateError> {
        let profile = self.sender_of(who)?;
        let (mut entries, mut kept, mut revision) = (0, false, None);
        // All identities are found before the first is erased, and the one that leads to the others goes last: an erasure
        // that fails half-way can be repeated.
        for id in self.identities(&profile, &who.recipient).await?.into_iter().rev() {
            let (version, erased, out) = self.erase_one(who, id).await?;
            entries += erased;
            kept |= out;
            revision = Some(Revision::of(id, version));
        }
        let Some(revision) = revision else { return Err(GateError::Contention) };
        Ok((revision, entries, kept))
    }

    /// The contact of an identity, then the names that lead to it, then what is linked to it, and so on.
    async fn identities(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
    ) -> Result<Vec<ContactId>, GateError> {
        let mut found = Vec::new();
        let mut queue = VecDeque::from([recipient.clone()]);
        while let Some(identity) = queue.pop_front() {
            self.gather(profile, &identity).await?;
            let (id, loaded) = self.load(&profile.business, &identity, self.clock.now()).await?;
            if found.contains(&id) {
                continue;
            }
            found.push(id);
            let contact = &loaded.record.contact;
            for name in contact.names().chain([identity]) {
                let businesses = std::iter::once(&profile.business).chain(&profile.also);
                let aliases = businesses.map(|business| self.names.id(business, &name));
                let new: Vec<_> = aliases.filter(|alias| !found.contains(alias)).collect();
                found.extend(new);
            }
            queue.extend(contact.linked());
        }
        Ok(found)
    }

    async fn erase_one(&self, who: &Who, id: ContactId) -> Result<(u64, u64, bool), GateError> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock.now();
            let loaded = self.timed_read(self.store.load(id, now)).await?;
            if loaded.version == 0 {
                return Ok((0, 0, false));
            }
            let mut record = loaded.record.clone();
            record.contact = record.contact.erased(now);
            let kept = record.contact.refuses_something() || record.contact.platform_stop().is_some();
            let entry = Entry {
                recipient: None,
                // A digest of the request would be a digest of the number.
                request_digest: [0; 16],
                ..who.entry(now, now, Content::Erased { entries: loaded.head.length })
            };
            let statement = crate::model::StatementId(random_16()?);
            let (sealed, _) = attest::seal(loaded.head, statement, entry.to_payload(random_16()?));
            let commit = Commit {
                id,
                expected: loaded.version,
                record,
                windows: Vec::new(),
                entries: vec![sealed],
                erase: true,
            };
            match self.commit(commit).await? {
                // A name that leads to a contact holds copies; what was said is counted once.
                Committed::Done(version) if loaded.record.alias.is_some() => return Ok((version, 0, kept)),
                Committed::Done(version) => return Ok((version, loaded.head.length, kept)),
                Committed::Conflict | Committed::Known(..) => {}
            }
        }
        Err(GateError::Contention)
    }
}

/// Takes in what another identity of the same person knows: its state and the entries of its log that are not here yet.
fn merged(
    profile: &SenderProfile,
    situation: &Situation<'_>,
    from: &Recipient,
    state: &Contact,
    log: &[(crate::model::StatementId, Entry)],
    at: Time,
) -> Draft {
    let mut draft = Draft::default();
    draft.merge(state);
    if let Recipient::User(id) = from {
        draft.event(&Event::HasUserId(id.clone()));
    }
    if draft.after(situation.before) == *situation.before {
        return draft;
    }
    for (statement, entry) in log {
        draft.copy(*statement, entry.clone());
    }
    let link = Entry {
        recipient: None,
        sender: profile.sender.id.clone(),
        occurred_at: at,
        recorded_at: situation.now,
        applied: true,
        content: Content::Linked { other: from.clone(), proven: true, moved: false },
        request_digest: [0; 16],
    };
    draft.copy(statement_id("merged", &format!("{}{at}", from.reveal())), link);
    draft
}
