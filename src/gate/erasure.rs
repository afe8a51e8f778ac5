//! Forgetting a person: every identity that is theirs by proof or by the business's word, each in a commit of its own.
//!
//! What refuses stays, under names that say nothing; so do the ties, which are such names. A number that somebody else
//! has by now keeps what that one said. An erasure that fails half-way can be repeated: what was lifted is taken away first
//! everywhere, so that it does not come back to life when what lifted it is gone.

use super::{
    Gate, GateError,
    circle::Circle,
    consent::Who,
    find::Consistency,
    identity::ATTEMPTS_MAX,
    names::{Revision, random_16},
};
use crate::{
    attest::{self, Content, Entry},
    model::{Contact, People, StatementId, Time, person},
    senders::SenderProfile,
    store::{Commit, Committed, ContactId, Erase, Loaded, StoreError},
};

/// What an erasure came to.
#[derive(Default)]
struct Erased {
    /// Entries that lost their content.
    entries: u64,
    /// Something refuses still.
    kept: bool,
    /// The version of the record that was asked for.
    version: u64,
}

/// One record of the person.
struct Part<'a> {
    id: ContactId,
    loaded: &'a Loaded,
    /// Its identity's place among the people.
    place: usize,
    /// Which of its holders are the person.
    theirs: &'a [bool],
    /// Its identity's records under all names of the business.
    names: Vec<ContactId>,
}

impl Gate {
    pub(super) async fn write_erasure(&self, who: &Who) -> Result<(Revision, u64, bool), GateError> {
        let profile = self.sender_of(who)?;
        let mut entries = 0;
        // Once: what waits in the journal is there again whenever it is read.
        let mut cleaned = false;
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock.now();
            let circle = self.circle(&profile, &who.recipient, Consistency::FullyConsistent, now).await?;
            let people = circle.people();
            let kin = people.kin(0);
            let parts = parts(&circle, &kin);
            if !cleaned && self.take_lifted_away(&parts, &people).await? {
                cleaned = true;
                continue;
            }
            let Some(erased) = self.erase_parts(&profile, who, &parts, &people, now).await? else {
                cleaned = false;
                continue;
            };
            entries += erased.entries;
            self.erase_journal(parts.iter().map(|part| part.id)).await?;
            let (id, _) = circle.own();
            return Ok((Revision::of(id, erased.version), entries, erased.kept));
        }
        Err(GateError::Contention)
    }

    /// True when something was to be taken away, and the records are others now.
    async fn take_lifted_away(&self, parts: &[Part<'_>], people: &People) -> Result<bool, GateError> {
        let mut wrote = false;
        for part in parts.iter().filter(|part| part.loaded.version != 0) {
            let mut record = part.loaded.record.clone();
            let said =
                part.said(people, |era, said| said.without_lifted(&people.counting_for(part.place, era)));
            part.put(&mut record, people, said);
            if record == part.loaded.record {
                continue;
            }
            let (windows, entries, erase) = (Vec::new(), Vec::new(), Erase::Nothing);
            let expected = part.loaded.version;
            self.commit(Commit { id: part.id, expected, record, windows, entries, erase }).await?;
            wrote = true;
        }
        Ok(wrote)
    }

    /// Erases every record, the one that was asked for last: as long as that is there, the others are found. Nothing when
    /// somebody wrote meanwhile.
    async fn erase_parts(
        &self,
        profile: &SenderProfile,
        who: &Who,
        parts: &[Part<'_>],
        people: &People,
        now: Time,
    ) -> Result<Option<Erased>, GateError> {
        let mut all = Erased::default();
        for part in parts.iter().rev() {
            let mut record = part.loaded.record.clone();
            let said = part.said(people, |era, _| people.counting_for(part.place, era).erased(now));
            let theirs = said.iter().zip(part.theirs).filter(|(_, theirs)| **theirs);
            all.kept |= theirs
                .into_iter()
                .any(|(said, _)| said.refuses_something() || said.platform_stop().is_some());
            part.put(&mut record, people, said);
            record.ties.join(&crate::model::Ties { names: part.names.clone(), ..Default::default() });
            record.business =
                Some(profile.business.clone()).filter(|_| part.loaded.version == 0).or(record.business);
            let (erase, count) = self.what_goes(part, people).await?;
            let content = Content::Erased { entries: count };
            let (windows, entries) = (Vec::new(), vec![part.seal(who, content, now)?]);
            let expected = part.loaded.version;
            match self.commit(Commit { id: part.id, expected, record, windows, entries, erase }).await? {
                Committed::Done(version) => {
                    all.entries += count;
                    all.version = version;
                }
                Committed::Conflict | Committed::Known(..) => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    /// What an erasure takes from a log: of a number that somebody else had or has, what the person said there, and who else
    /// they are.
    async fn what_goes(&self, part: &Part<'_>, people: &People) -> Result<(Erase, u64), StoreError> {
        let length = part.loaded.head.length;
        if part.theirs.iter().all(|theirs| *theirs) {
            return Ok((Erase::Everything, length));
        }
        let goes = |entry: &Entry| {
            let era = people.era(part.place, entry.occurred_at);
            let is_tie = matches!(entry.content, Content::Linked { .. });
            is_tie || part.theirs.get(era).copied().unwrap_or_default()
        };
        let log = self.whole_log(part.id, length).await?;
        let going: Vec<_> =
            log.iter().filter(|(_, entry)| goes(entry)).map(|(sealed, _)| sealed.sequence).collect();
        let count = u64::try_from(going.len()).unwrap_or(u64::MAX);
        Ok((Erase::Payloads(going), count))
    }
}

/// The records that have something of the person, the one that was asked for first, whether it is there or not: that it was
/// erased is to be known of who comes later.
fn parts<'a>(circle: &'a Circle, kin: &'a [Vec<bool>]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (place, (member, theirs)) in circle.members().iter().zip(kin).enumerate() {
        if !theirs.contains(&true) {
            continue;
        }
        let there = member.stored.iter().filter(|(_, loaded)| loaded.version != 0);
        let names: Vec<_> = there.map(|(id, _)| *id).collect();
        for (id, loaded) in &member.stored {
            if loaded.version != 0 || parts.is_empty() {
                let names = if names.len() > 1 { names.clone() } else { Vec::new() };
                parts.push(Part { id: *id, loaded, place, theirs, names });
            }
        }
    }
    parts
}

impl Part<'_> {
    /// What each holder said, and what becomes of it where they are the person.
    fn said(&self, people: &People, becomes: impl Fn(usize, &Contact) -> Contact) -> Vec<Contact> {
        let record = &self.loaded.record;
        let said = person::apart(&record.earlier, &record.contact, people.handed_over(self.place));
        let theirs = |era: usize| self.theirs.get(era).copied().unwrap_or_default();
        said.iter()
            .enumerate()
            .map(|(era, said)| if theirs(era) { becomes(era, said) } else { said.clone() })
            .collect()
    }

    fn put(&self, record: &mut crate::store::Record, people: &People, mut said: Vec<Contact>) {
        record.contact = said.pop().unwrap_or_default();
        record.earlier = people.handed_over(self.place).iter().copied().zip(said).collect();
    }

    fn seal(&self, who: &Who, content: Content, now: Time) -> Result<attest::SealedEntry, StoreError> {
        let entry = Entry {
            recipient: None,
            // A digest of the request would be a digest of the number.
            request_digest: [0; 16],
            ..who.entry(now, now, content)
        };
        let statement = StatementId(random_16()?);
        Ok(attest::seal(self.loaded.head, statement, entry.to_payload(random_16()?)).0)
    }
}
