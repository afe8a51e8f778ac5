//! Who is one person, among several identities that have to do with each other.
//!
//! Nothing is ever moved from one identity to another. Each keeps what was said under it; who said it follows from the
//! ties and the times:
//!
//! - A user ID belongs to one person for ever. A number belongs to one person until it is handed over: its holder changed
//!   to another number, or a user ID of theirs was seen with another number, or one that is not theirs with this number, or
//!   somebody else changed to it. From then on it is somebody unknown.
//! - A user ID seen with a number is the person who held the number then; at the instant of a change to another number,
//!   who left it. Who changed from one number to another held the old one before and the new one after; the user ID seen
//!   there first is theirs, since it may change with the number.
//! - What one person said counts together, under whichever identity: the last word wins.
//! - A "no" of anybody who may be the same person counts, too: whoever had the number before or after, whoever the
//!   business says it is. A "yes" of theirs does not.
//!
//! The order in which ties and statements become known does not matter, nor that in which identities are named. What is
//! stored keeps only the last "yes" of each kind: said once before a doubt arose and once more after it, it is taken for one
//! that does not cross, so that a "no" it lifted crosses. That errs on the side of silence.

mod holders;
#[cfg(test)]
mod tests;

use std::{cmp::Reverse, collections::BinaryHeap};

use holders::{Holders, Places};

use super::{
    contact::Contact,
    sender::SenderId,
    ties::{ContactId, Ties},
    time::Time,
};

/// What is stored of one identity under one name of the business.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Its name.
    pub id: ContactId,
    /// Its relations.
    pub ties: &'a Ties,
    /// Who had it before, each until an instant, oldest first.
    pub earlier: &'a [(Time, Contact)],
    /// Who has it.
    pub contact: &'a Contact,
    /// Senders written to, and when last.
    pub windows: &'a [(SenderId, Time)],
}

/// One identity, under every name the business was known by.
#[derive(Clone, Debug, Default)]
pub struct Identity<'a> {
    /// What is stored.
    pub stored: Vec<Stored<'a>>,
}

/// Everybody among some identities that have to do with each other.
#[derive(Debug)]
pub struct People {
    /// When each identity was handed over.
    handed_over: Vec<Vec<Time>>,
    /// Which person each holder of each identity is.
    persons: Vec<Vec<usize>>,
    /// For each person who may be the same, and since when that is known.
    doubts: Vec<Vec<(Time, usize)>>,
    /// For each person whom the business says they are.
    linked: Vec<Vec<usize>>,
    /// What each person said.
    said: Vec<Contact>,
    windows: Vec<Vec<(SenderId, Time)>>,
}

impl People {
    /// Tells apart who is behind some identities. Ties to others than these are left out.
    #[must_use]
    pub fn among(identities: &[Identity<'_>]) -> Self {
        let places = Places::among(identities);
        let holders = Holders::of(identities, &places);
        let (persons, count) = holders.persons();
        let mut people = Self {
            handed_over: holders.handed_over().to_vec(),
            persons,
            doubts: vec![Vec::new(); count],
            linked: vec![Vec::new(); count],
            said: vec![Contact::default(); count],
            windows: vec![Vec::new(); count],
        };
        people.doubt(identities, &places);
        people.listen(identities);
        people
    }

    /// What counts for the present holder of an identity: what they said, and every "no" of who may be they.
    #[must_use]
    pub fn now(&self, identity: usize) -> Contact {
        let last = self.handed_over.get(identity).map_or(0, Vec::len);
        self.counting_for(identity, last)
    }

    /// What counted for whoever had an identity at an instant.
    #[must_use]
    pub fn then(&self, identity: usize, at: Time) -> Contact {
        self.counting_for(identity, self.era(identity, at))
    }

    /// When whoever had an identity at an instant wrote to which sender.
    #[must_use]
    pub fn windows_then(&self, identity: usize, at: Time) -> &[(SenderId, Time)] {
        let person = self.who(identity, self.era(identity, at));
        person.and_then(|person| self.windows.get(person)).map_or(&[], Vec::as_slice)
    }

    /// True when some holder of one identity is the person who had another at an instant.
    #[must_use]
    pub fn have_met(&self, one: usize, other: usize, at: Time) -> bool {
        let person = self.who(other, self.era(other, at));
        let holders = 0..=self.handed_over(one).len();
        person.is_some() && holders.into_iter().any(|era| self.who(one, era) == person)
    }

    /// When somebody who is the present holder of an identity wrote to which sender.
    #[must_use]
    pub fn windows(&self, identity: usize) -> &[(SenderId, Time)] {
        let last = self.handed_over.get(identity).map_or(0, Vec::len);
        self.who(identity, last).and_then(|person| self.windows.get(person)).map_or(&[], Vec::as_slice)
    }

    /// When an identity was handed over.
    #[must_use]
    pub fn handed_over(&self, identity: usize) -> &[Time] {
        self.handed_over.get(identity).map_or(&[], Vec::as_slice)
    }

    /// What counts for each holder of an identity but the present one, and until when they had it.
    #[must_use]
    pub fn earlier(&self, identity: usize) -> Vec<(Time, Contact)> {
        let over = self.handed_over(identity);
        over.iter().enumerate().map(|(era, until)| (*until, self.counting_for(identity, era))).collect()
    }

    /// True when the person who had one identity at an instant is the present holder of another.
    #[must_use]
    pub fn is_same(&self, one: usize, at: Time, other: usize) -> bool {
        let last = self.handed_over.get(other).map_or(0, Vec::len);
        let present = self.who(other, last);
        present.is_some() && self.who(one, self.era(one, at)) == present
    }

    /// What whoever had an identity at an instant said, and nobody else.
    #[must_use]
    pub fn own_then(&self, identity: usize, at: Time) -> Contact {
        let person = self.who(identity, self.era(identity, at));
        person.and_then(|person| self.said.get(person)).cloned().unwrap_or_default()
    }

    /// Which holder had an identity at an instant.
    #[must_use]
    pub fn era(&self, identity: usize, at: Time) -> usize {
        self.handed_over(identity).partition_point(|over| *over <= at)
    }

    /// For each holder of each identity, whether they are the present holder of one, by proof or by the word of the business.
    #[must_use]
    pub fn kin(&self, identity: usize) -> Vec<Vec<bool>> {
        let mut kin = vec![false; self.said.len()];
        let mut next: Vec<usize> = self.who(identity, self.handed_over(identity).len()).into_iter().collect();
        while let Some(person) = next.pop() {
            let Some(known @ false) = kin.get_mut(person) else { continue };
            *known = true;
            next.extend(self.linked.get(person).into_iter().flatten());
        }
        let is_kin = |person: &usize| kin.get(*person).copied().unwrap_or_default();
        self.persons.iter().map(|holders| holders.iter().map(is_kin).collect()).collect()
    }

    /// What counts for one holder of an identity.
    #[must_use]
    pub fn counting_for(&self, identity: usize, era: usize) -> Contact {
        let Some(person) = self.who(identity, era) else { return Contact::default() };
        let mut counts = self.said.get(person).cloned().unwrap_or_default();
        let connected = self.connected(person);
        for (other, said) in self.said.iter().enumerate() {
            if let Some(since) = connected.get(other).copied().flatten().filter(|_| other != person) {
                counts.join(&said.refusals_since(since));
            }
        }
        counts
    }

    /// Since when each person is known to be perhaps the same as one: by the way on which the latest doubt is the earliest.
    fn connected(&self, person: usize) -> Vec<Option<Time>> {
        let mut since = vec![None; self.doubts.len()];
        let mut next = BinaryHeap::from([Reverse((Time::EPOCH, person))]);
        while let Some(Reverse((at, one))) = next.pop() {
            let Some(known @ None) = since.get_mut(one) else { continue };
            *known = Some(at);
            let doubts = self.doubts.get(one).into_iter().flatten();
            next.extend(doubts.map(|(doubt, other)| Reverse((at.max(*doubt), *other))));
        }
        since
    }

    /// Finds persons who may be the same: who had a number one after the other, and whom the business says are.
    fn doubt(&mut self, identities: &[Identity<'_>], places: &Places) {
        let mut doubts = Vec::new();
        let mut links = Vec::new();
        for (here, identity) in identities.iter().enumerate() {
            for (era, at) in self.handed_over(here).iter().enumerate() {
                doubts.push((*at, self.who(here, era), self.who(here, era + 1)));
            }
            for (at, other) in identity.stored.iter().flat_map(|stored| &stored.ties.linked) {
                if let Some(there) = places.of(*other) {
                    let (one, other) = (self.era(here, *at), self.era(there, *at));
                    links.push((self.who(here, one), self.who(there, other)));
                    doubts.push((*at, self.who(here, one), self.who(there, other)));
                }
            }
        }
        for (one, other) in links {
            let (Some(one), Some(other)) = (one, other) else { continue };
            for (from, to) in [(one, other), (other, one)] {
                if let Some(linked) = self.linked.get_mut(from) {
                    linked.push(to);
                }
            }
        }
        for (at, one, other) in doubts {
            let (Some(one), Some(other)) = (one, other) else { continue };
            for (from, to) in [(one, other), (other, one)] {
                if let Some(doubts) = self.doubts.get_mut(from) {
                    doubts.push((at, to));
                }
            }
        }
    }

    fn who(&self, identity: usize, era: usize) -> Option<usize> {
        self.persons.get(identity)?.get(era).copied()
    }

    /// Gives what was said to who said it.
    fn listen(&mut self, identities: &[Identity<'_>]) {
        for (here, identity) in identities.iter().enumerate() {
            for stored in &identity.stored {
                let over = self.handed_over(here).to_vec();
                for (era, said) in apart(stored.earlier, stored.contact, &over).iter().enumerate() {
                    if let Some(person) = self.who(here, era).and_then(|person| self.said.get_mut(person)) {
                        person.join(said);
                    }
                }
                for (sender, wrote) in stored.windows {
                    let person = self.who(here, self.era(here, *wrote));
                    if let Some(windows) = person.and_then(|person| self.windows.get_mut(person)) {
                        match windows.iter_mut().find(|(known, _)| known == sender) {
                            Some((_, last)) => *last = (*wrote).max(*last),
                            None => windows.push((sender.clone(), *wrote)),
                        }
                    }
                }
            }
        }
    }
}

/// What was said under an identity, by who had it when: for each of the instants the holder until then, and last the
/// present one. As stored when it is stored so; else by the times of what is stored, which forgets what was overruled.
#[must_use]
pub fn apart(earlier: &[(Time, Contact)], contact: &Contact, handed_over: &[Time]) -> Vec<Contact> {
    if earlier.iter().map(|(until, _)| until).eq(handed_over) {
        return earlier.iter().map(|(_, said)| said).chain([contact]).cloned().collect();
    }
    // Each part that is stored is told apart by itself: an instant that is new does not mix it with the others.
    let mut parts = vec![Contact::default(); handed_over.len() + 1];
    let mut start = None;
    let stored = earlier.iter().map(|(until, said)| (said, Some(*until))).chain([(contact, None)]);
    for (said, end) in stored {
        let first = start.map_or(0, |start| handed_over.partition_point(|over| *over <= start));
        let last = end.map_or(handed_over.len(), |end| handed_over.partition_point(|over| *over < end));
        for era in first..=last.max(first) {
            let from = era.checked_sub(1).filter(|_| era > first).and_then(|before| handed_over.get(before));
            let until = handed_over.get(era).filter(|_| era < last);
            let mut part =
                said.said(|at| from.is_none_or(|from| *from <= at) && until.is_none_or(|until| at < *until));
            // What was said before an erasure went with it; whoever had the identity after it was not erased.
            part.erased = said.erased.filter(|erased| from.is_none_or(|from| from < erased));
            if let Some(known) = parts.get_mut(era) {
                known.join(&part);
            }
        }
        start = end;
    }
    if let Some(present) = parts.last_mut() {
        // Names are those of the identity itself.
        present.phone = contact.phone;
        present.user_ids.clone_from(&contact.user_ids);
    }
    parts
}
