//! A contact as a decision sees it.

use std::{ops::Deref, sync::Arc};

use super::names::Revision;
use crate::{
    model::{SenderId, Time, contact::SenderRegisters, time::latest},
    policy::{Facts, SenderFacts, TemplateFacts},
    senders::{Directory, SenderProfile},
    store::{ContactId, Loaded},
};

/// What is known of one person for one business, under whichever identities and names of the business.
#[derive(Clone, Debug)]
pub struct View {
    /// The id of the identity that was asked for.
    pub id: ContactId,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Shared(Arc<Loaded>),
    Merged(Box<Loaded>),
}

impl View {
    /// One stored contact.
    #[must_use]
    pub const fn shared(id: ContactId, loaded: Arc<Loaded>) -> Self {
        Self { id, state: State::Shared(loaded) }
    }

    /// Several identities of one person read together.
    #[must_use]
    pub fn merged(id: ContactId, loaded: Loaded) -> Self {
        Self { id, state: State::Merged(Box::new(loaded)) }
    }

    /// The token of this state.
    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision::of(self.id, self.version)
    }

    /// The facts of a decision about a message of this sender.
    #[must_use]
    pub fn facts<'a>(
        &'a self,
        directory: &Directory,
        profile: &SenderProfile,
        template: TemplateFacts,
    ) -> Facts<'a> {
        let (last_inbound, registers) = self.of_sender(profile);
        Facts {
            sender: Some(SenderFacts {
                restrictions: directory.learned().restrictions(profile.sender.account.as_deref()),
                template,
            }),
            contact: &self.record.contact,
            last_inbound,
            registers,
        }
    }

    /// The last inbound time and the registers of a sender, under both its names.
    #[must_use]
    pub fn of_sender(&self, profile: &SenderProfile) -> (Option<Time>, SenderRegisters) {
        let is_sender =
            |name: &SenderId| *name == profile.sender.id || Some(name) == profile.sender.number.as_ref();
        let mut last_inbound = None;
        for (_, wrote) in self.windows.iter().filter(|(name, _)| is_sender(name)) {
            last_inbound = latest(last_inbound, Some(*wrote));
        }
        let mut registers = SenderRegisters::default();
        for (_, known) in self.record.contact.by_sender.iter().filter(|(name, _)| is_sender(name)) {
            registers.join(known);
        }
        (last_inbound, registers)
    }
}

impl Deref for View {
    type Target = Loaded;

    fn deref(&self) -> &Loaded {
        match &self.state {
            State::Shared(loaded) => loaded,
            State::Merged(loaded) => loaded,
        }
    }
}
