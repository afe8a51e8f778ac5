//! Carrying a "no" to the other identities of a person: when it is said, and when a new link is made.
//!
//! Whatever crosses leaves its entry in the log of the identity it reaches, so that each state is explained there.

use std::collections::{HashSet, VecDeque};

use super::{
    Gate, GateError,
    names::statement_id,
    write::{Draft, Situation, Written},
};
use crate::{
    attest::{Content, Entry, PromptStep},
    model::{
        Contact, Event, Recipient, ScopeSet, SenderId, StatementId, Time, event::Block, evidence::Channel,
    },
    senders::SenderProfile,
};

impl Gate {
    /// Carries refusals to linked identities, and from there on. Done before the refusal is acknowledged; a repetition
    /// does it again, so that a crash in between loses nothing.
    pub(super) async fn cross(&self, profile: &SenderProfile, written: &Written) -> Result<(), GateError> {
        // The same refusal has the same id on every identity it crosses to, so that it is recorded there once.
        let refusals = written.refusals();
        if refusals.is_empty() {
            return Ok(());
        }
        let draft = |target: &Recipient, _: &Situation<'_>| {
            let mut draft = Draft::default();
            for (statement, entry) in &refusals {
                let entry = Entry { recipient: Some(target.clone()), ..entry.clone() };
                draft.merge(&entry.alone(*statement));
                draft.copy(*statement, entry);
            }
            draft
        };
        self.carry(profile, written, draft).await
    }

    /// Carries every refusal of a contact to the identities linked to it, and from there on. For new links: what was
    /// said before them did not cross when it was said.
    pub(super) async fn spread(&self, profile: &SenderProfile, written: &Written) -> Result<(), GateError> {
        let refusals = written.after.refusals();
        if refusals.is_unknown() || written.after.linked().next().is_none() {
            return Ok(());
        }
        // The latest first: what it replaced has nothing to add. Last what the log no longer tells, since it was erased.
        let log = self.copied_log(written.id, u64::MAX).await?.into_iter().rev();
        let said = log.filter(|(_, entry)| entry.is_refusal());
        let said = said.map(|(statement, entry)| (statement, entry.alone(statement), entry));
        let said: Vec<_> = said
            .filter(|(_, part, _)| !adds(&refusals, part))
            .chain(remains_of(&refusals, &profile.sender.id))
            .collect();
        let draft = |target: &Recipient, situation: &Situation<'_>| {
            let mut draft = Draft::default();
            for (statement, part, entry) in &said {
                if adds(&draft.after(situation.before), part) {
                    let recipient = Some(target.clone());
                    draft.merge(part);
                    draft.copy(*statement, Entry { recipient, recorded_at: situation.now, ..entry.clone() });
                }
            }
            draft
        };
        self.carry(profile, written, draft).await
    }

    /// Writes to every identity that is linked to a contact, directly or through others.
    async fn carry<D>(&self, profile: &SenderProfile, written: &Written, draft: D) -> Result<(), GateError>
    where
        D: Fn(&Recipient, &Situation<'_>) -> Draft + Sync + Send,
    {
        let mut seen = HashSet::from([written.id]);
        let mut queue: VecDeque<Recipient> = written.after.linked().collect();
        while let Some(target) = queue.pop_front() {
            let (id, _) = self.load(&profile.business, &target, self.clock.now()).await?;
            if !seen.insert(id) {
                continue;
            }
            let plan = |situation: &Situation<'_>| Ok(draft(&target, situation));
            queue.extend(self.write_one(profile, &target, &plan).await?.after.linked());
        }
        Ok(())
    }
}

impl Written {
    /// The refusals among the statements, written now or before.
    fn refusals(&self) -> Vec<(StatementId, Entry)> {
        let known = self.known.iter().filter_map(|(id, entry)| Some((*id, entry.clone()?)));
        self.entries.iter().cloned().chain(known).filter(|(_, entry)| entry.is_refusal()).collect()
    }
}

impl Contact {
    /// Identities to which refusals cross.
    pub(super) fn linked(&self) -> impl Iterator<Item = Recipient> {
        let moved = self.moved.as_ref().map(|(_, to)| to.clone());
        self.links.keys().cloned().chain(moved).collect::<Vec<_>>().into_iter()
    }
}

impl Entry {
    /// The contact to which nothing but this was ever said.
    fn alone(&self, statement: StatementId) -> Contact {
        let mut contact = Contact::default();
        for event in self.events(statement) {
            contact.apply(&event);
        }
        contact
    }
}

fn adds(contact: &Contact, other: &Contact) -> bool {
    let mut joined = contact.clone();
    joined.join(other);
    joined != *contact
}

/// One refusal: the id of its entry, what it makes of a contact, and the entry.
type Refusal = (StatementId, Contact, Entry);

/// Every refusal of a contact as an entry of its own, for those whose own entries were erased: what stands, and when it
/// was said. Under other ids, since the key of the erased statement may mean something else at another identity.
fn remains_of(refusals: &Contact, sender: &SenderId) -> Vec<Refusal> {
    let of = |sender: &SenderId, at: Time, content: Content, part: Option<Event>| {
        let id = statement_id("remains", &format!("{sender}\0{content:?}\0{at}"));
        let entry = Entry {
            recipient: None,
            sender: sender.clone(),
            occurred_at: at,
            recorded_at: at,
            applied: true,
            content,
            request_digest: [0; 16],
        };
        (id, part.map_or_else(|| entry.alone(id), |part| part.alone()), entry)
    };
    let outs = refusals.scopes.iter().flat_map(|(scope, registers)| {
        registers.outs().map(move |(voice, out)| {
            let scope = ScopeSet::of(vec![scope.clone()]);
            let channel = out.channel().unwrap_or(Channel::Other);
            let content = Content::OptOut { scope: scope.clone(), channel, keyword: String::new() };
            of(sender, out.at, content, Some(Event::OptOut(voice, scope, *out)))
        })
    });
    let times = [
        (refusals.platform.stopped, Content::PlatformStop(Channel::PlatformPreference)),
        (refusals.held, Content::Held(String::new())),
        (refusals.prompt.declined, Content::Prompt(PromptStep::Declined, String::new())),
    ];
    let times = times.into_iter().filter_map(|(at, content)| Some(of(sender, at?, content, None)));
    let blocks = refusals.by_sender.iter().flat_map(|(sender, registers)| {
        let blocks = [
            (registers.blocked_by_user, Block::ByUser),
            (registers.reported_by_user, Block::ReportedByUser),
            (registers.blocked_by_business, Block::ByBusiness),
        ];
        blocks.into_iter().filter_map(move |(at, block)| Some(of(sender, at?, Content::Block(block), None)))
    });
    outs.chain(times).chain(blocks).collect()
}
