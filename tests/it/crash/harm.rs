//! A file that came to harm is refused in plain words, never with a panic.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use sendgate::store::{
    Store, StoreError,
    embedded::{Embedded, OpenError, Options},
};
use tempfile::TempDir;

use crate::conformance::{append, at, commit, id};

/// A store with some contacts, closed cleanly, and its bytes.
async fn sound() -> (TempDir, PathBuf, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(open(&path).unwrap());
    for n in 1..=9 {
        append(&store, id(n), &[1, 2, 3]).await;
    }
    drop(store);
    let bytes = fs::read(&path).unwrap();
    (directory, path, bytes)
}

fn open(path: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(path, &Options::default())
}

/// The message of a refusal: it must name the file and say what to do.
fn refusal(path: &Path) -> String {
    let message = open(path).expect_err("the file is refused").to_string();
    assert!(message.contains(&path.display().to_string()), "{message}");
    assert!(message.contains("; "), "says what to do: {message}");
    message
}

#[tokio::test]
async fn a_file_cut_short_is_refused_whatever_is_left_of_it() {
    let (_directory, path, bytes) = sound().await;
    let step = bytes.len() / 40;
    let lengths =
        (0..40).map(|n| n * step + n * 13).chain([1, 8, 9, 10, 100, 319, 320, 512, 4095, 4096, 8192]);
    for length in lengths.chain([bytes.len() - 1]) {
        fs::write(&path, &bytes[..length]).unwrap();
        let message = refusal(&path);
        let plain = message.contains("is damaged") || message.contains("is not a sendgate store");
        assert!(plain, "{length}: {message}");
    }
}

#[tokio::test]
async fn an_empty_file_is_not_taken_for_a_new_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    File::create(&path).unwrap();
    assert!(refusal(&path).contains("it is empty"));
}

#[tokio::test]
async fn garbage_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    for garbage in [b"{\"json\": true}".to_vec(), vec![0; 100_000], vec![0xA5; 4096]] {
        fs::write(&path, garbage).unwrap();
        assert!(refusal(&path).contains("is not a sendgate store"));
    }
    let mut magic = b"redb\x1A\x0A\xA9\x0D\x0A".to_vec();
    magic.extend(vec![0xFF; 100_000]);
    fs::write(&path, magic).unwrap();
    assert!(refusal(&path).contains("is damaged"));
}

#[tokio::test]
async fn a_flipped_bit_is_refused_or_changes_nothing_that_is_read() {
    let (_directory, path, bytes) = sound().await;
    let whole = content(&open(&path).unwrap()).await;
    // Most of a new file is free pages of zeros, where a flip hurts nobody.
    let used: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place] != 0).collect();
    let mut place = 1_usize;
    let (mut refused, mut harmless) = (0, 0);
    for round in 0..200_usize {
        place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Half of them in the header, where everything hangs on every byte.
        let flipped = if round % 2 == 0 { (place >> 16) % 320 } else { used[(place >> 16) % used.len()] };
        let mut worse = bytes.clone();
        worse[flipped] ^= 1 << (round % 8);
        fs::write(&path, worse).unwrap();
        match open(&path) {
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains("; "), "{error}");
            }
            Ok(store) => {
                harmless += 1;
                assert_eq!(content(&store).await, whole, "byte {flipped}");
                store.close().await.unwrap();
            }
        }
    }
    assert!(refused > 20 && harmless > 20, "{refused} refused, {harmless} harmless");
}

/// Everything a store holds.
async fn content(store: &Embedded) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut logs = Vec::new();
    for n in 1..=9 {
        logs.push(store.history(id(n), 0, 9).await.unwrap());
    }
    let contacts = store.contacts(None, 99, at(0)).await.unwrap().contacts;
    (contacts, logs, store.changes(0, 99).await.unwrap(), *store.latest_change().borrow())
}

#[tokio::test]
async fn a_file_that_is_open_already_is_refused() {
    let (_directory, path, _) = sound().await;
    let first = open(&path).unwrap();
    assert!(refusal(&path).contains("in use by another process"));
    first.close().await.unwrap();
    open(&path).unwrap();
}

#[tokio::test]
async fn a_path_that_leads_through_a_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let message = open(&file.join("deeper").join("store.redb")).err().unwrap().to_string();
    assert!(message.contains("cannot create the directory"), "{message}");
    assert!(open(directory.path()).err().unwrap().to_string().contains("cannot use the store file"));
}

#[tokio::test]
async fn missing_directories_are_made_and_the_file_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/store.redb");
    let store = open(&path).unwrap();
    store.ping().await.unwrap();
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn what_a_crash_left_of_a_new_store_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let unfinished = directory.path().join("store.redb.new");
    for left in [Vec::new(), b"redb".to_vec(), vec![0; 5000]] {
        fs::write(&unfinished, left).unwrap();
        open(&path).unwrap();
        assert!(!unfinished.exists());
        fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn a_closed_store_is_unavailable_and_its_file_free() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let store = open(&path).unwrap();
    store.commit(commit(id(1), 0)).await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.load(id(1), at(0)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.commit(commit(id(1), 1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    store.close().await.unwrap();
    let again = open(&path).unwrap();
    assert_eq!(again.load(id(1), at(0)).await.unwrap().version, 1);
}
