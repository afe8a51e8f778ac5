//! The bytes of the messages to one person.

use serde::{Deserialize, Serialize};

use super::{StoreError, body_of, corrupt};
use crate::{
    limits::{Counted, Pair, Reached, SendLog, Sent},
    model::{Category, SenderId, Time, Topic},
};

/// The version of what limits count of a person.
const SENDS_FORMAT: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    /// The numbers, once each.
    #[serde(borrow)]
    senders: Vec<&'a str>,
    #[serde(borrow)]
    sent: Vec<StoredSent<'a>>,
    pairs: Vec<(u32, u64)>,
}

#[derive(Serialize, Deserialize)]
struct StoredSent<'a> {
    id: u64,
    at: u64,
    sender: u32,
    /// 0 = not known, else its place among all.
    category: u8,
    topic: &'a str,
    message: Option<u64>,
    /// The person among those reached, and when they were before.
    reached: Option<(u64, Option<u64>)>,
    /// Throughput, throttle, rate to the person: a bit each.
    counted: u8,
}

/// The bytes of the messages to a person.
pub(crate) fn encode_sends(log: &SendLog) -> Result<Vec<u8>, StoreError> {
    let of_pairs = log.pairs.iter().map(|pair| pair.sender.as_str());
    let mut senders: Vec<&str> = log.sent.iter().map(|sent| sent.sender.as_str()).chain(of_pairs).collect();
    senders.sort_unstable();
    senders.dedup();
    let place = |sender: &SenderId| {
        let place = senders.binary_search(&sender.as_str()).unwrap_or(usize::MAX);
        u32::try_from(place).unwrap_or(u32::MAX)
    };
    let sent = log.sent.iter().map(|sent| StoredSent {
        id: sent.id,
        at: millis(sent.at),
        sender: place(&sent.sender),
        category: category_code(sent.category),
        topic: sent.topic.as_ref().map_or("", Topic::as_str),
        message: sent.message,
        reached: sent.counted.reached.map(|reached| (reached.member, reached.before.map(millis))),
        counted: bits(&sent.counted),
    });
    let sent = sent.collect();
    let pairs = log.pairs.iter().map(|pair| (place(&pair.sender), millis(pair.taken_until))).collect();
    postcard::to_allocvec(&(SENDS_FORMAT, Stored { senders, sent, pairs }))
        .map_err(|error| corrupt(format!("messages to a person have no encoding: {error}")))
}

/// The messages to a person in some bytes.
pub(crate) fn decode_sends(bytes: &[u8]) -> Result<SendLog, StoreError> {
    let (_, body) = body_of(bytes, "record of messages to a person", &[SENDS_FORMAT])?;
    let invalid = |what: &str| corrupt(format!("the messages to a person hold an invalid {what}"));
    let stored: Stored<'_> = postcard::from_bytes(body).map_err(|_| invalid("encoding"))?;
    let senders: Option<Vec<_>> = stored.senders.iter().map(|name| SenderId::parse(name).ok()).collect();
    let senders = senders.ok_or_else(|| invalid("sender"))?;
    let sender = |place: u32| {
        let named = usize::try_from(place).ok().and_then(|place| senders.get(place)).cloned();
        named.ok_or_else(|| invalid("sender"))
    };
    let mut log = SendLog::default();
    for sent in stored.sent {
        let topic = (!sent.topic.is_empty()).then(|| Topic::parse(sent.topic)).transpose();
        log.sent.push(Sent {
            id: sent.id,
            at: time(sent.at).ok_or_else(|| invalid("time"))?,
            sender: sender(sent.sender)?,
            category: category(sent.category).ok_or_else(|| invalid("category"))?,
            topic: topic.map_err(|_| invalid("topic"))?,
            message: sent.message,
            counted: Counted {
                reached: sent
                    .reached
                    .map(|(member, before)| Reached { member, before: before.and_then(time) }),
                throughput: sent.counted & THROUGHPUT != 0,
                throttle: sent.counted & THROTTLE != 0,
                paced: sent.counted & PACED != 0,
            },
        });
    }
    for (place, until) in stored.pairs {
        let taken_until = time(until).ok_or_else(|| invalid("time"))?;
        log.pairs.push(Pair { sender: sender(place)?, taken_until });
    }
    Ok(log)
}

const THROUGHPUT: u8 = 1;
const THROTTLE: u8 = 2;
const PACED: u8 = 4;

fn bits(counted: &Counted) -> u8 {
    let bit = |set: bool, bit: u8| if set { bit } else { 0 };
    bit(counted.throughput, THROUGHPUT) | bit(counted.throttle, THROTTLE) | bit(counted.paced, PACED)
}

fn millis(at: Time) -> u64 {
    at.millis().unsigned_abs()
}

fn time(millis: u64) -> Option<Time> {
    i64::try_from(millis).ok().and_then(Time::from_millis)
}

fn category_code(category: Option<Category>) -> u8 {
    let place = category.and_then(|category| Category::ALL.iter().position(|one| *one == category));
    place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or_default()
}

fn category(code: u8) -> Option<Option<Category>> {
    match code.checked_sub(1) {
        None => Some(None),
        Some(place) => Category::ALL.get(usize::from(place)).copied().map(Some),
    }
}
