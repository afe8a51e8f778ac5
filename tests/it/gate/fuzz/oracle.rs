//! What the documents say that counts, worked out the slow way: from lists of everything that happened, walking through time
//! anew for each question (README, "Interpretations"; docs/architecture.md, "Identities"; docs/evidence.md, "Erasure").

use std::collections::{BTreeMap, BTreeSet};

pub(super) type Minute = i64;

/// Identities are numbered: first the numbers, then the user IDs.
pub(super) const NUMBERS: usize = 3;
pub(super) const IDENTITIES: usize = 6;

/// Before everything.
const EVER: Minute = Minute::MIN;

/// A "yes" or "no".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    pub(super) identity: usize,
    pub(super) at: Minute,
    pub(super) no: bool,
    pub(super) to: To,
    /// The person's own word; else the business asserts it.
    pub(super) own: bool,
}

/// What somebody says "yes" or "no" to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum To {
    Everything,
    Utility,
    /// The opt-in prompt: only ever a "no".
    Prompt,
    /// The sender. The person blocks it, only ever a "no", or the business blocks the person.
    Sender,
}

/// Everything that happened, if what failed without an answer happened or did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Past {
    /// User IDs, and the numbers they were seen with.
    seen: BTreeSet<(Minute, usize, usize)>,
    /// User IDs of one person.
    same: BTreeSet<(usize, usize)>,
    moved: BTreeSet<(Minute, usize, usize)>,
    linked: BTreeMap<(usize, usize), Minute>,
    said: BTreeSet<Said>,
    /// Whoever had an identity at an instant was erased at another.
    erased: BTreeSet<(usize, Minute, Minute)>,
    /// Keys and message IDs that were recorded; those of before an erasure are not known for certain.
    keys: BTreeSet<String>,
    old_keys: BTreeSet<String>,
}

/// Somebody's time with an identity.
#[derive(Clone, Debug)]
struct Holder {
    from: Minute,
    person: usize,
    /// A user ID was seen with it in their time.
    seen: bool,
    /// The numbers they changed from.
    came: BTreeSet<usize>,
}

/// Who had which identity when.
struct People(Vec<Vec<Holder>>);

impl Said {
    /// An opt-in.
    fn permits(&self) -> bool {
        !self.no && self.to != To::Sender
    }

    /// The person's own "no" is lifted by their own "yes" only, another by either; equal times: the "no" wins. A "no" to the
    /// prompt, which asks for everything here, and a block of theirs end with their opt-in to everything; one of the business
    /// with the business's word.
    fn lifts(&self, no: &Self) -> bool {
        let later = self.at > no.at;
        match no.to {
            To::Everything | To::Utility => later && self.to == no.to && (self.own || !no.own),
            To::Prompt => later && self.own && self.to == To::Everything,
            To::Sender if no.own => later && self.own && self.to == To::Everything,
            To::Sender => later && self.to == To::Sender,
        }
    }

    /// For a utility template a finer "yes" lifts a wider "no", too, and a block of the person's.
    fn lifts_for_utility(&self, no: &Self) -> bool {
        let finer = match no.to {
            To::Everything => self.to == To::Utility && (self.own || !no.own),
            To::Prompt => self.to == To::Utility && self.own,
            To::Sender if no.own => self.to == To::Utility && self.own,
            To::Utility | To::Sender => false,
        };
        self.lifts(no) || (finer && self.at > no.at)
    }
}

const fn is_user(identity: usize) -> bool {
    identity >= NUMBERS
}

impl Past {
    /// Something was said, perhaps once more.
    pub(super) fn say(self, said: Said, key: &str) -> Vec<Self> {
        if self.keys.contains(key) {
            return vec![self];
        }
        let people = self.people();
        let erased = self.erased_at(&people, people.person(said.identity, said.at));
        let mut heard = self.clone();
        heard.said.insert(said);
        if !key.is_empty() {
            heard.keys.insert(key.to_owned());
        }
        // Nothing from before an erasure permits; whether it lifts, and what comes again, is not told.
        let is_open = self.old_keys.contains(key) || (!said.no && erased.is_some_and(|at| said.at <= at));
        if is_open { vec![self, heard] } else { vec![heard] }
    }

    /// "Start" lifts what the person refused; from somebody who refused nothing it is none.
    pub(super) fn start(self, identity: usize, at: Minute, key: &str) -> Vec<Self> {
        let people = self.people();
        let (_, nos) = self.counting(&people, people.person(identity, at));
        let stands = |to: To| nos.iter().any(|(no, stands)| no.to == to && *stands);
        match [To::Everything, To::Utility].into_iter().find(|to| stands(*to)) {
            Some(to) => self.say(Said { identity, at, no: false, to, own: true }, key),
            None => vec![self],
        }
    }

    /// A signed webhook names a user ID with another identity.
    pub(super) fn prove(mut self, one: usize, user: usize, at: Minute) -> Self {
        if is_user(one) {
            self.same.insert((one.min(user), one.max(user)));
            return self;
        }
        // A sighting that says nothing new is not kept.
        let last = self.seen.iter().filter(|(then, who, _)| *who == user && *then <= at).map(|s| s.0).max();
        let there = self.seen.iter().filter(|(then, who, _)| *who == user && Some(*then) == last);
        let people = self.people();
        let over = people.0[one].iter().map(|holder| holder.from).filter(|from| *from <= at).max();
        let is_known = last.is_some_and(|last| over.is_none_or(|over| last >= over))
            && there.clone().all(|(_, _, number)| *number == one)
            && people.person(one, at) == people.person(user, at);
        if !is_known {
            self.seen.insert((at, user, one));
        }
        self
    }

    /// What a change that failed half-way may have left: whose user ID it is was written first.
    pub(super) fn half_changed(self, from: usize, to: usize, at: Minute) -> Self {
        if is_user(to) { self.prove(from, to, at) } else { self }
    }

    pub(super) fn change(self, from: usize, to: usize, at: Minute) -> Self {
        if is_user(from) {
            return self.prove(to, from, at);
        }
        let mut past = if is_user(to) { self.prove(from, to, at) } else { self };
        past.moved.insert((at, from, to));
        past
    }

    pub(super) fn link(mut self, one: usize, other: usize, at: Minute) -> Self {
        let since = self.linked.entry((one.min(other), one.max(other))).or_insert(at);
        *since = at.min(*since);
        self
    }

    /// Nothing that was said before permits anything. A "no" and the "yes" after it stay, as far as they mean something for
    /// others; where nobody else has to do with the identity, only what stands does.
    pub(super) fn erase(self, identity: usize, now: Minute) -> Vec<Self> {
        let people = self.people();
        let mut kin = BTreeSet::from([people.person(identity, now)]);
        for _ in 0..IDENTITIES * IDENTITIES {
            for ((one, other), at) in &self.linked {
                let both = [people.person(*one, *at), people.person(*other, *at)];
                if both.iter().any(|person| kin.contains(person)) {
                    kin.extend(both);
                }
            }
        }
        let around = self.around(identity);
        let first_no =
            self.said.iter().filter(|no| no.no && around.contains(&no.identity)).map(|no| no.at).min();
        let theirs = |said: &Said| kin.contains(&people.person(said.identity, said.at));
        let mut erased = self.clone();
        erased
            .said
            .retain(|said| !(theirs(said) && said.permits()) || first_no.is_some_and(|no| no < said.at));
        for (identity, holders) in people.0.iter().enumerate() {
            let theirs = holders.iter().filter(|holder| kin.contains(&holder.person));
            erased.erased.extend(theirs.map(|holder| (identity, holder.from, now)));
        }
        erased.old_keys.append(&mut erased.keys);
        if around.len() > 1 {
            return vec![erased];
        }
        // Under two names of the business it is two parts.
        let mut alone = erased.clone();
        let (_, nos) = self.counting(&people, people.person(identity, now));
        let stand: BTreeSet<_> = nos.into_iter().filter(|(_, stands)| *stands).map(|(no, _)| no).collect();
        alone.said.retain(|said| !theirs(said) || stand.contains(said));
        vec![erased, alone]
    }

    /// The identities that have to do with one.
    fn around(&self, identity: usize) -> BTreeSet<usize> {
        let mut around = BTreeSet::from([identity]);
        let facts = self.seen.iter().chain(&self.moved).map(|(_, one, other)| (*one, *other));
        let ties: Vec<_> =
            facts.chain(self.same.iter().copied()).chain(self.linked.keys().copied()).collect();
        for _ in 0..IDENTITIES {
            for (one, other) in &ties {
                if around.contains(one) || around.contains(other) {
                    around.extend([*one, *other]);
                }
            }
        }
        around
    }

    /// For each identity, whether a utility template may be sent to whoever has it now.
    pub(super) fn allows(&self) -> [bool; IDENTITIES] {
        let people = self.people();
        std::array::from_fn(|identity| self.allows_person(&people, people.person(identity, Minute::MAX)))
    }

    fn allows_person(&self, people: &People, person: usize) -> bool {
        let (yeses, nos) = self.counting(people, person);
        let erased = self.erased_at(people, person);
        // A block takes no opt-in away.
        let last_no = nos.iter().filter(|(no, _)| no.to != To::Sender).map(|(no, _)| no.at).max();
        nos.iter().all(|(no, _)| yeses.iter().any(|yes| yes.lifts_for_utility(no)))
            && yeses.iter().any(|yes| yes.permits() && Some(yes.at) > last_no && Some(yes.at) > erased)
    }

    fn erased_at(&self, people: &People, person: usize) -> Option<Minute> {
        let theirs =
            self.erased.iter().filter(|(identity, held, _)| people.person(*identity, *held) == person);
        theirs.map(|(_, _, at)| *at).max()
    }

    /// What a person said, the last "yes" of each kind and every "no", and every "no" of who may be the same: that stood
    /// when the doubt arose or was said since. With each whether it stands by itself.
    fn counting(&self, people: &People, person: usize) -> (Vec<Said>, Vec<(Said, bool)>) {
        let of = |person: usize| {
            self.said.iter().filter(move |said| people.person(said.identity, said.at) == person)
        };
        let yeses = |person: usize| {
            let mut last = BTreeMap::new();
            for yes in of(person).filter(|said| !said.no) {
                let known = last.entry((yes.to, yes.own)).or_insert(*yes);
                *known = if yes.at > known.at { *yes } else { *known };
            }
            last.into_values().collect::<Vec<_>>()
        };
        let lifted = |no: &Said, yeses: &[Said], until: Minute| {
            yeses.iter().any(|yes| yes.at <= until && yes.lifts(no))
        };
        let mine = yeses(person);
        let mut nos: Vec<Said> = of(person).filter(|said| said.no).copied().collect();
        for (other, since) in self.doubted_since(people, person) {
            let theirs = yeses(other);
            nos.extend(of(other).filter(|said| said.no && !lifted(said, &theirs, since)));
        }
        let nos = nos.into_iter().map(|no| (no, !lifted(&no, &mine, Minute::MAX))).collect();
        (mine, nos)
    }

    /// Who may be the same person, and since when that is known by the whole of some way to them.
    fn doubted_since(&self, people: &People, person: usize) -> BTreeMap<usize, Minute> {
        let mut doubts: Vec<(Minute, usize, usize)> = Vec::new();
        for holders in &people.0 {
            doubts.extend(holders.windows(2).map(|two| (two[1].from, two[0].person, two[1].person)));
        }
        for ((one, other), at) in &self.linked {
            doubts.push((*at, people.person(*one, *at), people.person(*other, *at)));
        }
        let mut since = BTreeMap::from([(person, EVER)]);
        for _ in 0..doubts.len() {
            for (at, one, other) in &doubts {
                for (from, to) in [(one, other), (other, one)] {
                    if let Some(known) = since.get(from).copied() {
                        let here = since.entry(*to).or_insert(Minute::MAX);
                        *here = (*here).min(known.max(*at));
                    }
                }
            }
        }
        since.remove(&person);
        since
    }

    fn people(&self) -> People {
        let first = |person| vec![Holder { from: EVER, person, seen: false, came: BTreeSet::new() }];
        let mut people = People((0..IDENTITIES).map(first).collect());
        for (one, other) in &self.same {
            people.unite((*one, 0), (*other, 0));
        }
        let instants = self.seen.iter().chain(&self.moved).map(|(at, ..)| *at);
        for at in instants.collect::<BTreeSet<_>>() {
            let then = |all: &BTreeSet<(Minute, usize, usize)>| {
                all.iter()
                    .filter(|fact| fact.0 == at)
                    .map(|(_, one, other)| (*one, *other))
                    .collect::<Vec<_>>()
            };
            people.pass(at, &then(&self.seen), &then(&self.moved));
        }
        people
    }
}

impl People {
    fn person(&self, identity: usize, at: Minute) -> usize {
        self.0[identity].iter().rev().find(|holder| holder.from <= at).unwrap().person
    }

    /// Whoever has an identity, as a place in the lists.
    fn present(&self, identity: usize) -> (usize, usize) {
        (identity, self.0[identity].len() - 1)
    }

    fn of(&self, place: (usize, usize)) -> usize {
        self.0[place.0][place.1].person
    }

    fn unite(&mut self, one: (usize, usize), other: (usize, usize)) {
        let (one, other) = (self.of(one), self.of(other));
        for holder in self.0.iter_mut().flatten().filter(|holder| holder.person == other) {
            holder.person = one;
        }
    }

    /// From an instant on somebody unknown has a number; once for an instant.
    fn hand_over(&mut self, number: usize, at: Minute) {
        let (_, last) = self.present(number);
        if self.0[number][last].from < at {
            let person = 1 + self.0.iter().flatten().map(|holder| holder.person).max().unwrap();
            self.0[number].push(Holder { from: at, person, seen: false, came: BTreeSet::new() });
        }
    }

    /// A change that is told once more, by another of the business's numbers, is no other; nor is the sighting in it. But who
    /// is known to have the old number by now may have changed as well: then nobody knows whose both are.
    fn pass(&mut self, at: Minute, seen: &[(usize, usize)], moved: &[(usize, usize)]) {
        let present = |identity: &usize| self.of(self.present(*identity));
        let holder = |identity: &usize| self.0[*identity].last().unwrap();
        let (told, moved): (Vec<(usize, usize)>, Vec<_>) = moved
            .iter()
            .copied()
            .partition(|(from, to)| holder(to).came.contains(from) && present(from) != present(to));
        let is_told = |(user, number): &(usize, usize)| {
            told.iter().any(|(from, to)| from == number && present(to) == present(user))
        };
        let seen: Vec<_> = seen.iter().copied().filter(|seen| !is_told(seen)).collect();
        let unclear: Vec<_> = told.iter().filter(|(from, _)| holder(from).seen).copied().collect();
        self.see_and_move(at, &seen, &moved);
        for number in unclear.iter().flat_map(|(from, to)| [*from, *to]).filter(|number| !is_user(*number)) {
            self.hand_over(number, at);
        }
    }

    /// Within an instant people are first seen and then change; who is seen at a new number has come already.
    fn see_and_move(&mut self, at: Minute, seen: &[(usize, usize)], moved: &[(usize, usize)]) {
        let movers: BTreeMap<_, _> = moved.iter().map(|(from, _)| (*from, self.present(*from))).collect();
        let left: Vec<usize> = (0..NUMBERS)
            .filter(|number| {
                let (place, last) = self.present(*number);
                let holder = &self.0[place][last];
                let theirs = |user: &usize| self.of(self.present(*user)) == holder.person;
                let elsewhere = seen.iter().any(|(user, _)| theirs(user))
                    && !seen.iter().any(|(user, there)| there == number && theirs(user));
                let another = seen.iter().any(|(_, there)| there == number)
                    && !seen.iter().any(|(user, there)| there == number && theirs(user));
                elsewhere || (another && holder.seen && !movers.contains_key(number))
            })
            .collect();
        for number in left {
            self.hand_over(number, at);
        }
        let arrives =
            |number: &usize| !movers.contains_key(number) && moved.iter().any(|(_, to)| to == number);
        for (user, number) in seen.iter().filter(|(_, number)| !arrives(number)) {
            let holder = movers.get(number).copied().unwrap_or_else(|| self.present(*number));
            self.see(*user, holder);
        }
        for from in movers.keys() {
            self.hand_over(*from, at);
        }
        for to in moved.iter().map(|(_, to)| *to).filter(|to| !is_user(*to)) {
            self.hand_over(to, at);
        }
        for (from, to) in moved {
            let (place, last) = self.present(*to);
            self.unite(movers[from], (place, last));
            self.0[place][last].came.insert(*from);
        }
        for (user, number) in seen.iter().filter(|(_, number)| arrives(number)) {
            self.see(*user, self.present(*number));
        }
    }

    fn see(&mut self, user: usize, holder: (usize, usize)) {
        self.unite(self.present(user), holder);
        self.0[holder.0][holder.1].seen = true;
    }
}
