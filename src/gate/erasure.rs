//! Forgetting a person: every identity that is theirs by proof or by the business's word, each in a commit of its own.
//!
//! What refuses stays, under names that say nothing; so do the ties, which are such names. A number that somebody else
//! has by now keeps what that one said. Where others have to do with the person, what was lifted stays as well, and when it
//! was: each record is erased by itself, so that an erasure may end anywhere and can be repeated, and neither what counts
//! for others nor what refuses the person is another by it.

use super::{
    Gate, GateError,
    circle::Circle,
    find::Consistency,
    identity::ATTEMPTS_MAX,
    names::{Revision, random_16},
    statement::Who,
};
use crate::{
    attest::{self, Content, Entry},
    model::{Contact, People, StatementId, Time, person},
    senders::SenderProfile,
    store::{Commit, Committed, ContactId, Erase, Loaded, Record, StoreError},
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
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock.now();
            // What comes to the journal from now on is not in what is read.
            let last = self.pending.last();
            let circle = self.circle(&profile, &who.recipient, Consistency::FullyConsistent, now).await?;
            let people = circle.people();
            let kin = people.kin(0);
            let parts = parts(&circle, &kin);
            let Some(erased) = self.erase_parts(&profile, who, &parts, (&circle, &people), now).await? else {
                continue;
            };
            for ((place, member), theirs) in circle.members().iter().enumerate().zip(&kin) {
                let theirs = |at| theirs.get(people.era(place, at)).copied().unwrap_or_default();
                for (id, _) in &member.stored {
                    self.erase_waiting(*id, last, theirs).await?;
                }
            }
            let (id, _) = circle.own();
            return Ok((Revision::of(id, erased.version), erased.entries, erased.kept));
        }
        Err(GateError::Contention)
    }

    /// Erases every record, the one that was asked for last: as long as that is there, the others are found. Nothing when
    /// somebody wrote meanwhile.
    async fn erase_parts(
        &self,
        profile: &SenderProfile,
        who: &Who,
        parts: &[Part<'_>],
        (circle, people): (&Circle, &People),
        now: Time,
    ) -> Result<Option<Erased>, GateError> {
        let mut all = Erased::default();
        let alone = circle.is_alone() && people.handed_over(0).is_empty();
        let first_no = circle.said().filter_map(Contact::first_refusal).min();
        for part in parts.iter().rev() {
            let mut record = part.loaded.record.clone();
            part.forget(&mut record, people, |said| {
                if alone { said.erased(now) } else { said.erased_among(now, first_no) }
            });
            all.kept |= part.refuses(people);
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
                    self.forget_sends(part.id).await?;
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
    /// Lets go of what the person said, as any of the holders.
    fn forget(&self, record: &mut Record, people: &People, becomes: impl Fn(&Contact) -> Contact) {
        let over = people.handed_over(self.place);
        let mut said = person::apart(&record.earlier, &record.contact, over);
        for (said, _) in said.iter_mut().zip(self.theirs).filter(|(_, theirs)| **theirs) {
            *said = becomes(said);
        }
        record.contact = said.pop().unwrap_or_default();
        record.earlier = over.iter().copied().zip(said).collect();
    }

    /// True when something counts against the person under this identity.
    fn refuses(&self, people: &People) -> bool {
        let eras = self.theirs.iter().enumerate().filter(|(_, theirs)| **theirs);
        let mut counts = eras.map(|(era, _)| people.counting_for(self.place, era));
        counts.any(|counts| counts.refuses_something() || counts.platform_stop().is_some())
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
