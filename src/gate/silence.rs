//! Tells once that the store does not answer, and once that it does again: not once for each question.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::StoreError;

/// Whether the store answers.
#[derive(Debug, Default)]
pub(super) struct Silence {
    silent: AtomicBool,
    unreadable: AtomicBool,
}

impl Silence {
    /// A question to the store was answered, or failed.
    pub(super) fn heard(&self, error: Option<&StoreError>) {
        match error {
            None => {
                // Looked at first: many ask at once, and it is nearly always so.
                if self.silent.load(Ordering::Relaxed) && self.silent.swap(false, Ordering::Relaxed) {
                    tracing::info!("the store answers again");
                }
            }
            Some(error @ (StoreError::Unavailable(_) | StoreError::UnknownOutcome)) => {
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
}
