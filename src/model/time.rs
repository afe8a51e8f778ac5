//! Instants and lengths of time in whole milliseconds: what the rules, the stores and `retry_at` agree on.

use std::{fmt, ops};

/// An instant: milliseconds since the Unix epoch. Never read from a clock here; see `crate::clock`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(i64);

impl Time {
    /// The earliest instant the platform can mean: the Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// 2009 begins: nobody had WhatsApp yet. What is dated before it is a zero or a placeholder.
    pub const WHATSAPP_MIN: Self = Self(1_230_768_000_000);
    /// The last instant a protobuf Timestamp can express, 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// An instant from milliseconds since the epoch, or nothing when it lies outside 1970..=9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        (0..=Self::MAX.0).contains(&millis).then_some(Self(millis))
    }

    /// An instant from seconds since the epoch, or nothing when it lies outside 1970..=9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        seconds.checked_mul(1000).and_then(Self::from_millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The length from `earlier` to here; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0 - earlier.0)
    }
}

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A length in milliseconds.
    #[must_use]
    pub const fn new(millis: i64) -> Self {
        Self(millis)
    }

    /// A length in seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    /// A length in hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self::seconds(hours * 3600)
    }

    /// A length in days of 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self::hours(days * 24)
    }

    /// The number of milliseconds.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl ops::Add<Millis> for Time {
    type Output = Self;

    /// Clamped to the expressible range, so that arithmetic on settings cannot overflow.
    fn add(self, length: Millis) -> Self {
        Self(self.0.saturating_add(length.0).clamp(0, Self::MAX.0))
    }
}

impl ops::Sub<Millis> for Time {
    type Output = Self;

    fn sub(self, length: Millis) -> Self {
        self + Millis(-length.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The later of two optional instants: the join of a maximum register.
#[must_use]
pub fn latest(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    a.max(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stays_inside_what_a_timestamp_can_express() {
        assert_eq!(Time::MAX + Millis::days(1), Time::MAX);
        assert_eq!(Time::EPOCH - Millis::days(1), Time::EPOCH);
    }

    #[test]
    fn times_before_the_epoch_or_after_year_9999_do_not_exist() {
        assert_eq!(Time::from_millis(-1), None);
        assert_eq!(Time::from_seconds(i64::MAX), None);
        assert_eq!(Time::from_millis(Time::MAX.millis() + 1), None);
    }

    #[test]
    fn display_is_rfc_3339_in_utc() {
        assert_eq!(Time::from_millis(1_700_000_000_123).unwrap().to_string(), "2023-11-14T22:13:20.123Z");
    }
}
