//! The only place that reads the system clock. Everything else takes time as a value.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::model::Time;

/// Where a server takes its time from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system.
    #[default]
    System,
    /// A hand-set time in milliseconds, for tests and replays.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at an instant until it is set.
    #[must_use]
    pub fn manual(at: Time) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.millis())))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Time {
        match self {
            Self::System => system_now(),
            Self::Manual(millis) => Time::from_millis(millis.load(Ordering::SeqCst)).unwrap_or(Time::EPOCH),
        }
    }

    /// Sets a hand-set clock; the system's cannot be set.
    pub fn set(&self, at: Time) {
        if let Self::Manual(millis) = self {
            millis.store(at.millis(), Ordering::SeqCst);
        }
    }
}

/// The time by the system's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn system_now() -> Time {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).ok().and_then(Time::from_millis).unwrap_or(Time::EPOCH)
}

/// The time by a clock that only ever goes forward: for lengths of time in this process.
#[must_use]
pub fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}
