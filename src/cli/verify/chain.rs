//! The hash chain of one attestation log.
//!
//! `payload_sha256 = SHA-256(payload)`, and
//! `hash = SHA-256("sendgate-log-v1\0" ‖ previous_hash ‖ sequence as u64, big endian ‖ payload_sha256)`; the first
//! `previous_hash` is 32 zero bytes. The chain shows that nothing inside was changed, removed or moved. It cannot show
//! by itself that the end is there: [`check_length`] compares with what the contact says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    cli::digest::{from_hex, hex, sha256},
    grpc::pb::{ConsentEntry, EntryKind},
};

/// What the hash of every entry begins with, so that no other protocol's digest can pass for one.
const DOMAIN: &[u8] = b"sendgate-log-v1\0";

/// Where a log was tampered with, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The entry.
    pub sequence: u64,
    /// How.
    pub kind: FaultKind,
}

/// How a log was tampered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// There is no entry of this number.
    Missing,
    /// There are several.
    Repeated,
    /// It does not stand where its number belongs.
    Moved,
    /// Its payload is not what its digest was taken of.
    PayloadChanged,
    /// Its payload is gone, and no erasure follows.
    PayloadGone,
    /// It does not follow the entry before.
    PreviousChanged,
    /// Its hash is not the hash of its content.
    HashChanged,
    /// A digest is no digest.
    Unreadable(&'static str),
    /// The log ends before the number of entries that the contact tells.
    CutOff(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.sequence;
        match &self.kind {
            FaultKind::Missing => write!(f, "entry {entry} was removed"),
            FaultKind::Repeated => write!(f, "entry {entry} appears more than once"),
            FaultKind::Moved => write!(f, "entry {entry} does not stand in its place"),
            FaultKind::PayloadChanged => {
                write!(f, "entry {entry}: the payload was changed, it does not match payload_sha256")
            }
            FaultKind::PayloadGone => {
                write!(f, "entry {entry}: the payload is gone, and no erasure was recorded after it")
            }
            FaultKind::PreviousChanged => write!(
                f,
                "entry {entry}: previous_hash is not the hash of the entry before; one of the two was replaced"
            ),
            FaultKind::HashChanged => {
                write!(f, "entry {entry}: hash does not match its previous_hash, sequence and payload_sha256")
            }
            FaultKind::Unreadable(field) => write!(f, "entry {entry}: {field} is not a SHA-256 in hex"),
            FaultKind::CutOff(told) => {
                write!(f, "the log ends before entry {entry}, though the contact tells of {told} entries")
            }
        }
    }
}

/// Finds what is wrong with the logs of one person: each identity has its own.
#[must_use]
pub fn check_each(entries: &[ConsentEntry]) -> Vec<Fault> {
    let mut logs = BTreeMap::<&str, Vec<ConsentEntry>>::new();
    for entry in entries {
        logs.entry(&entry.log).or_default().push(entry.clone());
    }
    logs.values().flat_map(|entries| check(entries)).collect()
}

/// Recomputes a whole log, given oldest first, and returns every fault; none when it is intact.
#[must_use]
pub fn check(entries: &[ConsentEntry]) -> Vec<Fault> {
    let mut faults = order(entries);
    let mut sorted: Vec<&ConsentEntry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.sequence);
    let last_erasure = sorted.iter().rev().find(|e| e.kind() == EntryKind::Erased).map_or(0, |e| e.sequence);
    let mut before: Option<Before> = None;
    for entry in sorted {
        let mut fault = |kind| faults.push(Fault { sequence: entry.sequence, kind });
        let gone = entry.payload.is_empty();
        if gone && entry.sequence >= last_erasure {
            fault(FaultKind::PayloadGone);
        }
        let (Some(payload), Some(previous), Some(hash)) =
            (from_hex(&entry.payload_sha256), from_hex(&entry.previous_hash), from_hex(&entry.hash))
        else {
            fault(FaultKind::Unreadable(unreadable(entry)));
            before = None;
            continue;
        };
        if !gone && sha256(&[&entry.payload]) != payload {
            fault(FaultKind::PayloadChanged);
        }
        if !follows(entry.sequence, &previous, before.as_ref()) {
            fault(FaultKind::PreviousChanged);
        }
        let computed = link(&previous, entry.sequence, &payload);
        if computed != hash {
            fault(FaultKind::HashChanged);
        }
        before = Some(Before { sequence: entry.sequence, computed, claimed: hash });
    }
    faults.sort_by_key(|fault| fault.sequence);
    faults
}

/// Compares with the number of entries that the contact tells of.
#[must_use]
pub fn check_length(entries: &[ConsentEntry], told: u64) -> Option<Fault> {
    let last = entries.iter().map(|entry| entry.sequence).max().unwrap_or_default();
    (last < told).then_some(Fault { sequence: last + 1, kind: FaultKind::CutOff(told) })
}

/// The hash of an entry.
#[must_use]
pub fn link(previous: &[u8; 32], sequence: u64, payload_sha256: &[u8; 32]) -> [u8; 32] {
    sha256(&[DOMAIN, previous, &sequence.to_be_bytes(), payload_sha256])
}

/// The hash of an entry, in the contract's spelling.
#[must_use]
pub fn link_hex(previous: &[u8; 32], sequence: u64, payload: &[u8]) -> String {
    hex(&link(previous, sequence, &sha256(&[payload])))
}

/// The entry before. Where its hash was changed, its neighbour may hold either: one fault is told once.
struct Before {
    sequence: u64,
    computed: [u8; 32],
    claimed: [u8; 32],
}

/// Whether `previous` is what came before. After a gap nothing can be said, and the gap is a fault of its own.
fn follows(sequence: u64, previous: &[u8; 32], before: Option<&Before>) -> bool {
    match before {
        _ if sequence == 1 => *previous == [0; 32],
        Some(before) if before.sequence + 1 == sequence => {
            *previous == before.computed || *previous == before.claimed
        }
        _ => true,
    }
}

/// Numbers that are missing, repeated or out of their order.
fn order(entries: &[ConsentEntry]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    let mut highest = 0;
    for entry in entries {
        let sequence = entry.sequence;
        if !seen.insert(sequence) {
            faults.push(Fault { sequence, kind: FaultKind::Repeated });
        } else if sequence < highest {
            faults.push(Fault { sequence, kind: FaultKind::Moved });
        }
        highest = highest.max(sequence);
    }
    // A gap may be as wide as a forged number: it is told by its first entry only.
    let mut expected = 1;
    for sequence in seen {
        if sequence > expected {
            faults.push(Fault { sequence: expected, kind: FaultKind::Missing });
        }
        expected = sequence.saturating_add(1);
    }
    faults
}

fn unreadable(entry: &ConsentEntry) -> &'static str {
    if from_hex(&entry.payload_sha256).is_none() {
        "payload_sha256"
    } else if from_hex(&entry.previous_hash).is_none() {
        "previous_hash"
    } else {
        "hash"
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
