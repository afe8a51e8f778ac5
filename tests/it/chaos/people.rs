//! The people of a run, and what was said of them so far.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use super::{
    doors::day,
    draw::Draw,
    history::{Micros, Statement},
};

/// All of them.
pub(crate) const PEOPLE: usize = KNOWN_TO_ALL + WAVERING;
/// Of whom every client speaks, of the first few most.
const KNOWN_TO_ALL: usize = 32;
const HOT: usize = 4;
/// The last of these wrote a day ago, but for a few seconds.
const WROTE_LONG_AGO: usize = 4;
/// Those after them say yes and no in turn, each by one client.
pub(crate) const WAVERING: usize = 6;
/// They say no more for a while after a no, so that answers after it mean something.
const QUIET: Micros = 1_200_000;
/// Behind the clock, so that no yes is dated ahead of any sidecar's.
const BEHIND_MILLIS: i64 = 3000;
const LATE_MILLIS: i64 = 60 * 60 * 1000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

pub(crate) struct People {
    /// With one more at the end, whom the clients do not know.
    each: Vec<Person>,
    /// Who said no last.
    refused: Mutex<VecDeque<usize>>,
}

struct Person {
    last: AtomicI64,
    last_old: AtomicI64,
    refused: AtomicU64,
    /// Acknowledged statements with their revisions.
    told: Mutex<Vec<(Statement, String)>>,
}

impl People {
    pub(crate) fn new() -> Self {
        let person = || Person {
            last: AtomicI64::new(0),
            last_old: AtomicI64::new(day() - LATE_MILLIS),
            refused: AtomicU64::new(0),
            told: Mutex::default(),
        };
        Self { each: (0..=PEOPLE).map(|_| person()).collect(), refused: Mutex::default() }
    }

    pub(crate) fn name(person: usize) -> String {
        format!("49151123{:05}", 45_600 + person)
    }

    /// Every third has another name, which the business knows to be theirs.
    pub(crate) fn other_name(person: usize) -> Option<String> {
        person.is_multiple_of(3).then(|| format!("DE.{}", 880_000_000 + person))
    }

    /// The name under which something is told: what somebody with two names refuses, now under the one and now under the
    /// other. It is always the first of which answers are asked.
    pub(crate) fn name_for(person: usize, said: Statement) -> String {
        let other = Self::other_name(person).filter(|_| !said.yes && said.at % 2 == 0);
        other.unwrap_or_else(|| Self::name(person))
    }

    pub(crate) fn wrote_long_ago(person: usize) -> bool {
        (KNOWN_TO_ALL - WROTE_LONG_AGO..KNOWN_TO_ALL).contains(&person)
    }

    /// Somebody whose window ends soon.
    pub(crate) fn about_to_close(draw: &mut Draw) -> usize {
        KNOWN_TO_ALL - 1 - draw.below(WROTE_LONG_AGO)
    }

    /// Somebody who says yes and no in turn.
    pub(crate) fn wavering(place: usize) -> usize {
        KNOWN_TO_ALL + place
    }

    pub(crate) fn anybody(&self, draw: &mut Draw) -> usize {
        if draw.percent(50) { draw.below(HOT) } else { draw.below(KNOWN_TO_ALL) }
    }

    /// Somebody worth asking about.
    pub(crate) fn interesting(&self, draw: &mut Draw) -> usize {
        let refused = self.refused.lock().unwrap();
        match refused.len() {
            0 => self.anybody(draw),
            _ if draw.percent(35) => self.anybody(draw),
            many => refused[draw.below(many)],
        }
    }

    /// A time that no other statement of a person has: now, or long ago.
    pub(crate) fn time(&self, person: usize, old: bool) -> i64 {
        let person = &self.each[person];
        if old {
            return person.last_old.fetch_add(1, Ordering::SeqCst);
        }
        let now = day() - BEHIND_MILLIS;
        let next = |last: i64| Some(now.max(last + 1));
        let last = person.last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).unwrap();
        now.max(last + 1)
    }

    /// When somebody writes: now, or a day ago so that the window ends soon.
    pub(crate) fn writes_at(person: usize, draw: &mut Draw) -> i64 {
        let soon = i64::try_from(300 + draw.next() % 2200).unwrap();
        if Self::wrote_long_ago(person) { day() - DAY_MILLIS + soon } else { day() - BEHIND_MILLIS }
    }

    pub(crate) fn refuses(&self, person: usize, now: Micros) {
        self.each[person].refused.store(now.max(1), Ordering::SeqCst);
        let mut refused = self.refused.lock().unwrap();
        refused.push_back(person);
        if refused.len() > 3 {
            refused.pop_front();
        }
    }

    pub(crate) fn is_quiet(&self, person: usize, now: Micros) -> bool {
        let refused = self.each[person].refused.load(Ordering::SeqCst);
        refused > 0 && now < refused + QUIET
    }

    pub(crate) fn told(&self, person: usize, said: Statement, revision: String) {
        self.each[person].told.lock().unwrap().push((said, revision));
    }

    /// The last statement that is in the store, with the revision that was given for it.
    pub(crate) fn last_told(&self, person: usize) -> Option<(Statement, String)> {
        self.each[person].told.lock().unwrap().last().cloned()
    }

    /// Any statement that was told.
    pub(crate) fn once_told(&self, person: usize, draw: &mut Draw) -> Option<Statement> {
        let told = self.each[person].told.lock().unwrap();
        (!told.is_empty()).then(|| told[draw.below(told.len())].0)
    }
}
