//! Events of accounts and numbers: restrictions, bans, limits. Their only time is the entry's.

use serde_json::Value;

use super::{
    around::Around,
    item::What,
    json::{self, Fault, Object, Place, Reason},
    kinds::{IgnoredBecause, Limit, NumberEvent, Restriction, RestrictionKind},
};

/// The portfolio's limit, and the names it had before.
const LIMITS: [&str; 3] = [
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "max_daily_conversations_per_phone",
];

/// Reads `account_update`. It concerns the account, even where it names one of its numbers.
pub(super) fn read_update(value: &Object, around: &Around<'_>) -> Result<What, Fault> {
    if let Some(ban) = json::member(value, "ban_info") {
        return ban_info(ban, around);
    }
    if json::member(value, "restriction_info").is_some() {
        return Err(Fault::new(Reason::NotAList, "restriction_info"));
    }
    match json::text(value, "event") {
        // Without the part that says what it is about, such an event must not pass for one that has no effect.
        Some("ACCOUNT_RESTRICTION") => Err(Fault::new(Reason::Missing, "restriction_info")),
        Some("DISABLED_UPDATE") => Err(Fault::new(Reason::Missing, "ban_info")),
        Some("ACCOUNT_DELETED") => Ok(What::AccountDisabled { at: around.entry_time_or_now() }),
        Some(_) => Ok(What::Ignored { why: IgnoredBecause::AccountEvent }),
        None => Err(Fault::new(json::missing_or_malformed(value, "event"), "event")),
    }
}

fn ban_info(ban: &Value, around: &Around<'_>) -> Result<What, Fault> {
    const STATE: &str = "ban_info/waba_ban_state";
    let ban = ban.as_object().ok_or(Fault::new(Reason::NotAnObject, "ban_info"))?;
    match json::text(ban, "waba_ban_state") {
        Some("DISABLE") => Ok(What::AccountDisabled { at: around.entry_time_or_now() }),
        Some("REINSTATE") => Ok(What::AccountReinstated { at: around.entry_time()? }),
        // Its date is a text for people; the ban itself is told when it comes.
        Some("SCHEDULE_FOR_DISABLE") => Ok(What::Ignored { why: IgnoredBecause::DisableAnnounced }),
        Some(_) => Err(Fault::new(Reason::Malformed, STATE)),
        None => Err(Fault::new(json::missing_or_malformed(ban, "waba_ban_state"), STATE)),
    }
}

/// Reads one entry of `restriction_info`. An end that cannot be read is none: restricted it is all the same.
pub(super) fn read_restriction(value: &Value, around: &Around<'_>) -> Result<What, Fault> {
    const TYPE: &str = "restriction_type";
    let value = value.as_object().ok_or(Fault { reason: Reason::NotAnObject, place: Place::Item })?;
    let kind = match json::text(value, TYPE) {
        Some("RESTRICTED_BIZ_INITIATED_MESSAGING") => RestrictionKind::BizInitiated,
        Some("RESTRICTED_CUSTOMER_INITIATED_MESSAGING") => RestrictionKind::CustomerInitiated,
        Some(_) => RestrictionKind::Other,
        None => return Err(Fault::new(json::missing_or_malformed(value, TYPE), TYPE)),
    };
    let until = json::member(value, "expiration").and_then(json::time);
    Ok(What::AccountRestriction { restriction: Restriction { kind, until }, at: around.entry_time_or_now() })
}

/// Reads `phone_number_quality_update`.
pub(super) fn read_number(value: &Object, around: &Around<'_>) -> Result<What, Fault> {
    let event = match json::text(value, "event") {
        Some("FLAGGED") => NumberEvent::Flagged,
        Some("UNFLAGGED") => NumberEvent::Unflagged,
        Some("UPGRADE") => NumberEvent::Upgrade,
        Some("DOWNGRADE") => NumberEvent::Downgrade,
        Some("ONBOARDING") => NumberEvent::Onboarding,
        Some("THROUGHPUT_UPGRADE") => NumberEvent::ThroughputUpgrade,
        Some(_) => NumberEvent::Other,
        None => return Err(Fault::new(json::missing_or_malformed(value, "event"), "event")),
    };
    let limit = match event {
        // TIER_UNLIMITED means its speed there, not how many people it may write to.
        NumberEvent::ThroughputUpgrade => None,
        _ => limit_in(value, &["max_daily_conversations_per_business", "current_limit"])?,
    };
    Ok(What::NumberQuality { event, limit, at: around.entry_time()? })
}

/// Reads `business_capability_update`.
pub(super) fn read_capability(value: &Object, around: &Around<'_>) -> Result<What, Fault> {
    match limit_in(value, &LIMITS)? {
        Some(limit) => Ok(What::Capability { limit, at: around.entry_time()? }),
        None => Ok(What::Ignored { why: IgnoredBecause::NoMessagingLimit }),
    }
}

/// The limit under the first of some names that is there.
fn limit_in(value: &Object, names: &[&'static str]) -> Result<Option<Limit>, Fault> {
    let Some((name, limit)) = names.iter().find_map(|name| Some((*name, json::member(value, name)?))) else {
        return Ok(None);
    };
    limit_of(limit).map(Some).ok_or(Fault::new(Reason::Malformed, name))
}

/// A limit: a number of people, -1 for no limit, or the name of a tier such as `TIER_2K`.
fn limit_of(value: &Value) -> Option<Limit> {
    let tier = value.as_str().and_then(|text| text.strip_prefix("TIER_"));
    match tier {
        Some("UNLIMITED") => Some(Limit::Unlimited),
        Some("NOT_SET") => Some(Limit::NotSet),
        Some(tier) => {
            let (digits, unit) = match tier.strip_suffix('K') {
                Some(thousands) => (thousands, 1000),
                None => (tier, 1),
            };
            digits.parse::<u32>().ok()?.checked_mul(unit).map(Limit::People)
        }
        None => match json::integer(value)? {
            -1 => Some(Limit::Unlimited),
            people => u32::try_from(people).ok().map(Limit::People),
        },
    }
}
