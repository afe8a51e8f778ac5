//! Refusals that the store could not take, kept on this machine's disk until it can.
//!
//! One small crash-safe file of this process. A refusal is acknowledged only when the file has it. Must not know: what a
//! refusal means, where it goes.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::task::spawn_blocking;

use super::StoreError;
use crate::model::StatementId;

/// Statement and payload by the order of arrival.
const ENTRIES: TableDefinition<'static, u64, (&[u8; 16], &[u8])> = TableDefinition::new("refusals");

/// Memory for pages of the file: a journal is nearly always empty.
const CACHE_BYTES: usize = 1 << 20;

/// A refusal that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its place in the journal.
    pub place: u64,
    /// Which statement it is.
    pub statement: StatementId,
    /// Its entry, as the log will have it.
    pub payload: Vec<u8>,
}

/// The journal.
pub struct Journal {
    path: PathBuf,
    database: Arc<Database>,
}

/// Why a journal cannot be opened, and what to do.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot open the journal {} (`journal.path`): {reason}; name a file that only this process uses, in a directory it may write to, or `none`",
    path.display()
)]
pub struct JournalError {
    path: PathBuf,
    reason: String,
}

impl Journal {
    /// Opens or creates the file. Blocks.
    ///
    /// # Errors
    /// When another process has it, or it cannot be read and written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref().to_owned();
        let wrong = |reason: String| JournalError { path: path.clone(), reason };
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            std::fs::create_dir_all(directory).map_err(|error| wrong(error.to_string()))?;
        }
        let database = Builder::new().set_cache_size(CACHE_BYTES).create(&path);
        let database = database.map_err(|error| wrong(error.to_string()))?;
        let made = || -> Result<(), redb::Error> {
            let transaction = database.begin_write()?;
            transaction.open_table(ENTRIES)?;
            transaction.commit()?;
            Ok(())
        };
        made().map_err(|error| wrong(error.to_string()))?;
        Ok(Self { path, database: Arc::new(database) })
    }

    /// Keeps a refusal; it is on disk when this returns.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn keep(&self, statement: StatementId, payload: Vec<u8>) -> Result<Kept, StoreError> {
        self.work(move |database| {
            let transaction = database.begin_write()?;
            let mut kept = Kept { place: 1, statement, payload };
            {
                let mut table = transaction.open_table(ENTRIES)?;
                if let Some((last, _)) = table.last()? {
                    kept.place = last.value().saturating_add(1);
                }
                table.insert(kept.place, (&kept.statement.0, kept.payload.as_slice()))?;
            }
            transaction.commit()?;
            Ok(kept)
        })
        .await
    }

    /// Everything that waits, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn all(&self) -> Result<Vec<Kept>, StoreError> {
        self.work(|database| {
            let table = database.begin_read()?.open_table(ENTRIES)?;
            let mut all = Vec::new();
            for row in table.iter()? {
                let (place, value) = row?;
                let (statement, payload) = value.value();
                let statement = StatementId(*statement);
                all.push(Kept { place: place.value(), statement, payload: payload.to_vec() });
            }
            Ok(all)
        })
        .await
    }

    /// Lets a refusal go that the store has.
    ///
    /// # Errors
    /// When the disk does not take it; the refusal is told to the store again, which changes nothing.
    pub async fn release(&self, place: u64) -> Result<(), StoreError> {
        self.work(move |database| {
            let transaction = database.begin_write()?;
            transaction.open_table(ENTRIES)?.remove(place)?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.database);
        match spawn_blocking(move || work(&database)).await {
            Ok(done) => done.map_err(|error| StoreError::Unavailable(format!("the journal: {error}"))),
            Err(_) => Err(StoreError::Unavailable("the journal has stopped".to_owned())),
        }
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Journal({})", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_there_after_reopening_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path).unwrap();
        let first = journal.keep(StatementId([1; 16]), b"one".to_vec()).await.unwrap();
        let second = journal.keep(StatementId([2; 16]), b"two".to_vec()).await.unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.all().await.unwrap(), [first.clone(), second.clone()]);
        journal.release(first.place).await.unwrap();
        assert_eq!(journal.all().await.unwrap(), [second]);
    }

    #[test]
    fn a_journal_serves_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let _first = Journal::open(&path).unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("journal.path"), "{error}");
        assert!(Journal::open(path.join("below/a/file")).is_err());
    }
}
