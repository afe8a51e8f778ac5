//! Reading logs: those of one person in pages, and single ones for an export.

use std::{collections::VecDeque, sync::Arc};

use data_encoding::BASE64URL_NOPAD;

use super::{Gate, GateError, find::Consistency, names::Revision, statement::Who};
use crate::{
    attest::Entry,
    model::Time,
    store::{ContactId, Cursor, Listing, Loaded, LogHead, SealedEntry, StoreError},
};

/// An entry of a log: a state of its contact that holds it, the entry as sealed and as read; not read where its content
/// was erased.
pub type LogItem = (Revision, SealedEntry, Option<Entry>);

/// A page of one person's log.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// Its entries, oldest first.
    pub entries: Vec<LogItem>,
    /// Where the next page starts; none after the last.
    pub next: Option<LogPlace>,
}

/// How far each log of a person was read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LogPlace(Vec<(ContactId, u64)>);

/// A log that is being read.
struct Reading {
    id: ContactId,
    head: LogHead,
    version: u64,
    /// The last entry given out.
    after: u64,
    read: VecDeque<(SealedEntry, Option<Entry>)>,
}

impl Gate {
    /// A page of one person's log: of every identity that has to do with the one named, in the order in which their
    /// entries were recorded.
    ///
    /// # Errors
    /// When the sender is unknown or a log cannot be read.
    pub async fn history(&self, who: &Who, from: &LogPlace, limit: usize) -> Result<LogPage, GateError> {
        let profile = self.sender_of(who)?;
        let now = self.clock.now();
        let circle = self.circle(&profile, &who.recipient, Consistency::FullyConsistent, now).await?;
        let kin = circle.people().kin(0);
        // Not of who had the number before or after and is somebody else.
        let theirs = circle.members().iter().zip(&kin).filter(|(_, theirs)| theirs.contains(&true));
        let logs = theirs.flat_map(|(member, _)| &member.stored);
        let is_theirs = |(id, after): &(ContactId, u64)| {
            circle
                .members()
                .iter()
                .flat_map(|member| &member.stored)
                .any(|(log, loaded)| log == id && *after <= loaded.head.length)
        };
        if !from.0.iter().all(is_theirs) {
            let message = "must be the `next_page_token` of an earlier page of the same person";
            return Err(GateError::field("page_token", message));
        }
        let mut logs: Vec<_> = logs.map(|(id, loaded)| Reading::of(*id, loaded, from.of(*id))).collect();
        let mut entries = Vec::new();
        while entries.len() < limit {
            for log in &mut logs {
                self.read_on(log, limit).await?;
            }
            // What was erased has no time any more; it comes when nothing of its log is before it.
            let oldest = logs.iter_mut().filter(|log| !log.read.is_empty()).min_by_key(|log| {
                log.read.front().and_then(|(_, entry)| entry.as_ref()).map(|entry| entry.recorded_at)
            });
            let Some(log) = oldest else { break };
            if let Some((sealed, entry)) = log.read.pop_front() {
                log.after = sealed.sequence;
                entries.push((Revision::of(log.id, log.version), sealed, entry));
            }
        }
        let more = logs.iter().any(|log| log.after < log.head.length);
        let place = logs.iter().filter(|log| log.after > 0).map(|log| (log.id, log.after)).collect();
        Ok(LogPage { entries, next: more.then_some(LogPlace(place)) })
    }

    async fn read_on(&self, log: &mut Reading, limit: usize) -> Result<(), StoreError> {
        if log.read.is_empty() && log.after < log.head.length {
            let sealed = self.timed_read(self.store.history(log.id, log.after, limit)).await?;
            log.read = sealed.into_iter().map(read).collect::<Result<_, StoreError>>()?;
        }
        Ok(())
    }

    /// A page of a single log, and where the next one starts.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn page(
        &self,
        id: ContactId,
        loaded: &Loaded,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<LogItem>, Option<u64>), GateError> {
        let sealed = self.timed_read(self.store.history(id, after, limit)).await?;
        let last = sealed.last().map_or(after, |entry| entry.sequence);
        let revision = Revision::of(id, loaded.version);
        let item = |(sealed, entry)| (revision, sealed, entry);
        let entries = sealed.into_iter().map(|sealed| read(sealed).map(item)).collect::<Result<_, _>>()?;
        Ok((entries, (last < loaded.head.length).then_some(last)))
    }

    /// A page of all contacts.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn contacts(
        &self,
        from: Option<Cursor>,
        limit: usize,
        now: Time,
    ) -> Result<Listing, GateError> {
        Ok(self.timed_read(self.store.contacts(from, limit, now)).await?)
    }
}

/// The content of an entry; none where it was erased.
pub(super) fn content_of(sealed: &SealedEntry) -> Result<Option<Entry>, StoreError> {
    let unreadable = |error| StoreError::Corrupt(format!("a log entry is {error}"));
    sealed.payload.as_deref().map(|payload| Entry::from_payload(payload).map_err(unreadable)).transpose()
}

pub(super) fn read(sealed: SealedEntry) -> Result<(SealedEntry, Option<Entry>), StoreError> {
    let entry = content_of(&sealed)?;
    Ok((sealed, entry))
}

impl Reading {
    fn of(id: ContactId, loaded: &Arc<Loaded>, after: u64) -> Self {
        Self { id, head: loaded.head, version: loaded.version, after, read: VecDeque::new() }
    }
}

impl LogPlace {
    fn of(&self, id: ContactId) -> u64 {
        self.0.iter().find(|(log, _)| *log == id).map_or(0, |(_, after)| *after)
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> String {
        let mut bytes = Vec::with_capacity(self.0.len() * 24);
        for (id, after) in &self.0 {
            bytes.extend(id.0);
            bytes.extend(after.to_be_bytes());
        }
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a token; nothing when it is none. An empty one is the beginning.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (places, []) = bytes.as_chunks::<24>() else { return None };
        let place = |bytes: &[u8; 24]| {
            let (id, after) = bytes.split_first_chunk::<16>()?;
            Some((ContactId(*id), u64::from_be_bytes(after.try_into().ok()?)))
        };
        places.iter().map(place).collect::<Option<_>>().map(Self)
    }
}
