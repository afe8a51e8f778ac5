//! Who had which identity when: everything that happened, one instant after the other.
//!
//! Within an instant people are first seen somewhere and then change their numbers, since a webhook that tells of a change
//! names the user ID that the old number had. What several sightings of one instant say holds together: nobody is first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Identity;
use crate::model::{ties::ContactId, time::Time};

/// The holders of some identities.
#[derive(Debug)]
pub(super) struct Holders {
    /// When each identity was handed over.
    handed_over: Vec<Vec<Time>>,
    /// The holders of each identity, the first first.
    of: Vec<Vec<usize>>,
    /// Another holder that is the same person; itself where that is told by others.
    same: Vec<usize>,
}

/// What happened at one instant.
#[derive(Debug, Default)]
struct Happened {
    /// User IDs and the numbers they were seen with.
    seen: BTreeSet<(usize, usize)>,
    /// Numbers, and what their holders changed to.
    moved: BTreeSet<(usize, usize)>,
}

/// Where some names have their places.
#[derive(Debug)]
pub(super) struct Places(HashMap<ContactId, usize>);

impl Places {
    pub(super) fn among(identities: &[Identity<'_>]) -> Self {
        let names = identities
            .iter()
            .enumerate()
            .flat_map(|(place, identity)| identity.stored.iter().map(move |stored| (stored.id, place)));
        Self(names.collect())
    }

    /// The place of an identity, unless it is none of these.
    pub(super) fn of(&self, id: ContactId) -> Option<usize> {
        self.0.get(&id).copied()
    }
}

impl Holders {
    pub(super) fn of(identities: &[Identity<'_>], places: &Places) -> Self {
        let mut holders = Self {
            handed_over: vec![Vec::new(); identities.len()],
            of: (0..identities.len()).map(|first| vec![first]).collect(),
            same: (0..identities.len()).collect(),
        };
        let users = users(identities, places);
        for (here, identity) in identities.iter().enumerate() {
            for same in identity.stored.iter().flat_map(|stored| &stored.ties.same) {
                holders.unite(here, places.of(*same).unwrap_or(here));
            }
        }
        for (at, happened) in happened(identities, places, &users, &mut holders) {
            holders.pass(at, &happened, &users);
        }
        holders
    }

    pub(super) fn handed_over(&self) -> &[Vec<Time>] {
        &self.handed_over
    }

    /// The person who each holder of each identity is, numbered without gaps, and how many there are.
    pub(super) fn persons(&self) -> (Vec<Vec<usize>>, usize) {
        let mut numbers = HashMap::new();
        let mut number = |holder: &usize| {
            let next = numbers.len();
            *numbers.entry(self.person(*holder)).or_insert(next)
        };
        let persons = self.of.iter().map(|holders| holders.iter().map(&mut number).collect()).collect();
        (persons, numbers.len())
    }

    fn pass(&mut self, at: Time, happened: &Happened, users: &[bool]) {
        let before: HashMap<_, _> =
            happened.moved.iter().filter_map(|(from, _)| Some((*from, self.present(*from)?))).collect();
        let mut seen = BTreeMap::<usize, BTreeSet<usize>>::new();
        for (user, number) in &happened.seen {
            let person = self.present(*user).map(|holder| self.person(holder));
            seen.entry(person.unwrap_or(*user)).or_default().insert(*number);
        }
        for number in (0..self.of.len()).filter(|place| !users.get(*place).copied().unwrap_or_default()) {
            let elsewhere = self.present(number).and_then(|holder| seen.get(&self.person(holder)));
            if elsewhere.is_some_and(|seen| !seen.contains(&number)) {
                self.hand_over(number, at);
            }
        }
        for (user, number) in &happened.seen {
            let holder = before.get(number).copied().or_else(|| self.present(*number));
            self.unite_if(self.present(*user), holder);
        }
        for from in before.keys() {
            self.hand_over(*from, at);
        }
        for (from, to) in &happened.moved {
            self.unite_if(before.get(from).copied(), self.present(*to));
        }
    }

    fn hand_over(&mut self, identity: usize, at: Time) {
        let (Some(over), Some(of)) = (self.handed_over.get_mut(identity), self.of.get_mut(identity)) else {
            return;
        };
        if over.last() != Some(&at) {
            over.push(at);
            of.push(self.same.len());
            self.same.push(self.same.len());
        }
    }

    fn present(&self, identity: usize) -> Option<usize> {
        self.of.get(identity)?.last().copied()
    }

    /// The holder that stands for the person a holder is.
    fn person(&self, mut holder: usize) -> usize {
        while let Some(other) = self.same.get(holder).copied().filter(|other| *other != holder) {
            holder = other;
        }
        holder
    }

    fn unite_if(&mut self, one: Option<usize>, other: Option<usize>) {
        if let (Some(one), Some(other)) = (one, other) {
            self.unite(one, other);
        }
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.person(one), self.person(other));
        // The way to whom stands for the person is kept short.
        for holder in [one, other] {
            if let Some(same) = self.same.get_mut(holder) {
                *same = one.min(other);
            }
        }
    }
}

/// What happened, in order. What is said of a user ID as if it were a number is that it was seen there.
fn happened(
    identities: &[Identity<'_>],
    places: &Places,
    users: &[bool],
    holders: &mut Holders,
) -> BTreeMap<Time, Happened> {
    let is_user = |place: usize| users.get(place).copied().unwrap_or_default();
    let mut all = BTreeMap::<Time, Happened>::new();
    for (here, identity) in identities.iter().enumerate() {
        for ties in identity.stored.iter().map(|stored| stored.ties) {
            for (at, number) in &ties.numbers {
                if let Some(number) = places.of(*number) {
                    all.entry(*at).or_default().seen.insert((here, number));
                }
            }
            let to = ties.moved_to.iter().filter_map(|(at, to)| Some((*at, here, places.of(*to)?)));
            let from = ties.moved_from.iter().filter_map(|(at, from)| Some((*at, places.of(*from)?, here)));
            for (at, from, to) in to.chain(from).filter(|(_, from, to)| from != to) {
                match (is_user(from), is_user(to)) {
                    (true, true) => holders.unite(from, to),
                    (true, false) => drop(all.entry(at).or_default().seen.insert((from, to))),
                    (false, _) => drop(all.entry(at).or_default().moved.insert((from, to))),
                }
            }
        }
    }
    all
}

/// Which identities are user IDs.
fn users(identities: &[Identity<'_>], places: &Places) -> Vec<bool> {
    let mut users = vec![false; identities.len()];
    for (here, identity) in identities.iter().enumerate() {
        for ties in identity.stored.iter().map(|stored| stored.ties) {
            let others = ties.users.iter().chain(&ties.same).filter_map(|user| places.of(*user));
            let own = (!ties.numbers.is_empty() || !ties.same.is_empty()).then_some(here);
            for user in others.chain(own) {
                if let Some(is_user) = users.get_mut(user) {
                    *is_user = true;
                }
            }
        }
    }
    users
}
