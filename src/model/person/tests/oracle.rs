//! Who was who, found by walking through time with lists of facts, and what follows from the list of statements: slow, naive,
//! written from the words of the module alone.

use super::village::{Fact, NUMBERS, What};

/// One holder of an identity: from which instant on, if not from the beginning.
type Holder = (char, Option<i64>);

/// What the walk found.
#[derive(Debug)]
pub(super) struct Oracle {
    facts: Vec<Fact>,
    /// Every instant at which a number was handed over.
    over: Vec<(char, i64)>,
    /// Holders that are one person.
    one: Vec<(Holder, Holder)>,
    /// Holders with whom a user ID was seen, and who came from which number.
    sighted: Vec<Holder>,
    came: Vec<(Holder, char)>,
}

/// What one person said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    by: Holder,
    pub(super) at: i64,
    pub(super) what: What,
}

impl Oracle {
    pub(super) fn of(facts: &[Fact]) -> Self {
        let mut oracle = Self {
            facts: facts.to_vec(),
            over: Vec::new(),
            one: Vec::new(),
            sighted: Vec::new(),
            came: Vec::new(),
        };
        for fact in facts {
            if let Fact::Same(one, other) = fact {
                oracle.one.push(((*one, None), (*other, None)));
            }
        }
        for now in 0..20 {
            oracle.step(now);
        }
        oracle
    }

    fn step(&mut self, now: i64) {
        let seen: Vec<_> = self
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Seen(user, number, at) if *at == now => Some((*user, *number)),
                _ => None,
            })
            .collect();
        let moved: Vec<_> = self
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Moved(from, to, at) if *at == now => Some((*from, *to)),
                _ => None,
            })
            .collect();
        // A change is told again where nobody else came or left since; then it is no other, nor that they were seen there.
        let (told, moved): (Vec<_>, Vec<_>) = moved.into_iter().partition(|(from, to)| {
            self.came.contains(&(self.last_holder(*to), *from))
                && !self.are_one(self.last_holder(*from), self.last_holder(*to))
        });
        let seen: Vec<_> = seen
            .into_iter()
            .filter(|(user, number)| {
                let is_theirs = |(from, to): &(char, char)| {
                    from == number && self.are_one((*user, None), self.last_holder(*to))
                };
                !told.iter().any(is_theirs)
            })
            .collect();
        // Somebody known has the old number: then nobody knows whose change it was.
        let unclear: Vec<_> = told
            .iter()
            .filter(|(from, _)| self.sighted.contains(&self.last_holder(*from)))
            .copied()
            .collect();
        let before = NUMBERS.map(|number| (number, self.last_holder(number)));
        let last = |number: char| before.iter().find(|(name, _)| *name == number).unwrap().1;
        let changes = |number: char| moved.iter().any(|(from, _)| *from == number);
        let mut left = Vec::new();
        for (number, holder) in before {
            // Whoever is seen at some numbers has no other any more.
            let of_holder = |(user, _): &&(char, char)| self.are_one((*user, None), holder);
            let places: Vec<_> = seen.iter().filter(of_holder).map(|(_, place)| *place).collect();
            // Somebody else is seen at the number of who was seen there before.
            let here: Vec<_> = seen.iter().filter(|(_, place)| *place == number).collect();
            let others =
                !here.is_empty() && here.iter().all(|(user, _)| !self.are_one((*user, None), holder));
            let known = self.sighted.contains(&holder);
            if !places.is_empty() && !places.contains(&number) || others && known && !changes(number) {
                left.push((number, now));
            }
        }
        self.over.extend(left);
        let arrives = |number: char| !changes(number) && moved.iter().any(|(_, to)| *to == number);
        let mut one = Vec::new();
        for (user, number) in seen.iter().filter(|(_, number)| !arrives(*number)) {
            let holder = if changes(*number) { last(*number) } else { self.last_holder(*number) };
            self.sighted.push(holder);
            one.push(((*user, None), holder));
        }
        for (from, _) in &moved {
            self.over.push((*from, now));
        }
        for (_, to) in moved.iter().filter(|(_, to)| NUMBERS.contains(to)) {
            self.over.push((*to, now));
        }
        for (from, to) in &moved {
            let there = self.last_holder(*to);
            self.came.push((there, *from));
            one.push((last(*from), there));
        }
        for (user, number) in seen.iter().filter(|(_, number)| arrives(*number)) {
            let holder = self.last_holder(*number);
            self.sighted.push(holder);
            one.push(((*user, None), holder));
        }
        self.one.extend(one);
        for name in unclear.into_iter().flat_map(|(from, to)| [from, to]) {
            if NUMBERS.contains(&name) {
                self.over.push((name, now));
            }
        }
    }

    fn last_holder(&self, name: char) -> Holder {
        (name, self.handed_over(name).last().copied())
    }

    pub(super) fn handed_over(&self, name: char) -> Vec<i64> {
        let mut over: Vec<_> =
            self.over.iter().filter(|(number, _)| *number == name).map(|(_, at)| *at).collect();
        over.sort_unstable();
        over.dedup();
        over
    }

    /// Who had an identity at an instant.
    pub(super) fn holder(&self, name: char, at: i64) -> Holder {
        (name, self.handed_over(name).into_iter().rfind(|over| *over <= at))
    }

    fn are_one(&self, one: Holder, other: Holder) -> bool {
        reach(one, &self.one).contains(&other)
    }

    /// Holders who may be one person, and since when.
    fn doubts(&self) -> Vec<(i64, Holder, Holder)> {
        let mut doubts = Vec::new();
        for (number, at) in &self.over {
            doubts.push((*at, self.holder(*number, *at - 1), self.holder(*number, *at)));
        }
        for fact in &self.facts {
            if let Fact::Linked(one, other, at) = fact {
                doubts.push((*at, self.holder(*one, *at), self.holder(*other, *at)));
            }
        }
        doubts
    }

    /// The first instant at which it is known that two may be one person.
    pub(super) fn in_doubt_since(&self, one: Holder, other: Holder) -> Option<i64> {
        (0..20).find(|now| {
            let known = self.doubts().into_iter().filter(|(at, ..)| at <= now).map(|(_, a, b)| (a, b));
            let ways: Vec<_> = known.chain(self.one.iter().copied()).collect();
            reach(one, &ways).contains(&other)
        })
    }

    pub(super) fn statements(&self) -> Vec<Statement> {
        let mut all = Vec::new();
        for fact in &self.facts {
            if let Fact::Said(who, at, what) = fact {
                all.push(Statement { by: self.holder(*who, *at), at: *at, what: *what });
            }
        }
        all
    }

    /// What a person said under whichever identity.
    pub(super) fn own(&self, person: Holder) -> Vec<Statement> {
        self.statements().into_iter().filter(|said| self.are_one(person, said.by)).collect()
    }

    /// Every no of others that counts for a person: those that stood when the doubt arose, or were said since. `forgets`:
    /// of the yeses of one kind only each person's last is known.
    pub(super) fn crossing(&self, person: Holder, forgets: bool) -> Vec<Statement> {
        let all = self.statements();
        let crosses = |no: &Statement| {
            if self.are_one(person, no.by) {
                return false;
            }
            let Some(since) = self.in_doubt_since(person, no.by) else { return false };
            let own = self.own(no.by);
            let lifts = |yes: &Statement| {
                let is_last = !own.iter().any(|other| other.what == yes.what && other.at > yes.at);
                yes.what.lifts(no.what) && no.at < yes.at && yes.at <= since && (is_last || !forgets)
            };
            !own.iter().any(lifts)
        };
        all.into_iter().filter(|said| super::village::NO.contains(&said.what) && crosses(said)).collect()
    }
}

/// Everybody who is reached.
fn reach(from: Holder, ways: &[(Holder, Holder)]) -> Vec<Holder> {
    let mut reached = vec![from];
    loop {
        let mut more = Vec::new();
        for (one, other) in ways {
            for (here, there) in [(one, other), (other, one)] {
                if reached.contains(here) && !reached.contains(there) && !more.contains(there) {
                    more.push(*there);
                }
            }
        }
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}
