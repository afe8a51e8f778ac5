//! One write inside a transaction that others share.
//!
//! Everything that can refuse a write is found before its first change to a table, so that a refused one leaves
//! nothing behind for the others to commit. An error after that gives up the whole transaction.

use std::collections::{BTreeMap, HashSet};

use redb::ReadableTable;

use super::{
    record,
    tables::{KEY_ROW, Tables, Window, corrupt, fault, last_position, windows_of},
    tally, usage,
    writer::{Answer, Op, Outcome},
};
use crate::{
    model::{SenderId, Time},
    store::{Commit, Committed, ContactId, Erase, LogHead, RegistryRow, SealedEntry, StoreError},
};

/// What a commit will change.
struct Plan {
    version: u64,
    record: Vec<u8>,
    /// Older entries without their payload.
    erased: Vec<(u64, Vec<u8>)>,
    /// Windows that go, or make way for their extension.
    closed: Vec<Window>,
    opened: Vec<Window>,
}

/// Carries out one write; the inner error is its own answer, the outer one ends the transaction.
pub(super) fn apply(tables: &mut Tables<'_>, op: &Op, wrote: &mut bool) -> Result<Answer, StoreError> {
    match op {
        Op::Commit(commit) => match plan(tables, commit) {
            Ok(Ok(plan)) => {
                *wrote = true;
                carry_out(tables, commit, &plan)?;
                Ok(Ok(Outcome::Committed(Committed::Done(plan.version))))
            }
            Ok(Err(refused)) => Ok(Ok(Outcome::Committed(refused))),
            Err(error) => Ok(Err(error)),
        },
        Op::Registry(row) => register(tables, row, wrote).map(|done| Ok(Outcome::Committed(done))),
        Op::Tally(tally) => tally::count(tables, tally, wrote).map(|fresh| Ok(Outcome::Counted(fresh))),
        Op::PutTally(rows) => tally::rows::put(tables, rows, wrote).map(|()| Ok(Outcome::Put)),
        Op::Sends(commit) => {
            let committed = usage::commit_sends(tables, commit, wrote)?;
            Ok(committed.map(Outcome::Sends))
        }
        Op::Enter { entries, now } => {
            usage::enter(tables, entries, *now, wrote).map(|entered| Ok(Outcome::Entered(entered)))
        }
        Op::Leave(leaving) => usage::leave(tables, leaving, wrote).map(|()| Ok(Outcome::Writable)),
        Op::Sweep { now, limit } => sweep(tables, *now, *limit, wrote).map(|count| Ok(Outcome::Swept(count))),
        Op::IdentityKey(wanted) => identity_key(tables, *wanted, wrote).map(|key| Ok(Outcome::Key(key))),
        Op::Ping => Ok(Ok(Outcome::Writable)),
    }
}

/// Decides a commit without changing anything.
fn plan(tables: &Tables<'_>, commit: &Commit) -> Result<Result<Plan, Committed>, StoreError> {
    let id = commit.id;
    for entry in &commit.entries {
        let known = tables.statements.get((&id.0, &entry.statement.0)).map_err(fault)?;
        if let Some(sequence) = known {
            return Ok(Err(Committed::Known(entry.statement, sequence.value())));
        }
    }
    let stored = tables.contacts.get(&id.0).map_err(fault)?;
    let stored = stored.map(|bytes| record::decode(bytes.value())).transpose()?.unwrap_or_default();
    let follows = (stored.version == commit.expected).then(|| extended(stored.head, &commit.entries));
    let (Some(Some(head)), Some(version)) = (follows, stored.version.checked_add(1)) else {
        return Ok(Err(Committed::Conflict));
    };
    let erased = erased_log(tables, id, &commit.erase)?;
    let (closed, opened) = changed_windows(windows_of(&tables.windows, id)?, commit);
    let record = record::encode(&commit.record, version, head)?;
    Ok(Ok(Plan { version, record, erased, closed, opened }))
}

/// The head after some entries; none when they do not continue the chain.
fn extended(mut head: LogHead, entries: &[SealedEntry]) -> Option<LogHead> {
    for entry in entries {
        if Some(entry.sequence) != head.length.checked_add(1) || entry.previous != head.hash {
            return None;
        }
        head = LogHead { length: entry.sequence, hash: entry.hash };
    }
    Some(head)
}

fn erased_log(tables: &Tables<'_>, id: ContactId, erase: &Erase) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let mut erased = Vec::new();
    let these: Option<HashSet<u64>> = match erase {
        Erase::Nothing => return Ok(erased),
        Erase::Payloads(these) => Some(these.iter().copied().collect()),
        Erase::Everything => None,
    };
    for row in tables.log.range((&id.0, 0)..=(&id.0, u64::MAX)).map_err(fault)? {
        let (key, bytes) = row.map_err(fault)?;
        let sequence = key.value().1;
        let spared = these.as_ref().is_some_and(|these| !these.contains(&sequence));
        if let Some(left) = record::without_payload(sequence, bytes.value())?
            && !spared
        {
            erased.push((sequence, left));
        }
    }
    Ok(erased)
}

/// Which stored windows go and which are put: a window is only ever extended, except by an erasure.
fn changed_windows(stored: Vec<Window>, commit: &Commit) -> (Vec<Window>, Vec<Window>) {
    let before: BTreeMap<SenderId, (Time, Time)> =
        stored.iter().map(|window| (window.sender.clone(), (window.last, window.end))).collect();
    let mut after = if commit.erase == Erase::Everything { BTreeMap::new() } else { before.clone() };
    for (sender, last, end) in &commit.windows {
        let window = after.entry(sender.clone()).or_insert((*last, *end));
        if window.0 <= *last {
            *window = (*last, window.1.max(*end));
        }
    }
    let closed = stored
        .into_iter()
        .filter(|window| after.get(&window.sender) != Some(&(window.last, window.end)))
        .collect();
    let opened = after.into_iter().filter(|(sender, times)| before.get(sender) != Some(times));
    (closed, opened.map(|(sender, (last, end))| Window { sender, last, end }).collect())
}

fn carry_out(tables: &mut Tables<'_>, commit: &Commit, plan: &Plan) -> Result<(), StoreError> {
    let id = &commit.id.0;
    tables.contacts.insert(id, plan.record.as_slice()).map_err(fault)?;
    for (sequence, bytes) in &plan.erased {
        tables.log.insert((id, *sequence), bytes.as_slice()).map_err(fault)?;
    }
    for window in &plan.closed {
        let sender = window.sender.as_str();
        tables.windows.remove((id, sender)).map_err(fault)?;
        tables.ends.remove((window.end.millis(), id, sender)).map_err(fault)?;
    }
    for window in &plan.opened {
        let (sender, end) = (window.sender.as_str(), window.end.millis());
        tables.windows.insert((id, sender), (window.last.millis(), end)).map_err(fault)?;
        tables.ends.insert((end, id, sender), ()).map_err(fault)?;
    }
    let mut position = last_position(&tables.changes)?;
    for entry in &commit.entries {
        let bytes = record::encode_entry(entry);
        tables.log.insert((id, entry.sequence), bytes.as_slice()).map_err(fault)?;
        tables.statements.insert((id, &entry.statement.0), entry.sequence).map_err(fault)?;
        position = position.saturating_add(1);
        tables.changes.insert(position, (id, entry.sequence)).map_err(fault)?;
    }
    Ok(())
}

fn register(tables: &mut Tables<'_>, row: &RegistryRow, wrote: &mut bool) -> Result<Committed, StoreError> {
    let stored = tables.registry.get(row.key.as_str()).map_err(fault)?.map_or(0, |found| found.value().0);
    let Some(version) = row.version.checked_add(1).filter(|_| stored == row.version) else {
        return Ok(Committed::Conflict);
    };
    *wrote = true;
    tables.registry.insert(row.key.as_str(), (version, row.value.as_slice())).map_err(fault)?;
    Ok(Committed::Done(version))
}

fn sweep(tables: &mut Tables<'_>, now: Time, limit: usize, wrote: &mut bool) -> Result<usize, StoreError> {
    let mut ended = Vec::new();
    for row in tables.ends.range::<(i64, &[u8; 16], &str)>(..).map_err(fault)?.take(limit) {
        let (key, ()) = row.map(|(key, _)| (key, ())).map_err(fault)?;
        let (end, id, sender) = key.value();
        if end > now.millis() {
            break;
        }
        ended.push((end, *id, sender.to_owned()));
    }
    for (end, id, sender) in &ended {
        *wrote = true;
        tables.ends.remove((*end, id, sender.as_str())).map_err(fault)?;
        tables.windows.remove((id, sender.as_str())).map_err(fault)?;
    }
    let mut swept = ended.len();
    swept += tally::sweep(tables, now, limit.saturating_sub(swept), wrote)?;
    swept += usage::sweep(tables, now, limit.saturating_sub(swept), wrote)?;
    Ok(swept)
}

fn identity_key(tables: &mut Tables<'_>, wanted: [u8; 32], wrote: &mut bool) -> Result<[u8; 32], StoreError> {
    if let Some(stored) = tables.meta.get(KEY_ROW).map_err(fault)? {
        // Another key would orphan every contact, so a damaged one is never replaced.
        return stored.value().try_into().map_err(|_| corrupt("the identity key is damaged"));
    }
    *wrote = true;
    tables.meta.insert(KEY_ROW, wanted.as_slice()).map_err(fault)?;
    Ok(wanted)
}
