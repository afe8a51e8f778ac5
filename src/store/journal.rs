//! Refusals that the store does not have for certain, kept on this machine's disk until it does.
//!
//! One small crash-safe file of this process. A refusal is acknowledged only when the file has it. Must not know: what a
//! refusal means, where it goes.

mod file;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{Builder, Database, ReadableDatabase, ReadableTableMetadata as _, TableDefinition};
use tokio::task::spawn_blocking;

use super::StoreError;
use crate::model::{BusinessId, StatementId};
use file::File;
use writer::Writer;

/// Statement, business and payload by the order of arrival.
const ENTRIES: TableDefinition<'static, u64, (&[u8; 16], &str, &[u8])> = TableDefinition::new("refusals");

/// The places of those that the store had when it was asked last.
const TOLD: TableDefinition<'static, u64, ()> = TableDefinition::new("told");

/// Memory for pages of the file: a journal is nearly always empty.
const CACHE_BYTES: usize = 1 << 20;

/// A refusal to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which business was refused, whatever the sender belongs to when it is told to the store.
    pub business: BusinessId,
    /// Which statement it is.
    pub statement: StatementId,
    /// Its entry, as the log will have it.
    pub payload: Vec<u8>,
}

/// A refusal that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its place in the journal.
    pub place: u64,
    /// The store had it once.
    pub told: bool,
    /// The refusal.
    pub refusal: Refusal,
}

/// The journal.
pub struct Journal {
    path: PathBuf,
    file: Arc<File>,
    writer: Writer,
}

/// Why a journal cannot be opened, and what to do.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot open the journal {} (`store.journal`): {reason}; name a file that only this process uses, in a directory it may write to, or `none`",
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
        let place = path.clone();
        let opener = move || Builder::new().set_cache_size(CACHE_BYTES).create(&place);
        let file = File::open(Box::new(opener)).map_err(|error| wrong(error.to_string()))?;
        let file = Arc::new(file);
        let writer = Writer::start(Arc::clone(&file)).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { path, file, writer })
    }

    /// True when the file failed, on a full disk say, and has taken nothing since.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.file.is_failing()
    }

    /// Writes nothing, which opens a file again that failed, as soon as the disk lets it.
    pub async fn mend(&self) {
        drop(self.release(Vec::new()).await);
    }

    /// Keeps a refusal, that the store has already or not; it is on disk when this returns. Tells its place.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn keep(&self, refusal: Refusal, told: bool) -> Result<u64, StoreError> {
        self.writer.keep(refusal, told).await
    }

    /// Notes that the store has some.
    ///
    /// # Errors
    /// When the disk does not take it; then a later process tells them to the store as if it had never had them.
    pub async fn told(&self, places: Vec<u64>) -> Result<(), StoreError> {
        self.writer.told(places).await
    }

    /// Lets refusals go.
    ///
    /// # Errors
    /// When the disk does not take it; they are told to the store again, which changes nothing.
    pub async fn release(&self, places: Vec<u64>) -> Result<(), StoreError> {
        self.writer.release(places).await
    }

    /// What is kept after a place, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn page(&self, after: u64, limit: usize) -> Result<Vec<Kept>, StoreError> {
        let from = after.saturating_add(1);
        self.read(move |database| {
            let transaction = database.begin_read()?;
            let (table, told) = (transaction.open_table(ENTRIES)?, transaction.open_table(TOLD)?);
            let rows = table.range(from..)?.take(limit);
            rows.map(|row| {
                let row = row?;
                let told = told.get(row.0.value())?.is_some();
                kept(&row, told)
            })
            .collect()
        })
        .await
    }

    /// How many the store never had.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn waiting(&self) -> Result<u64, StoreError> {
        self.read(|database| {
            let transaction = database.begin_read()?;
            let (all, told) = (transaction.open_table(ENTRIES)?.len()?, transaction.open_table(TOLD)?.len()?);
            Ok(all.saturating_sub(told))
        })
        .await
    }

    /// What is kept at a place, if something is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn at(&self, place: u64) -> Result<Option<Refusal>, StoreError> {
        let page = self.page(place.saturating_sub(1), 1).await?;
        Ok(page.into_iter().next().filter(|kept| kept.place == place).map(|kept| kept.refusal))
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = Arc::clone(&self.file);
        spawn_blocking(move || file.with(read)).await.unwrap_or_else(|_| Err(stopped()))
    }
}

type Row<'a> =
    (redb::AccessGuard<'a, u64>, redb::AccessGuard<'a, (&'static [u8; 16], &'static str, &'static [u8])>);

fn kept((place, value): &Row<'_>, told: bool) -> Result<Kept, redb::Error> {
    let (statement, business, payload) = value.value();
    let business = BusinessId::parse(business).map_err(|error| redb::Error::Corrupted(error.to_string()))?;
    let refusal = Refusal { business, statement: StatementId(*statement), payload: payload.to_vec() };
    Ok(Kept { place: place.value(), told, refusal })
}

fn failed(error: &redb::Error) -> StoreError {
    StoreError::Unavailable(format!("the journal: {error}"))
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the journal has stopped".to_owned())
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Journal({})", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: u8) -> Refusal {
        Refusal {
            business: BusinessId::parse("acme").unwrap(),
            statement: StatementId([name; 16]),
            payload: vec![name; 3],
        }
    }

    #[tokio::test]
    async fn what_is_kept_is_there_after_reopening_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path).unwrap();
        let first = journal.keep(refusal(1), false).await.unwrap();
        let second = journal.keep(refusal(2), true).await.unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        let rows = [(first, 1), (second, 2)].map(|(place, name)| Kept {
            place,
            told: name == 2,
            refusal: refusal(name),
        });
        assert_eq!(journal.page(0, 10).await.unwrap(), rows);
        assert_eq!(journal.page(0, 1).await.unwrap(), rows[..1]);
        assert_eq!(journal.page(first, 10).await.unwrap(), rows[1..]);
        journal.told(vec![first, 99]).await.unwrap();
        assert!(journal.page(0, 10).await.unwrap().iter().all(|kept| kept.told));
        journal.release(vec![first]).await.unwrap();
        assert_eq!(journal.at(first).await.unwrap(), None);
        assert_eq!(journal.at(second).await.unwrap(), Some(refusal(2)));
    }

    #[tokio::test]
    async fn a_place_is_not_used_twice_and_those_who_come_at_once_get_one_each() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::open(folder.path().join("journal")).unwrap());
        let keeping = (0..200_u8).map(|name| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { (journal.keep(refusal(name), false).await.unwrap(), name) })
        });
        let keeping: Vec<_> = keeping.collect();
        let mut places = std::collections::BTreeMap::new();
        for kept in keeping {
            let (place, name) = kept.await.unwrap();
            assert_eq!(places.insert(place, name), None);
        }
        for kept in journal.page(0, 1000).await.unwrap() {
            assert_eq!(Some(&kept.refusal.statement.0[0]), places.get(&kept.place));
        }
        let last = *places.last_key_value().unwrap().0;
        journal.release(vec![last]).await.unwrap();
        assert!(
            journal.keep(refusal(7), false).await.unwrap() > last,
            "whoever has the place means the other"
        );
    }

    #[test]
    fn a_journal_serves_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let _first = Journal::open(&path).unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("store.journal"), "{error}");
        assert!(Journal::open(path.join("below/a/file")).is_err());
    }
}
