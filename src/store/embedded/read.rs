//! Reading, over one snapshot of the file.

use std::{
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable};

use super::{
    record,
    tables::{
        self, CHANGES, CONTACTS, COUNTS, GAUGE_SIZES, GAUGE_TIMES, GAUGES, KEY_ROW, LOG, META, REGISTRY,
        SENDS, STATEMENTS, WINDOWS, WindowKey, corrupt, fault, last_position,
    },
    tally::rows,
    usage,
};
use crate::{
    model::{SenderId, StatementId, Time},
    store::{
        Change, ContactId, Cursor, Entry, Found, Loaded, RegistryRow, SealedEntry, Sends, StoreError,
        Tallied, TallyKey, TallyPage,
    },
};

/// A snapshot.
pub(super) struct View(ReadTransaction);

impl View {
    pub(super) fn of(database: &Database) -> Result<Self, StoreError> {
        database.begin_read().map(Self).map_err(fault)
    }

    pub(super) fn load(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        let contacts = self.0.open_table(CONTACTS).map_err(fault)?;
        let windows = self.0.open_table(WINDOWS).map_err(fault)?;
        let Some(bytes) = contacts.get(&id.0).map_err(fault)? else {
            return Ok(Loaded::default());
        };
        loaded(id, bytes.value(), &windows, now)
    }

    pub(super) fn contacts(
        &self,
        after: Option<ContactId>,
        limit: usize,
        now: Time,
    ) -> Result<Vec<(ContactId, Loaded)>, StoreError> {
        let contacts = self.0.open_table(CONTACTS).map_err(fault)?;
        let windows = self.0.open_table(WINDOWS).map_err(fault)?;
        let from = after.as_ref().map_or(Bound::Unbounded, |id| Bound::Excluded(&id.0));
        let mut found = Vec::new();
        for row in contacts.range::<&[u8; 16]>((from, Bound::Unbounded)).map_err(fault)?.take(limit) {
            let (key, bytes) = row.map_err(fault)?;
            let id = ContactId(*key.value());
            found.push((id, loaded(id, bytes.value(), &windows, now)?));
        }
        Ok(found)
    }

    pub(super) fn counted(&self, sender: &SenderId, from: i64, to: i64) -> Result<Tallied, StoreError> {
        let mut tallied = Tallied::default();
        let counts = match self.0.open_table(COUNTS) {
            Ok(counts) => counts,
            // A file of an older version, that nothing was counted in yet.
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(tallied),
            Err(error) => return Err(fault(error)),
        };
        for hour in from..=to {
            for row in counts.range((hour, sender.as_str(), "")..).map_err(fault)? {
                let (key, count) = row.map_err(fault)?;
                let (of_hour, of, name) = key.value();
                if of_hour != hour || of != sender.as_str() {
                    break;
                }
                if !tallied.add(hour, name, count.value()) {
                    return Err(corrupt("a count of a sender has no name that is known"));
                }
            }
        }
        Ok(tallied)
    }

    pub(super) fn tally_page(&self, from: Option<&Cursor>, limit: usize) -> Result<TallyPage, StoreError> {
        rows::page(&self.0, from, limit)
    }

    pub(super) fn tally_values(&self, keys: &[TallyKey]) -> Result<Vec<u64>, StoreError> {
        rows::values(&self.0, keys)
    }

    pub(super) fn sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError> {
        let table = match self.0.open_table(SENDS) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(vec![Sends::default(); ids.len()]),
            Err(error) => return Err(fault(error)),
        };
        ids.iter().map(|id| usage::sends(&table, *id)).collect()
    }

    pub(super) fn look(&self, entry: &Entry, now: Time) -> Result<Found, StoreError> {
        let members = match self.0.open_table(GAUGES) {
            Ok(members) => members,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Found::default()),
            Err(error) => return Err(fault(error)),
        };
        let times = self.0.open_table(GAUGE_TIMES).map_err(fault)?;
        let sizes = self.0.open_table(GAUGE_SIZES).map_err(fault)?;
        usage::look(&members, &times, &sizes, entry, now)
    }

    pub(super) fn identity_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let meta = self.0.open_table(META).map_err(fault)?;
        let stored = meta.get(KEY_ROW).map_err(fault)?;
        let damaged = |_| corrupt("the identity key is damaged");
        stored.map(|key| key.value().try_into().map_err(damaged)).transpose()
    }

    pub(super) fn history(
        &self,
        id: ContactId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<SealedEntry>, StoreError> {
        let log = self.0.open_table(LOG).map_err(fault)?;
        let bounds = (Bound::Excluded((&id.0, after)), Bound::Included((&id.0, u64::MAX)));
        if after == u64::MAX {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for row in log.range(bounds).map_err(fault)?.take(limit) {
            let (key, bytes) = row.map_err(fault)?;
            entries.push(record::decode_entry(key.value().1, bytes.value())?);
        }
        Ok(entries)
    }

    pub(super) fn entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        let statements = self.0.open_table(STATEMENTS).map_err(fault)?;
        let Some(sequence) = statements.get((&id.0, &statement.0)).map_err(fault)? else {
            return Ok(None);
        };
        let sequence = sequence.value();
        let log = self.0.open_table(LOG).map_err(fault)?;
        let bytes = log.get((&id.0, sequence)).map_err(fault)?;
        let bytes = bytes.ok_or_else(|| corrupt("a statement's log entry is missing"))?;
        record::decode_entry(sequence, bytes.value()).map(Some)
    }

    pub(super) fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let changes = self.0.open_table(CHANGES).map_err(fault)?;
        let mut found = Vec::new();
        let from = (Bound::Excluded(after), Bound::Unbounded);
        for row in changes.range::<u64>(from).map_err(fault)?.take(limit) {
            let (position, value) = row.map_err(fault)?;
            let (id, sequence) = value.value();
            found.push(Change { position: position.value(), id: ContactId(*id), sequence });
        }
        Ok(found)
    }

    pub(super) fn last_change(&self) -> Result<Option<Change>, StoreError> {
        let changes = self.0.open_table(CHANGES).map_err(fault)?;
        let last = changes.last().map_err(fault)?;
        Ok(last.map(|(position, value)| {
            let (id, sequence) = value.value();
            Change { position: position.value(), id: ContactId(*id), sequence }
        }))
    }

    pub(super) fn latest_change(&self) -> Result<u64, StoreError> {
        last_position(&self.0.open_table(CHANGES).map_err(fault)?)
    }

    pub(super) fn registry_row(&self, key: &str) -> Result<Option<RegistryRow>, StoreError> {
        let registry = self.0.open_table(REGISTRY).map_err(fault)?;
        let Some(found) = registry.get(key).map_err(fault)? else { return Ok(None) };
        let (version, value) = found.value();
        Ok(Some(RegistryRow { key: key.to_owned(), version, value: value.to_vec() }))
    }

    pub(super) fn registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        let registry = self.0.open_table(REGISTRY).map_err(fault)?;
        let mut found = Vec::new();
        for row in registry.range::<&str>(..).map_err(fault)? {
            let (key, value) = row.map_err(fault)?;
            let (version, value) = value.value();
            found.push(RegistryRow { key: key.value().to_owned(), version, value: value.to_vec() });
        }
        Ok(found)
    }
}

/// A record with the windows that have not ended: one ends at exactly its end.
fn loaded(
    id: ContactId,
    bytes: &[u8],
    windows: &impl ReadableTable<WindowKey, (i64, i64)>,
    now: Time,
) -> Result<Loaded, StoreError> {
    let mut loaded = record::decode(bytes)?;
    let open = tables::windows_of(windows, id)?.into_iter().filter(|window| now < window.end);
    loaded.windows = open.map(|window| (window.sender, window.last)).collect();
    Ok(loaded)
}

/// Runs work on the file, and answers its panics as damage: pages are not verified as they are read, and the library
/// may panic over one that makes no sense.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(corrupt("a page of the store file makes no sense")))
}
