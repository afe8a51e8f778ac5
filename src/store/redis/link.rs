//! The connection that commands go over, kept up by a task of its own.
//!
//! Commands never wait for a connection: without one they fail at once, and the task tries again with growing, random
//! pauses. So many callers are no storm, and every answer comes in bounded time. Must not know: what commands mean.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use redis::{
    Cmd, Pipeline, PushInfo, PushKind, RedisError, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
    cluster_async::ClusterConnection,
};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use super::{connect::Connector, fault};
use crate::store::StoreError;

/// A connection that carries nothing is asked this often whether it still leads anywhere, and given as long to answer.
const PROBE: Duration = Duration::from_secs(1);

/// The first pause between attempts to connect, and the longest.
const PAUSE_MIN: Duration = Duration::from_millis(25);
const PAUSE_MAX: Duration = Duration::from_millis(800);

/// Where commands go.
pub(super) struct Link {
    wire: ArcSwapOption<Numbered>,
    /// Why there is no connection.
    why: ArcSwap<String>,
    lost: Notify,
    made: AtomicU64,
    up: watch::Sender<bool>,
}

/// A connection and which one it is, so that an old failure does not end a new one.
struct Numbered {
    number: u64,
    wire: Wire,
}

#[derive(Clone)]
pub(super) enum Wire {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Why a command has no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// It was not sent.
    NotConnected(String),
    /// It was, or may have been.
    Redis(RedisError),
}

impl Failed {
    pub(super) fn of_read(&self) -> StoreError {
        match self {
            Self::NotConnected(why) => StoreError::Unavailable(why.clone()),
            Self::Redis(error) => fault::of_read(error),
        }
    }

    pub(super) fn of_write(&self) -> StoreError {
        match self {
            Self::NotConnected(why) => StoreError::Unavailable(why.clone()),
            Self::Redis(error) => fault::of_write(error),
        }
    }

    pub(super) fn is_no_script(&self) -> bool {
        matches!(self, Self::Redis(error) if fault::is_no_script(error))
    }
}

impl Link {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            wire: ArcSwapOption::empty(),
            why: ArcSwap::from_pointee("not connected to Redis yet".to_owned()),
            lost: Notify::new(),
            made: AtomicU64::new(0),
            up: watch::Sender::new(false),
        })
    }

    /// Tells whether there is a connection.
    pub(super) fn up(&self) -> watch::Receiver<bool> {
        self.up.subscribe()
    }

    /// Why there is none.
    pub(super) fn why(&self) -> String {
        self.why.load().as_ref().clone()
    }

    pub(super) fn wire(&self) -> Option<Wire> {
        self.wire.load().as_ref().map(|numbered| numbered.wire.clone())
    }

    /// Sends one command.
    pub(super) async fn run(&self, cmd: &Cmd) -> Result<Value, Failed> {
        let numbered = self.wire.load_full().ok_or_else(|| self.not_connected())?;
        let answer = match numbered.wire.clone() {
            Wire::One(mut connection) => connection.req_packed_command(cmd).await,
            Wire::Cluster(mut connection) => connection.req_packed_command(cmd).await,
        };
        answer.and_then(Value::extract_error).map_err(|error| self.failed(numbered.number, error))
    }

    /// Sends commands to one slot together, and gives each its own answer.
    pub(super) async fn together(&self, pipeline: &Pipeline) -> Result<Vec<Result<Value, Failed>>, Failed> {
        let numbered = self.wire.load_full().ok_or_else(|| self.not_connected())?;
        let count = pipeline.len();
        let answers = match numbered.wire.clone() {
            Wire::One(mut connection) => connection.req_packed_commands(pipeline, 0, count).await,
            Wire::Cluster(mut connection) => connection.req_packed_commands(pipeline, 0, count).await,
        };
        let answers = answers.map_err(|error| self.failed(numbered.number, error))?;
        let each = |answer: Value| {
            answer.extract_error().map_err(|error| self.failed(numbered.number, error))
        };
        Ok(answers.into_iter().map(each).collect())
    }

    /// Keeps a connection up until told to stop; one line in the log for each change.
    pub(super) async fn keep_up(self: Arc<Self>, connector: Arc<Connector>) {
        let (mut pauses, mut told) = (Pauses::default(), false);
        loop {
            match self.establish(&connector).await {
                Ok(number) => {
                    tracing::info!(redis = %connector, "connected to Redis");
                    (pauses, told) = (Pauses::default(), false);
                    let why = self.watch_over(number).await;
                    self.wire.store(None);
                    self.up.send_replace(false);
                    tracing::warn!(redis = %connector, %why, "lost Redis");
                    self.why.store(Arc::new(format!("connection to Redis lost: {why}")));
                }
                Err(why) => {
                    if !told {
                        tracing::warn!(redis = %connector, %why, "cannot reach Redis; trying on");
                        told = true;
                    }
                    self.why.store(Arc::new(format!("cannot reach Redis: {why}")));
                }
            }
            sleep(pauses.next()).await;
        }
    }

    async fn establish(self: &Arc<Self>, connector: &Connector) -> Result<u64, String> {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let link = Arc::downgrade(self);
        let ended = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection
                && let Some(link) = link.upgrade()
            {
                link.report(number);
            }
            Ok::<(), redis::aio::SendError>(())
        };
        let wire = connector.commands(ended).await?;
        self.wire.store(Some(Arc::new(Numbered { number, wire })));
        self.up.send_replace(true);
        Ok(number)
    }

    /// Returns when the connection is no longer good, with the reason.
    async fn watch_over(&self, number: u64) -> String {
        loop {
            tokio::select! {
                () = self.lost.notified() => {
                    if self.wire.load().as_ref().is_none_or(|now| now.number == number) {
                        return "it was closed or leads to a replica".to_owned();
                    }
                }
                () = sleep(PROBE) => {
                    match timeout(PROBE, self.run(&redis::cmd("PING"))).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(failed)) => match failed {
                            // The server answers, if only with an error: another connection would not be better.
                            Failed::Redis(error) if !fault::needs_another_connection(&error) => {}
                            Failed::Redis(error) => return fault::plain(&error),
                            Failed::NotConnected(why) => return why,
                        },
                        Err(_) => return "no answer to a ping".to_owned(),
                    }
                }
            }
        }
    }

    /// Gives the connection up for a reason the connection does not know.
    pub(super) fn leave(&self, why: &str) {
        tracing::warn!(%why, "leaving the connection to Redis");
        self.lost.notify_one();
    }

    fn report(&self, number: u64) {
        if self.wire.load().as_ref().is_some_and(|now| now.number == number) {
            self.lost.notify_one();
        }
    }

    fn failed(&self, number: u64, error: RedisError) -> Failed {
        if fault::needs_another_connection(&error) {
            self.report(number);
        }
        Failed::Redis(error)
    }

    fn not_connected(&self) -> Failed {
        Failed::NotConnected(self.why())
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("up", &*self.up.borrow()).finish_non_exhaustive()
    }
}

/// Growing pauses, each random within its upper half, so that many sidecars do not come back in step.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    so_far: u32,
}

impl Pauses {
    pub(super) fn next(&mut self) -> Duration {
        let whole = PAUSE_MIN.saturating_mul(1 << self.so_far.min(10)).min(PAUSE_MAX);
        self.so_far = self.so_far.saturating_add(1);
        let mut random = [0];
        // Without randomness the pause is merely not spread.
        let _ = getrandom::fill(&mut random);
        let [random] = random;
        whole / 2 + (whole / 2).mul_f64(f64::from(random) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_are_spread() {
        let mut pauses = Pauses::default();
        let first = pauses.next();
        assert!(first >= PAUSE_MIN / 2 && first <= PAUSE_MIN, "{first:?}");
        let later: Vec<_> = (0..200).map(|_| pauses.next()).collect();
        assert!(later.iter().skip(8).all(|pause| (PAUSE_MAX / 2..=PAUSE_MAX).contains(pause)));
        assert!(later.iter().skip(8).collect::<std::collections::BTreeSet<_>>().len() > 20, "spread");
    }
}
