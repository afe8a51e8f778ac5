use super::*;
use crate::cli::fake::log;

fn kinds(entries: &[ConsentEntry]) -> Vec<(u64, FaultKind)> {
    check(entries).into_iter().map(|fault| (fault.sequence, fault.kind)).collect()
}

#[test]
fn the_hash_of_an_entry_is_the_documented_one() {
    // Computed once elsewhere, from the description alone.
    assert_eq!(link_hex(&[0; 32], 1, b"{}"), KNOWN);
}

const KNOWN: &str = "77edab69ec82dcd1259df9d214d5479a7064a6b5c1bcdfd6fd512f0c88086e36";

#[test]
fn an_untouched_log_is_intact_and_so_is_an_empty_one() {
    assert_eq!(kinds(&log(5)), []);
    assert_eq!(kinds(&[]), []);
}

#[test]
fn a_changed_payload_is_found() {
    let mut entries = log(4);
    entries[1].payload = b"{\"changed\":true}".to_vec();
    assert_eq!(kinds(&entries), [(2, FaultKind::PayloadChanged)]);
}

#[test]
fn a_changed_payload_with_a_matching_digest_is_found() {
    let mut entries = log(4);
    entries[1].payload = b"{\"changed\":true}".to_vec();
    entries[1].payload_sha256 = hex(&sha256(&[&entries[1].payload]));
    assert_eq!(kinds(&entries), [(2, FaultKind::HashChanged)]);
}

#[test]
fn a_rewritten_entry_that_is_consistent_in_itself_is_found_by_its_neighbour() {
    let mut entries = log(4);
    entries[1].payload = b"{\"changed\":true}".to_vec();
    entries[1].payload_sha256 = hex(&sha256(&[&entries[1].payload]));
    let previous = from_hex(&entries[1].previous_hash).unwrap();
    entries[1].hash = link_hex(&previous, 2, &entries[1].payload);
    assert_eq!(kinds(&entries), [(3, FaultKind::PreviousChanged)]);
}

#[test]
fn a_changed_hash_is_found_once() {
    let mut entries = log(4);
    entries[1].hash = hex(&[7; 32]);
    assert_eq!(kinds(&entries), [(2, FaultKind::HashChanged)]);
}

#[test]
fn a_hash_that_is_none_is_found() {
    let mut entries = log(3);
    entries[2].hash = "beef".to_owned();
    assert_eq!(kinds(&entries), [(3, FaultKind::Unreadable("hash"))]);
}

#[test]
fn a_removed_entry_is_found_in_the_middle_and_at_the_beginning() {
    let mut entries = log(4);
    entries.remove(2);
    assert_eq!(kinds(&entries), [(3, FaultKind::Missing)]);
    let mut entries = log(4);
    entries.remove(0);
    assert_eq!(kinds(&entries), [(1, FaultKind::Missing)]);
}

#[test]
fn a_removed_entry_is_found_when_the_rest_was_renumbered() {
    let mut entries = log(4);
    entries.remove(1);
    entries[1].sequence = 2;
    entries[2].sequence = 3;
    assert_eq!(
        kinds(&entries),
        [(2, FaultKind::PreviousChanged), (2, FaultKind::HashChanged), (3, FaultKind::HashChanged)]
    );
}

#[test]
fn swapped_entries_are_found_with_and_without_their_numbers() {
    let mut entries = log(4);
    entries.swap(1, 2);
    assert_eq!(kinds(&entries), [(2, FaultKind::Moved)]);
    entries[1].sequence = 2;
    entries[2].sequence = 3;
    let found = kinds(&entries);
    assert!(found.contains(&(2, FaultKind::HashChanged)), "{found:?}");
    assert!(found.contains(&(3, FaultKind::HashChanged)), "{found:?}");
}

#[test]
fn an_entry_that_appears_twice_is_found() {
    let mut entries = log(3);
    let copy = entries[1].clone();
    entries.insert(2, copy);
    assert!(kinds(&entries).contains(&(2, FaultKind::Repeated)));
}

#[test]
fn a_missing_payload_needs_an_erasure_after_it() {
    let mut entries = log(4);
    entries[1].payload.clear();
    entries[1].erased = true;
    assert_eq!(kinds(&entries), [(2, FaultKind::PayloadGone)]);
    entries[3].kind = EntryKind::Erased.into();
    assert_eq!(kinds(&entries), []);
    entries[3].payload.clear();
    assert_eq!(kinds(&entries), [(4, FaultKind::PayloadGone)], "an erasure does not excuse itself");
}

#[test]
fn a_log_that_was_cut_off_is_shorter_than_the_contact_tells() {
    let mut entries = log(4);
    assert_eq!(check_length(&entries, 4), None);
    entries.pop();
    assert_eq!(kinds(&entries), []);
    let fault = check_length(&entries, 4).unwrap();
    assert_eq!(fault.to_string(), "the log ends before entry 4, though the contact tells of 4 entries");
    assert_eq!(check_length(&[], 0), None);
}
