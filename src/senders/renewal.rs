//! Making the entries of a directory from configuration and rows, and again when rows change: only those of the senders
//! that a row names, directly or through others, and of their business where it turns out to be stored under another
//! name too.
//!
//! What is learned only grows, so no entry ever has to go for good.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use super::{
    LearnedSender, Sender, SenderProfile,
    configured::{ConfiguredSender, Place},
    directory::Directory,
    told::Quality,
};
use crate::model::{BusinessId, SenderId};

/// A configured number for which something is stored under a business that is not read for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where the number stands in the configuration.
    pub path: String,
    /// The business it is configured for.
    pub business: BusinessId,
    /// The businesses that something is stored under.
    pub stored_under: Vec<String>,
    /// One of them is configured too, so that it may have given the number away.
    pub is_configured: bool,
}

impl Directory {
    /// Makes the entries of some names again, and those of every name that belongs to them.
    pub(super) fn renew(&mut self, changed: Vec<SenderId>) {
        let mut affected = BTreeSet::new();
        for name in changed {
            self.reach(name, &mut affected);
        }
        while let Some(of) = affected.iter().find_map(|name| self.grown(name)) {
            let business = self.configured.businesses.get(of);
            let names: Vec<_> =
                business.into_iter().flat_map(|b| &b.senders).flat_map(ConfiguredSender::given).collect();
            for name in names {
                self.reach(name, &mut affected);
            }
            let places: Vec<Place> = affected.iter().filter_map(|name| self.place(name)).collect();
            for place in places {
                self.grow(place);
            }
        }
        let mut done = BTreeSet::new();
        for name in affected {
            if !done.contains(&name) {
                let mut group = BTreeSet::new();
                self.reach(name, &mut group);
                self.make(&group);
                done.extend(group);
            }
        }
    }

    /// Adds a name and all that were told to be the same sender, by a row or by the configuration.
    fn reach(&self, name: SenderId, reached: &mut BTreeSet<SenderId>) {
        let mut queue = vec![name];
        while let Some(name) = queue.pop() {
            if !reached.contains(&name) {
                queue.extend(self.learned.told_with(&name));
                let configured = self.place(&name).and_then(|place| self.configured.get(place));
                queue.extend(configured.map(|(_, sender)| sender.given()).unwrap_or_default());
                reached.insert(name);
            }
        }
    }

    fn place(&self, name: &SenderId) -> Option<Place> {
        self.configured.places.get(name).copied()
    }

    /// The business of a name, when the number registered itself as another one that is not read yet.
    fn grown(&self, name: &SenderId) -> Option<usize> {
        let place = self.place(name)?;
        let also = self.also.get(place.0)?;
        self.registered_as(place).iter().any(|id| !also.contains(id)).then_some(place.0)
    }

    /// What a number registered as before it was configured holds for all numbers of its business, since consent belongs
    /// to the business: its opt-outs above all.
    fn grow(&mut self, place: Place) {
        let new = self.registered_as(place);
        if let Some(also) = self.also.get_mut(place.0) {
            also.extend(new);
            also.sort();
            also.dedup();
        }
    }

    fn registered_as(&self, place: Place) -> Vec<BusinessId> {
        let Some((business, _)) = self.configured.get(place) else { return Vec::new() };
        let rows = self.names_at(place).into_iter().filter_map(|name| self.learned.senders.get(&name));
        let ids = rows.filter_map(|(_, row)| row.business_id());
        ids.filter(|id| *id != business.id).collect()
    }

    /// The names of a configured number. A name that is configured for another is that one's, whatever was learned of it.
    fn names_at(&self, place: Place) -> Vec<SenderId> {
        let Some((_, sender)) = self.configured.get(place) else { return Vec::new() };
        let mut names = self.learned.names_of(sender.given());
        names.retain(|name| self.place(name).is_none_or(|other| other == place));
        names
    }

    /// Makes the entries of names that belong together: configured numbers, then senders that registered themselves, then
    /// the other names of senders that are known.
    fn make(&mut self, group: &BTreeSet<SenderId>) {
        for name in group {
            self.by_name.remove(name);
        }
        let places: BTreeSet<Place> = group.iter().filter_map(|name| self.place(name)).collect();
        for place in places {
            self.add_configured(place);
        }
        let row = |name: &SenderId| Some((name.clone(), self.learned.senders.get(name)?.1.clone()));
        let rows: Vec<(SenderId, LearnedSender)> = group.iter().filter_map(row).collect();
        let (others, canonical): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(_, row)| row.same_as.is_some());
        if self.auto_register {
            for (name, learned) in canonical {
                self.add_registered(name, &learned);
            }
        }
        for (name, learned) in others {
            let same_as = learned.same_as.as_deref().and_then(|same| SenderId::parse(same).ok());
            let Some(known) = same_as.and_then(|same| self.by_name.get(&same)).cloned() else { continue };
            // Registered under both names before they were known to be one: what was said to either holds for both.
            let known = self.with_also(&known, learned.business_id(), group);
            if self.by_name.get(&name).is_none_or(|other| !other.configured) {
                self.by_name.insert(name, known);
            }
        }
    }

    fn add_configured(&mut self, place: Place) {
        let mut names = self.names_at(place);
        let Some((business, settings)) = self.configured.get(place) else { return };
        let mut sender = settings.sender.clone();
        // Configured by one of its names; what was said under the other holds as well.
        let other = names.iter().find(|name| **name != sender.id && Some(*name) != sender.number.as_ref());
        if sender.number.is_none() {
            sender.number = other.cloned();
        } else if let Some(id) = other.filter(|_| sender.number.as_ref() == Some(&sender.id)) {
            sender.id = id.clone();
        }
        let rows = || names.iter().filter_map(|name| self.learned.senders.get(name));
        let seen_on = rows().filter_map(|(_, learned)| learned.on_account.as_ref()).max();
        sender.account = sender.account.or_else(|| seen_on.map(|(_, account)| account.clone()));
        for (_, learned) in rows() {
            sender.number =
                sender.number.or_else(|| learned.number.as_deref().and_then(|n| SenderId::parse(n).ok()));
        }
        let quality = Quality::of(rows().map(|(_, row)| row));
        names.extend(sender.number.clone());
        let profile = Arc::new(SenderProfile {
            quality,
            portfolio: business.portfolio.clone(),
            business: business.id.clone(),
            also: self.also.get(place.0).cloned().unwrap_or_default(),
            business_names: business.names.clone(),
            keywords: Arc::clone(&settings.keywords),
            profile: Arc::clone(&settings.profile),
            templates: Arc::clone(&business.templates),
            configured: true,
            sender,
        });
        for name in names {
            self.by_name.insert(name, Arc::clone(&profile));
        }
    }

    fn add_registered(&mut self, name: SenderId, learned: &LearnedSender) {
        let business = learned.business_id();
        let Some(business) = business.filter(|_| self.by_name.get(&name).is_none()) else { return };
        let number = learned.number.as_deref().and_then(|number| SenderId::parse(number).ok());
        let profile = Arc::new(SenderProfile {
            sender: Sender { id: name.clone(), number: number.clone(), account: learned.account() },
            portfolio: business.clone(),
            business,
            quality: Quality::of(std::iter::once(learned)),
            ..self.unregistered(&name)
        });
        for name in std::iter::once(name).chain(number) {
            if self.by_name.get(&name).is_none() {
                self.by_name.insert(name, Arc::clone(&profile));
            }
        }
    }

    /// A sender that two businesses registered as under different names reads both from now on.
    fn with_also(
        &mut self,
        known: &Arc<SenderProfile>,
        also: Option<BusinessId>,
        group: &BTreeSet<SenderId>,
    ) -> Arc<SenderProfile> {
        let Some(also) = also.filter(|also| *also != known.business && !known.also.contains(also)) else {
            return Arc::clone(known);
        };
        let mut profile = SenderProfile::clone(known);
        profile.also.push(also);
        let profile = Arc::new(profile);
        for name in group {
            if self.by_name.get(name).is_some_and(|entry| entry.sender.id == profile.sender.id) {
                self.by_name.insert(name.clone(), Arc::clone(&profile));
            }
        }
        profile
    }

    /// The configured numbers whose contacts are, in part, stored under a business that is not read for them.
    #[must_use]
    pub fn unread(&self) -> Vec<Unread> {
        let configured: HashSet<&str> = self.configured.businesses.iter().map(|b| b.id.as_str()).collect();
        let mut found = Vec::new();
        for (of, business) in self.configured.businesses.iter().enumerate() {
            let read = |id: &str| {
                let also = self.also.get(of).into_iter().flatten();
                std::iter::once(&business.id).chain(also).any(|known| known.as_str() == id)
            };
            for at in 0..business.senders.len() {
                let names = self.names_at((of, at));
                let rows = names.iter().filter_map(|name| self.learned.senders.get(name));
                let stored: BTreeSet<String> =
                    rows.flat_map(|(_, row)| row.stored_under.clone()).filter(|id| !read(id)).collect();
                if !stored.is_empty() {
                    let is_configured = stored.iter().any(|id| configured.contains(id.as_str()));
                    found.push(Unread {
                        path: format!("businesses[{of}].senders[{at}]"),
                        business: business.id.clone(),
                        stored_under: stored.into_iter().collect(),
                        is_configured,
                    });
                }
            }
        }
        found
    }
}

impl LearnedSender {
    fn business_id(&self) -> Option<BusinessId> {
        self.business.as_deref().and_then(|id| BusinessId::parse(id).ok())
    }
}
