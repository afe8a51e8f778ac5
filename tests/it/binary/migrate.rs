//! `sendgate migrate`: everything of one store, in another.

mod interrupted;
mod refused;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use sendgate::{
    attest,
    clock::system_now,
    grpc::pb,
    model::{BusinessId, Contact, SenderId, StatementId, Time},
    store::{
        Commit, ContactId, Erase, LogHead, Record, SealedEntry, Store, TallyKey,
        embedded::{self, Embedded},
        redis::{self, Redis},
    },
};

use crate::{
    harness::{
        Server,
        process::{Ran, run},
        say::{PERSON, SENDER, opt_in, opt_out, template, wrote},
    },
    redis_server::RedisServer,
};

const OTHER_SENDER: &str = "15550002222";
const LEARNED_SENDER: &str = "15550003333";
const ERASED: &str = "5511987654321";
const YAML: &str = "{businesses: [{id: acme, names: [Acme], senders: ['+15550001111', '+15550002222']}], \
                    senders: {auto_register: true}}";

/// Everything a store answers, but for what is counted anew.
#[derive(Debug, PartialEq)]
struct Everything {
    key: Option<[u8; 32]>,
    rows: BTreeMap<String, Vec<u8>>,
    contacts: BTreeMap<ContactId, Whole>,
    /// What was counted, and which messages were told of.
    counted: BTreeMap<TallyKey, u64>,
}

/// One contact: its record, its windows, the end of its log, and the log.
type Whole = (Record, BTreeMap<SenderId, Time>, LogHead, Vec<SealedEntry>);

async fn everything(store: &dyn Store) -> Everything {
    let rows = store.registry().await.unwrap().into_iter().map(|row| (row.key, row.value)).collect();
    let (mut counted, mut from) = (BTreeMap::new(), None);
    loop {
        let page = store.tally_page(from, 100).await.unwrap();
        counted.extend(page.rows);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let (mut contacts, mut from) = (BTreeMap::new(), None);
    loop {
        let page = store.contacts(from, 100, system_now()).await.unwrap();
        for (id, loaded) in page.contacts {
            let log = store.history(id, 0, 10_000).await.unwrap();
            let windows = loaded.windows.into_iter().collect();
            contacts.insert(id, (loaded.record, windows, loaded.head, log));
        }
        from = page.next;
        if from.is_none() {
            let key = store.known_identity_key().await.unwrap();
            return Everything { key, rows, contacts, counted };
        }
    }
}

fn file(path: &Path) -> Arc<Embedded> {
    Arc::new(Embedded::open(path, &embedded::Options::default()).unwrap())
}

async fn opened(server: &RedisServer) -> Arc<Redis> {
    Arc::new(Redis::open(server.target(), redis::Options::default()).await.unwrap())
}

fn url(path: &Path) -> String {
    format!("file:{}", path.display())
}

fn migrate(from: &str, to: &str, more: &[&str]) -> Ran {
    tokio::task::block_in_place(|| run(&[["migrate", "--from", from, "--to", to].as_slice(), more].concat()))
}

#[track_caller]
fn refused(ran: &Ran, says: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
    assert!(ran.err.contains(says) && !ran.err.contains("panicked"), "{}", ran.err);
}

/// A store after some life: two windows of one person, somebody erased, a sender that registered itself, a link.
async fn lived(path: &Path) {
    let server = Server::on(path, YAML).await;
    server.clock.set(system_now());
    let mut consent = server.consent();
    for n in 0..20 {
        let person = format!("49151{n:08}");
        consent.record_consent(opt_in(&person)).await.unwrap();
        if n % 3 == 0 {
            consent.record_opt_out(opt_out(&person)).await.unwrap();
        }
    }
    for sender in [SENDER, OTHER_SENDER, LEARNED_SENDER] {
        let hello = pb::RecordInboundRequest { sender: sender.to_owned(), ..wrote(PERSON, "hello") };
        consent.record_inbound(hello).await.unwrap();
    }
    consent.record_consent(opt_in(ERASED)).await.unwrap();
    consent.record_opt_out(opt_out(ERASED)).await.unwrap();
    let erase = pb::EraseContactRequest { sender: SENDER.to_owned(), recipient: ERASED.to_owned() };
    consent.erase_contact(erase).await.unwrap();
    let link = pb::LinkContactsRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        other: "US.13491208655302741918".to_owned(),
        ..Default::default()
    };
    consent.link_contacts(link).await.unwrap();
    server.quality().record_delivery_events(events()).await.unwrap();
    server.stop().await;
}

/// What was told of some messages.
fn events() -> pb::RecordDeliveryEventsRequest {
    let event = |n: usize| pb::DeliveryEvent {
        message_id: format!("m{n}"),
        r#type: pb::DeliveryEventType::Delivered as i32,
        template: "hello_world".to_owned(),
        ..Default::default()
    };
    pb::RecordDeliveryEventsRequest { sender: SENDER.to_owned(), events: (0..300).map(event).collect() }
}

/// A folder with a store that lived.
async fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.redb");
    lived(&path).await;
    (folder, path)
}

fn id(n: u32) -> ContactId {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    ContactId(id)
}

/// A first commit with a log whose chain holds.
fn commit(n: u32, entries: u64) -> Commit {
    let (mut head, mut log) = (LogHead::default(), Vec::new());
    for statement in 0..entries {
        let mut name = [1; 16];
        name[..8].copy_from_slice(&statement.to_be_bytes());
        let payload = format!("{{\"contact\":{n},\"statement\":{statement}}}").into_bytes();
        let (sealed, next) = attest::seal(head, StatementId(name), payload);
        log.push(sealed);
        head = next;
    }
    let contact = Contact { known: Time::from_millis(i64::from(n) + 1), ..Contact::default() };
    let record = Record { business: BusinessId::parse("acme").ok(), contact, ..Record::default() };
    Commit { id: id(n), expected: 0, record, windows: Vec::new(), entries: log, erase: Erase::Nothing }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_goes_from_a_file_to_redis_and_back_unchanged() {
    let (folder, first) = folder().await;
    let server = RedisServer::start().await;
    let before = everything(&*file(&first)).await;
    assert!(before.contacts.values().any(|(_, windows, ..)| windows.len() == 2), "two windows");
    assert!(
        before.contacts.values().any(|(.., log)| log.iter().any(|entry| entry.payload.is_none())),
        "erased"
    );
    assert!(!before.rows.is_empty() && before.key.is_some());
    assert!(before.counted.values().any(|count| *count == 300) && before.counted.len() > 300);

    let there = migrate(&url(&first), &server.url(), &[]);
    assert_eq!(there.code, Some(0), "{}{}", there.out, there.err);
    assert!(
        there.out.contains("equal, every log intact") && there.out.contains("begins anew"),
        "{}",
        there.out
    );
    assert!(there.out.contains(&format!("copied: {} contacts", before.contacts.len())), "{}", there.out);
    assert_eq!(everything(&*opened(&server).await).await, before);

    let second = folder.path().join("new").join("b.redb");
    let back = migrate(&server.url(), &url(&second), &[]);
    assert_eq!(back.code, Some(0), "{}{}", back.out, back.err);
    assert_eq!(everything(&*file(&second)).await, before);
    assert_eq!(everything(&*file(&first)).await, before, "the source is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_the_copy_decides_as_before() {
    let (_folder, path) = folder().await;
    let server = RedisServer::start().await;
    assert_eq!(migrate(&url(&path), &server.url(), &[]).code, Some(0));
    let copy = Server::at(&server.url(), YAML).await;
    copy.clock.set(system_now());
    let reason = async |person: &str| copy.reason(template(person, pb::Category::Utility)).await;
    assert_eq!(reason("4915100000000").await, pb::Reason::OptedOut);
    assert_eq!(reason("4915100000001").await, pb::Reason::OptedIn);
    assert_eq!(reason(ERASED).await, pb::Reason::OptedOut);
    let reply = crate::harness::say::reply(PERSON);
    assert_eq!(copy.reason(reply).await, pb::Reason::WindowOpen);
    let again = copy.quality().record_delivery_events(events()).await.unwrap().into_inner();
    assert_eq!((again.counted, again.duplicates), (0, 300), "what was counted is not counted again");
    // And goes on with the logs it found.
    copy.consent().record_opt_out(opt_out("4915100000000")).await.unwrap();
    assert_eq!(copy.entries("4915100000000").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_changes_nothing() {
    let (_folder, path) = folder().await;
    let server = RedisServer::start().await;
    assert_eq!(migrate(&url(&path), &server.url(), &[]).code, Some(0));
    let offset = || async {
        let info = format!("{:?}", server.command(&["INFO", "persistence"]).await);
        info.split_once("rdb_changes_since_last_save:").unwrap().1.split("\\r").next().unwrap().to_owned()
    };
    let before = offset().await;
    let again = migrate(&url(&path), &server.url(), &["--json"]);
    assert_eq!(again.code, Some(0), "{}{}", again.out, again.err);
    let told: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(told["copied"], serde_json::json!({"contacts": 0, "entries": 0, "rows": 0, "counts": 0}));
    assert_eq!(told["differences"], 0);
    assert_eq!(told["source"]["same"], told["source"]["contacts"]);
    assert_eq!(offset().await, before, "nothing was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_writes_nothing() {
    let (folder, path) = folder().await;
    let server = RedisServer::start().await;
    let dry = migrate(&url(&path), &server.url(), &["--dry-run"]);
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    assert!(dry.out.starts_with("dry run: source: 2"), "{}", dry.out);
    assert_eq!(server.command(&["DBSIZE"]).await, ::redis::Value::Int(0));
    let target = folder.path().join("none.redb");
    assert_eq!(migrate(&url(&path), &url(&target), &["--dry-run"]).code, Some(0));
    assert!(!target.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prefixes_are_apart() {
    let (_folder, path) = folder().await;
    let server = RedisServer::start().await;
    assert_eq!(migrate(&url(&path), &server.url(), &["--to-prefix", "one"]).code, Some(0));
    let across = migrate(&server.url(), &server.url(), &["--from-prefix", "one", "--to-prefix", "two"]);
    assert_eq!(across.code, Some(0), "{}{}", across.out, across.err);
    refused(&migrate(&server.url(), &url(&path), &["--from-prefix", "sg"]), "no identity key");
    refused(&migrate(&server.url(), &url(&path), &["--from-prefix", "s*"]), "prefix");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_counted_something_else_is_refused() {
    let (_folder, path) = folder().await;
    let server = RedisServer::start().await;
    assert_eq!(migrate(&url(&path), &server.url(), &[]).code, Some(0));
    let copy = Server::at(&server.url(), YAML).await;
    copy.clock.set(system_now());
    let mut more = events();
    more.events.truncate(1);
    more.events[0].message_id = "another".to_owned();
    copy.quality().record_delivery_events(more).await.unwrap();
    copy.stop().await;
    refused(&migrate(&url(&path), &server.url(), &[]), "counts of delivery events");
}
