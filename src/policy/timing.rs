//! Rules about the hour and the platform's own pauses: A20, A25.

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{
    QuietHours, Reason,
    case::{Case, Finding, Notes},
};
use crate::{
    model::{Category, Time},
    numbering,
};

/// A number that may be in more zones than this says nothing about the hour; the sender's zone is used.
const ZONES_MAX: usize = 8;

/// Quiet time ends within a day of the clock; one more for the day that clocks change, and one that a zone skips.
const DAYS_AHEAD: usize = 3;

/// Clocks change rarely; of the changes ahead only the first can fall into a quiet time.
const CHANGES_AHEAD: usize = 2;

/// A20: marketing rests during quiet hours in the recipient's time zone: the contact's own, else the number's, else the
/// sender's. A number that may be in several zones rests while any of them does.
pub(super) fn quiet_hours(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if case.category != Category::Marketing {
        return Finding::NotApplicable;
    }
    let Some(hours) = hours_for(case) else { return Finding::NotApplicable };
    let until = zones_of(case)
        .into_iter()
        .filter_map(|zone| {
            let until = hours.until(&zone, case.now);
            notes.note_some("time_zone", zone.iana_name());
            notes.note_some("quiet_until", until);
            until
        })
        .max();
    match until {
        None => Finding::Pass,
        Some(until) => Finding::deny_until(Reason::QuietHours, Some(until)),
    }
}

/// The quiet hours of the contact's jurisdiction, else the general ones.
fn hours_for(case: &Case<'_>) -> Option<QuietHours> {
    let jurisdiction =
        case.contact().jurisdiction.as_ref().and_then(|(_, code)| case.rules.jurisdiction(code));
    jurisdiction.and_then(|rules| rules.quiet_hours).or(case.rules.quiet_hours)
}

fn zones_of(case: &Case<'_>) -> Vec<TimeZone> {
    if let Some((_, name)) = &case.contact().time_zone
        && let Ok(zone) = TimeZone::get(name)
    {
        return vec![zone];
    }
    let phone = case.request.recipient.phone().or(case.contact().phone);
    let names = phone.map(|phone| numbering::zones(phone.digits())).unwrap_or_default();
    if names.is_empty() || names.len() > ZONES_MAX {
        return case.rules.sender_zone.clone().into_iter().collect();
    }
    names.iter().filter_map(|name| TimeZone::get(name).ok()).collect()
}

impl QuietHours {
    /// The end of the quiet time that `now` falls in, if it does: the first instant that is not quiet.
    #[must_use]
    pub fn until(&self, zone: &TimeZone, now: Time) -> Option<Time> {
        let timestamp = Timestamp::from_millisecond(now.millis()).ok()?;
        let local = zone.to_datetime(timestamp);
        if !self.contains(local.time()) {
            return None;
        }
        let end = civil::time(hour_of(self.end_minute), minute_of(self.end_minute), 0, 0);
        let days = std::iter::successors(Some(local.date()), |day| day.tomorrow().ok()).take(DAYS_AHEAD);
        // Where clocks go back over the end, it comes twice; where they jump over it, the quiet time ends with the
        // jump, as it does where they go back to before its start.
        let ends = days.flat_map(|day| {
            let end = zone.to_ambiguous_timestamp(day.to_datetime(end));
            [end.earlier().ok(), end.later().ok()].into_iter().flatten()
        });
        let changes = zone.following(timestamp).map(|change| change.timestamp()).take(CHANGES_AHEAD);
        let is_end = |at: &Timestamp| *at > timestamp && !self.contains(zone.to_datetime(*at).time());
        let first = ends.chain(changes).filter(is_end).min()?;
        Time::from_millis(first.as_millisecond())
    }

    fn contains(&self, time: civil::Time) -> bool {
        let minute = u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        if self.start_minute <= self.end_minute {
            (self.start_minute..self.end_minute).contains(&minute)
        } else {
            minute >= self.start_minute || minute < self.end_minute
        }
    }
}

fn hour_of(minute: u16) -> i8 {
    i8::try_from(minute / 60 % 24).unwrap_or_default()
}

fn minute_of(minute: u16) -> i8 {
    i8::try_from(minute % 60).unwrap_or_default()
}

/// A25: the platform held back a marketing message to this person (131049); marketing rests for a while.
pub(super) fn cool_off(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if case.category != Category::Marketing {
        return Finding::NotApplicable;
    }
    let until = case.contact().cooled.map(|at| at + case.rules.cool_off);
    notes.note_some("cool_off_until", until);
    match until.filter(|until| case.now < *until) {
        None => Finding::Pass,
        Some(until) => Finding::deny_until(Reason::PlatformCoolOff, Some(until)),
    }
}
