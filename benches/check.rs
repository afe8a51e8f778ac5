//! A whole check inside the process, through the gate: names, memory or store, facts, decision, metrics; and the write
//! that matters most. Next to each stands the bare operation it cannot be cheaper than.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::{
    cell::Cell,
    collections::HashMap,
    fs::File,
    hint::black_box,
    io::{Seek as _, SeekFrom, Write as _},
    pin::pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
    time::Duration,
};

use divan::{AllocProfiler, Bencher, counter::ItemsCount};
use sendgate::{
    clock::Clock,
    gate::{Check, Consistency, Gate, GateSettings, OptInRequest, OptOutRequest, Who},
    metrics::Metrics,
    model::{
        Category, Recipient, ScopeSet, SenderId,
        evidence::{Action, Channel, Evidence, Method},
    },
    policy::{Kind, Request},
    store::{Store, embedded::Embedded},
};
use tempfile::TempDir;
use tokio::{runtime::Runtime, task::JoinSet};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const CONTACTS: [u64; 2] = [1_000, 100_000];
const BATCH: usize = 1_000;
const WRITERS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(60);
/// Look-ups timed together: one alone is as short as a few ticks of the clock.
const SAMPLE: u32 = 1_000;

/// One worker, as on one core; the store's writer has a thread of its own.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

fn main() {
    divan::main();
}

fn sender() -> SenderId {
    SenderId::parse("15550001111").expect("a sender")
}

fn recipient(number: u64) -> Recipient {
    Recipient::parse(&format!("4915{:09}", 100_000_000 + number)).expect("a number")
}

fn who(number: u64) -> Who {
    Who {
        sender: sender(),
        recipient: recipient(number),
        occurred_at: None,
        key: String::new(),
        request_digest: [0; 16],
        from_platform: false,
        whole_seconds: false,
    }
}

fn check(number: u64, consistency: Consistency) -> Check {
    let request = Request {
        recipient: recipient(number),
        kind: Kind::Template,
        category: Category::Utility,
        topic: None,
        template: None,
        automated: false,
        human_escalation: false,
    };
    Check { sender: sender(), request, consistency, explain: false, reserve: false }
}

async fn open(store: Embedded) -> Arc<Gate> {
    let store: Arc<dyn Store> = Arc::new(store);
    // What is set up here may take its time, on a busy machine too.
    let settings =
        GateSettings { read_timeout: PATIENCE, write_timeout: PATIENCE, ..GateSettings::default() };
    let metrics = Arc::new(Metrics::new());
    Arc::new(Gate::open(store, settings, Clock::System, metrics).await.expect("a gate"))
}

async fn opt_in(gate: Arc<Gate>, number: u64) {
    let wording = "Receive order updates from Example Store on WhatsApp at this number".to_owned();
    let evidence = Evidence::new(Method::Website, Action::BoxChecked, "Example Store".to_owned(), wording);
    let scope = ScopeSet::category(Category::Utility);
    let request = OptInRequest { who: who(number), scope, evidence, expires_at: None, time_zone: None };
    gate.record_opt_in(&request).await.expect("an opt-in");
}

/// A gate with this many people who opted in, all of them asked about once.
fn warm(contacts: u64) -> Arc<Gate> {
    RUNTIME.block_on(async {
        let gate = open(Embedded::in_memory().expect("a store")).await;
        opt_in(Arc::clone(&gate), 0).await;
        let mut tasks = JoinSet::new();
        for number in 1..contacts {
            tasks.spawn(opt_in(Arc::clone(&gate), number));
            if tasks.len() >= WRITERS {
                tasks.join_next().await;
            }
        }
        tasks.join_all().await;
        for number in 0..contacts {
            let answer = gate.check(&check(number, Consistency::MinimizeLatency)).await;
            assert!(answer.verdict.allowed, "{answer:?}");
        }
        gate
    })
}

static WARM: LazyLock<[Arc<Gate>; 2]> = LazyLock::new(|| CONTACTS.map(warm));

fn warm_gate(contacts: u64) -> &'static Gate {
    let [few, many] = &*WARM;
    if contacts == CONTACTS[0] { few } else { many }
}

/// Runs what never waits: a warm check is answered at the first poll.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("a warm check waited"),
    }
}

/// Numbers below `count` in an order that no cache of the processor guesses.
fn scattered(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % count)
}

/// Goes round and round through a list.
struct Round<'a, T>(&'a [T], Cell<usize>);

impl<'a, T> Round<'a, T> {
    fn new(items: &'a [T]) -> Self {
        Self(items, Cell::new(0))
    }

    fn next(&self) -> &'a T {
        let at = self.1.get();
        self.1.set(if at + 1 < self.0.len() { at + 1 } else { 0 });
        self.0.get(at).expect("a place below the length")
    }
}

#[divan::bench(args = CONTACTS, sample_size = SAMPLE)]
fn baseline_hash_map(bencher: Bencher<'_, '_>, contacts: u64) {
    let map: HashMap<u128, Arc<u64>> = (0..contacts).map(|i| (scramble(i), Arc::new(i))).collect();
    let keys: Vec<u128> = scattered(contacts).map(scramble).collect();
    let keys = Round::new(&keys);
    bencher.bench_local(|| map.get(keys.next()).cloned());
}

#[divan::bench(args = CONTACTS, sample_size = SAMPLE)]
fn baseline_moka(bencher: Bencher<'_, '_>, contacts: u64) {
    let cache: moka::sync::Cache<u128, Arc<u64>> = moka::sync::Cache::new(1_000_000);
    for i in 0..contacts {
        cache.insert(scramble(i), Arc::new(i));
    }
    cache.run_pending_tasks();
    let keys: Vec<u128> = scattered(contacts).map(scramble).collect();
    let keys = Round::new(&keys);
    bencher.bench_local(|| cache.get(keys.next()));
}

fn scramble(i: u64) -> u128 {
    u128::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

#[divan::bench(args = CONTACTS, sample_size = SAMPLE)]
fn warm_check(bencher: Bencher<'_, '_>, contacts: u64) {
    let gate = warm_gate(contacts);
    let checks: Vec<Check> =
        scattered(contacts).map(|number| check(number, Consistency::MinimizeLatency)).collect();
    let checks = Round::new(&checks);
    bencher.bench_local(|| at_once(gate.check(black_box(checks.next()))));
}

#[divan::bench(args = CONTACTS)]
fn warm_batch_of_1000(bencher: Bencher<'_, '_>, contacts: u64) {
    let gate = warm_gate(contacts);
    let checks: Vec<Check> =
        scattered(contacts).map(|number| check(number, Consistency::MinimizeLatency)).collect();
    let batches: Vec<&[Check]> = checks.chunks(BATCH).collect();
    let batches = Round::new(&batches);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| at_once(gate.check_many(batches.next())));
}

/// People who opted in, in a store file.
struct OnDisk {
    gate: Arc<Gate>,
    dir: TempDir,
}

static ON_DISK: LazyLock<OnDisk> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Embedded::open(dir.path().join("bench.redb"), &Default::default()).expect("a store");
    let gate = RUNTIME.block_on(async {
        let gate = open(store).await;
        opt_in(Arc::clone(&gate), 0).await;
        let mut tasks = JoinSet::new();
        for number in 1..BATCH as u64 {
            tasks.spawn(opt_in(Arc::clone(&gate), number));
        }
        tasks.join_all().await;
        gate
    });
    OnDisk { gate, dir }
});

#[divan::bench]
fn baseline_hand_over_to_a_thread_and_back(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RUNTIME.block_on(RUNTIME.spawn_blocking(|| black_box(1))));
}

#[divan::bench]
fn cold_check(bencher: Bencher<'_, '_>) {
    let gate = &ON_DISK.gate;
    let checks: Vec<Check> =
        scattered(BATCH as u64).map(|number| check(number, Consistency::FullyConsistent)).collect();
    let checks = Round::new(&checks);
    bencher.bench_local(|| RUNTIME.block_on(gate.check(checks.next())));
}

#[divan::bench]
fn cold_batch_of_1000(bencher: Bencher<'_, '_>) {
    let gate = &ON_DISK.gate;
    let checks: Vec<Check> =
        scattered(BATCH as u64).map(|number| check(number, Consistency::FullyConsistent)).collect();
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| RUNTIME.block_on(gate.check_many(&checks)));
}

#[divan::bench]
fn baseline_4_kib_written_and_synced(bencher: Bencher<'_, '_>) {
    let mut file = File::create(ON_DISK.dir.path().join("baseline")).expect("a file");
    let page = [7; 4096];
    file.write_all(&page).and_then(|()| file.sync_all()).expect("a disk");
    bencher.bench_local(|| {
        file.seek(SeekFrom::Start(0)).expect("a disk");
        file.write_all(&page).expect("a disk");
        file.sync_data().expect("a disk");
    });
}

fn opt_out(number: u64) -> OptOutRequest {
    OptOutRequest {
        who: who(number),
        scope: ScopeSet::everything(),
        channel: Channel::Website,
        keyword: String::new(),
    }
}

#[divan::bench]
fn opt_out_to_disk(bencher: Bencher<'_, '_>) {
    let gate = &ON_DISK.gate;
    let next = Cell::new(10_000_000);
    bencher
        .with_inputs(|| opt_out(next.replace(next.get() + 1)))
        .bench_local_values(|request| RUNTIME.block_on(gate.record_opt_out(&request)).expect("an opt-out"));
}

#[divan::bench]
fn opt_out_to_disk_64_at_once(bencher: Bencher<'_, '_>) {
    let gate = &ON_DISK.gate;
    let next = Cell::new(100_000_000);
    let group = || {
        let from = next.replace(next.get() + WRITERS as u64);
        (from..from + WRITERS as u64).map(opt_out).collect::<Vec<_>>()
    };
    bencher.counter(ItemsCount::new(WRITERS)).with_inputs(group).bench_local_values(|requests| {
        RUNTIME.block_on(async {
            let mut tasks = JoinSet::new();
            for request in requests {
                let gate = Arc::clone(gate);
                tasks.spawn(async move { gate.record_opt_out(&request).await.expect("an opt-out") });
            }
            tasks.join_all().await
        })
    });
}
