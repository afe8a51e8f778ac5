//! The bytes of one log entry: format version, digests at fixed places, then the payload if it is still there.
//!
//! Fixed places, so that an erasure cuts the payload off without touching what the chain is made of.

use crate::{
    model::StatementId,
    store::{SealedEntry, StoreError},
};

use super::{ENTRY_FORMAT, body_of, corrupt};

const ERASED: u8 = 0;
const PRESENT: u8 = 1;

/// Format version, mark, payload digest, previous hash, hash, statement.
const FIXED: usize = 2 + 3 * 32 + 16;

/// The bytes of an entry, without its sequence number: that is in the key.
pub(crate) fn encode_entry(entry: &SealedEntry) -> Vec<u8> {
    let payload = entry.payload.as_deref();
    let mut bytes = Vec::with_capacity(FIXED + payload.map_or(0, <[u8]>::len));
    bytes.extend([ENTRY_FORMAT, if payload.is_some() { PRESENT } else { ERASED }]);
    bytes.extend(entry.payload_digest);
    bytes.extend(entry.previous);
    bytes.extend(entry.hash);
    bytes.extend(entry.statement.0);
    bytes.extend(payload.unwrap_or_default());
    bytes
}

/// The entry in some bytes.
pub(crate) fn decode_entry(sequence: u64, bytes: &[u8]) -> Result<SealedEntry, StoreError> {
    let (_, body) = body_of(bytes, "log entry", &[ENTRY_FORMAT])?;
    let cut = || corrupt(format!("a log entry has only {} bytes", bytes.len()));
    let (&mark, rest) = body.split_first().ok_or_else(cut)?;
    let (payload_digest, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (previous, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (hash, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (statement, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let payload = match mark {
        PRESENT => Some(rest.to_vec()),
        ERASED if rest.is_empty() => None,
        ERASED => return Err(corrupt("an erased log entry still has a payload".to_owned())),
        other => return Err(corrupt(format!("a log entry has the unknown mark {other}"))),
    };
    Ok(SealedEntry {
        sequence,
        payload,
        payload_digest: *payload_digest,
        previous: *previous,
        hash: *hash,
        statement: StatementId(*statement),
    })
}

/// The bytes of the same entry with its payload erased; nothing when it is erased already.
pub(crate) fn without_payload(sequence: u64, bytes: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let entry = decode_entry(sequence, bytes)?;
    let erased = || encode_entry(&SealedEntry { payload: None, ..entry.clone() });
    Ok(entry.payload.is_some().then(erased))
}
