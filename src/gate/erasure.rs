//! Forgetting a person: every identity that is theirs by proof or by the business's word, each in a commit of its own.
//!
//! What refuses stays, under names that say nothing; so do the ties, which are such names. A number that somebody else
//! has by now keeps what that one said, and every "no" of the person that counts for them. An erasure may end anywhere, and
//! can be repeated: nobody is sent more by half of it, and nothing that was lifted comes back to life.

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

/// What is done in every record before any is erased, so that an erasure may end anywhere.
#[derive(Clone, Copy)]
enum Step {
    /// Opt-ins of the person end, and every "no" that counts for anybody is their own from now on.
    Settle,
    /// What was lifted goes: when what lifted it is gone, it would come back to life.
    TakeLifted,
}

const STEPS: [Step; 2] = [Step::Settle, Step::TakeLifted];

impl Step {
    /// What becomes of what somebody said, by what counts for them.
    fn of(self, said: &Contact, counts: &Contact, theirs: bool, now: Time) -> Contact {
        match self {
            Self::Settle => {
                let mut settled = said.clone();
                settled.join(&counts.refusals());
                settled.erased = if theirs { Some(now).max(said.erased) } else { said.erased };
                settled
            }
            Self::TakeLifted if theirs => said.without_lifted(counts),
            Self::TakeLifted => said.clone(),
        }
    }
}

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
        let mut steps = STEPS.iter();
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock.now();
            // What comes to the journal from now on is not in what is read.
            let last = self.pending.last();
            let circle = self.circle(&profile, &who.recipient, Consistency::FullyConsistent, now).await?;
            let people = circle.people();
            let kin = people.kin(0);
            // One record is erased in one commit; of several each is prepared first.
            if let Some(step) = steps.next().filter(|_| !circle.is_alone()) {
                if !self.prepare(*step, &circle, &people, &kin, now).await? {
                    steps = STEPS.iter();
                }
                continue;
            }
            let parts = parts(&circle, &kin);
            let Some(erased) = self.erase_parts(&profile, who, &parts, &people, now).await? else {
                steps = STEPS.iter();
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

    /// Takes a step before an erasure in every record; false when somebody wrote meanwhile. An erasure that ends here has
    /// sent nobody anything.
    async fn prepare(
        &self,
        step: Step,
        circle: &Circle,
        people: &People,
        kin: &[Vec<bool>],
        now: Time,
    ) -> Result<bool, GateError> {
        for ((place, member), theirs) in circle.members().iter().enumerate().zip(kin) {
            for (id, loaded) in member.stored.iter().filter(|(_, loaded)| loaded.version != 0) {
                let part = Part { id: *id, loaded, place, theirs, names: Vec::new() };
                let said = part.said(people, |era, theirs, said| {
                    step.of(said, &people.counting_for(place, era), theirs, now)
                });
                let mut record = loaded.record.clone();
                part.put(&mut record, people, said);
                if record == loaded.record {
                    continue;
                }
                let (windows, entries, erase) = (Vec::new(), Vec::new(), Erase::Nothing);
                let expected = loaded.version;
                let commit = Commit { id: *id, expected, record, windows, entries, erase };
                if !matches!(self.commit(commit).await?, Committed::Done(_)) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
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
            let said = part.said(people, |era, theirs, said| {
                if theirs { people.counting_for(part.place, era).erased(now) } else { said.clone() }
            });
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
    fn said(&self, people: &People, becomes: impl Fn(usize, bool, &Contact) -> Contact) -> Vec<Contact> {
        let record = &self.loaded.record;
        let said = person::apart(&record.earlier, &record.contact, people.handed_over(self.place));
        let theirs = |era: usize| self.theirs.get(era).copied().unwrap_or_default();
        said.iter().enumerate().map(|(era, said)| becomes(era, theirs(era), said)).collect()
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
