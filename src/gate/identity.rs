//! One person under several identities: user IDs that a signed webhook proved, numbers given up, links the business
//! asserts.
//!
//! Here only ties are written, each to both ends; what follows from them is `model::person`. Every step is idempotent, so
//! that a redelivery completes what a crash left.

use super::{
    Gate, GateError,
    find::Consistency,
    log::content_of,
    names::derived_id,
    statement::{Acknowledged, Who},
    write::{Draft, Situation},
};
use crate::{
    attest::{Content, Entry},
    model::{BusinessId, Recipient, StatementId, Ties, Time, UserId, person},
    senders::SenderProfile,
    store::{Commit, ContactId, Erase, Loaded, SealedEntry, StoreError},
};

/// Rounds in which what is read may have changed meanwhile.
pub(super) const ATTEMPTS_MAX: usize = 16;

/// Entries of a log read in one go.
const LOG_PAGE: usize = 256;

/// What an identity turns out to have to do with another.
struct Relation<'a> {
    /// Whose record is written.
    on: &'a Recipient,
    /// The other.
    other: &'a Recipient,
    /// A number that was left for the other.
    moved: bool,
    /// Proven by a signed webhook; else the business says so.
    proven: bool,
    at: Time,
}

impl Gate {
    pub(super) async fn write_proof(&self, who: &Who, others: &[UserId]) -> Result<bool, GateError> {
        let profile = self.sender_of(who)?;
        let at = self.said_at(who)?;
        let users: Vec<_> = others.iter().cloned().map(Recipient::User).collect();
        let mut wrote = false;
        // First that they are one person: else the second would seem to be somebody new at the number.
        if let Some((first, more)) = users.split_first() {
            let named = Who { recipient: first.clone(), ..who.clone() };
            for other in more.iter().filter(|other| *other != first) {
                wrote |= self.tie(&profile, &named, other, at).await?;
            }
        }
        for other in users.iter().filter(|other| **other != who.recipient) {
            wrote |= self.tie(&profile, who, other, at).await?;
        }
        Ok(wrote)
    }

    /// A user ID was seen with another identity. Tells whether that is news.
    async fn tie(
        &self,
        profile: &SenderProfile,
        who: &Who,
        user: &Recipient,
        at: Time,
    ) -> Result<bool, GateError> {
        let main = &who.recipient;
        let [main_id, user_id] = [main, user].map(|identity| self.names.id(&profile.business, identity));
        let now = self.clock.now();
        let both = self.obtain_all(&[main_id, user_id], Consistency::FullyConsistent, now).await?;
        let [of_main, of_user] = both.as_slice() else { return Err(GateError::Contention) };
        // Also where the record is not parted yet: a change that failed half-way is known to its ties alone.
        let ties = &of_main.record.ties;
        let moved = ties.moved_to.iter().chain(&ties.moved_from).map(|(at, _)| *at);
        let over: Vec<_> = of_main.record.earlier.iter().map(|(until, _)| *until).chain(moved).collect();
        let to_main = |known: &Ties| match main {
            Recipient::Phone(_) => known.seen_with(main_id, at, &over),
            Recipient::User(_) => Ties { same: vec![main_id], ..Ties::default() },
        };
        let to_user = |_: &Ties| match main {
            Recipient::Phone(_) => Ties { users: vec![user_id], ..Ties::default() },
            Recipient::User(_) => Ties { same: vec![user_id], ..Ties::default() },
        };
        let mut wrote = false;
        if of_user.record.ties.lacks(&to_main(&of_user.record.ties)) {
            let there = Relation { on: user, other: main, moved: false, proven: true, at };
            wrote |= self.relate(profile, who, &there, to_main).await?;
        }
        if of_main.record.ties.lacks(&to_user(&of_main.record.ties)) {
            let here = Relation { on: main, other: user, moved: false, proven: true, at };
            wrote |= self.relate(profile, who, &here, to_user).await?;
        }
        if wrote || of_user.record.ties.numbers.len() > 1 {
            // A number that the user ID has left is somebody else's from then on.
            self.divide_all(profile, main).await?;
        }
        Ok(wrote)
    }

    /// Writes what one identity has to do with another, unless it is known.
    async fn relate(
        &self,
        profile: &SenderProfile,
        who: &Who,
        relation: &Relation<'_>,
        new: impl Fn(&Ties) -> Ties + Sync + Send,
    ) -> Result<bool, GateError> {
        let Relation { on, other, moved, proven, at } = *relation;
        let [on_id, other_id] = [on, other].map(|identity| self.names.id(&profile.business, identity));
        let named = Who { recipient: on.clone(), ..who.clone() };
        let written = self
            .write(profile, on, at, |situation| {
                let mut draft = Draft::default();
                let new = new(situation.ties);
                if situation.ties.lacks(&new) {
                    let content = Content::Linked { other: other.clone(), proven, moved };
                    let statement = relation_id(on_id, other_id, moved, proven, at);
                    draft.relate(&new, statement, named.entry(at, situation.now, content));
                }
                Ok(draft)
            })
            .await?;
        Ok(written.wrote)
    }

    /// What an entry says that its recipient has to do with another.
    pub(super) fn ties_in(&self, business: &BusinessId, entry: &Entry) -> Ties {
        let (Some(on), Content::Linked { other, proven, moved }) = (&entry.recipient, &entry.content) else {
            return Ties::default();
        };
        let (id, at) = (self.names.id(business, other), entry.occurred_at);
        match (proven, moved, on, other) {
            (false, ..) => Ties { linked: vec![(at, id)], ..Ties::default() },
            (true, true, ..) => Ties { moved_to: vec![(at, id)], ..Ties::default() },
            (true, false, Recipient::Phone(_), Recipient::Phone(_)) => {
                Ties { moved_from: vec![(at, id)], ..Ties::default() }
            }
            (true, false, Recipient::User(_), Recipient::Phone(_)) => {
                Ties { numbers: vec![(at, id)], ..Ties::default() }
            }
            (true, false, Recipient::Phone(_), Recipient::User(_)) => {
                Ties { users: vec![id], ..Ties::default() }
            }
            (true, false, Recipient::User(_), Recipient::User(_)) => {
                Ties { same: vec![id], ..Ties::default() }
            }
        }
    }

    /// Tells the store again what it has forgotten of an identity and another. What it seems to have to do with others is
    /// joined from the journal, so it is not asked whether that is news.
    pub(super) async fn relate_again(
        &self,
        profile: &SenderProfile,
        statement: StatementId,
        entry: &Entry,
    ) -> Result<(), GateError> {
        let Some(on) = &entry.recipient else { return Ok(()) };
        let ties = self.ties_in(&profile.business, entry);
        let plan = |_: &Situation<'_>| {
            let mut draft = Draft::default();
            draft.relate(&ties, statement, entry.clone());
            Ok(draft)
        };
        self.write_to_store(profile, on, entry.occurred_at, plan).await?;
        self.divide_all(profile, on).await
    }

    pub(super) async fn write_number_change(&self, who: &Who, to: &Recipient) -> Result<bool, GateError> {
        let profile = &*self.sender_of(who)?;
        let (from, at) = (&who.recipient, self.said_at(who)?);
        let mut wrote = false;
        match (from, to) {
            _ if from == to => return Ok(false),
            // A user ID is never given up: it was seen with another name.
            (Recipient::User(_), _) => {
                let named = Who { recipient: to.clone(), ..who.clone() };
                return self.tie(profile, &named, from, at).await;
            }
            // Whose user ID it is, is told by the number that they had until then.
            (Recipient::Phone(_), Recipient::User(_)) => wrote |= self.tie(profile, who, to, at).await?,
            (Recipient::Phone(_), Recipient::Phone(_)) => {}
        }
        let [old, new] = [from, to].map(|identity| self.names.id(&profile.business, identity));
        let left = Relation { on: from, other: to, moved: true, proven: true, at };
        let came = Relation { on: to, other: from, moved: false, proven: true, at };
        // The new number first: whoever asks there meanwhile finds every "no" of the old one.
        let moved_from = |_: &Ties| Ties { moved_from: vec![(at, old)], ..Ties::default() };
        wrote |= self.relate(profile, who, &came, moved_from).await?;
        let moved_to = |_: &Ties| Ties { moved_to: vec![(at, new)], ..Ties::default() };
        wrote |= self.relate(profile, who, &left, moved_to).await?;
        self.divide_all(profile, from).await?;
        Ok(wrote)
    }

    pub(super) async fn write_link(&self, who: &Who, other: &Recipient) -> Result<Acknowledged, GateError> {
        if who.recipient == *other {
            return Err(GateError::field("other", "must be another identity than `recipient`"));
        }
        let profile = self.sender_of(who)?;
        let at = self.said_at(who)?;
        self.fits_with(&profile, &who.recipient, other).await?;
        for (on, other) in [(&who.recipient, other), (other, &who.recipient)] {
            let relation = Relation { on, other, moved: false, proven: false, at };
            let linked = self.names.id(&profile.business, other);
            self.relate(&profile, who, &relation, |known| known.linked_with(linked, at)).await?;
        }
        let plan = |_: &Situation<'_>| Ok(Draft::default());
        let written = self.write(&profile, &who.recipient, at, plan).await?;
        Ok(self.acknowledge(&profile, &written, true))
    }

    /// Refuses a link that would make more identities one person than are ever read.
    async fn fits_with(
        &self,
        profile: &SenderProfile,
        one: &Recipient,
        other: &Recipient,
    ) -> Result<(), GateError> {
        let mut records = std::collections::HashSet::new();
        let mut together = 0;
        for recipient in [one, other] {
            let circle =
                self.circle(profile, recipient, Consistency::FullyConsistent, self.clock.now()).await?;
            for member in circle.members() {
                // Under one name of the business or under several, it is one identity.
                let known = member.stored.iter().filter(|(id, _)| !records.insert(*id)).count();
                together += usize::from(known == 0);
            }
        }
        if together <= super::circle::IDENTITIES_MAX / 2 {
            return Ok(());
        }
        Err(GateError::field("other", "would make too many identities one person; are they all?"))
    }

    /// Tells apart, in every record around an identity, what was said by whom who had it.
    async fn divide_all(&self, profile: &SenderProfile, recipient: &Recipient) -> Result<(), GateError> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock.now();
            let circle = self.circle(profile, recipient, Consistency::FullyConsistent, now).await?;
            let people = circle.people();
            let mut divided = false;
            for (place, member) in circle.members().iter().enumerate() {
                for (id, loaded) in &member.stored {
                    divided |= self.divide(*id, loaded, people.handed_over(place)).await?;
                }
            }
            if !divided {
                return Ok(());
            }
        }
        Err(GateError::Contention)
    }

    /// Tells apart what was said under an identity before and after each instant at which it was handed over; true when
    /// that was not done yet. From the log, since the state forgets what was overruled.
    pub(super) async fn divide(
        &self,
        id: ContactId,
        stored: &Loaded,
        handed_over: &[Time],
    ) -> Result<bool, StoreError> {
        let record = &stored.record;
        if stored.version == 0 || record.earlier.iter().map(|(until, _)| until).eq(handed_over) {
            return Ok(false);
        }
        let mut said = person::apart(&record.earlier, &record.contact, handed_over);
        for (sealed, entry) in self.whole_log(id, stored.head.length).await? {
            let holder = handed_over.iter().filter(|over| **over <= entry.occurred_at).count();
            if let Some(said) = said.get_mut(holder) {
                said.join(&entry.alone(sealed.statement));
            }
        }
        let mut record = record.clone();
        record.contact = said.pop().unwrap_or_default();
        record.earlier = handed_over.iter().copied().zip(said).collect();
        let (windows, entries, erase) = (Vec::new(), Vec::new(), Erase::Nothing);
        // A conflict is no failure: it is looked at again.
        self.commit(Commit { id, expected: stored.version, record, windows, entries, erase }).await?;
        Ok(true)
    }

    /// Every entry of a log whose content is there.
    pub(super) async fn whole_log(
        &self,
        id: ContactId,
        length: u64,
    ) -> Result<Vec<(SealedEntry, Entry)>, StoreError> {
        let mut entries = Vec::new();
        let mut after = 0;
        while after < length {
            let page = self.timed_read(self.store.history(id, after, LOG_PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for sealed in page {
                if let Some(entry) = content_of(&sealed)? {
                    entries.push((sealed, entry));
                }
            }
        }
        Ok(entries)
    }
}

/// The same relation has the same id, which says nothing of whom it is about: contact ids are keyed.
fn relation_id(on: ContactId, other: ContactId, moved: bool, proven: bool, at: Time) -> StatementId {
    let hex = |id: ContactId| data_encoding::HEXLOWER.encode(&id.0);
    derived_id("relation", &format!("{}\0{}\0{moved}\0{proven}\0{}", hex(on), hex(other), at.millis()))
}
