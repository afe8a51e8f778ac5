//! How long after its acknowledgement a write is heard at another store, with others writing meanwhile.
//!
//! A measurement, and no fact: `cargo test --release --locked --test it -- --ignored --nocapture a_write_is_heard_soon`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;

/// Notes when a contact was heard of last.
#[derive(Debug, Default)]
struct Listening(Mutex<BTreeMap<ContactId, Instant>>);

impl Ear for Listening {
    fn changed(&self, id: ContactId) {
        self.0.lock().unwrap().insert(id, clock::monotonic());
    }

    fn learned(&self) {}

    fn deaf(&self) {}

    fn heard(&self, _: Instant) {}
}

fn numbered(n: u64) -> ContactId {
    let mut bytes = [9; 16];
    bytes[..8].copy_from_slice(&n.to_le_bytes());
    ContactId(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_write_is_heard_soon() {
    for rate in [0_u32, 500, 5_000] {
        let server = RedisServer::with(&["--appendfsync", "everysec"]).await;
        let writer = Arc::new(open(&server.url(), options()).await.unwrap());
        let listener = open(&server.url(), options()).await.unwrap();
        let ear = Arc::new(Listening::default());
        listener.listen(Arc::clone(&ear) as Arc<dyn Ear>);
        let (done, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let began = Instant::now();
        let others = (0..16_u64).map(|n| {
            let (writer, done, written) = (Arc::clone(&writer), Arc::clone(&done), Arc::clone(&written));
            tokio::spawn(async move {
                let mut next = 0;
                while rate > 0 && !done.load(Ordering::SeqCst) {
                    if written.load(Ordering::SeqCst) as f64 > began.elapsed().as_secs_f64() * f64::from(rate)
                    {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        continue;
                    }
                    next += 1;
                    drop(writer.commit(commit(numbered(1_000_000 * (n + 1) + next), 0)).await);
                    written.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        let others: Vec<_> = others.collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut delays = Vec::new();
        for n in 0..2_000 {
            let id = numbered(n);
            writer.commit(commit(id, 0)).await.unwrap();
            let acknowledged = clock::monotonic();
            until("it is heard", || ear.0.lock().unwrap().contains_key(&id)).await;
            let heard = ear.0.lock().unwrap()[&id];
            delays.push(heard.saturating_duration_since(acknowledged));
        }
        let took = began.elapsed();
        done.store(true, Ordering::SeqCst);
        for other in others {
            other.await.unwrap();
        }
        delays.sort();
        eprintln!(
            "{rate}/s wanted, {:.0}/s others: p50 {:?} p99 {:?} max {:?}",
            written.load(Ordering::SeqCst) as f64 / took.as_secs_f64(),
            delays[delays.len() / 2],
            delays[delays.len() * 99 / 100],
            delays[delays.len() - 1]
        );
    }
}
