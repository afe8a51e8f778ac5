//! What an entry of the log means for the state of a contact: the log alone can rebuild what people said.

use super::{Content, Entry, PromptStep};
use crate::model::{
    Contact, Event, OptIn, OptOut, ScopeSet, StatementId,
    statement::{Voice, Weak},
};

impl Entry {
    /// What follows from an entry for the contact's state.
    #[must_use]
    pub fn events(&self, statement: StatementId) -> Vec<Event> {
        let at = self.occurred_at;
        let voice = self.voice().unwrap_or(Voice::Own);
        match &self.content {
            Content::OptIn { scope, evidence, expires_at, findings } => {
                let weak = findings.iter().fold(Weak::default(), |weak, finding| weak.with(finding.rule));
                let method = evidence.method.code();
                let opt_in = OptIn { at, id: statement, expires_at: *expires_at, weak, method };
                let law = evidence.jurisdiction.as_ref();
                let law = law.map(|law| Event::Jurisdiction(at, law.as_str().to_owned()));
                std::iter::once(Event::OptIn(voice, scope.clone(), opt_in)).chain(law).collect()
            }
            Content::OptOut { scope, channel, .. } => {
                let out = OptOut { at, id: statement, channel: channel.code() };
                vec![Event::OptOut(voice, scope.clone(), out)]
            }
            Content::PlatformStop(_) => vec![Event::PlatformStop(at)],
            Content::PlatformResume => vec![Event::PlatformResume(at)],
            Content::Held(_) => vec![Event::Held(at)],
            Content::HoldSettled => vec![Event::HoldCleared(at)],
            Content::Prompt { step, message_id, declined } => vec![match step {
                PromptStep::Sent => Event::PromptSent(at, message_id.clone()),
                PromptStep::Accepted => Event::PromptAccepted(at),
                PromptStep::Declined => {
                    Event::PromptDeclined(declined.clone().unwrap_or_else(ScopeSet::everything), at)
                }
                PromptStep::NotOnWhatsapp => Event::NotOnWhatsapp(at),
            }],
            Content::Confirmation { of_opt_in: true } => vec![Event::ConfirmedIn(at)],
            Content::Confirmation { of_opt_in: false } => vec![Event::ConfirmedOut(at)],
            Content::Block(block) => vec![Event::Block(self.sender.clone(), *block, at)],
            // What identities have to do with each other is no part of a contact.
            Content::Linked { .. } => Vec::new(),
            Content::Erased { .. } => Vec::new(),
        }
    }

    /// The contact to which nothing but this was ever said.
    #[must_use]
    pub fn alone(&self, statement: StatementId) -> Contact {
        let mut contact = Contact::default();
        for event in self.events(statement) {
            contact.apply(&event);
        }
        contact
    }
}
