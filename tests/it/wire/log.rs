//! The attestation log over the wire: paged, chained, erasable, exportable.

use data_encoding::HEXLOWER;
use sendgate::grpc::pb;
use sha2::{Digest as _, Sha256};
use tonic::Code;

use crate::harness::{
    Server,
    errors::{bad_fields, expect},
    say::{PERSON, SENDER, history, opt_in, opt_out, template},
    soon,
};

/// The chain as an auditor recomputes it, from the documentation alone.
#[track_caller]
fn assert_chain(entries: &[pb::ConsentEntry]) {
    let mut previous = "0".repeat(64);
    for (sequence, entry) in (1u64..).zip(entries) {
        assert_eq!((entry.sequence, &entry.previous_hash), (sequence, &previous));
        if !entry.erased {
            assert_eq!(HEXLOWER.encode(&Sha256::digest(&entry.payload)), entry.payload_sha256);
        }
        let mut bytes = b"sendgate-log-v1\0".to_vec();
        bytes.extend(HEXLOWER.decode(entry.previous_hash.as_bytes()).unwrap());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(HEXLOWER.decode(entry.payload_sha256.as_bytes()).unwrap());
        previous = HEXLOWER.encode(&Sha256::digest(&bytes));
        assert_eq!(entry.hash, previous, "entry {sequence}");
    }
}

/// Opts a person in and out, in turn.
async fn alternate(server: &Server, recipient: &str, statements: i64) {
    for n in 0..statements {
        server.turn_to(n);
        match n % 2 {
            0 => drop(server.consent().record_consent(opt_in(recipient)).await.unwrap()),
            _ => drop(server.consent().record_opt_out(opt_out(recipient)).await.unwrap()),
        }
    }
}

async fn exported(server: &Server, sender: &str, include_history: bool) -> Vec<pb::ExportContactsResponse> {
    let request = pb::ExportContactsRequest { sender: sender.to_owned(), include_history };
    let mut stream = server.consent().export_contacts(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    while let Some(contact) = soon(stream.message()).await.unwrap() {
        found.push(contact);
    }
    found
}

#[tokio::test]
async fn pages_put_together_are_the_whole_log_and_its_chain_holds() {
    let server = Server::new().await;
    alternate(&server, PERSON, 25).await;
    let mut entries = Vec::new();
    let mut token = String::new();
    for expected in [10, 10, 5] {
        let request = pb::ListConsentHistoryRequest { page_size: 10, page_token: token, ..history(PERSON) };
        let page = server.consent().list_consent_history(request).await.unwrap().into_inner();
        assert_eq!(page.entries.len(), expected);
        entries.extend(page.entries);
        token = page.next_page_token;
    }
    assert_eq!(token, "", "the last page names no further one");
    assert_chain(&entries);
    assert_eq!(entries, server.entries(PERSON).await);
    let kinds: Vec<_> = entries.iter().take(3).map(pb::ConsentEntry::kind).collect();
    assert_eq!(kinds, [pb::EntryKind::OptIn, pb::EntryKind::OptOut, pb::EntryKind::OptIn]);
    let wording = &entries[0].evidence.as_ref().unwrap().disclosure_text;
    assert_eq!(entries[0].disclosure_sha256, HEXLOWER.encode(&Sha256::digest(wording)));
    assert!(entries.iter().all(|entry| entry.recipient == PERSON && entry.sender == SENDER));
}

#[tokio::test]
async fn a_bad_page_is_refused_and_names_what_is_wrong() {
    let server = Server::new().await;
    let request =
        pb::ListConsentHistoryRequest { page_size: 1001, page_token: "second".to_owned(), ..history(PERSON) };
    assert_eq!(bad_fields(server.consent().list_consent_history(request).await), ["page_size", "page_token"]);
    let nobody = server.consent().list_consent_history(history(PERSON)).await.unwrap().into_inner();
    assert_eq!((nobody.entries.len(), nobody.next_page_token.as_str()), (0, ""));
}

/// It would skip what it was not made for.
#[tokio::test]
async fn a_page_token_of_somebody_else_is_refused() {
    let server = Server::new().await;
    for person in [PERSON, "15550009999"] {
        alternate(&server, person, 3).await;
    }
    let first = pb::ListConsentHistoryRequest { page_size: 2, ..history("15550009999") };
    let token = server.consent().list_consent_history(first).await.unwrap().into_inner().next_page_token;
    let request = pb::ListConsentHistoryRequest { page_token: token, ..history(PERSON) };
    assert_eq!(bad_fields(server.consent().list_consent_history(request).await), ["page_token"]);
}

#[tokio::test]
async fn erasure_forgets_the_person_and_keeps_the_opt_out_and_the_chain() {
    let server = Server::new().await;
    alternate(&server, PERSON, 4).await;
    server.turn_to(10);
    let request = pb::EraseContactRequest { sender: SENDER.to_owned(), recipient: PERSON.to_owned() };
    let erased = server.consent().erase_contact(request).await.unwrap().into_inner();
    assert!(erased.opt_out_kept);
    assert_eq!((erased.entries_erased, erased.durability()), (4, pb::Durability::Stored));
    let answer = server.ask(template(PERSON, pb::Category::Utility)).await;
    assert_eq!((answer.reason(), answer.revision), (pb::Reason::OptedOut, erased.revision));
    let entries = server.entries(PERSON).await;
    assert_chain(&entries);
    assert!(
        entries[..4].iter().all(|entry| entry.erased && entry.payload.is_empty() && entry.evidence.is_none())
    );
    assert_eq!((entries[4].kind(), entries[4].erased), (pb::EntryKind::Erased, false));
    let contact = server.contact(PERSON).await;
    assert_eq!((contact.phone_number.as_str(), contact.history_entries), ("", 5));
    assert!(contact.erased_at.is_some() && contact.windows.is_empty());
    let everything = format!("{:?} {:?}", entries, exported(&server, "", true).await);
    assert!(!everything.contains(PERSON.split_at(2).1), "the number is nowhere: {everything}");
    // They can come back by their own word.
    server.turn_to(20);
    assert!(server.consent().record_consent(opt_in(PERSON)).await.unwrap().into_inner().applied);
}

#[tokio::test]
async fn an_export_holds_every_contact_once_with_its_log() {
    let server = Server::new().await;
    let mut numbers: Vec<String> = (0..300).map(|n| format!("49151000{n:05}")).collect();
    for number in &numbers {
        server.consent().record_opt_out(opt_out(number)).await.unwrap();
    }
    alternate(&server, &numbers[0], 6).await;
    let other = pb::RecordOptOutRequest { sender: "15550002222".to_owned(), ..opt_out("4915999999999") };
    server.consent().record_opt_out(other).await.unwrap();
    let all = exported(&server, "", true).await;
    assert_eq!(all.len(), 301);
    let mut found: Vec<String> =
        all.iter().map(|one| one.contact.as_ref().unwrap().phone_number.clone()).collect();
    for one in &all {
        assert_chain(&one.history);
        assert_eq!(one.history.len() as u64, one.contact.as_ref().unwrap().history_entries);
    }
    found.sort();
    numbers.push("4915999999999".to_owned());
    assert_eq!(found, numbers);
    let of_one = exported(&server, "15550002222", false).await;
    assert_eq!(of_one.len(), 1);
    assert!(of_one[0].history.is_empty(), "without the log unless asked for");
    assert_eq!(of_one[0].contact.as_ref().unwrap().business, "15550002222");
    let bad = pb::ExportContactsRequest { sender: "x".to_owned(), include_history: false };
    assert_eq!(bad_fields(server.consent().export_contacts(bad).await.map(drop)), ["sender"]);
}

#[tokio::test]
async fn a_log_longer_than_a_page_of_the_server_is_exported_whole() {
    let server = Server::new().await;
    alternate(&server, PERSON, 300).await;
    let all = exported(&server, SENDER, true).await;
    assert_eq!(all[0].history.len(), 300);
    assert_chain(&all[0].history);
}

#[tokio::test]
async fn a_store_that_fails_in_an_export_is_an_error_of_the_stream_and_not_its_end() {
    let store = crate::harness::slow::Slow::new();
    let server = Server::over(store.clone(), "").await;
    server.consent().record_opt_out(opt_out(PERSON)).await.unwrap();
    store.fail(true);
    let request = pb::ExportContactsRequest::default();
    let mut stream = server.consent().export_contacts(request).await.unwrap().into_inner();
    expect(soon(stream.message()).await, Code::Unavailable, "STORE_UNAVAILABLE");
}
