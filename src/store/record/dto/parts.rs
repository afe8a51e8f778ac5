//! The parts of a stored contact.

use serde::{Deserialize, Serialize};

use super::Invalid;
use crate::model::{
    Category, ContactId, OptIn, OptOut, Phone, Scope, SenderId, StatementId, Ties, Time, Topic, UserId,
    contact::SenderRegisters,
    statement::{Registers, Weak},
    vec_map::VecMap,
};

/// Milliseconds since the epoch, if ever.
pub(in crate::store::record) type Instant = Option<u64>;

/// What an identity has to do with others. Every list is sorted and names each only once.
#[derive(Serialize, Deserialize)]
pub(super) struct Related {
    numbers: Vec<(u64, [u8; 16])>,
    users: Vec<[u8; 16]>,
    moved_to: Vec<(u64, [u8; 16])>,
    moved_from: Vec<(u64, [u8; 16])>,
    same: Vec<[u8; 16]>,
    linked: Vec<(u64, [u8; 16])>,
    names: Vec<[u8; 16]>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Scoped<'a> {
    #[serde(borrow)]
    scope: About<'a>,
    own_in: Option<In>,
    asserted_in: Option<In>,
    own_out: Option<Out>,
    asserted_out: Option<Out>,
}

/// A category by its place in `Category::ALL`: the order of the contract, which is append-only.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(in crate::store::record) enum About<'a> {
    Everything,
    Category(u8),
    Topic(&'a str),
}

#[derive(Serialize, Deserialize)]
struct In {
    at: u64,
    id: [u8; 16],
    expires_at: Instant,
    weak: u16,
    method: u8,
}

#[derive(Serialize, Deserialize)]
struct Out {
    at: u64,
    id: [u8; 16],
    channel: u8,
}

#[derive(Serialize, Deserialize)]
pub(super) struct BySender<'a> {
    sender: &'a str,
    blocked_by_user: Instant,
    reported_by_user: Instant,
    blocked_by_business: Instant,
    unblocked_by_business: Instant,
    window_closed: Instant,
}

impl Related {
    pub(super) fn of(ties: &Ties) -> Self {
        let timed = |ties: &[(Time, ContactId)]| ties.iter().map(|(at, id)| (same(*at), id.0)).collect();
        let plain = |ties: &[ContactId]| ties.iter().map(|id| id.0).collect();
        Self {
            numbers: timed(&ties.numbers),
            users: plain(&ties.users),
            moved_to: timed(&ties.moved_to),
            moved_from: timed(&ties.moved_from),
            same: plain(&ties.same),
            linked: timed(&ties.linked),
            names: plain(&ties.names),
        }
    }

    pub(super) fn into_ties(self) -> Result<Ties, Invalid> {
        let timed = |ties: Vec<(u64, [u8; 16])>| {
            let ties = ties.into_iter().map(|(at, id)| pair(at, ContactId(id)));
            sorted(ties.collect::<Result<Vec<_>, _>>()?)
        };
        let plain = |ties: Vec<[u8; 16]>| sorted(ties.into_iter().map(ContactId).collect());
        Ok(Ties {
            numbers: timed(self.numbers)?,
            users: plain(self.users)?,
            moved_to: timed(self.moved_to)?,
            moved_from: timed(self.moved_from)?,
            same: plain(self.same)?,
            linked: timed(self.linked)?,
            names: plain(self.names)?,
        })
    }
}

fn sorted<T: Ord>(all: Vec<T>) -> Result<Vec<T>, Invalid> {
    if all.is_sorted_by(|a, b| a < b) { Ok(all) } else { Err("order of ties") }
}

impl<'a> Scoped<'a> {
    pub(super) fn of((scope, registers): (&'a Scope, &Registers)) -> Self {
        Self {
            scope: About::of(scope),
            own_in: registers.own_in.map(In::of),
            asserted_in: registers.asserted_in.map(In::of),
            own_out: registers.own_out.map(Out::of),
            asserted_out: registers.asserted_out.map(Out::of),
        }
    }

    pub(super) fn into_entry(self) -> Result<(Scope, Registers), Invalid> {
        let registers = Registers {
            own_in: self.own_in.map(In::into_opt_in).transpose()?,
            asserted_in: self.asserted_in.map(In::into_opt_in).transpose()?,
            own_out: self.own_out.map(Out::into_opt_out).transpose()?,
            asserted_out: self.asserted_out.map(Out::into_opt_out).transpose()?,
        };
        Ok((self.scope.into_scope()?, registers))
    }
}

impl<'a> About<'a> {
    pub(super) fn of(scope: &'a Scope) -> Self {
        match scope {
            Scope::Everything => Self::Everything,
            Scope::Category(category) => Self::Category(match category {
                Category::Marketing => 0,
                Category::Utility => 1,
                Category::Authentication => 2,
                Category::Service => 3,
            }),
            Scope::Topic(topic) => Self::Topic(topic.as_str()),
        }
    }

    pub(super) fn into_scope(self) -> Result<Scope, Invalid> {
        match self {
            Self::Everything => Ok(Scope::Everything),
            Self::Category(code) => {
                Category::ALL.get(usize::from(code)).copied().map(Scope::Category).ok_or("category")
            }
            Self::Topic(text) => Topic::parse(text).map(Scope::Topic).map_err(|_| "topic"),
        }
    }
}

impl In {
    fn of(opt_in: OptIn) -> Self {
        Self {
            at: same(opt_in.at),
            id: opt_in.id.0,
            expires_at: instant(opt_in.expires_at),
            weak: opt_in.weak.0,
            method: opt_in.method,
        }
    }

    fn into_opt_in(self) -> Result<OptIn, Invalid> {
        let (id, weak) = (StatementId(self.id), Weak(self.weak));
        Ok(OptIn { at: at(self.at)?, id, expires_at: time(self.expires_at)?, weak, method: self.method })
    }
}

impl Out {
    fn of(opt_out: OptOut) -> Self {
        Self { at: same(opt_out.at), id: opt_out.id.0, channel: opt_out.channel }
    }

    fn into_opt_out(self) -> Result<OptOut, Invalid> {
        Ok(OptOut { at: at(self.at)?, id: StatementId(self.id), channel: self.channel })
    }
}

impl<'a> BySender<'a> {
    pub(super) fn of((sender, registers): (&'a SenderId, &SenderRegisters)) -> Self {
        Self {
            sender: sender.as_str(),
            blocked_by_user: instant(registers.blocked_by_user),
            reported_by_user: instant(registers.reported_by_user),
            blocked_by_business: instant(registers.blocked_by_business),
            unblocked_by_business: instant(registers.unblocked_by_business),
            window_closed: instant(registers.window_closed),
        }
    }

    pub(super) fn into_entry(self) -> Result<(SenderId, SenderRegisters), Invalid> {
        let registers = SenderRegisters {
            blocked_by_user: time(self.blocked_by_user)?,
            reported_by_user: time(self.reported_by_user)?,
            blocked_by_business: time(self.blocked_by_business)?,
            unblocked_by_business: time(self.unblocked_by_business)?,
            window_closed: time(self.window_closed)?,
        };
        let sender = SenderId::parse(self.sender).ok().filter(|sender| sender.as_str() == self.sender);
        Ok((sender.ok_or("sender")?, registers))
    }
}

pub(super) fn phone(digits: u64) -> Result<Phone, Invalid> {
    Phone::from_digits(digits).ok_or("phone number")
}

pub(super) fn user_id(text: &str) -> Result<UserId, Invalid> {
    UserId::parse(text).map_err(|_| "user ID")
}

/// A time is never before the epoch, so its milliseconds have no sign.
pub(super) fn same(time: Time) -> u64 {
    time.millis().unsigned_abs()
}

pub(super) fn instant(time: Option<Time>) -> Instant {
    time.map(same)
}

pub(super) fn at(millis: u64) -> Result<Time, Invalid> {
    i64::try_from(millis).ok().and_then(Time::from_millis).ok_or("time")
}

pub(super) fn time(millis: Instant) -> Result<Option<Time>, Invalid> {
    millis.map(at).transpose()
}

pub(super) fn pair<T>(millis: u64, value: T) -> Result<(Time, T), Invalid> {
    Ok((at(millis)?, value))
}

/// A map from entries that must be in strict order, as they were written: a record has one spelling only.
pub(super) fn ascending<K: Ord, V: Default>(
    entries: impl Iterator<Item = Result<(K, V), Invalid>>,
) -> Result<VecMap<K, V>, Invalid> {
    let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
    if entries.is_sorted_by(|(a, _), (b, _)| a < b) {
        Ok(entries.into_iter().collect())
    } else {
        Err("order of entries")
    }
}
