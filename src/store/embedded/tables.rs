//! The tables of the file, and what the file library's errors mean to callers.

use redb::{ReadableTable, Table, TableDefinition, TableError, WriteTransaction};

use crate::{
    model::{SenderId, Time},
    store::{ContactId, StoreError},
};

/// Who: the bytes of a contact id.
pub(super) type Id = &'static [u8; 16];
/// Contact and sender.
pub(super) type WindowKey = (Id, &'static str);
/// End, contact and sender.
pub(super) type EndKey = (i64, Id, &'static str);

/// Generation, sender and message.
pub(super) type MessageKey = (i64, &'static str, u64);
/// Hour, sender and name.
pub(super) type CountKey = (i64, &'static str, &'static str);

/// Format version and identity key.
pub(super) const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");
/// Gauge, time and member.
pub(super) type GaugeTimeKey = (&'static str, i64, u64);

/// Records.
pub(super) const CONTACTS: TableDefinition<'static, Id, &[u8]> = TableDefinition::new("contacts");
/// Last inbound time and end.
pub(super) const WINDOWS: TableDefinition<'static, WindowKey, (i64, i64)> = TableDefinition::new("windows");
/// The same windows by their end, for the sweeper.
pub(super) const ENDS: TableDefinition<'static, EndKey, ()> = TableDefinition::new("window_ends");
/// Log entries by contact and sequence.
pub(super) const LOG: TableDefinition<'static, (Id, u64), &[u8]> = TableDefinition::new("log");
/// Which entry records a statement of a contact.
pub(super) const STATEMENTS: TableDefinition<'static, (Id, Id), u64> = TableDefinition::new("statements");
/// The feed: contact and sequence by position.
pub(super) const CHANGES: TableDefinition<'static, u64, (Id, u64)> = TableDefinition::new("changes");
/// Version and value by name.
pub(super) const REGISTRY: TableDefinition<'static, &str, (u64, &[u8])> = TableDefinition::new("registry");

/// The statuses of a message, by the generation that it was told of in; and when they are forgotten.
pub(super) const MESSAGES: TableDefinition<'static, MessageKey, (u8, i64)> = TableDefinition::new("messages");
/// Numbers of a sender: by hour, sender and name.
pub(super) const COUNTS: TableDefinition<'static, CountKey, u64> = TableDefinition::new("counts");

/// What limits count of the messages to a person, and when it is forgotten.
pub(super) const SENDS: TableDefinition<'static, Id, (i64, &[u8])> = TableDefinition::new("sends");
/// The same by that time, for the sweeper.
pub(super) const SEND_ENDS: TableDefinition<'static, (i64, Id), ()> = TableDefinition::new("send_ends");
/// When a member of a gauge was seen last.
pub(super) const GAUGES: TableDefinition<'static, (&str, u64), i64> = TableDefinition::new("gauges");
/// The same by that time.
pub(super) const GAUGE_TIMES: TableDefinition<'static, GaugeTimeKey, ()> =
    TableDefinition::new("gauge_times");
/// How many members a gauge has.
pub(super) const GAUGE_SIZES: TableDefinition<'static, &str, u64> = TableDefinition::new("gauge_sizes");

/// The version of the file's layout, in `META`.
pub(super) const FORMAT: u8 = 2;
pub(super) const FORMAT_ROW: &str = "format";
pub(super) const KEY_ROW: &str = "identity_key";

/// Every table, open for writing.
pub(super) struct Tables<'t> {
    pub(super) meta: Table<'t, &'static str, &'static [u8]>,
    pub(super) contacts: Table<'t, Id, &'static [u8]>,
    pub(super) windows: Table<'t, WindowKey, (i64, i64)>,
    pub(super) ends: Table<'t, EndKey, ()>,
    pub(super) log: Table<'t, (Id, u64), &'static [u8]>,
    pub(super) statements: Table<'t, (Id, Id), u64>,
    pub(super) changes: Table<'t, u64, (Id, u64)>,
    pub(super) registry: Table<'t, &'static str, (u64, &'static [u8])>,
    pub(super) messages: Table<'t, MessageKey, (u8, i64)>,
    pub(super) counts: Table<'t, CountKey, u64>,
    pub(super) sends: Table<'t, Id, (i64, &'static [u8])>,
    pub(super) send_ends: Table<'t, (i64, Id), ()>,
    pub(super) gauges: Table<'t, (&'static str, u64), i64>,
    pub(super) gauge_times: Table<'t, GaugeTimeKey, ()>,
    pub(super) gauge_sizes: Table<'t, &'static str, u64>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, TableError> {
        Ok(Self {
            meta: transaction.open_table(META)?,
            contacts: transaction.open_table(CONTACTS)?,
            windows: transaction.open_table(WINDOWS)?,
            ends: transaction.open_table(ENDS)?,
            log: transaction.open_table(LOG)?,
            statements: transaction.open_table(STATEMENTS)?,
            changes: transaction.open_table(CHANGES)?,
            registry: transaction.open_table(REGISTRY)?,
            messages: transaction.open_table(MESSAGES)?,
            counts: transaction.open_table(COUNTS)?,
            sends: transaction.open_table(SENDS)?,
            send_ends: transaction.open_table(SEND_ENDS)?,
            gauges: transaction.open_table(GAUGES)?,
            gauge_times: transaction.open_table(GAUGE_TIMES)?,
            gauge_sizes: transaction.open_table(GAUGE_SIZES)?,
        })
    }
}

/// One window as stored.
pub(super) struct Window {
    pub(super) sender: SenderId,
    pub(super) last: Time,
    pub(super) end: Time,
}

/// Every stored window of a contact, ended ones too.
pub(super) fn windows_of(
    windows: &impl ReadableTable<WindowKey, (i64, i64)>,
    id: ContactId,
) -> Result<Vec<Window>, StoreError> {
    let mut found = Vec::new();
    for row in windows.range((&id.0, "")..).map_err(fault)? {
        let (key, value) = row.map_err(fault)?;
        let (of, sender) = key.value();
        if *of != id.0 {
            break;
        }
        let (last, end) = value.value();
        let sender = SenderId::parse(sender).map_err(|_| corrupt("a window's sender is none"))?;
        found.push(Window { sender, last: instant(last)?, end: instant(end)? });
    }
    Ok(found)
}

fn instant(millis: i64) -> Result<Time, StoreError> {
    Time::from_millis(millis).ok_or_else(|| corrupt("a window's time is none"))
}

/// The latest position of the feed; 0 before the first.
pub(super) fn last_position(changes: &impl ReadableTable<u64, (Id, u64)>) -> Result<u64, StoreError> {
    Ok(changes.last().map_err(fault)?.map_or(0, |(position, _)| position.value()))
}

pub(super) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

/// What an error of the file library means to callers.
pub(super) fn fault(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Corrupted(what) => StoreError::Corrupt(format!("the store file is damaged: {what}")),
        error @ (redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TableDoesNotExist(_)
        | redb::Error::TypeDefinitionChanged { .. }) => {
            StoreError::Corrupt(format!("the store file has other tables than it should: {error}"))
        }
        // The library gives up on a file after its first failed write, since it cannot know what reached the disk.
        redb::Error::PreviousIo => StoreError::Unavailable(
            "an earlier access to the store file failed; restart when the disk is well".to_owned(),
        ),
        error => StoreError::Unavailable(error.to_string()),
    }
}
