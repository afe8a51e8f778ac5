//! The chain finds every change.

use proptest::prelude::*;

use super::*;
use crate::model::{
    Category, Recipient, ScopeSet, SenderId, Time,
    evidence::{Action, Channel, Evidence, Finding, Method},
};

fn entry(content: Content) -> Entry {
    Entry {
        recipient: Recipient::parse("16505551234").ok(),
        sender: SenderId::parse("15550001111").unwrap(),
        occurred_at: Time::from_seconds(1_700_000_000).unwrap(),
        recorded_at: Time::from_seconds(1_700_000_001).unwrap(),
        applied: true,
        content,
        request_digest: [7; 16],
    }
}

fn opt_in() -> Content {
    let evidence = Evidence {
        attributes: vec![("ip".to_owned(), "203.0.113.7".to_owned())],
        jurisdiction: crate::model::evidence::Jurisdiction::parse("US-CA"),
        ..Evidence::new(Method::Website, Action::BoxChecked, "Acme".to_owned(), "words".to_owned())
    };
    let finding = Finding { rule: "B05", field: "evidence.disclosure_text", message: "form".to_owned() };
    Content::OptIn {
        scope: ScopeSet::category(Category::Marketing),
        evidence: Box::new(evidence),
        expires_at: Time::from_seconds(1_800_000_000),
        findings: vec![finding],
    }
}

fn contents() -> Vec<Content> {
    vec![
        opt_in(),
        Content::OptOut {
            scope: ScopeSet::everything(),
            channel: Channel::Keyword,
            keyword: "stop".to_owned(),
        },
        Content::PlatformStop(Channel::DeliveryError),
        Content::PlatformResume,
        Content::Held("leave me alone".to_owned()),
        Content::HoldSettled,
        Content::prompt(PromptStep::Sent, "wamid.1".to_owned(), &ScopeSet::everything()),
        Content::prompt(PromptStep::Declined, "wamid.1".to_owned(), &ScopeSet::category(Category::Marketing)),
        Content::Prompt { step: PromptStep::Declined, message_id: String::new(), declined: None },
        Content::Confirmation { of_opt_in: true },
        Content::Block(crate::model::event::Block::ByUser),
        Content::Linked { other: Recipient::parse("US.1349").unwrap(), proven: true, moved: false },
        Content::Erased { entries: 3 },
    ]
}

fn log(length: u64) -> (Vec<SealedEntry>, LogHead) {
    let mut head = LogHead::default();
    let entries = (0..length).map(|n| {
        let kinds = contents();
        let content = kinds[usize::try_from(n).unwrap() % (kinds.len() - 1)].clone();
        let (entry, next) =
            seal(head, StatementId([u8::try_from(n).unwrap(); 16]), entry(content).to_payload([1; 16]));
        head = next;
        entry
    });
    (entries.collect(), head)
}

#[test]
fn every_kind_of_entry_round_trips() {
    for content in contents() {
        let entry = entry(content);
        assert_eq!(Entry::from_payload(&entry.to_payload([9; 16])), Ok(entry));
    }
}

#[test]
fn an_entry_of_a_newer_version_is_named_as_such() {
    assert_eq!(Entry::from_payload(br#"{"version":2}"#), Err(PayloadError::Version(2)));
    assert_eq!(Entry::from_payload(b"[]"), Err(PayloadError::Malformed));
}

#[test]
fn an_untouched_log_verifies() {
    let (entries, head) = log(12);
    assert_eq!(verify(&entries, head), Ok(()));
    assert_eq!(verify(&[], LogHead::default()), Ok(()));
}

#[test]
fn a_changed_payload_is_found() {
    let (mut entries, head) = log(5);
    entries[2].payload.as_mut().unwrap()[20] ^= 1;
    assert_eq!(verify(&entries, head), Err(Tampered::Payload(3)));
}

#[test]
fn a_payload_changed_together_with_its_digest_is_found() {
    let (mut entries, head) = log(5);
    entries[2].payload = Some(b"{}".to_vec());
    entries[2].payload_digest = digest(b"{}");
    assert_eq!(verify(&entries, head), Err(Tampered::Hash(3)));
    entries[2].hash = chain_hash(&entries[2].previous, 3, &entries[2].payload_digest);
    assert_eq!(verify(&entries, head), Err(Tampered::Link(4)));
}

#[test]
fn a_removed_entry_is_found_wherever_it_was() {
    for at in 0..5_usize {
        let (mut entries, head) = log(5);
        entries.remove(at);
        assert!(verify(&entries, head).is_err(), "{at}");
    }
}

#[test]
fn swapped_entries_are_found() {
    let (mut entries, head) = log(5);
    entries.swap(1, 2);
    assert_eq!(verify(&entries, head), Err(Tampered::OutOfSequence { expected: 2, found: 3 }));
}

#[test]
fn missing_content_needs_a_later_erasure() {
    let (mut entries, head) = log(4);
    entries[1].payload = None;
    assert_eq!(verify(&entries, head), Err(Tampered::Missing(2)));
    for entry in &mut entries {
        entry.payload = None;
    }
    let erased = entry(Content::Erased { entries: 4 });
    let (erasure, head) = seal(head, StatementId([99; 16]), erased.to_payload([2; 16]));
    entries.push(erasure);
    assert_eq!(verify(&entries, head), Ok(()));
}

proptest! {
    #[test]
    fn any_single_bit_flipped_in_a_log_is_found(at in 0_usize..6, byte in 0_usize..4096, bit in 0_u8..8, part in 0..4) {
        let (mut entries, head) = log(6);
        let entry = &mut entries[at];
        match part {
            0 => {
                let payload = entry.payload.as_mut().unwrap();
                let byte = byte % payload.len();
                payload[byte] ^= 1 << bit;
            }
            1 => entry.payload_digest[byte % 32] ^= 1 << bit,
            2 => entry.previous[byte % 32] ^= 1 << bit,
            _ => entry.hash[byte % 32] ^= 1 << bit,
        }
        prop_assert!(verify(&entries, head).is_err());
    }

    #[test]
    fn reading_arbitrary_bytes_never_panics(bytes: Vec<u8>) {
        let _ = Entry::from_payload(&bytes);
    }
}

#[test]
fn a_recipient_is_read_as_it_was_written_whatever_may_be_written_today() {
    // With the trunk prefix of France, as an older version kept it.
    let phone = crate::model::Phone::from_digits(330_612_345_678).unwrap();
    let old = Entry { recipient: Some(Recipient::Phone(phone)), ..entry(opt_in()) };
    let payload = old.to_payload([1; 16]);
    assert_eq!(Entry::from_payload(&payload).unwrap().recipient, old.recipient);
}
