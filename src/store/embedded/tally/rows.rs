//! What was counted, row by row: for copies.

use std::ops::Bound;

use redb::{ReadOnlyTable, ReadTransaction, TableError};

use super::super::tables::{COUNTS, CountKey, MESSAGES, MessageKey, Tables, corrupt, fault};
use crate::{
    model::SenderId,
    store::{Cursor, StoreError, TallyKey, TallyPage},
};

/// A file of an older version, that nothing was counted in yet, has no such table.
fn there<T>(table: Result<T, TableError>) -> Result<Option<T>, StoreError> {
    match table {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// Counts first, then messages.
pub(in crate::store::embedded) fn page(
    view: &ReadTransaction,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<TallyPage, StoreError> {
    let after = from.map(key_of).transpose()?;
    let mut rows = Vec::new();
    if !matches!(after, Some(TallyKey::Message(..)))
        && let Some(counts) = there(view.open_table(COUNTS))?
    {
        let begin = match &after {
            Some(TallyKey::Count(sender, hour, name)) => {
                Bound::Excluded((*hour, sender.as_str(), name.as_str()))
            }
            _ => Bound::Unbounded,
        };
        for row in counts.range::<(i64, &str, &str)>((begin, Bound::Unbounded)).map_err(fault)?.take(limit) {
            let (key, count) = row.map_err(fault)?;
            let (hour, sender, name) = key.value();
            rows.push((TallyKey::Count(parsed(sender)?, hour, name.to_owned()), count.value()));
        }
    }
    if let (true, Some(messages)) = (rows.len() < limit, there(view.open_table(MESSAGES))?) {
        let begin = match &after {
            Some(TallyKey::Message(sender, generation, message)) => {
                Bound::Excluded((*generation, sender.as_str(), *message))
            }
            _ => Bound::Unbounded,
        };
        let rest = limit - rows.len();
        for row in messages.range::<(i64, &str, u64)>((begin, Bound::Unbounded)).map_err(fault)?.take(rest) {
            let (key, kept) = row.map_err(fault)?;
            let (generation, sender, message) = key.value();
            rows.push((TallyKey::Message(parsed(sender)?, generation, message), kept.value().0.into()));
        }
    }
    let next = rows.last().filter(|_| rows.len() == limit).map(|(key, _)| cursor(key));
    Ok(TallyPage { rows, next })
}

pub(in crate::store::embedded) fn values(
    view: &ReadTransaction,
    keys: &[TallyKey],
) -> Result<Vec<u64>, StoreError> {
    let counts: Option<ReadOnlyTable<CountKey, u64>> = there(view.open_table(COUNTS))?;
    let messages: Option<ReadOnlyTable<MessageKey, (u8, i64)>> = there(view.open_table(MESSAGES))?;
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let value = match (key, &counts, &messages) {
            (TallyKey::Count(sender, hour, name), Some(counts), _) => {
                let found = counts.get((*hour, sender.as_str(), name.as_str())).map_err(fault)?;
                found.map(|count| count.value())
            }
            (TallyKey::Message(sender, generation, message), _, Some(messages)) => {
                let found = messages.get((*generation, sender.as_str(), *message)).map_err(fault)?;
                found.map(|kept| kept.value().0.into())
            }
            _ => None,
        };
        values.push(value.unwrap_or_default());
    }
    Ok(values)
}

pub(in crate::store::embedded) fn put(
    tables: &mut Tables<'_>,
    rows: &[(TallyKey, u64)],
    wrote: &mut bool,
) -> Result<(), StoreError> {
    for (key, value) in rows {
        *wrote = true;
        match key {
            TallyKey::Count(sender, hour, name) => {
                tables.counts.insert((*hour, sender.as_str(), name.as_str()), *value).map_err(fault)?;
            }
            TallyKey::Message(sender, generation, message) => {
                let bits = u8::try_from(*value).map_err(|_| corrupt("the statuses of a message are none"))?;
                let kept = (bits, key.forgotten_at().millis());
                tables.messages.insert((*generation, sender.as_str(), *message), kept).map_err(fault)?;
            }
        }
    }
    Ok(())
}

fn parsed(sender: &str) -> Result<SenderId, StoreError> {
    SenderId::parse(sender).map_err(|_| corrupt("a count belongs to no sender"))
}

fn cursor(key: &TallyKey) -> Cursor {
    let text = match key {
        TallyKey::Count(sender, hour, name) => format!("c {hour} {sender} {name}"),
        TallyKey::Message(sender, generation, message) => format!("m {generation} {sender} {message}"),
    };
    Cursor(text.into_bytes())
}

fn key_of(cursor: &Cursor) -> Result<TallyKey, StoreError> {
    let read = || {
        let mut parts = std::str::from_utf8(&cursor.0).ok()?.splitn(4, ' ');
        let (kind, number, sender) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let (sender, rest) = (SenderId::parse(sender).ok()?, parts.next()?);
        match kind {
            "c" => Some(TallyKey::Count(sender, number, rest.to_owned())),
            "m" => Some(TallyKey::Message(sender, number, rest.parse().ok()?)),
            _ => None,
        }
    };
    read().ok_or_else(|| corrupt("a listing goes on where none stopped"))
}
