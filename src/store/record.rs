//! The bytes of stored records: a format version, then a compact encoding without field names.
//!
//! Domain types know nothing of their encoding; `dto` mirrors them. What is read back is checked like anything else
//! from outside, since a record outlives the program that wrote it. Must not know: where the bytes are kept.

mod dto;
mod entry;
#[cfg(test)]
mod tests;

pub(crate) use entry::{decode_entry, encode_entry, without_payload};

use super::{Loaded, LogHead, Record, StoreError};

/// The version of both formats. A field more is a new version: the encoding has no names to skip unknown ones by.
const FORMAT: u8 = 1;

/// The bytes of a record with its version and the end of its log.
pub(crate) fn encode(record: &Record, version: u64, head: LogHead) -> Result<Vec<u8>, StoreError> {
    let dto = dto::Stored::of(record, version, head);
    postcard::to_allocvec(&(FORMAT, dto))
        .map_err(|error| corrupt(format!("a record has no encoding: {error}")))
}

/// The record in some bytes, without windows.
pub(crate) fn decode(bytes: &[u8]) -> Result<Loaded, StoreError> {
    let body = body_of(bytes, "record")?;
    let (dto, rest) = postcard::take_from_bytes::<dto::Stored<'_>>(body)
        .map_err(|error| corrupt(format!("a record of {} bytes does not decode: {error}", bytes.len())))?;
    if !rest.is_empty() {
        return Err(corrupt(format!("a record of {} bytes has {} too many", bytes.len(), rest.len())));
    }
    dto.into_loaded().map_err(|what| corrupt(format!("a record holds an invalid {what}")))
}

/// What follows the format version.
fn body_of<'a>(bytes: &'a [u8], what: &str) -> Result<&'a [u8], StoreError> {
    match bytes.split_first() {
        Some((&FORMAT, body)) => Ok(body),
        Some((found, _)) => Err(corrupt(format!(
            "a {what} has format version {found}, and this program reads version {FORMAT}; use the program that wrote it"
        ))),
        None => Err(corrupt(format!("a {what} is empty"))),
    }
}

fn corrupt(message: String) -> StoreError {
    StoreError::Corrupt(message)
}
