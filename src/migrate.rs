//! Copying everything of one store into another empty one.
//!
//! What is copied is what a store answers: whole records, windows that are open, logs byte for byte, the registry, what was
//! counted of messages and which of them were told of, and the key that contact ids are made with. Copying is idempotent: what is there already stays, what is missing follows,
//! and what differs is refused before anything is written. So a copy that was interrupted is gone on with by doing it
//! again. Must not know: what a record means, which kinds of stores there are.
//!
//! Versions and positions of the feed are counted anew. An old revision, read against a smaller version, is merely
//! read from the store; an old position of the feed means nothing any more.

mod copy;
mod standing;
mod tallies;
mod verify;
mod walk;

use std::sync::Arc;

use crate::{
    clock::Clock,
    store::{RegistryRow, Store, StoreError},
};

pub use copy::Copied;
use standing::{Standing, standing};
pub use verify::Verified;
use walk::Walk;

/// Contacts looked at in one go, and entries of one log in one commit.
const PAGE: usize = 256;
/// Contacts copied or compared at once: what the embedded store writes with one sync.
const AT_ONCE: usize = 64;

/// A copy from one store to another.
#[derive(Clone, Debug)]
pub struct Migration {
    from: Arc<dyn Store>,
    to: Arc<dyn Store>,
    clock: Clock,
}

/// What there is to copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Contacts of the source.
    pub contacts: u64,
    /// Entries of their logs.
    pub entries: u64,
    /// Their open windows.
    pub windows: u64,
    /// Rows of the registry.
    pub rows: u64,
    /// Contacts that the target has already, as they are in the source.
    pub same: u64,
    /// Contacts that the target has in part.
    pub behind: u64,
}

/// Why nothing further is copied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// The source does not answer.
    #[error("the source: {0}")]
    Source(StoreError),
    /// The target does not answer.
    #[error("the target: {0}")]
    Target(StoreError),
    /// The source was never used.
    #[error("the source has no identity key: no server has used it yet, and there is nothing to copy")]
    NothingThere,
    /// Contacts would not be found under their ids.
    #[error("the target has another identity key than the source: it is another system's store")]
    OtherKey,
    /// The target has contacts that the source has not.
    #[error("the target has {0} contacts that the source has not: it is in use; copy into an empty store")]
    OtherContacts(u64),
    /// The target has contacts in another state.
    #[error(
        "the target has {0} contacts in another state than the source: somebody wrote to it, or to the source since \
         they were copied; copy into an empty store"
    )]
    OtherState(u64),
    /// The target has learned something else.
    #[error(
        "the target's registry has rows that the source has not, or others: it is in use; copy into an empty store"
    )]
    OtherRegistry,
    /// The target has counted something else.
    #[error(
        "the target has counts of delivery events that the source has not: it is in use; copy into an empty store"
    )]
    OtherCounts,
    /// A log does not hold together, so that no store takes it.
    #[error(
        "{0} cannot be copied: the entries of its log do not follow one another; `sendgate verify` says where"
    )]
    BrokenLog(String),
    /// Somebody writes to the target.
    #[error("{0} changes in the target while it is copied: stop what writes there")]
    Contended(String),
}

impl Migration {
    /// A copy between two stores that nobody else writes to.
    #[must_use]
    pub fn new(from: Arc<dyn Store>, to: Arc<dyn Store>, clock: Clock) -> Self {
        Self { from, to, clock }
    }

    /// Looks at both stores and writes nothing.
    ///
    /// # Errors
    /// When the target is no place to copy to.
    pub async fn survey(&self) -> Result<Survey, MigrateError> {
        let key = self.key().await?;
        let other = self.to.known_identity_key().await.map_err(MigrateError::Target)?;
        if other.is_some_and(|other| other != key) {
            return Err(MigrateError::OtherKey);
        }
        let rows = self.missing_rows().await?.0;
        let mut survey = Survey { rows: as_u64(rows.len()), ..Survey::default() };
        self.look_at_target(&mut survey).await?;
        self.look_at_tallies().await?;
        let mut walk = Walk::over(&self.from);
        while let Some(page) = walk.next(self.clock.now()).await.map_err(MigrateError::Source)? {
            for (_, loaded) in &page {
                survey.contacts += 1;
                survey.entries += loaded.head.length;
                survey.windows += as_u64(loaded.windows.len());
            }
        }
        Ok(survey)
    }

    async fn look_at_target(&self, survey: &mut Survey) -> Result<(), MigrateError> {
        let (mut strangers, mut others) = (0, 0);
        let mut walk = Walk::over(&self.to);
        loop {
            let now = self.clock.now();
            let Some(page) = walk.next(now).await.map_err(MigrateError::Target)? else { break };
            let ids: Vec<_> = page.iter().map(|(id, _)| *id).collect();
            let sources = self.from.load_many(&ids, now).await;
            for ((id, target), source) in page.iter().zip(sources) {
                let source = source.map_err(MigrateError::Source)?;
                if source.version == 0 {
                    strangers += 1;
                    continue;
                }
                let found = standing(&*self.from, *id, &source, target, now).await;
                match found.map_err(MigrateError::Source)? {
                    Standing::Same => survey.same += 1,
                    Standing::Missing | Standing::Behind => survey.behind += 1,
                    Standing::Other => others += 1,
                }
            }
        }
        match (strangers, others) {
            (0, 0) => Ok(()),
            (0, others) => Err(MigrateError::OtherState(others)),
            (strangers, _) => Err(MigrateError::OtherContacts(strangers)),
        }
    }

    /// The key of contact ids.
    async fn key(&self) -> Result<[u8; 32], MigrateError> {
        let key = self.from.known_identity_key().await.map_err(MigrateError::Source)?;
        key.ok_or(MigrateError::NothingThere)
    }

    /// The source's rows, and those of them that the target has not.
    async fn missing_rows(&self) -> Result<(Vec<RegistryRow>, Vec<RegistryRow>), MigrateError> {
        let all = self.from.registry().await.map_err(MigrateError::Source)?;
        let there = self.to.registry().await.map_err(MigrateError::Target)?;
        let is_in = |rows: &[RegistryRow], row: &RegistryRow| {
            rows.iter().any(|other| other.key == row.key && other.value == row.value)
        };
        if !there.iter().all(|row| is_in(&all, row)) {
            return Err(MigrateError::OtherRegistry);
        }
        let missing = all.iter().filter(|row| !is_in(&there, row)).cloned().collect();
        Ok((all, missing))
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
