//! Everything known of one person for one business, as a join.
//!
//! Every part is a maximum or a last-writer-wins register, so `join` is commutative, associative and idempotent:
//! duplicates, disorder, two sidecars writing at once and the reading together of several identities of one person are
//! all the same harmless operation. Who is one person is `person`; what the registers *mean* together is `standing`.

#[cfg(test)]
pub(crate) mod arbitrary;
mod said;
mod standing;
#[cfg(test)]
mod tests;

pub use standing::{Coverage, Standing, Status};

use super::{
    recipient::{Phone, Recipient, UserId},
    scope::Scope,
    sender::SenderId,
    statement::{OptIn, OptOut, Registers},
    time::{Time, latest},
    vec_map::VecMap,
};

/// A person as one business knows them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Contact {
    /// The number, once known; the smallest when two were merged, so that merging commutes.
    pub phone: Option<Phone>,
    /// User IDs proven to be this person's, sorted.
    pub user_ids: Vec<UserId>,
    /// What was said, by scope.
    pub scopes: VecMap<Scope, Registers>,
    /// WhatsApp's own marketing flag.
    pub platform: PlatformFlag,
    /// The last ambiguous refusal: marketing is held.
    pub held: Option<Time>,
    /// The last time a person of the business settled a hold.
    pub hold_cleared: Option<Time>,
    /// The opt-in conversation.
    pub prompt: Prompt,
    /// The last opt-in confirmation.
    pub confirmed_in: Option<Time>,
    /// The last opt-out confirmation.
    pub confirmed_out: Option<Time>,
    /// The last opt-out confirmation sent while this scope was refused: what is refused again later needs no other.
    pub told: VecMap<Scope, Option<Time>>,
    /// Whether messages can arrive.
    pub reach: Reach,
    /// The last time the platform held a marketing message back (131049).
    pub cooled: Option<Time>,
    /// What concerns single senders.
    pub by_sender: VecMap<SenderId, SenderRegisters>,
    /// The last message of the person, kept current only while some "no" stands.
    pub last_inbound: Option<Time>,
    /// The person's own time zone.
    pub time_zone: Option<(Time, String)>,
    /// The law that applied to the latest opt-in that named one, ISO 3166.
    pub jurisdiction: Option<(Time, String)>,
    /// When personal data was erased: earlier opt-ins no longer count.
    pub erased: Option<Time>,
    /// Since when the person is a contact of the business.
    pub known: Option<Time>,
}

/// WhatsApp's marketing flag: `resume` lifts only this, never what the person said to the business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PlatformFlag {
    /// The latest stop.
    pub stopped: Option<Time>,
    /// The latest resume.
    pub resumed: Option<Time>,
}

/// The opt-in conversation.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prompt {
    /// The latest prompts, with their message IDs (empty when unknown), oldest first: people answer earlier ones too.
    pub recent: Vec<(Time, String)>,
    /// The latest acceptance.
    pub accepted: Option<Time>,
    /// The latest decline of what a prompt asked for, by scope.
    pub declined: VecMap<Scope, Option<Time>>,
}

/// Whether messages can arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Reach {
    /// Known not to be on WhatsApp.
    pub not_on_whatsapp: Option<Time>,
    /// A message was undeliverable (131026), which may mean several things.
    pub undeliverable: Option<Time>,
    /// The latest sign of life: a message, a call, a delivery.
    pub alive: Option<Time>,
}

/// What concerns one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SenderRegisters {
    /// The person blocked the sender.
    pub blocked_by_user: Option<Time>,
    /// The person reported the sender.
    pub reported_by_user: Option<Time>,
    /// The business blocked the person.
    pub blocked_by_business: Option<Time>,
    /// The business lifted its block.
    pub unblocked_by_business: Option<Time>,
    /// The platform said the window is closed (131047).
    pub window_closed: Option<Time>,
}

impl Contact {
    /// Merges another state of the same person.
    pub fn join(&mut self, other: &Self) {
        self.phone = match (self.phone, other.phone) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        for id in &other.user_ids {
            if let Err(at) = self.user_ids.binary_search(id) {
                self.user_ids.insert(at, id.clone());
            }
        }
        for (scope, registers) in other.scopes.iter() {
            self.scopes.entry(scope.clone()).join(registers);
        }
        self.platform.stopped = latest(self.platform.stopped, other.platform.stopped);
        self.platform.resumed = latest(self.platform.resumed, other.platform.resumed);
        self.held = latest(self.held, other.held);
        self.hold_cleared = latest(self.hold_cleared, other.hold_cleared);
        self.prompt.join(&other.prompt);
        self.confirmed_in = latest(self.confirmed_in, other.confirmed_in);
        self.confirmed_out = latest(self.confirmed_out, other.confirmed_out);
        for (scope, at) in other.told.iter() {
            let told = self.told.entry(scope.clone());
            *told = latest(*told, *at);
        }
        self.reach.not_on_whatsapp = latest(self.reach.not_on_whatsapp, other.reach.not_on_whatsapp);
        self.reach.undeliverable = latest(self.reach.undeliverable, other.reach.undeliverable);
        self.reach.alive = latest(self.reach.alive, other.reach.alive);
        self.cooled = latest(self.cooled, other.cooled);
        for (sender, registers) in other.by_sender.iter() {
            self.by_sender.entry(sender.clone()).join(registers);
        }
        self.last_inbound = latest(self.last_inbound, other.last_inbound);
        join_max(&mut self.time_zone, other.time_zone.as_ref());
        join_max(&mut self.jurisdiction, other.jurisdiction.as_ref());
        self.erased = latest(self.erased, other.erased);
        self.known = latest(self.known, other.known);
    }

    /// What crosses to another identity that is not proven to be the same person: every "no" that stands, nothing
    /// else. One that was lifted is history: without the word that lifted it, it would come back to life.
    #[must_use]
    pub fn refusals(&self) -> Self {
        let standing =
            self.scopes.iter().map(|(scope, registers)| (scope.clone(), registers.standing_outs()));
        Self {
            scopes: standing.filter(|(_, registers)| *registers != Registers::default()).collect(),
            platform: PlatformFlag { stopped: self.platform_stop(), resumed: None },
            held: self.hold(),
            prompt: Prompt {
                declined: self.declines().map(|(scope, at)| (scope.clone(), Some(at))).collect(),
                ..Prompt::default()
            },
            by_sender: self.standing_blocks(),
            // Told once is told, under whichever name.
            confirmed_out: self.confirmed_out,
            told: self.told_while_refused(),
            ..Self::default()
        }
    }

    /// Confirmations of what is refused still.
    fn told_while_refused(&self) -> VecMap<Scope, Option<Time>> {
        let stands = |scope: &Scope| {
            let registers = self.scopes.get(scope).map(Registers::standing_outs);
            let declined = || self.declines().any(|(declined, _)| declined == scope);
            *scope == Scope::Everything
                || registers.is_some_and(|outs| outs != Registers::default())
                || declined()
        };
        self.told.iter().filter(|(scope, _)| stands(scope)).map(|(scope, at)| (scope.clone(), *at)).collect()
    }

    /// The latest thing that permits anything.
    #[must_use]
    pub fn latest_permission(&self) -> Option<Time> {
        let opt_ins =
            self.scopes.iter().flat_map(|(_, registers)| registers.ins()).map(|(_, opt_in)| opt_in.at);
        let unblocked = self.by_sender.iter().filter_map(|(_, blocks)| blocks.unblocked_by_business);
        let others = [self.platform.resumed, self.hold_cleared, self.prompt.accepted].into_iter().flatten();
        opt_ins.chain(unblocked).chain(others).max()
    }

    /// What crosses a link that is known since an instant: every "no" that stood then, and every one said since. What lifted
    /// one since then is a "yes", and does not cross.
    #[must_use]
    pub fn refusals_since(&self, link: Time) -> Self {
        let until = |at: Option<Time>| at.filter(|at| *at <= link);
        let registers = |r: &Registers| Registers {
            own_in: r.own_in.filter(|opt_in| opt_in.at <= link),
            asserted_in: r.asserted_in.filter(|opt_in| opt_in.at <= link),
            ..*r
        };
        let of_sender = |r: &SenderRegisters| SenderRegisters {
            unblocked_by_business: until(r.unblocked_by_business),
            ..*r
        };
        let then = Self {
            scopes: self.scopes.iter().map(|(scope, r)| (scope.clone(), registers(r))).collect(),
            platform: PlatformFlag { resumed: until(self.platform.resumed), ..self.platform },
            hold_cleared: until(self.hold_cleared),
            by_sender: self.by_sender.iter().map(|(sender, r)| (sender.clone(), of_sender(r))).collect(),
            ..self.clone()
        };
        then.refusals()
    }

    /// What remains after an erasure at `at` of whoever nothing else has to do with: the standing refusals and blocks, no
    /// identity, no proof, no habit; and what nobody may do twice, as instants.
    #[must_use]
    pub fn erased(&self, at: Time) -> Self {
        let refusals = self.refusals();
        let prompt = Prompt { recent: self.prompt.bare(), ..refusals.prompt };
        Self { erased: Some(at), prompt, cooled: self.cooled, ..refusals }
    }

    /// What remains after an erasure at `at` of one part of what counts together, all of it said since `first_no` where
    /// anything in it refuses: a "no" and, bare of any proof, the "yes" that lifts one. So no other part comes to count for
    /// more or for less, whichever is erased, and in whatever order.
    #[must_use]
    pub fn erased_among(&self, at: Time, first_no: Option<Time>) -> Self {
        // One from a clock ahead of ours would count after the erasure.
        let lifts = |yes: Time| yes <= at && first_no.is_some_and(|no| no < yes);
        let bare = |opt_in: Option<OptIn>| opt_in.filter(|opt_in| lifts(opt_in.at)).map(OptIn::bare);
        let scopes = self.scopes.iter().map(|(scope, r)| {
            (scope.clone(), Registers { own_in: bare(r.own_in), asserted_in: bare(r.asserted_in), ..*r })
        });
        let by_sender = self
            .by_sender
            .iter()
            .map(|(sender, r)| (sender.clone(), SenderRegisters { window_closed: None, ..*r }));
        Self {
            scopes: scopes.filter(|(_, r)| *r != Registers::default()).collect(),
            platform: self.platform,
            held: self.held,
            hold_cleared: self.hold_cleared,
            prompt: Prompt {
                recent: self.prompt.bare(),
                declined: self.prompt.declined.clone(),
                ..Prompt::default()
            },
            cooled: self.cooled,
            by_sender: by_sender.filter(|(_, r)| *r != SenderRegisters::default()).collect(),
            confirmed_out: self.confirmed_out,
            told: self.told.clone(),
            erased: Some(at).max(self.erased),
            ..Self::default()
        }
    }

    /// The same refusals, all said at another instant.
    #[must_use]
    pub fn restated(&self, at: Time) -> Self {
        let then = |said: Option<Time>| said.map(|_| at);
        let out = |out: Option<OptOut>| out.map(|out| OptOut { at, ..out });
        let mut restated = self.clone();
        restated.scopes.retain(|_, registers| {
            registers.own_out = out(registers.own_out);
            registers.asserted_out = out(registers.asserted_out);
            true
        });
        restated.by_sender.retain(|_, blocks| {
            blocks.blocked_by_user = then(blocks.blocked_by_user);
            blocks.reported_by_user = then(blocks.reported_by_user);
            blocks.blocked_by_business = then(blocks.blocked_by_business);
            true
        });
        restated.platform.stopped = then(restated.platform.stopped);
        restated.held = then(restated.held);
        restated.prompt.declined.retain(|_, declined| {
            *declined = then(*declined);
            true
        });
        restated
    }

    /// The earliest thing that refuses anything, lifted or not, or tells that something was refused.
    #[must_use]
    pub fn first_refusal(&self) -> Option<Time> {
        let outs = self.scopes.iter().flat_map(|(_, registers)| registers.outs()).map(|(_, out)| out.at);
        let blocks = self.by_sender.iter().flat_map(|(_, blocks)| {
            [blocks.blocked_by_user, blocks.reported_by_user, blocks.blocked_by_business]
        });
        let told = self.told.iter().map(|(_, told)| *told);
        let declined = self.prompt.declined.iter().map(|(_, at)| *at);
        let others = [self.platform.stopped, self.held, self.confirmed_out];
        outs.chain(blocks.chain(told).chain(declined).chain(others).flatten()).min()
    }

    /// True when anything was said by the person or of them to the business: not where messages merely failed to reach them.
    #[must_use]
    pub fn has_said(&self) -> bool {
        let instants =
            [self.platform.stopped, self.platform.resumed, self.held, self.last_inbound, self.confirmed_in];
        !self.scopes.is_empty()
            || !self.prompt.recent.is_empty()
            || self.prompt.accepted.or(self.prompt.last_declined()).is_some()
            || instants.iter().any(Option::is_some)
            || self.time_zone.is_some()
            || self.by_sender.iter().any(|(_, of)| of.blocked_by_user.or(of.reported_by_user).is_some())
    }

    /// The names this person is known by.
    pub fn names(&self) -> impl Iterator<Item = Recipient> + '_ {
        let users = self.user_ids.iter().cloned().map(Recipient::User);
        self.phone.map(Recipient::Phone).into_iter().chain(users)
    }

    /// True when nothing was ever recorded.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

impl Prompt {
    /// Prompts kept. Whoever quotes an older one may as well have lost it.
    pub(crate) const RECENT_MAX: usize = 4;

    /// The latest prompt.
    #[must_use]
    pub fn sent(&self) -> Option<Time> {
        self.recent.last().map(|(sent, _)| *sent)
    }

    /// The latest decline of anything.
    #[must_use]
    pub fn last_declined(&self) -> Option<Time> {
        self.declined.iter().filter_map(|(_, at)| *at).max()
    }

    /// When the latest prompt was sent, and nothing else of any.
    fn bare(&self) -> Vec<(Time, String)> {
        self.sent().map(|sent| (sent, String::new())).into_iter().collect()
    }

    /// True when a message with this ID is one of the prompts.
    #[must_use]
    pub fn is(&self, message_id: &str) -> bool {
        !message_id.is_empty() && self.recent.iter().any(|(_, id)| id == message_id)
    }

    /// The latest of both: which ones these are does not depend on the order of merging.
    fn join(&mut self, other: &Self) {
        for prompt in &other.recent {
            if let Err(at) = self.recent.binary_search(prompt) {
                self.recent.insert(at, prompt.clone());
            }
        }
        self.recent.drain(..self.recent.len().saturating_sub(Self::RECENT_MAX));
        self.accepted = latest(self.accepted, other.accepted);
        for (scope, at) in other.declined.iter() {
            let declined = self.declined.entry(scope.clone());
            *declined = latest(*declined, *at);
        }
    }
}

impl SenderRegisters {
    /// Merges another state of the same sender.
    pub fn join(&mut self, other: &Self) {
        self.blocked_by_user = latest(self.blocked_by_user, other.blocked_by_user);
        self.reported_by_user = latest(self.reported_by_user, other.reported_by_user);
        self.blocked_by_business = latest(self.blocked_by_business, other.blocked_by_business);
        self.unblocked_by_business = latest(self.unblocked_by_business, other.unblocked_by_business);
        self.window_closed = latest(self.window_closed, other.window_closed);
    }
}

fn join_max<T: Clone + Ord>(mine: &mut Option<T>, other: Option<&T>) {
    if let Some(other) = other
        && mine.as_ref().is_none_or(|mine| mine < other)
    {
        *mine = Some(other.clone());
    }
}
