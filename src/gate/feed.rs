//! Reading the log: pages of one contact, the feed of all, and whole contacts for an export.

use super::{Gate, GateError, consent::Who};
use crate::{
    attest::Entry,
    model::{BusinessId, Time},
    store::{ContactId, Cursor, Listing, Loaded, LogHead, SealedEntry, StoreError},
};

/// A page of one contact's log.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// The contact.
    pub id: ContactId,
    /// Its entries, oldest first, as sealed and as read; none where the content was erased.
    pub entries: Vec<(SealedEntry, Option<Entry>)>,
    /// Where the next page starts; none after the last.
    pub next: Option<u64>,
    /// The end of the log.
    pub head: LogHead,
}

/// One step of the feed.
#[derive(Clone, Debug)]
pub struct FeedItem {
    /// The resume point after it.
    pub position: u64,
    /// Whose contact changed.
    pub business: Option<BusinessId>,
    /// The contact.
    pub id: ContactId,
    /// What was recorded.
    pub sealed: SealedEntry,
    /// The same, read; none where the content was erased.
    pub entry: Option<Entry>,
}

impl Gate {
    /// A page of one person's log.
    ///
    /// # Errors
    /// When the sender is unknown or the log cannot be read.
    pub async fn history(&self, who: &Who, after: u64, limit: usize) -> Result<LogPage, GateError> {
        let profile = self.sender_of(who)?;
        self.gather(&profile, &who.recipient).await?;
        let (id, loaded) = self.load(&profile.business, &who.recipient, self.clock.now()).await?;
        self.page(id, &loaded, after, limit).await
    }

    /// A page of one contact's log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn page(
        &self,
        id: ContactId,
        loaded: &Loaded,
        after: u64,
        limit: usize,
    ) -> Result<LogPage, GateError> {
        let sealed = self.timed_read(self.store.history(id, after, limit)).await?;
        let last = sealed.last().map_or(after, |entry| entry.sequence);
        let entries = sealed.into_iter().map(read).collect::<Result<_, StoreError>>()?;
        Ok(LogPage { id, entries, next: (last < loaded.head.length).then_some(last), head: loaded.head })
    }

    /// The position of the latest change, which wakes its holder when it grows.
    #[must_use]
    pub fn latest_change(&self) -> tokio::sync::watch::Receiver<u64> {
        self.store.latest_change()
    }

    /// Whether a position is one of this feed. Asked of the store itself: a change is read from there, and known to a
    /// caller, a moment before `latest_change` tells of it.
    ///
    /// # Errors
    /// When it is not, or the feed cannot be read.
    pub async fn check_resume_point(&self, after: u64) -> Result<(), GateError> {
        let Some(before) = after.checked_sub(1) else { return Ok(()) };
        let there = self.timed_read(self.store.changes(before, 1)).await?;
        let found = there.first().is_some_and(|change| change.position == after);
        if found { Ok(()) } else { Err(GateError::UnknownResumePoint) }
    }

    /// The feed after a position.
    ///
    /// # Errors
    /// When the feed cannot be read.
    pub async fn changes(&self, after: u64, limit: usize) -> Result<Vec<FeedItem>, GateError> {
        let now = self.clock.now();
        let mut items = Vec::new();
        for change in self.timed_read(self.store.changes(after, limit)).await? {
            let business = self.timed_read(self.store.load(change.id, now)).await?.record.business;
            let page =
                self.timed_read(self.store.history(change.id, change.sequence.saturating_sub(1), 1)).await?;
            let Some(sealed) = page.into_iter().next() else { continue };
            let (sealed, entry) = read(sealed)?;
            items.push(FeedItem { position: change.position, business, id: change.id, sealed, entry });
        }
        Ok(items)
    }

    /// A page of all contacts.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn contacts(&self, from: Option<Cursor>, limit: usize, now: Time) -> Result<Listing, GateError> {
        Ok(self.timed_read(self.store.contacts(from, limit, now)).await?)
    }
}

fn read(sealed: SealedEntry) -> Result<(SealedEntry, Option<Entry>), StoreError> {
    let entry = match sealed.payload.as_deref() {
        None => None,
        Some(payload) => Some(
            Entry::from_payload(payload)
                .map_err(|error| StoreError::Corrupt(format!("a log entry is {error}")))?,
        ),
    };
    Ok((sealed, entry))
}
