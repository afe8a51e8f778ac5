//! Quiet hours on the days when clocks change.

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

use super::super::*;
use crate::model::Millis;

fn at(text: &str) -> Time {
    Time::from_millis(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
}

fn quiet(start: (u16, u16), end: (u16, u16)) -> QuietHours {
    QuietHours { start_minute: start.0 * 60 + start.1, end_minute: end.0 * 60 + end.1 }
}

fn until(hours: QuietHours, zone: &str, now: &str) -> Option<Time> {
    hours.until(&TimeZone::get(zone).unwrap(), at(now))
}

#[test]
fn an_end_in_the_hour_that_comes_twice_is_the_next_of_the_two() {
    let night = quiet((22, 0), (2, 30));
    // Berlin, 25 October 2026: 03:00 summer time is 02:00 winter time, at 01:00 UTC.
    let first = until(night, "Europe/Berlin", "2026-10-25T00:10:00Z");
    assert_eq!(first, Some(at("2026-10-25T00:30:00Z")), "02:10 the first time");
    let second = until(night, "Europe/Berlin", "2026-10-25T01:10:00Z");
    assert_eq!(second, Some(at("2026-10-25T01:30:00Z")), "02:10 the second time");
    assert_eq!(until(night, "Europe/Berlin", "2026-10-25T00:45:00Z"), None, "02:45 is not quiet");
}

#[test]
fn an_end_that_clocks_jump_over_comes_with_the_jump() {
    let night = quiet((22, 0), (2, 30));
    // Berlin, 29 March 2026: 02:00 is 03:00, at 01:00 UTC.
    let end = until(night, "Europe/Berlin", "2026-03-29T00:59:59.999Z");
    assert_eq!(end, Some(at("2026-03-29T01:00:00Z")));
}

#[test]
fn clocks_that_go_back_over_the_start_end_the_quiet_time() {
    let hours = quiet((1, 30), (5, 0));
    // New York, 1 November 2026: 02:00 is 01:00 again, at 06:00 UTC.
    let end = until(hours, "America/New_York", "2026-11-01T05:45:00Z");
    assert_eq!(end, Some(at("2026-11-01T06:00:00Z")), "01:45, then 01:00 again");
    let end = until(hours, "America/New_York", "2026-11-01T06:45:00Z");
    assert_eq!(end, Some(at("2026-11-01T10:00:00Z")));
}

#[test]
fn a_day_is_as_long_as_its_clock_says() {
    let night = quiet((21, 0), (8, 0));
    let spring = until(night, "America/New_York", "2026-03-08T02:30:00Z");
    assert_eq!(spring, Some(at("2026-03-08T12:00:00Z")), "nine and a half hours, one of them skipped");
    let autumn = until(night, "America/New_York", "2026-11-01T01:30:00Z");
    assert_eq!(autumn, Some(at("2026-11-01T13:00:00Z")), "eleven and a half, one of them twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn quiet_time_ends_at_the_first_minute_that_is_not_quiet(
        zone in proptest::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
        day in proptest::sample::select(vec!["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05", "2026-10-04"]),
        start in prop_oneof![0..1440_u16, 0..240_u16],
        end in prop_oneof![0..1440_u16, 0..240_u16],
        minute in -720..2160_i64,
    ) {
        prop_assume!(start != end);
        let hours = QuietHours { start_minute: start, end_minute: end };
        let zone = TimeZone::get(zone).unwrap();
        let now = at(&format!("{day}T00:00:00Z")) + Millis::seconds(minute * 60);
        let is_quiet = |at: Time| {
            let local = zone.to_datetime(Timestamp::from_millisecond(at.millis()).unwrap()).time();
            let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
            if start < end { start <= minute && minute < end } else { minute >= start || minute < end }
        };
        let mut expected = Some(now).filter(|now| is_quiet(*now));
        while let Some(at) = expected.filter(|at| is_quiet(*at)) {
            expected = Some(at + Millis::seconds(60));
        }
        prop_assert_eq!(hours.until(&zone, now), expected);
    }
}
