//! Targets that are not empty, stores that are none, copies that differ.

use sendgate::{
    clock::system_now,
    model::SenderId,
    store::{Commit, Committed, RegistryRow, Store as _},
};

use super::{commit, everything, file, folder, migrate, refused, url};
use crate::{harness::say::SENDER, redis_server::RedisServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_empty_target_is_refused_and_left_as_it_is() {
    let (folder, path) = folder().await;
    let key = everything(&*file(&path)).await.key.unwrap();
    let somebody =
        everything(&*file(&path)).await.contacts.into_iter().find(|(.., it)| it.2.length == 1).unwrap();
    let longer =
        everything(&*file(&path)).await.contacts.into_iter().find(|(.., it)| it.2.length == 2).unwrap().0;
    for (name, says) in [
        ("key", "another identity key"),
        ("contact", "1 contacts that the source has not"),
        ("state", "1 contacts in another state"),
        ("beginning", "1 contacts in another state"),
        ("record", "1 contacts in another state"),
        ("window", "1 contacts in another state"),
        ("registry", "the target's registry"),
    ] {
        let other = folder.path().join(name);
        let target = file(&other);
        target.identity_key(if name == "key" { [9; 32] } else { key }).await.unwrap();
        let (id, (record, _, _, log)) = &somebody;
        let same = Commit { id: *id, record: record.clone(), entries: log.clone(), ..commit(0, 0) };
        let now = system_now();
        let wrong = match name {
            "contact" => Some(commit(7, 1)),
            "state" => Some(Commit { id: *id, ..commit(7, 1) }),
            // Shorter than the log of the source, and not how that begins.
            "beginning" => Some(Commit { id: longer, ..commit(7, 1) }),
            "record" => Some(Commit { record: commit(7, 0).record, ..same }),
            "window" => {
                let end = now + sendgate::model::Millis::hours(24);
                Some(Commit { windows: vec![(SenderId::parse(SENDER).unwrap(), now, end)], ..same })
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            assert_eq!(target.commit(wrong).await, Ok(Committed::Done(1)));
        }
        if name == "registry" {
            let row = RegistryRow { key: "sender/1".to_owned(), version: 0, value: vec![1] };
            target.commit_registry(row).await.unwrap();
        }
        let before = everything(&*target).await;
        drop(target);
        for more in [[].as_slice(), &["--dry-run"]] {
            refused(&migrate(&url(&path), &url(&other), more), says);
        }
        assert_eq!(everything(&*file(&other)).await, before, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_store_is_refused() {
    let (folder, path) = folder().await;
    let (here, none) = (url(&path), url(&folder.path().join("none.redb")));
    refused(&migrate(&none, &here, &[]), "there is no store file");
    refused(&migrate(&here, &here, &[]), "the same store");
    refused(&migrate(&here, "memory:", &[]), "--to is `memory:`");
    refused(&migrate("redis://:hunter2@", &here, &[]), "--from names no host");
    let mut gone = RedisServer::start().await;
    gone.kill();
    refused(&migrate(&here, &gone.url(), &[]), "--to: the Redis");
    assert!(!migrate("redis://:hunter2@", &here, &[]).err.contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_differs_is_found() {
    let (_folder, path) = folder().await;
    let server = RedisServer::start().await;
    assert_eq!(migrate(&url(&path), &server.url(), &[]).code, Some(0));
    let log = "return redis.call('KEYS', 'sg:p:*')[1]";
    let ::redis::Value::BulkString(key) = server.command(&["EVAL", log, "0"]).await else {
        panic!("no payloads")
    };
    server.command(&["HSET", std::str::from_utf8(&key).unwrap(), "1", "forged"]).await;
    let differs = migrate(&url(&path), &server.url(), &[]);
    assert_eq!(differs.code, Some(1), "{}{}", differs.out, differs.err);
    assert!(
        differs.out.contains("its logs differ") && differs.out.contains(": 1 differences"),
        "{}",
        differs.out
    );
    // What was wrong before is copied as it is, and told.
    let other = path.with_extension("other");
    let tampered = migrate(&server.url(), &url(&other), &[]);
    assert_eq!(tampered.code, Some(1), "{}{}", tampered.out, tampered.err);
    assert!(tampered.out.contains("entry 1: the content was changed"), "{}", tampered.out);
}
