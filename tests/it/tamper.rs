//! Somebody with the store file in hand changes what a person said: `sendgate verify --store` finds it.

use std::{path::Path, sync::Arc};

use clap::Parser as _;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use sendgate::{
    cli::{self, Cli, Console},
    clock::Clock,
    gate::{Gate, GateSettings, OptOutRequest, Who},
    metrics::Metrics,
    model::{Recipient, ScopeSet, SenderId, Time, evidence::Channel},
    store::{
        Store,
        embedded::{Embedded, Options},
    },
};

const LOG: TableDefinition<'static, (&[u8; 16], u64), &[u8]> = TableDefinition::new("log");

async fn opt_out(gate: &Gate, key: &str) {
    let who = Who {
        sender: SenderId::parse("15550001111").unwrap(),
        recipient: Recipient::parse("16505551234").unwrap(),
        occurred_at: None,
        key: key.to_owned(),
        request_digest: [0; 16],
        from_platform: false,
        whole_seconds: false,
    };
    let request = OptOutRequest {
        who,
        scope: ScopeSet::everything(),
        channel: Channel::Website,
        keyword: String::new(),
    };
    gate.record_opt_out(&request).await.unwrap();
}

async fn store_with_three_opt_outs(path: &Path) {
    let store = Arc::new(Embedded::open(path, &Options::default()).unwrap());
    let clock = Clock::manual(Time::from_seconds(1_700_000_000).unwrap());
    let shared: Arc<dyn Store> = Arc::<Embedded>::clone(&store);
    let gate = Gate::open(shared, GateSettings::default(), clock, Arc::new(Metrics::new())).await.unwrap();
    for key in ["a", "b", "c"] {
        opt_out(&gate, key).await;
    }
    drop(gate);
    store.close().await.unwrap();
}

/// Runs `sendgate verify --store`, and tells its exit code and what it printed.
fn verify(path: &Path) -> (i32, String) {
    let url = format!("file:{}", path.display());
    let command = Cli::parse_from(["sendgate", "verify", "--store", &url]);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let now = Time::from_seconds(1_700_000_100).unwrap();
    let mut console = Console {
        input: &mut std::io::empty(),
        out: &mut out,
        progress: false,
        terminal: false,
        err: &mut err,
        now,
    };
    let exit = cli::run(&command, &mut console) as i32;
    (exit, String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap())
}

/// Changes the second entry, with a page checksum that is right again: what a person with a program can do.
fn tamper(path: &Path, change: impl Fn(&mut Vec<u8>)) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut log = transaction.open_table(LOG).unwrap();
        let (id, mut bytes) = {
            let read = database.begin_read().unwrap();
            let table = read.open_table(LOG).unwrap();
            let entry = table.iter().unwrap().nth(1).unwrap().unwrap();
            (*entry.0.value().0, entry.1.value().to_vec())
        };
        change(&mut bytes);
        log.insert((&id, 2), bytes.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn an_untouched_store_file_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.redb");
    store_with_three_opt_outs(&path).await;
    let checked = path.clone();
    let (exit, text) = tokio::task::spawn_blocking(move || verify(&checked)).await.unwrap();
    assert_eq!((exit, text.as_str()), (0, "logs 1, entries 3: intact\n"));
}

#[tokio::test]
async fn a_changed_word_in_the_store_file_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.redb");
    store_with_three_opt_outs(&path).await;
    tamper(&path, |bytes| {
        let last = bytes.len() - 40;
        bytes[last] ^= 1;
    });
    let checked = path.clone();
    let (exit, text) = tokio::task::spawn_blocking(move || verify(&checked)).await.unwrap();
    assert_eq!(exit, 1, "{text}");
    assert!(text.contains("entry 2: the content was changed"), "{text}");
}

#[tokio::test]
async fn a_missing_store_file_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nothing.redb");
    let checked = path.clone();
    let (exit, text) = tokio::task::spawn_blocking(move || verify(&checked)).await.unwrap();
    assert_eq!(exit, 2);
    assert!(text.contains("there is no store file"), "{text}");
    assert!(!path.exists());
}
