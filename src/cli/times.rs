//! Instants as people write and read them.

use prost_types::Timestamp;

use crate::model::{Millis, Time};

/// Which end of a day a date without a time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// Its first instant.
    Begins,
    /// Its last instant.
    Ends,
}

/// Numbers from here on are milliseconds since the epoch: as seconds they would lie after the year 5000.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Smaller numbers, before 2001 as seconds, are no instant: `20250301` is somebody's date, not August 1970.
const SECONDS_FROM: i64 = 1_000_000_000;

/// Reads an instant: RFC 3339 with a zone, a date (its first instant in UTC), or seconds or milliseconds since the epoch.
///
/// # Errors
/// What is accepted.
pub(super) fn read(text: &str) -> Result<Time, String> {
    read_as(text, Day::Begins)
}

/// The same, with a say in what a date without a time means.
///
/// # Errors
/// What is accepted.
pub(super) fn read_as(text: &str, day: Day) -> Result<Time, String> {
    let text = text.trim();
    let found = if let Ok(number) = text.parse::<i64>() {
        match number {
            MILLISECONDS_FROM.. => Time::from_millis(number),
            SECONDS_FROM.. => Time::from_seconds(number),
            _ => None,
        }
    } else if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        Time::from_millis(instant.as_millisecond())
    } else {
        midnight(text).map(|midnight| match day {
            Day::Begins => midnight,
            Day::Ends => midnight + Millis::days(1) - Millis::new(1),
        })
    };
    found.ok_or_else(|| {
        "must be a time with its zone such as `2025-03-01T09:30:00Z`, a date, or seconds since 1970"
            .to_owned()
    })
}

/// The first instant, in UTC, of a date and nothing else; a time without a zone is no date.
fn midnight(text: &str) -> Option<Time> {
    let is_date = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: jiff::civil::Date = is_date.then(|| text.parse().ok())??;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Time::from_millis(start.timestamp().as_millisecond())
}

/// An instant on the wire.
pub(super) fn stamp(time: Time) -> Timestamp {
    let (seconds, millis) = (time.millis().div_euclid(1000), time.millis().rem_euclid(1000));
    Timestamp { seconds, nanos: i32::try_from(millis * 1_000_000).unwrap_or_default() }
}

/// An instant from the wire, to the millisecond; nothing when it lies outside 1970..=9999.
pub(super) fn time(stamp: &Timestamp) -> Option<Time> {
    let millis = stamp.seconds.checked_mul(1000)?.checked_add(i64::from(stamp.nanos / 1_000_000))?;
    Time::from_millis(millis)
}

/// An instant as RFC 3339 in UTC; empty for none.
pub(super) fn show(stamp: Option<&Timestamp>) -> String {
    stamp.and_then(time).map(|time| time.to_string()).unwrap_or_default()
}

/// An instant and how far it is: `2025-03-01T09:30:00Z (in 3h 12m)`.
pub(super) fn with_distance(stamp: &Timestamp, now: Time) -> String {
    match time(stamp) {
        None => "an instant outside 1970 to 9999".to_owned(),
        Some(at) if at > now => format!("{at} (in {})", length(at.since(now))),
        Some(at) => format!("{at} ({} ago)", length(now.since(at))),
    }
}

/// A length in its two largest units, cut off after them.
pub(super) fn length(length: Millis) -> String {
    let seconds = length.get() / 1000;
    let units =
        [("d", seconds / 86_400), ("h", seconds / 3600 % 24), ("m", seconds / 60 % 60), ("s", seconds % 60)];
    let shown: Vec<String> = units
        .iter()
        .skip_while(|(_, count)| *count == 0)
        .take(2)
        .filter(|(_, count)| *count > 0)
        .map(|(unit, count)| format!("{count}{unit}"))
        .collect();
    if shown.is_empty() { "less than 1s".to_owned() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_instant_is_read() {
        for (text, shown) in [
            ("2025-03-01T09:30:00Z", "2025-03-01T09:30:00Z"),
            ("2025-03-01 10:30:00+01:00", "2025-03-01T09:30:00Z"),
            ("2025-03-01T09:30:00.250Z", "2025-03-01T09:30:00.25Z"),
            ("2025-03-01", "2025-03-01T00:00:00Z"),
            ("1740821400", "2025-03-01T09:30:00Z"),
            ("1740821400000", "2025-03-01T09:30:00Z"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn an_instant_without_a_zone_is_refused_rather_than_guessed() {
        for text in
            ["2025-03-01T09:30:00", "2025-03-01 09:30", "yesterday", "", "-5", "2025-13-01", "20250301"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_date_can_mean_the_end_of_its_day() {
        assert_eq!(read_as("2025-03-01", Day::Ends).unwrap().to_string(), "2025-03-01T23:59:59.999Z");
        assert_eq!(read_as("1740821400", Day::Ends), read("1740821400"));
    }

    #[test]
    fn lengths_show_their_two_largest_units() {
        for (seconds, shown) in [
            (0, "less than 1s"),
            (59, "59s"),
            (60, "1m"),
            (11_520, "3h 12m"),
            (11_579, "3h 12m"),
            (86_400, "1d"),
            (90_061, "1d 1h"),
            (86_460, "1d"),
        ] {
            assert_eq!(length(Millis::seconds(seconds)), shown);
        }
    }

    #[test]
    fn stamps_round_trip_to_the_millisecond() {
        let at = Time::from_millis(1_740_821_400_123).unwrap();
        assert_eq!(time(&stamp(at)), Some(at));
        assert_eq!(with_distance(&stamp(at), at - Millis::hours(3)), "2025-03-01T09:30:00.123Z (in 3h)");
        assert_eq!(with_distance(&stamp(at), at + Millis::days(2)), "2025-03-01T09:30:00.123Z (2d ago)");
    }
}
