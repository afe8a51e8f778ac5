//! A disk that fails on demand.

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use redb::{StorageBackend, backends::InMemoryBackend};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Trouble {
    #[default]
    None,
    SyncFails,
    SyncPanics,
    ReadFails,
    ReadsGarbage,
}

/// Shared by its clones; what is on it outlives the store.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    content: InMemoryBackend,
    trouble: Mutex<Trouble>,
    syncs: AtomicUsize,
    held: Mutex<bool>,
    released: Condvar,
}

/// No sync passes while this lives.
pub(super) struct Held(Disk);

impl Drop for Held {
    fn drop(&mut self) {
        *self.0.0.held.lock().unwrap() = false;
        self.0.0.released.notify_all();
    }
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            content: InMemoryBackend::new(),
            trouble: Mutex::default(),
            syncs: AtomicUsize::new(0),
            held: Mutex::default(),
            released: Condvar::new(),
        }
    }
}

impl Disk {
    pub(super) fn make(&self, trouble: Trouble) {
        *self.0.trouble.lock().unwrap() = trouble;
    }

    pub(super) fn syncs(&self) -> usize {
        self.0.syncs.load(Ordering::SeqCst)
    }

    pub(super) fn hold(&self) -> Held {
        *self.0.held.lock().unwrap() = true;
        Held(self.clone())
    }

    fn trouble(&self) -> Trouble {
        *self.0.trouble.lock().unwrap()
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.0.content.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match self.trouble() {
            Trouble::ReadFails => Err(io::Error::other("the disk does not read")),
            Trouble::ReadsGarbage => {
                out.fill(0xA5);
                Ok(())
            }
            Trouble::None | Trouble::SyncFails | Trouble::SyncPanics => self.0.content.read(offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.content.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        drop(self.0.released.wait_while(self.0.held.lock().unwrap(), |held| *held).unwrap());
        self.0.syncs.fetch_add(1, Ordering::SeqCst);
        match self.trouble() {
            Trouble::SyncFails => Err(io::Error::other("the disk does not sync")),
            Trouble::SyncPanics => panic!("the disk panics"),
            Trouble::None | Trouble::ReadFails | Trouble::ReadsGarbage => self.0.content.sync_data(),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.content.write(offset, data)
    }
}
