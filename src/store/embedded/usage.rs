//! What limits count, inside a transaction that others share, or over one snapshot.

use redb::ReadableTable;

use super::tables::{GaugeTimeKey, Id, Tables, fault};
use crate::{
    model::Time,
    store::{
        ContactId, Entered, Entry, Found, Leaving, Sends, SendsCommitted, StoreError, usage::GAUGE_KEPT,
    },
};

/// The messages to a person that a writer would store: nothing to forget them.
pub(super) struct SendsCommit {
    pub(super) id: ContactId,
    pub(super) expected: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) kept_until: Option<Time>,
}

/// The messages to a person.
pub(super) fn sends(
    table: &impl ReadableTable<Id, (i64, &'static [u8])>,
    id: ContactId,
) -> Result<Sends, StoreError> {
    match table.get(&id.0).map_err(fault)? {
        Some(stored) => Sends::decode(stored.value().1),
        None => Ok(Sends::default()),
    }
}

/// Writes the messages to a person, if nobody wrote since they were read. The inner error is its own answer.
pub(super) fn commit_sends(
    tables: &mut Tables<'_>,
    commit: &SendsCommit,
    wrote: &mut bool,
) -> Result<Result<SendsCommitted, StoreError>, StoreError> {
    let stored = match sends(&tables.sends, commit.id) {
        Ok(stored) => stored,
        Err(error) => return Ok(Err(error)),
    };
    if stored.tag != commit.expected {
        return Ok(Ok(SendsCommitted::Changed(stored)));
    }
    *wrote = true;
    let id = &commit.id.0;
    let before = tables.sends.get(id).map_err(fault)?.map(|stored| stored.value().0);
    if let Some(end) = before {
        tables.send_ends.remove((end, id)).map_err(fault)?;
    }
    match commit.kept_until {
        None => drop(tables.sends.remove(id).map_err(fault)?),
        Some(until) => {
            tables.sends.insert(id, (until.millis(), commit.bytes.as_slice())).map_err(fault)?;
            tables.send_ends.insert((until.millis(), id), ()).map_err(fault)?;
        }
    }
    Ok(Ok(SendsCommitted::Done))
}

/// How full a gauge is for one more member.
pub(super) fn look(
    members: &impl ReadableTable<(&'static str, u64), i64>,
    times: &impl ReadableTable<GaugeTimeKey, ()>,
    sizes: &impl ReadableTable<&'static str, u64>,
    entry: &Entry,
    now: Time,
) -> Result<Found, StoreError> {
    let (name, left) = (entry.gauge.name(), entry.left_at(now));
    let name = name.as_str();
    let all = sizes.get(name).map_err(fault)?.map_or(0, |size| size.value());
    let mut gone = 0;
    for row in times.range((name, 0, 0)..=(name, left.max(0), u64::MAX)).map_err(fault)? {
        row.map_err(fault)?;
        gone += 1;
    }
    let used = all.saturating_sub(gone);
    let before = members.get((name, entry.member)).map_err(fault)?.map(|at| at.value());
    let mut leaves = None;
    if let Some(others) = used.checked_sub(u64::from(entry.quota.max)) {
        let others = usize::try_from(others).unwrap_or(usize::MAX);
        let mut live = times.range((name, left + 1, 0)..=(name, i64::MAX, u64::MAX)).map_err(fault)?;
        leaves = live.nth(others).transpose().map_err(fault)?.map(|(key, _)| key.value().1);
    }
    let instant = |millis: Option<i64>| millis.and_then(Time::from_millis);
    Ok(Found::of(entry, used, instant(before), now, instant(leaves)))
}

/// Makes entries, or none when one must stay out.
pub(super) fn enter(
    tables: &mut Tables<'_>,
    entries: &[Entry],
    now: Time,
    wrote: &mut bool,
) -> Result<Entered, StoreError> {
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        found.push(look(&tables.gauges, &tables.gauge_times, &tables.gauge_sizes, entry, now)?);
    }
    if found.iter().zip(entries).any(|(found, entry)| found.refuses(entry)) {
        return Ok(Entered { done: false, found });
    }
    *wrote = true;
    for entry in entries {
        let name = entry.gauge.name();
        prune(tables, &name, entry.left_at(now))?;
        let before = tables.gauges.get((name.as_str(), entry.member)).map_err(fault)?.map(|at| at.value());
        let at = before.map_or(entry.at.millis(), |before| before.max(entry.at.millis()));
        put(tables, &name, entry.member, before, Some(at))?;
    }
    Ok(Entered { done: true, found })
}

/// Takes entries back.
pub(super) fn leave(
    tables: &mut Tables<'_>,
    leaving: &[Leaving],
    wrote: &mut bool,
) -> Result<(), StoreError> {
    for one in leaving {
        let name = one.gauge.name();
        let stored = tables.gauges.get((name.as_str(), one.member)).map_err(fault)?.map(|at| at.value());
        if stored == Some(one.at.millis()) {
            *wrote = true;
            put(tables, &name, one.member, stored, one.before.map(Time::millis))?;
        }
    }
    Ok(())
}

/// Puts a member's time in the place of the one before.
fn put(
    tables: &mut Tables<'_>,
    name: &str,
    member: u64,
    before: Option<i64>,
    after: Option<i64>,
) -> Result<(), StoreError> {
    if let Some(before) = before {
        tables.gauge_times.remove((name, before, member)).map_err(fault)?;
    }
    match after {
        Some(after) => {
            tables.gauge_times.insert((name, after, member), ()).map_err(fault)?;
            tables.gauges.insert((name, member), after).map_err(fault)?;
        }
        None => drop(tables.gauges.remove((name, member)).map_err(fault)?),
    }
    let size = tables.gauge_sizes.get(name).map_err(fault)?.map_or(0, |size| size.value());
    let size = match (before, after) {
        (None, Some(_)) => size.saturating_add(1),
        (Some(_), None) => size.saturating_sub(1),
        _ => return Ok(()),
    };
    tables.gauge_sizes.insert(name, size).map_err(fault)?;
    Ok(())
}

/// Forgets the members of a gauge that were seen until then.
fn prune(tables: &mut Tables<'_>, name: &str, until: i64) -> Result<usize, StoreError> {
    let mut gone = Vec::new();
    for row in tables.gauge_times.range((name, 0, 0)..=(name, until.max(0), u64::MAX)).map_err(fault)? {
        let (key, ()) = row.map(|(key, _)| (key, ())).map_err(fault)?;
        let (_, at, member) = key.value();
        gone.push((at, member));
    }
    for (at, member) in &gone {
        put(tables, name, *member, Some(*at), None)?;
    }
    Ok(gone.len())
}

/// Forgets what nobody asks for any more, at most about `limit` rows.
pub(super) fn sweep(
    tables: &mut Tables<'_>,
    now: Time,
    limit: usize,
    wrote: &mut bool,
) -> Result<usize, StoreError> {
    let mut ended = Vec::new();
    for row in tables.send_ends.range::<(i64, &[u8; 16])>(..).map_err(fault)?.take(limit) {
        let (key, _) = row.map_err(fault)?;
        let (end, id) = key.value();
        if end > now.millis() {
            break;
        }
        ended.push((end, *id));
    }
    for (end, id) in &ended {
        tables.send_ends.remove((*end, id)).map_err(fault)?;
        tables.sends.remove(id).map_err(fault)?;
    }
    let mut swept = ended.len();
    let mut names = Vec::new();
    for row in tables.gauge_sizes.iter().map_err(fault)? {
        let (name, size) = row.map_err(fault)?;
        names.push((name.value().to_owned(), size.value()));
    }
    for (name, size) in names {
        if swept >= limit {
            break;
        }
        swept += prune(tables, &name, (now - GAUGE_KEPT).millis())?;
        if size == 0 {
            tables.gauge_sizes.remove(name.as_str()).map_err(fault)?;
            swept += 1;
        }
    }
    *wrote |= swept > 0;
    Ok(swept)
}
