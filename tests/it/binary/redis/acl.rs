//! The user that the README makes in Redis may do what sendgate does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sendgate::{
    grpc::pb::{self, consent_service_client::ConsentServiceClient},
    store::{
        Committed, ContactId, Ear, Store, StoreError,
        redis::{Options, Redis, Target},
    },
};

use super::{Served, connect, reason};
use crate::{
    conformance::{append, at, commit, id},
    harness::{
        say::{PERSON, SENDER, history, opt_in, opt_out, wrote},
        soon, until,
    },
    redis_server::RedisServer,
};

const README: &str = include_str!("../../../../README.md");

/// Makes the user of the README.
async fn allow(server: &RedisServer) {
    let (_, rest) = README.split_once("<!-- acl -->").unwrap();
    let line = rest.lines().find(|line| line.starts_with("ACL SETUSER")).unwrap();
    server.command(&line.split(' ').collect::<Vec<_>>()).await;
}

async fn nothing_was_denied(server: &RedisServer) {
    let denied = server.command(&["ACL", "LOG"]).await;
    assert_eq!(denied, ::redis::Value::Array(Vec::new()), "{denied:?}");
}

#[derive(Debug, Default)]
struct Listener {
    heard: AtomicBool,
    changed: AtomicBool,
}

impl Ear for Listener {
    fn changed(&self, _: ContactId) {
        self.changed.store(true, Ordering::SeqCst);
    }

    fn learned(&self) {}

    fn deaf(&self) {}

    fn heard(&self, _: Instant) {
        self.heard.store(true, Ordering::SeqCst);
    }
}

/// Writes, reads, lists and listens.
async fn use_all_of(store: &Arc<dyn Store>) {
    let ear = Arc::new(Listener::default());
    store.listen(Arc::<Listener>::clone(&ear));
    until(async || ear.heard.load(Ordering::SeqCst)).await;
    append(store, id(1), &[1, 2]).await;
    until(async || ear.changed.load(Ordering::SeqCst)).await;
    assert_eq!(store.history(id(1), 0, 9).await.unwrap().len(), 2);
    let mut from = None;
    let mut listed = 0;
    loop {
        let page = store.contacts(from, 10, at(0)).await.unwrap();
        listed += page.contacts.len();
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert!(listed >= 1);
    assert_eq!(store.identity_key([7; 32]).await.map(|key| key.len()), Ok(32));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_user_of_the_readme_is_enough() {
    let server = RedisServer::start().await;
    allow(&server).await;
    let url = format!("redis://sendgate:a-password@127.0.0.1:{}/2", server.port());
    let folder = tempfile::tempdir().unwrap();
    let journal = format!("store.journal={}", folder.path().join("journal").display());
    let mut served = Served::on(&url, &["--set", &journal]);
    assert!(!served.said().contains("WARN"), "{}", served.said());
    let mut consent = ConsentServiceClient::new(connect(&served).await);
    soon(consent.record_consent(opt_in(PERSON))).await.unwrap();
    soon(consent.record_inbound(wrote(PERSON, "hello"))).await.unwrap();
    soon(consent.record_opt_out(opt_out(PERSON))).await.unwrap();
    assert_eq!(reason(&served, PERSON).await, pb::Reason::OptedOut);
    assert_eq!(
        soon(consent.list_consent_history(history(PERSON))).await.unwrap().into_inner().entries.len(),
        2
    );
    let all = pb::ExportContactsRequest { include_history: true, ..Default::default() };
    assert!(
        soon(consent.export_contacts(all).await.unwrap().into_inner().message()).await.unwrap().is_some()
    );
    let erase = pb::EraseContactRequest { sender: SENDER.to_owned(), recipient: PERSON.to_owned() };
    soon(consent.erase_contact(erase)).await.unwrap();
    let options = Options { replicas: 1, durability: Duration::from_millis(50), ..Options::default() };
    let waiting = Redis::open(Target::parse(&url).unwrap(), options).await.unwrap();
    assert_eq!(waiting.commit(commit(id(9), 0)).await, Err(StoreError::UnknownOutcome), "it has no replica");
    let store = Redis::open(Target::parse(&url).unwrap(), Options::default()).await.unwrap();
    assert_eq!(store.commit(commit(id(9), 1)).await, Ok(Committed::Done(2)), "and was written");
    use_all_of(&(Arc::new(store) as Arc<dyn Store>)).await;
    nothing_was_denied(&server).await;
}
