//! A writer killed in the middle of its writes loses nothing it was told is done.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use sendgate::store::{
    Commit, Committed, Store,
    embedded::{Embedded, Options},
};

use crate::conformance::{at, commit, entry, id, sender};

/// Set for the process that is to write and be killed: the path of its store.
const STORE: &str = "SENDGATE_TEST_CRASH_STORE";
const SEEDS: u64 = 10;
const CONTACTS: u8 = 6;

/// Not a test: the process that `a_killed_writer_loses_nothing_it_was_told_is_done` starts and kills.
#[tokio::test]
#[ignore = "an entry point for another test"]
async fn writer() {
    let Some(path) = env::var_os(STORE) else { return };
    let store = Arc::new(Embedded::open(path, &Options::default()).unwrap());
    let writers = (0..CONTACTS).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            loop {
                let loaded = store.load(id(n), at(0)).await.unwrap();
                let entries = vec![entry(loaded.head, loaded.version)];
                let windows = vec![(sender("5"), at(1), at(i64::try_from(loaded.version).unwrap() + 10))];
                let commit = Commit { entries, windows, ..commit(id(n), loaded.version) };
                let version = commit.expected + 1;
                if store.commit(commit).await != Ok(Committed::Done(version)) {
                    break;
                }
                println!("\nack {n} {version}");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    panic!("a writer was told something else than done");
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_it_was_told_is_done() {
    for seed in 0..SEEDS {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.redb");
        let mut told: BTreeMap<u8, u64> = BTreeMap::new();
        // Killed twice: the second life starts from what the first one left.
        for life in 0..2 {
            let until = 1 + (seed * 2 + life) * 7919 % 97;
            for (n, version) in write_and_kill(&path, until) {
                let latest = told.entry(n).or_default();
                *latest = version.max(*latest);
            }
            check(&path, &told).await;
        }
    }
}

/// Runs a writer until it was told "done" so often, kills it, and returns everything it said.
fn write_and_kill(path: &Path, until: u64) -> Vec<(u8, u64)> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::kill::writer", "--ignored", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((n, version)) = line.strip_prefix("ack ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        // The last line may be cut short by the kill, and a prefix of a number is a smaller number: harmless.
        let (Ok(n), Ok(version)) = (n.parse(), version.parse()) else { continue };
        told.push((n, version));
        if u64::try_from(told.len()).unwrap() == until {
            // SIGKILL on Unix.
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert!(!status.success() && u64::try_from(told.len()).unwrap() >= until, "the writer failed: {status}");
    told
}

async fn check(path: &Path, told: &BTreeMap<u8, u64>) {
    let store = Embedded::open(path, &Options::default()).unwrap();
    let mut entries = 0;
    for (n, version) in told {
        let loaded = store.load(id(*n), at(0)).await.unwrap();
        assert!(loaded.version >= *version, "contact {n} was told {version} and is at {}", loaded.version);
        assert_eq!(loaded.head.length, loaded.version, "a commit is whole");
        assert_eq!(loaded.windows.len(), 1);
        let history = store.history(id(*n), 0, usize::MAX).await.unwrap();
        let mut previous = [0; 32];
        for (place, entry) in (1..).zip(&history) {
            assert_eq!((entry.sequence, entry.previous), (place, previous));
            previous = entry.hash;
        }
        assert_eq!((previous, u64::try_from(history.len()).unwrap()), (loaded.head.hash, loaded.version));
        entries += history.len();
    }
    let all = store.contacts(None, usize::MAX, at(0)).await.unwrap().contacts;
    let beyond: u64 =
        all.iter().filter(|(id, _)| !told.contains_key(&id.0[0])).map(|(_, loaded)| loaded.head.length).sum();
    let changes = store.changes(0, usize::MAX).await.unwrap();
    assert_eq!(changes.len(), entries + usize::try_from(beyond).unwrap(), "every entry is in the feed once");
    assert!(changes.iter().zip(1..).all(|(change, place)| change.position == place));
    store.close().await.unwrap();
}
