//! What others write is heard, whoever writes it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ::redis::cmd;
use sendgate::store::RegistryRow;

use super::*;
use crate::conformance::{id, sender};

/// A writer and a listener on one server.
struct Pair {
    server: RedisServer,
    writer: Redis,
    listener: Redis,
    ear: Arc<Recorder>,
}

impl Pair {
    async fn new() -> Self {
        let server = RedisServer::start().await;
        let writer = open(&server.url(), options()).await.unwrap();
        let listener = open(&server.url(), options()).await.unwrap();
        let ear = Arc::new(Recorder::default());
        listener.listen(Arc::clone(&ear) as Arc<dyn Ear>);
        let pair = Self { server, writer, listener, ear };
        until("the ear hears", || pair.ear.hears()).await;
        pair
    }

    async fn changed(&self, id: ContactId, more_than: usize) {
        until("a write is heard", || self.ear.changed(id) > more_than).await;
    }
}

#[tokio::test]
async fn what_another_writes_is_heard() {
    let pair = Pair::new().await;
    write(&pair.writer, id(1)).await;
    pair.changed(id(1), 0).await;
    let window = vec![(sender("5"), at(1), at(100))];
    let before = pair.ear.changed(id(1));
    pair.writer.commit(Commit { windows: window, ..commit(id(1), 1) }).await.unwrap();
    pair.changed(id(1), before).await;
    assert_eq!(pair.ear.changed(id(2)), 0);
    let learned = pair.ear.told().learned;
    let row = RegistryRow { key: "k".to_owned(), version: 0, value: vec![1] };
    pair.writer.commit_registry(row).await.unwrap();
    until("a registry write is heard", || pair.ear.told().learned > learned).await;
}

#[tokio::test]
async fn an_own_write_is_heard_as_well() {
    let pair = Pair::new().await;
    write(&pair.listener, id(1)).await;
    pair.changed(id(1), 0).await;
}

#[tokio::test]
async fn each_question_tells_how_long_it_took_and_one_that_is_given_up_how_long_it_was_waited_for() {
    let pair = Pair::new().await;
    until("questions are answered", || pair.ear.told().asked.len() > 3).await;
    let answered = pair.ear.told().asked;
    assert!(answered.iter().all(|took| !took.is_zero()), "{answered:?}");
    pair.server.pause();
    until("one is given up", || pair.ear.told().asked.iter().any(|took| *took >= TRUST)).await;
    pair.server.resume();
}

#[tokio::test]
async fn what_other_programs_do_to_keys_is_heard() {
    let pair = Pair::new().await;
    let mut other = pair.server.connection().await;
    let contact = "sg:c:{AQEBAQEBAQEBAQEBAQEBAQ}";
    write(&pair.writer, id(1)).await;
    pair.changed(id(1), 0).await;
    let before = pair.ear.changed(id(1));
    cmd("DEL").arg(contact).query_async::<()>(&mut other).await.unwrap();
    pair.changed(id(1), before).await;

    // A window that ends is heard when Redis removes it.
    let now = Time::from_millis(clock::system_now().millis()).unwrap();
    let end = Time::from_millis(now.millis() + 300).unwrap();
    let windows = vec![(sender("5"), now, end)];
    pair.writer.commit(Commit { windows, ..commit(id(2), 0) }).await.unwrap();
    pair.changed(id(2), 0).await;
    let mut settled = 0;
    while settled != pair.ear.changed(id(2)) {
        settled = pair.ear.changed(id(2));
        tokio::task::yield_now().await;
    }
    pair.changed(id(2), settled).await;

    for flush in ["FLUSHALL", "FLUSHDB"] {
        let before = pair.ear.told().deaf;
        cmd(flush).query_async::<()>(&mut other).await.unwrap();
        until("a flush distrusts everything", || pair.ear.told().deaf > before).await;
        until("and is over", || pair.ear.hears()).await;
    }
}

#[tokio::test]
async fn keys_under_another_prefix_are_not_heard() {
    let pair = Pair::new().await;
    let other = open(&pair.server.url(), Options { prefix: "sg2".to_owned(), ..options() }).await.unwrap();
    write(&other, id(1)).await;
    let mut plain = pair.server.connection().await;
    for key in ["sg", "sg:c", "x:sg:c:{AQEBAQEBAQEBAQEBAQEBAQ}", "sg:h:{AQEBAQEBAQEBAQEBAQEBAQ}"] {
        cmd("SET").arg(key).arg(1).query_async::<()>(&mut plain).await.unwrap();
    }
    // Everything that was written before is heard before this.
    write(&pair.writer, id(2)).await;
    pair.changed(id(2), 0).await;
    assert_eq!(pair.ear.told().changed.keys().copied().collect::<Vec<_>>(), [id(2)]);
}

#[tokio::test]
async fn a_store_that_is_closed_listens_no_more() {
    let pair = Pair::new().await;
    pair.listener.close().await.unwrap();
    until("the lease runs out", || !pair.ear.hears()).await;
    let heard = pair.ear.told().heard;
    write(&pair.writer, id(1)).await;
    tokio::time::sleep(TRUST).await;
    assert_eq!(pair.ear.told().heard, heard);
}

/// Many read through memory while others write. Once it is quiet, memory must answer with what is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_that_crosses_a_write_stays_in_memory() {
    const CONTACTS: usize = 200;
    const WRITES: usize = 6;
    let server = RedisServer::with(&["--appendfsync", "no"]).await;
    let writer = Arc::new(open(&server.url(), options()).await.unwrap());
    let reader = Arc::new(Side::open(&server.url()).await);
    let ids: Arc<Vec<ContactId>> = Arc::new((0..CONTACTS).map(numbered).collect());
    let (done, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers = (0..8_usize).map(|n| {
        let (reader, ids) = (Arc::clone(&reader), Arc::clone(&ids));
        let (done, reads) = (Arc::clone(&done), Arc::clone(&reads));
        tokio::spawn(async move {
            let mut at = n * 31;
            while !done.load(Ordering::SeqCst) {
                // Near to what is being written now.
                at += 1;
                drop(reader.version(ids[at % CONTACTS]).await);
                reads.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    let writers = (0..4_usize).map(|n| {
        let (writer, ids) = (Arc::clone(&writer), Arc::clone(&ids));
        tokio::spawn(async move {
            for id in ids.iter().skip(n).step_by(4) {
                for version in 0..WRITES {
                    writer.commit(commit(*id, version as u64)).await.unwrap();
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    // What is heard after everything was written: everything.
    let last = reader.cache.stamp(id(255));
    write(&writer, id(255)).await;
    until("the last write is heard", || reader.cache.stamp(id(255)) != last).await;
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
    let mut stale = 0;
    for id in ids.iter() {
        if reader.remembers(*id).is_some_and(|version| version != WRITES as u64) {
            stale += 1;
        }
    }
    assert_eq!(stale, 0, "of {CONTACTS} after {} reads", reads.load(Ordering::SeqCst));
    assert!(reads.load(Ordering::SeqCst) > CONTACTS * WRITES, "the test reads enough");
}

fn numbered(n: usize) -> ContactId {
    let mut bytes = [3; 16];
    bytes[..8].copy_from_slice(&(n as u64).to_le_bytes());
    ContactId(bytes)
}
