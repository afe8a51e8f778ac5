//! What the machine itself takes its time for, measured while a run goes on, so that a sidecar is judged by what it
//! does and not by what else the machine had to do.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sendgate::clock;

use super::history::Micros;

/// How long each canary sleeps between two looks at the clock.
const SLEEP: Duration = Duration::from_millis(2);
/// Waking up this much later is what a machine at rest does.
const USUAL: Micros = 500;
/// How often something is written and synced.
const SYNC_EVERY: u32 = 10;

/// Canaries that sleep and write, and note by how much they were late.
pub(crate) struct Noise {
    ended: Arc<AtomicBool>,
    /// A thread that the system schedules, as it does those of the sidecars.
    thread: Arc<Mutex<Vec<Late>>>,
    /// A task of the harness, behind which answers wait as it does.
    task: Arc<Mutex<Vec<Late>>>,
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
    pub(crate) fn start(start: Instant, folder: &Path) -> Self {
        let noise = Self {
            ended: Arc::default(),
            thread: Arc::default(),
            task: Arc::default(),
            disk: Arc::default(),
        };
        let (ended, late) = (Arc::clone(&noise.ended), Arc::clone(&noise.task));
        tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let begin = now(start);
                tokio::time::sleep(SLEEP).await;
                note(&late, start, begin + micros(SLEEP));
            }
        });
        let (ended, late, disk) =
            (Arc::clone(&noise.ended), Arc::clone(&noise.thread), Arc::clone(&noise.disk));
        let mut file = File::create(folder.join("noise")).unwrap();
        std::thread::spawn(move || {
            let mut times = 0_u32;
            while !ended.load(Ordering::Relaxed) {
                let begin = now(start);
                std::thread::sleep(SLEEP);
                note(&late, start, begin + micros(SLEEP));
                times = times.wrapping_add(1);
                if times.is_multiple_of(SYNC_EVERY) {
                    let begin = now(start);
                    // A folder that is gone has nobody left to write to it.
                    drop(file.write_all(b"noise").and_then(|()| file.sync_data()));
                    note(&disk, start, begin);
                }
            }
        });
        noise
    }

    /// How much of a time the machine took for itself.
    pub(crate) fn between(&self, begin: Micros, end: Micros) -> Micros {
        let sum = |late: &Mutex<Vec<Late>>| {
            let late = late.lock().unwrap();
            let within = |late: &Late| late.end.min(end).saturating_sub(late.begin.max(begin));
            late.iter().map(within).sum::<Micros>()
        };
        // A task waits for the thread it runs on as well.
        sum(&self.thread).max(sum(&self.task)) + sum(&self.disk)
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

fn now(start: Instant) -> Micros {
    micros(clock::monotonic().duration_since(start))
}

fn micros(duration: Duration) -> Micros {
    u64::try_from(duration.as_micros()).unwrap()
}

fn note(late: &Mutex<Vec<Late>>, start: Instant, due: Micros) {
    let end = now(start);
    if end > due + USUAL {
        late.lock().unwrap().push(Late { begin: due, end });
    }
}
