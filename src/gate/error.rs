//! Why the gate could not do what it was asked.

use crate::{metrics::WriteOutcome, store::StoreError};

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Its name, as in the contract.
    pub field: String,
    /// What was wrong, and what is accepted.
    pub message: String,
}

impl FieldError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Why nothing was decided or recorded.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The sender is not configured.
    #[error("the sender is not configured, and `senders.auto_register` is off")]
    UnknownSender,
    /// Fields are wrong.
    #[error("the request is malformed")]
    Invalid(Vec<FieldError>),
    /// The key was used for something else.
    #[error("the idempotency key was used before with other content")]
    KeyReused,
    /// Too many writers at once on one contact.
    #[error("too many writers at once on one contact")]
    Contention,
    /// The resume point is not one of this store.
    #[error("`resume_after` is not a revision of this feed")]
    UnknownResumePoint,
    /// The store did not do it; the refusal in it is in the journal and counts, the rest is to be told again.
    #[error(
        "the store is unavailable; the refusal in it is kept and counts, the rest was not recorded: send it again"
    )]
    RefusalKept,
    /// The store lacks refusals that this process acknowledged.
    #[error(
        "{0} refusals wait in the journal for the store and would be left out; try again when it has taken them"
    )]
    RefusalsWait(usize),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl GateError {
    /// One wrong field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// Whether the asker or the store is why nothing was written.
    pub(super) const fn outcome(&self) -> WriteOutcome {
        match self {
            Self::Store(_) | Self::Contention | Self::RefusalKept | Self::RefusalsWait(_) => {
                WriteOutcome::failed
            }
            Self::Invalid(_) | Self::UnknownSender | Self::KeyReused | Self::UnknownResumePoint => {
                WriteOutcome::refused
            }
        }
    }
}
