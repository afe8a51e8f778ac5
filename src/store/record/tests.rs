use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    model::{BusinessId, Contact, Phone, StatementId, Ties, contact::arbitrary},
    store::{ContactId, SealedEntry},
};

fn record_of(contact: Contact) -> Record {
    Record { business: Some(BusinessId::parse("acme").unwrap()), contact, ..Record::default() }
}

fn ties() -> impl Strategy<Value = Ties> {
    let timed = || vec((arbitrary::times(), any::<[u8; 16]>().prop_map(ContactId)), 0..3);
    let plain = || vec(any::<[u8; 16]>().prop_map(ContactId), 0..3);
    (timed(), plain(), timed(), timed(), plain(), timed()).prop_map(|parts| {
        let mut ties = Ties::default();
        let (numbers, users, moved_to, moved_from, same, linked) = parts;
        let names = users.clone();
        let mut all = Ties { numbers, users, moved_to, moved_from, same, linked, names };
        all.numbers.sort();
        // A join leaves every list sorted and without repetitions.
        ties.join(&all);
        ties
    })
}

fn message(error: StoreError) -> String {
    match error {
        StoreError::Corrupt(message) => message,
        other => panic!("{other:?}"),
    }
}

fn entries() -> impl Strategy<Value = SealedEntry> {
    (option::of(vec(any::<u8>(), 0..200)), any::<[[u8; 32]; 3]>(), any::<[u8; 16]>()).prop_map(
        |(payload, [payload_digest, previous, hash], id)| SealedEntry {
            sequence: 7,
            payload,
            payload_digest,
            previous,
            hash,
            statement: StatementId(id),
        },
    )
}

#[test]
fn a_record_of_before_declines_had_a_scope_declines_everything() {
    let when = crate::model::Time::from_millis(1_700_000_000_123).unwrap();
    let none = record_of(Contact { held: Some(when), ..Contact::default() });
    let mut bytes = encode(&none, 7, LogHead::default()).unwrap();
    *bytes.first_mut().unwrap() = DECLINES_WITHOUT_SCOPE;
    assert_eq!(decode(&bytes).unwrap().record, none);

    let mut contact = Contact::default();
    *contact.prompt.declined.entry(crate::model::Scope::Everything) = Some(when);
    let declined = record_of(contact);
    let mut bytes = encode(&declined, 7, LogHead::default()).unwrap();
    let at = postcard::to_allocvec(&when.millis().unsigned_abs()).unwrap();
    let by_scope = [&[1, 0, 1], at.as_slice()].concat();
    let place = bytes.windows(by_scope.len()).position(|found| found == by_scope).unwrap();
    bytes.splice(place..place + by_scope.len(), [&[1], at.as_slice()].concat());
    *bytes.first_mut().unwrap() = DECLINES_WITHOUT_SCOPE;
    assert_eq!(decode(&bytes).unwrap().record, declined);
}

proptest! {
    #[test]
    fn every_record_reads_back_as_it_was(
        contact in arbitrary::contacts(),
        business in option::of("[a-z0-9_.-]{1,64}"),
        earlier in vec((arbitrary::times(), arbitrary::contacts()), 0..3),
        ties in ties(),
        version in 1..=u64::MAX,
        (length, hash) in (any::<u64>(), any::<[u8; 32]>()),
    ) {
        let business = business.map(|name| BusinessId::parse(&name).unwrap());
        let earlier = earlier.into_iter().collect::<std::collections::BTreeMap<_, _>>().into_iter().collect();
        let record = Record { business, contact, earlier, ties };
        let head = LogHead { length, hash };
        let bytes = encode(&record, version, head).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), Loaded { record, windows: Vec::new(), version, head });
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in vec(any::<u8>(), 0..300), versioned: bool) {
        if let (true, Some(first)) = (versioned, bytes.first_mut()) {
            *first = RECORD_FORMAT;
        }
        let _ = decode(&bytes);
        let _ = decode_entry(1, &bytes);
    }

    #[test]
    fn a_changed_byte_never_panics_and_what_still_decodes_has_one_spelling(
        contact in arbitrary::contacts(),
        at: prop::sample::Index,
        flip in 1..=u8::MAX,
    ) {
        let mut bytes = encode(&record_of(contact), 3, LogHead::default()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(loaded) = decode(&bytes) {
            let again = encode(&loaded.record, loaded.version, loaded.head).unwrap();
            prop_assert_eq!(decode(&again).unwrap(), loaded);
        }
    }

    #[test]
    fn a_record_cut_short_or_grown_is_corrupt(contact in arbitrary::contacts(), cut: prop::sample::Index) {
        let mut bytes = encode(&record_of(contact), 3, LogHead::default()).unwrap();
        let cut = cut.index(bytes.len());
        prop_assert!(matches!(decode(&bytes[..cut]), Err(StoreError::Corrupt(_))));
        bytes.push(0);
        prop_assert!(message(decode(&bytes).unwrap_err()).contains("1 too many"));
    }

    #[test]
    fn every_log_entry_reads_back_as_it_was(entry in entries()) {
        prop_assert_eq!(decode_entry(7, &encode_entry(&entry)).unwrap(), entry);
    }

    #[test]
    fn erasing_a_log_entry_leaves_everything_but_its_payload(entry in entries()) {
        let erased = without_payload(7, &encode_entry(&entry)).unwrap();
        prop_assert_eq!(erased.is_some(), entry.payload.is_some());
        let expected = SealedEntry { payload: None, ..entry };
        let bytes = erased.unwrap_or_else(|| encode_entry(&expected));
        prop_assert_eq!(decode_entry(7, &bytes).unwrap(), expected);
    }
}

#[test]
fn an_unknown_version_is_named() {
    let mut bytes = encode(&record_of(Contact::default()), 1, LogHead::default()).unwrap();
    bytes[0] = 9;
    assert!(message(decode(&bytes).unwrap_err()).contains("format version 9"));
    assert!(message(decode_entry(1, &[9, 1]).unwrap_err()).contains("format version 9"));
}

#[test]
fn a_record_of_version_0_is_corrupt() {
    let bytes = encode(&record_of(Contact::default()), 0, LogHead::default()).unwrap();
    assert!(message(decode(&bytes).unwrap_err()).contains("invalid version"));
}

#[test]
fn a_phone_number_that_is_none_is_corrupt() {
    let contact = Contact { phone: Phone::from_digits(1_000_000), ..Contact::default() };
    let mut bytes = encode(&record_of(contact), 1, LogHead::default()).unwrap();
    // The number is the only varint of three bytes: 1,000,000, made 999,999.
    let at = bytes.windows(3).position(|w| w == [0xC0, 0x84, 0x3D]).unwrap();
    bytes[at..at + 3].copy_from_slice(&[0xBF, 0x84, 0x3D]);
    assert!(message(decode(&bytes).unwrap_err()).contains("invalid phone number"));
}

#[test]
fn user_ids_out_of_order_are_corrupt() {
    let id = |text| crate::model::UserId::parse(text).unwrap();
    let contact = Contact { user_ids: vec![id("US.2"), id("US.1")], ..Contact::default() };
    let bytes = encode(&record_of(contact), 1, LogHead::default()).unwrap();
    assert!(message(decode(&bytes).unwrap_err()).contains("order of user IDs"));
}

#[test]
fn an_error_never_shows_personal_data() {
    let contact = Contact { phone: Phone::parse("16505551234").ok(), ..Contact::default() };
    let mut bytes = encode(&record_of(contact), 1, LogHead::default()).unwrap();
    bytes.pop();
    let shown = message(decode(&bytes).unwrap_err());
    assert!(!shown.contains("1650555"), "{shown}");
}

#[test]
fn an_empty_contact_takes_less_than_a_hundred_bytes() {
    let bytes = encode(&record_of(Contact::default()), 1, LogHead::default()).unwrap();
    assert!(bytes.len() < 100, "{}", bytes.len());
}

/// What this version writes. A change of these bytes is a new format version.
const BYTES: &str = concat!(
    "0507000000000000000000000000000000000000000000000000000000000000000000010461636d650182f3babe3d00",
    "000000000001010270310000000102000000000000000000000103010900000000000000000000000000000000000000",
    "000000000001070707070707070707070707070707070000000000"
);

#[test]
fn the_bytes_of_a_record_are_known() {
    let at = |millis| crate::model::Time::from_millis(millis);
    let mut contact = Contact { phone: Phone::parse("16505551234").ok(), ..Contact::default() };
    contact.prompt.recent = vec![(at(1).unwrap(), "p1".to_owned())];
    (contact.confirmed_out, contact.known) = (at(2), at(3));
    let ties = Ties { users: vec![ContactId([7; 16])], ..Ties::default() };
    let earlier = vec![(at(9).unwrap(), Contact::default())];
    let record = Record { earlier, ties, ..record_of(contact) };
    assert_eq!(data_encoding::HEXLOWER.encode(&encode(&record, 7, LogHead::default()).unwrap()), BYTES);
}
