//! The one thread that writes: takes what has queued up, writes it in one transaction, answers when it is durable.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use redb::{Database, Durability};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    apply,
    tables::{Tables, corrupt, fault, last_position},
    usage::SendsCommit,
};
use crate::{
    model::Time,
    quality::Statuses,
    store::{
        Commit, Committed, Entered, Entry, Leaving, RegistryRow, SendsCommitted, StoreError, Tally, TallyKey,
    },
};

/// The most writes one transaction takes: beyond it, sharing a sync gains little and the first waits for the last.
const GROUP: usize = 64;

/// A write, and where its answer goes.
pub(super) struct Job {
    pub(super) op: Op,
    pub(super) answer: oneshot::Sender<Answer>,
}

pub(super) type Answer = Result<Outcome, StoreError>;

/// What the writer can be asked for.
pub(super) enum Op {
    Commit(Box<Commit>),
    Registry(RegistryRow),
    Tally(Box<Tally>),
    PutTally(Vec<(TallyKey, u64)>),
    Sends(Box<SendsCommit>),
    Enter {
        entries: Vec<Entry>,
        now: Time,
    },
    Leave(Vec<Leaving>),
    Sweep {
        now: Time,
        limit: usize,
    },
    IdentityKey([u8; 32]),
    /// Begins a transaction and gives it up: tells that the writer lives and the file takes writes.
    Ping,
}

/// What it answers.
pub(super) enum Outcome {
    Committed(Committed),
    Counted(Vec<Statuses>),
    Put,
    Sends(SendsCommitted),
    Entered(Entered),
    Swept(usize),
    Key([u8; 32]),
    Writable,
}

/// The answers of a transaction that is durable, and the feed position it reached.
struct Written {
    answers: Vec<Answer>,
    latest: u64,
}

/// How a transaction failed as a whole.
enum Failed {
    /// Before the commit began: nothing was written.
    Before(StoreError),
    /// In the commit, with an error: the file may or may not have it.
    Committing(StoreError),
    /// In the commit, with a panic: the library's own state cannot be trusted any more either.
    Lost,
}

/// Works until every sender is gone and the queue is empty.
pub(super) fn run(database: &Database, mut queue: mpsc::Receiver<Job>, feed: &watch::Sender<u64>) {
    let mut lost = false;
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        let (ops, waiting): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.op, job.answer)).unzip();
        for (answer, to) in write(database, &ops, feed, &mut lost).into_iter().zip(waiting) {
            // Whoever asked may have given up; the write stands all the same.
            drop(to.send(answer));
        }
    }
}

fn write(database: &Database, ops: &[Op], feed: &watch::Sender<u64>, lost: &mut bool) -> Vec<Answer> {
    let all = |error: StoreError| ops.iter().map(|_| Err(error.clone())).collect();
    if *lost {
        return all(StoreError::Unavailable(
            "the writer failed and cannot tell what reached the file; restart".to_owned(),
        ));
    }
    match attempt(database, ops) {
        Ok(written) => {
            feed.send_if_modified(|position| std::mem::replace(position, written.latest) != written.latest);
            written.answers
        }
        // One of them met damage and took the others down with it: each for itself, then.
        Err(Failed::Before(StoreError::Corrupt(_))) if ops.len() > 1 => {
            ops.iter().flat_map(|op| write(database, std::slice::from_ref(op), feed, lost)).collect()
        }
        Err(Failed::Before(error)) => all(error),
        Err(Failed::Committing(error @ StoreError::Corrupt(_))) => all(error),
        Err(Failed::Committing(_)) => all(StoreError::UnknownOutcome),
        Err(Failed::Lost) => {
            *lost = true;
            all(StoreError::UnknownOutcome)
        }
    }
}

fn attempt(database: &Database, ops: &[Op]) -> Result<Written, Failed> {
    let committing = Cell::new(false);
    // The transaction lives inside the closure, so a panic drops it, which the library supports: it keeps the file
    // as it was, and rebuilds its free list at the next opening.
    let ended = catch_unwind(AssertUnwindSafe(|| transact(database, ops, &committing)));
    match (ended, committing.get()) {
        (Ok(Ok(written)), _) => Ok(written),
        (Ok(Err(error)), false) => Err(Failed::Before(error)),
        (Ok(Err(error)), true) => Err(Failed::Committing(error)),
        (Err(_), false) => Err(Failed::Before(corrupt("a page of the store file makes no sense"))),
        (Err(_), true) => Err(Failed::Lost),
    }
}

fn transact(database: &Database, ops: &[Op], committing: &Cell<bool>) -> Result<Written, StoreError> {
    let mut transaction = database.begin_write().map_err(fault)?;
    transaction.set_durability(Durability::Immediate).map_err(fault)?;
    let mut tables = Tables::open(&transaction).map_err(fault)?;
    let mut wrote = false;
    let answers = ops.iter().map(|op| apply::apply(&mut tables, op, &mut wrote)).collect::<Result<_, _>>()?;
    let latest = last_position(&tables.changes)?;
    drop(tables);
    if wrote {
        committing.set(true);
        transaction.commit().map_err(fault)?;
    } else {
        transaction.abort().map_err(fault)?;
    }
    Ok(Written { answers, latest })
}
