//! The copying itself.

use tokio::task::JoinSet;

use super::{AT_ONCE, MigrateError, Migration, PAGE, Standing, Walk, as_u64, standing};
use crate::{
    policy::Rules,
    store::{Commit, Committed, ContactId, Erase, Loaded, LogHead, RegistryRow, StoreError},
};

/// Answers in a row that bring a contact no further, before it is given up.
const ATTEMPTS_MAX: u32 = 8;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Contacts that were written, whole or in part.
    pub contacts: u64,
    /// Contacts that were there already.
    pub same: u64,
    /// Entries that were written.
    pub entries: u64,
    /// Rows that were written.
    pub rows: u64,
    /// Counts of delivery events and marks of messages that were written.
    pub counts: u64,
}

impl Copied {
    /// Counts a contact by the entries that were written; nothing when it was there.
    fn count(&mut self, entries: Option<u64>) {
        self.contacts += u64::from(entries.is_some());
        self.same += u64::from(entries.is_none());
        self.entries += entries.unwrap_or_default();
    }
}

impl Migration {
    /// Copies what is missing, and tells how many contacts are done.
    ///
    /// # Errors
    /// When a store fails or somebody writes to the target. What was copied stays, and is gone on with next time.
    pub async fn copy(&self, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<Copied, MigrateError> {
        let key = self.key().await?;
        // Before any contact: one without the key would be nobody's.
        if self.to.identity_key(key).await.map_err(MigrateError::Target)? != key {
            return Err(MigrateError::OtherKey);
        }
        let (rows, counts) = (self.copy_rows().await?, self.copy_tallies().await?);
        let mut copied = Copied { rows, counts, ..Copied::default() };
        let mut walk = Walk::over(&self.from);
        while let Some(page) = walk.next(self.clock.now()).await.map_err(MigrateError::Source)? {
            let mut page = page.into_iter();
            loop {
                let mut tasks = JoinSet::new();
                for (id, source) in page.by_ref().take(AT_ONCE) {
                    let migration = self.clone();
                    tasks.spawn(async move { migration.copy_contact(id, source).await });
                }
                if tasks.is_empty() {
                    break;
                }
                let mut failed = None;
                while let Some(done) = tasks.join_next().await {
                    match done.unwrap_or_else(|_| Err(interrupted())) {
                        Ok(entries) => copied.count(entries),
                        // Those that began beside it end first: nothing is cut off that would succeed.
                        Err(error) => failed = failed.or(Some(error)),
                    }
                    progress(1);
                }
                failed.map_or(Ok(()), Err)?;
            }
        }
        Ok(copied)
    }

    async fn copy_rows(&self) -> Result<u64, MigrateError> {
        let (_, missing) = self.missing_rows().await?;
        let mut copied = 0;
        for row in missing {
            let created = RegistryRow { version: 0, ..row };
            match self.to.commit_registry(created).await.map_err(MigrateError::Target)? {
                Committed::Done(_) => copied += 1,
                Committed::Conflict | Committed::Known(..) => return Err(MigrateError::OtherRegistry),
            }
        }
        Ok(copied)
    }

    /// Brings one contact to where it is in the source; the entries that were written, or nothing when it was there.
    async fn copy_contact(&self, id: ContactId, source: Loaded) -> Result<Option<u64>, MigrateError> {
        let (mut written, mut entries, mut stuck) = (false, 0, 0);
        while stuck < ATTEMPTS_MAX {
            let now = self.clock.now();
            let target = self.to.load(id, now).await.map_err(MigrateError::Target)?;
            let found = standing(&*self.from, id, &source, &target, now).await;
            match found.map_err(MigrateError::Source)? {
                Standing::Same => return Ok(written.then_some(entries)),
                Standing::Other => return Err(MigrateError::OtherState(1)),
                Standing::Missing | Standing::Behind => {}
            }
            let commit = self.next_commit(id, &source, &target).await?;
            let (length, last) =
                (as_u64(commit.entries.len()), commit.entries.last().map(|entry| entry.sequence));
            match self.to.commit(commit).await {
                Ok(Committed::Done(_)) => {
                    (written, entries, stuck) = (true, entries + length, 0);
                    if last.unwrap_or(source.head.length) >= source.head.length {
                        return Ok(Some(entries));
                    }
                }
                // Written or not, the next look tells.
                Ok(Committed::Conflict | Committed::Known(..)) | Err(StoreError::UnknownOutcome) => {
                    (written, stuck) = (true, stuck + 1);
                }
                Err(error) => return Err(MigrateError::Target(error)),
            }
        }
        Err(MigrateError::Contended(format!("{id:?}")))
    }

    /// What follows in the target on what is there. The whole record comes with the first part already: half a log beside
    /// a whole record denies what must be denied.
    async fn next_commit(
        &self,
        id: ContactId,
        source: &Loaded,
        target: &Loaded,
    ) -> Result<Commit, MigrateError> {
        let mut entries =
            self.from.history(id, target.head.length, PAGE).await.map_err(MigrateError::Source)?;
        // What the source got since it was loaded belongs to a later state.
        entries.retain(|entry| entry.sequence <= source.head.length);
        let mut reached = target.head;
        for entry in &entries {
            if entry.sequence != reached.length + 1 || entry.previous != reached.hash {
                return Err(MigrateError::BrokenLog(format!("{id:?}")));
            }
            reached = LogHead { length: entry.sequence, hash: entry.hash };
        }
        let windows = source.windows.iter();
        let windows = windows.map(|(sender, wrote)| (sender.clone(), *wrote, *wrote + Rules::WINDOW));
        Ok(Commit {
            id,
            expected: target.version,
            record: source.record.clone(),
            windows: windows.collect(),
            entries,
            erase: Erase::Nothing,
        })
    }
}

fn interrupted() -> MigrateError {
    MigrateError::Target(StoreError::Unavailable("copying was interrupted".to_owned()))
}
