//! How soon an opt-out that one sidecar acknowledged is the answer of another, while much else is written.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use sendgate::{clock, grpc::pb};
use tokio::task::JoinSet;

use super::{
    calls::Caller,
    clocks::Clocks,
    history::{Answer, Ask, Fresh, Statement},
    people::{PEOPLE, People},
    servers::Shape,
    world::World,
};

const SAMPLES: usize = 2000;
/// Unrelated writes, as sidecars make them: a key under the tracked prefix, so that each is pushed to every sidecar.
const UNRELATED_A_SECOND: u64 = 5000;
const AT_ONCE: u64 = 25;

/// Writes records of contacts nobody asks about, at a steady pace.
async fn write_others(port: u16, written: Arc<AtomicU64>, ended: Arc<AtomicBool>) {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let start = clock::monotonic();
    while !ended.load(Ordering::Relaxed) {
        let due = start.elapsed().as_micros() * u128::from(UNRELATED_A_SECOND) / 1_000_000;
        let so_far = written.load(Ordering::Relaxed);
        if u128::from(so_far) >= due {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        let mut pipe = redis::pipe();
        for n in so_far..so_far + AT_ONCE {
            let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            let id = data_encoding::BASE64URL_NOPAD.encode(&[spread, n.to_le_bytes()].concat());
            pipe.cmd("SET").arg(format!("sg:c:{{{id}}}")).arg("x").ignore();
        }
        pipe.query_async::<()>(&mut connection).await.unwrap();
        written.fetch_add(AT_ONCE, Ordering::Relaxed);
    }
}

/// Opt-in, seen by the other sidecar; opt-out at the first; the other is asked until it denies.
async fn sample(caller: &Caller, person: usize) -> u64 {
    let said = |yes| Statement { at: caller.people.time(person, false), yes, narrow: false, word: false };
    assert_eq!(caller.tell(0, person, said(true)).await, Answer::Stored);
    while caller.check(1, person, Ask::Utility, Fresh::Memory).await != Answer::Allow {}
    assert_eq!(caller.tell(0, person, said(false)).await, Answer::Stored);
    let acknowledged = caller.doors.now();
    loop {
        let asked = caller.doors.now();
        let answer = caller.check(1, person, Ask::Utility, Fresh::Memory).await;
        if answer == Answer::Deny(pb::Reason::OptedOut.as_str_name()) {
            // The last answer that was still a yes began before this; a no to the first question counts as nothing.
            return asked - acknowledged;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement; see docs/reliability.md"]
async fn propagation() {
    let mut world = World::start(Shape::Alone, Clocks::default()).await;
    let (people, notes) = (Arc::new(People::new()), Arc::default());
    let caller = Caller { doors: Arc::clone(&world.doors), people, notes };
    let (written, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut others = JoinSet::new();
    others.spawn(write_others(world.servers.one(0).port(), Arc::clone(&written), Arc::clone(&ended)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (begin, before) = (clock::monotonic(), written.load(Ordering::Relaxed));
    let mut took = Vec::new();
    for n in 0..SAMPLES {
        took.push(sample(&caller, n % PEOPLE).await);
    }
    let rate = (written.load(Ordering::Relaxed) - before) as f64 / begin.elapsed().as_secs_f64();
    ended.store(true, Ordering::Relaxed);
    others.join_next().await.unwrap().unwrap();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1000.0;
    println!("{SAMPLES} opt-outs, {rate:.0} unrelated writes a second");
    println!(
        "p50 {:.3} ms, p90 {:.3}, p99 {:.3}, p99.9 {:.3}, max {:.3}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0)
    );
    let mut from = 0;
    for upto in [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, u64::MAX] {
        let many = took.iter().filter(|took| (from..upto).contains(*took)).count();
        println!("{:>8.2} ms and more {many:6} {}", from as f64 / 1000.0, "#".repeat(many * 60 / SAMPLES));
        from = upto;
    }
}
