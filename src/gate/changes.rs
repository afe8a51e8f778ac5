//! The feed of consent changes, from a resume point on.
//!
//! A store may go back: a failover that lost writes, an older snapshot. Positions are given a second time then, for other
//! changes, and whoever goes on from one would miss them. So a resume point names its change besides its place.

use std::{fmt, str::FromStr};

use super::{Gate, GateError, log, names::Revision};
use crate::{
    attest::{Entry, SealedEntry},
    model::BusinessId,
    store::{Change, StoreError},
};

/// How much of an entry's hash a resume point holds: enough that no other entry has the same by chance.
const MARK: usize = 8;

/// A change that somebody has seen, and after which they go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ResumePoint {
    position: u64,
    /// The beginning of the hash of its entry; none where only the position was told, or before the first change.
    mark: Option<[u8; MARK]>,
}

/// One step of the feed.
#[derive(Clone, Debug)]
pub struct FeedItem {
    /// The resume point after it.
    pub point: ResumePoint,
    /// Whose contact changed.
    pub business: Option<BusinessId>,
    /// The contact, in a state that holds the entry.
    pub revision: Revision,
    /// What was recorded.
    pub sealed: SealedEntry,
    /// The same, read; none where the content was erased.
    pub entry: Option<Entry>,
}

impl Gate {
    /// The position of the latest change, which wakes its holder when it changes.
    #[must_use]
    pub fn latest_change(&self) -> tokio::sync::watch::Receiver<u64> {
        self.store.latest_change()
    }

    /// A resume point with everything that is known of it; `None` is the end of the feed.
    ///
    /// # Errors
    /// When it is none of this feed, or the feed cannot be read.
    pub async fn resume_point(&self, after: Option<ResumePoint>) -> Result<ResumePoint, GateError> {
        let point = match after {
            Some(point) => point,
            None => match self.timed_read(self.store.last_change()).await? {
                Some(last) => ResumePoint { position: last.position, mark: None },
                None => ResumePoint::default(),
            },
        };
        Ok(self.marked(point, 0).await?.0)
    }

    /// The feed after a resume point, and the point itself with all that is known of it.
    ///
    /// # Errors
    /// When the point is not of this feed any more, or the feed cannot be read.
    pub async fn changes(
        &self,
        after: ResumePoint,
        limit: usize,
    ) -> Result<(ResumePoint, Vec<FeedItem>), GateError> {
        let (point, changes) = self.marked(after, limit).await?;
        let mut items = Vec::new();
        for change in changes {
            let loaded = self.timed_read(self.store.load(change.id, self.clock.now())).await?;
            let (business, revision) = (loaded.record.business, Revision::of(change.id, loaded.version));
            let Some(sealed) = self.sealed(&change).await? else { continue };
            let point = ResumePoint { position: change.position, mark: mark(&sealed) };
            let (sealed, entry) = log::read(sealed)?;
            items.push(FeedItem { point, business, revision, sealed, entry });
        }
        Ok((point, items))
    }

    /// Looks whether a point is of this feed, and reads on from there.
    async fn marked(
        &self,
        point: ResumePoint,
        limit: usize,
    ) -> Result<(ResumePoint, Vec<Change>), GateError> {
        let Some(before) = point.position.checked_sub(1) else {
            return Ok((point, self.timed_read(self.store.changes(0, limit)).await?));
        };
        let mut changes =
            self.timed_read(self.store.changes(before, limit.saturating_add(1))).await?.into_iter();
        let seen = changes.next().filter(|change| change.position == point.position);
        let seen = seen.ok_or(GateError::UnknownResumePoint)?;
        let sealed = self.sealed(&seen).await?.ok_or(GateError::UnknownResumePoint)?;
        let is = mark(&sealed);
        if point.mark.is_some_and(|mark| Some(mark) != is) {
            return Err(GateError::UnknownResumePoint);
        }
        Ok((ResumePoint { mark: is, ..point }, changes.collect()))
    }

    async fn sealed(&self, change: &Change) -> Result<Option<SealedEntry>, StoreError> {
        let before = change.sequence.saturating_sub(1);
        let page = self.timed_read(self.store.history(change.id, before, 1)).await?;
        Ok(page.into_iter().find(|entry| entry.sequence == change.sequence))
    }
}

fn mark(sealed: &SealedEntry) -> Option<[u8; MARK]> {
    sealed.hash.first_chunk().copied()
}

impl fmt::Display for ResumePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.position)?;
        match self.mark {
            Some(mark) => write!(f, "-{}", data_encoding::HEXLOWER.encode(&mark)),
            None => Ok(()),
        }
    }
}

impl FromStr for ResumePoint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (position, mark) = match text.split_once('-') {
            Some((position, mark)) => (position, Some(mark)),
            None => (text, None),
        };
        let read = |mark: &str| data_encoding::HEXLOWER.decode(mark.as_bytes()).ok()?.try_into().ok();
        let mark = mark.map(|mark| read(mark).ok_or(())).transpose()?;
        Ok(Self { position: position.parse().map_err(drop)?, mark })
    }
}
