//! The attestation log: what was said, with its evidence, in a chain that shows any change.
//!
//! An entry's payload is a JSON document, kept byte for byte. Its digest goes into the chain, not the payload itself,
//! so that an erasure can drop the payload and leave the chain verifiable; a random salt inside the payload keeps the
//! digest from being searched for a phone number. The format is documented in docs/evidence.md.

mod entry;
mod meaning;
mod payload;
#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};

pub use entry::{Content, Entry, PromptStep};
pub use payload::PayloadError;
pub(crate) use payload::disclosure_sha256;

use crate::model::StatementId;

const CHAIN_TAG: &[u8] = b"sendgate-log-v1\0";

/// The end of a contact's attestation log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LogHead {
    /// The number of entries.
    pub length: u64,
    /// The hash of the last one; zeros when there is none.
    pub hash: [u8; 32],
}

/// One entry of an attestation log, chained to the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEntry {
    /// Its place, from 1.
    pub sequence: u64,
    /// The exact bytes its digest is of; none once erased.
    pub payload: Option<Vec<u8>>,
    /// SHA-256 of the payload.
    pub payload_digest: [u8; 32],
    /// The hash of the entry before.
    pub previous: [u8; 32],
    /// SHA-256 over previous hash, sequence and payload digest.
    pub hash: [u8; 32],
    /// The statement it records: the same statement is recorded once.
    pub statement: StatementId,
}

/// SHA-256 of some bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The hash of an entry: over the entry before, its place and the digest of its payload.
#[must_use]
pub fn chain_hash(previous: &[u8; 32], sequence: u64, payload_digest: &[u8; 32]) -> [u8; 32] {
    Sha256::new()
        .chain_update(CHAIN_TAG)
        .chain_update(previous)
        .chain_update(sequence.to_be_bytes())
        .chain_update(payload_digest)
        .finalize()
        .into()
}

/// Puts a payload at the end of a log.
#[must_use]
pub fn seal(head: LogHead, statement: StatementId, payload: Vec<u8>) -> (SealedEntry, LogHead) {
    let sequence = head.length + 1;
    let payload_digest = digest(&payload);
    let hash = chain_hash(&head.hash, sequence, &payload_digest);
    let entry = SealedEntry {
        sequence,
        payload: Some(payload),
        payload_digest,
        previous: head.hash,
        hash,
        statement,
    };
    (entry, LogHead { length: sequence, hash })
}

/// What is wrong with a log, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    /// A place is empty or filled twice.
    #[error("entry {expected} is missing: entry {found} stands in its place")]
    OutOfSequence {
        /// The place.
        expected: u64,
        /// What stands there.
        found: u64,
    },
    /// The payload is not the one that was recorded.
    #[error("entry {0}: the content was changed")]
    Payload(u64),
    /// The link to the entry before does not hold.
    #[error("entry {0}: it does not follow the entry before it")]
    Link(u64),
    /// The hash is not that of the entry.
    #[error("entry {0}: its hash is wrong")]
    Hash(u64),
    /// The content is gone, and no later entry records an erasure.
    #[error("entry {0}: the content is missing, and no erasure was recorded")]
    Missing(u64),
    /// The log is shorter or longer than the contact's record says, or ends otherwise.
    #[error("the log has {found} entries, the contact's record says {expected}, or the last entry differs")]
    Head {
        /// What the record says.
        expected: u64,
        /// What the log has.
        found: u64,
    },
}

/// Recomputes a whole log, from its first entry, and compares its end.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(entries: &[SealedEntry], head: LogHead) -> Result<(), Tampered> {
    let mut reached = LogHead::default();
    for entry in entries {
        let sequence = reached.length + 1;
        if entry.sequence != sequence {
            return Err(Tampered::OutOfSequence { expected: sequence, found: entry.sequence });
        }
        if entry.previous != reached.hash {
            return Err(Tampered::Link(sequence));
        }
        if entry.payload.as_ref().is_some_and(|payload| digest(payload) != entry.payload_digest) {
            return Err(Tampered::Payload(sequence));
        }
        if chain_hash(&entry.previous, sequence, &entry.payload_digest) != entry.hash {
            return Err(Tampered::Hash(sequence));
        }
        reached = LogHead { length: sequence, hash: entry.hash };
    }
    let last_erasure = entries.iter().rev().find(|entry| is_erasure(entry)).map_or(0, |entry| entry.sequence);
    if let Some(gone) = entries.iter().find(|entry| entry.payload.is_none() && entry.sequence > last_erasure)
    {
        return Err(Tampered::Missing(gone.sequence));
    }
    if reached != head {
        return Err(Tampered::Head { expected: head.length, found: reached.length });
    }
    Ok(())
}

fn is_erasure(entry: &SealedEntry) -> bool {
    let payload = entry.payload.as_deref().map(Entry::from_payload);
    matches!(payload, Some(Ok(Entry { content: Content::Erased { .. }, .. })))
}
