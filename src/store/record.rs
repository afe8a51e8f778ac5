//! The bytes of stored records: a format version, then a compact encoding without field names.
//!
//! Domain types know nothing of their encoding; `dto` mirrors them. What is read back is checked like anything else
//! from outside, since a record outlives the program that wrote it. Must not know: where the bytes are kept.

mod dto;
mod entry;
mod sends;
#[cfg(test)]
mod tests;

pub(crate) use entry::{decode_entry, encode_entry, without_payload};
pub(crate) use sends::{decode_sends, encode_sends};

use super::{Loaded, LogHead, Record, StoreError};

/// The version of records. A field more is a new version: the encoding has no names to skip unknown ones by. Versions 1
/// to 3 were never released, and held what identities have to do with each other in another way.
const RECORD_FORMAT: u8 = 5;

/// The version in which a decline did not say of what. It is read, and written as the present one at the next write.
const DECLINES_WITHOUT_SCOPE: u8 = 4;

/// The version of log entries.
const ENTRY_FORMAT: u8 = 1;

/// The bytes of a record with its version and the end of its log.
pub(crate) fn encode(record: &Record, version: u64, head: LogHead) -> Result<Vec<u8>, StoreError> {
    let dto = dto::Stored::of(record, version, head);
    postcard::to_allocvec(&(RECORD_FORMAT, dto))
        .map_err(|error| corrupt(format!("a record has no encoding: {error}")))
}

/// The record in some bytes, without windows.
pub(crate) fn decode(bytes: &[u8]) -> Result<Loaded, StoreError> {
    let (version, body) = body_of(bytes, "record", &[DECLINES_WITHOUT_SCOPE, RECORD_FORMAT])?;
    if version == DECLINES_WITHOUT_SCOPE {
        read::<dto::OfEverything>(body, bytes.len())
    } else {
        read::<dto::ByScope<'_>>(body, bytes.len())
    }
}

fn read<'a, D: dto::Declined + serde::Deserialize<'a>>(
    body: &'a [u8],
    length: usize,
) -> Result<Loaded, StoreError> {
    let undecodable = |error| corrupt(format!("a record of {length} bytes does not decode: {error}"));
    let (dto, rest) = postcard::take_from_bytes::<dto::Stored<'a, D>>(body).map_err(undecodable)?;
    if !rest.is_empty() {
        return Err(corrupt(format!("a record of {length} bytes has {} too many", rest.len())));
    }
    dto.into_loaded().map_err(|what| corrupt(format!("a record holds an invalid {what}")))
}

/// The format version, one of those that can be read, and what follows it.
fn body_of<'a>(bytes: &'a [u8], what: &str, readable: &[u8]) -> Result<(u8, &'a [u8]), StoreError> {
    match bytes.split_first() {
        Some((found, body)) if readable.contains(found) => Ok((*found, body)),
        Some((found, _)) => Err(corrupt(format!(
            "a {what} has format version {found}, and this program reads {readable:?}; use the program that wrote it"
        ))),
        None => Err(corrupt(format!("a {what} is empty"))),
    }
}

fn corrupt(message: String) -> StoreError {
    StoreError::Corrupt(message)
}
