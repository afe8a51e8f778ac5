//! When something counts as said: clocks differ, and the platform tells whole seconds.

use super::{FUTURE_TOLERANCE, Gate, GateError, Who, write::Situation};
use crate::{
    attest::{Content, Entry},
    model::{Millis, Time},
};

impl Gate {
    /// When something was said: no later than now, for a "yes" from a clock ahead of ours would outlive the "no" that comes
    /// after it, and a "no" swallow the next "yes".
    pub(super) fn said_at(&self, who: &Who) -> Result<Time, GateError> {
        let now = self.clock.now();
        let at = who.occurred_at.unwrap_or(now);
        if too_far_ahead(at, now) {
            return Err(GateError::field("occurred_at", "must not be more than 5 minutes in the future"));
        }
        Ok(at.min(now))
    }

    /// The same of what somebody said: a time before there was anybody to say it to is a zero or a placeholder, and would
    /// stand behind everything else that was ever said.
    pub(super) fn plausibly_said_at(&self, who: &Who) -> Result<Time, GateError> {
        let at = self.said_at(who)?;
        if at < Time::WHATSAPP_MIN {
            let message = "must not be before 2009: nobody had WhatsApp yet; leave it out for now";
            return Err(GateError::field("occurred_at", message));
        }
        Ok(at)
    }
}

impl Situation<'_> {
    /// The entry of a statement. A "no" that is said now is said after every "yes" that is known, also one of a clock ahead
    /// of ours.
    pub(super) fn entry(&self, who: &Who, at: Time, content: Content) -> Entry {
        said_after(self.before.latest_permission(), who, who.entry(at, self.now, content))
    }
}

/// The entry, if it is a refusal as one that was said after a "yes".
pub(super) fn said_after(yes: Option<Time>, who: &Who, mut entry: Entry) -> Entry {
    if !entry.is_refusal() {
        return entry;
    }
    let now = entry.recorded_at;
    let at = who.refused_at(entry.occurred_at, now);
    // However far ahead: that it counts is what was acknowledged. A "yes" after it has to wait for the clock.
    let same_second = |yes: Time| at.millis() % 1000 == 0 && yes.since(at) < Millis::new(1000);
    entry.occurred_at = match yes {
        Some(yes) if yes > at && (who.occurred_at.is_none() || yes > now || same_second(yes)) => yes,
        _ => at,
    };
    entry
}

/// When a "no" counts as said that was recorded while the store was away, and is told to it only now. After a "yes" there
/// that seems to be of the minutes after it was recorded, for it may be one of before it, of a clock that is ahead; and after
/// one that is ahead of our own clock still. Had the store been there, it would have been recorded so at once.
pub(super) fn told_late(yes: Option<Time>, at: Time, recorded: Time, now: Time) -> Time {
    let is_doubtful = |yes: &Time| *yes > recorded && (!too_far_ahead(*yes, recorded) || *yes > now);
    yes.filter(is_doubtful).unwrap_or(at)
}

impl Who {
    /// When a "no" was said at the latest. The platform tells whole seconds, and so does who passes them on: a "yes" of the
    /// same second, told to the millisecond by somebody else, must not seem later.
    fn refused_at(&self, at: Time, now: Time) -> Time {
        if self.whole_seconds && at.millis() % 1000 == 0 {
            (at + Millis::new(999)).min(now).max(at)
        } else {
            at
        }
    }
}

/// True when a statement's time is further ahead than clocks may differ.
pub(super) fn too_far_ahead(at: Time, now: Time) -> bool {
    at.since(now) > FUTURE_TOLERANCE
}
