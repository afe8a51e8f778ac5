//! Where clients find the sidecars, and the clocks of a run.

use std::{
    sync::{
        Mutex, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use sendgate::clock;
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint};

use super::{draw::Draw, history::Micros, world::SIDECARS};
use crate::harness::process::Served;

/// What lies less than this apart is the same to whoever looks for a sidecar that is well.
const UNWELL: Micros = 1_000_000;

/// Where clients find the sidecars, and the clock of a run.
pub(crate) struct Doors {
    channels: Vec<RwLock<Option<Channel>>>,
    /// When each last gave no good answer.
    unwell: [AtomicU64; SIDECARS],
    moment: watch::Sender<Moment>,
    pub(crate) start: Instant,
    /// Every sidecar's process there was.
    processes: Mutex<Vec<u32>>,
}

/// When a sidecar stops hearing: the moment to tell others something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    pub(crate) sidecar: usize,
    /// It is not there yet.
    pub(crate) coming: bool,
}

impl Doors {
    pub(crate) fn new() -> Self {
        Self {
            channels: (0..SIDECARS).map(|_| RwLock::new(None)).collect(),
            unwell: Default::default(),
            moment: watch::Sender::default(),
            start: clock::monotonic(),
            processes: Mutex::default(),
        }
    }

    pub(crate) fn channel(&self, sidecar: usize) -> Channel {
        self.channels[sidecar].read().unwrap().clone().unwrap()
    }

    pub(crate) fn now(&self) -> Micros {
        u64::try_from(clock::monotonic().duration_since(self.start).as_micros()).unwrap()
    }

    pub(crate) fn is_unwell(&self, sidecar: usize) {
        self.unwell[sidecar].store(self.now(), Ordering::Relaxed);
    }

    /// A sidecar that was well for the longest time, or nearly.
    pub(crate) fn well(&self, draw: &mut Draw) -> usize {
        let first = draw.below(SIDECARS);
        let unwell = |sidecar: &usize| self.unwell[*sidecar].load(Ordering::Relaxed) / UNWELL;
        (0..SIDECARS).map(|n| (first + n) % SIDECARS).min_by_key(unwell).unwrap_or(first)
    }

    /// Before long a sidecar does not hear what is told elsewhere.
    pub(crate) fn will_be_deaf(&self, sidecar: usize) {
        self.moment.send_replace(Moment { sidecar, coming: true });
    }

    /// From now on it may not.
    pub(crate) fn is_deaf(&self, sidecar: usize) {
        self.moment.send_replace(Moment { sidecar, coming: false });
    }

    pub(crate) fn moments(&self) -> watch::Receiver<Moment> {
        self.moment.subscribe()
    }

    pub(crate) fn processes(&self) -> Vec<u32> {
        self.processes.lock().unwrap().clone()
    }

    pub(crate) fn moved(&self, sidecar: usize, served: &Served) {
        self.processes.lock().unwrap().push(served.id());
        let channel = Endpoint::from_shared(served.grpc.clone()).unwrap().connect_lazy();
        *self.channels[sidecar].write().unwrap() = Some(channel);
    }
}

/// The time of day in milliseconds, as Redis and a sidecar whose clock is right read it.
pub(crate) fn day() -> i64 {
    clock::system_now().millis()
}
