//! Tells once that the store does not answer, and once that it does again: not once for each question.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use crate::{clock, store::StoreError};

/// It answers again when nothing failed for so long: of a cluster one part may be there and another not.
const CALM: Duration = Duration::from_secs(1);

/// Whether the store answers.
#[derive(Debug)]
pub(super) struct Silence {
    silent: AtomicBool,
    /// When something failed last, in milliseconds from the beginning.
    failed: AtomicU64,
    beginning: Instant,
    unreadable: AtomicBool,
    /// It takes no writes.
    refusing: AtomicBool,
}

impl Default for Silence {
    fn default() -> Self {
        let (silent, failed, unreadable, refusing) = Default::default();
        Self { silent, failed, beginning: clock::monotonic(), unreadable, refusing }
    }
}

impl Silence {
    /// A question to the store was answered, or failed.
    pub(super) fn heard(&self, error: Option<&StoreError>) {
        match error {
            None => {
                // Looked at first: many ask at once, and it is nearly always so.
                if self.silent.load(Ordering::Relaxed)
                    && self.is_calm()
                    && self.silent.swap(false, Ordering::Relaxed)
                {
                    tracing::info!("the store answers again");
                }
            }
            Some(error @ (StoreError::Unavailable(_) | StoreError::UnknownOutcome)) => {
                self.failed.store(self.millis(), Ordering::Relaxed);
                if !self.silent.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the store does not answer; what cannot be known is denied");
                } else {
                    tracing::debug!(%error, "the store does not answer");
                }
            }
            Some(error @ StoreError::Corrupt(_)) => {
                if !self.unreadable.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "something stored cannot be read, and is denied; more of the kind is told at level debug");
                } else {
                    tracing::debug!(%error, "something stored cannot be read");
                }
            }
        }
    }

    /// A write was taken, or refused: a store may answer every question and have no room for more.
    pub(super) fn wrote(&self, error: Option<&StoreError>) {
        match error {
            None => {
                if self.refusing.load(Ordering::Relaxed)
                    && self.is_calm()
                    && self.refusing.swap(false, Ordering::Relaxed)
                {
                    tracing::info!("the store takes writes again");
                }
            }
            Some(error @ StoreError::Unavailable(_)) => {
                self.failed.store(self.millis(), Ordering::Relaxed);
                if !self.refusing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the store takes no writes");
                }
            }
            Some(StoreError::UnknownOutcome | StoreError::Corrupt(_)) => {}
        }
    }

    fn is_calm(&self) -> bool {
        let failed = Duration::from_millis(self.failed.load(Ordering::Relaxed));
        self.since().saturating_sub(failed) >= CALM
    }

    fn since(&self) -> Duration {
        clock::monotonic().duration_since(self.beginning)
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.since().as_millis()).unwrap_or(u64::MAX)
    }
}
