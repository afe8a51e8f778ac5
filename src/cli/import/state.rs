//! How far an import got, in a small file beside the imported one.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    super::{Failure, digest::hex},
    place::Mark,
    reading, writing,
};

/// How far an import got. Everything before the mark is done, counted, and in the reject file where it belongs there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The file and the options it was read with.
    pub(super) fingerprint: String,
    /// The first row that is not known to be done.
    pub(super) mark: Mark,
    /// What became of the rows before.
    pub(super) counts: Counts,
    /// How long the reject file was.
    pub(super) rejects_bytes: u64,
}

/// What became of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Rows read.
    pub(super) read: u64,
    /// Rows that took effect.
    pub(super) applied: u64,
    /// Rows that were recorded without effect: another statement stands.
    pub(super) kept: u64,
    /// Rows that were refused.
    pub(super) rejected: u64,
}

impl State {
    /// Nothing done.
    pub(super) fn new(fingerprint: String, mark: Mark) -> Self {
        Self { fingerprint, mark, counts: Counts::default(), rejects_bytes: 0 }
    }

    /// The state of an import that stopped; nothing when none did. A state that cannot be read is an error: to start
    /// again without a word could take hours.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, Failure> {
        let text = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(reading(path))?,
        };
        serde_json::from_slice(&text).map(Some).map_err(|_| {
            Failure::Usage(format!("{} is no state of an import: remove it to start again", path.display()))
        })
    }

    /// Writes it so that a crash leaves the old or the new one, never a part.
    pub(super) fn save(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec(self).map_err(|error| writing(path)(error.into()))?;
        let mut draft = path.as_os_str().to_owned();
        draft.push(".draft");
        let draft = Path::new(&draft);
        let mut file = File::create(draft).map_err(writing(draft))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(writing(draft))?;
        fs::rename(draft, path).map_err(writing(path))
    }

    /// Removes it: nothing is left to go on with.
    pub(super) fn remove(path: &Path) -> Result<(), Failure> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(writing(path)(error)),
            _ => Ok(()),
        }
    }
}

/// A digest of a file and of what its rows are taken to mean. It reads the whole file: a row that was mended before the
/// mark must be seen.
pub(super) fn fingerprint(path: &Path, meaning: &str) -> Result<String, Failure> {
    let mut file = File::open(path).map_err(reading(path))?;
    let mut hasher = Sha256::new();
    hasher.update(meaning.as_bytes());
    hasher.update(b"\0");
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block).map_err(reading(path))?;
        match block.get(..read) {
            Some(part) if read > 0 => hasher.update(part),
            _ => return Ok(hex(&hasher.finalize())),
        }
    }
}
