//! Events of templates: reviews, quality, categories. Their only time is the entry's.

use crate::{
    model::{Category, Millis, Time},
    policy::TemplateStatus,
};

use super::{
    around::Around,
    item::What,
    json::{self, Fault, Object},
    kinds::{IgnoredBecause, Quality},
};

/// How long before a change of category the platform announces it, where it does not give the moment.
const NOTICE: Millis = Millis::hours(24);

/// Reads `message_template_status_update`.
pub(super) fn read_status(value: &Object, around: &Around<'_>) -> Result<What, Fault> {
    let event =
        json::text(value, "event").ok_or(Fault::new(json::missing_or_malformed(value, "event"), "event"))?;
    let status = match (event, json::text_in(value, "other_info", "title")) {
        // A template that is let go again is announced by the title; the event still names what it was.
        ("PAUSED" | "LOCKED" | "UNPAUSED", Some("UNPAUSE")) | ("UNPAUSED", _) => TemplateStatus::Unpaused,
        ("PAUSED" | "LOCKED", Some("DISABLED")) | ("DISABLED", _) => TemplateStatus::Disabled,
        ("APPROVED", _) => TemplateStatus::Approved,
        ("REINSTATED", _) => TemplateStatus::Reinstated,
        ("FLAGGED", _) => TemplateStatus::Flagged,
        ("ARCHIVED", _) => TemplateStatus::Archived,
        ("DELETED", _) => TemplateStatus::Deleted,
        ("IN_APPEAL", _) => TemplateStatus::InAppeal,
        ("LIMIT_EXCEEDED", _) => TemplateStatus::LimitExceeded,
        ("LOCKED", _) => TemplateStatus::Locked,
        ("PAUSED", _) => TemplateStatus::Paused,
        ("PENDING", _) => TemplateStatus::Pending,
        ("PENDING_DELETION", _) => TemplateStatus::PendingDeletion,
        ("REJECTED", _) => TemplateStatus::Rejected,
        _ => return Ok(What::Ignored { why: IgnoredBecause::TemplateEvent }),
    };
    let (name, language) = template(value)?;
    let category = json::text(value, "message_template_category").and_then(Category::from_word);
    let (at, category) = match around.entry_time() {
        // What forbids counts without a time, as of now. A category that asks for less consent does not.
        Err(_) if !status.is_sendable() => (Time::MAX, category.filter(|it| *it == Category::Marketing)),
        at => (at?, category),
    };
    Ok(What::TemplateStatus { name, language, status, category, at })
}

/// Reads `message_template_quality_update`.
pub(super) fn read_quality(value: &Object, around: &Around<'_>) -> Result<What, Fault> {
    const SCORE: &str = "new_quality_score";
    let quality = match json::text(value, SCORE) {
        Some("GREEN") => Quality::Green,
        Some("YELLOW") => Quality::Yellow,
        Some("RED") => Quality::Red,
        Some("UNKNOWN" | "NA") => Quality::Unknown,
        Some(_) => return Ok(What::Ignored { why: IgnoredBecause::TemplateEvent }),
        None => return Err(Fault::new(json::missing_or_malformed(value, SCORE), SCORE)),
    };
    let (name, language) = template(value)?;
    Ok(What::TemplateQuality { name, language, quality, at: around.entry_time()? })
}

/// Reads `template_category_update`.
///
/// It comes twice. When a change is announced, `correct_category` is the category to come and `new_category`, against
/// its name, the one of today; when it has happened, `new_category` is the new one.
pub(super) fn read_category(value: &Object, around: &Around<'_>) -> Result<What, Fault> {
    const NEW: &str = "new_category";
    const COMING: &str = "correct_category";
    const EFFECTIVE: &str = "category_update_timestamp";
    let today = json::text(value, NEW);
    let coming = json::text(value, COMING).filter(|coming| today != Some(coming));
    let category = coming.or(today).ok_or(Fault::new(json::missing_or_malformed(value, NEW), NEW))?;
    let Some(category) = Category::from_word(category) else {
        return Ok(What::Ignored { why: IgnoredBecause::TemplateCategory });
    };
    // Marketing asks for the most consent: when nobody can say since when, it is so since now.
    let or_now = |at: Result<Time, Fault>| match at {
        Err(_) if category == Category::Marketing => Ok(Time::MAX),
        at => at,
    };
    let at = or_now(around.entry_time())?;
    let previous = if coming.is_some() { today } else { json::text(value, "previous_category") };
    let effective_at = match json::member(value, EFFECTIVE) {
        Some(_) if coming.is_some() => or_now(json::time_of(value, EFFECTIVE))?,
        None if coming.is_some() => at + NOTICE,
        _ => at,
    };
    let (name, language) = template(value)?;
    let previous = previous.and_then(Category::from_word);
    Ok(What::TemplateCategory { name, language, category, previous, effective_at, at })
}

fn template(value: &Object) -> Result<(String, Option<String>), Fault> {
    let name = json::name(value, "message_template_name")?;
    Ok((name, json::word(value, "message_template_language")))
}
