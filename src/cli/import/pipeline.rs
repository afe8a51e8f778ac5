//! Sends many rows at once: lanes, each of which sends one row after the other. A person has one lane, so that their
//! rows stay in order; rows given out and not settled are bounded, so that a slow lane holds back the reader.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{sync::mpsc, task::JoinSet};
use tonic::Status;

use super::{
    super::Failure,
    ledger::{Ledger, Outcome},
    options::ImportArgs,
    row::{self, Statement},
    send::Sender,
    source::{Item, Source},
};
use crate::model::Time;

/// Rows given out for each lane before the reader waits.
const ROWS_PER_LANE: usize = 32;

/// How to send.
pub(super) struct Plan<'a> {
    /// How many rows at once.
    pub(super) lanes: usize,
    /// How rows are read.
    pub(super) options: &'a ImportArgs,
    /// The time of the import.
    pub(super) now: Time,
}

struct Job {
    item: Item,
    statement: Statement,
}

struct Done {
    item: Item,
    outcome: Result<Outcome, Status>,
}

/// Sends every row, or stops at one the server cannot take now and returns its line and why.
pub(super) async fn run(
    source: &mut Source,
    ledger: &mut Ledger,
    sender: &Sender,
    plan: &Plan<'_>,
) -> Result<Option<(u64, Status)>, Failure> {
    let window = plan.lanes * ROWS_PER_LANE;
    let stop = Arc::new(AtomicBool::new(false));
    let (done_in, mut done) = mpsc::channel(window);
    let mut tasks = JoinSet::new();
    let mut lanes = Vec::new();
    for _ in 0..plan.lanes {
        let (jobs_in, jobs) = mpsc::channel(window);
        lanes.push(jobs_in);
        tasks.spawn(lane(jobs, done_in.clone(), sender.clone(), Arc::clone(&stop)));
    }
    drop(done_in);
    let (mut numbered, mut ended, mut stopped) = (0_u64, false, None);
    loop {
        while !ended && ledger.open(numbered) < u64::try_from(window).unwrap_or(u64::MAX) {
            let Some(item) = source.next()? else {
                ended = true;
                break;
            };
            numbered += 1;
            give(item, &lanes, ledger, plan).await?;
        }
        if ended {
            // Lanes end with their last row, and with the last lane this channel ends.
            lanes.clear();
        }
        let Some(finished) = done.recv().await else { return Ok(stopped) };
        match finished.outcome {
            Ok(outcome) => ledger.complete(finished.item.number, finished.item, outcome)?,
            Err(status) => {
                stop.store(true, Ordering::Relaxed);
                ended = true;
                let line = finished.item.line;
                if stopped.as_ref().is_none_or(|(first, _)| line < *first) {
                    stopped = Some((line, status));
                }
            }
        }
    }
}

/// Gives a row to its person's lane, or settles it when it cannot be read.
async fn give(
    item: Item,
    lanes: &[mpsc::Sender<Job>],
    ledger: &mut Ledger,
    plan: &Plan<'_>,
) -> Result<(), Failure> {
    let read = item.fields.as_ref().map_err(Clone::clone);
    match read.and_then(|fields| row::read(fields, plan.options, plan.now)) {
        Err(reason) => ledger.complete(item.number, item, Outcome::Rejected(reason)),
        Ok(statement) => {
            let lane = lanes.get(lane_of(&statement.person, lanes.len()));
            if let Some(lane) = lane {
                // A lane holds a whole window, so this does not wait; a lane that is gone has said why it stopped.
                let _ = lane.send(Job { item, statement }).await;
            }
            Ok(())
        }
    }
}

fn lane_of(person: &str, lanes: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    person.hash(&mut hasher);
    usize::try_from(hasher.finish() % u64::try_from(lanes.max(1)).unwrap_or(1)).unwrap_or_default()
}

async fn lane(
    mut jobs: mpsc::Receiver<Job>,
    done: mpsc::Sender<Done>,
    mut sender: Sender,
    stop: Arc<AtomicBool>,
) {
    while let Some(Job { item, statement }) = jobs.recv().await {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let outcome = sender.send(&statement).await;
        let stopped = outcome.is_err();
        if stopped {
            stop.store(true, Ordering::Relaxed);
        }
        if done.send(Done { item, outcome }).await.is_err() || stopped {
            return;
        }
    }
}
