//! What can happen to a contact. Applying an event is joining the small contact that it alone would make, so that
//! every property of `Contact::join` holds for events too.

use super::{
    contact::{Contact, SenderRegisters},
    scope::{Scope, ScopeSet},
    sender::SenderId,
    statement::{OptIn, OptOut, Voice},
    time::Time,
};

/// Something that happened to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An opt-in.
    OptIn(Voice, ScopeSet, OptIn),
    /// An opt-out.
    OptOut(Voice, ScopeSet, OptOut),
    /// WhatsApp's marketing stop, or error 131050.
    PlatformStop(Time),
    /// WhatsApp's marketing resume.
    PlatformResume(Time),
    /// An ambiguous refusal.
    Held(Time),
    /// A person of the business settled a hold.
    HoldCleared(Time),
    /// The opt-in prompt was sent, with its message ID.
    PromptSent(Time, String),
    /// The opt-in prompt was accepted (the opt-in itself is its own event).
    PromptAccepted(Time),
    /// An opt-in prompt that asked for this was declined.
    PromptDeclined(ScopeSet, Time),
    /// The person is not on WhatsApp.
    NotOnWhatsapp(Time),
    /// A message was undeliverable (131026).
    Undeliverable(Time),
    /// Any sign of life.
    Alive(Time),
    /// A message of the person, where a "no" stands and "yes" could answer it.
    Wrote(Time),
    /// An opt-in confirmation was sent.
    ConfirmedIn(Time),
    /// An opt-out confirmation was sent.
    ConfirmedOut(Time),
    /// An opt-out confirmation was sent while this scope was refused.
    Told(Scope, Time),
    /// The platform held a marketing message back (131049).
    Cooled(Time),
    /// A block or report.
    Block(SenderId, Block, Time),
    /// The platform said the window is closed (131047).
    WindowClosed(SenderId, Time),
    /// The person's own time zone.
    TimeZone(Time, String),
    /// The law that applies.
    Jurisdiction(Time, String),
    /// The business knows the person.
    Known(Time),
}

/// Who blocked whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// The person blocked the sender.
    ByUser,
    /// The person reported the sender.
    ReportedByUser,
    /// The business blocked the person.
    ByBusiness,
    /// The business lifted its block.
    LiftedByBusiness,
}

impl Contact {
    /// Applies an event: joins what it alone would make.
    pub fn apply(&mut self, event: &Event) {
        self.join(&event.alone());
    }
}

impl Event {
    /// The contact to which nothing but this ever happened.
    #[must_use]
    pub fn alone(&self) -> Contact {
        let mut contact = Contact::default();
        match self {
            Self::OptIn(voice, scopes, opt_in) => {
                for scope in scopes.scopes() {
                    let registers = contact.scopes.entry(scope.clone());
                    match voice {
                        Voice::Own => registers.own_in = Some(*opt_in),
                        Voice::Asserted | Voice::Platform => registers.asserted_in = Some(*opt_in),
                    }
                }
            }
            Self::OptOut(voice, scopes, out) => {
                for scope in scopes.scopes() {
                    let registers = contact.scopes.entry(scope.clone());
                    match voice {
                        Voice::Own | Voice::Platform => registers.own_out = Some(*out),
                        Voice::Asserted => registers.asserted_out = Some(*out),
                    }
                }
            }
            Self::PlatformStop(at) => contact.platform.stopped = Some(*at),
            Self::PlatformResume(at) => contact.platform.resumed = Some(*at),
            Self::Held(at) => contact.held = Some(*at),
            Self::HoldCleared(at) => contact.hold_cleared = Some(*at),
            Self::PromptSent(at, message) => contact.prompt.recent = vec![(*at, message.clone())],
            Self::PromptAccepted(at) => contact.prompt.accepted = Some(*at),
            Self::PromptDeclined(scopes, at) => {
                for scope in scopes.scopes() {
                    *contact.prompt.declined.entry(scope.clone()) = Some(*at);
                }
            }
            Self::NotOnWhatsapp(at) => contact.reach.not_on_whatsapp = Some(*at),
            Self::Undeliverable(at) => contact.reach.undeliverable = Some(*at),
            Self::Alive(at) => contact.reach.alive = Some(*at),
            Self::Wrote(at) => contact.last_inbound = Some(*at),
            Self::ConfirmedIn(at) => contact.confirmed_in = Some(*at),
            Self::ConfirmedOut(at) => contact.confirmed_out = Some(*at),
            Self::Told(scope, at) => *contact.told.entry(scope.clone()) = Some(*at),
            Self::Cooled(at) => contact.cooled = Some(*at),
            Self::Block(sender, block, at) => block.note(contact.by_sender.entry(sender.clone()), *at),
            Self::WindowClosed(sender, at) => {
                contact.by_sender.entry(sender.clone()).window_closed = Some(*at);
            }
            Self::TimeZone(at, name) => contact.time_zone = Some((*at, name.clone())),
            Self::Jurisdiction(at, code) => contact.jurisdiction = Some((*at, code.clone())),
            Self::Known(at) => contact.known = Some(*at),
        }
        contact
    }
}

impl Block {
    fn note(self, registers: &mut SenderRegisters, at: Time) {
        match self {
            Self::ByUser => registers.blocked_by_user = Some(at),
            Self::ReportedByUser => registers.reported_by_user = Some(at),
            Self::ByBusiness => registers.blocked_by_business = Some(at),
            Self::LiftedByBusiness => registers.unblocked_by_business = Some(at),
        }
    }
}
