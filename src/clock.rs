//! The system clock: the one place that reads it. Everything else is given the time.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Time;

/// The time now; the epoch on a machine whose clock is before it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system clock")]
pub fn system_now() -> Time {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|passed| i64::try_from(passed.as_millis()).ok())
        .and_then(Time::from_millis)
        .unwrap_or(Time::EPOCH)
}
