//! Facts, and the records they leave: each fact adds its ties to both ends, and what was said to one log.

use proptest::prelude::*;

use super::super::*;
use crate::model::{
    Category, Event, OptIn, OptOut, Scope, ScopeSet, StatementId, Voice, event::Block, statement::Weak,
};

pub(super) const A: char = 'A';
pub(super) const B: char = 'B';
pub(super) const C: char = 'C';
pub(super) const D: char = 'D';
pub(super) const U: char = 'U';
pub(super) const V: char = 'V';
pub(super) const W: char = 'W';

pub(super) const NUMBERS: [char; 4] = [A, B, C, D];
pub(super) const USERS: [char; 3] = [U, V, W];

/// Something that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// A user ID was seen with a number.
    Seen(char, char, i64),
    /// Whoever had a number changed to another.
    Moved(char, char, i64),
    /// Two user IDs are of one person.
    Same(char, char),
    /// The business says that two are one person.
    Linked(char, char, i64),
    /// Something was said under an identity.
    Said(char, i64, What),
}

/// What can be said, each kind with a register of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    In,
    InMarketing,
    AssertedIn,
    Resumed,
    Settled,
    Unblocked,
    Out,
    OutMarketing,
    AssertedOut,
    Stopped,
    Held,
    Declined,
    DeclinedMarketing,
    BlockedByUser,
    Blocked,
}

pub(super) const YES: [What; 6] =
    [What::In, What::InMarketing, What::AssertedIn, What::Resumed, What::Settled, What::Unblocked];
pub(super) const NO: [What; 9] = [
    What::Out,
    What::OutMarketing,
    What::AssertedOut,
    What::Stopped,
    What::Held,
    What::Declined,
    What::DeclinedMarketing,
    What::BlockedByUser,
    What::Blocked,
];

pub(super) fn at(millis: i64) -> Time {
    Time::from_millis(millis).unwrap()
}

pub(super) const fn seen(user: char, number: char, at: i64) -> Fact {
    Fact::Seen(user, number, at)
}

pub(super) const fn moved(from: char, to: char, at: i64) -> Fact {
    Fact::Moved(from, to, at)
}

pub(super) const fn same(one: char, other: char) -> Fact {
    Fact::Same(one, other)
}

pub(super) const fn linked(one: char, other: char, at: i64) -> Fact {
    Fact::Linked(one, other, at)
}

pub(super) const fn yes(who: char, at: i64) -> Fact {
    Fact::Said(who, at, What::In)
}

pub(super) const fn no(who: char, at: i64) -> Fact {
    Fact::Said(who, at, What::Out)
}

pub(super) const fn block(who: char, at: i64) -> Fact {
    Fact::Said(who, at, What::Blocked)
}

pub(super) const fn unblock(who: char, at: i64) -> Fact {
    Fact::Said(who, at, What::Unblocked)
}

impl What {
    fn event(self, at: Time) -> Event {
        let sender = || SenderId::parse("1001").unwrap();
        let id = StatementId([0; 16]);
        let opt_in = OptIn { at, id, expires_at: None, weak: Weak(0), method: 1 };
        let out = OptOut { at, id, channel: 1 };
        let everything = || ScopeSet::of(vec![Scope::Everything]);
        let marketing = || ScopeSet::of(vec![Scope::Category(Category::Marketing)]);
        match self {
            Self::In => Event::OptIn(Voice::Own, everything(), opt_in),
            Self::InMarketing => Event::OptIn(Voice::Own, marketing(), opt_in),
            Self::AssertedIn => Event::OptIn(Voice::Asserted, everything(), opt_in),
            Self::Resumed => Event::PlatformResume(at),
            Self::Settled => Event::HoldCleared(at),
            Self::Unblocked => Event::Block(sender(), Block::LiftedByBusiness, at),
            Self::Out => Event::OptOut(Voice::Own, everything(), out),
            Self::OutMarketing => Event::OptOut(Voice::Own, marketing(), out),
            Self::AssertedOut => Event::OptOut(Voice::Asserted, everything(), out),
            Self::Stopped => Event::PlatformStop(at),
            Self::Held => Event::Held(at),
            Self::Declined => Event::PromptDeclined(everything(), at),
            Self::DeclinedMarketing => Event::PromptDeclined(marketing(), at),
            Self::BlockedByUser => Event::Block(sender(), Block::ByUser, at),
            Self::Blocked => Event::Block(sender(), Block::ByBusiness, at),
        }
    }

    /// The last time this was said, as a contact tells it.
    pub(super) fn told(self, contact: &Contact) -> Option<Time> {
        let everything = contact.scopes.get(&Scope::Everything).copied().unwrap_or_default();
        let marketing = contact.scopes.get(&Scope::Category(Category::Marketing));
        let marketing = marketing.copied().unwrap_or_default();
        let sender = SenderId::parse("1001").unwrap();
        let sender = contact.by_sender.get(&sender).copied().unwrap_or_default();
        match self {
            Self::In => everything.own_in.map(|said| said.at),
            Self::InMarketing => marketing.own_in.map(|said| said.at),
            Self::AssertedIn => everything.asserted_in.map(|said| said.at),
            Self::Resumed => contact.platform.resumed,
            Self::Settled => contact.hold_cleared,
            Self::Unblocked => sender.unblocked_by_business,
            Self::Out => everything.own_out.map(|said| said.at),
            Self::OutMarketing => marketing.own_out.map(|said| said.at),
            Self::AssertedOut => everything.asserted_out.map(|said| said.at),
            Self::Stopped => contact.platform.stopped,
            Self::Held => contact.held,
            Self::Declined => contact.prompt.declined.get(&Scope::Everything).copied().flatten(),
            Self::DeclinedMarketing => {
                let marketing = Scope::Category(Category::Marketing);
                contact.prompt.declined.get(&marketing).copied().flatten()
            }
            Self::BlockedByUser => sender.blocked_by_user,
            Self::Blocked => sender.blocked_by_business,
        }
    }

    /// Whether a later yes of the same person takes a no back.
    pub(super) fn lifts(self, no: Self) -> bool {
        match no {
            Self::Out => self == Self::In,
            Self::OutMarketing => self == Self::InMarketing,
            Self::AssertedOut => matches!(self, Self::In | Self::AssertedIn),
            Self::Stopped => matches!(self, Self::Resumed | Self::InMarketing),
            Self::Held => matches!(self, Self::Settled | Self::InMarketing | Self::In),
            Self::Declined => self == Self::In,
            Self::DeclinedMarketing => self == Self::InMarketing,
            Self::BlockedByUser => self == Self::In,
            Self::Blocked => self == Self::Unblocked,
            Self::In
            | Self::InMarketing
            | Self::AssertedIn
            | Self::Resumed
            | Self::Settled
            | Self::Unblocked => false,
        }
    }
}

/// The contact to which nothing but this was said.
pub(super) fn said(statements: &[(Time, What)]) -> Contact {
    let mut contact = Contact::default();
    for (at, what) in statements {
        contact.apply(&what.event(*at));
    }
    contact
}

/// One identity's record.
#[derive(Clone, Debug, Default)]
pub(super) struct House {
    pub(super) name: char,
    pub(super) ties: Ties,
    pub(super) log: Vec<(Time, What)>,
    earlier: Vec<(Time, Contact)>,
    contact: Contact,
    windows: Vec<(SenderId, Time)>,
}

/// An identity, what counts for its earlier holders, and for the present one.
type Told = (char, Vec<(Time, Contact)>, Contact);

/// Everything that is stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Village {
    pub(super) houses: Vec<House>,
}

fn id(name: char) -> ContactId {
    ContactId([u8::try_from(name).unwrap(); 16])
}

impl Village {
    /// What some facts leave, told in this order, with everything that was said given to who had the identity.
    pub(super) fn of(facts: &[Fact]) -> Self {
        let mut village = Self::default();
        let mut names: Vec<_> = facts.iter().flat_map(Fact::names).collect();
        names.sort_unstable();
        names.dedup();
        village.houses.extend(names.into_iter().map(|name| House { name, ..House::default() }));
        for fact in facts {
            village.tell(*fact);
        }
        village.divide();
        village
    }

    fn tell(&mut self, fact: Fact) {
        match fact {
            Fact::Seen(user, number, when) => {
                self.tie(user, &Ties { numbers: vec![(at(when), id(number))], ..Ties::default() });
                self.tie(number, &Ties { users: vec![id(user)], ..Ties::default() });
            }
            Fact::Moved(from, to, when) => {
                self.tie(from, &Ties { moved_to: vec![(at(when), id(to))], ..Ties::default() });
                self.tie(to, &Ties { moved_from: vec![(at(when), id(from))], ..Ties::default() });
            }
            Fact::Same(one, other) => {
                self.tie(one, &Ties { same: vec![id(other)], ..Ties::default() });
                self.tie(other, &Ties { same: vec![id(one)], ..Ties::default() });
            }
            Fact::Linked(one, other, when) => {
                self.tie(one, &Ties { linked: vec![(at(when), id(other))], ..Ties::default() });
                self.tie(other, &Ties { linked: vec![(at(when), id(one))], ..Ties::default() });
            }
            Fact::Said(who, when, what) => self.house(who).log.push((at(when), what)),
        }
    }

    fn tie(&mut self, name: char, ties: &Ties) {
        self.house(name).ties.join(ties);
    }

    fn house(&mut self, name: char) -> &mut House {
        self.houses.iter_mut().find(|house| house.name == name).unwrap()
    }

    /// As `Gate::divide` does: what is stored, told apart, and the log.
    pub(super) fn divide(&mut self) {
        let people = self.people();
        for (place, house) in self.houses.iter_mut().enumerate() {
            let over = people.handed_over(place);
            let mut parts = apart(&house.earlier, &house.contact, over);
            for (when, what) in &house.log {
                let holder = over.iter().filter(|over| *over <= when).count();
                parts[holder].join(&said(&[(*when, *what)]));
            }
            house.contact = parts.pop().unwrap();
            house.earlier = over.iter().copied().zip(parts).collect();
        }
    }

    pub(super) fn wrote(&mut self, name: char, sender: &SenderId, when: Time) {
        self.house(name).windows.push((sender.clone(), when));
    }

    pub(super) fn identities(&self) -> Vec<Identity<'_>> {
        self.houses.iter().map(House::identity).collect()
    }

    pub(super) fn people(&self) -> People {
        People::among(&self.identities())
    }

    pub(super) fn people_of(self) -> People {
        self.people()
    }

    pub(super) fn names(&self) -> Vec<char> {
        self.houses.iter().map(|house| house.name).collect()
    }

    pub(super) fn place(&self, name: char) -> usize {
        self.houses.iter().position(|house| house.name == name).unwrap()
    }

    /// Everything that counts, by name, and until when for whom.
    pub(super) fn told(&self) -> Vec<Told> {
        let people = self.people();
        let told = |(place, name): (usize, char)| (name, people.earlier(place), people.now(place));
        let mut told: Vec<_> = self.names().into_iter().enumerate().map(told).collect();
        told.sort_by_key(|(name, ..)| *name);
        told
    }
}

impl House {
    fn identity(&self) -> Identity<'_> {
        let Self { name, ties, earlier, contact, windows, .. } = self;
        Identity { stored: vec![Stored { id: id(*name), ties, earlier, contact, windows }] }
    }
}

impl Fact {
    pub(super) fn names(&self) -> Vec<char> {
        match *self {
            Self::Seen(one, other, _)
            | Self::Moved(one, other, _)
            | Self::Same(one, other)
            | Self::Linked(one, other, _) => vec![one, other],
            Self::Said(one, ..) => vec![one],
        }
    }
}

/// Few instants, so that they meet.
fn instant() -> impl Strategy<Value = i64> + Clone {
    0..12_i64
}

fn anybody() -> impl Strategy<Value = char> + Clone {
    proptest::sample::select([NUMBERS.as_slice(), USERS.as_slice()].concat())
}

/// Facts about few identities.
pub(super) fn fact() -> impl Strategy<Value = Fact> + Clone {
    let number = || proptest::sample::select(&NUMBERS[..]);
    let user = || proptest::sample::select(&USERS[..]);
    let what = proptest::sample::select([YES.as_slice(), NO.as_slice()].concat());
    let common = proptest::sample::select(vec![What::In, What::Out]);
    let different = |one: &char, other: &char| one != other;
    prop_oneof![
        4 => (user(), number(), instant()).prop_map(|(user, number, at)| Fact::Seen(user, number, at)),
        2 => (number(), number(), instant())
            .prop_filter("another", move |(from, to, _)| different(from, to))
            .prop_map(|(from, to, at)| Fact::Moved(from, to, at)),
        1 => (user(), user())
            .prop_filter("another", move |(one, other)| different(one, other))
            .prop_map(|(one, other)| Fact::Same(one, other)),
        2 => (anybody(), anybody(), instant())
            .prop_filter("another", move |(one, other, _)| different(one, other))
            .prop_map(|(one, other, at)| Fact::Linked(one, other, at)),
        4 => (anybody(), instant(), common).prop_map(|(who, at, what)| Fact::Said(who, at, what)),
        4 => (anybody(), instant(), what).prop_map(|(who, at, what)| Fact::Said(who, at, what)),
    ]
}
