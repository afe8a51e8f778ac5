//! WatchConsent: live, and resumable without gap or duplicate.

use sendgate::grpc::pb;
use tonic::{Code, Streaming};

use crate::harness::{
    Server,
    errors::{bad_fields, expect},
    say::{PERSON, SENDER, fresh, opt_in, opt_out, template},
    soon,
};

type Changes = Streaming<pb::WatchConsentResponse>;

async fn watch(server: &Server, sender: &str, resume_after: &str) -> Changes {
    let request =
        pb::WatchConsentRequest { sender: sender.to_owned(), resume_after: resume_after.to_owned() };
    server.consent().watch_consent(request).await.unwrap().into_inner()
}

async fn next(changes: &mut Changes) -> pb::WatchConsentResponse {
    soon(changes.message()).await.unwrap().unwrap()
}

async fn refuse(server: &Server, recipient: &str) {
    server.consent().record_opt_out(opt_out(recipient)).await.unwrap();
}

fn number(n: usize) -> String {
    format!("49151000{n:05}")
}

#[tokio::test]
async fn changes_come_as_they_are_recorded() {
    let server = Server::new().await;
    refuse(&server, "4915100000000").await;
    let mut changes = watch(&server, "", "").await;
    let recorded = server.consent().record_consent(opt_in(PERSON)).await.unwrap().into_inner();
    let change = next(&mut changes).await;
    let entry = change.entry.unwrap();
    assert_eq!((entry.kind(), entry.recipient.as_str()), (pb::EntryKind::OptIn, PERSON));
    assert_eq!((change.business.as_str(), entry.applied), (SENDER, true));
    assert_eq!(entry.evidence.unwrap().business_name, "Acme");
    assert!(!recorded.revision.is_empty());
    refuse(&server, PERSON).await;
    assert_eq!(next(&mut changes).await.entry.unwrap().kind(), pb::EntryKind::OptOut);
}

#[tokio::test]
async fn a_watcher_that_resumes_sees_every_change_once() {
    let server = Server::new().await;
    for n in 0..600 {
        refuse(&server, &number(n)).await;
    }
    let mut seen = Vec::new();
    let mut position = "0".to_owned();
    // Torn off and resumed at odd places, with more recorded in between.
    for take in [1, 7, 255, 256, 81, 5] {
        let mut changes = watch(&server, "", &position).await;
        for _ in 0..take {
            let change = next(&mut changes).await;
            position = change.revision;
            seen.push(change.entry.unwrap().recipient);
        }
        drop(changes);
        refuse(&server, &number(600 + seen.len())).await;
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (605, 605));
    let first: Vec<String> = (0..600).map(number).collect();
    assert_eq!(seen[..600], first, "in the order in which they were recorded");
}

#[tokio::test]
async fn nothing_is_lost_between_catching_up_and_waiting() {
    let server = Server::new().await;
    let mut changes = watch(&server, "", "0").await;
    let mut consent = server.consent();
    let writer = tokio::spawn(async move {
        for n in 0..200 {
            consent.record_opt_out(opt_out(&number(n))).await.unwrap();
        }
    });
    for n in 0..200 {
        assert_eq!(next(&mut changes).await.entry.unwrap().recipient, number(n));
    }
    soon(writer).await.unwrap();
}

#[tokio::test]
async fn a_watcher_of_one_sender_sees_its_business_only() {
    let server = Server::new().await;
    refuse(&server, PERSON).await;
    let mut changes = watch(&server, "15550002222", "0").await;
    let theirs = pb::RecordOptOutRequest { sender: "15550002222".to_owned(), ..opt_out(PERSON) };
    server.consent().record_opt_out(theirs).await.unwrap();
    let change = next(&mut changes).await;
    assert_eq!(change.business, "15550002222");
    assert!(change.revision.starts_with("2-"), "the place in the whole feed: {}", change.revision);
}

#[tokio::test]
async fn a_bad_resume_point_is_told_at_once() {
    let server = Server::new().await;
    refuse(&server, PERSON).await;
    let request =
        |resume: &str| pb::WatchConsentRequest { sender: String::new(), resume_after: resume.to_owned() };
    for garbage in ["x", "-1", "1.5", "99999999999999999999", "1-x"] {
        let refused = server.consent().watch_consent(request(garbage)).await;
        assert_eq!(bad_fields(refused.map(drop)), ["resume_after"], "{garbage}");
    }
    for unknown in ["2", "1-0123456789abcdef"] {
        let beyond = server.consent().watch_consent(request(unknown)).await;
        expect(beyond.map(drop), Code::OutOfRange, "RESUME_POINT_UNKNOWN");
    }
}

#[tokio::test]
async fn the_feed_goes_on_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.redb");
    let server = Server::on(&file, "").await;
    refuse(&server, PERSON).await;
    let position = next(&mut watch(&server, "", "0").await).await.revision;
    refuse(&server, "4915112345679").await;
    server.stop().await;
    let server = Server::on(&file, "").await;
    let mut changes = watch(&server, "", &position).await;
    assert_eq!(next(&mut changes).await.entry.unwrap().recipient, "4915112345679");
    server.stop().await;
}

#[tokio::test]
async fn the_revision_of_an_entry_is_a_state_that_holds_it_and_no_resume_point() {
    let server = Server::new().await;
    let prompt = |outcome: pb::OptInPromptOutcome| pb::RecordOptInPromptRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        outcome: outcome as i32,
        ..Default::default()
    };
    // Two entries with one commit: there are more entries than versions.
    for outcome in [pb::OptInPromptOutcome::Sent, pb::OptInPromptOutcome::Accepted] {
        server.consent().record_opt_in_prompt(prompt(outcome)).await.unwrap();
    }
    let entries = server.entries(PERSON).await;
    assert_eq!(entries.len(), 3);
    let from_start = pb::WatchConsentRequest { resume_after: "0".to_owned(), ..Default::default() };
    let mut changes = server.consent().watch_consent(from_start).await.unwrap().into_inner();
    for entry in &entries {
        let change = soon(changes.message()).await.unwrap().unwrap();
        let streamed = change.entry.unwrap();
        for revision in [&entry.revision, &streamed.revision] {
            let fresh = pb::CheckSendRequest {
                consistency: fresh(revision),
                ..template(PERSON, pb::Category::Utility)
            };
            assert_eq!(server.reason(fresh).await, pb::Reason::OptedIn);
            let resumed = pb::WatchConsentRequest { resume_after: revision.clone(), ..Default::default() };
            assert!(server.consent().watch_consent(resumed).await.is_err());
        }
        let resumed = pb::WatchConsentRequest { resume_after: change.revision, ..Default::default() };
        server.consent().watch_consent(resumed).await.unwrap();
    }
}
