//! Counting what happened to messages, inside a transaction that others share.

pub(super) mod rows;

use redb::ReadableTable as _;

use super::tables::{Tables, fault};
use crate::{
    model::Time,
    quality::Statuses,
    store::{
        StoreError, Tally,
        tally::{FIELDS_MAX, Mark, OTHERS, hour_forgotten_at, slot_in_hour, split_name},
    },
};

/// Counts marks; the statuses that were new, one a mark.
pub(super) fn count(
    tables: &mut Tables<'_>,
    tally: &Tally,
    wrote: &mut bool,
) -> Result<Vec<Statuses>, StoreError> {
    let mut fresh = Vec::with_capacity(tally.marks.len());
    for mark in &tally.marks {
        let known = known(tables, tally, mark)?;
        let new = mark.statuses.without(known);
        fresh.push(new);
        if new.is_empty() {
            continue;
        }
        *wrote = true;
        let key = (tally.generation(), tally.sender.as_str(), mark.message);
        let kept = (known.and(mark.statuses).bits(), tally.forgotten_at().millis());
        tables.messages.insert(key, kept).map_err(fault)?;
        for counter in new.counters(mark.class) {
            add(tables, tally, mark.hour(), &format!("{}.{}", slot_in_hour(mark.at), counter.place()))?;
            for split in &mark.splits {
                let (kind, name) = split_name(split);
                let named = |name: &str| format!("{kind}{}.{name}", counter.place());
                let own = named(name);
                let is_too_many = is_one_too_many(tables, tally, mark.hour(), &own)?;
                add(tables, tally, mark.hour(), &if is_too_many { named(OTHERS) } else { own })?;
            }
        }
    }
    Ok(fresh)
}

fn known(tables: &Tables<'_>, tally: &Tally, mark: &Mark) -> Result<Statuses, StoreError> {
    let mut known = Statuses::default();
    for generation in tally.generations() {
        let key = (generation, tally.sender.as_str(), mark.message);
        if let Some(kept) = tables.messages.get(key).map_err(fault)? {
            known = known.and(Statuses::from_bits(kept.value().0));
        }
    }
    Ok(known)
}

fn add(tables: &mut Tables<'_>, tally: &Tally, hour: i64, name: &str) -> Result<(), StoreError> {
    let key = (hour, tally.sender.as_str(), name);
    let before = tables.counts.get(key).map_err(fault)?.map_or(0, |count| count.value());
    tables.counts.insert(key, before.saturating_add(1)).map_err(fault)?;
    Ok(())
}

/// True of a number that is new in an hour that has as many as are kept.
fn is_one_too_many(tables: &Tables<'_>, tally: &Tally, hour: i64, name: &str) -> Result<bool, StoreError> {
    let sender = tally.sender.as_str();
    if tables.counts.get((hour, sender, name)).map_err(fault)?.is_some() {
        return Ok(false);
    }
    let mut count = 0;
    for row in tables.counts.range((hour, sender, "")..).map_err(fault)? {
        let (key, _) = row.map_err(fault)?;
        let (of_hour, of, _) = key.value();
        if of_hour != hour || of != sender || count == FIELDS_MAX {
            break;
        }
        count += 1;
    }
    Ok(count == FIELDS_MAX)
}

/// Forgets what nobody asks for any more, at most `limit` rows.
pub(super) fn sweep(
    tables: &mut Tables<'_>,
    now: Time,
    limit: usize,
    wrote: &mut bool,
) -> Result<usize, StoreError> {
    let mut messages = Vec::new();
    for row in tables.messages.range::<(i64, &str, u64)>(..).map_err(fault)?.take(limit) {
        let (key, kept) = row.map_err(fault)?;
        if kept.value().1 > now.millis() {
            break;
        }
        let (generation, sender, message) = key.value();
        messages.push((generation, sender.to_owned(), message));
    }
    let mut counts = Vec::new();
    for row in tables.counts.range::<(i64, &str, &str)>(..).map_err(fault)?.take(limit - messages.len()) {
        let (key, _) = row.map_err(fault)?;
        let (hour, sender, name) = key.value();
        if hour_forgotten_at(hour) > now {
            break;
        }
        counts.push((hour, sender.to_owned(), name.to_owned()));
    }
    for (generation, sender, message) in &messages {
        tables.messages.remove((*generation, sender.as_str(), *message)).map_err(fault)?;
    }
    for (hour, sender, name) in &counts {
        tables.counts.remove((*hour, sender.as_str(), name.as_str())).map_err(fault)?;
    }
    *wrote |= !(messages.is_empty() && counts.is_empty());
    Ok(messages.len() + counts.len())
}
