//! The identities that have to do with one, each read where it is stored: nothing is ever moved from one to another.
//!
//! From an identity its ties lead to others, and its name to what is stored under earlier names of the business. Who is
//! behind them is `model::person`.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{Gate, find::Consistency, view::View};
use crate::{
    model::{
        BusinessId, Contact, People, Recipient, Time,
        person::{Identity, Stored},
        ties,
    },
    senders::SenderProfile,
    store::{ContactId, Loaded, LogHead, Record, StoreError},
};

/// The identities that are read of one person at most. More is no person but a mistake in what the business links.
pub(super) const IDENTITIES_MAX: usize = ties::TIES_MAX;

/// Identities that have to do with each other, the one that was asked for first.
#[derive(Debug)]
pub(super) struct Circle {
    identities: Vec<Member>,
}

/// One identity, under every name of the business.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// What is stored, under the present name of the business first.
    pub(super) stored: Vec<(ContactId, Arc<Loaded>)>,
}

/// A circle that is being read.
struct Growing<'a> {
    businesses: Vec<&'a BusinessId>,
    /// The identities whose names are known.
    named: HashSet<usize>,
    /// Which identity a record is of.
    of: HashMap<ContactId, usize>,
    read: Vec<(ContactId, Arc<Loaded>)>,
}

impl Gate {
    /// Reads everything that has to do with an identity.
    pub(super) async fn circle(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        consistency: Consistency,
        now: Time,
    ) -> Result<Circle, StoreError> {
        let (mut growing, mut wanted) = Growing::around(self, profile, recipient);
        while !wanted.is_empty() {
            if growing.identities() > IDENTITIES_MAX {
                return Err(StoreError::Corrupt(format!(
                    "more than {IDENTITIES_MAX} identities are said to be one person"
                )));
            }
            let read = self.obtain_all(&wanted, consistency, now).await?;
            let mut next = Vec::new();
            for (id, loaded) in wanted.into_iter().zip(read) {
                next.extend(growing.add(self, id, loaded));
            }
            wanted = next;
        }
        Ok(growing.grown())
    }
}

/// What is remembered of a person when the store cannot be asked.
pub(super) struct Recalled {
    pub(super) view: View,
    /// Everything that has to do with the identity is remembered, each as it was read last.
    pub(super) whole: bool,
}

impl Gate {
    /// What is remembered of a person, however old; nothing when nothing is.
    pub(super) fn recall(&self, profile: &SenderProfile, recipient: &Recipient) -> Option<Recalled> {
        let (mut growing, mut wanted) = Growing::around(self, profile, recipient);
        let mut whole = true;
        let (generation, now) = (self.cache.generation(), self.clock.now());
        while !wanted.is_empty() && growing.identities() <= IDENTITIES_MAX {
            for id in std::mem::take(&mut wanted) {
                let remembered =
                    self.cache.remembered(id).map(|loaded| self.pending.over(id, loaded, generation, now));
                whole &= remembered.is_some();
                if let Some(loaded) = remembered.or_else(|| self.pending.alone(id, generation, now)) {
                    wanted.extend(growing.add(self, id, loaded));
                }
            }
        }
        whole &= growing.identities() <= IDENTITIES_MAX;
        let own = growing.read.iter().any(|(id, _)| growing.of.get(id) == Some(&0));
        own.then(|| Recalled { view: growing.grown().view(), whole })
    }
}

impl<'a> Growing<'a> {
    /// Nothing but an identity yet, and what to read of it.
    fn around(gate: &Gate, profile: &'a SenderProfile, recipient: &Recipient) -> (Self, Vec<ContactId>) {
        let businesses = std::iter::once(&profile.business).chain(&profile.also).collect();
        let mut growing = Self { businesses, named: HashSet::new(), of: HashMap::new(), read: Vec::new() };
        let wanted = growing.named(gate, 0, recipient);
        (growing, wanted)
    }

    /// Notes the name of an identity; tells where else it may be stored.
    fn named(&mut self, gate: &Gate, identity: usize, name: &Recipient) -> Vec<ContactId> {
        if !self.named.insert(identity) {
            return Vec::new();
        }
        let mut wanted = Vec::new();
        for business in self.businesses.clone() {
            let id = gate.names.id(business, name);
            match self.of.insert(id, identity) {
                None => wanted.push(id),
                // A tie led to it before its name was known.
                Some(other) if other != identity => self.unite(identity, other),
                Some(_) => {}
            }
        }
        wanted
    }

    /// How many identities it has come upon, each under however many names of the business.
    fn identities(&self) -> usize {
        self.of.values().collect::<HashSet<_>>().len()
    }

    fn unite(&mut self, identity: usize, other: usize) {
        // The one that was asked for stays the first.
        let (kept, gone) = (identity.min(other), identity.max(other));
        for place in self.of.values_mut().filter(|place| **place == gone) {
            *place = kept;
        }
        if self.named.remove(&gone) {
            self.named.insert(kept);
        }
    }

    /// Adds what was read; tells what to read next.
    fn add(&mut self, gate: &Gate, id: ContactId, loaded: Arc<Loaded>) -> Vec<ContactId> {
        let mut wanted = Vec::new();
        let own = self.of.get(&id).copied();
        for name in &loaded.record.ties.names {
            let Some(own) = own else { continue };
            match self.of.insert(*name, own) {
                None => wanted.push(*name),
                Some(other) if other != own => self.unite(own, other),
                Some(_) => {}
            }
        }
        for tie in loaded.record.ties.all() {
            if !self.of.contains_key(&tie) {
                let identity = self.of.values().max().map_or(0, |last| last + 1);
                self.of.insert(tie, identity);
                wanted.push(tie);
            }
        }
        if let (Some(identity), Some(name)) =
            (self.of.get(&id).copied(), loaded.record.contact.names().next())
        {
            wanted.extend(self.named(gate, identity, &name));
        }
        self.read.push((id, loaded));
        wanted
    }

    fn grown(self) -> Circle {
        let mut identities = BTreeMap::<usize, Member>::new();
        for (id, loaded) in self.read {
            if let Some(identity) = self.of.get(&id) {
                identities.entry(*identity).or_default().stored.push((id, loaded));
            }
        }
        Circle { identities: identities.into_values().collect() }
    }
}

impl Member {
    fn identity(&self) -> Identity<'_> {
        let stored = self.stored.iter().map(|(id, loaded)| Stored {
            id: *id,
            ties: &loaded.record.ties,
            earlier: &loaded.record.earlier,
            contact: &loaded.record.contact,
            windows: &loaded.windows,
        });
        Identity { stored: stored.collect() }
    }
}

impl Circle {
    /// Every identity.
    pub(super) fn members(&self) -> &[Member] {
        &self.identities
    }

    /// What is stored of the identity that was asked for, under the present name of the business.
    pub(super) fn own(&self) -> (ContactId, Arc<Loaded>) {
        let own = self.identities.first().and_then(|member| member.stored.first());
        own.cloned().unwrap_or_else(|| (ContactId([0; 16]), Arc::default()))
    }

    /// When what is stored under an id was erased.
    pub(super) fn erased(&self, id: ContactId) -> Option<Time> {
        let mut stored = self.identities.iter().flat_map(|member| &member.stored);
        let (_, loaded) = stored.find(|(known, _)| *known == id)?;
        let record = &loaded.record;
        record.earlier.iter().map(|(_, said)| said.erased).chain([record.contact.erased]).max().flatten()
    }

    /// True when nothing else has to do with the identity.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self.identities.as_slice(), [member] if member.stored.len() == 1)
    }

    /// What is stored of anybody, each holder by themselves.
    pub(super) fn said(&self) -> impl Iterator<Item = &Contact> {
        let records = self.identities.iter().flat_map(|member| &member.stored);
        records.flat_map(|(_, loaded)| {
            loaded.record.earlier.iter().map(|(_, said)| said).chain([&loaded.record.contact])
        })
    }

    /// Who is behind the identities.
    pub(super) fn people(&self) -> People {
        let identities: Vec<_> = self.identities.iter().map(Member::identity).collect();
        People::among(&identities)
    }

    /// The person as a decision sees them.
    pub(super) fn view(&self) -> View {
        let (id, own) = self.own();
        if self.is_alone() && own.record.earlier.is_empty() {
            return View::shared(id, own);
        }
        let people = self.people();
        let logs = self.identities.iter().flat_map(|member| &member.stored);
        let length = logs.clone().map(|(_, loaded)| loaded.head.length).sum();
        let mut ids: Vec<_> = logs.map(|(id, _)| *id).collect();
        ids.sort();
        View::merged(
            id,
            Loaded {
                record: Record {
                    business: own.record.business.clone(),
                    contact: people.now(0),
                    ..Record::default()
                },
                windows: people.windows(0).to_vec(),
                version: own.version,
                head: LogHead { length, ..own.head },
            },
            ids,
        )
    }
}
