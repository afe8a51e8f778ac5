//! The settings of how much may be sent: A21 to A24.

use super::{
    errors::Wrong,
    reader::{Item, Section},
    tree::Value,
    values::{self, lasting},
};
use crate::{
    limits::{FrequencyCap, PairRate, Quota},
    model::{Millis, Topic},
    policy::{Measure, MessagingLimit, QualityRules, Rules},
    quality::RatingRules,
};

/// Messages to a person are kept in one record, which a month of them does not make large.
const CAP_PER_MAX: Millis = Millis::days(31);
/// Counts go back for 7 days.
const RATED_MAX: Millis = Millis::days(7);
const COUNT_MAX: u32 = 1_000_000_000;
/// The platform knows no greater one short of none.
const PEOPLE_MAX: u32 = 10_000_000;
/// The platform's greatest throughput is 1,000.
const THROUGHPUT_MAX: u32 = 10_000;

/// Reads all of them.
pub(super) fn read(policy: &Section<'_>, rules: &mut Rules) {
    if let Some(caps) = policy.list("frequency_caps", cap) {
        rules.frequency_caps = caps;
    }
    quality(&policy.section("quality"), &mut rules.quality);
    policy.update("messaging_limit", &mut rules.messaging_limit, messaging_limit);
    if let Some(rate) = policy.get("pair_rate").and_then(|item| pair_rate(&item, rules.pair_rate)) {
        rules.pair_rate = rate;
    }
    let throughput = values::or_none(values::count(1, THROUGHPUT_MAX));
    policy.update("throughput", &mut rules.throughput, throughput);
}

fn cap(item: &Item<'_>) -> Option<FrequencyCap> {
    let cap = item.section()?;
    let max = cap.require("max", values::count(1, Quota::MAX));
    let per = cap.require("per", lasting(Millis::seconds(1), CAP_PER_MAX));
    let categories = cap.list("categories", |item| item.read(values::category)).unwrap_or_default();
    let topics = cap.list("topics", |item| item.read(values::parsed(Topic::parse))).unwrap_or_default();
    Some(FrequencyCap { quota: Quota { max: max?, per: per? }, categories, topics })
}

/// The rate, or the word that takes it away; nothing when it cannot be read.
fn pair_rate(item: &Item<'_>, outer: Option<PairRate>) -> Option<Option<PairRate>> {
    if values::is_none_word(item.value()) {
        return Some(None);
    }
    let section = item.section()?;
    let mut rate = outer.or(Rules::default().pair_rate)?;
    section.update("every", &mut rate.every, lasting(Millis::new(1), Millis::hours(1)));
    section.update("burst", &mut rate.burst, values::count(1, Quota::MAX));
    Some(Some(rate))
}

fn messaging_limit(value: &Value) -> Result<MessagingLimit, Wrong> {
    match value.text() {
        Some("platform") => Ok(MessagingLimit::Platform),
        Some("none") => Ok(MessagingLimit::Unlimited),
        _ => values::count(1, PEOPLE_MAX)(value)
            .map(MessagingLimit::People)
            .map_err(|wrong| Wrong::new(wrong.wrong, format!("`platform`, `none`, or {}", wrong.accepted))),
    }
}

fn quality(section: &Section<'_>, rules: &mut QualityRules) {
    const MEASURES: &[(&str, Measure)] =
        &[("nothing", Measure::Nothing), ("throttle", Measure::Throttle), ("pause", Measure::Pause)];
    section.update("low", &mut rules.low, values::word(MEASURES));
    section.update("sustained_low", &mut rules.sustained_low, values::word(MEASURES));
    if let Some(categories) = section.list("categories", |item| item.read(values::category)) {
        rules.categories = categories;
    }
    let throttle = section.section("throttle");
    throttle.update("max", &mut rules.throttle.max, values::count(1, COUNT_MAX));
    throttle.update("per", &mut rules.throttle.per, lasting(Millis::seconds(1), Millis::hours(24)));
    rating(&section.section("rating"), &mut rules.rating);
}

fn rating(section: &Section<'_>, rules: &mut RatingRules) {
    let count = |key: &str, value: &mut u64| {
        let given = section.read(key, values::count(0, COUNT_MAX));
        *value = given.map_or(*value, u64::from);
    };
    count("volume_min", &mut rules.volume_min);
    count("negatives_min", &mut rules.negatives_min);
    count("read_volume_min", &mut rules.read_volume_min);
    section.update("medium_from", &mut rules.medium_from, values::ratio);
    section.update("low_from", &mut rules.low_from, values::ratio);
    section.update("read_min", &mut rules.read_min, values::ratio);
    section.update("recovery", &mut rules.recovery, values::ratio);
    section.update("half_life", &mut rules.half_life, lasting(Millis::seconds(300), RATED_MAX));
    section.update("recovered_after", &mut rules.recovered_after, lasting(Millis::ZERO, RATED_MAX));
    section.update("sustained_after", &mut rules.sustained_after, lasting(Millis::ZERO, Millis::days(31)));
    if let Some(item) = section.get("low_from").or_else(|| section.get("medium_from"))
        && rules.low_from < rules.medium_from
    {
        let wrong =
            Wrong::new("puts `low_from` below `medium_from`", "a `low_from` of at least `medium_from`");
        item.complain(wrong);
    }
}
