//! What limits counted, for decisions: read from the store, and remembered for a moment where nothing has to be exact.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;

use super::{Gate, check::Check, view::View};
use crate::{
    limits::{Quota, Room, SendLog},
    model::{Category, Recipient, Time},
    policy::{self, Facts, Rules, Takes, Verdict},
    senders::SenderProfile,
    store::{ContactId, Entry, Gauge, Sends, StoreError},
};

/// How old a count may be that a check without `reserve` goes by. Other sidecars count too, and tell nobody.
const REMEMBERED_FOR: Duration = Duration::from_secs(1);
/// People whose messages are remembered at most.
const PEOPLE_MAX: u64 = 100_000;
/// Gauges that are remembered at most.
const GAUGES_MAX: u64 = 10_000;

/// What was counted, as it was read a moment ago.
#[derive(Debug)]
pub(super) struct Remembered {
    people: Cache<ContactId, Arc<Sends>>,
    /// Those with room: whether a person is among the members of a full one is asked each time.
    rooms: Cache<Gauge, Room>,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            people: Cache::builder().max_capacity(PEOPLE_MAX).time_to_live(REMEMBERED_FOR).build(),
            rooms: Cache::builder().max_capacity(GAUGES_MAX).time_to_live(REMEMBERED_FOR).build(),
        }
    }
}

impl Remembered {
    pub(super) fn forget_person(&self, id: ContactId) {
        self.people.invalidate(&id);
    }

    pub(super) fn forget_gauge(&self, gauge: &Gauge) {
        self.rooms.invalidate(gauge);
    }
}

/// A message whose decision looks at counts.
#[derive(Clone, Copy)]
pub(super) struct Counting<'a> {
    pub(super) check: &'a Check,
    pub(super) profile: &'a SenderProfile,
    pub(super) view: &'a View,
    pub(super) facts: Facts<'a>,
    pub(super) now: Time,
}

/// The messages to a person, and under which id they are written.
#[derive(Clone, Debug, Default)]
pub(super) struct PersonSends {
    /// What stands under that id.
    pub(super) own: Sends,
    /// What was counted under other identities of theirs, before these were known to be one person.
    pub(super) others: SendLog,
}

impl PersonSends {
    /// Everything.
    pub(super) fn all(&self) -> SendLog {
        let mut all = self.own.log.clone();
        all.join(&self.others);
        all
    }
}

impl Counting<'_> {
    pub(super) fn rules(&self) -> &Rules {
        &self.profile.profile.rules
    }

    /// The id that what a person was sent is kept under: the same one on every sidecar.
    pub(super) fn kept_under(&self) -> ContactId {
        self.view.ids().first().copied().unwrap_or(self.view.id)
    }

    pub(super) fn decide(&self, facts: &Facts<'_>) -> Verdict {
        let request = &self.check.request;
        if self.check.explain {
            policy::explain(self.rules(), facts, request, self.now)
        } else {
            policy::decide(self.rules(), facts, request, self.now)
        }
    }

    /// The person among those that a portfolio reached: under one name, whichever identity was asked for and whichever of
    /// its businesses writes.
    pub(super) fn person_in_portfolio(&self, gate: &Gate) -> u64 {
        let phone = self.view.record.contact.phone.map(Recipient::Phone);
        let person = phone.as_ref().unwrap_or(&self.check.request.recipient);
        first_8(gate.names.id(&self.profile.portfolio, person).0)
    }

    pub(super) fn takes(&self) -> Takes {
        policy::takes(self.rules(), &self.facts, &self.check.request, self.now).1
    }

    /// What the message counts as: the platform's category of its template where that is known.
    pub(super) fn category(&self) -> Category {
        policy::takes(self.rules(), &self.facts, &self.check.request, self.now).0
    }
}

impl Gate {
    /// Decides a message that is not to be counted by what was counted before.
    pub(super) async fn decide_by_counts(&self, counting: &Counting<'_>) -> Result<Verdict, StoreError> {
        let (rules, request) = (counting.rules(), &counting.check.request);
        let wanted = policy::wanted(rules, &counting.facts, request, false);
        let uncounted = counting.decide(&counting.facts);
        // What is denied for good needs no count.
        if wanted == policy::Wanted::default()
            || (!uncounted.allowed && uncounted.retry_at.is_none() && !counting.check.explain)
        {
            return Ok(uncounted);
        }
        let sends = if wanted.person { Some(self.remembered_sends(counting).await?) } else { None };
        let mut facts = counting.facts;
        facts.usage.person = sends.as_deref();
        for entry in self.entries(counting, 0) {
            let room = self.remembered_room(&entry, counting.now).await?;
            note(&mut facts, &entry.gauge, room);
        }
        Ok(counting.decide(&facts))
    }

    /// The entries that a message makes in gauges.
    pub(super) fn entries(&self, counting: &Counting<'_>, message: u64) -> Vec<Entry> {
        let (takes, at) = (counting.takes(), counting.now);
        let person = counting.person_in_portfolio(self);
        let sender = self.counted_as(&counting.profile.sender.id);
        let entry = |gauge, member, take: Option<policy::Take>| {
            take.map(|policy::Take { quota, enforced }| Entry { gauge, member, at, quota, enforced })
        };
        let throughput = takes.throughput.filter(|_| counting.check.reserve);
        [
            entry(Gauge::Throughput(sender.clone()), message, throughput),
            entry(Gauge::Throttle(sender), message, takes.throttle),
            entry(Gauge::Reached(counting.profile.portfolio.clone()), person, takes.reached),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    async fn remembered_sends(&self, counting: &Counting<'_>) -> Result<Arc<SendLog>, StoreError> {
        let id = counting.kept_under();
        let ids = counting.view.ids();
        if let ([_], Some(known)) = (ids, self.remembered.people.get(&id)) {
            return Ok(Arc::new(known.log.clone()));
        }
        let sends = self.read_sends(ids).await?;
        Ok(Arc::new(sends.all()))
    }

    /// The messages to a person, under all their identities.
    pub(super) async fn read_sends(&self, ids: &[ContactId]) -> Result<PersonSends, StoreError> {
        let mut read = self.timed_read(self.store.sends(ids)).await?.into_iter();
        let own = read.next().unwrap_or_default();
        if let [id] = ids {
            self.remembered.people.insert(*id, Arc::new(own.clone()));
        }
        let mut others = SendLog::default();
        for other in read {
            others.join(&other.log);
        }
        Ok(PersonSends { own, others })
    }

    /// How much of their messaging limits configured portfolios use, for whoever watches.
    pub(super) async fn measure_limits(&self) {
        let (directory, now) = (self.directory(), self.clock.now());
        let configured = directory.senders().into_iter().filter(|profile| profile.configured);
        for profile in configured {
            let Some(max) = directory.messaging_limit(&profile) else {
                self.metrics.limits.reached(profile.portfolio.as_str(), 0, 1);
                continue;
            };
            let quota = Quota { max, per: Rules::MESSAGING_LIMIT_PER };
            let gauge = Gauge::Reached(profile.portfolio.clone());
            let entry = Entry { gauge, member: 0, at: now, quota, enforced: false };
            match self.patient_read(self.store.look(&entry, now)).await {
                Ok(found) => self.metrics.limits.reached(profile.portfolio.as_str(), found.room.used, max),
                Err(error) => tracing::debug!(%error, "the use of a messaging limit was not measured"),
            }
        }
    }

    async fn remembered_room(&self, entry: &Entry, now: Time) -> Result<Room, StoreError> {
        if let Some(room) = self.remembered.rooms.get(&entry.gauge) {
            return Ok(room);
        }
        let found = self.timed_read(self.store.look(entry, now)).await?;
        if found.room.used < u64::from(entry.quota.max) {
            self.remembered.rooms.insert(entry.gauge.clone(), Room { counted: false, ..found.room });
        }
        Ok(found.room)
    }
}

/// Notes how full a gauge is.
pub(super) fn note(facts: &mut Facts<'_>, gauge: &Gauge, room: Room) {
    let usage = &mut facts.usage;
    match gauge {
        Gauge::Reached(_) => usage.reached = Some(room),
        Gauge::Throughput(_) => usage.throughput = Some(room),
        Gauge::Throttle(_) => usage.throttle = Some(room),
    }
}

/// The first half of an id.
pub(super) fn first_8([a, b, c, d, e, f, g, h, ..]: [u8; 16]) -> u64 {
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
