//! Copies that are cut short, and gone on with.

use std::sync::Arc;

use sendgate::{
    clock::Clock,
    migrate::{MigrateError, Migration},
    store::{Committed, Store, embedded::Embedded},
};

use super::{commit, everything, file, id, migrate, opened, refused, url};
use crate::{
    harness::{process::program, slow::Slow, until},
    redis_server::RedisServer,
};

/// Fills a store with contacts of two entries each.
async fn fill(store: &Arc<Embedded>, contacts: u32) {
    store.identity_key([3; 32]).await.unwrap();
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..contacts {
        let store = Arc::clone(store);
        writes.spawn(async move { store.commit(commit(n, 2)).await });
    }
    while let Some(done) = writes.join_next().await {
        assert_eq!(done.unwrap(), Ok(Committed::Done(1)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_killed_goes_on_where_it_was() {
    const CONTACTS: u32 = 4000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.redb");
    fill(&file(&path), CONTACTS).await;
    let server = RedisServer::start().await;
    let mut copying = program(&["migrate", "--from", &url(&path), "--to", &server.url()]).spawn().unwrap();
    let copied = || async {
        let ::redis::Value::Int(keys) = server.command(&["DBSIZE"]).await else { panic!("no count") };
        // Each contact is three keys.
        u32::try_from(keys).unwrap() / 3
    };
    until(async || copied().await > CONTACTS / 10).await;
    copying.kill().unwrap();
    copying.wait().unwrap();
    let before = copied().await;
    assert!(before < CONTACTS, "killed in the middle, after {before}");
    let done = migrate(&url(&path), &server.url(), &["--json"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let told: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let anew = told["copied"]["contacts"].as_u64().unwrap();
    assert!(anew > 0 && anew <= u64::from(CONTACTS - before) + 1, "{anew} copied again, {before} were there");
    assert_eq!(everything(&*opened(&server).await).await, everything(&*file(&path)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_out_of_redis_that_failed_goes_on_too() {
    let server = RedisServer::start().await;
    let source = opened(&server).await;
    source.identity_key([3; 32]).await.unwrap();
    for n in 0..300 {
        source.commit(commit(n, 2)).await.unwrap();
    }
    let target = Slow::new();
    let copy = Migration::new(source.clone(), target.clone(), Clock::System);
    target.fail_after(100);
    assert!(matches!(copy.copy(&|_| {}).await, Err(MigrateError::Target(_))));
    let half = copy.survey().await.unwrap();
    assert_eq!((half.contacts, half.same, half.behind), (300, 100, 0));
    target.fail_after(usize::MAX);
    let rest = copy.copy(&|_| {}).await.unwrap();
    assert_eq!((rest.contacts, rest.same, rest.entries), (200, 100, 400));
    assert_eq!(copy.verify(&|_| {}).await.unwrap().differences, 0);
    assert_eq!(everything(&*target).await, everything(&*source).await);
}

#[tokio::test]
async fn a_log_that_was_cut_short_is_completed() {
    let source = Arc::new(Embedded::in_memory().unwrap());
    source.identity_key([3; 32]).await.unwrap();
    source.commit(commit(1, 600)).await.unwrap();
    let target = Slow::new();
    let copy = Migration::new(source.clone(), target.clone(), Clock::System);
    target.fail_after(1);
    assert!(copy.copy(&|_| {}).await.is_err());
    let half = target.load(id(1), Clock::System.now()).await.unwrap();
    assert_eq!(half.head.length, 256);
    assert_eq!(half.record, commit(1, 0).record, "the whole record comes first");
    assert_eq!(copy.survey().await.unwrap().behind, 1);
    target.fail_after(usize::MAX);
    assert_eq!(copy.copy(&|_| {}).await.unwrap().entries, 344);
    let verified = copy.verify(&|_| {}).await.unwrap();
    assert_eq!((verified.contacts, verified.entries, verified.differences), (1, 600, 0));
    assert_eq!(everything(&*target).await, everything(&*source).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_somebody_wrote_to_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.redb");
    fill(&file(&path), 3).await;
    let server = RedisServer::start().await;
    assert_eq!(migrate(&url(&path), &server.url(), &[]).code, Some(0));
    let target = opened(&server).await;
    let longer = commit(2, 3);
    let entries = longer.entries[2..].to_vec();
    let wrote = sendgate::store::Commit { expected: 1, entries, ..longer };
    assert_eq!(target.commit(wrote).await, Ok(Committed::Done(2)));
    refused(&migrate(&url(&path), &server.url(), &[]), "1 contacts in another state");
}
