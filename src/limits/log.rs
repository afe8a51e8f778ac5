//! The messages to one person.

use super::{FrequencyCap, PairRate, Room};
use crate::model::{Category, Millis, SenderId, Time, Topic};

/// Messages that are kept of one person at most; more than any cap counts. The oldest go first.
const SENT_MAX: usize = 4096;

/// For how long a message is kept that no cap counts: while it may be found not to have been sent, or be told of again.
const KEPT: Millis = Millis::hours(24);

/// A message to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its reservation, or a keyed hash of its message ID.
    pub id: u64,
    /// When it was reserved or sent.
    pub at: Time,
    /// The number that sent it.
    pub sender: SenderId,
    /// Its category, where it is known.
    pub category: Option<Category>,
    /// Its topic.
    pub topic: Option<Topic>,
    /// The message that a reservation became, by a keyed hash of its ID.
    pub message: Option<u64>,
    /// Where else it was counted.
    pub counted: Counted,
}

/// Where a message was counted besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counted {
    /// Among the people that the portfolio reached.
    pub reached: Option<Reached>,
    /// In the throughput of the number.
    pub throughput: bool,
    /// Among those that throttling left.
    pub throttle: bool,
    /// In the rate to the person.
    pub paced: bool,
}

/// A person that a portfolio reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Who.
    pub member: u64,
    /// When they had been reached before.
    pub before: Option<Time>,
}

/// How far messages from one number have run ahead of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The number.
    pub sender: SenderId,
    /// When the time that its messages took has passed.
    pub taken_until: Time,
}

/// The messages to one person, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SendLog {
    /// The messages.
    pub sent: Vec<Sent>,
    /// The numbers that have sent some, in order.
    pub pairs: Vec<Pair>,
}

impl SendLog {
    /// Adds a message. True when it is new.
    pub fn add(&mut self, sent: Sent) -> bool {
        if self.sent.iter().any(|known| known.id == sent.id) {
            return false;
        }
        let place = self.sent.partition_point(|known| known.at <= sent.at);
        self.sent.insert(place, sent);
        true
    }

    /// Takes a message back. What it was, if it was there. Its time is given back while no later one of the number has begun its
    /// own: else it may have passed already.
    pub fn take_back(&mut self, id: u64, rate: Option<PairRate>) -> Option<Sent> {
        let place = self.sent.iter().position(|known| known.id == id)?;
        let sent = self.sent.remove(place);
        let is_last = self.sent.iter().all(|other| other.sender != sent.sender || other.at < sent.at);
        if let Some(rate) = rate.filter(|_| sent.counted.paced && is_last)
            && let Some(pair) = self.pairs.iter_mut().find(|pair| pair.sender == sent.sender)
        {
            pair.taken_until = pair.taken_until - rate.every;
        }
        Some(sent)
    }

    /// Takes the time of one more message from a number.
    pub fn pace(&mut self, sender: &SenderId, rate: PairRate, at: Time) {
        match self.pairs.binary_search_by(|pair| pair.sender.cmp(sender)) {
            Ok(place) => {
                if let Some(pair) = self.pairs.get_mut(place) {
                    // In shadow mode more go than may: what is borrowed has an end all the same.
                    let taken_until = pair.taken_until.max(at) + rate.every;
                    pair.taken_until = taken_until.min(at + rate.every + rate.ahead_max());
                }
            }
            Err(place) => {
                self.pairs.insert(place, Pair { sender: sender.clone(), taken_until: at + rate.every });
            }
        }
    }

    /// A24: when one more message from a number may be sent.
    #[must_use]
    pub fn paced_until(&self, sender: &SenderId, rate: PairRate) -> Option<Time> {
        let pair = self.pairs.iter().find(|pair| pair.sender == *sender)?;
        Some(pair.taken_until - rate.ahead_max())
    }

    /// A21: how full a cap is at an instant.
    #[must_use]
    pub fn room(&self, cap: &FrequencyCap, now: Time) -> Room {
        let counts =
            |sent: &&Sent| now < sent.at + cap.quota.per && cap.counts(sent.category, sent.topic.as_ref());
        let times: Vec<Time> = self.sent.iter().filter(counts).map(|sent| sent.at).collect();
        Room::of(&times, false, cap.quota)
    }

    /// Notes which message a reservation became: the one that is named, else the oldest of the number that nothing is known
    /// of and that is no younger. Its place, when there is one.
    pub fn match_message(&mut self, told: &Told<'_>) -> Option<&Sent> {
        let known =
            self.sent.iter().position(|sent| sent.id == told.message || sent.message == Some(told.message));
        let named = || told.reservation.and_then(|id| self.sent.iter().position(|sent| sent.id == id));
        let likely = || {
            let is_likely = |sent: &Sent| {
                let alike =
                    told.category.is_none_or(|category| sent.category.is_none_or(|it| it == category));
                sent.message.is_none()
                    && sent.sender == *told.sender
                    && alike
                    && sent.at <= told.at + Told::EARLY_MAX
            };
            // One that was told of by itself is a message already.
            self.sent.iter().position(is_likely)
        };
        let place =
            known.or_else(named).or_else(|| if told.reservation.is_some() { None } else { likely() })?;
        let sent = self.sent.get_mut(place)?;
        if sent.id != told.message {
            sent.message = Some(told.message);
        }
        Some(sent)
    }

    /// Forgets what nobody counts any more.
    pub fn forget(&mut self, caps: &[FrequencyCap], now: Time) {
        let kept = |sent: &Sent| {
            let counted = caps.iter().filter(|cap| cap.counts(sent.category, sent.topic.as_ref()));
            counted.map(|cap| cap.quota.per).fold(KEPT, Millis::max)
        };
        self.sent.retain(|sent| now < sent.at + kept(sent));
        let too_many = self.sent.len().saturating_sub(SENT_MAX);
        self.sent.drain(..too_many);
        self.pairs.retain(|pair| now < pair.taken_until);
    }

    /// When all of it can be forgotten.
    #[must_use]
    pub fn forgotten_at(&self, caps: &[FrequencyCap]) -> Option<Time> {
        let longest = caps.iter().map(|cap| cap.quota.per).fold(KEPT, Millis::max);
        let sent = self.sent.last().map(|sent| sent.at + longest);
        sent.max(self.pairs.iter().map(|pair| pair.taken_until).max())
    }

    /// The messages of several logs of one person, read together.
    pub fn join(&mut self, other: &Self) {
        for sent in &other.sent {
            self.add(sent.clone());
        }
        for pair in &other.pairs {
            match self.pairs.iter_mut().find(|known| known.sender == pair.sender) {
                Some(known) => known.taken_until = known.taken_until.max(pair.taken_until),
                None => self.pairs.push(pair.clone()),
            }
        }
        self.pairs.sort_by(|a, b| a.sender.cmp(&b.sender));
    }
}

/// A message that was told of after it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// A keyed hash of its ID.
    pub message: u64,
    /// Its reservation, where that is told.
    pub reservation: Option<u64>,
    /// The number that sent it.
    pub sender: &'a SenderId,
    /// Its category, where that is told.
    pub category: Option<Category>,
    /// When it was sent.
    pub at: Time,
}

impl Told<'_> {
    /// The platform tells times in whole seconds, and clocks differ: a message may seem sent before it was reserved.
    const EARLY_MAX: Millis = Millis::seconds(300);
}
