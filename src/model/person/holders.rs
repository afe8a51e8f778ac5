//! Who had which identity when: everything that happened, one instant after the other.
//!
//! Within an instant people are first seen somewhere and then change their numbers, since a webhook that tells of a change
//! names the user ID that the old number had; who is seen at a new number has come already. What several sightings of one
//! instant say holds together: nobody is first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    /// Holders with whom a user ID was seen.
    seen: HashSet<usize>,
    /// Holders, and the numbers they came from.
    came: HashSet<(usize, usize)>,
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
            seen: HashSet::new(),
            came: HashSet::new(),
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
        let (told, moved): (Vec<_>, Vec<_>) =
            happened.moved.iter().copied().partition(|(from, to)| self.is_told(*from, *to));
        let seen = happened.seen.iter().copied().filter(|seen| !self.is_of_told(*seen, &told)).collect();
        // Where somebody known has the old number by now, it may be theirs as well: then who has the new one is unknown.
        let is_unclear = |from: usize| self.present(from).is_some_and(|holder| self.seen.contains(&holder));
        let unclear: Vec<_> = told.into_iter().filter(|(from, _)| is_unclear(*from)).collect();
        self.see_and_move(at, seen, &moved, users);
        for identity in unclear.into_iter().flat_map(|(from, to)| [from, to]) {
            if !is_user(users, identity) {
                self.hand_over(identity, at);
            }
        }
    }

    /// True for a change that is told once more, by another of the business's numbers: who has the new number came from the
    /// old one, and has not come back.
    fn is_told(&self, from: usize, to: usize) -> bool {
        let came = self.present(to).is_some_and(|holder| self.came.contains(&(holder, from)));
        came && self.present_person(from) != self.present_person(to)
    }

    /// True for a sighting at the old number that comes with a change that is told once more.
    fn is_of_told(&self, (user, number): (usize, usize), told: &[(usize, usize)]) -> bool {
        told.iter().any(|(from, to)| *from == number && self.present_person(*to) == self.present_person(user))
    }

    fn see_and_move(
        &mut self,
        at: Time,
        seen: BTreeSet<(usize, usize)>,
        moved: &[(usize, usize)],
        users: &[bool],
    ) {
        let before: HashMap<_, _> =
            moved.iter().filter_map(|(from, _)| Some((*from, self.present(*from)?))).collect();
        self.leave(at, &seen, &before, users);
        // Who is seen where somebody arrives at this instant is who arrives.
        let arrives =
            |number: &usize| !before.contains_key(number) && moved.iter().any(|(_, to)| to == number);
        let (late, early): (Vec<(usize, usize)>, Vec<_>) =
            seen.into_iter().partition(|(_, number)| arrives(number));
        for (user, number) in early {
            self.see(user, before.get(&number).copied().or_else(|| self.present(number)));
        }
        for from in before.keys() {
            self.hand_over(*from, at);
        }
        // Whoever had a number has another from now on, and who had that one has it no more.
        for to in moved.iter().map(|(_, to)| *to).filter(|to| !is_user(users, *to)) {
            self.hand_over(to, at);
        }
        for (from, to) in moved {
            let holder = self.present(*to);
            self.unite_if(before.get(from).copied(), holder);
            self.came.extend(holder.map(|holder| (holder, *from)));
        }
        for (user, number) in late {
            self.see(user, self.present(number));
        }
    }

    /// Numbers go to somebody else whose holders are seen elsewhere, or at which somebody else is seen.
    fn leave(
        &mut self,
        at: Time,
        seen: &BTreeSet<(usize, usize)>,
        before: &HashMap<usize, usize>,
        users: &[bool],
    ) {
        let mut places = BTreeMap::<usize, BTreeSet<usize>>::new();
        let mut people = BTreeMap::<usize, BTreeSet<usize>>::new();
        for (user, number) in seen {
            let person = self.present(*user).map_or(*user, |holder| self.person(holder));
            places.entry(person).or_default().insert(*number);
            people.entry(*number).or_default().insert(person);
        }
        for number in (0..self.of.len()).filter(|place| !is_user(users, *place)) {
            let Some(holder) = self.present(number) else { continue };
            let person = self.person(holder);
            let is_elsewhere = places.get(&person).is_some_and(|places| !places.contains(&number));
            let is_another = people.get(&number).is_some_and(|people| !people.contains(&person));
            // Whoever changes numbers may get a new user ID with the new one.
            let has_left = is_another && self.seen.contains(&holder) && !before.contains_key(&number);
            if is_elsewhere || has_left {
                self.hand_over(number, at);
            }
        }
    }

    /// A user ID is seen with whoever has a number.
    fn see(&mut self, user: usize, holder: Option<usize>) {
        self.unite_if(self.present(user), holder);
        self.seen.extend(holder);
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

    fn present_person(&self, identity: usize) -> Option<usize> {
        self.present(identity).map(|holder| self.person(holder))
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
    let is_user = |place: usize| is_user(users, place);
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

fn is_user(users: &[bool], place: usize) -> bool {
    users.get(place).copied().unwrap_or_default()
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
