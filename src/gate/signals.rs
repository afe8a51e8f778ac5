//! What the platform says of a person and our messages to them: preferences, deliveries, errors. Errors correct our
//! state (E06); none of them is ever taken for an opt-out, except the one that is one.

use super::{
    Gate, GateError,
    inbound::seems_gone,
    statement::{Acknowledged, Who},
    write::{Draft, Written},
};
use crate::{
    attest::Content,
    model::{
        Category, Event, ScopeSet, Time,
        evidence::{Action, Channel, Evidence, Finding, Method},
    },
    quality::FailureClass,
};

/// No WhatsApp, an old one, or terms not accepted. No opt-out.
const UNDELIVERABLE: u32 = 131_026;

/// A signal of the platform about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// WhatsApp's marketing stop.
    Stop,
    /// WhatsApp's marketing resume.
    Resume,
    /// WhatsApp's own sign-up to marketing, with its ID.
    Signup(String),
    /// A message was delivered or read: the person is there.
    Alive,
    /// Error 131050: the person does not want marketing.
    MarketingRefused,
    /// Error 131047: no window is open.
    WindowClosed,
    /// Error 131049: the platform held a marketing message back.
    HeldBack,
    /// Error 131026: undeliverable, for one of several reasons. Of our opt-in prompt it ends the conversation.
    Undeliverable {
        /// The message ID.
        message_id: String,
    },
}

impl Gate {
    pub(super) async fn write_signal(&self, who: &Who, signal: &Signal) -> Result<Acknowledged, GateError> {
        let profile = self.sender_of(who)?;
        let at = self.said_at(who)?;
        // By the time that was told: a redelivery tells it again, whatever our clock says by then. Without one the key alone
        // tells, if there is one.
        let told = match who.occurred_at {
            None if !who.key.is_empty() => String::new(),
            told => told.unwrap_or(at).to_string(),
        };
        let statement = self.names.statement("signal", &format!("{}\0{}\0{told}", signal.word(), who.key));
        if signal.refusal().is_some() && who.occurred_at.is_some() {
            // Said before an erasure and told again after it, it is no other: what stood of it was kept.
            let known = self.repetition(&profile, &who.recipient, statement).await.ok().flatten();
            let is_gone = |known: &Written| known.known_entry().is_none() && known.erased >= Some(at);
            if let Some(known) = known.filter(is_gone) {
                return Ok(self.acknowledge(&profile, &known, true));
            }
        }
        let written = self
            .write(&profile, &who.recipient, at, |situation| {
                let mut draft = Draft::default();
                let contact = situation.before;
                let seen = at.min(situation.now);
                let content = match signal {
                    Signal::Alive => {
                        if seems_gone(contact) {
                            draft.event(&Event::Alive(seen));
                        }
                        None
                    }
                    Signal::WindowClosed => {
                        draft.event(&Event::WindowClosed(profile.sender.id.clone(), seen));
                        None
                    }
                    Signal::HeldBack => {
                        draft.event(&Event::Cooled(seen));
                        None
                    }
                    Signal::Undeliverable { message_id } => {
                        let prompt = contact.prompt.is(message_id);
                        if !prompt {
                            draft.event(&Event::Undeliverable(seen));
                            // Told late: they wrote since, which was no news then.
                            if let Some(wrote) = situation.wrote_last() {
                                draft.event(&Event::Alive(wrote));
                            }
                        }
                        let step = crate::attest::PromptStep::NotOnWhatsapp;
                        let asked = &profile.profile.prompt.scope;
                        prompt.then(|| Content::prompt(step, message_id.clone(), asked))
                    }
                    Signal::Stop | Signal::MarketingRefused => signal.refusal(),
                    Signal::Resume => Some(Content::PlatformResume),
                    Signal::Signup(id) => {
                        let ends = situation.opt_in_ends(&profile.profile.rules, at);
                        Some(signup(id, &profile.business_names, ends))
                    }
                };
                if let Some(content) = content {
                    draft.state(statement, situation.entry(who, at, content));
                }
                Ok(draft)
            })
            .await;
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                let Some(content) = signal.refusal() else { return Err(error) };
                let entry = who.entry(at, self.clock.now(), content);
                return self.keep_refusal(&profile, who, statement, entry, error).await;
            }
        };
        Ok(self.acknowledge(&profile, &written, true))
    }
}

impl Signal {
    /// E06: what an error code of the platform says of the person. Codes decide, since titles and texts change.
    #[must_use]
    pub fn of_error(code: u32, message_id: &str) -> Option<Self> {
        match FailureClass::of_code(code) {
            FailureClass::CoolOff => Some(Self::HeldBack),
            FailureClass::OptedOut => Some(Self::MarketingRefused),
            FailureClass::WindowClosed => Some(Self::WindowClosed),
            // The other codes of the class say nothing of whether the person has WhatsApp.
            FailureClass::Undeliverable if code == UNDELIVERABLE => {
                Some(Self::Undeliverable { message_id: message_id.to_owned() })
            }
            FailureClass::Undeliverable
            | FailureClass::RetrySoon
            | FailureClass::Sender
            | FailureClass::Template
            | FailureClass::Other => None,
        }
    }

    /// What it refuses, whatever is known of the person.
    const fn refusal(&self) -> Option<Content> {
        match self {
            Self::Stop => Some(Content::PlatformStop(Channel::PlatformPreference)),
            Self::MarketingRefused => Some(Content::PlatformStop(Channel::DeliveryError)),
            Self::Resume
            | Self::Signup(_)
            | Self::Alive
            | Self::WindowClosed
            | Self::HeldBack
            | Self::Undeliverable { .. } => None,
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Resume => "resume",
            Self::Signup(_) => "signup",
            Self::Alive => "alive",
            Self::MarketingRefused => "marketing_refused",
            Self::WindowClosed => "window_closed",
            Self::HeldBack => "held_back",
            Self::Undeliverable { .. } => "undeliverable",
        }
    }
}

/// WhatsApp's sign-up link: an opt-in to marketing, whose wording is WhatsApp's own.
fn signup(id: &str, business_names: &[String], expires_at: Option<Time>) -> Content {
    let name = business_names.first().cloned().unwrap_or_default();
    let mut evidence = Evidence::new(Method::PlatformSignup, Action::Button, name, String::new());
    evidence.mentions_whatsapp = true;
    evidence.collected_by = "WhatsApp sign-up link".to_owned();
    evidence.attributes = vec![("signup_id".to_owned(), id.to_owned())];
    let findings: Vec<Finding> = Vec::new();
    Content::OptIn {
        scope: ScopeSet::category(Category::Marketing),
        evidence: Box::new(evidence),
        expires_at,
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e06_error_codes_correct_what_is_known_of_a_person() {
        let undeliverable = Signal::Undeliverable { message_id: "m".to_owned() };
        for (codes, signal) in [
            (&[131_047][..], Some(Signal::WindowClosed)),
            (&[131_050], Some(Signal::MarketingRefused)),
            (&[131_049], Some(Signal::HeldBack)),
            (&[131_026], Some(undeliverable)),
            (&[132_015, 132_016, 131_048, 131_031, 368, 4, 80_007, 130_429, 131_000, 131_056], None),
            (&[131_051, 130_472, 130_497, 131_042, 190, 0, u32::MAX], None),
        ] {
            for code in codes {
                assert_eq!(Signal::of_error(*code, "m"), signal, "{code}");
            }
        }
    }
}
