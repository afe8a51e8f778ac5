//! A cluster: every master is heard, whoever has a slot, and the feed has every change once.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use ::redis::{Value, cmd};

use super::*;
use crate::{
    conformance::{append, entry, head_after, id},
    redis_cluster::Cluster,
};

fn under(prefix: &str) -> Options {
    Options { prefix: prefix.to_owned(), ..options() }
}

fn key(prefix: &str, id: ContactId) -> String {
    format!("{prefix}:c:{{{}}}", data_encoding::BASE64URL_NOPAD.encode(&id.0))
}

async fn slot(cluster: &Cluster, key: &str) -> u16 {
    match cluster.nodes[0].command(&["CLUSTER", "KEYSLOT", key]).await {
        Value::Int(slot) => u16::try_from(slot).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_master_is_heard_and_a_lost_one_distrusts_everything() {
    let cluster = Cluster::start().await;
    let side = Side::with(&cluster.url(), under("sg")).await;
    let writer = open(&cluster.url(), under("sg")).await.unwrap();
    let mut owners = BTreeSet::new();
    for n in 0..30 {
        write(&writer, id(n)).await;
        owners.insert(cluster.owner(slot(&cluster, &key("sg", id(n))).await).await);
        side.learn(id(n)).await;
    }
    assert_eq!(owners.len(), 3);
    for n in 0..30 {
        let version = write(&writer, id(n)).await;
        until("a write is heard", || side.remembers(id(n)).is_none_or(|found| found == version)).await;
    }
    for node in &cluster.nodes {
        side.learn(id(1)).await;
        let deafened = side.cache.deafened();
        let stamp = side.cache.stamp(id(1));
        kill_listeners(node).await;
        until("deaf", || side.cache.deafened() > deafened).await;
        assert_ne!(side.cache.stamp(id(1)), stamp);
        side.hears().await;
    }
}

/// Nobody hears what is written to a slot that none of the masters claims.
#[tokio::test]
async fn a_slot_that_nobody_listens_to_ends_trust() {
    let cluster = Cluster::start().await;
    for node in &cluster.nodes {
        node.command(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]).await;
    }
    let side = Side::with(&cluster.url(), under("sg")).await;
    side.learn(id(1)).await;
    let owner = &cluster.nodes[cluster.owner(5).await];
    owner.command(&["CLUSTER", "DELSLOTS", "5"]).await;
    let given = Instant::now();
    tokio::time::sleep_until((given + TRUST).into()).await;
    assert_eq!(side.remembers(id(1)), None);
    owner.command(&["CLUSTER", "ADDSLOTS", "5"]).await;
    side.learn(id(1)).await;
}

/// Writes to a contact without pause, and reads it through memory, while something happens to the cluster. What is read
/// is never older than what was acknowledged a lease ago; afterwards it is what was written last.
async fn nothing_is_stale_while(cluster: &Cluster, ids: &[ContactId], during: impl Future<Output = ()>) {
    let side = Arc::new(Side::with(&cluster.url(), under("sg")).await);
    let writer = Arc::new(open(&cluster.url(), under("sg")).await.unwrap());
    let done = Arc::new(AtomicBool::new(false));
    let (stale, memory) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for id in ids.iter().copied() {
        let acknowledged: Arc<Mutex<Vec<(Instant, u64)>>> = Arc::default();
        let (log, writer, stop) = (Arc::clone(&acknowledged), Arc::clone(&writer), Arc::clone(&done));
        tasks.push(tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                if let Ok(loaded) = writer.load(id, at(0)).await
                    && let Ok(Committed::Done(version)) = writer.commit(commit(id, loaded.version)).await
                {
                    log.lock().unwrap().push((clock::monotonic(), version));
                }
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        }));
        let (side, stop) = (Arc::clone(&side), Arc::clone(&done));
        let (stale, memory) = (Arc::clone(&stale), Arc::clone(&memory));
        tasks.push(tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let now = clock::monotonic();
                if let Some(version) = side.remembers(id) {
                    memory.fetch_add(1, Ordering::SeqCst);
                    let log = acknowledged.lock().unwrap();
                    let due = log.iter().rev().find(|(when, _)| *when + TRUST <= now);
                    if due.is_some_and(|(_, least)| version < *least) {
                        stale.fetch_add(1, Ordering::SeqCst);
                    }
                } else {
                    drop(side.version(id).await);
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    during.await;
    let answered = memory.load(Ordering::SeqCst);
    until("memory answers again", || memory.load(Ordering::SeqCst) > answered + 100).await;
    done.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(stale.load(Ordering::SeqCst), 0, "of {} answers from memory", memory.load(Ordering::SeqCst));
    for id in ids {
        let stored = writer.load(*id, at(0)).await.unwrap().version;
        until("it is quiet", || side.remembers(*id).is_none_or(|version| version == stored)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_stale_while_slots_move() {
    let cluster = Cluster::start().await;
    let ids: Vec<ContactId> = (0..4).map(id).collect();
    let pause = async || tokio::time::sleep(Duration::from_millis(50)).await;
    nothing_is_stale_while(&cluster, &ids, async {
        for id in &ids {
            let slot = slot(&cluster, &key("sg", *id)).await;
            for _ in 0..2 {
                let to = (cluster.owner(slot).await + 1) % 3;
                cluster.migrate(slot, to, pause).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_stale_while_a_master_joins_and_takes_slots() {
    let mut cluster = Cluster::start().await;
    let side = Side::with(&cluster.url(), under("sg")).await;
    cluster.add().await;
    let ids: Vec<ContactId> = (0..3).map(id).collect();
    let pause = async || tokio::time::sleep(Duration::from_millis(20)).await;
    nothing_is_stale_while(&cluster, &ids, async {
        for id in &ids {
            cluster.migrate(slot(&cluster, &key("sg", *id)).await, 3, pause).await;
        }
    })
    .await;
    // One that listened before the new master came hears it as well.
    side.learn(ids[0]).await;
    let version = write(&side.store, ids[0]).await;
    until("it is heard", || side.remembers(ids[0]).is_none_or(|found| found == version)).await;
}

#[tokio::test]
async fn a_master_that_is_away_ends_trust_and_leaves_the_others_readable() {
    let cluster = Cluster::start().await;
    let side = Side::with(&cluster.url(), under("sg")).await;
    let mut by_owner = [None; 3];
    for n in 0..60 {
        by_owner[cluster.owner(slot(&cluster, &key("sg", id(n))).await).await] = Some(id(n));
    }
    for id in by_owner.into_iter().flatten() {
        side.learn(id).await;
    }
    cluster.nodes[2].pause();
    let paused = Instant::now();
    tokio::time::sleep_until((paused + TRUST + Duration::from_millis(50)).into()).await;
    assert!(!side.cache.is_trusted());
    // Before the others find out and stop the whole cluster, as they do when slots are missing.
    assert_eq!(side.version(by_owner[0].unwrap()).await, Ok(0));
    let asked = Instant::now();
    let away = side.version(by_owner[2].unwrap()).await;
    assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    cluster.nodes[2].resume();
    cluster.agrees().await;
    side.hears().await;
    for id in by_owner.into_iter().flatten() {
        side.learn(id).await;
    }
}

/// A user who may do everything but some commands, on every node.
async fn user(cluster: &Cluster, name: &str, without: &[&str]) -> String {
    for node in &cluster.nodes {
        let mut connection = node.connection().await;
        let mut rules = cmd("ACL");
        rules.arg("SETUSER").arg(name).arg("on").arg(">secret").arg("~*").arg("+@all");
        for command in without {
            rules.arg(format!("-{command}"));
        }
        rules.query_async::<()>(&mut connection).await.unwrap();
    }
    cluster.url().replace("://", &format!("://{name}:secret@"))
}

async fn fed(store: &Arc<dyn Store>) -> Vec<(ContactId, u64)> {
    store.changes(0, 10_000).await.unwrap().into_iter().map(|change| (change.id, change.sequence)).collect()
}

#[tokio::test]
async fn what_a_lost_writer_wrote_is_fed_by_whoever_looks() {
    let cluster = Cluster::shared().await;
    let prefix = cluster.prefix();
    let quick = Options { response: Duration::from_millis(500), ..under(&prefix) };
    let url = user(&cluster, &prefix, &["zrem"]).await;
    // It can note what it is about to write, and write it, and no more.
    let lost: Arc<dyn Store> = Arc::new(open(&url, quick.clone()).await.unwrap());
    let mut expected: Vec<_> = (1..=40).map(|n| (id(n), 1)).collect();
    for (id, _) in &expected {
        append(&lost, *id, &[1]).await;
    }
    append(&lost, id(1), &[2, 3]).await;
    expected.extend([(id(1), 2), (id(1), 3), (id(50), 1)]);
    expected.sort_unstable();
    // Several find them at once.
    let mut stores: Vec<Arc<dyn Store>> = Vec::new();
    for _ in 0..4 {
        stores.push(Arc::new(open(&cluster.url(), quick.clone()).await.unwrap()));
    }
    append(&stores[0], id(50), &[1]).await;
    let watchers: Vec<_> = stores.iter().map(|store| store.latest_change()).collect();
    for mut watcher in watchers {
        let by = tokio::time::timeout(PATIENCE, watcher.wait_for(|position| *position >= 43));
        drop(by.await.expect("a watcher is woken").unwrap());
    }
    for store in &stores {
        let mut found = fed(store).await;
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn what_was_noted_and_never_written_is_neither_fed_nor_written_later() {
    let cluster = Cluster::shared().await;
    let prefix = cluster.prefix();
    let quick = Options { response: Duration::from_millis(500), ..under(&prefix) };
    let url = user(&cluster, &prefix, &["hset"]).await;
    let lost: Arc<dyn Store> = Arc::new(open(&url, quick.clone()).await.unwrap());
    let first = entry(sendgate::store::LogHead::default(), 1);
    let refused = lost.commit(Commit { entries: vec![first.clone()], ..commit(id(1), 0) }).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let intents = format!("{prefix}:i:{{feed}}");
    let owner = &cluster.nodes[cluster.owner(slot(&cluster, &intents).await).await];
    let Value::Array(noted) = owner.command(&["ZRANGE", &intents, "0", "-1"]).await else { panic!() };
    let [Value::BulkString(noted)] = noted.as_slice() else { panic!("{noted:?}") };
    let attempt = data_encoding::HEXLOWER.encode(&noted[noted.len() - 8..]);

    let store: Arc<dyn Store> = Arc::new(open(&cluster.url(), quick).await.unwrap());
    let by = Instant::now() + PATIENCE;
    while owner.command(&["ZCARD", &intents]).await != Value::Int(0) {
        assert!(Instant::now() < by, "it is never settled");
        assert_eq!(fed(&store).await, []);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The attempt arrives after all, having been on its way for long.
    let (late, again) = (attempt.clone(), "00000000000000ff".to_owned());
    for (attempt, expected) in [(late, "conflict"), (again, "done")] {
        let answer = commit_by_hand(&cluster, &prefix, &attempt).await;
        assert_eq!(answer, expected, "{attempt}");
    }
}

/// Sends the commit script for contact 1 as a writer does.
async fn commit_by_hand(cluster: &Cluster, prefix: &str, attempt: &str) -> String {
    let contact = key(prefix, id(1));
    let node = &cluster.nodes[cluster.owner(slot(cluster, &contact).await).await];
    let first = entry(sendgate::store::LogHead::default(), 1);
    let head = head_after(&first);
    let mut cmd = cmd("EVAL");
    cmd.arg(include_str!("../../../src/store/redis/commit.lua")).arg(4).arg(&contact);
    for kind in ["h", "p"] {
        cmd.arg(contact.replacen(":c:", &format!(":{kind}:"), 1));
    }
    cmd.arg(format!("{}:{attempt}", contact.replacen(":c:", ":x:", 1)));
    cmd.arg(0).arg(1).arg("record").arg(0).arg("").arg(1).arg(head.hash.as_slice()).arg(0);
    cmd.arg(format!("{}:", contact.replacen(":c:", ":w:", 1)))
        .arg(id(1).0.as_slice())
        .arg(1)
        .arg(0)
        .arg(attempt);
    cmd.arg(1).arg(first.statement.0.as_slice()).arg("entry").arg("payload");
    let mut connection = node.connection().await;
    match cmd.query_async(&mut connection).await.unwrap() {
        Value::Array(answer) => match &answer[0] {
            Value::BulkString(word) => String::from_utf8(word.clone()).unwrap(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// One that settles everything at once interferes with writers as much as anybody can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_fed_once_however_many_settle_it() {
    const WRITERS: u8 = 6;
    const WRITES: u64 = 25;
    let cluster = Cluster::shared().await;
    let prefix = cluster.prefix();
    let store: Arc<dyn Store> = Arc::new(open(&cluster.url(), under(&prefix)).await.unwrap());
    let hasty = Options { response: Duration::from_millis(20), ..under(&prefix) };
    let hasty: Arc<dyn Store> = loop {
        // It is so hasty that it may fail to open.
        if let Ok(hasty) = open(&cluster.url(), hasty.clone()).await {
            break Arc::new(hasty);
        }
    };
    let done = Arc::new(AtomicBool::new(false));
    let (stop, settler) = (Arc::clone(&done), Arc::clone(&hasty));
    let settling = tokio::spawn(async move {
        while !stop.load(Ordering::SeqCst) {
            drop(settler.changes(0, 1).await);
        }
    });
    let writers = (0..WRITERS).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            // Two write to each contact.
            let id = id(n / 2);
            for statement in 0..WRITES {
                let statement = u64::from(n) * 1000 + statement;
                loop {
                    let loaded = store.load(id, at(0)).await.unwrap();
                    let entries = vec![entry(loaded.head, statement)];
                    match store.commit(Commit { entries, ..commit(id, loaded.version) }).await.unwrap() {
                        Committed::Done(_) => break,
                        Committed::Conflict => {}
                        Committed::Known(..) => panic!("nobody else writes this"),
                    }
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    settling.await.unwrap();
    let mut found = fed(&store).await;
    found.sort_unstable();
    let each = (0..WRITERS / 2).flat_map(|n| (1..=2 * WRITES).map(move |sequence| (id(n), sequence)));
    assert_eq!(found, each.collect::<Vec<_>>());
}
