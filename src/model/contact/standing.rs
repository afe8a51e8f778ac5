//! What the registers of a contact mean together, for one category and topic.
//!
//! - An opt-out stands until a *later* opt-in to the same scope, or to a finer one of those the request is about. A
//!   wider opt-in never lifts a finer opt-out: between scopes the most restrictive wins.
//! - The person's own opt-out is lifted by their own opt-in only; an asserted one by either.
//! - At equal times the opt-out wins.
//! - A decline of the opt-in prompt is a "no" to what that prompt asked for, lifted as the person's own opt-out is.
//! - An opt-in covers a request when it is later than every opt-out and decline that concerns the request, so that an
//!   opt-in from before a "no" never comes back to life.

use super::{Contact, PlatformFlag, SenderRegisters};
use crate::model::{
    evidence::Channel,
    scope::{Category, Scope, Topic},
    sender::SenderId,
    statement::{OptIn, OptOut, Registers, Voice},
    time::Time,
    vec_map::VecMap,
};

/// A "no" that stands, or the lack of one, for one category and topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No "no" stands.
    Open,
    /// Out of everything.
    Everything(Voice, OptOut),
    /// Out of this category or topic.
    Narrow(Voice, OptOut),
    /// WhatsApp's own marketing stop.
    Platform(Time),
    /// An ambiguous refusal holds marketing.
    Held(Time),
}

/// Whether an opt-in covers a category and topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// None ever did, or a later "no" took it away.
    None,
    /// One did, but has expired.
    Expired(Voice, OptIn),
    /// One does.
    Covered(Voice, OptIn),
}

/// The standing of exactly one scope, for a person to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An opt-in stands.
    OptedIn(Voice, OptIn),
    /// An opt-in stood and has expired.
    Expired(Voice, OptIn),
    /// An opt-out stands.
    OptedOut(Voice, OptOut),
    /// Nothing counts any more.
    Nothing,
}

/// The registers that concern a request, finest first: topic, category, everything.
type Chain<'a> = [Option<&'a Registers>; 3];

impl Contact {
    /// The widest "no" that stands against a category and topic.
    #[must_use]
    pub fn standing(&self, category: Category, topic: Option<&Topic>) -> Standing {
        let chain = self.chain(category, topic);
        if let Some((voice, out)) = standing_at(&chain, 2) {
            return Standing::Everything(voice, out);
        }
        if let Some((voice, out)) = standing_at(&chain, 1).or_else(|| standing_at(&chain, 0)) {
            return Standing::Narrow(voice, out);
        }
        if category == Category::Marketing {
            if let Some(at) = self.platform_stop() {
                return Standing::Platform(at);
            }
            if let Some(at) = self.hold() {
                return Standing::Held(at);
            }
        }
        Standing::Open
    }

    /// The opt-in that covers a category and topic: one that has not expired before one that has, then one with
    /// sound evidence before a weak one, then the latest.
    #[must_use]
    pub fn coverage(&self, category: Category, topic: Option<&Topic>, now: Time) -> Coverage {
        let chain = self.chain(category, topic);
        let outs = chain.iter().flatten().flat_map(|r| r.outs()).map(|(_, out)| out.at);
        let floor = outs.chain(self.declined_chain(category, topic).into_iter().flatten()).max();
        let counts = |at: Time| floor.is_none_or(|no| at > no) && self.is_after_erasure(at);
        let best = chain
            .iter()
            .flatten()
            .flat_map(|registers| registers.ins())
            .filter(|(_, opt_in)| counts(opt_in.at))
            .max_by_key(|(_, opt_in)| (!opt_in.expired(now), opt_in.weak.is_none(), opt_in.at, opt_in.id));
        match best {
            None => Coverage::None,
            Some((voice, opt_in)) if opt_in.expired(now) => Coverage::Expired(voice, *opt_in),
            Some((voice, opt_in)) => Coverage::Covered(voice, *opt_in),
        }
    }

    /// The person's latest own opt-in that concerns a category and topic.
    #[must_use]
    pub fn latest_own_opt_in(&self, category: Category, topic: Option<&Topic>) -> Option<Time> {
        self.chain(category, topic).iter().flatten().filter_map(|r| r.own_in.map(|opt_in| opt_in.at)).max()
    }

    /// The latest opt-in to anything that counts, whoever said it.
    #[must_use]
    pub fn latest_opt_in(&self) -> Option<Time> {
        let ins = self
            .scopes
            .iter()
            .flat_map(|(scope, r)| r.ins().map(|(_, opt_in)| opt_in.at).filter(|at| self.counts(scope, *at)));
        ins.max()
    }

    /// The latest opt-in to anything, whether it still counts or not.
    #[must_use]
    pub fn newest_opt_in(&self) -> Option<&OptIn> {
        self.opt_ins().map(|(_, opt_in)| opt_in).max_by_key(|opt_in| (opt_in.at, opt_in.id))
    }

    fn opt_ins(&self) -> impl Iterator<Item = (Voice, &OptIn)> {
        self.scopes.iter().flat_map(|(_, r)| r.ins())
    }

    /// Every scope of which a decline stands by itself: the person did not opt in to exactly that since.
    pub fn declines(&self) -> impl Iterator<Item = (&Scope, Time)> {
        let declined = self.prompt.declined.iter().filter_map(|(scope, at)| Some((scope, (*at)?)));
        declined.filter(|(scope, declined)| {
            let own = self.scopes.get(scope).and_then(|r| r.own_in);
            own.is_none_or(|opt_in| opt_in.at <= *declined)
        })
    }

    /// The last word in the opt-in conversation, where it is a decline of which anything stands: a prompt accepted since is
    /// the answer, whatever it asked for.
    #[must_use]
    pub fn decline(&self) -> Option<Time> {
        let declined = self.declines().map(|(_, declined)| declined).max();
        declined.filter(|declined| self.prompt.accepted.is_none_or(|accepted| accepted <= *declined))
    }

    /// A decline that stands against a category and topic: the person did not opt in since to what they declined, or to
    /// a finer part of it that the message is about.
    #[must_use]
    pub fn decline_of(&self, category: Category, topic: Option<&Topic>) -> Option<Time> {
        declined_at(&self.chain(category, topic), self.declined_chain(category, topic))
    }

    /// A decline that stands against exactly one scope: of it, or of everything.
    #[must_use]
    pub fn decline_over(&self, scope: &Scope) -> Option<Time> {
        let registers = |of: &Scope| self.scopes.get(of);
        let declined = |of: &Scope| self.prompt.declined.get(of).copied().flatten();
        let everything = &Scope::Everything;
        let finer = Some(scope).filter(|scope| *scope != everything);
        declined_at(
            &[finer.and_then(registers), None, registers(everything)],
            [finer.and_then(declined), None, declined(everything)],
        )
    }

    /// The prompt that still waits for its answer, if one does: any opt-in, decline or opt-out since answers it.
    #[must_use]
    pub fn open_prompt(&self) -> Option<Time> {
        let sent = self.prompt.sent()?;
        let said = self.scopes.iter().flat_map(|(_, r)| {
            let ins = r.ins().map(|(_, opt_in)| opt_in.at);
            ins.chain(r.outs().map(|(_, out)| out.at))
        });
        let answers = [self.prompt.accepted, self.prompt.last_declined(), self.reach.not_on_whatsapp];
        let answered = said.chain(answers.into_iter().flatten()).any(|answer| answer >= sent);
        (!answered).then_some(sent)
    }

    /// The prompt that the person has not answered, whatever the business said of them since.
    #[must_use]
    pub fn unanswered_prompt(&self) -> Option<Time> {
        let sent = self.prompt.sent()?;
        let said = self.scopes.iter().flat_map(|(_, r)| [r.own_in.map(|i| i.at), r.own_out.map(|o| o.at)]);
        let answers = [self.prompt.accepted, self.prompt.last_declined()];
        let answered = said.chain(answers).flatten().any(|answer| answer >= sent);
        (!answered).then_some(sent)
    }

    /// An opt-out of everything that stands by itself.
    #[must_use]
    pub fn everything_out(&self) -> Option<(Voice, OptOut)> {
        standing_at(&[self.scopes.get(&Scope::Everything), None, None], 0)
    }

    /// WhatsApp's marketing stop, unless resumed since or lifted by the person's own later opt-in to marketing.
    #[must_use]
    pub fn platform_stop(&self) -> Option<Time> {
        let PlatformFlag { stopped, resumed } = self.platform;
        let lifted = resumed.max(self.own_marketing_opt_in());
        stopped.filter(|stopped| lifted.is_none_or(|lifted| lifted <= *stopped))
    }

    /// An ambiguous refusal that nobody settled: not the person by a later opt-in, not a person of the business.
    #[must_use]
    pub fn hold(&self) -> Option<Time> {
        let everything = self.scopes.get(&Scope::Everything).and_then(|r| r.own_in).map(|opt_in| opt_in.at);
        let settled = self.hold_cleared.max(self.own_marketing_opt_in()).max(everything);
        self.held.filter(|held| settled.is_none_or(|settled| settled <= *held))
    }

    /// The blocks that stand, by sender. The person's own ends with their later opt-in to what a message is about (A06):
    /// only one to everything ends all of it.
    #[must_use]
    pub(super) fn standing_blocks(&self) -> VecMap<SenderId, SenderRegisters> {
        let opted_in = self.scopes.get(&Scope::Everything).and_then(|r| r.own_in).map(|opt_in| opt_in.at);
        let standing = self.by_sender.iter().map(|(sender, blocks)| {
            let stands = |at: &Time| opted_in.is_none_or(|opted_in| opted_in <= *at);
            let not_lifted =
                |at: &Time| blocks.unblocked_by_business.is_none_or(|unblocked| unblocked <= *at);
            let standing = SenderRegisters {
                blocked_by_user: blocks.blocked_by_user.filter(stands),
                reported_by_user: blocks.reported_by_user.filter(stands),
                blocked_by_business: blocks.blocked_by_business.filter(not_lifted),
                ..SenderRegisters::default()
            };
            (sender.clone(), standing)
        });
        standing.filter(|(_, blocks)| *blocks != SenderRegisters::default()).collect()
    }

    /// Every scope against which a "no" of the person or the business stands by itself.
    pub fn refused_scopes(&self) -> impl Iterator<Item = &Scope> {
        self.scopes
            .iter()
            .filter(|(_, r)| standing_at(&[Some(r), None, None], 0).is_some())
            .map(|(scope, _)| scope)
    }

    /// True when a "no" stands that an opt-out confirmation would be about.
    #[must_use]
    pub fn refuses_something(&self) -> bool {
        self.refused_scopes().next().is_some() || self.declines().next().is_some()
    }

    /// True when an opt-out or decline stands that no confirmation told the person of: one confirmation for one
    /// stretch of being out of a scope, however often the person repeats it; being told of a part is not being told of
    /// everything. A stretch ends with an opt-in between the confirmation and the next "no"; what the business asserts
    /// ends none of the person's own.
    #[must_use]
    pub fn opt_out_confirmation_due(&self) -> bool {
        let standing = self.scopes.iter().filter_map(|(scope, r)| {
            standing_at(&[Some(r), None, None], 0).map(|(voice, out)| (scope, voice, out))
        });
        let declined = self.declines().map(|(scope, at)| (scope, Voice::Own, at));
        // Who is on an imported list was out before, and has nothing new to be told.
        let said = standing.filter(|(_, _, out)| out.channel() != Some(Channel::Import));
        let mut refusals = said.map(|(scope, voice, out)| (scope, voice, out.at)).chain(declined);
        refusals.any(|(scope, voice, at)| {
            self.told_of(scope, at).is_none_or(|told| {
                self.opt_ins().any(|(by, opt_in)| {
                    (by == Voice::Own || voice != Voice::Own) && told < opt_in.at && opt_in.at < at
                })
            })
        })
    }

    /// The last confirmation that told of a refusal of this scope: sent after it, or while the scope or everything was
    /// refused already.
    fn told_of(&self, scope: &Scope, at: Time) -> Option<Time> {
        let told = |scope: &Scope| self.told.get(scope).copied().flatten();
        let after = self.confirmed_out.filter(|confirmed| *confirmed >= at);
        after.max(told(scope)).max(told(&Scope::Everything))
    }

    /// The scopes that an opt-out confirmation tells of, where it was sent by this instant: refused or declined.
    pub fn refused_by(&self, until: Time) -> impl Iterator<Item = &Scope> {
        let standing = self.scopes.iter().filter_map(move |(scope, r)| {
            standing_at(&[Some(r), None, None], 0).filter(|(_, out)| out.at <= until).map(|_| scope)
        });
        let declined = self.declines().filter(move |(_, declined)| *declined <= until);
        standing.chain(declined.map(|(scope, _)| scope))
    }

    /// True when the latest opt-in still stands somewhere and was not confirmed to the person.
    #[must_use]
    pub fn opt_in_confirmation_due(&self, now: Time) -> bool {
        let of_everything = self.scopes.get(&Scope::Everything);
        let last_out = of_everything.and_then(|r| r.outs().map(|(_, out)| out.at).max());
        let latest = self.scopes.keys().filter_map(|scope| match self.status(scope, now) {
            Status::OptedIn(_, opt_in) => Some(opt_in.at).filter(|at| last_out.is_none_or(|out| *at > out)),
            Status::Expired(..) | Status::OptedOut(..) | Status::Nothing => None,
        });
        latest.max().is_some_and(|opt_in| self.confirmed_in.is_none_or(|told| told < opt_in))
    }

    /// Where exactly one scope stands by itself.
    #[must_use]
    pub fn status(&self, scope: &Scope, now: Time) -> Status {
        let Some(registers) = self.scopes.get(scope) else { return Status::Nothing };
        if let Some((voice, out)) = standing_at(&[Some(registers), None, None], 0) {
            return Status::OptedOut(voice, out);
        }
        let floor = registers.outs().map(|(_, out)| out.at).max();
        let counted = registers
            .ins()
            .filter(|(_, opt_in)| self.counts(scope, opt_in.at) && floor.is_none_or(|out| opt_in.at > out));
        match counted.max_by_key(|(_, opt_in)| (!opt_in.expired(now), opt_in.at, opt_in.id)) {
            None => Status::Nothing,
            Some((voice, opt_in)) if opt_in.expired(now) => Status::Expired(voice, *opt_in),
            Some((voice, opt_in)) => Status::OptedIn(voice, *opt_in),
        }
    }

    /// An opt-in from before an erasure, or from before a decline of its scope or of everything, no longer counts.
    fn counts(&self, scope: &Scope, at: Time) -> bool {
        let declined = |of: &Scope| self.prompt.declined.get(of).copied().flatten();
        let declined = declined(scope).max(declined(&Scope::Everything));
        self.is_after_erasure(at) && declined.is_none_or(|declined| at > declined)
    }

    fn is_after_erasure(&self, at: Time) -> bool {
        self.erased.is_none_or(|erased| at > erased)
    }

    fn own_marketing_opt_in(&self) -> Option<Time> {
        self.scopes.get(&Scope::Category(Category::Marketing)).and_then(|r| r.own_in).map(|opt_in| opt_in.at)
    }

    /// The declines that concern a request, in the order of the chain.
    fn declined_chain(&self, category: Category, topic: Option<&Topic>) -> [Option<Time>; 3] {
        let [mut of_topic, mut of_category, mut of_everything] = [None; 3];
        for (scope, at) in self.prompt.declined.iter() {
            match scope {
                Scope::Everything => of_everything = *at,
                Scope::Category(c) if *c == category => of_category = *at,
                Scope::Topic(t) if topic == Some(t) => of_topic = *at,
                Scope::Category(_) | Scope::Topic(_) => {}
            }
        }
        [of_topic, of_category, of_everything]
    }

    fn chain(&self, category: Category, topic: Option<&Topic>) -> Chain<'_> {
        let [mut of_topic, mut of_category, mut of_everything] = [None; 3];
        for (scope, registers) in self.scopes.iter() {
            match scope {
                Scope::Everything => of_everything = Some(registers),
                Scope::Category(c) if *c == category => of_category = Some(registers),
                Scope::Topic(t) if topic == Some(t) => of_topic = Some(registers),
                Scope::Category(_) | Scope::Topic(_) => {}
            }
        }
        [of_topic, of_category, of_everything]
    }
}

impl Registers {
    /// The same registers without the opt-outs that were lifted, and without any opt-in.
    #[must_use]
    pub fn standing_outs(&self) -> Self {
        let own = self.own_in.map(|opt_in| opt_in.at);
        let any = own.max(self.asserted_in.map(|opt_in| opt_in.at));
        Self {
            own_out: self.own_out.filter(|out| own.is_none_or(|lifted| lifted <= out.at)),
            asserted_out: self.asserted_out.filter(|out| any.is_none_or(|lifted| lifted <= out.at)),
            own_in: None,
            asserted_in: None,
        }
    }
}

/// The latest decline of a chain that no later opt-in of the person at its place or a finer one lifts.
fn declined_at(chain: &Chain<'_>, declined: [Option<Time>; 3]) -> Option<Time> {
    let standing = declined.into_iter().enumerate().filter_map(|(place, at)| {
        let finer = chain.iter().take(place + 1).flatten();
        let own = finer.filter_map(|r| r.own_in.map(|opt_in| opt_in.at)).max();
        at.filter(|declined| own.is_none_or(|opt_in| opt_in <= *declined))
    });
    standing.max()
}

/// The opt-out at one place of the chain that no later opt-in at that place or a finer one lifts.
fn standing_at(chain: &Chain<'_>, place: usize) -> Option<(Voice, OptOut)> {
    let registers = chain.get(place).copied().flatten()?;
    let finer = || chain.iter().take(place + 1).flatten();
    let own = finer().filter_map(|r| r.own_in.map(|opt_in| opt_in.at)).max();
    let any = finer().flat_map(|r| r.ins()).map(|(_, opt_in)| opt_in.at).max();
    let stands = |voice: Voice, out: &OptOut| {
        let lifted = if voice == Voice::Own { own } else { any };
        lifted.is_none_or(|lifted| lifted <= out.at)
    };
    registers.outs().find(|(voice, out)| stands(*voice, out)).map(|(voice, out)| (voice, *out))
}
