//! A server that answers, but not with what was asked for: each refusal is told in plain words, and nothing was written.

use super::*;
use crate::{
    conformance::{append, entry, id},
    proxy::{Proxy, Way},
};

async fn refusal(url: &str) -> String {
    match open(url, options()).await {
        Err(StoreError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Err(StoreError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_login_that_is_missing_or_wrong_is_told() {
    let server = RedisServer::with(&["--requirepass", "secret"]).await;
    let port = server.port();
    let none = refusal(&server.url()).await;
    assert!(none.contains("wants a password"), "{none}");
    for login in [":hunter2", "somebody:hunter2"] {
        let wrong = refusal(&format!("redis://{login}@127.0.0.1:{port}")).await;
        assert!(wrong.contains("user or password") && !wrong.contains("hunter2"), "{wrong}");
    }
    let store = open(&format!("redis://:secret@127.0.0.1:{port}"), options()).await.unwrap();
    assert_eq!(store.ping().await, Ok(()));
    let other = open(&format!("redis://:secret@127.0.0.1:{port}/3"), options()).await.unwrap();
    write(&store, id(1)).await;
    assert_eq!(other.load(id(1), at(0)).await.unwrap().version, 0, "a database of its own");
}

#[tokio::test]
async fn nobody_listening_is_told() {
    let port = crate::redis_server::free_port();
    let began = Instant::now();
    let why = refusal(&format!("redis://127.0.0.1:{port}")).await;
    assert!(why.contains("cannot reach Redis"), "{why}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_server_without_memory_refuses_writes_and_is_read_from() {
    let server = RedisServer::start().await;
    let store = open(&server.url(), options()).await.unwrap();
    write(&store, id(1)).await;
    server.command(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let why = unavailable(store.commit(commit(id(1), 1)).await);
    assert!(why.contains("out of memory"), "{why}");
    assert_eq!(store.load(id(1), at(0)).await.unwrap().version, 1);
    server.command(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(store.commit(commit(id(1), 1)).await, Ok(Committed::Done(2)));
}

#[tokio::test]
async fn a_server_that_cannot_save_or_replicate_refuses_writes() {
    let server = RedisServer::start().await;
    let store = open(&server.url(), options()).await.unwrap();
    write(&store, id(1)).await;
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]).await;
    let why = unavailable(store.commit(commit(id(1), 1)).await);
    assert!(why.contains("too few replicas"), "{why}");
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]).await;

    // Where the file should go a folder stands.
    std::fs::create_dir(server.folder().join("dump.rdb")).unwrap();
    server.command(&["CONFIG", "SET", "save", "3600 1"]).await;
    server.command(&["BGSAVE"]).await;
    let by = Instant::now() + PATIENCE;
    let why = loop {
        assert!(Instant::now() < by, "writes are never refused");
        let version = store.load(id(1), at(0)).await.unwrap().version;
        match store.commit(commit(id(1), version)).await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            refused => break unavailable(refused),
        }
    };
    assert!(why.contains("cannot save"), "{why}");
}

#[tokio::test]
async fn a_replica_refuses_to_be_the_store() {
    let (master, server) = (RedisServer::start().await, RedisServer::start().await);
    let store = open(&server.url(), options()).await.unwrap();
    write(&store, id(1)).await;
    server.command(&["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await;
    let why = unavailable(store.commit(commit(id(1), 1)).await);
    assert!(why.contains("replica"), "{why}");
    let why = refusal(&server.url()).await;
    assert!(why.contains("replica"), "{why}");
}

#[tokio::test]
async fn a_server_that_loads_is_waited_for() {
    let mut server = RedisServer::start().await;
    let side = Side::open(&server.url()).await;
    write(&side.store, id(7)).await;
    let mut fill = server.connection().await;
    let script = "for i = 1, 12000 do redis.call('RPUSH', 'fill', i) end";
    ::redis::cmd("EVAL").arg(script).arg(0).query_async::<()>(&mut fill).await.unwrap();
    // So many microseconds for each command; it looks at its connections after every 1,024 of them.
    server.relaunch(&["--key-load-delay", "250"]);
    let by = Instant::now() + PATIENCE;
    let mut told = false;
    loop {
        assert!(Instant::now() < by, "it never loads");
        match side.store.load(id(7), at(0)).await {
            Ok(loaded) => break assert_eq!(loaded.version, 1),
            Err(StoreError::Unavailable(why)) => told |= why.contains("loading its data"),
            Err(error) => panic!("{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(told, "that it loads is told");
    side.hears().await;
}

#[tokio::test]
async fn forgotten_scripts_are_told_again() {
    let server = RedisServer::start().await;
    let store = open(&server.url(), options()).await.unwrap();
    for _ in 0..3 {
        server.command(&["SCRIPT", "FLUSH"]).await;
        write(&store, id(1)).await;
        server.command(&["SCRIPT", "FLUSH"]).await;
        assert!(store.load_many(&[id(1), id(2)], at(0)).await.iter().all(Result::is_ok));
    }
}

#[tokio::test]
async fn a_write_of_unknown_outcome_is_settled_by_repeating_it() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port()).await;
    let options = Options { response: Duration::from_millis(300), ..options() };
    let store: Arc<dyn Store> = Arc::new(open(&proxy.url(), options).await.unwrap());
    append(&store, id(1), &[1]).await;
    for statement in 2..5 {
        let loaded = store.load(id(1), at(0)).await.unwrap();
        let entries = vec![entry(loaded.head, statement)];
        let again = Commit { entries: entries.clone(), ..commit(id(1), loaded.version) };
        // Lost on the way there, lost on the way back, or cut off in between.
        let lost = match statement {
            2 => Way { no_questions: true, ..Way::default() },
            _ => Way { no_answers: true, ..Way::default() },
        };
        proxy.set(lost);
        if statement == 4 {
            let (unknown, ()) = tokio::join!(store.commit(again.clone()), async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                proxy.cut();
            });
            assert_eq!(unknown, Err(StoreError::UnknownOutcome));
        } else {
            assert_eq!(store.commit(again.clone()).await, Err(StoreError::UnknownOutcome));
        }
        // What did not arrive must not arrive later than the repetition.
        proxy.cut();
        proxy.set(Way::default());
        let by = Instant::now() + PATIENCE;
        let settled = loop {
            assert!(Instant::now() < by, "never settled");
            match store.commit(again.clone()).await {
                Ok(settled) => break settled,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let expected =
            [Committed::Done(loaded.version + 1), Committed::Known(entries[0].statement, statement)];
        assert!(expected.contains(&settled), "{settled:?}");
        if statement > 2 {
            assert_eq!(settled, expected[1], "it had happened");
        }
        let after = store.load(id(1), at(0)).await.unwrap();
        assert_eq!((after.version, after.head.length), (loaded.version + 1, statement));
    }
    let changes = store.changes(0, 10).await.unwrap();
    let sequences: Vec<_> = changes.iter().map(|change| change.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4], "each is fed once");
}
