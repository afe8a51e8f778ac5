//! Opening a store file: found or made, held, and known to be sound before anything relies on it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use redb::{Builder, Database, DatabaseError, ReadableDatabase, StorageBackend, backends::FileBackend};

use super::{
    Options,
    read::guarded,
    tables::{FORMAT, FORMAT_ROW, META, Tables, fault},
};
use crate::store::StoreError;

/// How every file of the library begins.
const MAGIC: [u8; 9] = *b"redb\x1A\x0A\xA9\x0D\x0A";

/// Why a store file cannot be opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its directory is not there and cannot be made.
    #[error("cannot create the directory {}: {reason}; create it, or name another store file", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The file cannot be read and written.
    #[error("cannot use the store file {}: {reason}; it must be a file this user may read and write", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Another process has it open.
    #[error(
        "the store file {} is in use by another process; stop that one, or name another store file: one file serves one process",
        path.display()
    )]
    Held {
        /// The file.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{} is not a sendgate store; name another store file, or restore this one from a backup", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// Another version of the program wrote it.
    #[error(
        "the store file {} has format version {found}, and this program reads version {FORMAT}; use the program that wrote it",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: u8,
    },
    /// Its content makes no sense.
    #[error(
        "the store file {} is damaged: {detail}; restore it from a backup, or move it away to begin with an empty store",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
}

/// Opens or creates the file.
pub(super) fn file(path: &Path, options: &Options) -> Result<Database, OpenError> {
    match path.try_exists() {
        Ok(true) => existing(path, options),
        Ok(false) => create(path, options),
        // Something on the way there is a file: said by whoever would make the directories.
        Err(reason) if reason.kind() == io::ErrorKind::NotADirectory => create(path, options),
        Err(reason) => Err(OpenError::Access { path: path.to_owned(), reason }),
    }
}

/// Opens what a backend holds, and makes a store of it when it holds nothing.
pub(super) fn backend(
    backend: impl StorageBackend,
    path: &Path,
    options: &Options,
) -> Result<Database, OpenError> {
    let database = opened(backend, path, options)?;
    guarded(|| initialise(&database)).map_err(|error| damaged(path, &error))?;
    Ok(database)
}

/// The library promises errors rather than panics only where it checks the whole file, so panics are caught.
fn opened(backend: impl StorageBackend, path: &Path, options: &Options) -> Result<Database, OpenError> {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_bytes).set_check_integrity_on_open(options.check);
    let opened = guarded(|| Ok(builder.create_with_backend(backend)));
    opened.map_err(|error| damaged(path, &error))?.map_err(|error| refused(path, error))
}

/// Writes the format and every table into a store without tables.
fn initialise(database: &Database) -> Result<(), StoreError> {
    if database.begin_read().map_err(fault)?.list_tables().map_err(fault)?.next().is_some() {
        return Ok(());
    }
    let transaction = database.begin_write().map_err(fault)?;
    Tables::open(&transaction).map_err(fault)?.meta.insert(FORMAT_ROW, [FORMAT].as_slice()).map_err(fault)?;
    transaction.commit().map_err(fault)
}

fn existing(path: &Path, options: &Options) -> Result<Database, OpenError> {
    let access = |reason| OpenError::Access { path: path.to_owned(), reason };
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(access)?;
    let length = file.metadata().map_err(access)?.len();
    if length == 0 {
        // Never taken for a new store: creation is atomic, so an empty file is one that lost its content.
        return Err(OpenError::Damaged { path: path.to_owned(), detail: "it is empty".to_owned() });
    }
    let mut magic = Vec::new();
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic).map_err(access)?;
    if magic != MAGIC {
        return Err(OpenError::NotAStore { path: path.to_owned() });
    }
    let file = FileBackend::new(file).map_err(|error| refused(path, error))?;
    let database = opened(file, path, options)?;
    match guarded(|| format_of(&database)) {
        Ok(Some(FORMAT)) => Ok(database),
        Ok(Some(found)) => Err(OpenError::Version { path: path.to_owned(), found }),
        Ok(None) => Err(OpenError::NotAStore { path: path.to_owned() }),
        Err(error) => Err(damaged(path, &error)),
    }
}

fn format_of(database: &Database) -> Result<Option<u8>, StoreError> {
    let transaction = database.begin_read().map_err(fault)?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::Storage(error)) => return Err(fault(error)),
        // A file of the same library, but of another program.
        Err(_) => return Ok(None),
    };
    let format = meta.get(FORMAT_ROW).map_err(fault)?;
    Ok(format.and_then(|bytes| bytes.value().first().copied()))
}

/// Makes the store under another name and moves it into place, so that a file of the right name is always a store:
/// a crash on the way leaves only a file that no write was ever answered from.
fn create(path: &Path, options: &Options) -> Result<Database, OpenError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or_else(|| Path::new("."));
    let no_directory = |reason| OpenError::Directory { path: directory.to_owned(), reason };
    fs::create_dir_all(directory).map_err(no_directory)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let unfinished = PathBuf::from(name);
    let access = |reason| OpenError::Access { path: path.to_owned(), reason };
    let make = || {
        let file = private_file(&unfinished).map_err(access)?;
        backend(FileBackend::new(file).map_err(|error| refused(path, error))?, path, options)
    };
    let database = match make() {
        // Left behind by a crash, unless another process is at it just now.
        Err(OpenError::Damaged { .. }) => {
            fs::remove_file(&unfinished).map_err(access)?;
            make()?
        }
        made => made?,
    };
    // Whoever holds the unfinished file is alone to move it, so nobody's store is replaced.
    if path.try_exists().map_err(access)? {
        drop(database);
        fs::remove_file(&unfinished).map_err(access)?;
        return existing(path, options);
    }
    fs::rename(&unfinished, path).map_err(access)?;
    // The name must survive a power cut as well as the content.
    #[cfg(unix)]
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(access)?;
    Ok(database)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn refused(path: &Path, error: DatabaseError) -> OpenError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => OpenError::Held { path },
        DatabaseError::UpgradeRequired(_) => OpenError::NotAStore { path },
        DatabaseError::Storage(redb::StorageError::Io(reason))
            if !matches!(reason.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            OpenError::Access { path, reason }
        }
        error => OpenError::Damaged { path, detail: error.to_string() },
    }
}

pub(super) fn damaged(path: &Path, error: &StoreError) -> OpenError {
    let detail = match error {
        StoreError::Corrupt(detail) | StoreError::Unavailable(detail) => detail.clone(),
        StoreError::UnknownOutcome => error.to_string(),
    };
    OpenError::Damaged { path: path.to_owned(), detail }
}
