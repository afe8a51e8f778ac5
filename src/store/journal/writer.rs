//! The one thread that writes the journal: what comes while the disk is busy goes down together with one sync.

use std::{
    sync::{Arc, PoisonError, mpsc},
    thread::JoinHandle,
};

use redb::{Database, ReadableTable};
use tokio::sync::oneshot;

use super::{ENTRIES, Refusal, TOLD, file::File, stopped};
use crate::store::StoreError;

/// What goes down together at most.
const TOGETHER_MAX: usize = 256;

enum Job {
    Keep(Refusal, bool, oneshot::Sender<Result<u64, StoreError>>),
    Told(Vec<u64>, oneshot::Sender<Result<(), StoreError>>),
    Release(Vec<u64>, oneshot::Sender<Result<(), StoreError>>),
}

/// The way to the thread; dropped, the thread has ended and the file is closed.
pub(super) struct Writer {
    jobs: std::sync::Mutex<Option<mpsc::Sender<Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(file: Arc<File>) -> Result<Self, std::io::Error> {
        let (jobs, waiting) = mpsc::channel();
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            let mut last = 0;
            while let Ok(first) = waiting.recv() {
                let more = std::iter::from_fn(|| waiting.try_recv().ok()).take(TOGETHER_MAX - 1);
                put_down(&file, std::iter::once(first).chain(more).collect(), &mut last);
            }
        })?;
        Ok(Self { jobs: std::sync::Mutex::new(Some(jobs)), thread: Some(thread) })
    }

    pub(super) async fn keep(&self, refusal: Refusal, told: bool) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Keep(refusal, told, answer))?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub(super) async fn told(&self, places: Vec<u64>) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Told(places, answer))?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub(super) async fn release(&self, places: Vec<u64>) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Release(places, answer))?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(stopped)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn put_down(file: &File, jobs: Vec<Job>, last: &mut u64) {
    let done = file.write(|database| write(database, &jobs, *last));
    let mut places = done.as_ref().map(|(first, end)| *first..=*end).unwrap_or(0..=0);
    for job in jobs {
        // Whoever gave up waiting finds it in the journal all the same.
        match (job, &done) {
            (Job::Keep(_, _, answer), Ok(_)) => drop(answer.send(places.next().ok_or_else(stopped))),
            (Job::Told(_, answer) | Job::Release(_, answer), Ok(_)) => drop(answer.send(Ok(()))),
            (Job::Keep(_, _, answer), Err(error)) => drop(answer.send(Err(error.clone()))),
            (Job::Told(_, answer) | Job::Release(_, answer), Err(error)) => {
                drop(answer.send(Err(error.clone())));
            }
        }
    }
    if let Ok((_, end)) = done {
        *last = end;
    }
}

/// Writes everything or nothing; tells the first place given, and the last.
fn write(database: &Database, jobs: &[Job], last: u64) -> Result<(u64, u64), redb::Error> {
    let transaction = database.begin_write()?;
    let (mut table, mut told) = (transaction.open_table(ENTRIES)?, transaction.open_table(TOLD)?);
    // A place that was let go is not given again, so that whoever remembers it never means another refusal.
    let kept = table.last()?.map_or(0, |(place, _)| place.value());
    let mut end = last.max(kept);
    let first = end.saturating_add(1);
    for job in jobs {
        match job {
            Job::Keep(Refusal { business, statement, payload }, is_told, _) => {
                end = end.saturating_add(1);
                table.insert(end, (&statement.0, business.as_str(), payload.as_slice()))?;
                if *is_told {
                    told.insert(end, ())?;
                } else {
                    // One that an older version left behind is of another refusal.
                    told.remove(end)?;
                }
            }
            Job::Told(places, _) => {
                for place in places {
                    if table.get(place)?.is_some() {
                        told.insert(place, ())?;
                    }
                }
            }
            Job::Release(places, _) => {
                for place in places {
                    table.remove(place)?;
                    told.remove(place)?;
                }
            }
        }
    }
    drop((table, told));
    transaction.commit()?;
    Ok((first, end))
}
