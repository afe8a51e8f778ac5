//! The journal's file. The library takes nothing more once a write failed, on a full disk say; so the file is closed then,
//! and opened again before its next use.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use redb::Database;

use super::{ENTRIES, TOLD, failed};
use crate::store::StoreError;

/// How the file is opened.
pub(super) type Opener = Box<dyn Fn() -> Result<Database, redb::DatabaseError> + Send + Sync>;

pub(super) struct File {
    opener: Opener,
    /// None while it could not be opened again.
    database: RwLock<Option<Database>>,
    /// The library takes nothing more until it is opened again.
    to_reopen: AtomicBool,
    /// A use of it failed, and nothing was written since.
    failing: AtomicBool,
}

impl File {
    pub(super) fn open(opener: Opener) -> Result<Self, StoreError> {
        let database = RwLock::new(Some(opened(&opener)?));
        Ok(Self { opener, database, to_reopen: AtomicBool::new(false), failing: AtomicBool::new(false) })
    }

    /// True when a use of it failed, and nothing was written since.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Does some work on the file. Blocks.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        if self.to_reopen.load(Ordering::Relaxed) {
            self.open_again()?;
        }
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = database.as_ref() else { return Err(failed(&redb::Error::PreviousIo)) };
        let done = guarded(|| work(database))?;
        if let Err(error @ (redb::Error::Io(_) | redb::Error::PreviousIo)) = &done {
            self.to_reopen.store(true, Ordering::Relaxed);
            if !self.failing.swap(true, Ordering::Relaxed) {
                tracing::error!(%error, "the journal (`store.journal`) cannot be used; it is tried again");
            }
        }
        done.map_err(|error| failed(&error))
    }

    /// As `with`, for work that writes: once it is done the file works again.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let done = self.with(work)?;
        if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("the journal is written again");
        }
        Ok(done)
    }

    fn open_again(&self) -> Result<(), StoreError> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if self.to_reopen.load(Ordering::Relaxed) {
            // Closed first: the file serves one holder.
            *database = None;
            *database = Some(opened(&self.opener)?);
            self.to_reopen.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Opens the file, and sees that it can be written.
fn opened(opener: &Opener) -> Result<Database, StoreError> {
    guarded(|| {
        let database = opener()?;
        let transaction = database.begin_write()?;
        transaction.open_table(ENTRIES)?;
        transaction.open_table(TOLD)?;
        transaction.commit()?;
        Ok(database)
    })?
    .map_err(|error: redb::Error| failed(&error))
}

/// The library may panic over a page that makes no sense.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, StoreError> {
    let damaged = |_| StoreError::Corrupt("a page of the journal makes no sense".to_owned());
    catch_unwind(AssertUnwindSafe(work)).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use redb::{Builder, StorageBackend, backends::InMemoryBackend};

    use super::*;

    /// A disk that is full, or not.
    #[derive(Clone, Debug, Default)]
    struct Disk(Arc<(InMemoryBackend, AtomicBool)>);

    impl Disk {
        fn fill(&self, full: bool) {
            self.0.1.store(full, Ordering::SeqCst);
        }

        fn room(&self) -> io::Result<()> {
            let full = self.0.1.load(Ordering::SeqCst);
            if full { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
        }
    }

    impl StorageBackend for Disk {
        fn len(&self) -> io::Result<u64> {
            self.0.0.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.0.0.read(offset, out)
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.room()?;
            self.0.0.set_len(len)
        }

        fn sync_data(&self) -> io::Result<()> {
            self.room()
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.room()?;
            self.0.0.write(offset, data)
        }
    }

    fn put(place: u64) -> impl FnOnce(&Database) -> Result<(), redb::Error> {
        move |database| {
            let transaction = database.begin_write()?;
            transaction.open_table(ENTRIES)?.insert(place, (&[0; 16], "acme", [7].as_slice()))?;
            transaction.commit()?;
            Ok(())
        }
    }

    fn places(file: &File) -> Vec<u64> {
        use redb::{ReadableDatabase as _, ReadableTable as _};
        let read = file.with(|database| {
            let table = database.begin_read()?.open_table(ENTRIES)?;
            table.iter()?.map(|row| Ok(row?.0.value())).collect()
        });
        read.unwrap()
    }

    #[test]
    fn a_disk_that_was_full_is_written_again() {
        let disk = Disk::default();
        let its = disk.clone();
        let file = File::open(Box::new(move || Builder::new().create_with_backend(its.clone()))).unwrap();
        file.with(put(1)).unwrap();
        disk.fill(true);
        for _ in 0..3 {
            assert!(matches!(file.with(put(2)), Err(StoreError::Unavailable(_))));
            assert!(file.is_failing());
        }
        disk.fill(false);
        file.write(put(3)).unwrap();
        assert!(!file.is_failing());
        assert_eq!(places(&file), [1, 3]);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let opener = |path: &std::path::Path| -> Opener {
            let path = path.to_owned();
            Box::new(move || Builder::new().create(&path))
        };
        let file = File::open(opener(&path)).unwrap();
        for place in 1..200 {
            file.with(put(place)).unwrap();
        }
        drop(file);
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 24) {
            let mut damaged = whole.clone();
            let end = whole.len().min(at + 4096);
            damaged[at..end].fill(0xA5);
            std::fs::write(&path, damaged).unwrap();
            if let Ok(file) = File::open(opener(&path)) {
                drop(file.with(put(500)));
            }
        }
    }
}
