//! Writes that are answered only once replicas, or the append-only file, have them.
//!
//! `WAIT` blocks its connection, so such commits go over connections of their own, and everything else goes on as
//! before. A few writers each take what has queued up, send it in one go with one `WAIT` behind, and answer all of it.
//!
//! A commit that was written and not confirmed in time is neither done nor undone: the master has it, and every reader
//! sees it, but a failover may lose it. So its outcome is unknown. Whoever repeats it finds its statement recorded, and
//! that answer too is given only after a wait, which covers everything the master wrote before. Must not know: what a
//! commit means.

mod lane;
mod needs;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use redis::{Cmd, Pipeline, Value};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{Redis, connect::Connector, keys::Keys, link::Link, script::Scripts};
use crate::store::{Durability, StoreError};
use lane::Lane;
use needs::Needs;

/// Connections that commits are confirmed over: while one waits, others write.
const LANES: usize = 4;
/// Commits sent together at most; as many as the embedded store commits together.
const TOGETHER_MAX: usize = 64;
/// Commits that wait for a writer before further ones are refused.
const QUEUE: usize = 1024;

/// The way of commits that must be confirmed.
pub(super) struct Durable {
    needs: Needs,
    queue: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

/// One commit, or a question whose answer must be confirmed, and who wants it.
struct Job {
    command: Cmd,
    answer: oneshot::Sender<Result<Value, StoreError>>,
}

/// What every writer needs.
struct Shared {
    needs: Needs,
    link: Arc<Link>,
    connector: Arc<Connector>,
    /// Teaches a server the scripts that write.
    teach: Pipeline,
    /// A write that changes nothing. `WAIT` is promised for what its own connection wrote, so that without one it says
    /// nothing of what was written before over another. (Redis 7.0 covers that too; later versions do not.)
    mark: Cmd,
    wait: Cmd,
    doubt: Doubt,
}

/// Whether something was written and not confirmed, and nothing was since. Batches are numbered as they are sent.
#[derive(Default)]
struct Doubt {
    sent: AtomicU64,
    /// The last batch that was sent when the latest failure showed.
    doubted: AtomicU64,
    /// The latest batch that was confirmed, and with it everything written before it was sent.
    confirmed: AtomicU64,
}

impl Doubt {
    fn sending(&self) -> u64 {
        self.sent.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn confirm(&self, batch: u64) {
        self.confirmed.fetch_max(batch, Ordering::AcqRel);
    }

    fn fail(&self) {
        self.doubted.fetch_max(self.sent.load(Ordering::Acquire), Ordering::AcqRel);
    }

    fn is_there(&self) -> bool {
        let doubted = self.doubted.load(Ordering::Acquire);
        doubted > 0 && self.confirmed.load(Ordering::Acquire) <= doubted
    }
}

impl Redis {
    /// Starts the writers, when commits must be confirmed.
    pub(super) fn confirm_commits(&mut self) {
        let options = &self.options;
        let needs = Needs { replicas: options.replicas, fsync: options.fsync, timeout: options.durability };
        if needs.replicas == 0 && !needs.fsync {
            return;
        }
        let (durable, lanes) = Durable::new(
            needs,
            &self.keys,
            &self.scripts,
            Arc::clone(&self.link),
            Arc::clone(&self.connector),
        );
        for lane in lanes {
            self.spawn(lane);
        }
        self.durable = Some(durable);
    }
}

impl Durable {
    fn new(
        needs: Needs,
        keys: &Keys,
        scripts: &Scripts,
        link: Arc<Link>,
        connector: Arc<Connector>,
    ) -> (Self, impl Iterator<Item = impl Future<Output = ()> + Send + 'static>) {
        let mut mark = redis::cmd("SET");
        mark.arg(keys.mark()).arg("");
        let mut teach = Pipeline::new();
        for lua in [&scripts.commit, &scripts.tally] {
            teach.add_command(lua.teaching());
        }
        let wait = needs.wait();
        let shared = Arc::new(Shared { needs, link, connector, teach, mark, wait, doubt: Doubt::default() });
        let (queue, jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let lanes = std::iter::repeat_with({
            let shared = Arc::clone(&shared);
            move || Lane::new(Arc::clone(&shared)).run(Arc::clone(&jobs))
        });
        (Self { needs, queue, shared }, lanes.take(LANES))
    }

    /// Sends a commit, or asks something; the answer, once what it tells of is confirmed. Over one connection, since
    /// after a failover another one may lead to a server that never had it.
    pub(super) async fn ask(&self, command: Cmd) -> Result<Value, StoreError> {
        if self.shared.link.wire().is_none() {
            return Err(StoreError::Unavailable(self.shared.link.why()));
        }
        let (answer, answered) = oneshot::channel();
        // Refused rather than queued: behind so many waits this one would come too late.
        self.queue.try_send(Job { command, answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable("too many writes wait for Redis to confirm them".to_owned())
            }
            mpsc::error::TrySendError::Closed(_) => StoreError::Unavailable("the store is closed".to_owned()),
        })?;
        answered.await.unwrap_or(Err(StoreError::UnknownOutcome))
    }

    /// What holds of everything this process was answered.
    pub(super) fn durability(&self) -> Durability {
        // A write that finds nothing to change is answered from what was read, which may be what is in doubt.
        if self.needs.replicas > 0 && !self.shared.doubt.is_there() {
            Durability::Replicated
        } else {
            Durability::Stored
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_ends_with_a_batch_that_was_sent_after_it() {
        let doubt = Doubt::default();
        let before = doubt.sending();
        assert!(!doubt.is_there());
        doubt.sending();
        doubt.fail();
        doubt.confirm(before);
        assert!(doubt.is_there(), "what was sent before says nothing of what failed after");
        let after = doubt.sending();
        doubt.confirm(after);
        assert!(!doubt.is_there());
    }
}
