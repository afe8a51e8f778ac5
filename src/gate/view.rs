//! A contact as a decision sees it.

use std::{ops::Deref, sync::Arc};

use super::names::Revision;
use crate::{
    model::{Contact, SenderId, Time, contact::SenderRegisters, time::latest},
    policy::{self, Facts, SenderFacts, TemplateFacts, Usage},
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
    Merged(Box<(Loaded, Vec<ContactId>)>),
}

impl View {
    /// One stored contact.
    #[must_use]
    pub const fn shared(id: ContactId, loaded: Arc<Loaded>) -> Self {
        Self { id, state: State::Shared(loaded) }
    }

    /// Several identities of one person read together.
    #[must_use]
    pub fn merged(id: ContactId, loaded: Loaded, ids: Vec<ContactId>) -> Self {
        Self { id, state: State::Merged(Box::new((loaded, ids))) }
    }

    /// The ids that something is stored under, in order: every sidecar names the same one first.
    #[must_use]
    pub fn ids(&self) -> &[ContactId] {
        match &self.state {
            State::Shared(_) => std::slice::from_ref(&self.id),
            State::Merged(merged) => &merged.1,
        }
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
                quality: profile.quality.ruling(),
                messaging_limit: directory.messaging_limit(profile),
                restrictions: directory.learned().restrictions(profile.sender.account.as_deref()),
                template,
            }),
            contact: &self.record.contact,
            last_inbound,
            registers,
            usage: Usage::default(),
        }
    }

    /// The last inbound time and the registers of a sender, under both its names.
    #[must_use]
    pub fn of_sender(&self, profile: &SenderProfile) -> (Option<Time>, SenderRegisters) {
        of_sender(&self.record.contact, &self.windows, profile)
    }

    /// The end of the window with one of the numbers that the person wrote to, while it is open.
    #[must_use]
    pub fn window_with(
        &self,
        profile: &SenderProfile,
        sender: &SenderId,
        wrote: Time,
        now: Time,
    ) -> Option<Time> {
        let contact = &self.record.contact;
        let registers = if profile.is_named(sender) {
            self.of_sender(profile).1
        } else {
            contact.by_sender.get(sender).copied().unwrap_or_default()
        };
        open_until(contact, Some(wrote), registers, profile, now)
    }
}

/// The last inbound time and the registers of a sender, under both its names.
fn of_sender(
    contact: &Contact,
    windows: &[(SenderId, Time)],
    profile: &SenderProfile,
) -> (Option<Time>, SenderRegisters) {
    let mut last_inbound = None;
    for (_, wrote) in windows.iter().filter(|(name, _)| profile.is_named(name)) {
        last_inbound = latest(last_inbound, Some(*wrote));
    }
    let mut registers = SenderRegisters::default();
    for (_, known) in contact.by_sender.iter().filter(|(name, _)| profile.is_named(name)) {
        registers.join(known);
    }
    (last_inbound, registers)
}

/// The end of the window with a sender, while it is open: what a check would say.
pub(super) fn window_end(
    contact: &Contact,
    windows: &[(SenderId, Time)],
    profile: &SenderProfile,
    now: Time,
) -> Option<Time> {
    let (last_inbound, registers) = of_sender(contact, windows, profile);
    open_until(contact, last_inbound, registers, profile, now)
}

fn open_until(
    contact: &Contact,
    last_inbound: Option<Time>,
    registers: SenderRegisters,
    profile: &SenderProfile,
    now: Time,
) -> Option<Time> {
    let facts = Facts { sender: None, contact, last_inbound, registers, usage: Usage::default() };
    policy::window_open_until(&profile.profile.rules, &facts, now)
}

impl Deref for View {
    type Target = Loaded;

    fn deref(&self) -> &Loaded {
        match &self.state {
            State::Shared(loaded) => loaded,
            State::Merged(merged) => &merged.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{BusinessId, Event, Millis},
        senders::{Business, Learned, Profile, Sender, SenderSettings},
    };

    const WROTE: Time = Time::EPOCH;

    /// The window as a check, the answer to an inbound message and the contact card see it.
    fn ends(loaded: Loaded, profile: &SenderProfile, now: Time) -> [Option<Time>; 3] {
        let view = View::shared(ContactId([1; 16]), Arc::new(loaded));
        let (last_inbound, registers) = view.of_sender(profile);
        let contact = &view.record.contact;
        let facts = Facts { sender: None, contact, last_inbound, registers, usage: Usage::default() };
        let (sender, wrote) = view.windows.first().cloned().unwrap();
        [
            policy::window_open_until(&profile.profile.rules, &facts, now),
            window_end(contact, &view.windows, profile, now),
            view.window_with(profile, &sender, wrote, now),
        ]
    }

    #[test]
    fn everybody_sees_one_end_of_a_window_under_either_name_of_the_sender() {
        let id = |text| SenderId::parse(text).unwrap();
        let sender = Sender { id: id("1001"), number: Some(id("15550001111")), account: None };
        let mut settings = Profile::default();
        settings.rules.window_margin = Millis::seconds(60);
        let business = Business {
            id: BusinessId::parse("acme").unwrap(),
            names: vec!["Acme".to_owned()],
            previous_ids: Vec::new(),
            portfolio: None,
            senders: vec![SenderSettings { sender, profile: settings }],
            templates: Vec::new(),
        };
        let directory = Directory::new(&[business], Profile::default(), false, Learned::default());
        let profile = directory.find(&id("1001")).unwrap();
        let mut loaded = Loaded { windows: vec![(id("15550001111"), WROTE)], ..Loaded::default() };
        let end = WROTE + Millis::hours(24) - Millis::seconds(60);
        assert_eq!(ends(loaded.clone(), &profile, WROTE), [Some(end); 3]);
        assert_eq!(ends(loaded.clone(), &profile, end), [None; 3]);
        // The platform said so under the other name.
        loaded.record.contact.apply(&Event::WindowClosed(id("1001"), WROTE));
        assert_eq!(ends(loaded, &profile, WROTE), [None; 3]);
    }
}
