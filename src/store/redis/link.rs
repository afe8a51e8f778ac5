//! The connection that commands go over, kept up by a task of its own.
//!
//! Commands never wait for a connection: without one they fail at once, and the task tries again with growing, random
//! pauses. So many callers are no storm, and every answer comes in bounded time. Must not know: what commands mean.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use redis::{
    Cmd, Pipeline, PushInfo, PushKind, RedisError, Role, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    connect::Connector,
    fault::{self, Failed},
    pauses::Pauses,
};

/// How often a connection is asked whether it still leads to a master, and how long it may take to answer.
const PROBE: Duration = Duration::from_millis(500);
const PROBE_ANSWER: Duration = Duration::from_secs(1);

/// A cluster is given up when this many probes in a row find nobody: its connection looks for lost nodes by itself, and
/// one that is away is no reason to leave the others.
const CLUSTER_PROBES: u32 = 3;

const FOREIGN: &str = "it has another key of contact ids than the one this process began with: its data was lost or replaced; \
    restart every sidecar, or restore the data";

/// Where commands go.
pub(super) struct Link {
    wire: ArcSwapOption<Numbered>,
    /// Why there is no connection.
    why: ArcSwap<String>,
    /// The latest connection that is known to be no good. A number and no mere signal: many callers see one loss, and a
    /// signal left over from an old connection would end the next.
    lost: watch::Sender<u64>,
    made: AtomicU64,
    up: watch::Sender<bool>,
    /// The key of contact ids: a Redis with another is another store.
    identity: OnceLock<(String, [u8; 32])>,
    /// The last Redis that was reached had another.
    foreign: AtomicBool,
    /// Every master of the cluster is heard, over connections that this one has nothing to do with.
    heard: AtomicBool,
}

/// A connection and which one it is, so that an old failure does not end a new one.
struct Numbered {
    number: u64,
    wire: Wire,
    /// Where it leads, where that may change.
    place: Option<String>,
}

#[derive(Clone)]
pub(super) enum Wire {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Link {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            wire: ArcSwapOption::empty(),
            why: ArcSwap::from_pointee("not connected to Redis yet".to_owned()),
            lost: watch::Sender::new(0),
            made: AtomicU64::new(0),
            up: watch::Sender::new(false),
            identity: OnceLock::new(),
            foreign: AtomicBool::new(false),
            heard: AtomicBool::new(false),
        })
    }

    /// The name and value of the key of contact ids, which every Redis must have that is connected to from now on.
    pub(super) fn is_of(&self, name: String, key: [u8; 32]) {
        // The first stays.
        let _ = self.identity.set((name, key));
    }

    /// True while Redis is another store than this process began with: nothing that is remembered of it counts.
    pub(super) fn is_foreign(&self) -> bool {
        self.foreign.load(Ordering::SeqCst)
    }

    /// Whether every master is heard by who listens to them.
    pub(super) fn are_heard(&self, heard: bool) {
        self.heard.store(heard, Ordering::Relaxed);
    }

    /// Which connection there is, and where it leads where that may change.
    pub(super) fn now(&self) -> Option<(u64, Option<String>)> {
        self.wire.load().as_ref().map(|now| (now.number, now.place.clone()))
    }

    /// True when commands go to another server than this, as far as that is known of both.
    pub(super) fn leads_elsewhere(&self, place: Option<&str>) -> bool {
        let leads = self.now().and_then(|(_, leads)| leads);
        leads.zip(place).is_some_and(|(leads, place)| leads != place)
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
        let each =
            |answer: Value| answer.extract_error().map_err(|error| self.failed(numbered.number, error));
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
        let (wire, place) = connector.commands(ended).await?;
        if let Some((name, key)) = self.identity.get() {
            let same = is_the_same(&wire, name, key).await?;
            self.foreign.store(!same, Ordering::SeqCst);
            if !same {
                return Err(FOREIGN.to_owned());
            }
        }
        self.wire.store(Some(Arc::new(Numbered { number, wire, place })));
        self.up.send_replace(true);
        Ok(number)
    }

    /// Returns when the connection is no longer good, with the reason.
    async fn watch_over(&self, number: u64) -> String {
        let (mut lost, mut unanswered) = (self.lost.subscribe(), 0);
        loop {
            tokio::select! {
                () = async { drop(lost.wait_for(|lost| *lost >= number).await) } => return "it was closed, or leads to a replica".to_owned(),
                () = sleep(PROBE) => match self.probe().await {
                    Ok(()) if self.is_stuck().await => {
                        return "a master is heard and gives no answer over it".to_owned();
                    }
                    Ok(()) => unanswered = 0,
                    Err(why) => {
                        unanswered += 1;
                        // Where every master is heard, it is the connection that is no good.
                        let patient = self.is_cluster() && !self.heard.load(Ordering::Relaxed);
                        if unanswered >= if patient { CLUSTER_PROBES } else { 1 } {
                            return why;
                        }
                    }
                }
            }
        }
    }

    /// Asks for a sign of life. A server that answers, if only with an error, is not better over another connection;
    /// one that says it is a replica is the wrong one.
    async fn probe(&self) -> Result<(), String> {
        let question =
            if self.is_cluster() { redis::cmd("CLUSTER").arg("INFO").to_owned() } else { redis::cmd("ROLE") };
        let answer = timeout(PROBE_ANSWER, self.run(&question)).await;
        match answer.map_err(|_| "no answer to a sign of life".to_owned())? {
            Ok(role) if !self.is_cluster() => match redis::from_redis_value::<Role>(role) {
                Ok(Role::Primary { .. }) | Err(_) => Ok(()),
                Ok(_) => Err("its server is a replica now".to_owned()),
            },
            Ok(_) => Ok(()),
            Err(Failed::Redis(error))
                if fault::is_reply(&error) && !fault::needs_another_connection(&error) =>
            {
                Ok(())
            }
            Err(Failed::Redis(error)) => Err(fault::plain(&error)),
            Err(Failed::NotConnected(why)) => Err(why),
        }
    }

    /// True of the connection to a cluster that some master does not answer over, though each is heard: it may keep a
    /// connection to a node that is no more, or an old view of who has which slot.
    async fn is_stuck(&self) -> bool {
        let heard = || self.heard.load(Ordering::Relaxed);
        // Whoever fell silent meanwhile is no longer heard either.
        self.is_cluster() && heard() && !self.masters_answer().await && heard()
    }

    /// True when every master of a cluster answers; of a single server nothing is asked.
    pub(super) async fn masters_answer(&self) -> bool {
        let Some(Wire::Cluster(mut connection)) = self.wire() else { return true };
        let everybody =
            RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, Some(ResponsePolicy::AllSucceeded)));
        let asked = connection.route_command(redis::cmd("PING"), everybody);
        matches!(timeout(PROBE_ANSWER, asked).await, Ok(Ok(_)))
    }

    fn is_cluster(&self) -> bool {
        self.wire.load().as_ref().is_some_and(|now| matches!(now.wire, Wire::Cluster(_)))
    }

    /// Connects anew, to see whether it is still the same store.
    pub(super) fn look_again(&self, why: &str) {
        if let Some((number, _)) = self.now() {
            tracing::warn!(%why, "connecting to Redis anew");
            self.lost.send_replace(number);
        }
    }

    /// Gives the connection up for a reason the connection does not know.
    pub(super) fn leave(&self, why: &str) {
        let number = self.wire.load().as_ref().map(|now| now.number);
        if let Some(number) = number {
            tracing::warn!(%why, "leaving the connection to Redis");
            self.report(number);
        }
    }

    /// A connection is no good any more. That of a cluster is many, and sees to itself.
    fn report(&self, number: u64) {
        if !self.is_cluster() {
            self.lost.send_if_modified(|lost| {
                let newer = *lost < number;
                *lost = number.max(*lost);
                newer
            });
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

/// Makes sure that a Redis has the key of contact ids that is known, and puts it back where there is none: it came back
/// without its data, and what is written now must be found by all.
async fn is_the_same(wire: &Wire, name: &str, key: &[u8; 32]) -> Result<bool, String> {
    let ask = async |cmd: Cmd| {
        let answer = match wire.clone() {
            Wire::One(mut connection) => connection.req_packed_command(&cmd).await,
            Wire::Cluster(mut connection) => connection.req_packed_command(&cmd).await,
        };
        answer.and_then(Value::extract_error).map_err(|error| fault::plain(&error))
    };
    let looked = async {
        let mut known = ask(redis::cmd("GET").arg(name).to_owned()).await?;
        if known == Value::Nil {
            tracing::error!(
                "Redis has lost the key of contact ids, and its data with it, it seems; the key is put back"
            );
            ask(redis::cmd("SET").arg(name).arg(key.as_slice()).arg("NX").to_owned()).await?;
            known = ask(redis::cmd("GET").arg(name).to_owned()).await?;
        }
        Ok(known == Value::BulkString(key.to_vec()))
    };
    timeout(PROBE_ANSWER, looked).await.unwrap_or_else(|_| Err("it did not answer in time".to_owned()))
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("up", &*self.up.borrow()).finish_non_exhaustive()
    }
}
