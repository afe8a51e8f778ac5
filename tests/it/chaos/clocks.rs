//! Clocks that differ: what a sidecar takes for the time of day is ahead or behind (libfaketime), its timers are not.

use std::{fs, path::PathBuf, sync::OnceLock};

use super::world::SIDECARS;

/// By how much.
const APART_MILLIS: i64 = 2000;

/// By how much each sidecar's clock is ahead, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clocks(pub(crate) [i64; SIDECARS]);

impl Clocks {
    /// In every second run they differ, where that is possible.
    pub(crate) fn of(seed: u64) -> Self {
        match seed / 3 % 2 {
            1 if library().is_some() => Self([0, APART_MILLIS, -APART_MILLIS]),
            _ => Self::default(),
        }
    }

    pub(crate) fn differ(self) -> bool {
        self != Self::default()
    }

    /// What a sidecar is started with.
    pub(crate) fn environment(self, sidecar: usize) -> Vec<(&'static str, String)> {
        match (self.0[sidecar], library()) {
            (0, _) | (_, None) => Vec::new(),
            (ahead, Some(library)) => vec![
                ("LD_PRELOAD", library.display().to_string()),
                ("FAKETIME", format!("{:+.3}", ahead as f64 / 1000.0)),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
                ("DONT_FAKE_MONOTONIC", "1".to_owned()),
            ],
        }
    }
}

/// Takes away what libfaketime leaves behind of a process that was killed.
pub(crate) fn clear(process: u32) {
    for name in [format!("faketime_shm_{process}"), format!("sem.faketime_sem_{process}")] {
        // Not there where the clock was right, or the process ended by itself.
        drop(fs::remove_file(PathBuf::from("/dev/shm").join(name)));
    }
}

/// Where libfaketime is, if it is installed.
pub(crate) fn library() -> Option<&'static PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let places = fs::read_dir("/usr/lib").ok()?.flatten().map(|place| place.path());
        places.map(|place| place.join("faketime/libfaketimeMT.so.1")).find(|path| path.is_file())
    };
    FOUND.get_or_init(find).as_ref()
}
