//! Who is one person, among several identities that have to do with each other.
//!
//! Nothing is ever moved from one identity to another. Each keeps what was said under it; who said it follows from the
//! ties and the times:
//!
//! - A user ID belongs to one person for ever. A number belongs to one person until it is handed over: its holder changed
//!   to another number, or a user ID of theirs was seen with another number. From then on it is somebody unknown.
//! - A user ID seen with a number is the person who held the number then. Who changed from one number to another held the
//!   old one before and the new one after.
//! - What one person said counts together, under whichever identity: the last word wins.
//! - A "no" of anybody who may be the same person counts, too: whoever had the number before or after, whoever the
//!   business says it is. A "yes" of theirs does not.
//!
//! The order in which ties and statements become known does not matter.

#[cfg(test)]
mod tests;

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
    /// The place of each identity's first holder among all holders.
    first: Vec<usize>,
    /// Which person each holder is.
    person: Vec<usize>,
    /// Persons who may be the same, and since when that is known.
    doubts: Vec<(Time, usize, usize)>,
    /// What each person said.
    said: Vec<Contact>,
    windows: Vec<Vec<(SenderId, Time)>>,
}

impl People {
    /// Tells apart who is behind some identities. Ties to others than these are left out.
    #[must_use]
    pub fn among(identities: &[Identity<'_>]) -> Self {
        let place = |id: ContactId| {
            identities.iter().position(|identity| identity.stored.iter().any(|stored| stored.id == id))
        };
        let handed_over = handed_over(identities, place);
        let mut first = Vec::with_capacity(identities.len());
        let mut holders = 0;
        for over in &handed_over {
            first.push(holders);
            holders += over.len() + 1;
        }
        let mut people = Self {
            handed_over,
            first,
            person: (0..holders).collect(),
            doubts: Vec::new(),
            said: vec![Contact::default(); holders],
            windows: vec![Vec::new(); holders],
        };
        people.recognise(identities, place);
        people.doubt(identities, place);
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

    fn counting_for(&self, identity: usize, era: usize) -> Contact {
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
        let mut since = vec![None; self.person.len()];
        if let Some(own) = since.get_mut(person) {
            *own = Some(Time::EPOCH);
        }
        loop {
            let mut changed = false;
            for (at, one, other) in &self.doubts {
                for (from, to) in [(one, other), (other, one)] {
                    let Some(known) = since.get(*from).copied().flatten() else { continue };
                    let Some(to) = since.get_mut(*to) else { continue };
                    let way = known.max(*at);
                    if to.is_none_or(|best| way < best) {
                        (*to, changed) = (Some(way), true);
                    }
                }
            }
            if !changed {
                return since;
            }
        }
    }

    /// Finds persons who may be the same: who had a number one after the other, and whom the business says are.
    fn doubt(&mut self, identities: &[Identity<'_>], place: impl Fn(ContactId) -> Option<usize>) {
        let mut doubts = Vec::new();
        for (here, identity) in identities.iter().enumerate() {
            for (era, at) in self.handed_over(here).iter().enumerate() {
                doubts.extend(self.pair(*at, (here, era), (here, era + 1)));
            }
            for (at, other) in identity.stored.iter().flat_map(|stored| &stored.ties.linked) {
                if let Some(there) = place(*other) {
                    doubts.extend(self.pair(*at, (here, self.era(here, *at)), (there, self.era(there, *at))));
                }
            }
        }
        self.doubts = doubts;
    }

    fn pair(&self, at: Time, one: (usize, usize), other: (usize, usize)) -> Option<(Time, usize, usize)> {
        Some((at, self.who(one.0, one.1)?, self.who(other.0, other.1)?))
    }

    fn who(&self, identity: usize, era: usize) -> Option<usize> {
        self.person.get(self.first.get(identity)? + era).copied()
    }

    /// Which holder had an identity at an instant.
    fn era(&self, identity: usize, at: Time) -> usize {
        self.handed_over(identity).iter().filter(|over| **over <= at).count()
    }

    /// Which holder had an identity just before an instant.
    fn era_before(&self, identity: usize, at: Time) -> usize {
        self.handed_over(identity).iter().filter(|over| **over < at).count()
    }

    /// Finds holders that are one person.
    fn recognise(&mut self, identities: &[Identity<'_>], place: impl Fn(ContactId) -> Option<usize>) {
        for (here, identity) in identities.iter().enumerate() {
            for ties in identity.stored.iter().map(|stored| stored.ties) {
                for (at, number) in &ties.numbers {
                    if let Some(there) = place(*number) {
                        self.unite((here, 0), (there, self.era(there, *at)));
                    }
                }
                for (at, to) in &ties.moved_to {
                    if let Some(there) = place(*to).filter(|there| *there != here) {
                        self.unite((here, self.era_before(here, *at)), (there, self.era(there, *at)));
                    }
                }
                for (at, from) in &ties.moved_from {
                    if let Some(there) = place(*from).filter(|there| *there != here) {
                        self.unite((there, self.era_before(there, *at)), (here, self.era(here, *at)));
                    }
                }
                for same in &ties.same {
                    if let Some(there) = place(*same) {
                        self.unite((here, 0), (there, 0));
                    }
                }
            }
        }
    }

    fn unite(&mut self, one: (usize, usize), other: (usize, usize)) {
        let (Some(one), Some(other)) = (self.who(one.0, one.1), self.who(other.0, other.1)) else { return };
        for person in &mut self.person {
            if *person == other {
                *person = one;
            }
        }
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
    let mut all = contact.clone();
    for (_, said) in earlier {
        all.join(said);
    }
    let ends = handed_over.iter().copied().map(Some).chain([None]);
    let starts = std::iter::once(None).chain(handed_over.iter().copied().map(Some));
    let within = |start: Option<Time>, end: Option<Time>| {
        let mut part = all.said(|at| start.is_none_or(|start| start <= at) && end.is_none_or(|end| at < end));
        if end.is_none() {
            // Names are those of the identity itself.
            part.phone = all.phone;
            part.user_ids.clone_from(&all.user_ids);
        }
        part
    };
    starts.zip(ends).map(|(start, end)| within(start, end)).collect()
}

/// When each identity went from one person to another.
fn handed_over(
    identities: &[Identity<'_>],
    place: impl Fn(ContactId) -> Option<usize> + Copy,
) -> Vec<Vec<Time>> {
    let moves = moves(identities, place);
    let mut over = vec![Vec::new(); identities.len()];
    let mut note = |identity: usize, at: Time| {
        if let Some(over) = over.get_mut(identity) {
            over.push(at);
        }
    };
    for (at, from, _) in &moves {
        note(*from, *at);
    }
    for here in 0..identities.len() {
        // Where a person was seen by one of their user IDs, and where they went from there.
        let seen = seen(identities, here, place).into_iter().map(|(at, there)| (at, there, None));
        let went = moves.iter().map(|(at, from, to)| (*at, *to, Some(*from)));
        let mut steps: Vec<_> = seen.chain(went).collect();
        steps.sort_unstable();
        let mut number = None;
        for (at, there, from) in steps {
            if from.is_some() && from != number {
                continue;
            }
            if let Some(left) = number.filter(|left| *left != there) {
                note(left, at);
            }
            number = Some(there);
        }
    }
    for over in &mut over {
        over.sort_unstable();
        over.dedup();
    }
    over
}

/// Every change of number: when, from where, to where.
fn moves(
    identities: &[Identity<'_>],
    place: impl Fn(ContactId) -> Option<usize>,
) -> Vec<(Time, usize, usize)> {
    let mut moves = Vec::new();
    for (here, identity) in identities.iter().enumerate() {
        for ties in identity.stored.iter().map(|stored| stored.ties) {
            let to = ties.moved_to.iter().filter_map(|(at, to)| Some((*at, here, place(*to)?)));
            let from = ties.moved_from.iter().filter_map(|(at, from)| Some((*at, place(*from)?, here)));
            moves.extend(to.chain(from).filter(|(_, from, to)| from != to));
        }
    }
    moves.sort_unstable();
    moves.dedup();
    moves
}

/// The numbers that a person was seen with by one of their user IDs, and when.
fn seen(
    identities: &[Identity<'_>],
    user: usize,
    place: impl Fn(ContactId) -> Option<usize> + Copy,
) -> Vec<(Time, usize)> {
    let mut seen = Vec::new();
    for one in same_person(identities, user, place) {
        let stored = identities.get(one).map(|identity| identity.stored.iter()).into_iter().flatten();
        let numbers = stored.flat_map(|stored| &stored.ties.numbers);
        seen.extend(numbers.filter_map(|(at, number)| Some((*at, place(*number)?))));
    }
    seen
}

/// The user IDs that are proven to be the same person as one, itself first.
fn same_person(
    identities: &[Identity<'_>],
    identity: usize,
    place: impl Fn(ContactId) -> Option<usize>,
) -> Vec<usize> {
    let mut found = vec![identity];
    let mut next = 0;
    while let Some(one) = found.get(next).and_then(|place| identities.get(*place)) {
        next += 1;
        for same in one.stored.iter().flat_map(|stored| &stored.ties.same) {
            if let Some(other) = place(*same).filter(|other| !found.contains(other)) {
                found.push(other);
            }
        }
    }
    found
}
