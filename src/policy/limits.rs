//! Rules about how much: A21 to A24. A rule whose count was not looked at does not speak; `wanted` says which counts have
//! to be looked at.

use super::{
    Facts, Kind, Reason, Request, RuleId, Rules,
    case::{Case, Finding, Notes},
    rules::Measure,
};
use crate::{
    limits::{Quota, Room},
    model::{Category, Millis, Time},
    quality::Rating,
};

/// The counts that a decision looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The messages to the person.
    pub person: bool,
    /// The people that the portfolio reached.
    pub reached: bool,
    /// The messages of the number within a second.
    pub throughput: bool,
    /// The messages of the number that throttling left.
    pub throttle: bool,
}

/// Which counts a decision has to look at. Of those that pass within seconds none is worth a look but for a message that is
/// to be counted: what others sent is told of too late.
#[must_use]
pub fn wanted(rules: &Rules, facts: &Facts<'_>, request: &Request, reserve: bool) -> Wanted {
    let Some(sender) = facts.sender else { return Wanted::default() };
    let category = sender.template.known.and_then(|template| template.category);
    let categories = category.into_iter().flat_map(|known| [known.before, Some(known.after)]).flatten();
    let is_throttled = |category: Category| rules.quality.categories.contains(&category);
    let may_be_throttled = is_throttled(request.category) || categories.into_iter().any(is_throttled);
    let is_low = sender.quality.is_some_and(|(rating, _)| rating == Rating::Low);
    let throttles = [rules.quality.low, rules.quality.sustained_low].contains(&Measure::Throttle);
    Wanted {
        person: reserve || !rules.frequency_caps.is_empty(),
        reached: sender.messaging_limit.is_some(),
        throughput: reserve && rules.throughput.is_some(),
        throttle: is_low && may_be_throttled && throttles,
    }
}

/// The gauges that a message is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Takes {
    /// The people that the portfolio reached.
    pub reached: Option<Take>,
    /// The messages of the number within a second.
    pub throughput: Option<Take>,
    /// The messages of the number that throttling left.
    pub throttle: Option<Take>,
}

/// A place in a gauge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    /// How many places there are, and for how long one is taken.
    pub quota: Quota,
    /// No rule in shadow mode: it is not to be gone over.
    pub enforced: bool,
}

/// The category that a message counts as, and the gauges it is counted in.
#[must_use]
pub fn takes(rules: &Rules, facts: &Facts<'_>, request: &Request, now: Time) -> (Category, Takes) {
    let case = Case::new(rules, facts, request, now);
    let take = |rule: RuleId, max: u32, per: Millis| Take {
        quota: Quota { max, per },
        enforced: !rules.shadow.contains(rule),
    };
    let limit = case.sender().and_then(|sender| sender.messaging_limit).filter(|_| case.window_end.is_none());
    let takes = Takes {
        reached: limit.map(|max| take(RuleId::A23, max, Rules::MESSAGING_LIMIT_PER)),
        throughput: rules.throughput.map(|max| take(RuleId::A24, max, Rules::THROUGHPUT_PER)),
        throttle: (measure(&case) == Some(Measure::Throttle))
            .then(|| take(RuleId::A22, rules.quality.throttle.max, rules.quality.throttle.per)),
    };
    (case.category, takes)
}

/// What is done about a low rating that concerns a message.
fn measure(case: &Case<'_>) -> Option<Measure> {
    let rules = &case.rules.quality;
    let (rating, since) = case.sender()?.quality.filter(|_| rules.categories.contains(&case.category))?;
    let sustained_from = since + rules.rating.sustained_after;
    let measure = if case.now < sustained_from { rules.low } else { rules.sustained_low };
    (rating == Rating::Low).then_some(measure)
}

/// A21: no frequency cap per person is reached. What the person has a right to hear is not capped.
pub(super) fn frequency(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let exempt = case.is(Kind::OptInConfirmation) || case.is(Kind::OptOutConfirmation);
    let (Some(log), false) = (case.facts.usage.person, exempt) else { return Finding::NotApplicable };
    let topic = case.request.topic.as_ref();
    let (mut applies, mut until) = (false, None);
    for cap in case.rules.frequency_caps.iter().filter(|cap| cap.counts(Some(case.category), topic)) {
        applies = true;
        let room = log.room(cap, case.now);
        notes.note(
            "sent",
            format_args!("{} of {} within {} ms", room.used, cap.quota.max, cap.quota.per.get()),
        );
        if room.is_full(cap.quota.max, case.now) {
            until = until.max(Some(room.frees_at));
        }
    }
    match (applies, until) {
        (_, Some(until)) => Finding::deny_until(Reason::FrequencyCapped, until),
        (true, None) => Finding::Pass,
        (false, None) => Finding::NotApplicable,
    }
}

/// A22: the sender's quality is not low, or what is done about it leaves this message. For how long a low rating lasts,
/// time alone does not tell.
pub(super) fn quality(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let rules = &case.rules.quality;
    let quality = case.sender().and_then(|sender| sender.quality);
    let (Some((rating, since)), true) = (quality, rules.categories.contains(&case.category)) else {
        return Finding::NotApplicable;
    };
    notes.note("rating", rating.word());
    if rating != Rating::Low {
        return Finding::Pass;
    }
    notes.note("low_since", since);
    let sustained_from = since + rules.rating.sustained_after;
    match measure(case).unwrap_or(Measure::Nothing) {
        Measure::Nothing => Finding::Pass,
        // Another measure may follow, which leaves more.
        Measure::Pause if case.now < sustained_from && rules.sustained_low != Measure::Pause => {
            Finding::deny_until(Reason::QualityPaused, Some(sustained_from))
        }
        Measure::Pause => Finding::deny(Reason::QualityPaused),
        Measure::Throttle => {
            let room = case.facts.usage.throttle;
            full(case, notes, Reason::QualityThrottled, room, Some(rules.throttle.max))
        }
    }
}

/// A23: outside a window, the portfolio has not reached as many people as it may, or this one is among them.
pub(super) fn messaging_limit(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if case.window_end.is_some() {
        return Finding::NotApplicable;
    }
    let max = case.sender().and_then(|sender| sender.messaging_limit);
    full(case, notes, Reason::MessagingLimit, case.facts.usage.reached, max)
}

/// A24: neither the rate to one person nor the number's throughput is used up.
pub(super) fn rates(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let usage = &case.facts.usage;
    if !usage.reserve {
        return Finding::NotApplicable;
    }
    let (Some(log), Some(sender)) = (usage.person, usage.counted_as) else { return Finding::NotApplicable };
    let paced_until = case.rules.pair_rate.and_then(|rate| log.paced_until(sender, rate));
    if let Some(until) = paced_until.filter(|until| case.now < *until) {
        notes.note("paced_until", until);
        return Finding::deny_until(Reason::PairRateLimited, Some(until));
    }
    match full(case, notes, Reason::ThroughputLimited, usage.throughput, case.rules.throughput) {
        Finding::NotApplicable if case.rules.pair_rate.is_some() => Finding::Pass,
        finding => finding,
    }
}

fn full(case: &Case<'_>, notes: &mut Notes, reason: Reason, room: Option<Room>, max: Option<u32>) -> Finding {
    let (Some(room), Some(max)) = (room, max) else { return Finding::NotApplicable };
    notes.note("used", format_args!("{} of {max}", room.used));
    notes.note_some("frees_at", room.frees_at);
    if room.is_full(max, case.now) { Finding::deny_until(reason, room.frees_at) } else { Finding::Pass }
}

/// A26: custom rules are not part of this version. It is in the order so that a trace shows that it was not evaluated.
pub(super) fn not_built(_: &Case<'_>, _: &mut Notes) -> Finding {
    Finding::NotApplicable
}
