//! What the machine itself takes its time for, measured while a run goes on, so that a sidecar is judged by what it
//! does and not by what else the machine had to do.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sendgate::clock;

use super::{doors::Doors, history::Micros};

/// How long the canary that is a thread sleeps between two looks at the clock, and how much later it wakes up on a
/// machine at rest.
const THREAD: (Duration, Micros) = (Duration::from_millis(2), 500);
/// The same of the one that is a task, whose timers are of whole milliseconds.
const TASK: (Duration, Micros) = (Duration::from_millis(5), 2000);
/// A disk at rest takes less to sync.
const SYNC: Micros = 1000;
/// Who is late by less is only slow.
const STALL: Micros = 20_000;
/// How often it is looked at what sidecars had to wait.
const LOOK: Duration = Duration::from_millis(10);
/// How often something is written and synced.
const SYNC_EVERY: u32 = 10;

/// Canaries that sleep and write, and note by how much they were late.
pub(crate) struct Noise {
    ended: Arc<AtomicBool>,
    /// A thread that the system schedules, as it does those of the sidecars.
    thread: Arc<Mutex<Vec<Late>>>,
    /// A task of the harness, behind which answers wait as it does.
    task: Arc<Mutex<Vec<Late>>>,
    /// Threads of sidecars that could run and had to wait, as the system counts it.
    waits: Arc<Mutex<Vec<Late>>>,
    /// Writes to the disk that the sidecars' journals are on.
    disk: Arc<Mutex<Vec<Late>>>,
}

/// From when to when a canary did not come to do anything.
#[derive(Clone, Copy, Debug)]
struct Late {
    begin: Micros,
    end: Micros,
}

impl Noise {
    /// Starts to measure, on the clock of a run.
    pub(crate) fn start(doors: &Arc<Doors>, folder: &Path) -> Self {
        let start = doors.start;
        let noise = Self {
            ended: Arc::default(),
            thread: Arc::default(),
            task: Arc::default(),
            disk: Arc::default(),
            waits: Arc::default(),
        };
        let (ended, late) = (Arc::clone(&noise.ended), Arc::clone(&noise.task));
        tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let begin = now(start);
                tokio::time::sleep(TASK.0).await;
                note(&late, start, begin + micros(TASK.0) + TASK.1);
            }
        });
        let (ended, late, disk) =
            (Arc::clone(&noise.ended), Arc::clone(&noise.thread), Arc::clone(&noise.disk));
        let mut file = File::create(folder.join("noise")).unwrap();
        std::thread::spawn(move || {
            let mut times = 0_u32;
            while !ended.load(Ordering::Relaxed) {
                let begin = now(start);
                std::thread::sleep(THREAD.0);
                note(&late, start, begin + micros(THREAD.0) + THREAD.1);
                times = times.wrapping_add(1);
                if times.is_multiple_of(SYNC_EVERY) {
                    let begin = now(start);
                    // A folder that is gone has nobody left to write to it.
                    drop(file.write_all(b"noise").and_then(|()| file.sync_data()));
                    note(&disk, start, begin + SYNC);
                }
            }
        });
        let (ended, waits) = (Arc::clone(&noise.ended), Arc::clone(&noise.waits));
        let doors = Arc::clone(doors);
        std::thread::spawn(move || {
            let mut before = HashMap::new();
            while !ended.load(Ordering::Relaxed) {
                let begin = now(start);
                std::thread::sleep(LOOK);
                let after = waited(&doors.processes());
                let since =
                    |(thread, waited): (&PathBuf, &u64)| waited - before.get(thread).unwrap_or(waited);
                let most = after.iter().map(since).max().unwrap_or_default() / 1000;
                waits.lock().unwrap().push(Late { begin, end: begin + most });
                before = after;
            }
        });
        noise
    }

    /// How much of a short time the machine took for itself.
    pub(crate) fn between(&self, begin: Micros, end: Micros) -> Micros {
        let sum = |late: &Mutex<Vec<Late>>| sum(late, begin, end, 0);
        // A task waits for the thread it runs on as well; before a sidecar's threads wait those of the harness.
        sum(&self.thread).max(sum(&self.task)) + sum(&self.disk) + sum(&self.waits)
    }

    /// For how much of a longer time the machine stood still: what it always takes a little for counts for nothing.
    pub(crate) fn stalls(&self, begin: Micros, end: Micros) -> Micros {
        let each = [&self.thread, &self.task, &self.disk, &self.waits];
        each.map(|late| sum(late, begin, end, STALL)).into_iter().max().unwrap_or_default()
    }
}

fn sum(late: &Mutex<Vec<Late>>, begin: Micros, end: Micros, least: Micros) -> Micros {
    let late = late.lock().unwrap();
    let long = late.iter().filter(|late| late.end - late.begin >= least);
    long.map(|late| late.end.min(end).saturating_sub(late.begin.max(begin))).sum()
}

impl Drop for Noise {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// For how many nanoseconds so far each thread of some processes could have run and did not, where the system tells.
fn waited(processes: &[u32]) -> HashMap<PathBuf, u64> {
    let mut found = HashMap::new();
    for process in processes {
        // One that was killed is not there any more.
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for thread in threads.flatten().map(|thread| thread.path().join("schedstat")) {
            let told = fs::read_to_string(&thread).unwrap_or_default();
            if let Some(waited) = told.split(' ').nth(1).and_then(|nanos| nanos.parse().ok()) {
                found.insert(thread, waited);
            }
        }
    }
    found
}

fn now(start: Instant) -> Micros {
    micros(clock::monotonic().duration_since(start))
}

fn micros(duration: Duration) -> Micros {
    u64::try_from(duration.as_micros()).unwrap()
}

fn note(late: &Mutex<Vec<Late>>, start: Instant, due: Micros) {
    let end = now(start);
    if end > due {
        late.lock().unwrap().push(Late { begin: due, end });
    }
}
